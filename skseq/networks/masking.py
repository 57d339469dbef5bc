"""Lengths of padded batches: masks and reversal."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["reverse_sequences", "valid_steps"]


def valid_steps(lengths: Tensor, n_timesteps: int) -> Tensor:
    """Return a mask (B, T) that is True on the real time steps.

    Parameters
    ----------
    lengths : Tensor of int of shape (B,)
        Real length of each sequence.
    n_timesteps : int
        Padded length T.

    Returns
    -------
    mask : Tensor of bool of shape (B, T)
    """
    return torch.arange(n_timesteps, device=lengths.device) < lengths.unsqueeze(1)


def reverse_sequences(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Reverse each sequence within its own length; padding stays behind.

    Parameters
    ----------
    x : Tensor of shape (B, T, F)
        Padded sequences.
    lengths : Tensor of int of shape (B,) or None
        Real lengths; None if all are T.

    Returns
    -------
    reversed : Tensor of shape (B, T, F)
    """
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    source = lengths.unsqueeze(1) - 1 - steps  # (B, T)
    source = torch.where(source < 0, steps, source)
    return x.gather(1, source.unsqueeze(2).expand_as(x))
