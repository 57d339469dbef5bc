"""Regular time indices: where they start and end, and how they go on."""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

__all__ = ["Span", "following", "join_spans", "span_of"]


class Span(NamedTuple):
    """The first and the last entry of a regular index, and the step to the next."""

    first: Any
    last: Any
    step: Any


def span_of(index: pd.Index, name: str) -> Span:
    """Return where a regular index of time starts and ends.

    Parameters
    ----------
    index : Index
        Numbers, dates or periods.
    name : str
        What to call it in errors.

    Returns
    -------
    span : Span
        Its step is None where a single row shows none.

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
    first, last, step = index[0], index[-1], getattr(index, "freq", None)
    if isinstance(index, pd.DatetimeIndex):
        name_of_step = pd.infer_freq(index) if step is None and len(index) > 2 else step
        if name_of_step is not None:
            step = pd.tseries.frequencies.to_offset(name_of_step)
            return Span(first, last, step)
    if len(steps):
        usual = np.median(steps)
        odd = ~np.isclose(steps, usual, rtol=1e-6, atol=0)
        if odd.any():
            i = int(np.argmax(odd))
            raise ValueError(
                f"The index of {name} is not regular: row {i + 1}, {index[i + 1]!s}, "
                f"follows {index[i]!s}, while most rows are "
                f"{_describe(index, usual)} apart. Reindex it first, or number the "
                "rows if they are to count as regular."
            )
        step = index[-1] - index[-2]
    return Span(first, last, step)


def following(span: Span, n_steps: int) -> pd.Index:
    """Return the entries that follow an index.

    Parameters
    ----------
    span : Span
        Where the index ends, and its step.
    n_steps : int
        How many entries to return.

    Returns
    -------
    index : Index of n_steps entries

    Raises
    ------
    ValueError
        If the step is unknown.
    """
    _, last, step = span
    if step is None:
        raise ValueError(
            f"The only row known so far, {last!s}, does not say how its index goes on; "
            "give it a frequency."
        )
    later = [last + step * i for i in range(1, n_steps + 1)]
    if isinstance(last, pd.Timestamp):
        return pd.DatetimeIndex(later, freq=step if n_steps > 0 else None)
    return pd.Index(later)


def join_spans(
    before: Span | None, later: Span | None, n_rows: int, name: str
) -> Span | None:
    """Return the span of an index and of later rows, which must follow it.

    Parameters
    ----------
    before, later : Span or None
        Rows without an index are believed to follow.
    n_rows : int
        Number of later rows.
    name : str
        What to call them in errors.

    Returns
    -------
    span : Span or None
        None if there was no index before.

    Raises
    ------
    ValueError
        If the later rows start or end elsewhere.
    """
    if before is None:
        return None
    expected = following(before, n_rows)
    if later is not None:
        for time, due in ((later.first, expected[0]), (later.last, expected[-1])):
            if not _is_same(time, due, before.step):
                raise ValueError(
                    f"The index of {name} has {time!s} where {due!s} is expected: the "
                    f"{n_rows} rows must follow {before.last!s}, the last one known."
                )
        return before._replace(last=later.last)
    return before._replace(last=expected[-1])


def _is_same(time: Any, due: Any, step: Any) -> bool:
    """Whether two times are the same, but for the rounding of numbers."""
    if isinstance(time, Real) and isinstance(due, Real):
        return abs(time - due) <= 1e-6 * abs(step)
    return type(time) is type(due) and time == due


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
