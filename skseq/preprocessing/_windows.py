"""Windows and what follows them, as pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length

from skseq._showing import naming, shown
from skseq.data.names import names_of_columns
from skseq.data.sequences import SequenceArray
from skseq.data.tables import check_table
from skseq.preprocessing._order import check_order, check_same_order, times_of
from skseq.preprocessing._window_rows import check_rows_finite, encode_rows

__all__ = ["make_windows"]


def make_windows(
    X: Any,
    y: Any = None,
    window_length: int = 1,
    horizon: int = 1,
    stride: int = 1,
    *,
    missing: str = "error",
) -> tuple[SequenceArray, np.ndarray]:
    """Cut a table into windows and the targets that follow each.

    Sample i has the rows i * stride to i * stride + window_length - 1 as features and
    the `horizon` targets after them as labels. Unlike with `SlidingWindow`, the number
    of samples is not that of the rows.

    Parameters
    ----------
    X : array-like of shape (n_rows,) or (n_rows, n_columns)
        The table, in the order of time.
    y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
        The targets; None takes X itself.
    window_length : int, default=1
        Number of rows per window.
    horizon : int, default=1
        Number of rows to predict after each window.
    stride : int, default=1
        Number of rows from one window to the next.
    missing : {"error", "mask"}, default="error"
        Whether NaN in X is an error, or a value that was not measured, for an estimator
        with ``missing="mask"``.

    Returns
    -------
    windows : SequenceArray of shape (n_samples, window_length, n_columns)
        Not laid out; ``np.asarray`` does that. Columns of a DataFrame that hold
        categories stay what they are, and the times of its index go along.
    targets : ndarray of shape (n_samples,) or (n_samples, horizon * n_targets)
        One-dimensional for one target one step ahead; else all targets of the first
        step, then of the second and so on.

    Raises
    ------
    ValueError
        If there are fewer rows than a window and a horizon take, the index of a Series
        or DataFrame shows that its rows are not in the order of time, or X holds
        categories and no targets are given.

    Examples
    --------
    From the temperatures of ten days to that of the eleventh:

    >>> import numpy as np
    >>> from skseq.preprocessing import make_windows
    >>> temperature = np.arange(20.0, 33.0)  # thirteen days
    >>> windows, targets = make_windows(temperature, window_length=10)
    >>> np.asarray(windows)[..., 0].astype(int)
    array([[20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
           [21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
           [22, 23, 24, 25, 26, 27, 28, 29, 30, 31]])
    >>> targets
    array([30., 31., 32.])
    """
    for name, rows in (("X", X), ("y", y)):
        if hasattr(rows, "iloc") and rows.index.nlevels > 1:
            raise ValueError(
                f"{name} has an index of {rows.index.nlevels} levels, so that windows "
                "would cross series; cut each series by itself, or use SlidingWindow."
            )
        if hasattr(rows, "iloc"):
            check_order(rows.index, name)
    check_same_order(X, y)
    if not (isinstance(missing, str) and missing in ("error", "mask")):
        raise ValueError(f"missing={shown(missing)} must be 'error' or 'mask'.")
    with naming("X"):
        rows = encode_rows(X, None, is_first=True)
    if rows.categories is not None and y is None:
        raise ValueError(
            "X holds categories, which are no targets; give y, the targets of its rows."
        )
    table = _as_table(rows.table, "X", finite=False)
    check_rows_finite(table, X, rows.categories, None if y is None else missing)
    goals = table if y is None else _as_table(y, "y")
    check_consistent_length(table, goals)
    for name, value in (
        ("window_length", window_length),
        ("horizon", horizon),
        ("stride", stride),
    ):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(
                f"{name} must be an integer of at least 1, got {shown(value)}."
            )
    window_length, horizon = int(window_length), int(horizon)  # which never overflow
    if len(table) < window_length + horizon:
        raise ValueError(
            f"X has {len(table)} rows; window_length={window_length} and "
            f"horizon={horizon} take at least {window_length + horizon}."
        )
    starts = np.arange(
        0, len(table) - window_length - horizon + 1, min(stride, len(table))
    )
    windows = SequenceArray(
        table,
        starts,
        np.full(len(starts), window_length),
        feature_names=names_of_columns(X),
        times=times_of(X.index) if hasattr(X, "iloc") else None,
        categories=rows.categories,
    )
    ahead = starts[:, None] + window_length + np.arange(horizon)
    targets = goals[ahead].reshape(len(starts), -1)
    return windows, targets[:, 0] if targets.shape[1] == 1 else targets


def _as_table(values: Any, name: str, *, finite: bool = True) -> np.ndarray:
    """Return one or several columns of floats."""
    with naming(name):
        table = check_table(values, name, finite=finite)
    if table.ndim > 2 or table.ndim == 0:
        raise ValueError(
            f"{name} has the shape {table.shape}; expected (n_rows,) or "
            "(n_rows, n_columns)."
        )
    return table.reshape(len(table), -1)
