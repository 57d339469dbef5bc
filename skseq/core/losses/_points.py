"""Losses of one number that lies in the middle of what may be: mean or median."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from skseq.core.losses._base import NumberLoss
from skseq.core.losses._levels import weighted_quantile

__all__ = ["AbsoluteError", "HuberLoss", "SquaredError", "least_constant"]

ROUNDING = 1e-9  # deviations, below which a mean of standardised numbers is zero


class SquaredError(NumberLoss):
    """Squared errors; the prediction is the mean."""

    name = "squared_error"

    def pointwise(self, outputs, y):
        """Return squared errors."""
        return (outputs - y).square()

    def base(self, y, weights):
        """Return the mean."""
        mean = np.average(y, weights=weights)
        deviation = np.sqrt(np.average((y - mean) ** 2, weights=weights))
        return np.array([mean if abs(mean) > ROUNDING * deviation else 0.0])


class AbsoluteError(NumberLoss):
    """Absolute errors; the prediction is the median."""

    name = "absolute_error"

    def pointwise(self, outputs, y):
        """Return absolute errors."""
        return (outputs - y).abs()

    def base(self, y, weights):
        """Return the median."""
        return weighted_quantile(y, weights, np.array([0.5]))


class HuberLoss(NumberLoss):
    """Half squares up to one standard deviation, absolute beyond (Huber, 1964)."""

    name = "huber"

    def pointwise(self, outputs, y):
        """Return Huber's losses."""
        return functional.huber_loss(outputs, y.expand_as(outputs), reduction="none")

    def base(self, y, weights):
        """Return the number of least loss, between mean and median."""
        return least_constant(self.pointwise, y, weights)


def least_constant(
    pointwise: Callable[[Tensor, Tensor], Tensor], y: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the number (1,) within the range of targets whose mean loss is least.

    Parameters
    ----------
    pointwise : callable
        Outputs (n, 1) and targets (n, 1) -> losses (n, 1).
    y, weights : ndarray of float64 of shape (n,)
        Targets, and their weights.
    """
    column = torch.from_numpy(np.ascontiguousarray(y))[:, None]

    def loss(constant: float) -> float:
        with torch.no_grad():
            losses = pointwise(torch.full_like(column, constant), column)
        return float(np.average(losses[:, 0].numpy(), weights=weights))

    if y.min() == y.max():
        return y[:1].copy()
    found = minimize_scalar(loss, bounds=(y.min(), y.max()), method="bounded")
    return np.array([found.x])
