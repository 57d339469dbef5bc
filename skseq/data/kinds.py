"""Columns of frames as numbers, and what is said of those that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq._showing import shown

__all__ = ["numbers_of", "refusal", "without_na"]

TIMES = frozenset(
    ("datetime64", "datetime", "date", "timedelta64", "timedelta", "time", "period")
)


def numbers_of(column: pd.Series) -> np.ndarray | None:
    """Return a column as numbers, missing ones as NaN.

    Parameters
    ----------
    column : Series
        A column of a DataFrame. Objects may be numbers, too: of Python, decimal ones of
        a data base, whole ones beside None or pd.NA.

    Returns
    -------
    numbers : ndarray of float or None
        None if it holds anything else.
    """
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float, na_value=np.nan)
    if column.dtype != object:
        return None
    objects = column.to_numpy(dtype=object, copy=True)
    objects[column.isna().to_numpy()] = np.nan
    try:
        return objects.astype(float)
    except (TypeError, ValueError):
        return None


def without_na(table: Any) -> Any:
    """Return a table with NaN in place of pd.NA, of which NumPy makes no number.

    Parameters
    ----------
    table : array, Series, DataFrame or list of these
        What may hold objects; anything else is given back.
    """
    if isinstance(table, (list, tuple)):
        kept = [without_na(item) for item in table]
        is_same = all(one is other for one, other in zip(kept, table, strict=True))
        return table if is_same else type(table)(kept)
    if isinstance(table, pd.DataFrame):
        kept = table
        for i in np.flatnonzero(table.dtypes.eq(object)):
            kept = kept.copy(deep=False) if kept is table else kept
            kept.isetitem(i, without_na(table.iloc[:, i]))
        return kept
    if not isinstance(table, (np.ndarray, pd.Series)) or table.dtype != object:
        return table
    is_na = pd.isna(table)
    if not np.any(is_na):
        return table
    if isinstance(table, pd.Series):
        return table.where(~is_na, np.nan)
    return np.where(is_na, np.nan, table)


def refusal(column: pd.Series, name: Any, argument: str) -> ValueError:
    """Return an error about a column that holds neither numbers nor categories.

    Parameters
    ----------
    column : Series
        The column.
    name : object
        What it is called.
    argument : str
        What to call the frame.
    """
    what, hint = str(column.dtype), ""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in TIMES:
        what = f"{kind} objects" if column.dtype == object else what
        hint = " Turn times into numbers; those of the rows belong into the index."
    elif column.dtype == object:
        values = column.dropna()
        odd = values[[not _is_number(value) for value in values]]
        what = f"objects, such as {shown((odd if len(odd) else values).iloc[0])}"
        if any(isinstance(value, str) for value in odd):
            hint = " Make categories of all its values by astype(str), or numbers."
    return ValueError(
        f"Column {shown(name)} of {argument} holds {what}; expected numbers, or "
        f"categories (strings, booleans or a categorical).{hint}"
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
