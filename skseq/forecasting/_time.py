"""The spans of time that series cover, and how they go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data.times import (
    as_times,
    describe_gap,
    distances,
    first_wrong,
    plain,
    read_freq,
    steps_of,
    steps_until,
)
from skseq.data.times import following as entries_after

__all__ = ["Span", "following", "join_spans", "number_of", "spans_of"]

BY_TIME = (
    " For a back-test, skseq.model_selection.PanelTimeSeriesSplit cuts all series of a "
    "panel at the same times."
)


class Span(NamedTuple):
    """The first and the last entry of a regular index, and the step to the next."""

    first: Any
    last: Any
    step: Any


def spans_of(
    index: pd.Index,
    edges: np.ndarray,
    names: Sequence[str],
    *,
    freq: Any = None,
    known: Sequence = (),
) -> list[Span]:
    """Return where the index of each series starts and ends, and how it goes on.

    Parameters
    ----------
    index : Index of n_rows entries
        Numbers, dates, periods or time spans.
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts, and n_rows.
    names : sequence of n_series str
        What to call the series in errors.
    freq : str, DateOffset or None, default=None
        The step of all of them; None finds it.
    known : sequence of steps, default=()
        Steps of other series, which short ones are believed to share.

    Returns
    -------
    spans : list of n_series Span
        A step is None where a single row shows none.

    Raises
    ------
    ValueError
        If an index is of another kind, does not increase, has a gap, or is not made
        by `freq`.
    """
    times = _check_kind(index, names[0])
    _check_order(times, edges, names)
    offset = read_freq(freq)
    if offset is not None:
        if times.dtype.kind in "iuf":
            raise ValueError(
                f"freq={freq!r} is for dates, but the index of {names[0]} has the type "
                f"{index.dtype}."
            )
        known = [offset]
    spans = []
    for i, step in enumerate(steps_of(times, edges, known)):
        own = times[edges[i] : edges[i + 1]]
        is_made = step is not None or len(own) == 1
        if not is_made or (offset is not None and step != offset):
            raise ValueError(_describe(own, edges[i], names[i], offset, freq))
        spans.append(Span(plain(own[0]), plain(own[-1]), step))
    return spans


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
    if span.step is None:
        raise ValueError(
            f"The only row known so far, {span.last!s}, does not say how its index "
            "goes on; give it a frequency, or name one with the parameter freq."
        )
    return entries_after(span.last, span.step, n_steps)


def number_of(span: Span) -> int:
    """Return which step of its calendar the first entry of an index is.

    Equal times have equal numbers in all indices of the same step.

    Parameters
    ----------
    span : Span
        The first entry and the step; without a step it is 0.
    """
    return 0 if span.step is None else steps_until(span.first, span.step)


def join_spans(
    before: Span | None, times: pd.Index | None, n_rows: int, name: str
) -> Span | None:
    """Return the span of an index and of later rows, which must follow it.

    Parameters
    ----------
    before : Span or None
        Where it ends; None if there is no index.
    times : Index of n_rows entries or None
        The index of the later rows. Rows without one are believed to follow.
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
        If a row of the later ones has another time than is due.
    """
    if before is None:
        return None
    due = following(before, n_rows)
    row = first_wrong(due, times, before.step)
    if times is not None and row is not None:
        irregular = " is not regular: it" if row else ""
        raise ValueError(
            f"The index of {name}{irregular} has {times[row]!s} where {due[row]!s} is "
            "expected: "
            f"the {n_rows} rows must follow {before.last!s}, the last one known."
            + (BY_TIME if "series" in name else "")
        )
    return before._replace(last=plain(due[-1]))


def _check_kind(index: pd.Index, name: str) -> pd.Index:
    times = as_times(index)
    if times is None:
        texts = ", as pd.to_datetime makes them of texts"
        raise ValueError(
            f"The index of {name} has the type {index.dtype}; expected numbers, dates "
            "or periods in the order of time"
            f"{texts if pd.api.types.infer_dtype(index) == 'string' else ''}."
        )
    if times.hasnans:
        raise ValueError(f"The index of {name} holds missing values.")
    return times


def _check_order(times: pd.Index, edges: np.ndarray, names: Sequence[str]) -> None:
    falls = distances(times) <= 0
    falls[edges[1:-1] - 1] = False  # from one series to the next
    if falls.any():
        i = int(np.argmax(falls))
        series = int(np.searchsorted(edges, i, side="right")) - 1
        advice = ""
        if len(names) == 1:
            advice = " Of several series it has two levels, (series, time)."
        raise ValueError(
            f"The index of {names[series]} must increase, but {times[i + 1]!s} follows "
            f"{times[i]!s} at row {i + 1}.{advice}"
        )


def _describe(
    times: pd.Index, first_row: int, name: str, offset: Any, freq: Any
) -> str:
    """Say which row of an index is not where it should be."""
    row, step = describe_gap(times, offset)
    where = f"row {first_row + row}, {times[row]!s}"
    where += f", follows {times[row - 1]!s}" if row else " is not one of its dates"
    if offset is not None:
        return f"The index of {name} is not that of freq={freq!r}: {where}."
    return (
        f"The index of {name} is not regular: {where}, while most rows are {step} "
        "apart. Reindex it first, say with the parameter freq how it goes on, such as "
        "a pandas offset with holidays, or number the rows if they are to count as "
        "regular."
    )
