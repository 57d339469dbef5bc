"""What texts of an index say of time."""

import pandas as pd
import pytest

from skseq.data.written import iso_dates, readings


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["2024-01-09", "2024-02-01"], ["2024-01-09", "2024-02-01"]),
        (["12/31/2023", "1/2/2024"], ["2023-12-31", "2024-01-02"]),
        (["31.12.2023", "13.01.2024"], ["2023-12-31", "2024-01-13"]),
        (["Jan 5, 2024", "Feb 1, 2024"], ["2024-01-05", "2024-02-01"]),
        (["05 Jan 2024", "01 Feb 2024"], ["2024-01-05", "2024-02-01"]),
        (
            ["12/31/2023 10:30", "1/2/2024 09:00"],
            ["2023-12-31 10:30", "2024-01-02 9:00"],
        ),
    ],
)
def test_dates_of_one_meaning(texts, days):
    (found,) = readings(pd.Index(texts))
    assert found.equals(pd.DatetimeIndex(days, tz="UTC").as_unit(found.unit))


def test_a_date_of_two_meanings_has_two_readings():
    found = readings(pd.Index(["1/2/2024", "3/4/2024"]))
    days = {tuple(times.strftime("%m-%d")) for times in found}
    assert days == {("01-02", "03-04"), ("02-01", "04-03")}


def test_numbers_and_labels():
    assert readings(pd.Index(["9", "10.5"]))[0].tolist() == [9, 10.5]
    for index in (
        ["t1", "t2"],
        ["1", "t2"],
        [1, 2],
        [],
        [pd.NaT],
        ["2024-01-01", None],
    ):
        assert readings(pd.Index(index, dtype=object)) == []
    assert iso_dates(pd.Index(["2024-01-01", "new year"])) is None
