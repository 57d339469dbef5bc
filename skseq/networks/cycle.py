"""A season that repeats, taken out of what a network sees and given back to it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Cycle"]


class Cycle(nn.Module):
    """One learned value for each target and step of a season (Lin et al., 2024).

    The "residual cycle" of "CycleNet": what is forecast is the rest.

    Parameters
    ----------
    length : int
        Number of steps W in the season.
    n_targets : int
        Number of targets C.

    Attributes
    ----------
    values : Tensor of shape (W, C)
        The season, zero until it is learned, or given.
    """

    def __init__(self, length: int, n_targets: int):
        super().__init__()
        self.values = nn.Parameter(torch.zeros(length, n_targets))

    def forward(self, phase: Tensor, first: int, n_steps: int) -> Tensor:
        """Return the season (B, n_steps, C) of steps of a window.

        Parameters
        ----------
        phase : Tensor of int of shape (B,)
            Steps since a season began, in the first step of each window.
        first, n_steps : int
            From which step of the window on, and of how many.
        """
        steps = torch.arange(first, first + n_steps, device=phase.device)
        return self.values[(phase[:, None] + steps) % len(self.values)]
