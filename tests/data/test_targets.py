"""Targets and weights: the error for what does not belong to X."""

import numpy as np
import pandas as pd
import pytest

from skseq import RNNClassifier, RNNRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 5, 2))
Y = np.arange(12) % 2


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (Y[:-1], "inconsistent numbers of samples"),
        (np.where(Y, np.nan, 1), "Input y contains NaN"),
        (np.ones(12), r"at least 2 classes; y holds one class: \[1.0\]"),
        (np.linspace(0, 1, 12), "Unknown label type: continuous"),
        (np.stack([Y, Y + 1], axis=1), "multiclass-multioutput"),
        (np.stack([Y, 1 - Y], axis=1) + 1, r"holds the values \[1, 2\]; label indicat"),
        (np.stack([Y, 1 - Y], axis=1) * 2 - 1, r"holds the values \[-1, 1\]; label"),
        (np.zeros((12, 2, 2)), "Unknown label type|y should be a 1d array"),
    ],
)
def test_bad_labels(y, match):
    with pytest.raises(ValueError, match=match):
        RNNClassifier().fit(X, y)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (Y[:-1], "inconsistent numbers of samples"),
        (np.where(Y, np.nan, 1), "Input y contains NaN"),
        (np.where(Y, np.inf, 1), "Input y contains infinity"),
        (np.array(["a"] * 12), "could not convert string"),
        (np.zeros((12, 2, 2)), r"y has the shape \(12, 2, 2\); expected"),
    ],
)
def test_bad_numbers(y, match):
    with pytest.raises(ValueError, match=match):
        RNNRegressor().fit(X, y)


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (np.ones(11), r"sample_weight.shape == \(11,\), expected \(12,\)"),
        (np.zeros(12), "zero"),
        (-np.ones(12), "Negative values in data passed to `?sample_weight`?"),
        (np.full(12, np.nan), "Input sample_weight contains NaN"),
    ],
)
def test_bad_weights(weights, match):
    with pytest.raises(ValueError, match=match):
        RNNRegressor().fit(X, Y, sample_weight=weights)


def test_labels_in_another_order_than_the_instances_are_refused():
    labels = pd.Series(Y, index=range(12))
    index = pd.MultiIndex.from_product([range(12), range(5)])
    frame = pd.DataFrame(X.reshape(-1, 2), index)
    RNNClassifier(max_epochs=1).fit(frame, labels)
    with pytest.raises(
        ValueError, match="indexed by the instances of X but in another"
    ):
        RNNClassifier().fit(frame, labels[::-1])


@pytest.mark.parametrize("y", [3, {"a": 1}, Y + 1j, [[1], [1, 2]]])
@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_whatever_is_wrong_with_y_the_error_names_it(cls, y):
    with pytest.raises((ValueError, TypeError), match=r"\by\b|numbers of samples"):
        cls(max_epochs=1).fit(X, y)
