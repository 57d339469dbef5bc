"""The order of a shuffle, computed where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["shuffled_batches"]

MOST = 2**22  # numbers whose order is drawn and kept in memory
AT_ONCE = 2**16  # numbers of a larger order that are computed together
ROUNDS = 6


def shuffled_batches(
    n: int, batch_size: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield the numbers from 0 to n - 1 in a random order, in batches.

    Parameters
    ----------
    n : int
        How many numbers.
    batch_size : int
        How many of them at a time; the last batch may be smaller.
    generator : torch.Generator
        Decides the order.
    """
    if n <= MOST:
        order = torch.randperm(n, generator=generator)
        for first in range(0, n, batch_size):
            yield order[first : first + batch_size]
        return
    permutation = Permutation(n, generator)
    size = batch_size * max(1, AT_ONCE // batch_size)
    for first in range(0, n, size):
        numbers = permutation.at(np.arange(first, min(first + size, n)))
        yield from torch.as_tensor(numbers).split(batch_size)


class Permutation:
    """A random permutation of the numbers from 0 to n - 1 that needs no memory.

    A Feistel network (Luby and Rackoff, 1988) permutes all numbers of so many bits;
    what falls outside of the range is permuted again until it falls inside (Black and
    Rogaway, 2002).

    Parameters
    ----------
    n : int
        How many numbers, at least 2.
    generator : torch.Generator
        Draws the keys.
    """

    def __init__(self, n: int, generator: torch.Generator):
        self._n = n
        self._half = -(-(n - 1).bit_length() // 2)
        keys = torch.randint(2**62, (ROUNDS,), generator=generator)
        self._keys = keys.numpy().astype(np.uint64)

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Return the numbers at positions of the order.

        Parameters
        ----------
        positions : ndarray of int of shape (n_positions,)
            From 0 to n - 1.
        """
        found = self._permuted(positions.astype(np.uint64))
        while (outside := found >= self._n).any():
            found[outside] = self._permuted(found[outside])
        return found.astype(np.int64)

    def _permuted(self, numbers: np.ndarray) -> np.ndarray:
        half = np.uint64(self._half)
        mask = np.uint64(2**self._half - 1)
        high, low = numbers >> half, numbers & mask
        for key in self._keys:
            high, low = low, high ^ (_mixed(low ^ key) & mask)
        return (high << half) | low


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return numbers whose every bit depends on all bits (splitmix64, Steele, 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
