"""Which rows of a table its sequences use, told without going through the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skseq.data.stored import PAGES, as_floats, check_whole, let_go, n_rows_of_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["UsedRows"]


class UsedRows:
    """The rows that stretches of a table cover, each once and in its order.

    Parameters
    ----------
    starts, lengths : ndarray of int of shape (n_stretches,)
        Where each stretch starts, and its number of rows, which may be none.

    Attributes
    ----------
    each_once : bool
        Whether no two stretches share a row.
    """

    def __init__(self, starts: np.ndarray, lengths: np.ndarray):
        self._starts, self._lengths = starts, lengths
        starts, lengths = starts[lengths > 0], lengths[lengths > 0]
        order = np.argsort(starts, kind="stable")
        starts, reach = starts[order], (starts + lengths)[order]
        reach = np.maximum.accumulate(reach)
        is_new = np.ones(len(starts), dtype=bool)  # behind rows that none uses
        is_new[1:] = starts[1:] > reach[:-1]
        self._firsts = starts[is_new]
        self._counts = reach[np.roll(is_new, -1)] - self._firsts
        self._begins = np.cumsum(self._counts) - self._counts
        self.each_once = int(lengths.sum()) == len(self)

    def __len__(self) -> int:
        return int(self._counts.sum())

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Return the rows at positions among those in use."""
        i = np.searchsorted(self._begins, positions, side="right") - 1
        return self._firsts[i] + positions - self._begins[i]

    def before(self, rows: np.ndarray) -> np.ndarray:
        """Return how many rows in use stand before others."""
        if not len(self._firsts):
            return np.zeros(len(rows), dtype=np.intp)
        i = np.searchsorted(self._firsts, rows, side="right") - 1
        found = self._begins[i] + np.minimum(rows - self._firsts[i], self._counts[i])
        return np.where(i < 0, 0, found)

    def take(self, values: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Return rows of a table at some of the positions in use."""
        found = np.empty((len(positions), values.shape[1]), values.dtype)
        for first in range(0, len(positions), PAGES):
            part = slice(first, first + PAGES)
            found[part] = values[self.at(positions[part])]
            let_go(values)
        return as_floats(found)

    def pieces(
        self, values: np.ndarray, weights: np.ndarray | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yield the rows in use, piece by piece, and what each of them counts.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)
            The table.
        weights : ndarray of shape (n_stretches,), optional
            What a row counts in each stretch that uses it, 1 by default.

        Yields
        ------
        part : ndarray of float of shape (n_rows_of_piece, n_columns)
            Values of the table.
        counts : ndarray of float of shape (n_rows_of_piece,) or None
            None if all count 1.
        """
        check_whole(values)
        n, n_rows = len(self), n_rows_of_piece(values.shape[1])
        count = None
        if weights is not None or not self.each_once:
            count = self._counter(weights)
        for first in range(0, n, n_rows):
            last = min(first + n_rows, n)
            ends = self.at(np.array([first, last - 1]))
            if ends[1] - ends[0] == last - 1 - first:  # none between them is unused
                part = values[ends[0] : ends[1] + 1]
            else:
                part = values[self.at(np.arange(first, last))]
            yield as_floats(part), None if count is None else count(first, last)
            let_go(values)

    def _counter(self, weights: np.ndarray | None) -> Callable[[int, int], np.ndarray]:
        """Return what tells the counts of rows at positions, from the first one on."""
        if weights is None:
            weights = np.ones(len(self._starts))
        begins = self.before(self._starts)
        places = np.concatenate([begins, begins + self._lengths])
        changes = np.concatenate([weights, -weights])
        order = np.argsort(places, kind="stable")
        places, changes = places[order], changes[order]
        before = 0.0

        def count(first: int, last: int) -> np.ndarray:
            nonlocal before
            own = slice(*np.searchsorted(places, [first, last]))
            edges = np.zeros(last - first)
            np.add.at(edges, places[own] - first, changes[own])
            edges[0] += before
            counts = np.cumsum(edges)
            before = counts[-1]
            return counts

        return count
