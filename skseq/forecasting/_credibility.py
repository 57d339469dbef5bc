"""How large the errors of a series are beside those of all.

What a few stretches of a series tell of it is drawn towards what all tell, as far as
they differ within a series rather than between series: credibility (Bühlmann, 1967,
"Experience Rating and Credibility"; Bühlmann and Straub, 1970), here of logarithms. As
stretches that follow each other are more alike than later ones will be, each series has
one more that is like all; and what is further out than a factor of two was most often a
single event.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Factors"]

MOST_STRETCHES = 10  # of a series, so that each has several errors
LEAST_ERROR = 0.05  # in units of the mean one, of series that are forecast exactly
N_BESIDE = 1  # stretches that are like all
MOST = 2.0  # times as large, or as small, as those of all


class Factors(NamedTuple):
    """What errors of each series are divided by, to be like those of the others.

    Parameters
    ----------
    of_series : ndarray of shape (n_series, C)
        What is expected of its further errors; 1 where it is not known.
    of_errors : ndarray of shape (n, H, C)
        What the other stretches of its series tell of each error, so that quantiles of
        the quotients are those of errors that no factor was learned of.
    are_known : ndarray of bool of shape (n_series,)
        Which series have a factor. Further errors of others may be as large as those of
        any, and not as their quotients.
    """

    of_series: np.ndarray
    of_errors: np.ndarray
    are_known: np.ndarray

    @classmethod
    def learned(cls, scores: np.ndarray, series: np.ndarray, n_series: int) -> Factors:
        """Learn from errors at held-out origins.

        Parameters
        ----------
        scores : ndarray of shape (n, H, C)
            Errors, those of a series in the order of its origins, one after the other;
            NaN where unknown.
        series : ndarray of int of shape (n,)
            Which series each is of.
        n_series : int
            How many there are; one alone has a factor of 1, as have those of less than
            two stretches.
        """
        stretch = _stretches(series, n_series, scores.shape[1])
        sizes = np.abs(scores)
        of_series = np.ones((n_series, scores.shape[2]))
        of_errors, are_known = np.ones(scores.shape), np.ones(n_series, dtype=bool)
        for i in range(scores.shape[2]):
            told = _logarithms(sizes[:, :, i], series, stretch, n_series)
            there = ~np.isnan(told)
            n = there.sum(axis=1)
            are_known &= n > 1
            between, within, level = _variances(told)
            if between > 0:
                sums = np.nansum(told - level, axis=1)
                beside = N_BESIDE + within / between
                of_series[:, i] = _bounded(sums / (n + beside))
                others = sums[:, None] - np.nan_to_num(told - level)
                others /= n[:, None] - there + beside
                of_errors[:, :, i] = _bounded(others)[series[:, None], stretch]
        of_series[~are_known] = 1
        return cls(of_series, of_errors, are_known)


def _bounded(logarithms: np.ndarray) -> np.ndarray:
    return np.exp(logarithms).clip(1 / MOST, MOST)


def _stretches(series: np.ndarray, n_series: int, horizon: int) -> np.ndarray:
    """Return in which stretch of its series the row of each error is, (n, H).

    A stretch is as long as a horizon at least, so that errors of two have no row in
    common.
    """
    n_origins = np.bincount(series, minlength=n_series)
    order = np.argsort(series, kind="stable")
    origin = np.empty(len(series), dtype=int)
    origin[order] = np.arange(len(series)) - np.repeat(
        np.cumsum(n_origins) - n_origins, n_origins
    )
    n_rows = n_origins + horizon - 1
    n_stretches = (n_rows // horizon).clip(1, MOST_STRETCHES)
    rows = origin[:, None] + np.arange(horizon)
    return rows * n_stretches[series, None] // n_rows[series, None]


def _logarithms(
    sizes: np.ndarray, series: np.ndarray, stretch: np.ndarray, n_series: int
) -> np.ndarray:
    """Return logarithms of mean errors (n_series, n_stretches), NaN where unknown.

    Each step counts in units of its mean over all series.
    """
    there = ~np.isnan(sizes)
    usual = np.nansum(sizes, axis=0) / there.sum(axis=0).clip(min=1)
    sizes = sizes / np.where(usual > 0, usual, 1)
    n_most = MOST_STRETCHES
    place = (series[:, None] * n_most + stretch)[there]
    shape = n_series, n_most
    sums = np.bincount(place, sizes[there], n_series * n_most).reshape(shape)
    n = np.bincount(place, minlength=n_series * n_most).reshape(shape)
    with np.errstate(invalid="ignore"):
        return np.log((sums / np.where(n, n, np.nan)).clip(LEAST_ERROR))


def _variances(told: np.ndarray) -> tuple[float, float, float]:
    """Return variances between series and within, and the level of all.

    Of (n_series, n_stretches), NaN where unknown: those of Bühlmann and Straub; zero
    between them, if nothing tells.
    """
    n = (~np.isnan(told)).sum(axis=1)
    told, n = told[n > 0], n[n > 0]
    freedom = (n - 1).sum()
    if len(n) < 2 or freedom == 0:
        return 0.0, 0.0, 0.0
    mean, total = np.nanmean(told, axis=1), n.sum()
    within = np.nansum((told - mean[:, None]) ** 2) / freedom
    apart = n @ (mean - (n @ mean) / total) ** 2 - (len(n) - 1) * within
    between = apart / (total - (n @ n) / total)
    if between <= 0:
        return 0.0, within, 0.0
    credibility = n / (n + within / between)
    return between, within, (credibility @ mean) / credibility.sum()
