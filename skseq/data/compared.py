"""Columns of sequences beside those of `fit`, and the errors of those that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skseq._showing import shown
from skseq.data.categories import were_no_numbers
from skseq.data.gaps import check_times_known
from skseq.data.places import SET_MASK, label_of
from skseq.data.static import StaticTable, place_of_row
from skseq.data.stored import pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from skseq.data.columns import InputColumns
    from skseq.data.sequences import SequenceArray

__all__ = ["check_as_in_fit", "check_static_numbers", "name_of_column"]


def check_as_in_fit(columns: InputColumns, sequences: SequenceArray) -> None:
    """Refuse sequences that lack what others had in `fit`.

    Parameters
    ----------
    columns : InputColumns
        What `fit` learned.
    sequences : SequenceArray
        Others.

    Raises
    ------
    ValueError
        If so.
    """
    if columns.gap is not None:
        check_times_known(sequences, columns.has_dates)
    own = sequences.categories or (None,) * sequences.n_features
    _check_kinds(
        sequences.values,
        own,
        (columns.numeric, columns.categorical, columns.categories),
        lambda i: name_of_column(sequences, i),
    )
    static = sequences.static
    n_static = 0 if static is None else static.values.shape[1]
    if n_static != columns.n_static:
        hint = "" if n_static else "; SequenceArray(..., static=table) has them"
        raise ValueError(
            f"X has {n_static} static columns, but {columns.n_static} in fit{hint}."
        )
    if static is None:
        return
    names = () if static.names is None else tuple(static.names)
    if names and columns.static_names and names != columns.static_names:
        raise ValueError(
            f"X has the static columns {shown(list(names))}; expected "
            f"{shown(list(columns.static_names))}, in this order, as in fit."
        )
    of_static = columns.static_numeric, columns.static_categorical
    _check_kinds(
        static.values,
        static.categories,
        (*of_static, columns.static_categories),
        lambda i: _name_of_static(static, i),
    )
    if not columns.has_holes:
        check_static_numbers(static, columns.static_numeric, sequences.instances)


def check_static_numbers(
    table: StaticTable, numeric: np.ndarray, instances: pd.Index | None
) -> None:
    """Refuse missing numbers."""
    rows, columns = np.nonzero(np.isnan(table.values[:, numeric]))
    if len(rows):
        raise ValueError(
            f"{_name_of_static(table, numeric[columns[0]])} contains NaN: "
            f"{place_of_row(instances, rows[0])}.{SET_MASK}"
        )


def name_of_column(sequences: SequenceArray, i: int) -> str:
    """Return what errors call a column."""
    names = sequences.feature_names
    return f"Column {i if names is None else label_of(names[i])} of X"


def _check_kinds(
    values: np.ndarray,
    own: Sequence[pd.Index | None],
    in_fit: tuple[np.ndarray, np.ndarray, tuple[pd.Index, ...]],
    name: Callable[[int], str],
) -> None:
    """Refuse categories where numbers were, and numbers where categories were."""
    numeric, categorical, categories = in_fit
    for i in numeric.tolist():
        if own[i] is not None:
            raise ValueError(f"{name(i)} holds categories, but held numbers in fit.")
    for i, known in zip(categorical.tolist(), categories, strict=True):
        if _are_numbers(values, i, own[i], known):
            raise ValueError(f"{name(i)} holds numbers, but held categories in fit.")


def _are_numbers(
    values: np.ndarray, i: int, own: pd.Index | None, known: pd.Index
) -> bool:
    """Return whether a column holds numbers that can be none of its categories."""
    if own is not None or not were_no_numbers(known):
        return False
    return not all(np.isnan(part[:, i]).all() for _, part in pieces(values))


def _name_of_static(table: StaticTable, i: int) -> str:
    name = i if table.names is None else label_of(table.names[i])
    return f"Static column {name} of X"
