"""Contracts that hold for all public estimators."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import RNNClassifier, RNNRegressor

SETTINGS = [
    {},
    {"cell": "rnn"},
    {"cell": "gru"},
    {"cell": "peephole_lstm"},
    {"bidirectional": True, "pooling": "attention"},
    {"hidden_size": (16, 8), "pooling": "mean", "dense_size": 8},
    {"early_stopping": True},
    {"normalize": "sequence", "pooling": "max"},
]
ESTIMATORS = [
    estimator(**settings)
    for estimator in (RNNClassifier, RNNRegressor)
    for settings in SETTINGS
]


@parametrize_with_checks(ESTIMATORS)
def test_sklearn_checks(estimator, check):
    check(estimator)
