"""Losses that learn how far values are from the prediction."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import make_interp_spline
from scipy.stats import norm

from skseq.core.losses._base import NumberLoss
from skseq.core.losses._levels import check_quantiles, weighted_quantile
from skseq.networks.several import mean_of_gaussians

__all__ = ["GaussianLoss", "QuantileLoss"]

LEAST_DEVIATION = 1e-6  # of standardised numbers
LEAST_HALF = 0.1  # share of an interval on one side of its median


class QuantileLoss(NumberLoss):
    """Pinball losses (Koenker and Bassett, 1978); the prediction is the median.

    If they do not surround it, it is the quantile next to it. Quantiles that cross are
    put in order (Chernozhukov et al., 2010), which makes no loss larger.

    Parameters
    ----------
    quantiles : tuple of float
        What is learned.
    """

    name = "quantile"
    has_spread = True

    def __init__(self, quantiles: tuple[float, ...]):
        self.quantiles = tuple(quantiles)
        self.n_locations = len(self.quantiles)

    @classmethod
    def asked_by(cls, estimator):
        """Return the loss of the quantiles that an estimator names."""
        needs_median = getattr(estimator, "_needs_median", False)
        return cls(check_quantiles(estimator.quantiles, around_median=needs_median))

    @property
    def settings(self) -> tuple:
        """What tells it from others of its class."""
        return (self.quantiles,)

    @property
    def middle(self) -> float:
        """The quantile that is the prediction."""
        return float(np.clip(0.5, self.quantiles[0], self.quantiles[-1]))

    @property
    def shares(self):
        """How much of each quantile the prediction is made of."""
        rows = np.eye(self.n_locations)
        return [float(np.interp(self.middle, self.quantiles, row)) for row in rows]

    def pointwise(self, outputs, y):
        """Return the pinball loss of every quantile."""
        error = y - outputs
        levels = torch.tensor(
            self.quantiles, dtype=torch.float64, device=error.device
        ).to(error.dtype)
        return torch.maximum(levels * error, (levels - 1) * error)

    def base(self, y, weights):
        """Return the quantiles of all targets."""
        return weighted_quantile(y, weights, np.array(self.quantiles))

    def point(self, outputs):
        """Return the median, interpolated between the quantiles next to it."""
        return self.quantile(outputs, np.array([self.middle]))[..., 0]

    def quantile(self, outputs, quantiles):
        """Interpolate between the quantiles that were learned, put in order."""
        learned = np.asarray(self.quantiles)
        nearest = quantiles.clip(learned[0], learned[-1])
        outside = quantiles[~np.isclose(quantiles, nearest, atol=1e-9)]
        if len(outside):
            raise ValueError(
                f"The quantile {outside[0]:.3g} is outside of those that were learned, "
                f"quantiles={self.quantiles}."
            )
        degree = min(1, len(learned) - 1)
        outputs = np.sort(outputs, axis=-1)
        return make_interp_spline(learned, outputs, k=degree, axis=-1)(nearest)

    def halves(self, outputs):
        """Return the distances to the outermost quantiles, neither next to nothing."""
        ends = np.array([self.quantiles[0], self.middle, self.quantiles[-1]])
        below, above = np.moveaxis(np.diff(self.quantile(outputs, ends)), -1, 0)
        least = (LEAST_HALF * (below + above)).clip(LEAST_DEVIATION)
        return np.maximum(below, least), np.maximum(above, least)


class GaussianLoss(NumberLoss):
    """Minus the log-likelihood of a normal distribution (Nix and Weigend, 1994)."""

    name = "gaussian"
    n_log_scales = 1
    has_spread = True
    has_deviation = True
    average = staticmethod(mean_of_gaussians)

    def pointwise(self, outputs, y):
        """Return minus the log-density, but for a constant."""
        mean, log_scale = outputs.split(1, dim=-1)
        return log_scale + 0.5 * ((y - mean) * torch.exp(-log_scale)).square()

    def base(self, y, weights):
        """Return mean and logarithm of the deviation of all targets."""
        mean = np.average(y, weights=weights)
        deviation = np.sqrt(np.average((y - mean) ** 2, weights=weights))
        return np.array([mean, np.log(deviation.clip(LEAST_DEVIATION))])

    def quantile(self, outputs, quantiles):
        """Return quantiles of the normal distribution of every target."""
        mean, scale = outputs[..., :1], np.exp(outputs[..., 1:])
        return mean + scale * norm.ppf(quantiles)

    def deviation(self, outputs):
        """Return the standard deviation."""
        return np.exp(outputs[..., 1])

    def halves(self, outputs):
        """Return the standard deviation, twice."""
        deviation = self.deviation(outputs)
        return deviation, deviation
