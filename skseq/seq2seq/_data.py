"""Batches of sequences to read, with others to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from skseq.data.batching import Batch
from skseq.networks import Pair
from skseq.networks.masking import valid_steps

if TYPE_CHECKING:
    from skseq.data.batching import SequenceDataset

__all__ = ["PairDataset"]


class PairDataset:
    """Sequences, and those that are to be written when they are read.

    Parameters
    ----------
    source : SequenceDataset
        What is read, and its weights.
    target : SequenceDataset
        What is written.
    padding : float
        What a step that is none has as its target in the loss.
    """

    def __init__(
        self, source: SequenceDataset, target: SequenceDataset, padding: float
    ):
        self.source = source
        self.target = target
        self.padding = padding
        self.weights = source.weights
        self.lengths = source.lengths + target.lengths
        self.n_timesteps = None
        if source.n_timesteps and target.n_timesteps:
            self.n_timesteps = source.n_timesteps + target.n_timesteps

    def __len__(self) -> int:
        return len(self.source)

    def gather(self, index: Tensor) -> Batch:
        """Return the samples at an index tensor (B,)."""
        read, written = self.source.gather(index), self.target.gather(index)
        taught, lengths = written.x, written.lengths
        n_steps, y = taught.shape[1], taught
        if lengths is not None:
            padding = ~valid_steps(lengths, n_steps)
            y = taught.masked_fill(padding.unsqueeze(2), self.padding)
        if not y.is_floating_point():
            y = y.squeeze(2)  # one token per step
        return Batch(Pair(read.x, taught, n_steps), read.lengths, y, read.weights)
