"""What stands before each row: gaps, and the last value seen."""

from __future__ import annotations

import numpy as np

__all__ = ["gap_lengths", "unmoved_errors"]


def _last_rows(values: np.ndarray) -> np.ndarray:
    """Return the last row before each one that has a value of a column, or -1."""
    rows = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(rows, axis=0)
    return np.concatenate([np.full_like(last[:1], -1), last[:-1]])


def gap_lengths(values: np.ndarray) -> np.ndarray:
    """Return behind how many missing values each value stands.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Rows in the order of time.

    Returns
    -------
    gaps : ndarray of int of shape (n_rows, n_columns)
    """
    return np.arange(len(values))[:, None] - 1 - _last_rows(values)


def _last_seen(values: np.ndarray) -> np.ndarray:
    """Return the last value of its column before each one, NaN if there is none."""
    last = _last_rows(values)
    found = np.take_along_axis(values, last.clip(min=0), axis=0)
    return np.where(last < 0, np.nan, found)


def unmoved_errors(values: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """Return errors of the belief that columns do not move, nor leave a constant.

    So a value that differs from both is odd, and one of them is not.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Rows in the order of time.
    constant : ndarray of shape (n_columns,)
        The only value of each column before.

    Returns
    -------
    errors : ndarray of shape (n_rows, n_columns)
    """
    from_constant = np.abs(values - constant)
    return np.fmin(from_constant, np.abs(values - _last_seen(values)))
