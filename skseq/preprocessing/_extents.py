"""The times that series cover, and whether others lie between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from skseq.data.panels import panel_starts
from skseq.data.times import plain

__all__ = ["Extent", "are_others", "extents_of", "lie_between"]

# The first and the last time of a series, and the step between all its times: zero of a
# single row, None if they are not equally far apart. A plain tuple, which files hold.
Extent: TypeAlias = tuple[Any, Any, float | None]


def extents_of(index: pd.Index) -> dict[Any, Extent]:
    """Return what series cover.

    Parameters
    ----------
    index : MultiIndex of two levels (series, time), or Index
        As `panel_starts` accepts it; one level is that of a series called None.

    Returns
    -------
    extents : dict of Extent by series
    """
    if index.nlevels == 1:
        names, times, edges = [None], index, [0, len(index)]
    else:
        starts = panel_starts(index)
        names, times = index.get_level_values(0)[starts], index.get_level_values(1)
        edges = [*starts, len(index)]
    firsts, lasts = times[edges[:-1]], times[np.array(edges[1:], dtype=int) - 1]
    numbers = getattr(times, "asi8", None)
    if numbers is None and pd.api.types.is_numeric_dtype(times.dtype):
        numbers = times.to_numpy(dtype=float)
    parts = zip(names, firsts, lasts, pairwise(edges), strict=True)
    return {
        name: (
            plain(first),
            plain(last),
            None if numbers is None else _step(numbers[slice(*rows)], first, last),
        )
        for name, first, last, rows in parts
    }


def are_others(known: Extent, asked: Extent) -> bool:
    """Whether rows of a series are others than those known.

    Parameters
    ----------
    known, asked : Extent
        What they cover. Those that start where the series did are no others.

    Returns
    -------
    are_others : bool
    """
    try:
        if asked[0] == known[0]:
            return False
        within = known[0] <= asked[0] and asked[1] <= known[1]
    except TypeError:  # times of another kind
        return True
    if not within or not known[2] or asked[2] is None:
        return True
    steps = (_number(asked[0]) - _number(known[0])) / known[2], asked[2] / known[2]
    return not np.allclose(steps, np.round(steps), atol=1e-6)


def lie_between(known: Extent, asked: Extent) -> bool:
    """Whether rows of a series were cut out of those known.

    Parameters
    ----------
    known, asked : Extent
        What they cover.

    Returns
    -------
    lie_between : bool
    """
    try:
        between = known[0] < asked[0] <= known[1]
    except TypeError:  # times of another kind
        return False
    return between and are_others(known, asked)


def _step(numbers: np.ndarray, first: Any, last: Any) -> float | None:
    """Return the step that all times are apart."""
    if len(numbers) == 1:
        return 0.0
    distances = np.diff(numbers)
    if not np.allclose(distances, distances[0]):
        return None
    return (_number(last) - _number(first)) / len(distances)


def _number(time: Any) -> float:
    """Return a time as a number: of dates, seconds."""
    for name in ("timestamp", "total_seconds"):
        if hasattr(time, name):
            return getattr(time, name)()
    return float(getattr(time, "ordinal", time))
