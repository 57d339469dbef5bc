import numpy as np
import pandas as pd
import pytest

from skseq import SequenceArray
from skseq.preprocessing import SequenceSplitter

rng = np.random.RandomState(0)
X = [rng.randn(n, 2) for n in (7, 3, 1, 12)]


@pytest.mark.parametrize("stride", [None, 1, 3, 4])
@pytest.mark.parametrize("length", [4, 5, 20])
def test_what_is_cut_can_be_joined(length, stride):
    splitter = SequenceSplitter(length, stride)
    pieces, steps, groups = splitter.split(X, [x[:, 0] for x in X])
    for piece, labels, group in zip(pieces, steps, groups, strict=True):
        np.testing.assert_array_equal(piece[:, 0], labels)
        assert len(piece) <= length
        assert any(
            np.array_equal(X[group][i : i + len(piece)], piece)
            for i in range(len(X[group]))
        )
    for joined, given in zip(splitter.join(steps), X, strict=True):
        np.testing.assert_allclose(joined, given[:, 0])
    both = splitter.join([piece * 2 for piece in pieces])
    for joined, given in zip(both, X, strict=True):
        np.testing.assert_allclose(joined, 2 * given)


def test_pieces_by_hand():
    pieces, _, groups = SequenceSplitter(4, 3).split(X)
    assert pieces.lengths.tolist() == [4, 4, 3, 1, 4, 4, 4, 3]
    assert groups.tolist() == [0, 0, 1, 2, 3, 3, 3, 3]
    np.testing.assert_array_equal(pieces[1], X[0][3:7])
    assert len(pieces.values) == 23  # the steps, once


def test_pieces_keep_holes_times_categories_and_what_is_known_of_the_whole():
    index = pd.MultiIndex.from_product([["a", "b"], pd.date_range("2024", periods=5)])
    frame = pd.DataFrame(
        {"u": [1.0, np.nan] * 5, "ward": ["x", None, "y", "y", "x"] * 2}
    )
    static = pd.DataFrame({"age": [7.0, np.nan], "sex": ["f", "m"]}, ["a", "b"])
    given = SequenceArray.from_frame(frame.set_axis(index), static=static)
    pieces, _, _ = SequenceSplitter(3).split(given)
    assert pieces.lengths.tolist() == [3, 2, 3, 2]
    assert pieces.instances.tolist() == ["a", "a", "b", "b"]
    assert pieces.static.to_frame()["sex"].tolist() == ["f", "f", "m", "m"]
    np.testing.assert_array_equal(pieces.static.values[:, 0], [7, 7, np.nan, np.nan])
    joined = pieces.apart()
    np.testing.assert_array_equal(joined.values, given.values)
    assert joined.times.equals(given.times)
    assert joined.categories[1].tolist() == ["x", "y"]
    with pytest.raises(ValueError, match="contains infinity"):
        SequenceSplitter(3).split(frame.set_axis(index).assign(u=np.inf))


def test_labels_and_groups_of_sequences_are_carried():
    splitter = SequenceSplitter(5)
    _, y, groups = splitter.split(X, np.array(list("abcd")), groups=[8, 8, 9, 9])
    assert "".join(y) == "aabcddd"
    assert groups.tolist() == [8, 8, 8, 9, 9, 9, 9]
    assert splitter.split(X)[1] is None


def test_predictions_of_pieces_are_averaged():
    splitter = SequenceSplitter(5)
    splitter.split(X)
    proba = np.array([[0.0, 1], [1, 0], [0.3, 0.7], [1, 0], [0, 1], [0, 1], [0.6, 0.4]])
    expected = [[0.5, 0.5], [0.3, 0.7], [1, 0], [0.2, 0.8]]
    np.testing.assert_allclose(splitter.join(proba), expected)


def test_labels_go_by_position_and_rows_of_labels_stay_rows():
    splitter = SequenceSplitter(5)
    order = [3, 2, 1, 0]
    series = pd.Series([np.full(len(x), i) for i, x in enumerate(X)], index=order)
    _, steps, groups = splitter.split(X, series)
    assert [labels[0] for labels in steps] == groups.tolist()
    indicators = np.eye(4, 7, dtype=int)
    _, rows, groups = splitter.split(X, indicators)
    np.testing.assert_array_equal(rows, indicators[groups])


def test_a_failed_split_leaves_the_last_one():
    splitter = SequenceSplitter(5)
    splitter.split(X)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        splitter.split(X[:2], groups=[1])
    assert len(splitter.join(np.ones(7))) == 4


def test_steps_that_do_not_fit_a_piece_are_refused():
    splitter = SequenceSplitter(2)
    splitter.split([np.arange(2.0), np.arange(2.0)])
    with pytest.raises(ValueError, match=r"predictions\[0\] has 3 steps for a piece"):
        splitter.join([np.ones(3), np.ones(1)])
    assert splitter.join([[0.3, 0.7], [0.2, 0.8]]).tolist() == [[0.3, 0.7], [0.2, 0.8]]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: SequenceSplitter(3, 4).split(X), "stride=4 leaves out steps"),
        (lambda: SequenceSplitter(0).split(X), "'length' parameter"),
        (lambda: SequenceSplitter(3).split(X, [1, 2]), "inconsistent numbers"),
        (lambda: SequenceSplitter(3).split(X, groups=[1]), "inconsistent numbers"),
        (
            lambda: SequenceSplitter(3).split(X, [[1], [1], [1], [1]]),
            r"y\[0\] has 1 lab",
        ),
        (
            lambda: SequenceSplitter(3).join([1.0]),
            "join needs the pieces that split made",
        ),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_predictions_for_other_pieces_are_refused():
    splitter = SequenceSplitter(5)
    splitter.split(X)
    with pytest.raises(ValueError, match="2 entries for 7 pieces"):
        splitter.join([1.0, 2.0])


def test_errors_name_the_argument():
    splitter = SequenceSplitter(length=4)
    with pytest.raises(TypeError, match="groups"):
        splitter.split(X, groups=True)
    splitter.split(X)
    for predictions in (None, 3):
        with pytest.raises(TypeError, match="predictions must be a list or array"):
            splitter.join(predictions)
