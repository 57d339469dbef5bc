"""Rows of numbers and categories, of which windows are cut."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.data.categories import Categories, encode_table, recode
from skseq.data.foreign import is_frame
from skseq.data.frames import as_pandas
from skseq.data.numerals import numbers_of_texts
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
        If a column holds categories that held numbers before, or texts most of which
        are numbers.
    """
    if not (isinstance(X, pd.DataFrame) or is_frame(X)):
        return Rows(X, None)
    frame = as_pandas(X, "X")
    encoded = encode_table(frame)
    if encoded is None and known is not None:  # numbers, where there were categories
        encoded = encode_table(frame.astype("category"))
    if encoded is None:
        return Rows(X, known)
    values, categories = encoded.values, list(encoded.categories)
    for i, own in enumerate(encoded.categories):
        before = None if known is None or i >= len(known) else known[i]
        if own is None and before is None:
            continue
        numbers = _numbers(frame, i, own) if before is None else None
        if numbers is not None:
            there = ~np.isnan(values[:, i])
            values[there, i] = numbers[values[there, i].astype(int)]
            categories[i] = None
        elif is_first:
            continue
        elif before is None:
            raise ValueError(
                f"Column {label_of(frame.columns[i])} of X holds categories, but held "
                "numbers in fit."
            )
        else:
            if own is None:
                column = pd.Categorical(values[:, i])
                own = column.categories
                values[:, i] = np.where(column.codes < 0, np.nan, column.codes)
            categories[i] = before.append(own.difference(before, sort=False))
            positions = recode(values[:, i], own, categories[i])
            values[:, i] = np.where(positions < 0, np.nan, positions)
    are_numbers = all(found is None for found in categories)
    table = pd.DataFrame(values, frame.index, frame.columns)
    return Rows(table, None if are_numbers else tuple(categories))


def _numbers(frame: pd.DataFrame, i: int, own: Any) -> np.ndarray | None:
    """Return the numbers that a column's categories are, if they are texts like 1.5."""
    if own is None:
        return own
    try:
        return numbers_of_texts(own)
    except ValueError as error:
        name = label_of(frame.columns[i])
        raise ValueError(f"Column {name} of X: {error}") from error


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
