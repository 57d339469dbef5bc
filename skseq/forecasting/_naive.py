"""The naive forecast: the last row known, or the last one of the same season."""

from __future__ import annotations

import numpy as np

from skseq.forecasting._stored import StoredRows
from skseq.forecasting._table import Table

__all__ = ["naive_lags"]

MOST_PAIRS = 5e7  # of values that are compared
NUMBERS = 2**18  # that are read at a time


def naive_lags(
    table: Table,
    n_targets: int,
    window_length: int,
    horizon: int,
    seasonality: int | None,
) -> np.ndarray:
    """Return which earlier row the naive forecast of each step is.

    That is the last row known, or for all steps of a target the last one of the same
    season, whichever has less absolute error in these rows.

    Parameters
    ----------
    table : Table
        Scaled series, targets first.
    n_targets, window_length, horizon : int
        Number of targets, of rows looked back at, and of rows forecast.
    seasonality : int or None
        Rows in a season; None finds the number with the least error. Longer ones than
        a window, and those seen only once, are left out.

    Returns
    -------
    lags : ndarray of int of shape (horizon, n_targets)
        How many rows before the one forecast; `step` for the last row known.
    """
    steps = np.arange(1, horizon + 1)
    last = np.repeat(steps[:, None], n_targets, axis=1)
    most = min(window_length, int(table.lengths.max()) // 2)
    seasons = range(2, most + 1) if seasonality is None else [seasonality]
    errors = _lag_errors(table, n_targets, most + horizon)
    candidates = [m * -(-steps // m) for m in seasons if m <= most]
    if not candidates:
        return last
    best = min(candidates, key=lambda lags: errors[lags].mean())
    is_seasonal = errors[best].mean(axis=0) < errors[steps].mean(axis=0)
    return np.where(is_seasonal, best[:, None], last)


def _lag_errors(table: Table, n_targets: int, n_lags: int) -> np.ndarray:
    """Return mean absolute differences (n_lags + 1, n_targets), infinite if unknown."""
    n_rows = int(min(len(table.values), MOST_PAIRS / n_lags / n_targets))
    rows = np.linspace(0, len(table.values) - 1, n_rows).astype(int)
    edges = table.edges
    position = rows - edges[np.searchsorted(edges, rows, side="right") - 1]
    sums, n_there = np.zeros((2, n_lags + 1, n_targets))
    size = len(rows)
    if isinstance(table.values, StoredRows):
        size = max(1, NUMBERS // n_lags // table.values.shape[1])
    for first in range(0, len(rows), size):
        at, since = rows[first : first + size], position[first : first + size]
        values = table.values
        if isinstance(values, StoredRows):  # what is before each of these rows, too
            before = np.minimum(np.arange(n_lags + 1), since[:, None])
            values = values[at[:, None] - before][:, :, :n_targets]
        for lag in range(1, n_lags + 1):
            is_later = since >= lag
            if isinstance(table.values, StoredRows):
                one, other = values[is_later, 0], values[is_later, lag]
            else:
                one, other = values[at[is_later]], values[at[is_later] - lag]
                one, other = one[:, :n_targets], other[:, :n_targets]
            differences = np.abs(one - other)
            n_there[lag] += (~np.isnan(differences)).sum(axis=0)
            sums[lag] += np.nansum(differences, axis=0)
    return np.where(n_there > 0, sums / n_there.clip(min=1), np.inf)
