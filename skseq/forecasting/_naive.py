"""The naive forecast: the last row known, or the last one of the same season."""

from __future__ import annotations

import numpy as np

from skseq.forecasting._table import Table

__all__ = ["naive_lags"]

MOST_PAIRS = 5e7  # of values that are compared


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
    errors = _lag_errors(table.values[:, :n_targets], table, most + horizon)
    candidates = [m * -(-steps // m) for m in seasons if m <= most]
    if not candidates:
        return last
    best = min(candidates, key=lambda lags: errors[lags].mean())
    is_seasonal = errors[best].mean(axis=0) < errors[steps].mean(axis=0)
    return np.where(is_seasonal, best[:, None], last)


def _lag_errors(values: np.ndarray, table: Table, n_lags: int) -> np.ndarray:
    """Return mean absolute differences (n_lags + 1, n_targets), infinite if unknown."""
    position = np.concatenate([np.arange(n) for n in table.lengths])
    n_rows = int(min(len(values), MOST_PAIRS / n_lags / values.shape[1]))
    rows = np.linspace(0, len(values) - 1, n_rows).astype(int)
    errors = np.full((n_lags + 1, values.shape[1]), np.inf)
    for lag in range(1, n_lags + 1):
        later = rows[position[rows] >= lag]
        differences = np.abs(values[later] - values[later - lag])
        n_there = (~np.isnan(differences)).sum(axis=0)
        sums = np.nansum(differences, axis=0)
        errors[lag] = np.where(n_there > 0, sums / n_there.clip(min=1), np.inf)
    return errors
