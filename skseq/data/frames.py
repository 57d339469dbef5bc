"""Frames of any package as those of pandas, with the types of plain ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.foreign import check_container, columns_of, is_frame
from skseq.data.kinds import numbers_of

__all__ = ["as_pandas", "plain_index", "with_index"]

NUMBERS = frozenset(("integer", "floating", "mixed-integer-float", "decimal"))


def as_pandas(frame: Any, name: str) -> pd.DataFrame:
    """Return a frame of pandas, whatever package it is of.

    What is missing is NaN or None then, and texts, truth values, categories and dates
    are those of NumPy and pandas, not of pyarrow. Objects that are numbers are floats.

    Parameters
    ----------
    frame : DataFrame of pandas, polars or another package, or Table of pyarrow
        The frame.
    name : str
        What to call it in errors.

    Raises
    ------
    TypeError
        If it is still to be computed.
    """
    if is_frame(frame):
        check_container(frame, name)
        if not hasattr(frame, "get_columns"):
            return as_pandas(frame.to_pandas(), name)
        names = columns_of(frame)  # polars itself would need pyarrow
        return pd.DataFrame({column: _of_polars(frame[column]) for column in names})
    plain = {
        i: _plain(frame.iloc[:, i].array)
        for i, dtype in enumerate(frame.dtypes.array)
        if _is_special(dtype)
    }
    for i in np.flatnonzero(frame.dtypes.eq(object)).tolist():
        if _are_numbers(frame.iloc[:, i]):
            plain[i] = numbers_of(frame.iloc[:, i])
    index = plain_index(frame.index)
    if not plain and index is frame.index:
        return frame
    columns = [
        pd.Series(plain.get(i, frame.iloc[:, i].array), index)
        for i in range(frame.shape[1])
    ]
    if not columns:
        return frame.set_axis(index)
    return pd.concat(columns, axis=1).set_axis(frame.columns, axis=1)


def with_index(frame: Any, index: Any) -> pd.DataFrame:
    """Return a frame of pandas whose index says whose a row is, and of when.

    Parameters
    ----------
    frame : DataFrame of any package
        The long table.
    index : sequence of two str, or None
        The columns (instance, time) that become its index; None leaves it as it is.

    Raises
    ------
    ValueError
        If there are no such columns, or they are needed.
    """
    table = as_pandas(frame, "frame")
    known = list(table.columns)
    if index is None and is_frame(frame):
        raise ValueError(
            f"frame is a {type(frame).__module__}.{type(frame).__name__}, which has no "
            "index; give index=[instance, time], two of its columns "
            f"{known!r:.300}."
        )
    if index is None:
        return table
    names = list(index) if isinstance(index, (list, tuple)) else [index]
    if len(set(names)) != 2 or not all(column in known for column in names):
        raise ValueError(
            f"index={index!r:.200} must be two columns of frame, [instance, time]; it "
            f"has {known!r:.300}."
        )
    return table.set_index(names)


def plain_index(index: pd.Index) -> pd.Index:
    """Return an index without types of pyarrow.

    Parameters
    ----------
    index : Index
        Of any number of levels.
    """
    if isinstance(index, pd.MultiIndex):
        levels = [index.get_level_values(i) for i in range(index.nlevels)]
        plain = [plain_index(level) for level in levels]
        if all(one is other for one, other in zip(plain, levels, strict=True)):
            return index
        return pd.MultiIndex.from_arrays(plain, names=index.names)
    if not _is_special(index.dtype):
        return index
    return pd.Index(_plain(index.array), name=index.name)


def _of_polars(column: Any) -> Any:
    """Return a column of polars as an array."""
    kind, values = str(column.dtype), column.to_numpy()
    if kind.startswith("Enum"):
        return pd.Categorical(values, list(column.dtype.categories))
    if kind.startswith("Categorical"):  # whose categories are those of all columns
        return pd.Categorical(values)
    if kind.startswith("Decimal"):
        return np.asarray(values, dtype=float)
    if kind in ("String", "Utf8"):
        return pd.Series(values.tolist()).array  # strings, as this pandas has them
    return values


def _is_special(dtype: Any) -> bool:
    """Whether a column of pandas is of a type that is none of NumPy's or its own."""
    return getattr(dtype, "na_value", None) is pd.NA


def _are_numbers(column: pd.Series) -> bool:
    """Whether objects are nothing but numbers, and what is missing."""
    return pd.api.types.infer_dtype(column, skipna=True) in NUMBERS


def _plain(array: Any) -> Any:
    """Return such a column as a plain one."""
    if isinstance(array.dtype, pd.ArrowDtype):
        return array.__arrow_array__().to_pandas().array
    if array.dtype.kind in "iuf":
        kind = float if array.isna().any() else array.dtype.numpy_dtype
        return array.to_numpy(dtype=kind, na_value=np.nan)
    values = array.to_numpy(dtype=object, na_value=None)
    return pd.Series(values).infer_objects().array
