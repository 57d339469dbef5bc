"""Containers whose meaning a conversion to NumPy would lose."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "check_container",
    "check_layout_of_frame",
    "check_times",
    "columns_of",
    "holds_sequences",
    "is_frame",
]

TIMES = frozenset(
    f"{name}{ending}"
    for name in ("t", "time", "step", "timestep", "timepoint", "date")
    for ending in ("", "s")
) | {"datetime", "timestamp"}
PD_LONG = (  # one of sktime's layouts, as files have it and as it converts others
    ("case_id", "reading_id", "dim_id", "value"),
    ("instances", "timepoints", "variable", "value"),
)


def check_container(value: Any, name: str, time_axis: int | None = None) -> None:
    """Refuse what NumPy would read by position, or without a part that matters.

    That is masked values, axes of an xarray in another order, and frames of which only
    the values would arrive.

    Parameters
    ----------
    value : object
        What was given.
    name : str
        What to call it in errors.
    time_axis : int or None, default=None
        The axis of a 3-D array at which time is expected, in a list that of its arrays;
        None where there is no time.

    Raises
    ------
    ValueError
        If a value is masked, or time is at another axis.
    TypeError
        If it is a data set of xarray, or a frame that is still to be computed.
    """
    if type(value) is np.ndarray and value.dtype != object:
        return  # of numbers, which have no other meaning
    if type(value).__name__ == "LazyFrame":
        raise TypeError(f"{name} is a LazyFrame; give {name}.collect().")
    _check_mask(value, name)
    _check_dims(value, name, time_axis)
    if holds_sequences(value):
        for i, item in enumerate(value):
            _check_mask(item, f"{name}[{i}]")
            _check_dims(item, f"{name}[{i}]", time_axis - 1 if time_axis else None)


def holds_sequences(value: Any) -> bool:
    """Whether a value is a list or an array of objects."""
    is_objects = getattr(value, "ndim", 0) == 1 and value.dtype == object
    return isinstance(value, (list, tuple)) or is_objects


def is_frame(value: Any) -> bool:
    """Whether a value is a data frame of another package than pandas."""
    can_be_one = hasattr(value, "to_pandas") and not hasattr(value, "iloc")
    return can_be_one and not hasattr(value, "dims")


def columns_of(frame: Any) -> Any:
    """Return the names of the columns of any package's frame, none of anything else.

    Parameters
    ----------
    frame : object
        A frame of pandas, polars or pyarrow, whose `columns` are something else.
    """
    return getattr(frame, "column_names", getattr(frame, "columns", ()))


def check_times(frame: Any, name: str) -> None:
    """Refuse columns of dates in a frame, of which NumPy makes numbers.

    Parameters
    ----------
    frame : object
        A frame of polars or pyarrow.
    name : str
        What to call it in errors.

    Raises
    ------
    ValueError
        With the name of the column.
    """
    names = columns_of(frame)
    dtypes = getattr(frame, "dtypes", getattr(frame, "schema", ()))
    dtypes = getattr(dtypes, "types", dtypes)
    for column, dtype in zip(names, dtypes, strict=False):
        if str(dtype).lower().startswith(("date", "time", "duration")):
            raise ValueError(
                f"Column {column!r} of {name} holds {dtype}; expected numbers. Leave "
                "times out, or turn them into numbers."
            )


def check_layout_of_frame(frame: Any, name: str) -> None:
    """Refuse a table of pandas that holds sequences in a layout of other packages.

    Parameters
    ----------
    frame : DataFrame
        A table with an index of one level.
    name : str
        What to call it in errors.

    Raises
    ------
    ValueError
        If its cells are whole series, or it has a row for every single value.
    """
    for i, (column, dtype) in enumerate(frame.dtypes.items()):
        first = frame.iloc[0, i] if dtype.kind == "O" and len(frame) else None
        if hasattr(first, "__len__") and not isinstance(first, (str, bytes)):
            raise ValueError(
                f"{name} holds a {type(first).__name__} in each cell of column "
                f"{column!r}, the layout that sktime calls nested_univ. Use "
                "skseq.sktime.SktimeClassifier or SktimeRegressor, which read it, or "
                f'sktime.datatypes.convert_to({name}, "pd-multiindex").'
            )
    for names in PD_LONG:
        if set(frame.columns) >= set(names):
            instance, time, column, value = names
            raise ValueError(
                f"{name} has a row for every single value, the layout that sktime "
                f"calls pd-long. Give {name}.pivot(index=[{instance!r}, {time!r}], "
                f"columns={column!r}, values={value!r}), a table indexed by (instance, "
                "time)."
            )


def _check_mask(value: Any, name: str) -> None:
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(value)} masked of "
            f"{value.size} values, which an estimator would read as if they were "
            f"there; fill them first, as {name}.filled(0.0) does, with np.nan for "
            "estimators with missing='mask', or leave the sequences out."
        )


def _check_dims(value: Any, name: str, time_axis: int | None) -> None:
    """Refuse an xarray unless its time is where it is expected."""
    dims = getattr(value, "dims", None)
    if dims is None or hasattr(value, "iloc"):
        return
    if hasattr(value, "data_vars"):
        raise TypeError(
            f"{name} is a {type(value).__name__} of several variables; give one array, "
            f"{name}.to_dataarray('feature'), say, with time before features."
        )
    dims = tuple(map(str, dims))
    if time_axis is None or len(dims) < 2:
        return
    found = [axis for axis, dim in enumerate(dims) if _is_time(dim.lower())]
    are_numbers = all(dim == f"dim_{axis}" for axis, dim in enumerate(dims))
    if found == [time_axis] or are_numbers:
        return
    raise ValueError(
        f"{name} has the dimensions {dims}, but is read by position, with time at axis "
        f"{time_axis}; expected one called 'time' there. Put it there with "
        f"{name}.transpose(...), or drop the names with {name}.to_numpy()."
    )


def _is_time(dim: str) -> bool:
    return dim in TIMES or "time" in dim.split("_")
