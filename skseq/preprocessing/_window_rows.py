"""Rows of numbers and categories, of which windows are cut."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data.categories import (
    Categories,
    EncodedTable,
    encode_column,
    encode_table,
    extended,
    recode,
    were_no_numbers,
)
from skseq.data.foreign import is_frame
from skseq.data.frames import as_pandas
from skseq.data.kinds import numbers_of
from skseq.data.numerals import numbers_read
from skseq.data.places import SET_MASK, check_finite_rows, label_of

__all__ = ["Rows", "check_rows_finite", "encode_rows"]


class Rows(NamedTuple):
    """A table that can be read as numbers, some of which say which category it is."""

    table: Any
    categories: Categories | None  # None where all are numbers


def encode_rows(X: Any, known: Categories | None, *, is_first: bool) -> Rows:
    """Return categories in a frame as positions among those that are known.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_rows, n_columns)
        The rows.
    known : tuple of Index or None
        The categories of each column in earlier rows.
    is_first : bool
        Whether there were no earlier rows. Else, new categories follow those known, so
        that positions mean the same in all rows.

    Returns
    -------
    rows : Rows
        Anything else than a frame with categories is as it was given.

    Raises
    ------
    ValueError
        If a column holds categories that held numbers before, or the other way round,
        or texts most of which are numbers.
    """
    if not (isinstance(X, pd.DataFrame) or is_frame(X)):
        return Rows(X, None)
    frame = as_pandas(X, "X")
    encoded = encode_table(frame)
    if encoded is None and known is not None:  # numbers, where there were categories
        found = (numbers_of(column) for _, column in frame.items())
        numbers = [part for part in found if part is not None]
        if numbers and len(numbers) == frame.shape[1]:
            encoded = EncodedTable(np.column_stack(numbers), (None,) * len(numbers))
    if encoded is None:
        return Rows(X, known)
    earlier = (*(known or ()), *(None,) * frame.shape[1])[: frame.shape[1]]
    but = [i for i, before in enumerate(earlier) if before is not None]
    values, now = numbers_read(encoded, frame.columns, "X", but)
    categories = list(now)
    for i, (own, before) in enumerate(zip(now, earlier, strict=True)):
        if is_first or own is before is None:
            continue
        name = f"Column {label_of(frame.columns[i])} of X"
        if before is None:
            raise ValueError(f"{name} holds categories, but held numbers in fit.")
        if own is None and were_no_numbers(before) and not np.isnan(values[:, i]).all():
            raise ValueError(f"{name} holds numbers, but held categories in fit.")
        if own is None:
            values[:, i], own = encode_column(pd.Series(values[:, i]))
        categories[i] = extended(before, own)
        positions = recode(values[:, i], own, categories[i])
        values[:, i] = np.where(positions < 0, np.nan, positions)
    are_numbers = all(known is None for known in categories)
    table = pd.DataFrame(values, frame.index, frame.columns)
    return Rows(table, None if are_numbers else tuple(categories))


def check_rows_finite(
    values: np.ndarray,
    given: Any,
    categories: Categories | None,
    missing: str | None,
) -> None:
    """Refuse infinity, and NaN unless it may stand for what is missing.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The rows.
    given : object
        What they were made of, which names the place of the first.
    categories : tuple of Index or None
        Those of each column; of categories, any may be missing.
    missing : {"error", "mask"} or None
        Whether numbers may be; None: they cannot.

    Raises
    ------
    ValueError
        If there is one.
    """
    if np.isfinite(np.sum(values)):  # no copy
        return
    allowed = np.isnan(values)
    hint = ""
    if missing != "mask":
        hint = SET_MASK if missing == "error" else ""
        allowed &= np.array([c is not None for c in categories or ()] or [False])
    check_finite_rows(np.where(allowed, 0, values), given, "X", hint=hint)
