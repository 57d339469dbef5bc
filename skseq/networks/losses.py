"""Losses that torch.nn has not."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "KnownSquaredError",
    "LabelCrossEntropy",
    "StepCrossEntropy",
    "StepSquaredError",
]


class KnownSquaredError(nn.Module):
    """Squared error of the targets that are known.

    Each of them counts alike, whichever sample it is of.

    Parameters
    ----------
    reduction : {"mean", "none"}, default="mean"
        Whether to return the mean over all targets that are not NaN, or one number
        (B, n_outputs) for each, whose mean it is.
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        # outputs and y: (B, n_outputs)
        known = ~torch.isnan(y)
        squares = torch.where(known, (outputs - y.nan_to_num(0)).square(), 0)
        squares = squares * (known.numel() / known.sum(dtype=y.dtype).clamp(min=1))
        return squares.mean() if self.reduction == "mean" else squares

    def n_counted(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return how many targets the loss is the mean of."""
        return (~torch.isnan(y)).sum()


class LabelCrossEntropy(nn.Module):
    """Binary cross entropy of label indicators that have weights.

    Parameters
    ----------
    weight : sequence of two sequences of float
        Weight of each label where a sequence lacks it, and where it has it.
    reduction : {"mean", "none"}, default="mean"
        Whether to return the mean over all indicators, or (B, n_labels) losses.
    """

    weight: Tensor

    def __init__(self, weight: Sequence[Sequence[float]], reduction: str = "mean"):
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight, dtype=torch.float64))
        self.reduction = reduction

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        # outputs and y: (B, n_labels)
        lacking, having = self.weight.to(outputs.dtype)
        return functional.binary_cross_entropy_with_logits(
            outputs, y, torch.where(y == 1, having, lacking), reduction=self.reduction
        )


class StepCrossEntropy(nn.Module):
    """Cross entropy of the steps of sequences, in which every real step counts alike.

    The loss of a sequence is the sum over its steps, in units of a typical sequence,
    so that the mean over sequences is that over steps, however they fall into batches.

    Parameters
    ----------
    typical : float, default=1.0
        What the steps of a sequence weigh on average.
    weight : sequence of float, optional
        Weight of each class; None weighs all alike.
    reduction : {"mean", "none"}, default="mean"
        Whether to return the mean over the sequences, or (B,) losses.
    """

    padding = -100  # the target of a step that is none
    weight: Tensor | None

    def __init__(
        self,
        typical: float = 1.0,
        weight: Sequence[float] | None = None,
        reduction: str = "mean",
    ):
        super().__init__()
        self.typical = typical
        known = None if weight is None else torch.tensor(weight, dtype=torch.float64)
        self.register_buffer("weight", known)
        self.reduction = reduction

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        # outputs: (B, T, n_classes), y: (B, T)
        self.check_steps(outputs, y)
        weight = None if self.weight is None else self.weight.to(outputs.dtype)
        steps = functional.cross_entropy(
            outputs.transpose(1, 2),
            y,
            weight,
            ignore_index=self.padding,
            reduction="none",
        )
        losses = steps.sum(dim=1) / self.typical  # (B,)
        return losses.mean() if self.reduction == "mean" else losses

    @staticmethod
    def check_steps(outputs: Tensor, y: Tensor) -> None:
        """Refuse outputs of another number of steps than the labels."""
        if outputs.shape[1] != y.shape[1]:
            raise ValueError(
                f"The encoder makes {outputs.shape[1]} steps of {y.shape[1]}; labels "
                "per step need one output for each."
            )


class StepSquaredError(nn.Module):
    """Squared error of the steps of sequences, in which every real step counts alike.

    As `StepCrossEntropy`; the target of a step that is none is NaN.

    Parameters
    ----------
    typical : float, default=1.0
        How many steps a sequence has on average.
    reduction : {"mean", "none"}, default="mean"
        Whether to return the mean over the sequences, or (B,) losses.
    """

    def __init__(self, typical: float = 1.0, reduction: str = "mean"):
        super().__init__()
        self.typical = typical
        self.reduction = reduction

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        # outputs and y: (B, T, n_targets)
        squares = torch.where(torch.isnan(y), 0, (outputs - y.nan_to_num(0)).square())
        losses = squares.mean(dim=2).sum(dim=1) / self.typical  # (B,)
        return losses.mean() if self.reduction == "mean" else losses
