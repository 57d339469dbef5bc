"""Whether one time index goes on where another ends."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import pandas as pd

__all__ = ["continues", "last_step"]


def last_step(index: Any) -> tuple | None:
    """Return where an index of time ends and the step with which it would go on.

    Parameters
    ----------
    index : Index or ()
        Numbers, dates or periods; empty where there is none.

    Returns
    -------
    last, step : tuple or None
        None where the index is too short, does not increase, or shows no regular step.
    """
    if len(index) < 2 or not (index.is_monotonic_increasing and index.is_unique):
        return None
    step = getattr(index, "freq", None)
    if step is None and isinstance(index, pd.DatetimeIndex) and len(index) > 2:
        name = pd.infer_freq(index)
        step = None if name is None else pd.tseries.frequencies.to_offset(name)
    if step is None:
        try:
            steps = index[1:] - index[:-1]
        except TypeError:
            return None
        step = steps[-1]
        if not all(_is_near(other, step) for other in steps[-REGULAR:]):
            return None
    return index[-1], step


def continues(end: tuple | None, later: pd.Index | tuple) -> bool:
    """Whether an index starts one step after the end of another.

    Parameters
    ----------
    end : tuple or None
        What `last_step` says of the earlier index.
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
    try:
        return bool(_is_near(last + step, later[0]))
    except TypeError:
        return False


REGULAR = 100  # steps at the end of an index that must be alike


def _is_near(one: Any, other: Any) -> bool:
    """Whether two times are the same, but for the rounding of numbers."""
    if isinstance(one, Real) and isinstance(other, Real):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return type(one) is type(other) and one == other
