import numpy as np
import pandas as pd
import pytest

from skseq.forecasting._time import following, join_spans, spans_of


def span_of(index, name, **options):
    (span,) = spans_of(index, np.array([0, len(index)]), [name], **options)
    return span


INDICES = {
    "numbers": pd.RangeIndex(3, 30, 3),
    "floats": pd.Index([0.1, 0.2, 0.3, 0.4, 0.5]),
    "days": pd.date_range("2024-02-20", periods=9, freq="D"),
    "months": pd.date_range("2023-11-30", periods=6, freq="ME"),
    "business days": pd.bdate_range("2024-02-20", periods=9),
    "quarters": pd.period_range("2020Q3", periods=6, freq="Q"),
    "hours over a clock change": pd.date_range(
        "2024-03-30 20:00", periods=24, freq="h", tz="Europe/Berlin"
    ),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("keeps_frequency", [True, False])
def test_an_index_goes_on_as_it_began(index, keeps_frequency):
    known = index[:-2]
    if not keeps_frequency and isinstance(index, pd.DatetimeIndex):
        known = pd.DatetimeIndex(known, freq=None)
    later = following(span_of(known, "X"), 2)
    if later.dtype.kind == "f":
        assert later.to_numpy() == pytest.approx(index[-2:].to_numpy())
    else:
        assert later.equals(index[-2:])


@pytest.mark.parametrize("index", [INDICES["days"], INDICES["quarters"]], ids=str)
def test_a_gap_is_named(index):
    gapped = index.delete(4)
    with pytest.raises(ValueError, match=f"row 4, {index[5]!s}, follows {index[3]!s}"):
        span_of(gapped, "X")


def test_a_level_alone_is_an_index():
    dates = INDICES["days"]
    later = following(span_of(pd.MultiIndex.from_arrays([dates[:-2]]), "X"), 2)
    assert later.equals(dates[-2:])


def test_an_unsorted_index_is_named():
    with pytest.raises(ValueError, match="but 1 follows 2 at row 2"):
        span_of(pd.Index([0, 2, 1, 3]), "X")
    with pytest.raises(ValueError, match="but 2 follows 2 at row 2"):
        span_of(pd.Index([0, 2, 2, 3]), "X")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.Index([True, False]), r"numbers, dates or periods in the order of time\."),
        (pd.Index(["2024-01-01", "2024-01-02"]), "as pd.to_datetime makes them of"),
        (pd.DatetimeIndex(["2024-01-01", None]), "missing values"),
    ],
)
def test_other_indices_are_refused(index, message):
    with pytest.raises(ValueError, match=message):
        span_of(index, "X")


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_rows_must_follow(index):
    before, later = span_of(index[:-2], "X"), index[-2:]
    joined = join_spans(before, later, 2, "X")
    assert joined.first == index[0]
    assert joined.last == index[-1]
    for wrong in (index[:2], index[-3:-1], index[-1:]):
        with pytest.raises(ValueError, match="is expected"):
            join_spans(before, wrong, len(wrong), "X")
    unnamed = join_spans(before, None, 2, "X")  # believed to follow
    assert following(unnamed, 1)[0] == following(before, 3)[-1]
    assert join_spans(None, later, 2, "X") is None


def test_large_numbers_are_told_apart():
    seconds = pd.Index(1_700_000_000 + 3600 * np.arange(50))
    with pytest.raises(ValueError, match="is expected"):
        join_spans(span_of(seconds, "X"), seconds[-4:], 4, "X")


def test_one_row_says_nothing_of_the_step():
    span = span_of(pd.DatetimeIndex(["2024-01-01"]), "X")
    with pytest.raises(ValueError, match="give it a frequency"):
        following(span, 1)


# Calendars -----------------------------------------------------------------------

offsets = pd.offsets
CALENDARS = {
    "last Fridays": offsets.LastWeekOfMonth(weekday=4),
    "years of 52 weeks": offsets.FY5253(weekday=5, startingMonth=1, variation="last"),
    "the nearest": offsets.FY5253(weekday=5, startingMonth=8, variation="nearest"),
    "their quarters": offsets.FY5253Quarter(
        weekday=5, startingMonth=1, qtr_with_extra_week=4, variation="last"
    ),
    "twice a month": offsets.SemiMonthEnd(),
    "from the 1st and 15th": offsets.SemiMonthBegin(),
    "the 15th": pd.DateOffset(months=1),
    "business month ends": offsets.BMonthEnd(),
    "business quarters": offsets.BQuarterEnd(startingMonth=1),
    "not on Sundays": offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sat"),
    "working hours": offsets.BusinessHour(start="08:00", end="18:00"),
    "a shop's hours": offsets.CustomBusinessHour(
        start="08:00", end="20:00", weekmask="Mon Tue Wed Thu Fri Sat Sun"
    ),
}


@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_calendar_is_found_by_what_it_makes(calendar, zone):
    index = pd.date_range(
        "2020-01-15 09:00", periods=43, freq=CALENDARS[calendar], tz=zone
    )
    for n in (12, 40):
        span = span_of(pd.DatetimeIndex(index[:n], freq=None), "X")
        assert following(span, 3).equals(index[n : n + 3])


@pytest.mark.parametrize("freq", ["ME", "QE", "B", "LWOM-FRI", "W-WED"])
def test_the_row_behind_a_missing_one_is_named(freq):
    index = pd.date_range("2014-12-31", periods=40, freq=freq)
    gapped = pd.DatetimeIndex(index.delete(15), freq=None)
    expected = f"row 15, {index[16]!s}, follows {index[14]!s}.*parameter freq"
    with pytest.raises(ValueError, match=expected):
        span_of(gapped, "X")


def test_holidays_are_given_by_freq():
    shop = offsets.CustomBusinessDay(holidays=["2024-05-01", "2024-05-09"])
    index = pd.date_range("2024-04-20", periods=15, freq=shop)
    known = pd.DatetimeIndex(index[:10], freq=None)
    with pytest.raises(ValueError, match=r"2024-05-02 .*, follows 2024-04-30"):
        span_of(known, "X")
    assert following(span_of(known, "X", freq=shop), 5).equals(index[10:])
    with pytest.raises(ValueError, match="not that of freq='D': row 5, 2024-04-29"):
        span_of(known, "X", freq="D")
    for freq in ("nonsense", "-1D"):
        with pytest.raises(ValueError, match=f"freq='{freq}'"):
            span_of(known, "X", freq=freq)
    with pytest.raises(ValueError, match="freq='D' is for dates, but"):
        span_of(pd.RangeIndex(4), "X", freq="D")


def test_short_series_go_on_as_their_panel_does():
    days = pd.bdate_range("2024-01-01", periods=12)  # a Monday
    parts = [days[:10], days[5:10], days[9:10], pd.date_range("2024-01-01", periods=9)]
    edges = np.cumsum([0, *map(len, parts)])
    times = parts[0].append(parts[1:])
    spans = spans_of(times, edges, list("abcd"))
    for span in spans[:3]:
        assert following(span, 2).equals(days[10:])
    assert following(spans[3], 1)[0] == pd.Timestamp("2024-01-10")
    (alone,) = spans_of(parts[1], np.array([0, 5]), ["a"], known=[spans[0].step])
    assert following(alone, 2).equals(days[10:])


@pytest.mark.parametrize(
    "index", [["2024-01-31", "2024-02-29"], ["2024-01-01", "2024-02-01"]]
)
def test_two_months_are_told_from_their_distance(index):
    later = following(span_of(pd.DatetimeIndex(index), "X"), 2)
    expected = {"01-31": ["03-31", "04-30"], "01-01": ["03-01", "04-01"]}
    assert list(later.strftime("%m-%d")) == expected[index[0][5:]]


@pytest.mark.parametrize(
    ("dtype", "end"),
    [
        (np.uint8, 255),
        (np.int8, 127),
        (np.int16, 2**15 - 1),
        (np.uint64, 2**63),
        (np.int64, 2**60),
        (np.float32, 2.0**24),
        ("UInt8", 255),
    ],
)
def test_numbers_go_on_behind_the_end_of_their_type(dtype, end):
    index = pd.Index([end - i for i in range(20)][::-1]).astype(dtype)
    span = span_of(index, "X")
    assert following(span, 3).tolist() == [end + 1, end + 2, end + 3]
    assert join_spans(span, pd.Index([end + 1, end + 2]), 2, "X").last == end + 2


def test_tenths_of_few_digits_are_regular():
    index = pd.Index(np.arange(500, dtype=np.float32) / 10)
    assert following(span_of(index, "X"), 2).tolist() == pytest.approx([50, 50.1])
