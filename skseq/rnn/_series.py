"""Which states belong to which series, and whether these go on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from skseq._places import label_of
from skseq._validation import is_panel
from skseq.panels import panel_starts
from skseq.preprocessing._streams import end_after, ends_alone, with_common_step
from skseq.sequences import SequenceArray

__all__ = ["follow_series"]


def follow_series(
    known: dict[Any, tuple], state: list | None, X: Any
) -> tuple[dict[Any, tuple], np.ndarray | None]:
    """Return the series known after X, and which of them X holds.

    Parameters
    ----------
    known : dict by series of (end, n_rows)
        Where each series ended and how many rows of it came, in the order of the rows
        of `state`. Empty before the first call, and where series have no names.
    state : list or None
        The state so far, None before the first call.
    X : array-like, DataFrame, list of arrays or SequenceArray
        What comes next.

    Returns
    -------
    series : dict by series of (end, n_rows)
        As `known`, new series last.
    rows : ndarray of int or None
        Row of the state that belongs to each sequence; None where they have no names.

    Raises
    ------
    ValueError
        If X names no series, but earlier calls did, or one twice, or the index of a
        series does not go on where it ended.
    """
    pieces = _pieces(X)
    if pieces is None:
        if known:
            raise ValueError(
                "X does not name its series as the calls before did; give a DataFrame "
                "of two levels, (series, time), or a SequenceArray with instances."
            )
        return {}, None
    names = [name for name, _, _ in pieces]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"X holds several pieces of series {label_of(twice)}; a stream takes one "
            "piece of each series in a call."
        )
    ends = {name: end for name, (end, _) in known.items()}
    counts = {name: n_rows for name, (_, n_rows) in known.items()}
    alone = ends_alone(X.index, ends) if is_panel(X) else {}
    for name, index, n_rows in pieces:
        before = counts.get(name, 0)
        called = f"series {label_of(name)} of X"
        ends[name] = end_after(
            ends.get(name), before, index, n_rows, called, alone.get(name)
        )
        counts[name] = before + int(n_rows)
    ends = with_common_step(ends)
    series = {name: (ends[name], counts[name]) for name in ends}
    if not known and state is not None:  # a state without names is of these series
        return series, np.arange(len(names))
    position = {name: i for i, name in enumerate(series)}
    return series, np.array([position[name] for name in names])


def _pieces(X: Any) -> list[tuple[Any, Any, int]] | None:
    """Return (name, index of time or (), number of rows) of each sequence, if named."""
    if is_panel(X):
        names, times = (X.index.get_level_values(level) for level in (0, 1))
        edges = pairwise([*panel_starts(X.index), len(X)])
        return [
            (names[start], times[start:stop], stop - start) for start, stop in edges
        ]
    if isinstance(X, SequenceArray) and X.instances is not None:
        return [
            (name, (), int(n)) for name, n in zip(X.instances, X.lengths, strict=True)
        ]
    return None
