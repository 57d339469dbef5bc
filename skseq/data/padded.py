"""Sequences of unequal lengths as one array."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from skseq._showing import shown
from skseq.parameters import is_positive_integer

if TYPE_CHECKING:
    from skseq.data.sequences import SequenceArray

__all__ = ["padded"]


def padded(
    sequences: SequenceArray,
    value: float,
    *,
    length: int | None,
    padding: str,
    truncating: str,
) -> np.ndarray:
    """Return one array of sequences, as `SequenceArray.to_padded` says."""
    if not isinstance(value, Real):
        raise ValueError(f"value must be a number, got {shown(value)}.")
    if length is not None and not is_positive_integer(length):
        raise ValueError(f"length must be a positive integer, got {length!r}.")
    for name, side in (("padding", padding), ("truncating", truncating)):
        if not (isinstance(side, str) and side in ("post", "pre")):
            raise ValueError(f"{name} must be 'post' or 'pre', got {shown(side)}.")
    if length is None:
        length = sequences.lengths.max(initial=0)
    kept = np.minimum(sequences.lengths, length)[:, None]
    offsets = np.arange(length) - (length - kept if padding == "pre" else 0)
    real = (offsets >= 0) & (offsets < kept)  # (n_samples, length)
    first = sequences.starts[:, None]
    if truncating == "pre":
        first = first + sequences.lengths[:, None] - kept
    X = sequences.values[np.where(real, first + offsets, 0)]
    X = X.astype(np.result_type(X, np.min_scalar_type(value)), copy=False)
    X[~real] = value
    return X
