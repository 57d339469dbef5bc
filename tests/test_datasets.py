import numpy as np
import pytest

from skseq import datasets


@pytest.mark.parametrize(
    ("name", "shape", "n_train", "n_classes"),
    [
        ("italy_power_demand", (1096, 24, 1), 67, 2),
        ("basic_motions", (80, 100, 6), 40, 4),
    ],
)
def test_equal_lengths(name, shape, n_train, n_classes):
    load = getattr(datasets, f"load_{name}")
    X, y = load()
    assert X.shape == shape
    assert len(np.unique(y)) == n_classes
    X_train, y_train = load(split="train")
    X_test, y_test = load(split="test")
    assert len(X_train) == n_train
    np.testing.assert_array_equal(np.concatenate([X_train, X_test]), X)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), y)


def test_time_comes_before_channels():
    X, _ = datasets.load_basic_motions(split="train")
    steps = np.abs(np.diff(X, axis=1)).mean()
    channels = np.abs(np.diff(X, axis=2)).mean()
    assert steps < channels  # a motion is smoother in time than across sensors


def test_unequal_lengths():
    X, y = datasets.load_japanese_vowels()
    lengths = [len(x) for x in X]
    assert (len(X), min(lengths), max(lengths)) == (640, 7, 29)
    assert {x.shape[1] for x in X} == {12}
    assert sorted(set(y)) == list("123456789")


@pytest.mark.parametrize(
    "name", [name for name in datasets.__all__ if name.startswith("load_")]
)
@pytest.mark.parametrize("split", ["valid", 1, np.array(["train", "test"]), []])
def test_an_unknown_part_is_refused(name, split):
    with pytest.raises(ValueError, match="split must be one of"):
        getattr(datasets, name)(split=split)
