"""The calendars that dates may be from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pandas.tseries import offsets
from pandas.tseries.offsets import BaseOffset

__all__ = ["calendars", "calendars_of_two"]

DAY = pd.Timedelta(days=1)
FORTNIGHT = 14  # days, in which each weekday is there twice, or left out twice
MONTH = 25  # days that are no half of one
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def calendars(dates: pd.DatetimeIndex) -> Iterator[BaseOffset]:
    """Yield offsets that could have made most of some dates.

    Parameters
    ----------
    dates : DatetimeIndex
        Without a zone, in the order of time.

    Yields
    ------
    offset : DateOffset
        Those that are simpler first.
    """
    times = dates - dates.normalize()
    if not (times == times[0]).all():
        yield from _of_hours(dates, times)
        return
    n_days = pd.Timedelta(np.median(np.diff(dates))) / DAY
    if n_days < MONTH:
        yield offsets.Day(max(1, round(n_days)))
        yield offsets.BusinessDay()
        if _covers_a_fortnight(dates):
            yield offsets.CustomBusinessDay(weekmask=_weekmask(dates))
        yield offsets.SemiMonthEnd()
        yield offsets.SemiMonthBegin()
        first, second = (_usual(dates.day[start::2]) for start in (0, 1))
        if 1 < max(first, second) < 28 and min(first, second) == 1:
            yield offsets.SemiMonthBegin(day_of_month=max(first, second))
        elif 6 < min(first, second) < 28 <= max(first, second):
            yield offsets.SemiMonthEnd(day_of_month=min(first, second))
        return
    weekday, n_months = _usual(dates.weekday), round(n_days / 30.4)
    yield offsets.MonthEnd(n_months)
    yield offsets.MonthBegin(n_months)
    yield offsets.BusinessMonthEnd(n_months)
    yield offsets.BusinessMonthBegin(n_months)
    yield offsets.DateOffset(months=n_months)
    yield offsets.LastWeekOfMonth(n_months, weekday=weekday)
    week = _usual((dates.day - 1) // 7)
    if week < 4:
        yield offsets.WeekOfMonth(n_months, week=week, weekday=weekday)
    yield from _of_weeks(dates, weekday, n_months)


def calendars_of_two(dates: pd.DatetimeIndex) -> Iterator[BaseOffset]:
    """Yield offsets that two dates alone make more probable than their distance.

    Parameters
    ----------
    dates : DatetimeIndex of two entries
        Without a zone, in the order of time.

    Yields
    ------
    offset : DateOffset
    """
    n_months = int(np.diff(dates.year * 12 + dates.month)[0])
    if n_months:
        yield offsets.MonthEnd(n_months)
        yield offsets.MonthBegin(n_months)
        yield offsets.DateOffset(months=n_months)
    apart = dates[1] - dates[0]
    if apart % DAY == pd.Timedelta(0):
        if apart != DAY:
            yield offsets.BusinessDay()
        yield offsets.Day(apart // DAY)


def _of_weeks(
    dates: pd.DatetimeIndex, weekday: int, n_months: int
) -> Iterator[BaseOffset]:
    """Yield years of 52 or 53 weeks, and their quarters."""
    months = {
        (month - 2 + shift) % 12 + 1 for month in set(dates.month) for shift in range(3)
    }
    for variation in ("last", "nearest"):
        for month in sorted(months):
            ends = {"weekday": weekday, "startingMonth": month, "variation": variation}
            if n_months >= 11:
                yield offsets.FY5253(**ends)
            elif n_months in (2, 3):
                for quarter in (4, 1, 2, 3):
                    yield offsets.FY5253Quarter(qtr_with_extra_week=quarter, **ends)


def _of_hours(
    dates: pd.DatetimeIndex, times: pd.TimedeltaIndex
) -> Iterator[BaseOffset]:
    """Yield working hours."""
    n_hours = pd.Timedelta(np.median(np.diff(dates))) / pd.Timedelta(hours=1)
    start, stop = times.min(), times.max() + pd.Timedelta(hours=n_hours)
    whole = start % pd.Timedelta(minutes=1) == pd.Timedelta(0)
    if n_hours < 1 or n_hours % 1 or not whole or stop > DAY:
        return
    start, stop = (f"{pd.Timestamp(0) + time:%H:%M}" for time in (start, stop))
    if (start, stop) != ("00:00", "00:00"):
        if _covers_a_fortnight(dates):
            masks = [_weekmask(dates)]
        else:
            masks = ["1111100", "1111110", "1111111"]
        for mask in masks:
            yield offsets.CustomBusinessHour(
                int(n_hours), weekmask=mask, start=start, end=stop
            )


def _covers_a_fortnight(dates: pd.DatetimeIndex) -> bool:
    return (dates[-1] - dates[0]) // DAY + 1 >= FORTNIGHT


def _weekmask(dates: pd.DatetimeIndex) -> str:
    """Return on which weekdays there are dates."""
    there = set(dates.weekday)
    return " ".join(name for i, name in enumerate(NAMES) if i in there)


def _usual(numbers: pd.Index) -> int:
    return int(np.bincount(numbers).argmax())
