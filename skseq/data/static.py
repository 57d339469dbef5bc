"""What is known of sequences as a whole: a row for each."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skseq._showing import shown
from skseq.data.categories import (
    Categories,
    EncodedTable,
    encode_table,
    hold_texts,
    holds_categories,
    holds_numbers,
    unmarked,
)
from skseq.data.foreign import is_frame
from skseq.data.frames import as_pandas
from skseq.data.kinds import refusal
from skseq.data.names import as_names, names_of_columns
from skseq.data.numerals import numbers_read

__all__ = ["StaticTable", "check_static", "place_of_row"]


class StaticTable:
    """A row of numbers and categories for each sequence.

    Parameters
    ----------
    values : ndarray of float of shape (n_samples, n_columns)
        Numbers, and positions of categories; NaN is missing.
    names : array-like of str of shape (n_columns,) or None, default=None
        Names of the columns.
    categories : tuple of Index or None, default=None
        The categories of each column, None for one of numbers.
    """

    def __init__(
        self,
        values: np.ndarray,
        names: Any = None,
        categories: Categories | None = None,
    ):
        self.values = values
        self.names = as_names(names, values.shape[1])
        self.categories = categories or (None,) * values.shape[1]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> StaticTable:
        table = copy.copy(self)
        table.values = self.values[rows]
        return table

    def __repr__(self) -> str:
        return f"StaticTable(n_samples={len(self)}, n_columns={self.values.shape[1]})"

    def to_frame(self, index: Any = None) -> pd.DataFrame:
        """Return the table with its categories in place of their positions.

        Parameters
        ----------
        index : Index or None, default=None
            What the rows are called.
        """
        columns = {}
        for i, (values, known) in enumerate(
            zip(self.values.T, self.categories, strict=True)
        ):
            if known is not None:
                values = _decoded(values, known)
            columns[i if self.names is None else self.names[i]] = values
        return pd.DataFrame(columns, index)


def _decoded(positions: np.ndarray, known: pd.Index) -> Any:
    """Return a column of categories as it was read: categorical, texts, booleans."""
    codes = np.where(np.isnan(positions), -1, positions).astype(int)
    column = pd.Categorical.from_codes(codes, unmarked(known))
    if known.dtype == "category":
        return column
    if hold_texts(known):
        return column.astype(known.dtype)
    if known.inferred_type != "boolean":
        return column
    is_missing = codes < 0
    values = np.array(column, dtype=object)
    values[is_missing] = None
    return values if is_missing.any() else values.astype(bool)


def check_static(
    static: Any, instances: pd.Index | None, n_samples: int
) -> StaticTable:
    """Read what is known of sequences as a whole.

    Parameters
    ----------
    static : DataFrame, Series, array-like or StaticTable
        A row for each sequence. A DataFrame is asked for the rows of the instances by
        their labels, where sequences have some.
    instances : Index or None
        What the sequences are called.
    n_samples : int
        How many there are.

    Returns
    -------
    table : StaticTable

    Raises
    ------
    ValueError
        If there are other rows than sequences, an instance has no row or several, a
        value is no number and no category, or most texts of a column are numbers, but
        one is not.
    """
    if isinstance(static, StaticTable):
        return _of_as_many(static, n_samples)
    if hasattr(static, "iloc") or is_frame(static):
        is_column = getattr(static, "ndim", 2) == 1
        frame = as_pandas(static.to_frame() if is_column else static, "static")
        if instances is not None and instances.name in frame.columns:
            frame = frame.set_index(instances.name)
        if instances is not None:
            frame = _rows_of(frame, instances)
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise ValueError(
                f"static has several columns {twice!r}; expected names of their own."
            )
        names = names_of_columns(frame)
        _check_kinds(frame)
        encoded = encode_table(frame, "static")
        if encoded is None:
            values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
            encoded = EncodedTable(values, (None,) * values.shape[1])
        encoded = numbers_read(encoded, names, "static")
        _check_finite(encoded.values, names, instances)
        return _of_as_many(
            StaticTable(encoded.values, names, encoded.categories), n_samples
        )
    values = np.asarray(static)
    if values.ndim not in (1, 2):
        raise ValueError(
            f"static must be a table with a row for each sequence, got {shown(static)}."
        )
    values = values[:, None] if values.ndim == 1 else values
    if values.dtype.kind in "OUSb":
        return check_static(pd.DataFrame(values).infer_objects(), None, n_samples)
    values = check_array(
        values, dtype=np.float64, ensure_all_finite=False, input_name="static"
    )
    _check_finite(values, None, instances)
    return _of_as_many(StaticTable(values), n_samples)


def _check_kinds(frame: pd.DataFrame) -> None:
    """Refuse columns that hold neither numbers nor categories."""
    for name, column in frame.items():
        if not (holds_numbers(column) or holds_categories(column)):
            raise refusal(column, name, "static")


def _check_finite(values: np.ndarray, names: Any, instances: pd.Index | None) -> None:
    """Refuse infinity."""
    rows, columns = np.nonzero(np.isinf(values))
    if len(rows):
        name = columns[0] if names is None else repr(names[columns[0]])
        raise ValueError(
            f"static contains infinity: {place_of_row(instances, rows[0])}, column "
            f"{name}."
        )


def place_of_row(instances: pd.Index | None, row: int) -> str:
    """Return what to call a row: that of an instance, if they have labels.

    Parameters
    ----------
    instances : Index or None
        What the sequences are called.
    row : int
        Position of the row.
    """
    if instances is None or row >= len(instances):
        return f"row {row}"
    return f"instance {instances[row]!r}"


def _of_as_many(table: StaticTable, n_samples: int) -> StaticTable:
    if len(table) != n_samples:
        raise ValueError(
            f"static has {len(table)} rows; expected one for each of the {n_samples} "
            "sequences."
        )
    return table


def _rows_of(frame: pd.DataFrame, instances: pd.Index) -> pd.DataFrame:
    """Return the rows of instances, in their order."""
    if frame.index.nlevels > 1:
        raise ValueError(
            f"static has an index of {frame.index.nlevels} levels; expected one, the "
            "instances."
        )
    frame = frame[frame.index.isin(instances)]  # those of others may stand twice
    twice = frame.index.duplicated()
    if twice.any():
        raise ValueError(
            f"static has several rows of instance {frame.index[twice][0]!r}; "
            "expected one of each."
        )
    rows = frame.index.get_indexer(instances)
    if (rows < 0).any():
        raise ValueError(
            f"static has no row of instance {instances[rows < 0][0]!r}; its "
            "index must name all instances of the sequences."
        )
    return frame.iloc[rows]
