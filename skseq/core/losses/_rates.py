"""Losses of means that are never negative: counts, amounts, waiting times.

The network has the logarithm of the mean, so that effects multiply. Targets are divided
by their mean, which changes no optimum: a deviance of power p is multiplied by the unit
to the power of 2 - p (McCullagh and Nelder, 1989, "Generalized Linear Models").
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from skseq.core.losses._base import NumberLoss
from skseq.networks.several import mean_of_rates

__all__ = ["GammaDeviance", "PoissonDeviance", "RateLoss", "TweedieDeviance"]

LEAST_RATE = 1e-12  # in units of the mean


class RateLoss(NumberLoss):
    """Base of the half deviances, but for what targets alone decide."""

    is_rate = True
    average = staticmethod(mean_of_rates)
    power: float

    def base(self, y, weights):
        """Return the logarithm of the mean."""
        return np.log(np.average(y, weights=weights).clip(LEAST_RATE))[None]

    def halves(self, outputs):
        """Return the deviation that the mean has, twice, as of Pearson's residuals."""
        deviation = self.point(outputs).clip(LEAST_RATE) ** (self.power / 2)
        return deviation, deviation


class PoissonDeviance(RateLoss):
    """Half the Poisson deviance; the prediction is the mean of counts."""

    name = "poisson"
    lowest: ClassVar = (0.0, True)
    power = 1.0

    def pointwise(self, outputs, y):
        """Return rate - y log(rate)."""
        return torch.exp(outputs) - y * outputs


class GammaDeviance(RateLoss):
    """Half the gamma deviance; the prediction is the mean of positive numbers."""

    name = "gamma"
    lowest: ClassVar = (0.0, False)
    power = 2.0

    def pointwise(self, outputs, y):
        """Return log(mean) + y / mean."""
        return outputs + y * torch.exp(-outputs)


class TweedieDeviance(RateLoss):
    """Half the Tweedie deviance: positive numbers, and many that are exactly zero.

    Parameters
    ----------
    power : float
        Between 1 (Poisson) and 2 (gamma): the variance is the mean to this power.
    """

    name = "tweedie"
    lowest: ClassVar = (0.0, True)

    def __init__(self, power: float):
        self.power = float(power)

    @classmethod
    def asked_by(cls, estimator):
        """Return the loss of the power that an estimator names."""
        return cls(estimator.tweedie_power)

    @property
    def settings(self) -> tuple:
        """What tells it from others of its class."""
        return (self.power,)

    def pointwise(self, outputs, y):
        """Return mean^(2 - p) / (2 - p) - y mean^(1 - p) / (1 - p)."""
        above, below = 2 - self.power, 1 - self.power
        mean = torch.exp(above * outputs) / above
        return mean - y * torch.exp(below * outputs) / below
