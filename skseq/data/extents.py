"""Where sequences start in a table, how long they are, and what is wrong of that."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq._showing import shown
from skseq.parameters import is_positive_integer

__all__ = ["check_extents"]


def check_extents(
    starts: Any, lengths: Any, window_length: Any, n_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return where sequences start and how long they are.

    Parameters
    ----------
    starts, lengths : array-like of int of shape (n_samples,)
        First row and number of rows of each sequence.
    window_length : int or None
        Number of rows of a complete window, if the sequences are windows.
    n_steps : int
        Number of rows of the table.

    Returns
    -------
    starts, lengths : ndarray of int of shape (n_samples,)

    Raises
    ------
    ValueError
        If they are no such numbers, a sequence is empty, longer than a window or
        reaches outside of the table.
    """
    starts = _as_integers("starts", starts)
    lengths = _as_integers("lengths", lengths)
    if starts.ndim != 1 or starts.shape != lengths.shape:
        raise ValueError(
            "starts and lengths must be vectors of equal length, "
            f"got shapes {starts.shape} and {lengths.shape}."
        )
    if window_length is not None and not is_positive_integer(window_length):
        raise ValueError(
            f"window_length must be a positive integer, got {shown(window_length)}."
        )
    if window_length is not None and (lengths > window_length).any():
        raise ValueError(
            f"Sequence {np.argmax(lengths)} has length {lengths.max()}, more than "
            f"window_length={window_length}."
        )
    if (lengths < (0 if window_length else 1)).any():
        raise ValueError(
            f"Sequence {np.argmin(lengths)} has length {lengths.min()}; "
            "every sequence must have at least one time step."
        )
    outside = (starts < 0) | (starts > n_steps - lengths)
    if outside.any():
        i = int(np.argmax(outside))
        raise ValueError(
            f"Sequence {i} covers the rows {starts[i]} to "
            f"{int(starts[i]) + int(lengths[i]) - 1}, but values has "
            f"{n_steps} rows."
        )
    return starts, lengths


def _as_integers(name: str, values: Any) -> np.ndarray:
    """Return a vector of row numbers."""
    values = np.asarray(values)
    if values.size and values.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold integers, got values of {values.dtype}.")
    return values.astype(np.intp)
