"""From errors of forecasts to surprise: in which unit, and beside what came before."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["FARTHEST", "SMALLEST", "ErrorScale", "relative_surprise"]

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
    behind : dict of int to ndarray, optional
        Errors likewise of rows behind gaps of so many rows; mostly larger ones, and
        never taken for smaller.
    """

    def __init__(
        self,
        errors: np.ndarray,
        size: np.ndarray,
        behind: dict[int, np.ndarray] | None = None,
    ):
        behind = {0: errors, **(behind or {})}
        self.gaps = np.array(list(behind), dtype=np.float64)
        self.centers = np.zeros((len(behind), errors.shape[1]))
        self.scales = np.zeros_like(self.centers)
        for i, part in enumerate(behind.values()):
            there = ~np.isnan(part).all(axis=0)
            center, scale = _center_and_scale(part[:, there], size[there])
            self.centers[i], self.scales[i] = self.centers[i - 1], self.scales[i - 1]
            self.centers[i, there] = center
            self.scales[i, there] = np.maximum(scale, self.scales[i - 1, there])
        from sklearn.covariance import ledoit_wolf_shrinkage  # imports linear models

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

    def _standardise(
        self, errors: np.ndarray, gaps: np.ndarray | None = None
    ) -> np.ndarray:
        center, scale = self.centers[0], self.scales[0]
        if gaps is not None:
            center, scale = (
                np.stack(
                    [
                        np.interp(n, self.gaps, part)
                        for n, part in zip(gaps.T, parts.T, strict=True)
                    ],
                    axis=1,
                )
                for parts in (self.centers, self.scales)
            )
        errors = np.nan_to_num(errors - center)
        bound = FARTHEST * scale
        return errors.clip(-bound, bound) / scale

    def distance(
        self, errors: np.ndarray, gaps: np.ndarray | None = None
    ) -> np.ndarray:
        """Return distances (n_rows,), about 1 for a usual row.

        A missing value is no surprise.

        Parameters
        ----------
        errors : ndarray of shape (n_rows, n_columns)
            Errors of forecasts.
        gaps : ndarray of shape (n_rows, n_columns), optional
            Behind how many missing values each one stands; None stands for 0.
        """
        z = self._standardise(errors, gaps)
        squares = np.einsum("ij,jk,ik->i", z, self.precision, z) / z.shape[1]
        return np.sqrt(squares.clip(min=0))


def relative_surprise(
    before: np.ndarray, oddity: np.ndarray, smoothing: int, memory: int | None
) -> np.ndarray:
    """Average oddity over the last rows, and set them against a longer past.

    Each opinion by itself; a row is as odd as the one finds it that finds it oddest.

    Parameters
    ----------
    before : ndarray of shape (n_before, n_opinions)
        Oddity of the rows before; at least ``smoothing - 1``.
    oddity : ndarray of shape (n_rows, n_opinions)
        That of the rows in question.
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
    rows = pd.DataFrame(np.concatenate([before, oddity]))
    surprise = rows.rolling(smoothing).mean()
    if memory is not None:
        usual = rows.rolling(memory, min_periods=1)
        deviation = usual.std(ddof=0).clip(lower=SMALLEST)
        surprise = (surprise - usual.mean()) / deviation
    return surprise.to_numpy()[len(before) :].max(axis=1)


def _center_and_scale(
    errors: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the median of columns and their deviation, robustly."""
    center = np.nanmedian(errors, axis=0)
    mad = np.nanmedian(np.abs(errors - center), axis=0) / NORMAL_MAD
    least = SMALLEST * np.where(size > 0, size, 1)
    deviation = np.maximum(np.nanstd(errors, axis=0), least)
    return center, np.where(mad > least, mad, deviation)
