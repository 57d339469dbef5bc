"""Regular time indices: where they end, and how they go on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

__all__ = ["End", "end_of", "following"]


class End(NamedTuple):
    """The last entry of a regular index, and the step to the next."""

    last: Any
    step: Any


def end_of(index: pd.Index, name: str) -> End:
    """Return where a regular index of time ends.

    Parameters
    ----------
    index : Index
        Numbers, dates or periods.
    name : str
        What to call it in errors.

    Returns
    -------
    end : End

    Raises
    ------
    ValueError
        If it is of another kind, does not increase, or has a gap.
    """
    numbers = _as_numbers(index, name)
    steps = np.diff(numbers)
    if len(steps) and steps.min() <= 0:
        i = int(np.argmax(steps <= 0))
        raise ValueError(
            f"The index of {name} must increase, but {index[i + 1]!s} follows "
            f"{index[i]!s} at row {i + 1}."
        )
    if isinstance(index, pd.DatetimeIndex):
        step = index.freq or (pd.infer_freq(index) if len(index) > 2 else None)
        if step is not None:
            return End(index[-1], pd.tseries.frequencies.to_offset(step))
    if len(steps):
        usual = np.median(steps)
        odd = ~np.isclose(steps, usual, rtol=1e-6, atol=0)
        if odd.any():
            i = int(np.argmax(odd))
            raise ValueError(
                f"The index of {name} is not regular: row {i + 1}, {index[i + 1]!s}, "
                f"follows {index[i]!s}, while most rows are "
                f"{_describe(index, usual)} apart. Reindex it first."
            )
        return End(index[-1], index[-1] - index[-2])
    return End(index[-1], index.freq if isinstance(index, pd.PeriodIndex) else 1)


def following(end: End, n_steps: int) -> pd.Index:
    """Return the entries that follow the end of an index.

    Parameters
    ----------
    end : End
        Where the index ends.
    n_steps : int
        How many entries to return.

    Returns
    -------
    index : Index of n_steps entries
    """
    last, step = end
    later = [last + step * i for i in range(1, n_steps + 1)]
    if isinstance(last, pd.Timestamp):
        return pd.DatetimeIndex(later, freq="infer" if n_steps > 2 else None)
    return pd.Index(later)


def _as_numbers(index: pd.Index, name: str) -> np.ndarray:
    """Return numbers in the order and at the distances of an index."""
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        numbers = index.asi8
    elif pd.api.types.is_numeric_dtype(index.dtype):
        numbers = index.to_numpy(dtype=float)
    else:
        raise ValueError(
            f"The index of {name} has the type {index.dtype}; expected numbers, dates "
            "or periods in the order of time."
        )
    if index.hasnans:
        raise ValueError(f"The index of {name} holds missing values.")
    return numbers


def _describe(index: pd.Index, step: float) -> str:
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return str(pd.Timedelta(step, unit=getattr(index, "unit", "ns")))
    return f"{step:g}"
