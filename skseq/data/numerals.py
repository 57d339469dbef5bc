"""Columns of texts that are numbers, as a file has them that was read as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skseq.data.categories import EncodedTable, hold_texts
from skseq.data.names import as_categories

if TYPE_CHECKING:
    from skseq.data.sequences import SequenceArray

__all__ = ["numbers_of_texts", "numbers_read", "with_numbers"]


def with_numbers(sequences: SequenceArray, but: Any = ()) -> SequenceArray:
    """Return sequences in which columns of texts like "1.5" are numbers.

    Parameters
    ----------
    sequences : SequenceArray
        The sequences.
    but : array-like of int, default=()
        Positions of columns that are categories in any case.

    Returns
    -------
    sequences : SequenceArray

    Raises
    ------
    ValueError
        If of a column most texts are numbers, but one is not.
    """
    if sequences.categories is None:
        return sequences
    table = EncodedTable(sequences.values, sequences.categories)
    values, known = numbers_read(table, sequences.feature_names, "X", but)
    return sequences._replace(
        values=values, categories=as_categories(known, len(known))
    )


def numbers_read(
    table: EncodedTable, names: Any, argument: str, but: Any = ()
) -> EncodedTable:
    """Return a table in which columns of texts like "1.5" are numbers.

    Parameters
    ----------
    table : EncodedTable
        The table, which stays as it is.
    names : sequence or None
        What its columns are called.
    argument : str
        What to call the table in errors.
    but : array-like of int, default=()
        Positions of columns that are categories in any case.

    Returns
    -------
    table : EncodedTable

    Raises
    ------
    ValueError
        If of a column most texts are numbers, but one is not.
    """
    values, categories = table.values, list(table.categories)
    for i, own in enumerate(table.categories):
        if own is None or i in but:
            continue
        try:
            numbers = numbers_of_texts(own)
        except ValueError as error:
            name = i if names is None else repr(names[i])
            raise ValueError(f"Column {name} of {argument}: {error}") from error
        if numbers is not None:
            values = values.copy() if values is table.values else values
            is_there = ~np.isnan(values[:, i])
            values[is_there, i] = numbers[values[is_there, i].astype(int)]
            categories[i] = None
    return EncodedTable(values, tuple(categories))


def numbers_of_texts(known: pd.Index) -> np.ndarray | None:
    """Return the numbers that categories are when they are texts like "1.5".

    Parameters
    ----------
    known : Index
        Categories.

    Returns
    -------
    numbers : ndarray of float or None
        None if they are no texts, or of a categorical column, or hardly any of them is
        a number.

    Raises
    ------
    ValueError
        If most are numbers, but one is not.
    """
    if known.dtype != object and not isinstance(known.dtype, pd.StringDtype):
        return None
    if not hold_texts(known):
        return None
    numbers = np.asarray(pd.to_numeric(known, errors="coerce"), dtype=float)
    is_one = ~np.isnan(numbers)
    if is_one.all():
        return np.array([_exact(*pair) for pair in zip(known, numbers, strict=True)])
    if 2 * is_one.sum() > len(known):
        text = known[int(np.argmin(is_one))]
        raise ValueError(f"could not convert string to float: {text!r:.50}")
    return None


def _exact(text: str, rounded: float) -> float:
    """Return the number nearest to a text, of which pandas misses the last bit."""
    try:
        return float(text)
    except ValueError:
        return rounded
