"""Whether one time index goes on where another ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["continues"]


def continues(earlier: pd.Index | tuple, later: pd.Index | tuple) -> bool:
    """Whether `later` starts one step after the end of `earlier`.

    The step is the frequency of the index, if it has one, else the distance of the
    last two entries of `earlier`.

    Parameters
    ----------
    earlier, later : Index or ()
        Indices of time: numbers, dates or periods; empty where there is none.

    Returns
    -------
    continues : bool
        False where it cannot be known.
    """
    if len(earlier) == 0 or len(later) == 0:
        return False
    if type(earlier[-1]) is not type(later[0]):
        return False
    step = getattr(earlier, "freq", None)
    try:
        if step is None:
            if len(earlier) < 2:
                return False
            step = earlier[-1] - earlier[-2]
        return bool(earlier[-1] + step == later[0])
    except TypeError:
        return False
