"""The time between two steps of a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.sequences import SequenceArray

__all__ = ["check_times_known", "gaps", "times_between", "usual_gap"]


def times_between(times: Any) -> np.ndarray:
    """Return how long after the entry before each entry is.

    Parameters
    ----------
    times : Index of n entries
        Numbers or dates.

    Returns
    -------
    gaps : ndarray of float of shape (n - 1,)
        In units of the numbers, of dates in seconds.
    """
    times = _plain(times)
    if hasattr(times, "asi8"):
        return np.asarray((times[1:] - times[:-1]).total_seconds())
    return np.diff(np.asarray(times, dtype=float))


def _plain(times: Any) -> Any:
    """Return periods, and objects that are dates, as time stamps."""
    if isinstance(times, pd.PeriodIndex):
        return times.to_timestamp()
    if times.dtype == object and times.inferred_type in ("date", "datetime"):
        return pd.to_datetime(times, utc=True)
    return times


def gaps(sequences: SequenceArray) -> np.ndarray:
    """Return the time of each row of a table since the row before.

    Parameters
    ----------
    sequences : SequenceArray
        They know their times.

    Returns
    -------
    gaps : ndarray of float of shape (n_steps,)
        As of `times_between`; behind the end of a sequence, the row before may be
        another's, and then it means nothing.
    """
    return np.append(0, times_between(sequences.times)).clip(min=0)


def usual_gap(sequences: SequenceArray, weights: np.ndarray) -> float:
    """Return the median time between two steps of a sequence, one if there is none.

    Parameters
    ----------
    sequences : SequenceArray
        They know their times.
    weights : ndarray of shape (n_samples,)
        Weight of each sequence.
    """
    apart = sequences.apart()
    found, weights = gaps(apart), np.repeat(weights, apart.lengths)
    is_gap = found > 0
    is_gap[apart.starts[apart.lengths > 0]] = False
    if not is_gap.any():
        return 1.0
    order = np.argsort(found[is_gap])
    share = np.cumsum(weights[is_gap][order])
    middle = np.searchsorted(share, share[-1] / 2)
    return float(found[is_gap][order][middle])


def check_times_known(sequences: SequenceArray, are_dates: bool | None = None) -> bool:
    """Refuse sequences of which nobody knows when their steps were.

    Parameters
    ----------
    sequences : SequenceArray
        The sequences.
    are_dates : bool or None, default=None
        Whether times were dates, or spans of time, in `fit`, and not numbers, of which
        nobody knows the unit.

    Returns
    -------
    are_dates : bool
        Whether they are now.

    Raises
    ------
    ValueError
        If they are not known, no numbers and no dates, or not as in `fit`.
    """
    if sequences.times is None:
        raise ValueError(
            "time_gaps=True needs to know when steps were, but X has no times; give a "
            "DataFrame indexed by (instance, time), a list of DataFrames indexed by "
            "dates, or SequenceArray(..., times=...)."
        )
    times = _plain(sequences.times)
    if not hasattr(times, "asi8") and times.dtype.kind not in "iufmM":
        raise ValueError(
            "time_gaps=True needs times that are numbers or dates, but those of X are "
            f"of {times.dtype}, such as {times[:1].tolist()!r:.50}; pd.to_datetime "
            "makes dates of texts."
        )
    now = hasattr(times, "asi8")
    if are_dates is not None and now != are_dates and len(times):
        kinds = "numbers", "dates or spans of time"
        raise ValueError(
            f"The times of X are {kinds[now]}, such as {times[0]!s:.50}, but were "
            f"{kinds[are_dates]} in fit, with time_gaps=True."
        )
    return now
