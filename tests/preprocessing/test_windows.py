import numpy as np
import pandas as pd
import pytest

from skseq.preprocessing import make_windows


def test_several_targets_several_steps_ahead_by_hand():
    X = np.arange(14.0).reshape(7, 2)
    y = np.arange(7.0)[:, None] + [[100, 200]]
    windows, targets = make_windows(X, y, window_length=3, horizon=2, stride=2)
    np.testing.assert_array_equal(windows, [X[0:3], X[2:5]])
    assert targets.tolist() == [[103, 203, 104, 204], [105, 205, 106, 206]]
    assert np.shares_memory(windows.values, X)


def test_one_target_one_step_ahead_is_flat():
    assert make_windows([1.0, 2, 3, 4], window_length=2)[1].tolist() == [3, 4]
    assert make_windows([1.0, 2, 3, 4], window_length=2, horizon=2)[1].tolist() == [
        [3, 4]
    ]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"X": [1.0, 2.0], "window_length": 2}, "X has 2 rows; .* take at least 3"),
        ({"X": [1.0], "window_length": 10**30, "horizon": np.int64(1)}, "10{30}"),
        ({"X": [1.0, 2.0], "horizon": 0}, "horizon must be an integer of at least 1"),
        ({"X": [1.0, 2.0], "stride": 1.5}, "stride must be an integer .* got 1.5"),
        ({"X": [1.0, np.nan, 2.0]}, "Input X contains NaN"),
        ({"X": [1.0, 2.0], "y": [1.0]}, "inconsistent numbers"),
        ({"X": np.zeros((2, 2, 2))}, "Found array with dim 3|shape"),
    ],
)
def test_bad_input(arguments, match):
    with pytest.raises(ValueError, match=match):
        make_windows(**arguments)


def test_windows_do_not_cross_series():
    index = pd.MultiIndex.from_product([["x", "y"], range(3)])
    with pytest.raises(ValueError, match="index of 2 levels, so that windows would"):
        make_windows(pd.DataFrame({"a": np.arange(6.0)}, index=index))


def test_a_stride_beyond_the_table_leaves_one_window():
    windows, targets = make_windows(np.arange(5.0), stride=10**30)
    assert len(windows) == 1
    assert targets == [1.0]


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-06-01", periods=6)[::-1],
        pd.period_range("2024-06", periods=6, freq="M")[::-1],
        pd.timedelta_range("1h", periods=6)[::-1],
        pd.Index([0.0, 1.0, 1.0, 2.0, 3.0, 4.0]),
        pd.Index([3, 1, 0, 2, 5, 4], dtype="int8"),
        pd.RangeIndex(6)[::-1],
    ],
)
def test_rows_must_be_in_the_order_of_time(index):
    wrong = pd.Series(np.arange(6.0), index)
    right = wrong.reset_index(drop=True)
    make_windows(right, right, window_length=2)
    for X in (wrong, wrong.to_frame("a")):
        with pytest.raises(ValueError, match="rows of X in the order of time"):
            make_windows(X, window_length=2)
    with pytest.raises(ValueError, match="rows of y in the order of time"):
        make_windows(right, wrong, window_length=2)


def test_targets_of_several_series_are_refused():
    index = pd.MultiIndex.from_product([["x", "y"], range(3)])
    y = pd.Series(np.arange(6.0), index)
    with pytest.raises(ValueError, match="y has an index of 2 levels"):
        make_windows(y.to_numpy(), y)
