"""Dates and texts among the columns of a forecaster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.places import place_in_table

__all__ = ["are_dates", "check_no_dates"]

DATES = ("datetime", "datetime64", "date", "period", "timedelta", "timedelta64")
TEXTS = ("string", "mixed", "categorical")


def check_no_dates(X: Any) -> None:
    """Refuse columns that hold time stamps or texts.

    Parameters
    ----------
    X : array or DataFrame of shape (n_rows, n_columns)
        What a forecaster was given.

    Raises
    ------
    ValueError
        Names the column, and says that dates belong into the index.
    """
    table = X
    if not hasattr(X, "iloc"):
        if getattr(X, "ndim", 0) != 2 or getattr(X, "dtype", None) is None:
            return
        if np.dtype(X.dtype).kind not in "OmMUS":
            return
        table = pd.DataFrame(X)
    for i, column in enumerate(table.columns):
        values = table.iloc[:, i]
        if pd.api.types.is_numeric_dtype(values.dtype):
            continue
        kind = pd.api.types.infer_dtype(values.dropna())
        if kind in DATES or (kind == "string" and are_dates(values.dropna())):
            raise ValueError(
                f"Column {column!r} of X holds time stamps. Make it the index, which "
                f"says when each row is: X.set_index({column!r}), or of several series "
                f"X.set_index([their name, {column!r}]). If the calendar matters, give "
                "it as numbers, such as the weekday, in known_future."
            )
        row = next((j for j, value in enumerate(values) if _is_text(value)), None)
        if kind in TEXTS and row is not None:
            raise ValueError(
                f"Column {column!r} of X holds {values.iloc[row]!r}, which is no "
                f"number, in {place_in_table(X, row)}. What names a series belongs "
                "into the index, X.set_index([name, time]); categories are columns of "
                "strings, booleans or categoricals in a DataFrame, or those that "
                "categorical_features names."
            )


def are_dates(texts: pd.Series) -> bool:
    """Return whether all of some texts are dates.

    Parameters
    ----------
    texts : Series
        Objects.
    """
    if _are_numbers(texts) or not all(isinstance(text, str) for text in texts):
        return False
    try:
        pd.to_datetime(texts, format="ISO8601")
    except (ValueError, TypeError):
        return False
    return True


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _are_numbers(values: pd.Series) -> bool:
    try:
        values.astype(float)
    except (ValueError, TypeError):
        return False
    return True
