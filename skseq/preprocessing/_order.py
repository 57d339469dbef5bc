"""Whether rows stand in the order of time, as far as an index tells."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["check_order", "times_of"]

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
    if isinstance(index, pd.CategoricalIndex):
        index = pd.Index(np.asarray(index))
    kind = pd.api.types.infer_dtype(index, skipna=True)
    if kind == "string":
        try:
            return pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601", utc=True))
        except ValueError:
            return None
    return index if kind in _KINDS else None


def check_order(index: pd.Index, name: str) -> None:
    """Refuse a table whose index does not strictly increase.

    Parameters
    ----------
    index : Index
        Of one level. Labels without an order are accepted.
    name : str
        What to call the table in errors.

    Raises
    ------
    ValueError
        If a time falls, repeats or is missing.
    """
    times = times_of(index)
    if times is None or (times.is_monotonic_increasing and times.is_unique):
        return
    row = int(np.argmin(np.asarray(times[1:] > times[:-1], dtype=bool))) + 1
    raise ValueError(
        f"Windows need the rows of {name} in the order of time, each time once, but "
        f"its index has {index[row]!s} behind {index[row - 1]!s} at row {row}. Sort "
        f"them first, {name}.sort_index(), or, if the index is no time, number the "
        f"rows: {name}.reset_index(drop=True). Several series take a 2-level index "
        "(series, time)."
    )
