"""Sums over the rows of a series that go on as rows come in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

__all__ = ["Moments", "moments_of"]


class Moments(NamedTuple):
    """What mean, deviation and seasonal differences of columns are made of."""

    n_there: np.ndarray  # (n_columns,), of the values that are there
    mean: np.ndarray
    squares: np.ndarray  # sums of squared distances from the mean
    steps: np.ndarray  # (n_seasonal,), sums of absolute differences, first columns
    n_steps: np.ndarray
    last: np.ndarray  # (seasonality or fewer, n_seasonal), which later rows go on from
    is_settled: np.ndarray  # (n_columns,), bool: whose scale is not learned again

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # who scales looks at what is finite
    def of(cls, rows: np.ndarray, n_seasonal: int, seasonality: int) -> Moments:
        """Return the moments of rows (n_rows, n_columns), of which NaN do not count.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Rows in the order of time.
        n_seasonal : int
            Of how many first columns to see seasonal differences.
        seasonality : int
            Of rows how far apart.
        """
        there = ~np.isnan(rows)
        count = there.sum(axis=0).astype(np.float64)
        mean = np.where(there, rows, 0).sum(axis=0) / count.clip(min=1)
        squares = (np.where(there, rows - mean, 0) ** 2).sum(axis=0)
        differences = np.abs(rows[seasonality:] - rows[:-seasonality])[:, :n_seasonal]
        return cls(
            count,
            mean,
            squares,
            np.nansum(differences, axis=0),
            (~np.isnan(differences)).sum(axis=0).astype(np.float64),
            rows[-seasonality:, :n_seasonal].copy(),
            np.zeros(rows.shape[1], dtype=bool),
        )

    @np.errstate(over="ignore", invalid="ignore")
    def joined(self, rows: np.ndarray, seasonality: int) -> Moments:
        """Return the moments of these rows and those that follow."""
        n = self.last.shape[1]
        later = Moments.of(rows, 0, 1)
        border = np.concatenate([self.last, rows[:, :n]])
        seasonal = Moments.of(border, n, seasonality)
        count = self.n_there + later.n_there
        share = later.n_there / count.clip(min=1)
        apart = later.mean - self.mean
        return Moments(
            count,
            self.mean + apart * share,
            self.squares + later.squares + apart**2 * self.n_there * share,
            self.steps + seasonal.steps,
            self.n_steps + seasonal.n_steps,
            seasonal.last,
            self.is_settled,
        )

    def scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of columns, 0 where nothing varies but by rounding.

        A column without a value has the mean 0.
        """
        deviation = np.sqrt(self.squares / self.n_there.clip(min=1))
        rounding = 10 * np.finfo(np.float64).eps * np.abs(self.mean)
        return self.mean.copy(), np.where(deviation <= rounding, 0, deviation)

    def seasonal_step(self) -> np.ndarray:
        """Return the mean absolute seasonal difference (n_seasonal,), 0 if unknown."""
        return self.steps / self.n_steps.clip(min=1)


def moments_of(
    pieces: Iterable[np.ndarray], n_seasonal: int, seasonality: int
) -> Moments:
    """Return the moments of rows that come piece by piece, at least one.

    Parameters
    ----------
    pieces : iterable of ndarray of shape (n_rows, n_columns)
        Rows in the order of time.
    n_seasonal, seasonality
        As in `Moments.of`.
    """
    pieces = iter(pieces)
    moments = Moments.of(next(pieces), n_seasonal, seasonality)
    for rows in pieces:
        moments = moments.joined(rows, seasonality)
    return moments
