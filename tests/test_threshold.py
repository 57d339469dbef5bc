"""Thresholds chosen by scikit-learn, of our classifiers."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)

from skseq import CNNClassifier, CNNLSTMClassifier, RNNClassifier

rng = np.random.RandomState(0)
LABELS = np.where(rng.rand(400) < 0.1, "rare", "usual")
X = rng.randn(400, 8, 1) + 0.6 * (LABELS == "rare")[:, None, None]
RAGGED = [x[: rng.randint(5, 9)] for x in X]
SMALL = {"max_epochs": 20, "batch_size": 50, "lr": 0.01, "random_state": 0}
MODELS = [
    RNNClassifier(hidden_size=8, pooling="mean", **SMALL),
    CNNClassifier(n_filters=(8,), kernel_size=3, n_branches=1, **SMALL),
    CNNLSTMClassifier(
        n_filters=(8,), kernel_size=3, n_branches=1, pool_size=1, hidden_size=8, **SMALL
    ),
]
TRAIN, TEST = slice(200), slice(200, None)


@pytest.mark.parametrize(
    ("model", "data"),
    [*zip(MODELS, (X, RAGGED, RAGGED), strict=True)],
    ids=lambda each: type(each).__name__,
)
def test_a_tuned_threshold_balances_unequal_classes(model, data):
    tuned = TunedThresholdClassifierCV(model, scoring="balanced_accuracy", cv=3)
    before, after = (
        balanced_accuracy_score(
            LABELS[TEST], m.fit(data[TRAIN], LABELS[TRAIN]).predict(data[TEST])
        )
        for m in (model, tuned)
    )
    assert after > before + 0.1


def test_the_threshold_is_one_of_probabilities():
    """What is tuned is what a fixed threshold of predict_proba gives."""
    scorer = make_scorer(f1_score, pos_label="rare")
    model = MODELS[1]
    tuned = TunedThresholdClassifierCV(model, scoring=scorer, cv=3).fit(X, LABELS)
    rare = tuned.predict_proba(X)[:, list(tuned.classes_).index("rare")]
    expected = np.where(rare >= tuned.best_threshold_, "rare", "usual")
    np.testing.assert_array_equal(tuned.predict(X), expected)
    fixed = FixedThresholdClassifier(
        clone(model), threshold=tuned.best_threshold_, pos_label="rare"
    )
    np.testing.assert_array_equal(fixed.fit(X, LABELS).predict(X), expected)
    assert balanced_accuracy_score(LABELS, expected) > 0.6
