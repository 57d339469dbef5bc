"""The last values seen before any row of series that are not in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skseq.forecasting._stored import StoredRows, Unscaled

__all__ = ["LastSeen", "filled_forward"]

EVERY = 64  # rows; so many are read to know what was seen before one of them


class LastSeen:
    """What was seen before every so many rows of each series, from one pass.

    Parameters
    ----------
    rows : StoredRows
        Whole series, as they are.
    """

    def __init__(self, rows: StoredRows):
        self._firsts = rows.firsts
        n_blocks = -(-rows.lengths // EVERY)
        self._begins = np.cumsum(n_blocks) - n_blocks
        self._seen = np.full((n_blocks.sum(), rows.shape[1]), np.nan)
        edges = rows.edges
        last = self._seen[:0]
        for first, values in rows.pieces():
            i = int(np.searchsorted(edges, first, side="right")) - 1
            offset = first - int(edges[i])
            if not offset:
                last = np.full(values.shape[1], np.nan)
            filled = filled_forward(values, last)
            blocks = np.arange(offset // EVERY + 1, (offset + len(values)) // EVERY + 1)
            blocks = blocks[blocks < n_blocks[i]]
            self._seen[self._begins[i] + blocks] = filled[blocks * EVERY - offset - 1]
            last = filled[-1]

    def before(
        self, source: Unscaled, rows: np.ndarray, series: np.ndarray
    ) -> np.ndarray:
        """Return the last values (n, n_columns) seen before rows, NaN if there is none.

        Parameters
        ----------
        source : Unscaled
            Where the series are.
        rows, series : ndarray of int of shape (n,)
            Rows of the source, and which series each is of.
        """
        offsets = rows - self._firsts[series]
        around = (rows - offsets % EVERY)[:, None] + np.arange(EVERY)
        values = source.read(np.minimum(around, rows[:, None]))
        values[around >= rows[:, None]] = np.nan
        known = self._seen[self._begins[series] + offsets // EVERY]
        return filled_forward(values, known)[:, -1]


def filled_forward(values: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return rows with the last value seen in holes.

    Parameters
    ----------
    values : ndarray of shape (..., n_rows, n_columns)
        Rows in the order of time, NaN where missing.
    before : ndarray of shape (..., n_columns)
        The last values seen before them, NaN if there are none.
    """
    rows = np.arange(values.shape[-2])[:, None]
    last = np.where(np.isnan(values), -1, rows)
    last = np.maximum.accumulate(last, axis=-2)
    found = np.take_along_axis(values, last.clip(min=0), axis=-2)
    return np.where(last < 0, before[..., None, :], found)
