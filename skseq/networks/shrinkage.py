"""A forecast shrunk towards the naive one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["NaiveShrinkage"]


class NaiveShrinkage(nn.Module):
    """Move forecasts towards a row of the window, and their spread by a factor.

    In training, and until something else was learned, it changes nothing.

    Parameters
    ----------
    median : sequence of n_locations float
        Weights of the locations, in order of size, of which the forecast is the sum.
    window_length, horizon : int
        Number of steps L seen and H forecast.
    n_targets : int
        Number of targets C.

    Attributes
    ----------
    weight : Tensor of shape (H, C)
        Weight of the network's forecast; what is missing to 1 is that of the naive.
    spread : Tensor of shape (H, C)
        Factor of the distance between locations and forecast.
    row : Tensor of int of shape (H, C)
        Which row of the window the naive forecast is.
    """

    weight: Tensor
    spread: Tensor
    row: Tensor

    def __init__(
        self,
        median: Sequence[float],
        window_length: int,
        horizon: int,
        n_targets: int,
    ):
        super().__init__()
        self.median = tuple(median)
        for name in ("weight", "spread"):
            self.register_buffer(name, torch.ones(horizon, n_targets))
        row = torch.full((horizon, n_targets), window_length - 1)
        self.register_buffer("row", row)

    def naive(self, targets: Tensor) -> Tensor:
        """Return rows (B, H, C) of windows (B, L, C)."""
        row = self.row.clamp(0, targets.shape[1] - 1)
        return targets[:, row, torch.arange(row.shape[1], device=row.device)]

    def forward(self, outputs: Tensor, naive: Tensor) -> Tensor:
        """Return outputs (B, H, C, n_outputs), locations before log-scales."""
        n_locations = len(self.median)
        locations, log_scales = outputs.tensor_split([n_locations], dim=3)
        locations = locations.sort(dim=3).values
        center = locations @ locations.new_tensor(self.median)
        shrunk = self.weight * center + (1 - self.weight) * naive
        beside = (locations - center.unsqueeze(3)) * self.spread.unsqueeze(2)
        log_scales = log_scales + self.spread.log().unsqueeze(2)
        return torch.cat([shrunk.unsqueeze(3) + beside, log_scales], dim=3)
