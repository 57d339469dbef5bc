"""Which states belong to which series, and whether these go on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from skseq.data.panels import panel_starts
from skseq.data.places import label_of
from skseq.data.sequences import SequenceArray
from skseq.data.validation import is_list_of_sequences, is_panel
from skseq.preprocessing._streams import end_after, ends_alone, with_common_step

__all__ = ["follow_series"]


def follow_series(
    known: dict[Any, tuple], state: list | None, X: Any
) -> tuple[dict[Any, tuple], np.ndarray | None]:
    """Return the series known after X, and which of them X holds.

    Parameters
    ----------
    known : dict by series of (end, n_rows)
        Where each series ended and how many rows of it came, in the order of the rows
        of `state`. Empty before the first call, and where series have no names; frames
        in a list are called by their positions.
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
        If X does not name its series as earlier calls did, or one twice, or the index
        of a series does not go on where it ended.
    """
    listed = _listed(X)
    pieces = listed or _pieces(X)
    names = [name for name, _, _ in pieces or ()]
    were_listed = "X[0]" in known
    same = names == list(known) if were_listed else bool(pieces) and not listed
    if known and not same:
        expected = (
            "a DataFrame of two levels, (series, time), or a SequenceArray with "
            "instances"
        )
        if were_listed:
            expected = f"{len(known)} listed frames with dates"
        raise ValueError(
            f"X does not name its series as the calls before did; give {expected}."
        )
    if not pieces:
        return {}, None
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
        called = name if listed else f"series {label_of(name)} of X"
        ends[name] = end_after(
            ends.get(name), before, index, n_rows, called, alone.get(name)
        )
        counts[name] = before + int(n_rows)
    ends = with_common_step(ends)
    series = {name: (ends[name], counts[name]) for name in ends}
    if listed:
        return series, None
    if not known and state is not None:  # a state without names is of these series
        return series, np.arange(len(names))
    position = {name: i for i, name in enumerate(series)}
    return series, np.array([position[name] for name in names])


def _listed(X: Any) -> list[tuple[Any, Any, int]]:
    """Return what `_pieces` does of frames with dates that are listed."""
    if not is_list_of_sequences(X):
        return []
    indices: list[Any] = [getattr(part, "index", None) for part in X]
    if not all(hasattr(index, "asi8") for index in indices):
        return []
    return [(f"X[{i}]", index, len(index)) for i, index in enumerate(indices)]


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
