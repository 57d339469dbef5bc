"""Whether the series of a panel were learned from, in other rows."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.panels import panel_starts

__all__ = ["Extent", "extents_of", "joined", "warn_of_known_series"]


class Extent(NamedTuple):
    """The times that a series covers, and whether they are a step apart."""

    first: Any
    last: Any
    is_regular: bool


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
    steps = [
        None if numbers is None else np.diff(numbers[start:stop])
        for start, stop in pairwise(edges)
    ]
    regular = [step is not None and np.allclose(step, step[:1]) for step in steps]
    parts = zip(names[edges[:-1]], firsts, lasts, regular, strict=True)
    return {name: Extent(*extent) for name, *extent in parts}


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
        name: Extent(
            min(before[name].first, extent.first),
            max(before[name].last, extent.last),
            False,
        )
        for name, extent in later.items()
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
    name, extent = found[0]
    remedy = "Give the series from its first row on"
    if hasattr(estimator, "stateful"):
        remedy += ", or go on with a copy made by stateful()"
    warnings.warn(
        f"{len(found)} series of X, such as {name!r}, come from fit in other rows "
        f"(fit: {known[name].first!s} to {known[name].last!s}; now: {extent.first!s} "
        f"to {extent.last!s}). A score of them is no score of new series: in "
        "cross-validation split by series, with GroupKFold and groups="
        "X.index.get_level_values(0), or give SequenceArray.from_frame(X). And a "
        "series is read as if it began with these rows, without those before. "
        f"{remedy}.",
        stacklevel=4,
    )


def _are_others(known: Extent, asked: Extent) -> bool:
    """Whether rows of a series are others than those known."""
    try:
        if asked.first == known.first:
            return False
        within = known.first <= asked.first and asked.last <= known.last
    except TypeError:  # times of another kind
        return True
    return not (within and known.is_regular)
