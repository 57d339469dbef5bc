"""Time series one below the other, with the part that every column plays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from skseq.forecasting._time import End, end_of, following
from skseq.sequences import panel_starts

__all__ = ["Columns", "Table", "check_continues", "ends_of", "split_series"]


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
    values : ndarray of shape (n_rows, n_columns)
        Targets, past covariates, those known ahead, static ones.
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts, and the number of rows.
    names : tuple
        What the series are called; (None,) if there is just one.
    firsts : tuple
        The first entry of each index; None if there is no index.
    ends : tuple of End or None
        Where each index ends; None if there is no index.
    """

    values: np.ndarray
    edges: np.ndarray
    names: tuple
    firsts: tuple
    ends: tuple[End | None, ...]

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each series."""
        return np.diff(self.edges)

    def series(self) -> list[np.ndarray]:
        """Return the rows of each series."""
        return [self.values[start:stop] for start, stop in pairwise(self.edges)]

    def tail(self, n_rows: int) -> Table:
        """Return a copy of the last rows of each series."""
        return self.with_series([rows[-n_rows:] for rows in self.series()])

    def with_series(self, series: list[np.ndarray]) -> Table:
        """Return a table of the same series with other rows."""
        edges = np.cumsum([0, *map(len, series)])
        return replace(self, values=np.concatenate(series), edges=edges)

    def select(self, names: tuple) -> Table:
        """Return some of the series, in this order."""
        at = [self.names.index(name) for name in names]
        firsts, ends = (tuple(part[i] for i in at) for part in (self.firsts, self.ends))
        table = replace(self, names=tuple(names), firsts=firsts, ends=ends)
        series = self.series()
        return table.with_series([series[i] for i in at])

    def extended(self, later: Table) -> Table:
        """Return these series with the rows that follow, then series that are new.

        Raises
        ------
        ValueError
            If rows do not start where the index of their series ended.
        """
        series, firsts, ends = (
            dict(zip(self.names, part, strict=True))
            for part in (self.series(), self.firsts, self.ends)
        )
        parts = zip(later.names, later.series(), later.firsts, later.ends, strict=True)
        for name, rows, first, end in parts:
            before = ends.get(name)
            if before is None:
                ends[name] = end
            else:
                last = check_continues(before, first, end, len(rows), name)
                ends[name] = before._replace(last=last)
            series[name] = np.concatenate([series.get(name, rows[:0]), rows])
            firsts.setdefault(name, first)
        table = replace(
            self,
            names=tuple(series),
            firsts=tuple(firsts.values()),
            ends=tuple(ends.values()),
        )
        return table.with_series(list(series.values()))

    def starts(self, length: int, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the first rows of the windows within [first, last) of each series."""
        return np.concatenate(
            [
                edge + np.arange(low, max(low, high - length + 1))
                for edge, low, high in zip(self.edges[:-1], first, last, strict=True)
            ]
        )


def split_series(frame: Any, name: str) -> tuple[np.ndarray, tuple, tuple]:
    """Return where the series in a table start, their names and their times.

    Parameters
    ----------
    frame : array, Series or DataFrame
        Rows in the order of time; a 2-level index (series, time) holds several.
    name : str
        What to call the table in errors.

    Returns
    -------
    edges, names, indices : ndarray, tuple, tuple
        An index is None in an array.
    """
    n_rows = len(frame)
    if not hasattr(frame, "iloc"):
        return np.array([0, n_rows]), (None,), (None,)
    if frame.index.nlevels == 1:
        return np.array([0, n_rows]), (None,), (frame.index,)
    if frame.index.nlevels > 2:
        raise ValueError(
            f"{name} has an index of {frame.index.nlevels} levels; expected one, or "
            "two (series, time)."
        )
    edges = np.append(panel_starts(frame.index), n_rows)
    names = tuple(frame.index.get_level_values(0)[edges[:-1]])
    times = frame.index.get_level_values(1)
    return edges, names, tuple(times[start:stop] for start, stop in pairwise(edges))


def ends_of(names: tuple, indices: tuple) -> tuple[End | None, ...]:
    """Return where the index of each series ends; irregular ones are an error."""
    return tuple(
        None if index is None else end_of(index, _called(name))
        for name, index in zip(names, indices, strict=True)
    )


def check_continues(
    before: End, first: Any, end: End | None, n_rows: int, name: Any
) -> Any:
    """Raise unless rows are those right after the end of an index.

    Returns the time of the last of them. Rows without an index are believed.
    """
    expected = following(before, n_rows)
    if end is None:
        return expected[-1]
    for time, due in ((first, expected[0]), (end.last, expected[-1])):
        try:
            continues = time == due or np.isclose(time, due)
        except TypeError:
            continues = False
        if not continues:
            raise ValueError(
                f"The index of {_called(name)} has {time!s} where {due!s} is expected: "
                f"the {n_rows} rows must follow {before.last!s}, the last one known."
            )
    return expected[-1]


def _called(name: Any) -> str:
    return "X" if name is None else f"X, series {name!r},"
