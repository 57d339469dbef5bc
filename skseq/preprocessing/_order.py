"""Whether rows stand in the order of time, as far as an index tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["check_order", "check_same_order", "times_of"]

_KINDS = {
    *("datetime64", "datetime", "date", "time", "timedelta64", "timedelta", "period"),
    *("integer", "floating", "mixed-integer-float", "decimal", "interval"),
}
_WRITTEN = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%b %d, %Y", "%d %b %Y")


def times_of(index: pd.Index) -> pd.Index | None:
    """Return an index of one level as something that has an order in time.

    Parameters
    ----------
    index : Index
        Of a table.

    Returns
    -------
    times : Index or None
        Numbers, dates, periods and the like as they are, and dates that are written
        out (ISO 8601) as dates. None where an index holds labels.
    """
    if index.nlevels == 1 and isinstance(index, pd.MultiIndex):
        index = index.get_level_values(0)
    if isinstance(index, pd.CategoricalIndex):
        index = pd.Index(np.asarray(index))
    kind = pd.api.types.infer_dtype(index, skipna=True)
    if kind == "string":
        return _read(index, "ISO8601")
    return index if kind in _KINDS else None


def _read(texts: pd.Index, form: str) -> pd.Index | None:
    try:
        return pd.DatetimeIndex(pd.to_datetime(texts, format=form, utc=True))
    except (ValueError, TypeError):
        return None


def _readings(index: pd.Index) -> list[pd.Index]:
    """Return what an index says if its texts are dates, such as 12/31/2024."""
    if pd.api.types.infer_dtype(index, skipna=True) != "string":
        return []
    found = (_read(index, form) for form in _WRITTEN)
    return [times for times in found if times is not None]


def _increases(times: pd.Index) -> bool:
    return times.is_monotonic_increasing and times.is_unique


def check_order(index: pd.Index, name: str) -> None:
    """Refuse a table whose index does not strictly increase.

    Parameters
    ----------
    index : Index
        Of one level. Labels without an order are accepted. Dates written in another
        way than ISO 8601 are in order if one way to read them says so.
    name : str
        What to call the table in errors.

    Raises
    ------
    ValueError
        If a time falls, repeats or is missing.
    """
    times, sort = times_of(index), f"{name}.sort_index()"
    if times is None:
        readings = _readings(index)
        sort = f"{name}.set_axis(pd.to_datetime({name}.index)).sort_index()"
    else:
        readings = [times]
    if not readings or any(map(_increases, readings)):
        return
    times = readings[0]
    row = int(np.argmin(np.asarray(times[1:] > times[:-1], dtype=bool))) + 1
    raise ValueError(
        f"Windows need the rows of {name} in the order of time, each time once, but "
        f"its index has {index[row]!s} behind {index[row - 1]!s} at row {row}. Sort "
        f"them first, {sort}, or, if the index is no time, number the "
        f"rows: {name}.reset_index(drop=True). Several series take a 2-level index "
        "(series, time)."
    )


def check_same_order(X: Any, y: Any) -> None:
    """Refuse targets whose index holds that of X in another order.

    Parameters
    ----------
    X, y : array-like, Series or DataFrame of n_rows
        What was given; without indices there is nothing to compare, and whole numbers
        may be those of other tables.

    Raises
    ------
    ValueError
        If both name the same rows, but in another order.
    """
    if not (hasattr(X, "iloc") and hasattr(y, "iloc")):
        return
    index, other = X.index, y.index
    if index.equals(other) or len(index) != len(other) or _is_counted(other):
        return
    if index.nlevels != other.nlevels or not (index.is_unique and other.is_unique):
        return
    if (index.get_indexer(other) >= 0).all():
        raise ValueError(
            "y is indexed by the rows of X but in another order; use y.loc[X.index]."
        )


def _is_counted(index: pd.Index) -> bool:
    return index.nlevels == 1 and index.inferred_type == "integer"
