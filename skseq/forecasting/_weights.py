"""How much each row of a table counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from skseq._showing import naming
from skseq.data.foreign import check_container

__all__ = ["read_weights"]


@naming("sample_weight")
def read_weights(sample_weight: Any, X: Any, y: Any) -> np.ndarray | None:
    """Return what each row counts, None if all count alike.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,), float or None
        What a user gave.
    X, y : array-like, Series or DataFrame of n_rows rows
        What it belongs to; y may be None.

    Raises
    ------
    ValueError
        If it has another length or index, or a weight is negative, NaN or infinite, or
        none is more than zero.
    """
    if sample_weight is None:
        return None
    check_container(sample_weight, "sample_weight")
    indexed: Any = next((part for part in (y, X) if hasattr(part, "iloc")), None)
    weights = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    is_named = hasattr(sample_weight, "iloc") and indexed is not None
    if is_named and not sample_weight.index.equals(indexed.index):
        raise ValueError(
            "sample_weight has another index than the rows; it must have one weight "
            "per row, in the same order."
        )
    if not weights.any():
        raise ValueError("sample_weight is zero for every row.")
    return None if (weights == weights[0]).all() else weights / weights.max()
