"""Which states belong to which series, and whether these go on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data.gaps import times_between
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.panels import panel_starts
from skseq.data.places import label_of
from skseq.data.sequences import SequenceArray
from skseq.data.times import plain
from skseq.preprocessing._streams import (
    End,
    end_after,
    ends_alone,
    with_common_step,
)

__all__ = ["Followed", "follow_series"]


class Followed(NamedTuple):
    """What is known of series once their next pieces are."""

    series: dict[Any, tuple]  # (end, n_rows) of each, new ones last
    rows: np.ndarray | None  # of the state, of each piece; None where none has a name
    gaps: np.ndarray | None = None  # from where each ended to its piece; 0 of new ones


def follow_series(
    known: dict[Any, tuple],
    state: list | None,
    X: Any,
    timed: SequenceArray | None = None,
) -> Followed:
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
    timed : SequenceArray or None, default=None
        The same as sequences that know when each row was, where rows may come at any
        time; None expects them at regular ones.

    Returns
    -------
    followed : Followed

    Raises
    ------
    ValueError
        If X does not name its series as earlier calls did, or one twice, or the index
        of a series does not go on where it ended.
    """
    if timed is None:
        listed = _listed(X)
        pieces = listed or _pieces(X)
    else:
        pieces = _timed_pieces(timed)
        listed = [] if timed.instances is not None else pieces
    names = [name for name, _, _ in pieces or ()]
    were_listed = "X[0]" in known
    same = names == list(known) if were_listed else bool(pieces) and not listed
    if known and not same:
        expected = (
            "a DataFrame of two levels, (series, time), or a SequenceArray with "
            "instances"
        )
        if were_listed:
            kind = "listed frames with dates" if timed is None else "sequences"
            expected = f"{len(known)} {kind}"
        raise ValueError(
            f"X does not name its series as the calls before did; give {expected}."
        )
    if not pieces:
        return Followed({}, None)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"X holds several pieces of series {label_of(twice)}; a stream takes one "
            "piece of each series in a call."
        )
    counts = {name: n_rows for name, (_, n_rows) in known.items()}
    before = {name: end for name, (end, _) in known.items()}
    ends, gaps = dict(before), None
    alone = _ends_alone(X, before, pieces, timed)
    for name, index, n_rows in pieces:
        n_before = counts.get(name, 0)
        called = name if listed else f"series {label_of(name)} of X"
        ends[name] = end_after(
            ends.get(name), n_before, index, n_rows, called, alone.get(name)
        )
        counts[name] = n_before + int(n_rows)
    if timed is None:
        ends = with_common_step(ends)
    else:
        ends = {name: end and (end[0], None) for name, end in ends.items()}
        gaps = np.array([_gap(before.get(name), index) for name, index, _ in pieces])
    series = {name: (ends[name], counts[name]) for name in ends}
    if listed:
        return Followed(series, None, gaps)
    if not known and state is not None:  # a state without names is of these series
        return Followed(series, np.arange(len(names)), gaps)
    position = {name: i for i, name in enumerate(series)}
    return Followed(series, np.array([position[name] for name in names]), gaps)


def _ends_alone(
    X: Any, ends: dict[Any, End], pieces: list, timed: SequenceArray | None
) -> dict[Any, End]:
    """Return where new series end, and with which step if they are to have one."""
    if timed is not None:
        return {
            name: (plain(index[-1]), None) for name, index, n_rows in pieces if n_rows
        }
    return ends_alone(X.index, ends) if is_panel(X) else {}


def _gap(end: End, index: pd.Index) -> float:
    """Return how long after the end of a series a piece of it begins."""
    if end is None or not len(index):
        return 0.0
    return float(times_between(pd.Index([end[0], index[0]]))[0])


def _timed_pieces(sequences: SequenceArray) -> list[tuple[Any, pd.Index, int]]:
    """Return what `_pieces` does; what has no name is called by its position."""
    names: Any = sequences.instances
    if names is None:
        names = [f"X[{i}]" for i in range(len(sequences))]
    times: Any = sequences.times
    parts = zip(names, sequences.starts, sequences.lengths, strict=True)
    return [(name, times[start : start + n], int(n)) for name, start, n in parts]


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
