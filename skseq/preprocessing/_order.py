"""Whether rows stand in the order of time, as far as an index tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.written import iso_dates, readings

__all__ = ["check_order", "check_same_order", "times_of"]

_KINDS = {
    *("datetime64", "datetime", "date", "time", "timedelta64", "timedelta", "period"),
    *("integer", "floating", "mixed-integer-float", "decimal", "interval"),
}


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
        return iso_dates(index)
    return index if kind in _KINDS else None


def _increases(times: pd.Index) -> bool:
    return times.is_monotonic_increasing and times.is_unique


def check_order(index: pd.Index, name: str) -> None:
    """Refuse a table whose index does not strictly increase.

    Parameters
    ----------
    index : Index
        Of one level. Labels without an order are accepted. Texts of numbers, and of
        dates written in another way than ISO 8601, are in order if one way to read them
        says so.
    name : str
        What to call the table in errors.

    Raises
    ------
    ValueError
        If a time falls, repeats or is missing.
    """
    times, sort = times_of(index), f"{name}.sort_index()"
    found = readings(index) if times is None else [times]
    if not found or any(map(_increases, found)):
        return
    if times is None:
        times, read = found[0], "datetime" if hasattr(found[0], "asi8") else "numeric"
        sort = f"{name}.set_axis(pd.to_{read}({name}.index)).sort_index()"
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
