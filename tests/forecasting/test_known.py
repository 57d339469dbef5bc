import numpy as np
import pandas as pd
import pytest

from skseq import RNNForecaster
from skseq.forecasting._known import known_targets, starts_later, target_columns

DAYS = pd.date_range("2024-01-01", periods=30, freq="D")
VALUES = np.arange(60.0).reshape(30, 2)
QUICK = {"window_length": 4, "max_epochs": 1, "hidden_size": 2}


def test_the_targets_of_the_last_window_are_known_with_their_times():
    table = pd.DataFrame(VALUES, DAYS, ["load", "holiday"])
    model = RNNForecaster(known_future=["holiday"], **QUICK).fit(table)
    assert target_columns(model).tolist() == [0]
    known = known_targets(model)
    assert known[0].tolist() == table["load"].iloc[-4:].tolist()
    assert known.index.equals(DAYS[-4:].rename(None))
    np.testing.assert_array_equal(
        known_targets(RNNForecaster(**QUICK).fit(VALUES)), VALUES[-4:]
    )


def test_the_targets_of_each_series_are_known():
    index = pd.MultiIndex.from_product([["a", "b"], DAYS[:15]])
    table = pd.DataFrame(VALUES[:, :1], index, ["load"])
    model = RNNForecaster(**QUICK).fit(table)
    for name in "ab":
        expected = table.loc[name].iloc[-4:]
        np.testing.assert_array_equal(known_targets(model, name), expected)
        assert known_targets(model, name).index.tolist() == expected.index.tolist()


def test_with_targets_in_y_no_column_of_X_is_forecast():
    model = RNNForecaster(**QUICK).fit(VALUES, VALUES[:, 0])
    assert len(target_columns(model)) == 0
    np.testing.assert_array_equal(known_targets(model), VALUES[-4:, :1])


@pytest.mark.parametrize(
    ("first", "later"), [("2024-01-31", True), ("2024-01-30", False), (7, False)]
)
def test_a_table_starts_later_if_its_index_says_so(first, later):
    table = pd.DataFrame(VALUES, DAYS)
    model = RNNForecaster(**QUICK).fit(table)
    first = pd.Timestamp(first) if isinstance(first, str) else first
    assert starts_later(model, pd.DataFrame(VALUES[:1], [first])) is later
    assert not starts_later(model, VALUES)
    assert not starts_later(RNNForecaster(**QUICK).fit(VALUES), table)
