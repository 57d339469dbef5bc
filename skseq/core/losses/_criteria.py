"""Losses as modules that a training minimises, for each layout of outputs.

A target that is NaN costs nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skseq.core.losses._base import NumberLoss

__all__ = ["ForecastCriterion", "NumberCriterion", "StepCriterion"]


class Criterion(nn.Module):
    """Base of the modules.

    Parameters
    ----------
    loss : NumberLoss
        What a number costs.
    reduction : {"mean", "none"}, default="mean"
        Whether to return the mean, or what it is the mean of.
    """

    def __init__(self, loss: NumberLoss, reduction: str = "mean"):
        super().__init__()
        self.loss = loss
        self.settings = loss.settings  # which a checkpoint looks at
        self.reduction = reduction

    def costs(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return losses (..., C) of outputs (..., C * n_outputs) for targets."""
        outputs = outputs.unflatten(-1, (-1, self.loss.n_outputs))
        losses = self.loss.pointwise(outputs, y.nan_to_num(0).unsqueeze(-1)).mean(-1)
        return torch.where(torch.isnan(y), 0, losses)

    def reduced(self, losses: Tensor) -> Tensor:
        """Return losses, or their mean."""
        return losses.mean() if self.reduction == "mean" else losses


class NumberCriterion(Criterion):
    """A loss of numbers per sequence: (B, C), or the mean over those known."""

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        known = ~torch.isnan(y)
        share = known.numel() / known.sum(dtype=y.dtype).clamp(min=1)
        return self.reduced(self.costs(outputs, y) * share)

    def n_counted(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return how many targets the loss is the mean of."""
        return (~torch.isnan(y)).sum()


class StepCriterion(Criterion):
    """A loss of numbers per step, in which every real step counts alike, (B,).

    Parameters
    ----------
    loss, reduction
        As in `Criterion`.
    typical : float, default=1.0
        How many steps a sequence has on average.
    """

    def __init__(self, loss: NumberLoss, typical: float = 1.0, reduction: str = "mean"):
        super().__init__(loss, reduction)
        self.typical = typical

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        # outputs: (B, T, C * n_outputs), y: (B, T, C), NaN where there is no step
        losses = self.costs(outputs, y).mean(dim=2).sum(dim=1) / self.typical
        return self.reduced(losses)


class ForecastCriterion(Criterion):
    """A loss of forecasts: the mean over all targets that are there, or (B, H, C).

    Outputs are (B, H, C, n_outputs), targets (B, H, C). A rate comes as itself.
    """

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        there = torch.isfinite(y).unsqueeze(3)
        losses = self.of_outputs(outputs, y.nan_to_num(0).unsqueeze(3))
        if self.reduction == "none":  # of which the mean is the other
            share = there.numel() / there.sum(dtype=y.dtype).clamp_min(1)
            return (losses * there).mean(dim=3) * share
        n_there = there.sum().clamp_min(1) * losses.shape[3]
        return (losses * there).sum() / n_there

    def n_counted(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return how many targets the loss is the mean of."""
        return torch.isfinite(y).sum()

    def of_outputs(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss of every output; y is (B, H, C, 1)."""
        if self.loss.is_rate:
            outputs = outputs.clamp_min(torch.finfo(outputs.dtype).tiny).log()
        return self.loss.pointwise(outputs, y)
