"""Scorers and joins of time steps, beside scikit-learn's on the joined steps."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    log_loss,
    make_scorer,
    roc_auc_score,
)

from skseq import SequenceArray
from skseq.metrics import bits_per_character, concat_steps, step_scorer

PROBA = [np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]]), np.array([[0.3, 0.7]])]
X = [np.zeros((3, 1)), np.zeros((1, 1))]
Y = [["a", "b", "b"], ["b"]]
FLAT = ["a", "b", "b", "b"]
POSITIVE = np.concatenate(PROBA)[:, 1]
PREDICTED = np.array(["a", "b", "a", "b"])


class Known(BaseEstimator):
    """A tagger whose answers are known."""

    classes_ = np.array(["a", "b"])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return PROBA

    def predict(self, X):
        return [self.classes_[p.argmax(axis=1)] for p in PROBA]


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        ("accuracy", 3 / 4),
        ("roc_auc", roc_auc_score(FLAT, POSITIVE)),
        ("neg_log_loss", -log_loss(FLAT, POSITIVE)),
        ("f1_macro", f1_score(FLAT, PREDICTED, average="macro")),
        (
            make_scorer(f1_score, pos_label="a"),
            f1_score(FLAT, PREDICTED, pos_label="a"),
        ),
        (
            make_scorer(
                average_precision_score, response_method="predict_proba", pos_label="a"
            ),
            average_precision_score(FLAT, 1 - POSITIVE, pos_label="a"),
        ),
    ],
)
def test_steps_are_scored_as_samples(scoring, expected):
    assert step_scorer(scoring)(Known(), X, Y) == pytest.approx(expected)


def test_the_weight_of_a_sequence_is_that_of_its_steps():
    score = step_scorer("accuracy")(Known(), X, Y, sample_weight=[1, 3])
    assert score == pytest.approx((2 + 3) / (3 + 3))
    for weights, message in [
        ([1, 3, 1], r"sample_weight.shape == \(3,\), expected \(2,\)"),
        (np.ones((2, 3)), "Sample weights must be 1D array or scalar, got 2D"),
        ([1, -3], "Negative values in data passed to `sample_weight`"),
    ]:
        with pytest.raises(ValueError, match=message):
            step_scorer("accuracy")(Known(), X, Y, sample_weight=weights)


def test_labels_of_other_steps_are_refused():
    with pytest.raises(ValueError, match=r"y\[0\] has 1 labels for a sequence of 3"):
        step_scorer("accuracy")(Known(), X, Y[::-1])


def test_a_metric_is_no_scorer():
    with pytest.raises(ValueError, match="looks like it is a metric function"):
        step_scorer(f1_score)


INDEX = pd.MultiIndex.from_tuples([(0, 0), (0, 1), (0, 2), (1, 0)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (Y, FLAT),
        (SequenceArray(np.array(FLAT)[:, None], [0, 3], [3, 1]), FLAT),
        (SequenceArray(np.array(FLAT)[:, None], [2, 0], [2, 3]), ["b", "b", *"abb"]),
        (pd.Series(FLAT, index=INDEX), FLAT),
        (PROBA, np.concatenate(PROBA)),
        (pd.DataFrame(np.concatenate(PROBA), index=INDEX), np.concatenate(PROBA)),
        (np.arange(6).reshape(2, 3), range(6)),
        (np.arange(12).reshape(2, 3, 2), np.arange(12).reshape(6, 2)),
    ],
)
def test_every_layout_becomes_one_array(values, expected):
    np.testing.assert_array_equal(concat_steps(values), list(expected))


def test_steps_of_several_shapes_are_refused():
    with pytest.raises(ValueError, match=r"values\[1\] has the shape \(2, 3\)"):
        concat_steps([np.zeros((4, 2)), np.zeros((2, 3))])


def test_labels_of_sequences_are_no_steps():
    with pytest.raises(ValueError, match=r"values\[0\] is 1; expected one label"):
        concat_steps([1, 0])


def test_errors_name_the_argument():
    with pytest.raises(TypeError, match="symbols must be a sequence of str, got 3"):
        bits_per_character(3, [[1.0]], classes="a")
    with pytest.raises(TypeError, match="classes must be a sequence of str, got None"):
        bits_per_character("a", [[1.0]], classes=None)
    with pytest.raises(TypeError, match="symbols and classes must hold str: unhash"):
        bits_per_character([[1]], [[1.0]], classes="a")
    with pytest.raises(ValueError, match=r"symbols holds \[3, 'b'\], which are not in"):
        bits_per_character(["b", 3], [[1.0], [1.0]], classes="a")
    for empty in ([], [[]], np.empty((0, 3))):
        with pytest.raises(ValueError, match="values holds no step"):
            concat_steps(empty)
    with pytest.raises(ValueError, match=r"values\[0\] is 1; expected one label"):
        concat_steps([1, 2])
    for unknown in ({}, (0,), 3):
        with pytest.raises((ValueError, TypeError), match="scoring"):
            step_scorer(unknown)


def test_no_sequence_has_no_score():
    none = SequenceArray(np.zeros((0, 1)), [], [])
    with pytest.raises(ValueError, match="values holds no step"):
        concat_steps(none)
