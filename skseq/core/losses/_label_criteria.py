"""Losses of labels as modules that a training minimises."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skseq.core.losses._labels import LabelLoss
from skseq.networks import StepCrossEntropy

__all__ = ["ClassCriterion", "IndicatorCriterion", "StepClassCriterion"]


class LabelCriterion(nn.Module):
    """Base of the modules.

    Parameters
    ----------
    loss : LabelLoss
        What a label costs.
    weight : sequence, optional
        Of classes, (n_classes,), or of lacking and having each label, (2, n_labels).
    reduction : {"mean", "none"}, default="mean"
        Whether to return the mean, or what it is the mean of.
    """

    weight: Tensor | None

    def __init__(
        self, loss: LabelLoss, weight: Sequence | None = None, reduction: str = "mean"
    ):
        super().__init__()
        self.loss = loss
        self.settings = loss.settings  # which a checkpoint looks at
        known = None if weight is None else torch.tensor(weight, dtype=torch.float64)
        self.register_buffer("weight", known)
        self.reduction = reduction

    def weight_as(self, outputs: Tensor) -> Tensor | None:
        """Return weights of the type of outputs."""
        return None if self.weight is None else self.weight.to(outputs.dtype)

    def reduced(self, losses: Tensor) -> Tensor:
        """Return losses, or their mean."""
        return losses.mean() if self.reduction == "mean" else losses


class ClassCriterion(LabelCriterion):
    """A loss of outputs (B, n_classes) and codes (B,): (B,) or the mean."""

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        return self.reduced(self.loss.of_classes(outputs, y, self.weight_as(outputs)))


class IndicatorCriterion(LabelCriterion):
    """A loss of outputs and indicators (B, n_labels), each on its own."""

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        losses = self.loss.of_indicators(outputs, y)
        weight = self.weight_as(outputs)
        if weight is not None:
            losses = losses * torch.where(y == 1, weight[1], weight[0])
        return self.reduced(losses)


class StepClassCriterion(LabelCriterion):
    """A loss of outputs (B, T, n_classes) and codes (B, T), as `StepCrossEntropy`.

    Parameters
    ----------
    loss, weight, reduction
        As in `LabelCriterion`.
    typical : float, default=1.0
        What the steps of a sequence weigh on average.
    """

    def __init__(
        self,
        loss: LabelLoss,
        typical: float = 1.0,
        weight: Sequence[float] | None = None,
        reduction: str = "mean",
    ):
        super().__init__(loss, weight, reduction)
        self.typical = typical

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        StepCrossEntropy.check_steps(outputs, y)
        real = y != StepCrossEntropy.padding
        found = self.loss.of_classes(
            outputs.flatten(0, 1),
            torch.where(real, y, 0).flatten(),
            self.weight_as(outputs),
        )
        steps = torch.where(real, found.unflatten(0, y.shape), 0)
        return self.reduced(steps.sum(dim=1) / self.typical)
