"""The season that training rows show, from which a learned one starts."""

from __future__ import annotations

import numpy as np

from skseq.forecasting._table import Table

__all__ = ["season_of"]

LEAST = 0.1  # of the mean of rates, whose logarithm is taken


def season_of(
    table: Table, n_targets: int, length: int, *, is_rate: bool = False
) -> np.ndarray:
    """Return how targets go through a season, all series together.

    It is what the mean changes from row to row add up to, so that neither a level that
    wanders nor a trend is part of it.

    Parameters
    ----------
    table : Table
        Scaled series, targets first.
    n_targets : int
        How many these are.
    length : int
        Rows in the season.
    is_rate : bool, default=False
        Whether the season is a factor, whose logarithm is returned.

    Returns
    -------
    season : ndarray of shape (length, n_targets)
        Its mean is zero. A row of the season that no change leads to is as the one
        before.
    """
    sums, counts = np.zeros((2, length, n_targets))
    for first, piece in table.pieces():
        values = piece[:, :n_targets]
        if is_rate:
            values = np.log(values.clip(min=0) + LEAST)
        rows = np.arange(first, first + len(values))
        changes = np.diff(values, axis=0, prepend=np.nan)
        changes[np.isin(rows, table.edges)] = np.nan
        there = ~np.isnan(changes)
        phase = table.numbers_of(rows) % length
        np.add.at(sums, phase, np.where(there, changes, 0))
        np.add.at(counts, phase, there)
    change = sums / counts.clip(min=1)
    season = np.cumsum(change - change.mean(axis=0), axis=0)
    return season - season.mean(axis=0)
