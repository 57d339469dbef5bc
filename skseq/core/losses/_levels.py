"""Quantiles: which may be asked for, and those of a weighted sample."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from skseq._showing import naming, shown

__all__ = ["check_coverage", "check_quantiles", "weighted_quantile"]


def check_quantiles(quantiles: Any, *, around_median: bool = False) -> tuple:
    """Return increasing numbers between 0 and 1.

    Parameters
    ----------
    quantiles : tuple of float
        What to check.
    around_median : bool, default=False
        Whether they must surround the median.

    Returns
    -------
    quantiles : tuple of float

    Raises
    ------
    ValueError
        If they are not as described.
    """
    with naming("quantiles"):
        levels = np.asarray(quantiles, dtype=np.float64)
    increase = levels.ndim == 1 and (np.diff([0, *levels, 1]) > 0).all()
    if not increase or len(levels) == 0:
        raise ValueError(
            f"quantiles={shown(quantiles)} must be increasing numbers between 0 and 1."
        )
    if around_median and not levels[0] <= 0.5 <= levels[-1]:
        raise ValueError(
            f"quantiles={shown(quantiles)} must surround the median, 0.5, which is the "
            "prediction of loss='quantile'."
        )
    return tuple(levels.tolist())


def check_coverage(coverage: Any) -> tuple[float, float]:
    """Return the quantiles that are the ends of an interval in the middle.

    Parameters
    ----------
    coverage : float
        Probability of a value within it.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If it is no number between 0 and 1.
    """
    if not (isinstance(coverage, Real) and 0 < float(coverage) < 1):
        raise ValueError(f"coverage={shown(coverage)} must be between 0 and 1.")
    half = float(coverage) / 2
    return round(0.5 - half, 9), round(0.5 + half, 9)


def weighted_quantile(
    y: np.ndarray, weights: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """Return the least values that so large a share of the weights is not above.

    Parameters
    ----------
    y, weights : ndarray of shape (n,)
        A sample.
    levels : ndarray of shape (n_levels,)
        The shares.

    Returns
    -------
    values : ndarray of shape (n_levels,)
    """
    order = np.argsort(y, kind="stable")
    reached = np.cumsum(weights[order])
    place = np.searchsorted(reached, levels * reached[-1])
    return y[order][place.clip(max=len(y) - 1)]
