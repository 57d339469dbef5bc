"""Values that training hides, so that a network learns to do without any of them."""

from __future__ import annotations

import torch
from torch import Tensor

from skseq.networks.dropout import Dropout

__all__ = ["HideValues"]


class HideValues(Dropout):
    """Makes measurements missing in training: single ones, or stretches.

    Where values are missing, a network finds no end of places in which sequences of the
    training part differ, and learns them by heart. So each time that it sees a sequence
    others are missing, too, as in denoising autoencoders (Vincent et al., 2008).

    Parameters
    ----------
    p : float
        Share of the values to hide on average. Of each sequence another share is
        hidden, of up to twice as many; of half of them single values, of the others
        a stretch of each measurement. Less than one half.
    """

    def forward(self, x: Tensor, n_values: int = 1) -> Tensor:
        """Return measurements (B, T, V F), V views of n_values F, NaN where hidden."""
        is_hidden = self.hidden(x, n_values)
        if is_hidden is None:
            return x
        n_views = x.shape[2] // n_values
        return x.masked_fill(is_hidden.repeat(1, 1, n_views), torch.nan)

    def hidden(self, x: Tensor, n_values: int = 1) -> Tensor | None:
        """Return what to hide of x, bool (B, T, F), or None if nothing is."""
        if not self.active:
            return None
        n, n_steps = x.shape[:2]
        share = 2 * self.p * self._draw(x, n, 1, 1)
        single = self._draw(x, n, n_steps, n_values) < share
        length = share / (1 - share) * n_steps  # some of it before the sequence
        steps = torch.arange(n_steps, device=x.device).view(1, -1, 1)
        first = self._draw(x, n, 1, n_values) * (n_steps + length) - length
        stretch = (steps >= first) & (steps < first + length)
        return torch.where(self._draw(x, n, 1, 1) < 0.5, single, stretch)

    def _draw(self, x: Tensor, *shape: int) -> Tensor:
        """Draw numbers between 0 and 1."""
        return torch.rand(shape, generator=self.generator, device=x.device)
