import numpy as np
import pytest

from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Columns, Table

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
