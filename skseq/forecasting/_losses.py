"""Losses of forecasts, and what their outputs mean.

Outputs are (B, H, C, n_outputs), targets (B, H, C); a missing target costs nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from scipy.interpolate import make_interp_spline
from scipy.stats import norm
from torch import Tensor, nn
from torch.nn import functional

from skseq._showing import shown
from skseq.data.validation import naming

__all__ = ["LOSSES", "ForecastLoss", "check_quantiles"]


class ForecastLoss(nn.Module):
    """Base of the losses.

    Parameters
    ----------
    quantiles : tuple of float, default=(0.5,)
        What the quantile loss learns; the others ignore it.
    reduction : {"mean"}, default="mean"
        The mean over all targets that are there.

    Attributes
    ----------
    n_locations : int
        How many outputs per step are in the units of the target.
    n_log_scales : int
        How many further outputs are logarithms of a scale.
    has_spread : bool
        Whether it learns how far values are from the forecast.
    """

    n_log_scales: ClassVar[int] = 0
    has_spread: ClassVar[bool] = False

    def __init__(self, quantiles: tuple[float, ...] = (0.5,), reduction: str = "mean"):
        super().__init__()
        self.quantiles = quantiles
        self.reduction = reduction
        self.n_locations = 1

    def __reduce__(self) -> tuple:
        return type(self), (self.quantiles, self.reduction)  # and no tensor

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        there = torch.isfinite(y).unsqueeze(3)
        losses = self.pointwise(outputs, y.nan_to_num(0).unsqueeze(3))
        n_there = there.sum().clamp_min(1) * losses.shape[3]
        return (losses * there).sum() / n_there

    def pointwise(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss of every output; y is (B, H, C, 1)."""
        raise NotImplementedError

    def point(self, outputs: np.ndarray) -> np.ndarray:
        """Return the forecast (..., n_outputs) -> (...) that the loss is about."""
        return outputs[..., 0]

    def quantile(self, outputs: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles (..., n_outputs) -> (..., n_quantiles)."""
        raise ValueError(
            "This forecaster learned no distribution; use loss='quantile' or "
            "loss='gaussian' for quantiles and intervals."
        )


class SquaredLoss(ForecastLoss):
    """Mean squared error; the forecast is the mean."""

    def pointwise(self, outputs, y):
        """Return squared errors."""
        return (outputs - y).square()


class AbsoluteLoss(ForecastLoss):
    """Mean absolute error; the forecast is the median."""

    def pointwise(self, outputs, y):
        """Return absolute errors."""
        return (outputs - y).abs()


class HuberLoss(ForecastLoss):
    """Squared below one standard deviation, absolute above (Huber, 1964)."""

    def pointwise(self, outputs, y):
        """Return Huber's losses."""
        return functional.huber_loss(outputs, y.expand_as(outputs), reduction="none")


class QuantileLoss(ForecastLoss):
    """Pinball losses (Koenker and Bassett, 1978); the forecast is the median."""

    has_spread = True

    def __init__(self, quantiles=(0.5,), reduction="mean"):
        super().__init__(quantiles, reduction)
        self.n_locations = len(quantiles)
        self.register_buffer("levels", torch.tensor(quantiles, dtype=torch.float64))

    def pointwise(self, outputs, y):
        """Return the pinball loss of every quantile."""
        error = y - outputs
        levels = self.levels.to(error.dtype)
        return torch.maximum(levels * error, (levels - 1) * error)

    def point(self, outputs):
        """Return the median, interpolated between the quantiles next to it."""
        return self.quantile(outputs, np.array([0.5]))[..., 0]

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


class GaussianLoss(ForecastLoss):
    """Negative log-likelihood of a normal distribution (Nix and Weigend, 1994)."""

    n_log_scales = 1
    has_spread = True

    def pointwise(self, outputs, y):
        """Return minus the log-density, but for a constant."""
        mean, log_scale = outputs.split(1, dim=3)
        return log_scale + 0.5 * ((y - mean) * torch.exp(-log_scale)).square()

    def quantile(self, outputs, quantiles):
        """Return quantiles of the normal distribution of every step."""
        mean, scale = outputs[..., :1], np.exp(outputs[..., 1:])
        return mean + scale * norm.ppf(quantiles)


LOSSES: dict[str, type[ForecastLoss]] = {
    "mse": SquaredLoss,
    "mae": AbsoluteLoss,
    "huber": HuberLoss,
    "quantile": QuantileLoss,
    "gaussian": GaussianLoss,
}


def check_quantiles(quantiles: Any, loss: str | None = None) -> tuple[float, ...]:
    """Return increasing numbers between 0 and 1.

    Parameters
    ----------
    quantiles : tuple of float
        What to check.
    loss : str, optional
        A loss that learns them, for which they must surround the median.

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
    if loss == "quantile" and not levels[0] <= 0.5 <= levels[-1]:
        raise ValueError(
            f"quantiles={shown(quantiles)} must surround the median, 0.5, which is the "
            "forecast of loss='quantile'."
        )
    return tuple(levels.tolist())
