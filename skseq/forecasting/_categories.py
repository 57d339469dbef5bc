"""Which columns of X hold categories, and their codes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data.categories import (
    chosen_columns,
    encode_column,
    holds_categories,
    recode,
    were_no_numbers,
)
from skseq.data.names import names_of_columns
from skseq.data.numerals import numbers_of_texts
from skseq.data.places import label_of
from skseq.forecasting._dates import are_dates

__all__ = ["UNKNOWN", "ColumnCategories", "learn_categories"]

UNKNOWN = -1.0  # the code of a category that fit did not meet


class ColumnCategories(NamedTuple):
    """What `fit` met in each column of X, if it holds categories.

    The code of a category is its position among those known; behind the last one comes
    that of a missing category, if `fit` met one. Where it met none, a missing category
    is NaN, as a missing number is.
    """

    known: tuple[pd.Index | None, ...]  # None of a column of numbers
    may_miss: tuple[bool, ...]

    @property
    def are_any(self) -> bool:
        """Whether a column holds categories."""
        return any(known is not None for known in self.known)

    def n_codes(self, column: int) -> int:
        """Return how many codes a column has, 0 if it holds numbers."""
        known = self.known[column]
        return 0 if known is None else len(known) + self.may_miss[column]

    def are_in(self, columns: np.ndarray) -> np.ndarray:
        """Return which of some columns hold categories."""
        return np.array([self.known[i] is not None for i in columns], dtype=bool)

    def category(self, column: int, code: float) -> Any:
        """Return which category a code stands for, None if it is missing."""
        known = self.known[column]
        return known[int(code)] if known is not None and code < len(known) else None

    def named(self, column: int, code: float) -> str:
        """Return what to call the value of a column in errors."""
        if self.known[column] is None:
            return f"{code:g}"
        if code == UNKNOWN:
            return "a category that fit did not meet"
        category = self.category(column, code)
        return "a missing category" if category is None else label_of(category)

    def coded(self, X: Any) -> Any:
        """Return a table with codes in place of categories.

        Parameters
        ----------
        X : array or DataFrame of shape (n_rows, n_columns)
            A table, which stays as it is.

        Raises
        ------
        ValueError
            If there are numbers where there were texts in `fit`.
        """
        if not self.are_any or X.shape[1] != len(self.known):  # which is refused later
            return X
        chosen = [i for i, known in enumerate(self.known) if known is not None]
        if hasattr(X, "iloc"):
            frame = X.copy(deep=False)
            for i in chosen:
                frame.isetitem(i, self.codes(i, X.iloc[:, i]))
            return frame
        X = np.array(X, dtype=np.float64 if X.dtype.kind in "biuf" else object)
        for i in chosen:
            X[:, i] = self.codes(i, pd.Series(X[:, i]))
        return X

    def codes(self, i: int, column: pd.Series) -> np.ndarray:
        """Return the codes of the categories in a column, NaN where they are missing.

        Parameters
        ----------
        i : int
            Its position.
        column : Series
            Its values.

        Raises
        ------
        ValueError
            As `coded` says.
        """
        name = i if column.name is None else column.name
        known: Any = self.known[i]
        if (
            were_no_numbers(known)
            and column.dtype.kind in "iuf"
            and column.notna().any()
        ):
            raise ValueError(
                f"Column {label_of(name)} of X holds numbers ({column.dtype}), but "
                "held categories in fit."
            )
        positions = recode(*encode_column(column), known).astype(np.float64)
        is_missing = positions == -2
        positions[is_missing] = len(known) if self.may_miss[i] else np.nan
        return positions


def learn_categories(features: Any, X: Any, targets: np.ndarray) -> ColumnCategories:
    """Learn which columns hold categories, and which ones.

    Parameters
    ----------
    features : "from_dtype", None, or array-like of str, int or bool
        The parameter `categorical_features`.
    X : array or DataFrame of shape (n_rows, n_columns)
        The table of `fit`.
    targets : ndarray of int
        Positions of the columns that are forecast.

    Returns
    -------
    categories : ColumnCategories

    Raises
    ------
    ValueError
        If a column is not there, or a target holds categories.
    """
    n_columns = X.shape[1]
    by_dtype = np.zeros(n_columns, dtype=bool)
    is_target = np.isin(np.arange(n_columns), targets)
    if hasattr(X, "iloc"):
        by_dtype[:] = [_holds_categories(column) for _, column in X.items()]
        by_dtype &= ~is_target | [dtype.kind != "b" for dtype in X.dtypes]
    chosen = chosen_columns(features, n_columns, names_of_columns(X), by_dtype)
    if (chosen & is_target).any():
        column = int(np.argmax(chosen & is_target))
        name = X.columns[column] if hasattr(X, "columns") else column
        raise ValueError(
            f"Column {label_of(name)} of X holds categories, but is to be forecast, as "
            "neither known_future nor static names it and y is not given; a target is "
            "a number. What names a series belongs into the index, "
            "X.set_index([name, time])."
        )
    known: list[pd.Index | None] = [None] * n_columns
    may_miss = [False] * n_columns
    for i in np.flatnonzero(chosen).tolist():
        column = X.iloc[:, i] if hasattr(X, "iloc") else pd.Series(X[:, i])
        codes, categories = encode_column(column)
        is_there = ~np.isnan(codes)
        known[i] = _sorted(categories[np.unique(codes[is_there]).astype(int)])
        may_miss[i] = bool(is_there.size > is_there.sum())
    return ColumnCategories(tuple(known), tuple(may_miss))


def _sorted(known: pd.Index) -> pd.Index:
    """Return categories in an order that does not depend on that of the rows."""
    try:
        return known.sort_values()
    except TypeError:  # of several types
        return known


def _holds_categories(column: pd.Series) -> bool:
    """Whether a column holds categories, rather than numbers or dates as texts."""
    if not holds_categories(column):
        return False
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype.kind == "b":
        return True
    _, known = encode_column(column)
    try:
        are_numbers = numbers_of_texts(known) is not None
    except ValueError as error:
        raise ValueError(f"Column {label_of(column.name)} of X: {error}") from error
    return not (are_numbers or are_dates(pd.Series(known)))
