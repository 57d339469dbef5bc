"""The last rows of every series, which windows of later ones reach back to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from skseq.data.layouts import is_panel
from skseq.data.panels import panel_starts
from skseq.preprocessing._order import check_order, times_of
from skseq.preprocessing._streams import end_after, ends_alone, with_common_step

__all__ = ["called", "joined_times", "remembered", "series_in"]


def remembered(
    tails: dict, tail_times: dict, X: Any, values: np.ndarray, n_rows: int
) -> tuple[dict, dict]:
    """Return the last rows of every series, and their times, after those of a table.

    Parameters
    ----------
    tails : dict
        name -> (rows, where they end), of the rows known before.
    tail_times : dict
        name -> times of these rows, or None.
    X : array-like or DataFrame of shape (n_rows, n_columns)
        The rows that follow.
    values : ndarray of shape (n_rows, n_columns)
        What they hold.
    n_rows : int
        How many of each series to keep.
    """
    tails, times = dict(tails), dict(tail_times)
    alone: dict[Any, Any] = {}
    if is_panel(X) and len(values):
        alone = ends_alone(X.index, {name: end for name, (_, end) in tails.items()})
    for name, start, stop, index in series_in(X, len(values)):
        rows, end = tails.get(name, (values[:0], None))
        n_later = stop - start
        end = end_after(end, len(rows), index, n_later, called(name), alone.get(name))
        new = values[max(start, stop - n_rows) : stop]
        parts = [times.get(name)] if len(rows) else []
        if len(new):
            parts.append(index[n_later - len(new) :] if len(index) else None)
        rows, kept = np.concatenate([rows, new]), joined_times(parts)
        first = max(0, len(rows) - n_rows)
        tails[name] = (rows[first:], end)
        times[name] = None if kept is None else _without_step(kept[first:])
    ends = with_common_step({name: end for name, (_, end) in tails.items()})
    return {name: (rows, ends[name]) for name, (rows, _) in tails.items()}, times


def series_in(X: Any, n_rows: int) -> Iterator[tuple[Any, int, int, Any]]:
    """Yield (name, first row, end, index of time or ()) of every series in a table."""
    if not hasattr(X, "iloc"):
        yield None, 0, n_rows, ()
    elif X.index.nlevels == 1:
        check_order(X.index, "X")
        times = times_of(X.index)
        yield None, 0, n_rows, () if times is None else times
    else:
        starts = panel_starts(X.index)
        names, times = (X.index.get_level_values(level) for level in (0, 1))
        for start, stop in pairwise([*starts, n_rows]):
            yield names[start], start, stop, times[start:stop]


def called(name: Any) -> str:
    """Return what messages call a series of X."""
    return "X" if name is None else f"series {name!r} of X"


def joined_times(parts: list[Any]) -> Any:
    """Return the times of tables one below the other, None unless all are known."""
    if not parts or any(part is None for part in parts):
        return None
    return parts[0] if len(parts) == 1 else parts[0].append(parts[1:])


def _without_step(index: pd.Index) -> pd.Index:
    """Return a part of an index that does not know its step, as files have it."""
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        index.freq = None
    return index
