"""Columns that hold categories rather than numbers."""

from __future__ import annotations

from numbers import Number
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq._showing import shown
from skseq.data.frames import plain_index
from skseq.data.kinds import numbers_of, refusal

__all__ = [
    "Categories",
    "EncodedTable",
    "chosen_columns",
    "encode_column",
    "encode_table",
    "extended",
    "hold_texts",
    "holds_categories",
    "holds_numbers",
    "recode",
    "unmarked",
    "were_no_numbers",
]

# Of each column, None where it holds numbers. Of a categorical whose categories are
# texts a CategoricalIndex: as it said what it is, "1" and "2" are no numbers there.
Categories = tuple[pd.Index | None, ...]


class EncodedTable(NamedTuple):
    """A table of numbers, some of which say which category it is."""

    values: np.ndarray  # (n_rows, n_columns) of float
    categories: Categories


def holds_categories(column: pd.Series) -> bool:
    """Return whether a column holds categories: strings, booleans, a categorical.

    Parameters
    ----------
    column : Series
        A column of a DataFrame.
    """
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype.kind == "b":
        return True
    if isinstance(column.dtype, pd.StringDtype):
        return True
    if column.dtype != object:
        return False
    kinds = set(map(type, column.dropna()))
    return bool(kinds) and (kinds <= {str, np.str_} or kinds <= {bool, np.bool_})


def holds_numbers(column: pd.Series) -> bool:
    """Return whether a column holds numbers, as objects perhaps, or nothing at all.

    Parameters
    ----------
    column : Series
        A column of a DataFrame.
    """
    return not holds_categories(column) and numbers_of(column) is not None


def encode_table(frame: pd.DataFrame, name: str = "X") -> EncodedTable | None:
    """Return a frame as numbers, categories by their position among those there are.

    Parameters
    ----------
    frame : DataFrame
        Columns of numbers and of categories. The categories of a categorical column are
        those that it has, used or not; others are sorted.
    name : str, default="X"
        What to call the frame in errors.

    Returns
    -------
    table : EncodedTable or None
        Missing values are NaN. Categories of a categorical column that are texts are a
        CategoricalIndex. None if no column holds categories.

    Raises
    ------
    ValueError
        If some columns do, and one holds neither categories nor numbers.
    """
    are = [holds_categories(column) for _, column in frame.items()]
    if not any(are):
        return None
    values = np.empty(frame.shape)
    categories: list[pd.Index | None] = []
    for i, (is_one, (label, column)) in enumerate(zip(are, frame.items(), strict=True)):
        known = None
        numbers = None if is_one else numbers_of(column)
        if is_one:
            values[:, i], known = encode_column(column)
            if isinstance(column.dtype, pd.CategoricalDtype) and hold_texts(known):
                known = pd.CategoricalIndex(known)
        elif numbers is None:
            raise refusal(column, label, name)
        else:
            values[:, i] = numbers
        categories.append(known)
    return EncodedTable(values, tuple(categories))


def encode_column(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Return a column as positions of its categories, and these.

    Parameters
    ----------
    column : Series
        Of categories. Those of a categorical column are those that it has, used or
        not; others are sorted.

    Returns
    -------
    positions : ndarray of float of shape (n_rows,)
        NaN is missing.
    categories : Index
    """
    column = pd.Categorical(column)
    codes = np.where(column.codes < 0, np.nan, column.codes)
    return codes, _plain(column.categories)


def hold_texts(known: pd.Index) -> bool:
    """Return whether categories are texts, all of them.

    Parameters
    ----------
    known : Index
        The categories.
    """
    return len(known) > 0 and all(isinstance(category, str) for category in known)


def were_no_numbers(known: pd.Index) -> bool:
    """Return whether no number can be one of these categories.

    Parameters
    ----------
    known : Index
        The categories.
    """
    is_number = (isinstance(category, Number) for category in known.tolist())
    return len(known) > 0 and not any(is_number)


def unmarked(known: pd.Index) -> pd.Index:
    """Return categories as they are where no CategoricalIndex tells how they were read.

    Parameters
    ----------
    known : Index
        The categories.
    """
    return pd.Index(known.tolist()) if known.dtype == "category" else known


def extended(known: pd.Index, own: pd.Index) -> pd.Index:
    """Return categories, behind them those of others that are not among them.

    Parameters
    ----------
    known, own : Index
        The categories, and the others.
    """
    new = own[_positions(own, known) < 0]
    if not len(new) or not len(known):
        return known if len(known) else own
    if isinstance(new, pd.IntervalIndex) and new.dtype != known.dtype:
        return pd.Index([*known, *new], dtype=object)  # such as of dates in two zones
    found = known.append(new)
    return pd.CategoricalIndex(found) if known.dtype == "category" else found


def chosen_columns(
    features: Any, n_columns: int, names: Any, by_dtype: np.ndarray
) -> np.ndarray:
    """Return which columns are asked for as categories.

    Parameters
    ----------
    features : "from_dtype", None, or array-like of str, int or bool
        The parameter `categorical_features`.
    n_columns : int
        Number of columns of X.
    names : sequence of str or None
        What they are called.
    by_dtype : ndarray of bool of shape (n_columns,)
        Which columns say so themselves.

    Returns
    -------
    chosen : ndarray of bool of shape (n_columns,)

    Raises
    ------
    ValueError
        If a column is not there.
    """
    chosen = np.zeros(n_columns, dtype=bool)
    if features is None:
        return chosen
    if isinstance(features, str) and features == "from_dtype":
        return by_dtype
    given = np.asarray(features)
    if given.ndim == 1 and given.dtype.kind == "b" and len(given) == n_columns:
        return given
    for feature in given.ravel().tolist() if given.ndim == 1 else [features]:
        is_position = isinstance(feature, int) and not isinstance(feature, bool)
        if is_position and -n_columns <= feature < n_columns:
            chosen[feature] = True
        elif isinstance(feature, str) and names is not None and feature in names:
            chosen[list(names).index(feature)] = True
        else:
            raise ValueError(
                f"categorical_features={shown(features)} names {shown(feature)}, which "
                "is no column of X; expected 'from_dtype', None, a mask of "
                f"{n_columns} columns, or their positions"
                + ("." if names is None else f" or names, of {list(names)!r:.200}.")
            )
    return chosen


def _plain(known: pd.Index) -> pd.Index:
    """Return texts and truth values in the type in which pandas reads a list of them.

    Whatever holds them where some are missing, they are the same categories; so are
    numbers of pyarrow.
    """
    known = plain_index(known)
    if known.inferred_type in ("boolean", "string"):
        return pd.Index(known.tolist(), name=known.name)
    return known


def recode(values: np.ndarray, own: pd.Index | None, known: pd.Index) -> np.ndarray:
    """Return the positions of a column's categories among those that are known.

    Parameters
    ----------
    values : ndarray of float of shape (n_rows,)
        Positions among `own`, or categories that are numbers. NaN is missing.
    own : Index or None
        The categories that positions are of.
    known : Index
        The categories to look for.

    Returns
    -------
    positions : ndarray of int of shape (n_rows,)
        -1 where it is none of them, -2 where it is missing.
    """
    is_there = ~np.isnan(values)
    positions = np.full(len(values), -2)
    if own is None:
        if known.inferred_type == "boolean":  # which 0 and 1 stand for
            known = known.astype(float)
        positions[is_there] = known.get_indexer(values[is_there])
    else:
        positions[is_there] = _positions(own, known)[values[is_there].astype(int)]
    return positions


def _positions(own: pd.Index, known: pd.Index) -> np.ndarray:
    """Return where categories are among those that are known, -1 where they are not.

    As objects, since intervals that overlap cannot be looked up as intervals.
    """
    return known.astype(object).get_indexer(own.astype(object))
