"""Normalisation of each sequence by its own values."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skseq.networks.masking import valid_steps

__all__ = ["SequenceNormalization"]


class SequenceNormalization(nn.Module):
    """Give every feature of every sequence mean 0 and standard deviation 1.

    Parameters
    ----------
    smallest_std : float, default=1e-4
        Deviations are divided by at least this, so that a constant feature
        becomes zero instead of amplified rounding errors.
    """

    def __init__(self, smallest_std: float = 1e-4):
        super().__init__()
        self.smallest_std = smallest_std

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        if lengths is None:
            centred = x - x.mean(dim=1, keepdim=True)  # (B, T, F)
            variance = centred.square().mean(dim=1, keepdim=True)  # (B, 1, F)
        else:
            padding = ~valid_steps(lengths, x.shape[1]).unsqueeze(2)  # (B, T, 1)
            n = lengths.view(-1, 1, 1)
            x = x.masked_fill(padding, 0)
            centred = (x - x.sum(dim=1, keepdim=True) / n).masked_fill(padding, 0)
            variance = centred.square().sum(dim=1, keepdim=True) / n
        return centred / torch.sqrt(variance).clamp_min(self.smallest_std)
