"""Statistics of batches, learned again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from skseq.networks.convolution import MaskedBatchNorm

__all__ = ["learn_statistics"]


@torch.no_grad()
def learn_statistics(
    network: Any, batches: Iterable[tuple[Tensor, Tensor | None]]
) -> None:
    """Set what batch normalisation knows of its inputs to their mean over batches.

    Parameters
    ----------
    network : SequenceNetwork
        In evaluation mode.
    batches : iterable of tuple of x and lengths
        What it reads.
    """
    parts = [part for part in network.modules() if isinstance(part, MaskedBatchNorm)]
    if not parts:
        return
    usual = [part.momentum for part in parts]
    for i, batch in enumerate(batches):
        for part in parts:
            part.train()
            part.momentum = 1 / (i + 1)
        network.read(*batch)
    for part, momentum in zip(parts, usual, strict=True):
        part.momentum = momentum
        part.eval()
