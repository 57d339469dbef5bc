"""Columns of texts that are numbers, as a file has them that was read as texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.names import as_categories
from skseq.data.sequences import SequenceArray

__all__ = ["with_numbers"]


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
    values, categories = sequences.values, list(sequences.categories)
    for i, own in enumerate(sequences.categories):
        if own is None or i in but:
            continue
        try:
            numbers = numbers_of_texts(own)
        except ValueError as error:
            names = sequences.feature_names
            name = i if names is None else repr(names[i])
            raise ValueError(f"Column {name} of X: {error}") from error
        if numbers is not None:
            values = values.copy() if values is sequences.values else values
            is_there = ~np.isnan(values[:, i])
            values[is_there, i] = numbers[values[is_there, i].astype(int)]
            categories[i] = None
    known = as_categories(categories, len(categories))
    return sequences._replace(values=values, categories=known)


def numbers_of_texts(known: pd.Index) -> np.ndarray | None:
    """Return the numbers that categories are when they are texts like "1.5".

    Parameters
    ----------
    known : Index
        Categories.

    Returns
    -------
    numbers : ndarray of float or None
        None if they are no texts, or hardly any of them is a number.

    Raises
    ------
    ValueError
        If most are numbers, but one is not.
    """
    if known.dtype != object and not isinstance(known.dtype, pd.StringDtype):
        return None
    if not all(isinstance(text, str) for text in known):
        return None
    numbers = np.asarray(pd.to_numeric(known, errors="coerce"), dtype=float)
    is_one = ~np.isnan(numbers)
    if is_one.all() and len(known):
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
