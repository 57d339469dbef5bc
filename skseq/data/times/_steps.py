"""The step between the entries of an index, found or given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset

from skseq.data.times._index import distances, follows, starts_well
from skseq.data.times._offsets import calendars, calendars_of_two

__all__ = ["describe_gap", "makes", "read_freq", "steps_of"]

COMMON = 16  # steps of a panel that are tried on all of its series
A_LOOK = 8  # entries that tell most calendars from those that dates are from


def read_freq(freq: Any) -> BaseOffset | None:
    """Return a parameter `freq` as an offset.

    Parameters
    ----------
    freq : str, DateOffset or None
        As pandas takes it.

    Returns
    -------
    offset : DateOffset or None

    Raises
    ------
    ValueError
        If pandas knows no such frequency, or it does not go forward in time.
    """
    if freq is None:
        return None
    try:
        offset = to_offset(freq)
    except (ValueError, TypeError):
        offset = _of_periods(freq)
    if offset is None:
        raise ValueError(
            f"freq={freq!r} is no frequency of pandas, such as 'D', 'B' or 'ME'."
        )
    if offset.n <= 0:
        raise ValueError(f"freq={freq!r} does not go forward in time.")
    return offset


def steps_of(times: pd.Index, edges: np.ndarray, known: Sequence = ()) -> list[Any]:
    """Return the step of each of several series.

    A series goes on with the step that makes most rows of all, among those that make
    its own: five business days of one week are not taken for days where others go on
    with Monday.

    Parameters
    ----------
    times : Index of n_rows entries
        As of `as_times`, in order within each series.
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts, and n_rows.
    known : sequence of steps, default=()
        Those that come first where they make a series.

    Returns
    -------
    steps : list of n_series int, float, Timedelta, DateOffset or None
        None of a series that no step makes, or of a single row to which no step of
        others leads.
    """
    n_rows = np.diff(edges)
    found = [(step, _makes_each(times, edges, step)) for step in known]
    n_known = len(found)
    steps: list[Any] = [None] * len(n_rows)
    unexplained = n_rows > 1
    for _, made in found:
        unexplained &= ~made
    for i in np.argsort(-n_rows, kind="stable"):
        if not unexplained[i]:
            continue
        step = step_of(times[edges[i] : edges[i + 1]])
        if step is None:
            continue
        if len(found) < n_known + COMMON:
            made = _makes_each(times, edges, step)
        else:
            made = np.zeros(len(n_rows), dtype=bool)
        made[i] = True
        unexplained &= ~made
        found.append((step, made))
    own = sorted(found[n_known:], key=lambda pair: -n_rows[pair[1]].sum())
    for step, made in reversed([*found[:n_known], *own]):
        for i in np.flatnonzero(made):
            steps[i] = step
    return steps


def step_of(times: pd.Index) -> Any:
    """Return the step between all entries of an index.

    Parameters
    ----------
    times : Index of two or more entries
        As of `as_times`, in order.

    Returns
    -------
    step : int, float, Timedelta, DateOffset or None
        None if no step makes all of it.
    """
    if isinstance(times, pd.DatetimeIndex):
        if times.freq is not None:
            return times.freq
        return next((step for step in _possible(times) if makes(times, step)), None)
    if isinstance(times, pd.PeriodIndex):
        step = times[1] - times[0]
    elif isinstance(times, pd.TimedeltaIndex):
        step = times[1] - times[0] if times.freq is None else times.freq
    elif times.dtype.kind == "f":
        step = (float(times[-1]) - float(times[0])) / (len(times) - 1)
    else:
        step = int(times[1]) - int(times[0])
    return step if makes(times, step) else None


def makes(times: pd.Index, step: Any) -> bool:
    """Whether a step makes all entries of an index from its first.

    Parameters
    ----------
    times : Index
        As of `as_times`.
    step : int, float, Timedelta or DateOffset
        The step.

    Returns
    -------
    makes : bool
    """
    return (
        starts_well(times[0], step)
        and bool(follows(times[:A_LOOK], step).all())
        and bool(follows(times, step).all())
    )


def describe_gap(times: pd.Index, step: Any = None) -> tuple[int, str]:
    """Return which entry of an irregular index is not where most would be.

    Parameters
    ----------
    times : Index
        As of `as_times`, in order.
    step : object, default=None
        The step that it should have; None stands for that of most entries.

    Returns
    -------
    row, step : int, str
        The position of the entry, and the step that it does not follow.
    """
    if step is None:
        step = max(_usual(times), key=lambda step: follows(times, step).sum())
    right = follows(times, step)
    row = 0 if not starts_well(times[0], step) else int(np.argmin(right)) + 1
    return row, getattr(step, "freqstr", None) or f"{step!s}"


def _of_periods(freq: Any) -> BaseOffset | None:
    """Return the offset of a name that only periods have, such as "M"."""
    try:
        return pd.Period(ordinal=0, freq=freq).freq
    except (ValueError, TypeError):
        return None


def _makes_each(times: pd.Index, edges: np.ndarray, step: Any) -> np.ndarray:
    """Return which series a step makes."""
    right = np.append(True, follows(times, step))
    right[edges[:-1]] = [starts_well(times[start], step) for start in edges[:-1]]
    return np.logical_and.reduceat(right, edges[:-1])


def _possible(dates: pd.DatetimeIndex) -> Iterator[Any]:
    """Yield steps that could be those between some dates."""
    clock = dates.tz_localize(None)
    if len(dates) == 2:
        yield from calendars_of_two(clock)
    else:
        # pandas takes last Fridays for fourth ones where most of them are
        name = pd.infer_freq(dates)
        if name is not None:
            yield to_offset(name)
        yield from calendars(clock)
    yield dates[1] - dates[0]


def _usual(times: pd.Index) -> Iterator[Any]:
    """Yield steps that could be those between most entries of an index."""
    usual = np.sort(distances(times))[(len(times) - 1) // 2]
    if isinstance(times, pd.PeriodIndex):
        yield times.freq.base * int(usual)
    elif isinstance(times, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        yield pd.Timedelta(int(usual), unit=times.unit)
        if isinstance(times, pd.DatetimeIndex):
            yield from calendars(times.tz_localize(None))
    else:
        yield usual.item()
