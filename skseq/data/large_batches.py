"""Batches of unequal sequences that are too many steps to be laid out at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from skseq.data.batching import Batch

__all__ = ["LargeBatch", "n_fitting", "parted", "parts_of"]

TRAINING_STEPS = 2**17  # time steps, padding included, that a training lays out at once


class LargeBatch:
    """Samples whose gradients are summed up part by part.

    Parameters
    ----------
    dataset : SequenceDataset
        The data.
    parts : list of Tensor of int
        Which samples are laid out together.
    """

    def __init__(self, dataset: Any, parts: list[Tensor]):
        self._dataset = dataset
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def parts(self) -> Iterator[tuple[Batch, float]]:
        """Yield each part, and which share it has of the mean over all samples."""
        for index in self._parts:
            yield self._dataset.gather(index), len(index) / len(self)


def parts_of(batch: Any) -> Iterator[tuple[Any, float]]:
    """Yield what is laid out together of a batch, and its share of the mean.

    Parameters
    ----------
    batch : LargeBatch, or what is laid out as one
        The samples.
    """
    if isinstance(batch, LargeBatch):
        yield from batch.parts()
    else:
        yield batch, 1.0


def parted(index: Tensor, lengths: np.ndarray) -> list[Tensor]:
    """Part samples by length, so that no part but one sample has too many steps.

    Parameters
    ----------
    index : Tensor of int of shape (B,)
        The samples; what is not too large stays in its order.
    lengths : ndarray of int of shape (n_samples,)
        Of all samples.
    """
    own = lengths[index.numpy()]
    if own.max(initial=0) * len(own) <= TRAINING_STEPS:
        return [index]
    order, parts = own.argsort(kind="stable"), []
    while len(order):
        n = n_fitting(own[order], TRAINING_STEPS)
        parts.append(index[torch.from_numpy(order[:n])])
        order = order[n:]
    return parts


def n_fitting(lengths: np.ndarray, most_steps: int) -> int:
    """Return how many first sequences fit into so many steps, one at least.

    Parameters
    ----------
    lengths : ndarray of int
        Lengths of sequences, which do not fall; all are padded to the longest.
    most_steps : int
        Steps, padding included.
    """
    padded = lengths * np.arange(1, len(lengths) + 1)
    return max(1, int(padded.searchsorted(most_steps, side="right")))
