"""From errors of forecasts to surprise: in which unit, and beside what came before."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.covariance import ledoit_wolf_shrinkage

__all__ = ["ErrorScale", "relative_surprise"]

NORMAL_MAD = 0.6745  # median absolute deviation of a standard normal variable
FAR = 3.0  # deviations beyond which errors count less in how columns relate
FARTHEST = 1e6  # deviations that are as odd as can be; sums of them keep their digits
SMALLEST = 1e-9  # share of a column's size that rounding may be


class ErrorScale:
    """Distance of an error from usual errors, robustly.

    Each column is centered by its median and divided by its median absolute deviation;
    columns are put together by Mahalanobis' distance. In their correlations, rows count
    the less the farther they are, so that a few anomalies do not matter; they are
    shrunk by as much as there is little data (Ledoit and Wolf, 2004).

    Parameters
    ----------
    errors : ndarray of shape (n_rows, n_columns)
        Errors of usual rows, mostly; NaN where a value is missing.
    size : ndarray of shape (n_columns,)
        Largest absolute value of each column that was forecast.
    """

    def __init__(self, errors: np.ndarray, size: np.ndarray):
        self.center = np.nanmedian(errors, axis=0)
        mad = np.nanmedian(np.abs(errors - self.center), axis=0) / NORMAL_MAD
        least = SMALLEST * np.where(size > 0, size, 1)
        deviation = np.maximum(np.nanstd(errors, axis=0), least)
        self.scale = np.where(mad > least, mad, deviation)
        z = self._standardise(errors)
        far = np.sqrt(np.square(z).mean(axis=1, keepdims=True)) / FAR
        near = z / far.clip(min=1) ** 2
        products = near.T @ near
        norms = np.sqrt(np.diag(products))
        norms[norms == 0] = 1
        shrinkage = max(ledoit_wolf_shrinkage(near, assume_centered=True), SMALLEST)
        correlation = products / np.outer(norms, norms) * (1 - shrinkage)
        np.fill_diagonal(correlation, 1)
        self.precision = np.linalg.inv(correlation)

    def _standardise(self, errors: np.ndarray) -> np.ndarray:
        errors = np.nan_to_num(errors - self.center)
        bound = FARTHEST * self.scale
        return errors.clip(-bound, bound) / self.scale

    def distance(self, errors: np.ndarray) -> np.ndarray:
        """Return distances (n_rows,), about 1 for a usual row.

        A missing value is no surprise.
        """
        z = self._standardise(errors)
        squares = np.einsum("ij,jk,ik->i", z, self.precision, z) / z.shape[1]
        return np.sqrt(squares.clip(min=0))


def relative_surprise(
    before: np.ndarray, distances: np.ndarray, smoothing: int, memory: int | None
) -> np.ndarray:
    """Average distances over the last rows, and set them against a longer past.

    Parameters
    ----------
    before : ndarray of shape (n_before,)
        Distances of the rows before; at least ``smoothing - 1``.
    distances : ndarray of shape (n_rows,)
        Those of the rows in question.
    smoothing : int
        Number of rows to average over.
    memory : int or None
        Number of rows whose mean and deviation are what is usual; None leaves averages
        as they are.

    Returns
    -------
    surprise : ndarray of shape (n_rows,)
        That of a row depends on no later one.
    """
    rows = pd.Series(np.concatenate([before, distances]))
    surprise = rows.rolling(smoothing).mean()
    if memory is not None:
        usual = rows.rolling(memory, min_periods=1)
        deviation = usual.std(ddof=0).clip(lower=SMALLEST)
        surprise = (surprise - usual.mean()) / deviation
    return surprise.to_numpy()[len(before) :]
