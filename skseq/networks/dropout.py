"""Dropout with a random generator of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["DropPath", "Dropout", "seed_dropout"]


class Dropout(nn.Module):
    """Dropout (Srivastava et al., 2014) that draws from its own generator.

    torch.nn.Dropout draws from the global generator, so that training would move
    the user's random numbers and two fits in two threads would disturb each other.

    Parameters
    ----------
    p : float
        Probability with which a value is set to zero during training; the others
        are divided by ``1 - p``.
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask(x) if self.active else x

    @property
    def active(self) -> bool:
        """Whether values are dropped at present."""
        return self.training and self.p > 0

    def mask(self, x: Tensor) -> Tensor:
        """Draw a mask shaped like x: 0 with probability p, else 1 / (1 - p)."""
        keep = 1 - self.p
        mask = torch.empty_like(x).bernoulli_(keep, generator=self.generator)
        return mask.div_(keep)

    def extra_repr(self) -> str:
        return f"p={self.p}"

    def __getstate__(self) -> dict:
        return {**super().__getstate__(), "generator": None}


class DropPath(Dropout):
    """Dropout of all that one of several paths made of a sequence.

    What is joined with it must do without (Larsson et al., 2017, "FractalNet").

    Parameters
    ----------
    p : float
        Probability with which (T, D) of (B, T, D) are set to zero during training;
        the others are divided by ``1 - p``.
    """

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask(x[:, :1, :1]) if self.active else x


def seed_dropout(module: nn.Module, generator: torch.Generator | None) -> None:
    """Make every Dropout within a module draw from one generator."""
    for part in module.modules():
        if isinstance(part, Dropout):
            part.generator = generator
