"""Whether one time index goes on where another ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from skseq.data.times import (
    as_times,
    distances,
    first_wrong,
    following,
    plain,
    steps_of,
)

__all__ = ["continues", "ends_of", "last_step"]

REGULAR = 100  # steps at the end of an index that must be alike


def ends_of(
    times: pd.Index | None, edges: np.ndarray, known: Sequence = ()
) -> list[tuple | None]:
    """Return where the index of each series ends and the step with which it goes on.

    Parameters
    ----------
    times : Index of n_rows entries or None
        Of all series; None where there is no index.
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts, and n_rows.
    known : sequence of steps, default=()
        Steps of other series, which short ones are believed to share.

    Returns
    -------
    ends : list of n_series (last, step) or None
        None where an index is too short, does not increase, or shows no regular step.
    """
    ends: list[tuple | None] = [None] * (len(edges) - 1)
    found = None if times is None else as_times(times)
    if found is None or found.hasnans:
        return ends
    starts, stops = edges[:-1], edges[1:]
    starts = np.maximum(starts, stops - REGULAR - 1)
    falls = np.append(True, distances(found) <= 0)
    falls[edges[:-1]] = False
    grows = [not falls[edges[i] : stop].any() for i, stop in enumerate(stops)]
    chosen = np.flatnonzero(grows)
    lengths = (stops - starts)[chosen]
    rows = [np.arange(starts[i], stops[i]) for i in chosen]
    if not rows:
        return ends
    tails = found[np.concatenate(rows)] if len(edges) > 2 else found[starts[0] :]
    steps = steps_of(tails, np.append(0, np.cumsum(lengths)), known)
    for i, step in zip(chosen, steps, strict=True):
        if step is not None:
            ends[i] = (plain(found[stops[i] - 1]), step)
    return ends


def last_step(index: pd.Index) -> tuple | None:
    """Return what `ends_of` says of one index."""
    return ends_of(index, np.array([0, len(index)]))[0]


def continues(end: tuple | None, later: pd.Index | tuple) -> bool:
    """Whether an index starts one step after the end of another.

    Parameters
    ----------
    end : tuple or None
        What `ends_of` says of the earlier index.
    later : Index or ()
        The later index.

    Returns
    -------
    continues : bool
        False where it cannot be known.
    """
    if end is None or len(later) == 0:
        return False
    last, step = end
    return first_wrong(following(last, step, 1), later[:1], step) is None
