import numpy as np
import pytest

from skseq import SequenceArray
from skseq.core.holdout import split_for_validation
from skseq.data.samples import Samples


def samples(sequences, y, weights=None):
    weights = None if weights is None else np.array(weights, dtype=float)
    return Samples(SequenceArray.from_list(sequences), np.array(y), weights)


def as_table(merged):
    return [
        (sequence[:, 0].tolist(), y, w)
        for sequence, y, w in zip(
            merged.sequences, merged.y, merged.weights, strict=True
        )
    ]


def test_equal_samples_are_merged_and_their_weights_added():
    given = samples([[1.0, 2], [3.0], [1.0, 2], [1.0, 2]], ["a", "a", "b", "a"])
    expected = [([1, 2], "a", 2), ([1, 2], "b", 1), ([3], "a", 1)]
    assert sorted(as_table(given.merged())) == expected
    weighted = samples([[1.0, 2], [3.0], [1.0, 2]], ["a", "a", "b"], [2, 1, 1])
    assert as_table(weighted.merged()) == as_table(given.merged())


def test_the_order_does_not_matter():
    given = samples([[1.0, 2], [3.0], [4.0, 5, 6]], [[1, 2], [3, 4], [5, 6]], [1, 2, 3])
    one, other = given.merged(), given[[2, 0, 1]].merged()
    np.testing.assert_array_equal(one.y, other.y)
    np.testing.assert_array_equal(one.weights, other.weights)


def test_samples_without_weight_are_dropped():
    given = samples([[1.0], [2.0], [3.0]], [1, 2, 3], [1, 0, 2])
    kept = given.usable()
    assert as_table(kept) == [([1.0], 1, 1.0), ([3.0], 3, 2.0)]
    assert kept.usable() is kept


def test_incomplete_windows_are_dropped():
    windows = SequenceArray(np.arange(5.0)[:, None], [0, 0, 1], [1, 2, 2], 2)
    kept = Samples(windows, np.array([1, 2, 3]), None).usable()
    assert kept.y.tolist() == [2, 3]
    with pytest.raises(ValueError, match="1 windows, none of which has all 2 steps"):
        Samples(windows[:1], np.array([1]), None).usable()
    with pytest.raises(ValueError, match="sample_weight is zero for every complete"):
        Samples(windows, np.arange(3), np.array([1.0, 0, 0])).usable()


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.99])
def test_a_split_keeps_every_sample_once(fraction):
    given = samples([[float(i)] for i in range(20)], np.arange(20))
    rng = np.random.RandomState(0)
    parts = split_for_validation(given, fraction, rng, stratify=False)
    assert sorted([*parts[0].y, *parts[1].y]) == list(range(20))
    assert len(parts[1]) == {0.01: 1, 0.2: 4, 0.99: 19}[fraction]


def test_a_stratified_split_has_the_same_shares():
    y = np.repeat([0, 1], [80, 20])
    given = samples([[float(i)] for i in range(100)], y)
    rng = np.random.RandomState(0)
    train, valid = split_for_validation(given, 0.1, rng, stratify=True)
    assert np.bincount(train.y).tolist() == [72, 18]
    assert np.bincount(valid.y).tolist() == [8, 2]


def test_a_class_of_one_sample_still_splits():
    given = samples([[1.0], [2.0], [3.0]], [0, 0, 1])
    train, valid = split_for_validation(
        given, 0.1, np.random.RandomState(0), stratify=True
    )
    assert (len(train), len(valid)) == (2, 1)


def test_one_sample_cannot_be_split():
    with pytest.raises(ValueError, match=r"at least 2 .* got n_samples=1"):
        split_for_validation(samples([[1.0]], [0]), 0.1, None, stratify=False)
