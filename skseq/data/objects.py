"""Arrays of objects, whatever these are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["object_array"]


def object_array(items: Sequence[Any] | np.ndarray) -> np.ndarray:
    """Return an array of shape (n,); NumPy's own would go into items of one length."""
    objects = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        objects[i] = item
    return objects
