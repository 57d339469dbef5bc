"""Values that are no finite numbers, and what to call the place where one stands."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from skseq.data.foreign import columns_of, holds_sequences
from skseq.data.sequences import SequenceArray

_TIMES = (datetime.date, datetime.timedelta, datetime.time, pd.Period, np.datetime64)
SET_MASK = " Set missing='mask', or fill it."

__all__ = [
    "SET_MASK",
    "check_columns",
    "check_finite_rows",
    "finding_text",
    "label_of",
    "labels_of_step",
    "name_row",
    "place_in_table",
]


def check_columns(frame: Any, name: str) -> None:
    """Refuse a column of dates, complex numbers or what no number can be made of.

    Parameters
    ----------
    frame : Series or DataFrame
        The table.
    name : str
        What to call it in errors.

    Raises
    ------
    ValueError
        With the name of the column, and the row if one value is at fault.
    """
    if all(dtype.kind in "biuf" for dtype in np.atleast_1d(frame.dtypes)):
        return
    frame = frame.to_frame() if frame.ndim == 1 else frame
    for position, (column, dtype) in enumerate(frame.dtypes.items()):
        if dtype.kind in "mM":
            raise ValueError(
                f"Column {column!r} of {name} holds {dtype}; expected numbers. Make "
                f"times the index, as {name}.set_index does, or turn them into numbers."
            )
        if dtype.kind == "c":
            raise ValueError(
                f"Complex data not supported: column {column!r} of {name}."
            )
        if dtype.kind not in "biuf":
            values = frame.iloc[:, position].to_numpy(dtype=object)
            _check_text(values, name, partial(_place_in_column, frame, position))


def _place_in_column(frame: Any, column: int, position: tuple) -> str:
    return place_in_table(frame, position[0], column)


@contextmanager
def finding_text(
    values: Any, name: str, place: Callable[[tuple], str]
) -> Iterator[None]:
    """Say where a value stands that stops a conversion to numbers.

    Parameters
    ----------
    values : array-like
        What is converted.
    name : str
        What to call it in errors.
    place : callable
        (position in an array of the values) -> what to call the place.
    """
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind in "mM":
        raise ValueError(
            f"{name} holds {values.dtype}; expected numbers. Make times the index of a "
            "DataFrame, or turn them into numbers."
        )
    try:
        yield
    except (TypeError, ValueError):
        if kind in "OUST":
            with np.errstate(all="ignore"):
                objects = _as_objects(values)
            if holds_sequences(values):
                _check_rows(objects, name)
            _check_text(objects, name, place)
        raise


def _as_objects(values: Any) -> np.ndarray:
    try:
        return np.asarray(values, dtype=object)
    except ValueError:  # of unequal lengths
        return np.empty(0, dtype=object)


def _check_text(values: np.ndarray, name: str, place: Callable[[tuple], str]) -> None:
    """Refuse the first value that is neither a number nor missing."""
    if not values.ndim:
        return
    try:
        if values.ndim:
            values.astype(np.float64)
        return
    except (TypeError, ValueError):
        pass
    for position, value in np.ndenumerate(values):
        if value is pd.NA:
            raise ValueError(f"Input {name} contains NaN: {place(position)}.")
        if value is None:
            continue
        try:
            float(value)
        except (TypeError, ValueError) as error:
            kind_of = type(value).__name__
            what, hint = label_of(value), f"Each value is one number, no {kind_of}."
            if np.ndim(value):
                what = f"a {kind_of} of {len(value)} values"
            elif isinstance(value, str):
                hint = (
                    "Make categories columns of 0 and 1, or leave the column out; what "
                    "names an instance belongs into the index, before the time."
                )
            elif isinstance(value, _TIMES):
                hint = "Make times the index, or turn them into numbers."
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(
                f"{name} holds {what} where numbers are expected, at "
                f"{place(position)} ({error}). {hint}"
            ) from error


def _check_rows(values: np.ndarray, name: str) -> None:
    """Refuse rows that make no table, as of sequences."""
    if values.ndim != 1 or not all(np.ndim(value) for value in values):
        return
    sizes = np.array([np.size(value) for value in values])
    if (sizes != sizes[:1]).any():
        i = int(np.argmax(sizes != sizes[0]))
        raise ValueError(
            f"{name} holds rows of unequal lengths, {sizes[0]} in the first one and "
            f"{sizes[i]} in row {i}; expected a table, one number for each row and "
            "column."
        )


def check_finite_rows(
    values: np.ndarray, given: Any, name: str, *, hint: str = ""
) -> None:
    """Refuse NaN and infinity in a table, and name the place of the first.

    Parameters
    ----------
    values : ndarray of shape (n_rows,) or (n_rows, n_columns)
        Floats.
    given : object
        What they were made of; its index and columns name the place.
    name : str
        What to call it in errors.
    hint : str, default=""
        What to say of NaN besides.

    Raises
    ------
    ValueError
        If there is one.
    """
    if np.isfinite(np.sum(values)):  # no copy
        return
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, *column = np.argwhere(wrong)[0].tolist()
        what = "NaN" if np.isnan(values[(row, *column)]) else "infinity"
        place = place_in_table(given, row, *column)
        hint = hint if what == "NaN" else ""
        raise ValueError(f"Input {name} contains {what}: {place}.{hint}")


def place_in_table(
    table: Any, row: int, column: int | None = None, *deeper: int
) -> str:
    """Return what to call a place in a table: row 3 (instance 'a', time 0), column 'u'.

    Parameters
    ----------
    table : object
        Series, DataFrame or anything else, which has no names of rows.
    row : int
        Position of the row.
    column : int or None, default=None
        Position of the column.
    *deeper : int
        Further ones, of an array of more dimensions than a table has.
    """
    if deeper:
        return f"position {[row, column, *deeper]}"
    label = name_row(table, row)
    place = f"row {row}" + (f" ({label})" if label else "")
    return place if column is None else f"{place}, {_name_column(table, column)}"


def name_row(table: Any, row: int) -> str:
    """Return what the index of a table says of a row, "" if it has none.

    Parameters
    ----------
    table : object
        Series, DataFrame or anything else.
    row : int
        Position of the row.
    """
    if not hasattr(table, "iloc"):
        return ""
    label = table.index[row]
    if table.index.nlevels == 2:
        return f"instance {label_of(label[0])}, time {label_of(label[1])}"
    is_default = isinstance(table.index, pd.RangeIndex) and label == row
    return "" if is_default else f"index {label_of(label)}"


def labels_of_step(
    X: Any, i: int, step: int, row: int, column: int, n_features: int
) -> str:
    """Return what a layout of sequences says of a value, beyond positions.

    Parameters
    ----------
    X : array, table, list of arrays, panel or SequenceArray
        The sequences.
    i, step : int
        Which sequence, and which of its time steps.
    row : int
        The row of that step in the table of all steps.
    column : int
        Which feature of the step.
    n_features : int
        Number of features.

    Returns
    -------
    labels : str
        Such as ", feature 2" or " (instance 'p7', time 2020-01-01), column 'pulse'".
    """
    if isinstance(X, SequenceArray):
        names = [] if X.instances is None else [f"instance {label_of(X.instances[i])}"]
        names += [] if X.times is None else [f"time {label_of(X.times[row])}"]
        label = ", ".join(names)
        table: Any = None
        if X.feature_names is not None:
            table = pd.DataFrame(columns=X.feature_names)
    elif hasattr(X, "columns") or (hasattr(X, "iloc") and X.index.nlevels == 2):
        is_panel = hasattr(X, "iloc") and X.index.nlevels == 2
        label, table = name_row(X, row if is_panel else i), X
        if not is_panel:
            column, n_features = step * n_features + column, 2
    else:
        table = list(X)[i] if holds_sequences(X) else None
        label = name_row(table, step)
    labels = f" ({label})" if label else ""
    if hasattr(table, "columns") or n_features > 1:
        labels += f", {_name_column(table, column)}"
    return labels


def _name_column(table: Any, column: int) -> str:
    if hasattr(table, "columns"):
        return f"column {label_of(columns_of(table)[column])}"
    if hasattr(table, "iloc"):
        return "column 0" if table.name is None else f"column {label_of(table.name)}"
    return f"feature {column}"


def label_of(label: Any) -> str:
    """Return a label as one types it; times as one reads them.

    Parameters
    ----------
    label : object
        An entry of an index, or any value.
    """
    if isinstance(label, np.generic):
        label = label.item()
    is_time = isinstance(label, (pd.Timestamp, pd.Timedelta, pd.Period))
    return str(label) if is_time else f"{label!r:.80}"
