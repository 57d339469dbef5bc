"""How errors show values that may be anything."""

from __future__ import annotations

from typing import Any

__all__ = ["shown"]

MOST = 80  # characters


def shown(value: Any) -> str:
    """Return what a value looks like, on one line and not too long.

    Parameters
    ----------
    value : object
        Such as an estimator or a table, which print themselves in several lines.

    Returns
    -------
    text : str

    Examples
    --------
    >>> import numpy as np
    >>> from skseq._showing import shown
    >>> shown(np.eye(2))
    'array([[1., 0.], [0., 1.]])'
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"
