import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)
from sklearn.utils import _safe_indexing, resample

from skseq import SequenceArray

X = np.arange(24.0).reshape(4, 3, 2)
RAGGED = [X[0], X[1, :1], X[2, :2]]


def windows(n_steps=6, length=3):
    values = np.arange(n_steps * 2.0).reshape(n_steps, 2)
    n = n_steps - length + 1
    return SequenceArray(values, np.arange(n), np.full(n, length))


def test_an_array_is_viewed_not_copied():
    sequences = SequenceArray.from_array(X)
    assert np.shares_memory(sequences.values, X)
    assert sequences.shape == (4, 3, 2)
    np.testing.assert_array_equal(np.asarray(sequences), X)
    np.testing.assert_array_equal(sequences.to_padded(), X)
    np.testing.assert_array_equal(sequences[1], X[1])
    assert np.shares_memory(sequences[1], X)


def test_an_array_becomes_what_its_parts_do():
    made = vars(SequenceArray.from_array(X))
    expected = vars(SequenceArray(X.reshape(12, 2), [0, 3, 6, 9], [3, 3, 3, 3]))
    assert made.keys() == expected.keys()
    for name, part in expected.items():
        np.testing.assert_array_equal(made[name], part)
        assert getattr(made[name], "dtype", None) == getattr(part, "dtype", None)


def test_a_list_goes_in_and_out():
    sequences = SequenceArray.from_list(RAGGED)
    assert sequences.shape == (3, None, 2)
    assert sequences.lengths.tolist() == [3, 1, 2]
    for out, given in zip(sequences.to_list(), RAGGED, strict=True):
        np.testing.assert_array_equal(out, given)
    np.testing.assert_array_equal(sequences[np.array(1)], RAGGED[1])
    for out, given in zip(sequences, RAGGED, strict=True):
        np.testing.assert_array_equal(out, given)


def named():
    index = pd.MultiIndex.from_tuples(
        [("b", 0), ("b", 1), ("a", 0), ("c", 0), ("c", 1)], names=["bed", "hour"]
    )
    frame = pd.DataFrame({"pulse": np.arange(5.0), "age": 1.0}, index)
    return SequenceArray.from_frame(frame)


def test_a_frame_gives_names_to_columns_and_sequences():
    sequences = named()
    assert sequences.feature_names.tolist() == ["pulse", "age"]
    assert sequences.instances.equals(pd.Index(["b", "a", "c"]))
    assert sequences.instances.name == "bed"


@pytest.mark.parametrize(
    "key", [[2, 0], [True, False, True], slice(1, None), np.array([], int)]
)
def test_indexing_keeps_names(key):
    part, expected = named()[key], np.array(["b", "a", "c"])[key]
    assert part.instances.tolist() == expected.tolist()
    assert part.instances.name == "bed"
    assert part.feature_names.tolist() == ["pulse", "age"]


def test_a_mask_that_names_sequences_finds_them_in_any_order():
    sequences = named()
    mask = pd.Series(sequences.instances == sequences.instances[0], sequences.instances)
    for given in (mask, mask[::-1], mask.reset_index(drop=True)):
        assert sequences[given].instances.tolist() == [sequences.instances[0]]


def test_pickles_and_new_values_keep_names():
    part = pickle.loads(pickle.dumps(named()[[2, 0]]))
    assert len(part.values) == 4  # what sequence 1 used is not in the pickle
    for sequences in (part, part.map_values(np.sqrt)):
        assert sequences.instances.tolist() == ["c", "b"]
        assert sequences.feature_names.tolist() == ["pulse", "age"]
    one_column = part.map_values(lambda values: values[:, :1])
    assert one_column.feature_names is None
    assert one_column.instances.tolist() == ["c", "b"]


def test_columns_without_names_have_none():
    index = pd.MultiIndex.from_product([["a"], [0, 1]])
    assert SequenceArray.from_frame(pd.DataFrame({0: [1, 2]}, index)).feature_names is (
        None
    )


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="feature_names must be 2 strings"):
        SequenceArray(X[0], [0], [3], feature_names=["a"])
    with pytest.raises(ValueError, match="feature_names must be 2 strings"):
        SequenceArray(X[0], [0], [3], feature_names=["a", 1])
    with pytest.raises(ValueError, match="instances must be 1 labels"):
        SequenceArray(X[0], [0], [3], instances=["a", "b"])


def test_padding_by_hand():
    padded = SequenceArray.from_list([[1, 2, 3], [4]]).to_padded(-1)
    assert padded[..., 0].tolist() == [[1, 2, 3], [4, -1, -1]]


def test_integers_can_be_padded_with_nan():
    padded = SequenceArray.from_list([[1, 2], [3]]).to_padded(np.nan)
    np.testing.assert_array_equal(padded[..., 0], [[1, 2], [3, np.nan]])


def test_windows_with_unknown_first_steps():
    sequences = SequenceArray(np.arange(3.0)[:, None], [0, 0, 1], [0, 1, 2], 2)
    assert sequences.shape == (3, 2, 1)
    assert sequences.complete.tolist() == [False, False, True]
    expected = [[np.nan, np.nan], [np.nan, 0], [1, 2]]
    np.testing.assert_array_equal(np.asarray(sequences)[..., 0], expected)
    again = pickle.loads(pickle.dumps(sequences[1:]))
    np.testing.assert_array_equal(np.asarray(again)[..., 0], expected[1:])


def test_overlapping_windows_share_the_table():
    sequences = windows()
    assert sequences.shape == (4, 3, 2)
    assert sequences[2][:, 0].tolist() == [4, 6, 8]
    np.testing.assert_array_equal(np.asarray(sequences)[2], sequences[2])


@pytest.mark.parametrize(
    "key",
    [
        slice(1, None, 2),
        [2, 0],
        np.array([-1, 0, 0]),
        [True, False, True, False],
        np.array([False] * 4),
        [],
        pd.Series([3, 1]),
    ],
    ids=str,
)
def test_indexing_selects_as_numpy_does(key):
    sequences = SequenceArray.from_array(X)
    selected = sequences[key]
    expected = (
        X[np.asarray(key, dtype=None if len(key) else int)]
        if not isinstance(key, slice)
        else X[key]
    )
    assert len(selected) == len(expected)
    for out, given in zip(selected, expected, strict=True):
        np.testing.assert_array_equal(out, given)
    assert np.shares_memory(selected.values, X)


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(2),
        StratifiedKFold(2),
        ShuffleSplit(2, random_state=0),
        TimeSeriesSplit(2),
        LeaveOneOut(),
        GroupKFold(2),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_every_splitter_works(splitter):
    sequences = SequenceArray.from_array(X)
    groups = [0, 0, 1, 1] if isinstance(splitter, GroupKFold) else None
    for train, test in splitter.split(sequences, [0, 1, 0, 1], groups):
        np.testing.assert_array_equal(_safe_indexing(sequences, train), X[train])
        np.testing.assert_array_equal(_safe_indexing(sequences, test), X[test])


def test_train_test_split_and_resample():
    sequences = SequenceArray.from_list(RAGGED)
    parts = train_test_split(sequences, [0, 1, 2], random_state=0)
    assert [len(x) for x in parts[0]] == [RAGGED[i].shape[0] for i in parts[2]]
    drawn = resample(sequences, n_samples=7, random_state=0)
    assert len(drawn) == 7


def test_map_values_runs_once_per_step():
    calls = []

    def negate(values):
        calls.append(len(values))
        return -values

    sequences = windows()
    np.testing.assert_array_equal(
        np.asarray(sequences.map_values(negate)), -np.asarray(sequences)
    )
    assert calls == [6]
    with pytest.raises(ValueError, match="returned 5 rows for 6 steps"):
        sequences.map_values(lambda values: values[1:])


def test_a_fold_of_a_large_table_pickles_small():
    sequences = windows(n_steps=10_000)
    part = sequences[[5, 7, 9_000]]
    data = pickle.dumps(part)
    assert len(data) < 2_000
    np.testing.assert_array_equal(np.asarray(pickle.loads(data)), np.asarray(part))


def test_compact_keeps_overlaps():
    part = windows(n_steps=10)[[1, 2, 6]].compact()
    assert len(part.values) == 7  # steps 1 to 4 and 6 to 8
    np.testing.assert_array_equal(part, np.asarray(windows(n_steps=10))[[1, 2, 6]])


def test_a_panel_becomes_one_sequence_per_instance():
    index = pd.MultiIndex.from_tuples(
        [("b", 1), ("b", 3), ("a", 0), ("a", 1), ("a", 2)]
    )
    frame = pd.DataFrame({"u": range(5), "v": range(5, 10)}, index=index)
    sequences = SequenceArray.from_frame(frame)
    assert sequences.lengths.tolist() == [2, 3]
    assert sequences[1].tolist() == [[2, 7], [3, 8], [4, 9]]


@pytest.mark.parametrize(
    ("index", "match"),
    [
        ([("a", 1), ("a", 0)], "instance 'a' does not increase at"),
        ([("a", 1), ("a", 1)], "instance 'a' does not increase at"),
        ([("a", 1), ("b", 0), ("a", 2)], "'a' are interrupted by another"),
    ],
)
def test_a_disordered_panel_is_refused(index, match):
    frame = pd.DataFrame({"u": range(len(index))}, pd.MultiIndex.from_tuples(index))
    with pytest.raises(ValueError, match=match):
        SequenceArray.from_frame(frame)


@pytest.mark.parametrize(
    "times",
    [
        ["9", "10", "11"],
        ["2024-01-09", "2024-01-10", "2024-02-01"],
        ["9/1/2023", "12/31/2023", "1/2/2024"],
        ["31.12.2023", "05.01.2024", "13.01.2024"],
        ["2025-03-30 01:50+01:00", "2025-03-30 03:10+02:00", "2025-03-30 02:40+00:00"],
        ["t1", "t2", "t3"],
    ],
)
def test_texts_of_times_are_in_the_order_of_what_they_say(times):
    """Sorted as texts, 10 comes before 9 and 31.12.2023 behind 05.01.2024."""
    index = pd.MultiIndex.from_product([["a", "b"], times])
    frame = pd.DataFrame({"u": np.arange(6.0)}, index)
    assert SequenceArray.from_frame(frame).times.tolist() == times * 2
    with pytest.raises(ValueError, match=r"'a' does not increase at '.*'"):
        SequenceArray.from_frame(frame.iloc[[1, 0, 2, 3, 4, 5]])


def test_a_panel_without_rows_is_no_sequence():
    index = pd.MultiIndex.from_arrays([[], pd.Index([], dtype="str")])
    assert len(SequenceArray.from_frame(pd.DataFrame({"u": []}, index))) == 0


def test_times_of_several_kinds_and_rows_of_nobody_are_refused():
    frame = pd.DataFrame({"u": np.arange(3.0)})
    days = [pd.Timestamp("2024"), "2024-01-02", pd.Timestamp("2025")]
    index = [["a"] * 3, pd.Index(days, dtype=object)]
    with pytest.raises(ValueError, match="times of the index are of several kinds"):
        SequenceArray.from_frame(frame.set_axis(pd.MultiIndex.from_arrays(index)))
    index = pd.MultiIndex.from_arrays([["a", None, "b"], [0, 1, 2]])
    with pytest.raises(
        ValueError, match=r"of instance is missing .* row 1, of time .*1"
    ):
        SequenceArray.from_frame(frame.set_axis(index))


def test_a_list_of_frames_by_date_knows_its_times():
    days = pd.date_range("2024", periods=5, tz="UTC")
    parts = [
        pd.DataFrame({"u": [1.0, 2.0, 3.0]}, days[:3]),
        pd.DataFrame({"u": [4.0, 5.0]}, days[[1, 4]]),
    ]
    X = SequenceArray.from_list(parts)
    assert X.times.equals(days[[0, 1, 2, 1, 4]])
    assert SequenceArray.from_list([part["u"] for part in parts]).times.equals(X.times)
    assert SequenceArray.from_list([parts[0]["u"], parts[1].to_numpy()]).times is None
    plain = [part.reset_index(drop=True) for part in parts]
    assert SequenceArray.from_list(plain).times is None


def test_a_frame_without_two_levels_is_refused():
    with pytest.raises(ValueError, match=r"2-level index .* got 1 level"):
        SequenceArray.from_frame(pd.DataFrame({"u": [1]}))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: SequenceArray(np.zeros(3), [0], [1]), r"array of shape \(3,\)"),
        (lambda: SequenceArray(np.zeros((3, 1)), [0, 1], [1]), r"\(2,\) and \(1,\)"),
        (lambda: SequenceArray(np.zeros((3, 1)), [0], [0]), "Sequence 0 has length 0"),
        (lambda: SequenceArray(np.zeros((3, 1)), [0, 2], [1, 2]), "rows 2 to 3, but"),
        (lambda: SequenceArray(np.zeros((3, 1)), [-1], [1]), "Sequence 0 covers"),
        (lambda: SequenceArray(np.zeros((3, 1)), [0.7], [1]), "starts must hold integ"),
        (lambda: SequenceArray(np.zeros((3, 1)), [0], [3], 2), "more than window_leng"),
        (lambda: SequenceArray.from_array(np.zeros((3, 2))), r"got \(3, 2\)"),
        (lambda: SequenceArray.from_list([]), "holds no sequence"),
        (lambda: SequenceArray.from_list([[1], []]), "Sequence 1 is empty"),
        (lambda: SequenceArray.from_list([[1], np.zeros((2, 2))]), "1 has 2 features"),
        (lambda: SequenceArray.from_list([np.zeros((1, 1, 1))]), r"shape \(1, 1, 1\)"),
    ],
)
def test_what_makes_no_sequences_is_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_unequal_lengths_make_no_array():
    with pytest.raises(ValueError, match="unequal lengths"):
        np.asarray(SequenceArray.from_list(RAGGED))
    with pytest.raises(ValueError, match="without a copy"):
        SequenceArray.from_array(X).__array__(copy=False)


def test_repr_tells_the_shape():
    assert repr(SequenceArray.from_list(RAGGED)) == (
        "SequenceArray(n_samples=3, n_timesteps=1..3, n_features=2)"
    )


def test_sides_have_two_names():
    with pytest.raises(ValueError, match="padding must be 'post' or 'pre', got 'left'"):
        SequenceArray.from_list(RAGGED).to_padded(padding="left")
    with pytest.raises(ValueError, match="truncating must be 'post' or 'pre', got arr"):
        SequenceArray.from_list(RAGGED).to_padded(truncating=np.array(["pre", "post"]))


@pytest.mark.parametrize(
    "things", [None, 3, "abc", {"a": 1}, {1, 2}, np.array(3.0), pd.DataFrame(X[0])]
)
def test_what_is_no_list_of_arrays_is_refused(things):
    with pytest.raises(TypeError, match="sequences must be a list of arrays, got"):
        SequenceArray.from_list(things)


@pytest.mark.parametrize("frame", [None, X, [1], len])
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(TypeError, match="frame must be a DataFrame, got"):
        SequenceArray.from_frame(frame)


def test_a_series_becomes_a_frame():
    index = pd.MultiIndex.from_product([["a"], [0, 1]])
    with pytest.raises(TypeError, match=r"got Series; give frame\.to_frame\(\)"):
        SequenceArray.from_frame(pd.Series([1.0, 2.0], index))


@pytest.mark.parametrize("window_length", [0, -1, 1.5, "a", True, [3]])
def test_wrong_lengths_of_windows_are_refused(window_length):
    with pytest.raises(ValueError, match="window_length must be a positive integer"):
        SequenceArray(X[0], [0], [1], window_length=window_length)


def test_a_sequence_beyond_all_numbers_is_refused():
    with pytest.raises(ValueError, match="values has 3 rows"):
        SequenceArray(X[0], [2**63 - 1], [1])


@pytest.mark.parametrize(
    ("name", "value"),
    [("length", wrong) for wrong in (-1, 0, 1.5, "a", np.nan, True)]
    + [("value", wrong) for wrong in ("a", None, 1j, [1])],
)
def test_wrong_arguments_of_padding_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a"):
        SequenceArray.from_list(RAGGED).to_padded(**{name: value})
