"""How an index of time goes on, and whether another does so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.times._index import as_times, is_absolute

__all__ = ["first_wrong", "following", "leading_to", "plain", "steps_until"]

NEAR = 0.01  # share of a step of floats, within which two are the same time


def plain(value: Any) -> Any:
    """Return a number as Python's own, which neither ends at 255 nor loses digits."""
    return value.item() if isinstance(value, np.generic) else value


def following(last: Any, step: Any, n_steps: int) -> pd.Index:
    """Return the entries that follow an index.

    Parameters
    ----------
    last : object
        Its last entry.
    step : int, float, Timedelta or DateOffset
        Its step.
    n_steps : int
        How many entries to return.

    Returns
    -------
    index : Index of n_steps entries
    """
    if isinstance(last, pd.Timestamp):
        times = pd.date_range(last, periods=n_steps + 1, freq=step)
        return times.as_unit(last.unit)[1:]
    return pd.Index([last + step * i for i in range(1, n_steps + 1)])


def leading_to(last: Any, step: Any, n_steps: int) -> pd.Index:
    """Return the last entries of an index, of which `following` are the next ones.

    Parameters
    ----------
    last, step, n_steps : object
        As in `following`.

    Returns
    -------
    index : Index of n_steps entries
        The last of them is `last`.
    """
    if isinstance(last, pd.Timestamp):
        times = pd.date_range(end=last, periods=n_steps, freq=step)
        return times.as_unit(last.unit)
    return pd.Index([last - step * i for i in range(n_steps)][::-1])


def steps_until(time: Any, step: Any) -> int:
    """Return how many steps of an index lie between zero, or 1970, and an entry.

    Parameters
    ----------
    time : object
        An entry, as `as_times` leaves it.
    step : int, float, Timedelta or DateOffset
        The step of its index.

    Returns
    -------
    n_steps : int
        Negative before. Dates of a calendar are counted on it.
    """
    if isinstance(time, pd.Period):
        return time.ordinal // step.n
    if isinstance(time, pd.Timestamp):
        time, start = time.tz_localize(None), pd.Timestamp(0).as_unit(time.unit)
        if not is_absolute(step):
            early, late = sorted((time, start))
            n_between = int((pd.date_range(early, late, freq=step) < late).sum())
            return n_between if early == start else -n_between
        time, step = time - start, pd.Timedelta(step)
    return int(np.floor(time / step + NEAR))


def first_wrong(due: pd.Index, times: pd.Index | None, step: Any) -> int | None:
    """Return the first entry that is not the one due.

    Parameters
    ----------
    due : Index of n entries
        Those that follow.
    times : Index of n entries or None
        Those that are there; None are believed to follow.
    step : int, float, Timedelta or DateOffset
        The step of both.

    Returns
    -------
    row : int or None
        None if all are right.
    """
    if times is None:
        return None
    found = as_times(times)
    if found is None or (due.dtype.kind in "iuf") != (found.dtype.kind in "iuf"):
        return 0
    if "f" in (due.dtype.kind, found.dtype.kind):
        one, other = (part.to_numpy(dtype=np.float64) for part in (due, found))
        same = np.abs(one - other) <= NEAR * abs(step)
    else:
        same = np.asarray(due == found)
    return None if same.all() else int(np.argmin(same))
