"""A second opinion: windows of one season, judged by their principal components."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from skseq.anomaly._surprise import FARTHEST, SMALLEST

__all__ = ["LONGEST", "SeasonWindows", "season_length"]

LONGEST = 300  # rows of a season that is found, as in TSB-AD
SHORTEST = 3  # the same
N_SEASONS = 4  # training rows have so many windows, lest components learn them by heart
VARIANCE = 0.999  # share of the training windows' variance that components explain
MOST_WINDOWS = 10_000  # of training, evenly spaced, from which components are learned
CHUNK = 2**20  # values of windows that are laid out at a time


def season_length(stretches: list[np.ndarray]) -> int:
    """Return the period of a series, from the highest peak of its autocorrelation.

    A quarter of the rows and 300 at most; that many if there is no peak.

    Parameters
    ----------
    stretches : list of ndarray of shape (n_rows,)
        One column in the order of time, or some stretches of equal length of it.

    Returns
    -------
    length : int
    """
    n_rows = len(stretches[0])
    most = min(n_rows // N_SEASONS, LONGEST)
    if most < SHORTEST:
        return most
    mean, correlation = np.mean([rows.mean() for rows in stretches]), np.zeros(most + 1)
    for rows in stretches:
        spectrum = np.fft.rfft(rows - mean, 2 * n_rows)
        correlation += np.fft.irfft(np.abs(spectrum) ** 2)[: most + 1]
    lags = np.arange(SHORTEST, most)
    here, before, after = (correlation[lags + step] for step in (0, -1, 1))
    peaks = lags[(here > before) & (here >= after) & (here > 0)]
    return int(peaks[correlation[peaks].argmax()]) if len(peaks) else most


class SeasonWindows:
    """Distance of the windows that end in a row from those of training.

    Windows less their mean, so that a level is no shape, by the principal components
    that explain their variance, each in its own deviation; what these leave is noise of
    one deviation. It is Mahalanobis' distance in Tipping and Bishop's (1999) model.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Usual rows, mostly, as many as a window or more, not all of them zero. NaN
        parts stretches, each of which is as long.
    length : int
        Number of rows of a window, from 2 on.
    """

    def __init__(self, rows: np.ndarray, length: int):
        from sklearn.decomposition import PCA  # takes a while to import

        self.size = float(np.nanmax(np.abs(rows)))
        windows = sliding_window_view(self._scaled(rows), length)
        windows = windows[:: -(-len(windows) // MOST_WINDOWS)]
        windows = windows[~np.isnan(windows).any(axis=1)]
        windows = windows - windows.mean(axis=1, keepdims=True)
        least = SMALLEST**2
        self.mean = windows.mean(axis=0)
        self.components = np.zeros((1, length))
        self.variances = np.ones(1)
        self.noise = least
        if len(windows) > 1 and windows.var(axis=0).max() > least:
            pca = PCA(n_components=VARIANCE).fit(windows)
            n_left = length - 1 - pca.n_components_  # one is that of the level
            self.components = np.ascontiguousarray(pca.components_)
            self.variances = np.maximum(pca.explained_variance_, least)
            if n_left > 0:
                share = (min(windows.shape) - pca.n_components_) / n_left
                self.noise = max(float(pca.noise_variance_ * share), self.noise)
            else:
                self.noise = float(self.variances[-1])
        self.usual = np.nan
        self.usual = float(np.nanmedian(self.distance(rows)))

    def distance(self, rows: np.ndarray) -> np.ndarray:
        """Return distances (n_rows,), about 1 for a usual window.

        A row without a window, or one with a missing value, is as usual as the median
        of training.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            Rows in the order of time.
        """
        length = len(self.mean)
        distances = np.full(len(rows), self.usual)
        if len(rows) < length:
            return distances
        windows = sliding_window_view(self._scaled(rows), length)
        step = max(CHUNK // length, 1)
        for start in range(0, len(windows), step):
            part = slice(start + length - 1, start + length - 1 + step)
            found = self._distance(windows[start : start + step])
            distances[part] = np.where(np.isnan(found), self.usual, found)
        return distances.clip(max=FARTHEST)

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        """Return rows in units of the largest of training, of which squares exist."""
        with np.errstate(over="ignore"):
            return (rows / self.size).clip(-1 / SMALLEST, 1 / SMALLEST)

    def _distance(self, windows: np.ndarray) -> np.ndarray:
        centered = windows - windows.mean(axis=1, keepdims=True) - self.mean
        along = centered @ self.components.T
        left = np.square(centered - along @ self.components).sum(axis=1)
        squares = np.square(along) @ (1 / self.variances) + left / self.noise
        return np.sqrt(squares / (len(self.mean) - 1))
