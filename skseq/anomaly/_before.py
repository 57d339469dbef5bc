"""What stands before each row: gaps, and the last value seen."""

from __future__ import annotations

import numpy as np

from skseq.forecasting._last_seen import filled_forward

__all__ = ["gap_lengths", "unmoved_errors"]


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
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=0)
    return rows - 1 - np.concatenate([np.full_like(last[:1], -1), last[:-1]])


def unmoved_errors(
    values: np.ndarray, constant: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """Return errors of the belief that columns do not move, nor leave a constant.

    So a value that differs from both is odd, and one of them is not.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Rows in the order of time.
    constant : ndarray of shape (n_columns,)
        The only value of each column before.
    before : ndarray of shape (n_columns,)
        The last values seen before these rows, NaN if there were none.

    Returns
    -------
    errors : ndarray of shape (n_rows, n_columns)
    """
    from_constant = np.abs(values - constant)
    seen = filled_forward(values, before)
    changes = values - np.concatenate([before[None], seen[:-1]])
    return np.fmin(from_constant, np.abs(changes))
