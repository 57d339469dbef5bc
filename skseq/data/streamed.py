"""Batches of sequences in a file, which are read when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from skseq.data.batching import Batch, SequenceDataset, targets_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from skseq.data.sequences import SequenceArray

__all__ = ["StreamedDataset"]

SAMPLED = 200  # samples that tell whether data are the same


class StreamedDataset(SequenceDataset):
    """Sequences in a file, with targets and weights on a device.

    Batches hold the same numbers as those of the same sequences in memory.

    Parameters
    ----------
    sequences : SequenceArray
        The samples, over a table in a file.
    read : callable
        Takes some of them, in memory, and returns a SequenceDataset without targets.
    device : torch.device
        Where batches are sent.
    targets, weights, dtype
        As in SequenceDataset.
    """

    def __init__(
        self,
        sequences: SequenceArray,
        read: Callable[[SequenceArray], SequenceDataset],
        device: torch.device,
        targets: Any = None,
        weights: np.ndarray | None = None,
        dtype: torch.dtype = torch.float32,
    ):
        self.dtype = dtype
        self.lengths = sequences.lengths
        self.n_timesteps = sequences.n_timesteps or None
        self._sequences = sequences
        self._read = read
        self._device = device
        self.y = targets_on(device, targets)
        self.weights = None
        if weights is not None:
            self.weights = torch.as_tensor(weights, device=device).to(dtype)

    def sampled(self) -> list[Any]:
        """Return what tells these samples from others, without reading them all."""
        some = np.linspace(0, len(self) - 1, min(len(self), SAMPLED)).astype(int)
        places = self._sequences.starts, self.lengths
        return [*places, self.y, self.weights, self.gather(torch.as_tensor(some)).x]

    def gather(self, index: Tensor) -> Batch:
        """Return the samples at an index tensor (B,)."""
        part = self._sequences[index.numpy()].apart()
        x, lengths, *_ = self._read(part).gather(torch.arange(len(part)))
        if lengths is None and self.n_timesteps is None:
            lengths = torch.as_tensor(part.lengths, device=self._device).clamp_min(1)
        y = None if self.y is None else self.y[index]
        weights = None if self.weights is None else self.weights[index]
        return Batch(x, lengths, y, weights, index)
