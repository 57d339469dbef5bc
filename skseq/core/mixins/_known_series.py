"""Whether the series of a panel were learned from, in other rows."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd

from skseq.data.places import label_of
from skseq.preprocessing._extents import Extent, are_others, extents_of

__all__ = ["joined", "warn_of_known_series"]


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
        name: _spanned(before[name], extent)
        for name, extent in later.items()
        if name in before
    }
    return {**before, **later, **both}


def _spanned(before: Extent, later: Extent) -> Extent:
    try:
        return min(before[0], later[0]), max(before[1], later[1]), None
    except TypeError:  # times of another kind
        return later


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
        if name in known and are_others(known[name], extent)
    ]
    if not found:
        return
    name, (first, last, _) = found[0]
    remedy = "Give the series from its first row on"
    if hasattr(estimator, "stateful"):
        remedy += ", or go on with a copy made by stateful()"
    warnings.warn(
        f"{len(found)} series of X, such as {label_of(name)}, come from fit in other "
        f"rows (fit: {known[name][0]!s} to {known[name][1]!s}; now: {first!s} to "
        f"{last!s}). A score of them is no score of new series: in "
        "cross-validation split by series, with GroupKFold and groups="
        "X.index.get_level_values(0), or give SequenceArray.from_frame(X). And a "
        "series is read as if it began with these rows, without those before. "
        f"{remedy}.",
        stacklevel=4,
    )
