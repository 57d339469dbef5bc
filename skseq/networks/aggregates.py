"""What a sequence is without the order of its steps, and a linear map of that."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skseq.networks.masking import valid_steps

__all__ = ["AggregateLinear", "aggregates"]

N_LAST = 3  # steps whose mean is one of the aggregates


def aggregates(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return seven numbers for each feature of each sequence.

    They are mean, deviation, least and largest value, last value, the mean of the last
    three, and the slope of the least-squares line over time.

    Parameters
    ----------
    x : Tensor of shape (B, T, F)
        Sequences.
    lengths : Tensor of int of shape (B,) or None
        Their lengths, None if all are T.

    Returns
    -------
    found : Tensor of shape (B, 7 F)
    """
    if lengths is None:
        lengths = torch.full((len(x),), x.shape[1], device=x.device)
    real = valid_steps(lengths, x.shape[1]).unsqueeze(2)  # (B, T, 1)
    recent = real & ~valid_steps(lengths - N_LAST, x.shape[1]).unsqueeze(2)
    times = torch.arange(x.shape[1], device=x.device, dtype=x.dtype).view(1, -1, 1)
    n_steps = lengths.to(x.dtype).unsqueeze(1)
    times = torch.where(real, times - (n_steps.unsqueeze(2) - 1) / 2, 0)
    values = torch.where(real, x, 0)
    mean = values.sum(dim=1) / n_steps
    centered = torch.where(real, x - mean.unsqueeze(1), 0)
    parts = [
        mean,
        (centered.square().sum(dim=1) / n_steps).clamp(min=0).sqrt(),
        x.masked_fill(~real, torch.inf).amin(dim=1),
        x.masked_fill(~real, -torch.inf).amax(dim=1),
        x[torch.arange(len(x), device=x.device), lengths - 1],
        torch.where(recent, x, 0).sum(dim=1) / recent.sum(dim=1),
        (times * values).sum(dim=1) / times.square().sum(dim=1).clamp(min=1),
    ]
    return torch.cat(parts, dim=1)


class AggregateLinear(nn.Module):
    """A linear map of aggregates, which training leaves alone.

    Parameters
    ----------
    n_features : int
        How many of the features, the first ones, are looked at.
    n_outputs : int
        Number of outputs.
    """

    def __init__(self, n_features: int, n_outputs: int):
        super().__init__()
        self.n_features = n_features
        self.linear = nn.Linear(7 * n_features, n_outputs).requires_grad_(False)

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        return self.linear(aggregates(x[..., : self.n_features], lengths))
