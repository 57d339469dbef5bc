"""What an index of time holds, and whether its entries are a step apart."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset, Day, Tick

__all__ = ["as_times", "distances", "follows", "is_absolute", "starts_well"]

ROUNDING = 1e-6  # share of a step of floats that is a matter of rounding


def as_times(index: pd.Index) -> pd.Index | None:
    """Return an index as numbers, dates, periods or time spans.

    Parameters
    ----------
    index : Index
        Of one level.

    Returns
    -------
    times : Index or None
        None if it holds something else.
    """
    if index.nlevels == 1:
        index = index.get_level_values(0)  # of a MultiIndex, too
    if index.dtype == object:
        is_date = pd.api.types.infer_dtype(index) in ("date", "datetime")
        index = pd.DatetimeIndex(index) if is_date else index.infer_objects()
    kind = getattr(index.dtype, "kind", "O")
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        return index
    if kind == "M":
        return pd.DatetimeIndex(index)
    if kind == "m":
        return pd.TimedeltaIndex(index)
    return index if kind in "iuf" else None


def distances(times: pd.Index) -> np.ndarray:
    """Return how far each entry lies behind the one before.

    Parameters
    ----------
    times : Index of n entries
        As of `as_times`, without missing values.

    Returns
    -------
    distances : ndarray of shape (n - 1,)
        Integers of any width do not overflow; those of dates are in their unit.
    """
    if hasattr(times, "asi8"):
        return np.diff(times.asi8)
    kind = times.dtype.kind
    if kind == "f":
        return np.diff(times.to_numpy(dtype=np.float64))
    wide = times.to_numpy(dtype=np.uint64 if kind == "u" else np.int64)
    return np.diff(
        wide.view(np.int64)
    )  # wraps, and so does what it is the difference of


def follows(times: pd.Index, step: Any) -> np.ndarray:
    """Return which entries lie a step behind the one before.

    Parameters
    ----------
    times : Index of n entries
        As of `as_times`, without missing values.
    step : int, float, Timedelta or DateOffset
        The step.

    Returns
    -------
    follows : ndarray of bool of shape (n - 1,)
    """
    apart = distances(times)
    if isinstance(times, pd.PeriodIndex):
        if not isinstance(step, BaseOffset) or step.base != times.freq.base:
            return np.zeros(len(apart), dtype=bool)
        return apart == step.n
    if isinstance(times, pd.DatetimeIndex) and not is_absolute(step):
        clock = times.tz_localize(None)
        with warnings.catch_warnings():  # that some offsets take their time
            warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
            return np.asarray(clock[:-1] + step == clock[1:])
    if isinstance(times, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        if not isinstance(step, (pd.Timedelta, Tick, Day)):
            return np.zeros(len(apart), dtype=bool)
        length = pd.Timedelta(days=step.n) if isinstance(step, Day) else step
        return np.asarray(times[1:] - times[:-1] == pd.Timedelta(length))
    if times.dtype.kind != "f":
        return apart == step
    values = times.to_numpy(dtype=np.float64)
    stored = times.to_numpy().dtype  # of few digits, perhaps
    noise = 4 * np.finfo(stored if stored.kind == "f" else float).eps
    largest = np.abs(values).max(initial=0)
    return np.abs(apart - step) <= ROUNDING * abs(step) + noise * largest


def starts_well(time: Any, step: Any) -> bool:
    """Whether a date is one of those that a step leads to.

    Parameters
    ----------
    time : object
        An entry of an index.
    step : int, float, Timedelta or DateOffset
        The step.

    Returns
    -------
    starts_well : bool
    """
    if isinstance(time, pd.Period):
        return isinstance(step, BaseOffset) and step.base == time.freq.base
    if not isinstance(time, pd.Timestamp) or not isinstance(step, BaseOffset):
        return True
    return bool(step.is_on_offset(time.tz_localize(None)))


def is_absolute(step: Any) -> bool:
    """Whether a step is a number of hours or less, whatever the clock says."""
    if isinstance(step, Day):  # 23 hours where clocks change
        return False
    return isinstance(step, (Tick, pd.Timedelta))
