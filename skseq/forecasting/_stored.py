"""Rows of a table that stay where they are, in a file say, until they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data import stored
from skseq.forecasting._categories import UNKNOWN, ColumnCategories
from skseq.forecasting._last_seen import LastSeen, filled_forward
from skseq.forecasting._roles import Roles

__all__ = ["Scales", "StoredRows", "Unscaled", "pieces_of", "rows_in_place"]

SAMPLED = 200  # rows that tell whether data are the same


def rows_in_place(table: Any, *, in_memory: bool) -> np.ndarray | None:
    """Return the numbers of a table that is too large to be copied, without reading it.

    Parameters
    ----------
    table : array, Series, DataFrame or None
        What was given.
    in_memory : bool
        Whether a large table in memory counts, too, and not only one in a file.

    Returns
    -------
    values : ndarray of shape (n_rows,) or (n_rows, n_columns), or None
    """
    values = table
    if isinstance(table, (pd.Series, pd.DataFrame)):
        one, other = table.iloc[:2].to_numpy(), table.iloc[:2].to_numpy()
        if not np.shares_memory(one, other):  # columns of several types
            return None
        values = table.to_numpy()
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        return None
    if in_memory and values.nbytes > stored.LARGE:
        return values
    return values if stored.is_stored(values) else None


@dataclass(frozen=True)
class Unscaled:
    """The columns of X, and of y, in the order of a table, as float64.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        The rows.
    y : ndarray of shape (n_rows, n_targets) or None
        Their targets; None takes those that `roles` names.
    roles : Roles
        Which columns of X play which part.
    categories : ColumnCategories
        Those of the columns of X; codes stand for them.
    tells_unknown : bool, default=True
        Whether past categories that `fit` did not meet have a code, rather than NaN.
    """

    X: np.ndarray
    y: np.ndarray | None
    roles: Roles
    categories: ColumnCategories
    tells_unknown: bool = True

    @property
    def n_columns(self) -> int:
        """How many columns the table has."""
        n_targets = 0 if self.y is None else self.y.shape[1]
        return n_targets + sum(map(len, self.roles))

    def read(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return rows (..., n_columns), which may be written to."""
        X = _read(self.X, rows)
        if self.categories.are_any:
            X = self.categories.coded(X.reshape(-1, X.shape[-1])).reshape(X.shape)
        order = np.concatenate(self.roles)
        if (order != np.arange(len(order))).any():
            X = X[..., order]
        if self.y is not None:
            X = np.concatenate([_read(self.y, rows), X], axis=-1, dtype=np.float64)
        values = X.astype(np.float64, copy=not X.flags.owndata)
        if self.tells_unknown and self.categories.are_any:
            n_targets = self.n_columns - sum(map(len, self.roles[1:]))
            past = n_targets + np.flatnonzero(self.categories.are_in(self.roles.past))
            values[..., past] = np.nan_to_num(values[..., past], nan=UNKNOWN)
        return values

    def let_go(self) -> None:
        """Give pages of files back."""
        for part in (self.X, self.y):
            if part is not None:
                stored.let_go(part)


def _read(values: np.ndarray, rows: slice | np.ndarray) -> np.ndarray:
    """Return rows of an array, the pages of which are given back on the way."""
    stored.check_whole(values)
    if isinstance(rows, slice) or not stored.is_stored(values):
        return values[rows]
    found = np.empty((*rows.shape, values.shape[1]), values.dtype)
    order = np.argsort(np.atleast_2d(rows.T)[0], kind="stable")
    for first in range(0, len(order), stored.PAGES):  # as they lie on the disk
        part = order[first : first + stored.PAGES]
        found[part] = values[rows[part]]
        stored.let_go(values)
    return found


class Scales(NamedTuple):
    """How rows of each series are standardised."""

    means: np.ndarray  # (n_series, n_columns)
    deviations: np.ndarray
    mapped: Callable[[int, np.ndarray], np.ndarray] | None  # (series, rows) -> rows

    def of(self, values: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Return values (n, ..., n_columns), each of the series of that number.

        They are floats, and overwritten: windows of many columns are large.
        """
        if self.mapped is not None:
            for i in np.unique(series).tolist():
                own = values[series == i]
                rows = self.mapped(i, own.reshape(-1, own.shape[-1]))
                values[series == i] = rows.reshape(own.shape)
        shape = len(series), *(1,) * (values.ndim - 2), values.shape[-1]
        means, deviations = (part[series].reshape(shape) for part in self[:2])
        values -= means
        values /= deviations
        return values


@dataclass(frozen=True)
class StoredRows:
    """Rows of series one below the other, of which no more than a piece is in memory.

    Parameters
    ----------
    source : Unscaled
        Where they are.
    firsts, lengths : ndarray of int of shape (n_series,)
        At which row of the source each series starts, and its number of rows.
    numbers : ndarray of int of shape (n_series,)
        Which each one is of the series that were given.
    scales : Scales, optional
        Of the series that were given; None leaves the rows as they are.
    seen : LastSeen, optional
        What was seen before a row, if values are missing.
    """

    source: Unscaled
    firsts: np.ndarray
    lengths: np.ndarray
    numbers: np.ndarray
    scales: Scales | None = None
    seen: LastSeen | None = None

    @classmethod
    def of_series(cls, source: Unscaled, edges: np.ndarray) -> StoredRows:
        """Return all rows of a source, of series that start at edges."""
        lengths = np.diff(edges)
        return cls(source, edges[:-1], lengths, np.arange(len(lengths)))

    def told_of_holes(self, are_any: bool) -> StoredRows:
        """Return the same rows, known to be read correctly, with what stands in holes.

        Parameters
        ----------
        are_any : bool
            Whether a value is missing.
        """
        rows = replace(self, source=replace(self.source, tells_unknown=True))
        return replace(rows, seen=LastSeen(rows) if are_any else None)

    @property
    def edges(self) -> np.ndarray:
        """Where each series starts, and the number of rows."""
        return np.append(0, np.cumsum(self.lengths))

    def __len__(self) -> int:
        return int(self.lengths.sum())

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return len(self), self.source.n_columns

    def sampled(self) -> list[Any]:
        """Return what tells these rows from others, without reading them all."""
        some = np.linspace(0, len(self) - 1, min(len(self), SAMPLED)).astype(int)
        return [self.firsts, self.lengths, self[some]]

    def __getitem__(self, key: slice | np.ndarray) -> Any:
        """Return rows of one series as they are, or some of all in memory.

        These are (n, n_columns) or, each of the n of one series, (n, m, n_columns).
        """
        if isinstance(key, slice):
            first, last, _ = key.indices(len(self))
            i = int(np.searchsorted(self.edges, first, side="right"))
            i = min(i, len(self.lengths))
            own = slice(i - 1, i)
            return replace(
                self,
                firsts=self.firsts[own] + first - self.edges[own],
                lengths=np.array([max(0, last - first)]),
                numbers=self.numbers[own],
            )
        rows, numbers = self._in_source(key)
        numbers = numbers if key.ndim == 1 else numbers[:, 0]
        return self._scaled(self.source.read(rows), numbers)

    def windows(self, starts: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Return windows (n, n_rows, n_columns), and where their values are missing.

        There they show the last value seen, or zero if there was none.
        """
        rows, numbers = self._in_source(starts)
        values = self.source.read(rows[:, None] + np.arange(n_rows))
        missing = np.isnan(values)
        if self.seen is None or not missing.any():
            return self._scaled(values, numbers), missing
        lacks = missing[:, 0].any(axis=1)
        before = np.full(values[:, 0].shape, np.nan)
        before[lacks] = self.seen.before(self.source, rows[lacks], numbers[lacks])
        values = self._scaled(filled_forward(values, before), numbers)
        return np.nan_to_num(values, copy=False), missing

    def seen_before(self, rows: np.ndarray) -> np.ndarray:
        """Return the last values seen before rows (n,), NaN if there were none."""
        if self.seen is not None:
            return self.seen.before(self.source, *self._in_source(rows))
        before = self[np.maximum(rows - 1, 0)]
        before[np.isin(rows, self.edges)] = np.nan
        return before

    def _in_source(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows of the source these are, and of which series each is."""
        edges = self.edges
        series = np.searchsorted(edges, rows, side="right") - 1
        return self.firsts[series] + rows - edges[series], self.numbers[series]

    def _scaled(self, values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return rows of the source, (n, ..., n_columns), as those of their series."""
        return values if self.scales is None else self.scales.of(values, numbers)

    def pieces(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first row and the rows of each piece; none is of two series."""
        n_rows = stored.n_rows_of_piece(self.shape[1])
        edges = self.edges
        for i, n in enumerate(self.lengths.tolist()):
            for done in range(0, n, n_rows):
                first = int(self.firsts[i]) + done
                values = self.source.read(slice(first, first + min(n_rows, n - done)))
                self.source.let_go()
                numbers = np.full(len(values), self.numbers[i])
                yield int(edges[i]) + done, self._scaled(values, numbers)

    def in_memory(self) -> np.ndarray:
        """Return all rows as an array."""
        parts = [np.empty((0, self.shape[1])), *(part for _, part in self.pieces())]
        return np.concatenate(parts)

    @staticmethod
    def joined(series: Sequence[StoredRows]) -> StoredRows:
        """Return several series of one source, one below the other."""
        return replace(
            series[0],
            firsts=np.concatenate([part.firsts for part in series]),
            lengths=np.concatenate([part.lengths for part in series]),
            numbers=np.concatenate([part.numbers for part in series]),
        )


def pieces_of(values: np.ndarray | StoredRows) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the first row and the rows of each piece; an array is one.

    Parameters
    ----------
    values : ndarray or StoredRows of shape (n_rows, n_columns)
        The rows.
    """
    if isinstance(values, StoredRows):
        yield from values.pieces()
    else:
        yield 0, values
