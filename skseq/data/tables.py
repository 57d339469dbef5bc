"""Rows in the order of time: what is accepted as a table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skseq._showing import naming
from skseq.data.finite import FLOATS
from skseq.data.foreign import check_container, check_times, is_frame
from skseq.data.kinds import without_na
from skseq.data.places import (
    check_columns,
    check_finite_rows,
    finding_text,
    place_in_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator

__all__ = ["MOST_ROWS", "check_rows", "check_table"]

MOST_ROWS = 2**31 - 1  # of a window or a memory


@naming("X")
def check_rows(
    estimator: BaseEstimator,
    X: Any,
    *,
    reset: bool,
    finite: bool = True,
    least: int = 1,
) -> np.ndarray:
    """Read rows in the order of time, and set or check names and number of columns.

    Parameters
    ----------
    estimator : estimator
        The estimator that was given X.
    X : array-like or DataFrame of shape (n_rows, n_columns)
        The rows.
    reset : bool
        True in `fit`, False afterwards.
    finite : bool, default=True
        Whether NaN and infinity are refused.
    least : int, default=1
        Number of rows that there must be.

    Returns
    -------
    values : ndarray of float64 or float32 of shape (n_rows, n_columns)
    """
    if not finite:
        X = without_na(X)
    with _reading_table(X, "X"):
        values = validate_data(
            estimator,
            X,
            dtype=FLOATS,
            ensure_all_finite=False,
            ensure_min_samples=least,
            reset=reset,
        )
    if finite:
        check_finite_rows(values, X, "X")
    return values


def check_table(values: Any, name: str, *, finite: bool = True) -> np.ndarray:
    """Return floats of shape (n_rows,) or (n_rows, n_columns)."""
    if not finite:
        values = without_na(values)
    with _reading_table(values, name):
        table = check_array(
            values,
            ensure_2d=False,
            dtype=FLOATS,
            ensure_all_finite=False,
            input_name=name,
        )
    if finite:
        check_finite_rows(table, values, name)
    return table


@contextmanager
def _reading_table(table: Any, name: str) -> Iterator[None]:
    """Refuse what is no table of numbers, with the place of what is none."""
    check_container(table, name, time_axis=0)
    if is_frame(table):
        check_times(table, name)
    if hasattr(table, "iloc"):
        check_columns(table, name)
    with finding_text(table, name, lambda at: place_in_table(table, *at)):
        yield
