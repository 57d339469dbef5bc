"""Batches of unequal sequences that are too many steps to be laid out at once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

    from skseq.data.batching import Batch

__all__ = ["LargeBatch", "joined_outputs", "n_fitting", "parted", "parts_of"]

TRAINING_STEPS = 2**17  # time steps, padding included, that a training lays out at once


class LargeBatch:
    """Samples whose gradients are summed up part by part.

    A callback may take it for a `Batch`: asked for what that holds, it lays out all
    samples at once, in the order of its parts.

    Parameters
    ----------
    gather : callable
        Lays out the samples at an index (B,) as a `Batch`.
    parts : list of Tensor of int
        Which samples are laid out together.
    """

    counts = True  # whether it is more than what keeps a process in step with others

    def __init__(self, gather: Callable[[Tensor], Batch], parts: list[Tensor]):
        self._gather = gather
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @property
    def n_parts(self) -> int:
        """How many parts there are."""
        return len(self._parts)

    def parts(self) -> Iterator[Batch]:
        """Yield each part."""
        return map(self._gather, self._parts)

    @cached_property
    def _whole(self) -> Batch:
        return self._gather(torch.cat(self._parts))

    def __getattr__(self, name: str) -> Any:
        if name in ("x", "lengths", "y", "weights", "index"):
            return getattr(self._whole, name)
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._whole)

    def __getitem__(self, i: Any) -> Any:
        return self._whole[i]


def joined_outputs(outputs: Sequence[Tensor], n_networks: int = 1) -> Tensor:
    """Return outputs of parts as those of all, zeros behind shorter sequences.

    Parameters
    ----------
    outputs : sequence of Tensor of shape (k * B_i, ...) or (k * B_i, T_i, ...)
        Of k networks, one behind the other.
    n_networks : int, default=1
        k.
    """
    longest = max(part.shape[1] for part in outputs)
    padded = []
    for part in outputs:
        padding = *(0, 0) * (part.ndim - 2), 0, longest - part.shape[1]
        padded.append(functional.pad(part, padding).unflatten(0, (n_networks, -1)))
    return torch.cat(padded, dim=1).flatten(0, 1)


def parts_of(batch: Any) -> Iterator[Any]:
    """Yield what is laid out together of a batch.

    Parameters
    ----------
    batch : LargeBatch, or what is laid out as one
        The samples.
    """
    if isinstance(batch, LargeBatch):
        yield from batch.parts()
    else:
        yield batch


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
