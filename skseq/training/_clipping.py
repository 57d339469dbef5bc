"""Bounds on the norms of gradients."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

__all__ = ["clip_norms"]

TINY = 1e-6  # as in torch


@torch.no_grad()
def clip_norms(
    parameters: Sequence[nn.Parameter], largest: float, n_networks: int = 1
) -> None:
    """Scale gradients so that the norm of none is larger than a bound.

    Parameters
    ----------
    parameters : sequence of nn.Parameter
        The parameters; those of several networks lie one behind the other in the first
        dimension.
    largest : float
        Largest norm of the gradient of a network as a whole.
    n_networks : int, default=1
        Number of networks, each of which has a gradient of its own.
    """
    if n_networks == 1:
        nn.utils.clip_grad_norm_(parameters, largest)
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    parts = [gradient.view(n_networks, -1) for gradient in gradients]
    norms = torch.stack([part.norm(dim=1) for part in parts]).norm(dim=0)
    factors = (largest / (norms + TINY)).clamp(max=1).unsqueeze(1)
    torch._foreach_mul_(parts, [factors] * len(parts))
