"""What is told of many windows, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from skseq.data.batching import Batch
from skseq.forecasting._windows import WindowDataset

__all__ = ["told_at"]

BATCH_VALUES = 2**16  # within the windows of a batch


def told_at(
    data: WindowDataset,
    chosen: np.ndarray,
    device: torch.device,
    read: Callable[[Batch], Sequence[np.ndarray]],
) -> list[np.ndarray]:
    """Return what is read of some windows.

    Parameters
    ----------
    data : WindowDataset
        Windows with the rows that followed.
    chosen : ndarray of int of shape (n,)
        Which of them, at least one.
    device : torch.device
        Where batches are to be.
    read : callable
        batch -> arrays of shape (n_batch, ...).

    Returns
    -------
    arrays : list of ndarray of shape (n, ...)
        Those of all batches, one after the other.
    """
    size = max(1, BATCH_VALUES // (data.n_timesteps * data.indicators.n_values))
    kept: list[np.ndarray] = []
    done = 0
    for index in torch.as_tensor(chosen).split(size):
        batch: Any = data.gather(index.to(device))
        found = read(batch)
        if not kept:  # between batches, small blocks would keep glibc from reusing them
            kept = [np.empty((len(chosen), *p.shape[1:]), p.dtype) for p in found]
        for whole, part in zip(kept, found, strict=True):
            whole[done : done + len(index)] = part
        done += len(index)
    return kept
