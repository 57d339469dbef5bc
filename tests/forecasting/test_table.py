import numpy as np
import pandas as pd
import pytest

from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Columns, Table, read_series

nan = np.nan
HOLED = np.array([[nan, 1], [2, nan], [nan, nan], [nan, 3], [nan, nan], [5, nan]])
TABLE = Table(HOLED, np.array([0, 4, 6]), ("a", "b"), (None, None))


def test_holes_are_filled_with_the_last_value_of_their_series():
    expected = [[0, 1], [2, 1], [2, 1], [2, 3], [0, 0], [5, 0]]
    assert TABLE.filled().tolist() == expected
    whole = Table(np.ones((2, 1)), np.array([0, 2]), (None,), (None,))
    assert whole.filled() is whole.values


@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 9])
def test_last_rows_know_what_was_seen_before_them(n_rows):
    last = TABLE.tail(n_rows)
    expected = [part[-n_rows:] for part in (TABLE.filled()[:4], TABLE.filled()[4:])]
    np.testing.assert_array_equal(last.filled(), np.concatenate(expected))
    again = last.tail(1).select(("b", "a"))
    np.testing.assert_array_equal(again.filled(), [[5, 0], [2, 3]])
    scaler = SeriesScaler(Columns(2, 0, 0, 0), True, None).fit(TABLE)
    scaled = scaler.transform(TABLE).tail(n_rows).filled()
    np.testing.assert_allclose(scaler.transform(last).filled(), scaled)


def test_series_go_on_from_what_was_seen_before_them():
    later = Table(np.full((3, 2), nan), np.array([0, 1, 3]), ("b", "c"), (None, None))
    known = TABLE.tail(1).extended(later)
    assert known.names == ("a", "b", "c")
    assert known.filled().tolist() == [[2, 3], [5, 0], [5, 0], [0, 0], [0, 0]]


def test_series_that_go_on_alike_are_each_told_apart():
    """Some end where others do and go on with other rows, or end elsewhere."""
    days = pd.date_range("2024-01-01", periods=9)
    until = {"a": 4, "b": 4, "c": 4, "d": 6}

    def framed(rows):
        index = [(name, day) for name, part in rows.items() for day in part]
        return pd.DataFrame({"y": 0.0}, pd.MultiIndex.from_tuples(index))

    edges, names, spans = read_series(
        framed({name: days[:n] for name, n in until.items()}), "X"
    )
    known = Table(np.zeros((18, 1)), edges, names, spans)
    ahead = {name: days[n : n + 2] for name, n in until.items()}
    _, _, joined = read_series(framed({**ahead, "c": days[4:7]}), "X", known=known)
    assert [span.last.day for span in joined] == [6, 6, 7, 8]
    assert {span.first.day for span in joined} == {1}
    with pytest.raises(ValueError, match=r"'c'.* has 2024-01-06.* where 2024-01-05"):
        read_series(framed({**ahead, "c": days[5:7]}), "X", known=known)


def test_rows_between_know_what_was_seen_before_them():
    rows = TABLE.between(np.array([1, 0]), np.array([3, 1]))
    assert rows.edges.tolist() == [0, 2, 3]
    assert rows.firsts().tolist() == [1, 0]
    np.testing.assert_array_equal(rows.filled_before(), [[nan, 1], [nan, nan]])
    np.testing.assert_array_equal(rows.filled(), [[2, 1], [2, 1], [0, 0]])
