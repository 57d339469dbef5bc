"""Values that training hides, so that a network learns to do without any of them."""

from __future__ import annotations

import torch
from torch import Tensor

from skseq.networks.dropout import Dropout
from skseq.networks.masking import valid_steps

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
    own_scale : bool, default=False
        Whether mean and deviation of each sequence are removed from the last view.
        Then they are those of what is left: whoever is asked about a sequence that
        lacks these values knows no others.
    """

    own_scale = False  # of what an earlier version pickled

    def __init__(self, p: float, own_scale: bool = False):
        super().__init__(p)
        self.own_scale = own_scale

    def forward(
        self, x: Tensor, n_values: int = 1, lengths: Tensor | None = None
    ) -> Tensor:
        """Return measurements (B, T, V F), V views of n_values F, NaN where hidden."""
        is_hidden = self.hidden(x, n_values)
        if is_hidden is None:
            return x
        n_views = x.shape[2] // n_values
        x = x.masked_fill(is_hidden.repeat(1, 1, n_views), torch.nan)
        if self.own_scale:
            x[..., -n_values:] = _standardized(x[..., -n_values:], lengths)
        return x

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


def _standardized(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return values (B, T, F) less each sequence's mean, by its deviation.

    As `data.scaling.sequence_scale` takes them for those of what is not NaN.
    """
    is_there = ~x.isnan()
    if lengths is not None:
        is_there &= valid_steps(lengths, x.shape[1]).unsqueeze(2)
    n = is_there.sum(dim=1, keepdim=True).clamp(min=1)
    mean = torch.where(is_there, x, 0).sum(dim=1, keepdim=True) / n
    centred = x - mean
    squares = torch.where(is_there, centred, 0).square()
    std = (squares.sum(dim=1, keepdim=True) / n).sqrt()
    rounding = 10 * torch.finfo(x.dtype).eps * mean.abs()
    return centred / torch.where(std <= rounding, 1, std)
