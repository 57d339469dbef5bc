"""Time series one below the other, with the part that every column plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data.panels import panel_starts
from skseq.data.stored import n_rows_of_piece
from skseq.forecasting._last_seen import filled_forward
from skseq.forecasting._stored import StoredRows, pieces_of
from skseq.forecasting._time import BY_TIME, Span, join_spans, spans_of

__all__ = ["Columns", "Table", "called", "read_series"]


class Columns(NamedTuple):
    """How many columns of a table play which part; they stand in this order."""

    n_targets: int
    n_past: int
    n_future: int
    n_static: int


@dataclass(frozen=True)
class Table:
    """Time series one below the other.

    Parameters
    ----------
    values : ndarray or StoredRows of shape (n_rows, n_columns)
        Targets, past covariates, those known ahead, static ones.
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts, and the number of rows.
    names : tuple
        What the series are called; (None,) if there is just one.
    spans : tuple of Span or None
        Where each index starts and ends; None if there is no index.
    before : ndarray of shape (n_series, n_columns), optional
        The last values seen before the first row; None, or NaN, if there was none.
    weights : ndarray of shape (n_rows,), optional
        What each row counts if it is forecast; None: all alike. Other rows of the same
        series have none.
    first : ndarray of int of shape (n_series,), optional
        The number of the first row of each series, so that equal ones are of the same
        time; None: 0.
    """

    values: Any
    edges: np.ndarray
    names: tuple
    spans: tuple[Span | None, ...]
    before: np.ndarray | None = None
    weights: np.ndarray | None = None
    first: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each series."""
        return np.diff(self.edges)

    def series(self) -> list[Any]:
        """Return the rows of each series."""
        return [self.values[start:stop] for start, stop in pairwise(self.edges)]

    def pieces(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first row and the rows of each piece; an array is one."""
        return pieces_of(self.values)

    def in_memory(self) -> Iterator[Table]:
        """Yield tables to be read one behind the other, of one series if in a file."""
        if not isinstance(self.values, StoredRows):
            yield self
            return
        n_rows = n_rows_of_piece(self.values.shape[1])
        for first in range(0, len(self.values), n_rows):
            last = min(first + n_rows, len(self.values))
            yield self.between(np.array([first]), np.array([last]))

    def is_told(
        self, n_columns: int, first: np.ndarray, last: np.ndarray
    ) -> np.ndarray:
        """Return which first columns have a value that counts in rows of any series.

        Parameters
        ----------
        n_columns : int
            How many columns to look at.
        first, last : ndarray of int of shape (n_series,)
            Within which rows of each series.
        """
        told = np.zeros(n_columns, dtype=bool)
        for start, rows in self.pieces():
            at = np.arange(start, start + len(rows))
            series = np.searchsorted(self.edges, at, side="right") - 1
            at = at - self.edges[series]
            counts = (first[series] <= at) & (at < last[series])
            if self.weights is not None:
                counts &= self.weights[start : start + len(rows)] > 0
            told |= ~np.isnan(rows[counts, :n_columns]).all(axis=0)
            if told.all():
                break
        return told

    def head(self, n_rows: Sequence[int] | np.ndarray) -> Table:
        """Return as many first rows of each series."""
        parts = zip(self.series(), n_rows, strict=True)
        return self.with_series([rows[:n] for rows, n in parts])

    def beyond(self, n_rows: np.ndarray) -> Table:
        """Return what follows as many first rows of each series."""
        parts = zip(self.series(), n_rows, strict=True)
        first = self.firsts() + np.minimum(n_rows, self.lengths)
        table = self.with_series([rows[n:] for rows, n in parts])
        return replace(table, first=first)

    def tail(self, n_rows: int) -> Table:
        """Return a copy of the last rows of each series, in memory."""
        return self.between((self.lengths - n_rows).clip(min=0), self.lengths)

    def between(self, first: np.ndarray, last: np.ndarray) -> Table:
        """Return a copy of the rows [first, last) of each series, in memory."""
        parts = zip(self.series(), first, last, strict=True)
        part = self.with_series([rows[low:high] for rows, low, high in parts])
        part = replace(part, first=self.firsts() + first)
        at = self.edges[:-1] + first
        if isinstance(self.values, StoredRows):
            seen = self.values.seen_before(at)
            return replace(part, values=part.values.in_memory(), before=seen)
        seen = self._last_seen()[at - 1]
        seen = np.where((first > 0)[:, None], seen, self.filled_before())
        return replace(part, before=seen)

    def firsts(self) -> np.ndarray:
        """Return the number of the first row of each series."""
        return np.zeros(len(self.names), int) if self.first is None else self.first

    def numbers_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the numbers of rows, counted in their series."""
        series = np.searchsorted(self.edges, rows, side="right") - 1
        return rows + (self.firsts() - self.edges[:-1])[series]

    def filled(self) -> np.ndarray:
        """Return the values, with the last one seen in holes; 0 if there was none."""
        seen = self._last_seen()
        return seen if seen is self.values else np.nan_to_num(seen)

    def filled_before(self) -> np.ndarray:
        """Return the last values seen before the first row, NaN if there was none."""
        if self.before is None:
            return np.full((len(self.names), self.values.shape[1]), np.nan)
        return self.before

    def _last_seen(self) -> np.ndarray:
        """Return the last value seen up to each row, NaN if there was none."""
        if not np.isnan(self.values).any():
            return self.values
        parts = zip(self.series(), self.filled_before(), strict=True)
        return np.concatenate([filled_forward(*part) for part in parts])

    def with_series(self, series: list[Any]) -> Table:
        """Return a table of the same series with other rows."""
        edges = np.cumsum([0, *map(len, series)])
        is_stored = isinstance(series[0], StoredRows)
        values: Any = (StoredRows.joined if is_stored else np.concatenate)(series)
        return replace(self, values=values, edges=edges, weights=None)

    def positions(self, names: tuple) -> np.ndarray:
        """Return which series some are."""
        position = {name: i for i, name in enumerate(self.names)}
        unknown = [name for name in names if name not in position]
        if unknown:
            raise ValueError(
                f"X holds the series {unknown[0]!r}, of which no rows are known; "
                "give them to update first." + BY_TIME
            )
        return np.array([position[name] for name in names], dtype=int)

    def select(self, names: tuple) -> Table:
        """Return some of the series, in this order."""
        chosen = self.positions(names)
        series, spans = self.series(), tuple(self.spans[i] for i in chosen)
        before = None if self.before is None else self.before[chosen]
        first = self.firsts()[chosen]
        table = replace(
            self, names=tuple(names), spans=spans, before=before, first=first
        )
        table = table.with_series([series[i] for i in chosen])
        if self.weights is None:
            return table
        weights = np.split(self.weights, self.edges[1:-1])
        return replace(table, weights=np.concatenate([weights[i] for i in chosen]))

    def extended(self, later: Table) -> Table:
        """Return these series with the rows that follow, then series that are new."""
        series, spans, firsts = (
            dict(zip(self.names, part, strict=True))
            for part in (self.series(), self.spans, self.firsts())
        )
        for name, rows, span, first in zip(
            later.names, later.series(), later.spans, later.firsts(), strict=True
        ):
            firsts.setdefault(name, first)
            if name in series:
                rows = np.concatenate([series[name], rows])
            spans[name], series[name] = span, rows
        before = np.full((len(series), self.values.shape[1]), np.nan)
        before[: len(self.names)] = self.filled_before()
        table = replace(
            self,
            names=tuple(series),
            spans=tuple(spans.values()),
            before=before,
            first=np.array(list(firsts.values())),
        )
        return table.with_series(list(series.values()))

    def place(self, first: int, row: int, target: int) -> str:
        """Return what to call a target in errors, so many rows behind a first one."""
        row += first
        i = int(np.searchsorted(self.edges, row, side="right")) - 1
        of = "" if self.names[i] is None else f" of series {self.names[i]!r}"
        return f"target {target} in row {row - self.edges[i]}{of}"

    def starts(self, length: int, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the first rows of the windows within [first, last) of each series."""
        return np.concatenate(
            [
                edge + np.arange(low, max(low, high - length + 1))
                for edge, low, high in zip(self.edges[:-1], first, last, strict=True)
            ]
        )

    def cut(self, length: int) -> Table:
        """Return every window of so many rows as a series of its own."""
        n_windows = self.lengths - length + 1
        starts = self.starts(length, 0 * n_windows, self.lengths)
        rows = starts[:, None] + np.arange(length)
        before = self._last_seen()[starts - 1]
        is_first = np.isin(starts, self.edges[:-1])
        of_series = np.repeat(self.filled_before(), n_windows, axis=0)
        return replace(
            self,
            values=self.values[rows.ravel()],
            edges=length * np.arange(len(starts) + 1),
            names=tuple(range(len(starts))),
            spans=(None,) * len(starts),
            before=np.where(is_first[:, None], of_series, before),
            first=self.numbers_of(starts),
        )


def read_series(
    frame: Any,
    name: str,
    *,
    freq: Any = None,
    known: Table | None = None,
    follows: bool = True,
) -> tuple[np.ndarray, tuple, tuple]:
    """Return where the series in a table start, their names and their times.

    Parameters
    ----------
    frame : array, Series or DataFrame
        Rows in the order of time; a 2-level index (series, time) holds several.
    name : str
        What to call the table in errors.
    freq : str, DateOffset or None, default=None
        The step of series that are new; None finds it.
    known : Table or None, default=None
        Series known so far.
    follows : bool, default=True
        Whether the rows of known series must follow those; they may start anywhere
        otherwise.

    Returns
    -------
    edges, names, spans : ndarray, tuple, tuple
        A span is None in an array; an irregular index is an error. That of a known
        series starts where it started.
    """
    n_rows = len(frame)
    if not hasattr(frame, "iloc"):
        edges, names, times = np.array([0, n_rows]), (None,), None
    elif frame.index.nlevels == 1:
        edges, names, times = np.array([0, n_rows]), (None,), frame.index
    elif frame.index.nlevels > 2:
        raise ValueError(
            f"{name} has an index of {frame.index.nlevels} levels; expected one, or "
            "two (series, time)."
        )
    else:
        edges = np.append(panel_starts(frame.index), n_rows)
        names = tuple(frame.index.get_level_values(0)[edges[:-1]])
        times = frame.index.get_level_values(1)
    return edges, names, _spans(times, edges, names, freq, known, follows)


def _spans(
    times: pd.Index | None,
    edges: np.ndarray,
    names: tuple,
    freq: Any,
    known: Table | None,
    follows: bool,
) -> tuple[Span | None, ...]:
    """Return the spans of series, some of which may follow those known."""
    before = {} if known is None else dict(zip(known.names, known.spans, strict=True))
    steps = Counter(span.step for span in before.values() if span is not None)
    new = [name not in before or not follows for name in names]
    spans: dict[Any, Span | None] = {}
    if times is None:
        spans = dict.fromkeys(names)
    elif any(new):
        of_new = np.repeat(new, np.diff(edges))
        chosen = [name for name, is_new in zip(names, new, strict=True) if is_new]
        found = spans_of(
            times[of_new] if not all(new) else times,
            np.append(0, np.cumsum(np.diff(edges)[new])),
            [called(name) for name in chosen],
            freq=freq,
            known=[step for step, _ in steps.most_common() if step is not None],
        )
        spans = dict(zip(chosen, found, strict=True))
    several = times is not None and len(names) > 1
    codes = pd.factorize(times)[0] if several else np.empty(0)
    ends: dict[Any, Any] = {}  # as most series of a panel go on alike
    for i, name in enumerate(names):
        if new[i]:
            continue
        span, rows = before[name], slice(edges[i], edges[i + 1])
        if span is None:
            spans[name] = None
            continue
        n_rows = int(edges[i + 1] - edges[i])
        alike = span.last, id(span.step), n_rows, codes[rows].tobytes()
        if alike not in ends:
            own = None if times is None else times[rows]
            joined: Any = join_spans(span, own, n_rows, called(name))
            ends[alike] = joined.last
        spans[name] = span._replace(last=ends[alike])
    return tuple(spans[name] for name in names)


def called(name: Any) -> str:
    """Return what to call a series in errors."""
    return "X" if name is None else f"X, series {name!r},"
