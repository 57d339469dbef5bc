"""Features of one scale."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Standardization"]


class Standardization(nn.Module):
    """Subtracts means and divides by deviations, which no training changes.

    Parameters
    ----------
    size : int
        Number of features D, the last axis.
    """

    mean: Tensor  # (D,)
    scale: Tensor  # (D,)

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.scale
