"""Whether the series of a panel were learned from, in other rows."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from skseq.panels import panel_starts
from skseq.times import plain

__all__ = ["Extent", "extents_of", "joined", "warn_of_known_series"]


# The first and the last time of a series, and the step between all its times: zero of a
# single row, None if they are not equally far apart. A plain tuple, which files hold.
Extent: TypeAlias = tuple[Any, Any, float | None]


def extents_of(index: pd.MultiIndex) -> dict[Any, Extent]:
    """Return what the series of a panel cover.

    Parameters
    ----------
    index : MultiIndex of two levels (series, time)
        As `panel_starts` accepts it.

    Returns
    -------
    extents : dict of Extent by series
    """
    names, times = (index.get_level_values(level) for level in (0, 1))
    edges = [*panel_starts(index), len(index)]
    firsts, lasts = times[edges[:-1]], times[np.array(edges[1:], dtype=int) - 1]
    numbers = getattr(times, "asi8", None)
    if numbers is None and pd.api.types.is_numeric_dtype(times.dtype):
        numbers = times.to_numpy(dtype=float)
    parts = zip(names[edges[:-1]], firsts, lasts, pairwise(edges), strict=True)
    return {
        name: (
            plain(first),
            plain(last),
            None if numbers is None else _step(numbers[slice(*rows)], first, last),
        )
        for name, first, last, rows in parts
    }


def joined(before: dict[Any, Extent], later: dict[Any, Extent]) -> dict[Any, Extent]:
    """Return what series cover after another call of `partial_fit`.

    Parameters
    ----------
    before, later : dict of Extent by series

    Returns
    -------
    extents : dict of Extent by series
    """
    both = {
        name: (min(before[name][0], first), max(before[name][1], last), None)
        for name, (first, last, _) in later.items()
        if name in before
    }
    return {**before, **later, **both}


def warn_of_known_series(
    estimator: Any, known: dict[Any, Extent], index: pd.MultiIndex
) -> None:
    """Warn if a series that was learned from comes in other rows.

    In cross-validation the labels of a series would then be told by its own; and
    wherever it happens, the series is read from the middle as if it began there. A
    series that starts where it did in `fit`, and rows that were all there, are no news.

    Parameters
    ----------
    estimator : estimator
        The one that learned.
    known : dict of Extent by series
        What it learned from.
    index : MultiIndex of two levels (series, time)
        What it is asked for.
    """
    if not known:
        return
    found = [
        (name, extent)
        for name, extent in extents_of(index).items()
        if name in known and _are_others(known[name], extent)
    ]
    if not found:
        return
    name, (first, last, _) = found[0]
    remedy = "Give the series from its first row on"
    if hasattr(estimator, "stateful"):
        remedy += ", or go on with a copy made by stateful()"
    warnings.warn(
        f"{len(found)} series of X, such as {name!r}, come from fit in other rows "
        f"(fit: {known[name][0]!s} to {known[name][1]!s}; now: {first!s} to {last!s}). "
        "A score of them is no score of new series: in "
        "cross-validation split by series, with GroupKFold and groups="
        "X.index.get_level_values(0), or give SequenceArray.from_frame(X). And a "
        "series is read as if it began with these rows, without those before. "
        f"{remedy}.",
        stacklevel=4,
    )


def _are_others(known: Extent, asked: Extent) -> bool:
    """Whether rows of a series are others than those known."""
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
