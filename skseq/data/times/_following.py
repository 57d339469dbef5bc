"""How an index of time goes on, and whether another does so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.times._index import as_times

__all__ = ["first_wrong", "following", "leading_to", "plain"]

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
