"""What streams carry beside the states of layers: which values were seen last."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch

from skseq.networks import Inputs

__all__ = ["Carried", "check_seen", "seen_before", "with_rows"]

Carried: TypeAlias = tuple[np.ndarray, ...]  # arrays (n_series, ...)


def seen_before(embedding: Any, seen: Carried | None, n_series: int) -> Carried:
    """Return what was seen of series, of new ones nothing.

    Parameters
    ----------
    embedding : nn.Module
        What reads steps. Only of `Inputs` anything is carried.
    seen : tuple of ndarray or None
        What was returned before, and written to since: of the first series.
    n_series : int
        How many there are now.

    Returns
    -------
    seen : tuple of two ndarrays (n_series, n_views * n_values) and (n_series, n_values)
        The last values, on the network's scale, and the time since they were seen.
        There are no columns where no value can be missing.
    """
    values, waited = _unseen(embedding, n_series)
    if seen is not None:
        values[: len(seen[0])], waited[: len(seen[1])] = seen
    return values, waited


def check_seen(embedding: Any, seen: Carried | None, n_series: int) -> None:
    """Refuse what was not seen by such a network.

    Parameters
    ----------
    embedding, seen, n_series
        As in `seen_before`.

    Raises
    ------
    ValueError
        If so.
    """
    if seen is None:
        return
    found = [part.shape for part in seen]
    expected = [part.shape for part in _unseen(embedding, n_series)]
    if found != expected or not all(np.isfinite(part).all() for part in seen):
        raise ValueError(
            f"What was seen last has the shapes {found}, or is not finite; expected "
            f"{expected}."
        )


def with_rows(kept: list[Carried], rows: np.ndarray, now: list[Carried]) -> list:
    """Return what is carried with other rows for some series."""
    for parts, new_parts in zip(kept, now, strict=True):
        for part, new in zip(parts, new_parts, strict=True):
            part[rows] = new
    return kept


def _unseen(embedding: Any, n_series: int) -> Carried:
    """Return what is carried of series of which nothing was seen."""
    if not isinstance(embedding, Inputs):
        return np.zeros((n_series, 0)), np.zeros((n_series, 0))
    start = embedding.start(torch.zeros(n_series, 1, dtype=torch.float64))
    return start.values.numpy().copy(), start.waited.numpy()
