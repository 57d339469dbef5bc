"""Each layout of X as it was given, its values as numbers, finite or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skseq._showing import shown
from skseq.data.categories import holds_categories
from skseq.data.finite import FLOATS
from skseq.data.foreign import check_layout_of_frame, check_times, is_frame
from skseq.data.frames import as_pandas
from skseq.data.layouts import joined, parted
from skseq.data.panels import check_dates_rise
from skseq.data.places import check_columns, finding_text, place_in_table
from skseq.data.sequences import SequenceArray
from skseq.data.stored import are_numbers_in_file
from skseq.parameters import is_positive_integer

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

__all__ = ["array_of", "from_list", "from_panel", "unflatten"]


def from_panel(X: Any) -> SequenceArray:
    """Return one sequence per instance of a Series or DataFrame."""
    frame = as_pandas(X.to_frame() if X.ndim == 1 else X, "X")
    sequences = SequenceArray(**parted(frame, None, "X"))
    if sequences.categories is not None:
        return sequences
    check_columns(frame, "X")
    values = check_array(frame, dtype=FLOATS, ensure_all_finite=False, input_name="X")
    return sequences.map_values(lambda _: values)


def from_list(X: Any) -> SequenceArray:
    """Return the sequences of a list, object array or Series, finite or not."""
    items = list(X)
    for i, item in enumerate(items):
        if is_frame(item):
            check_times(item, f"X[{i}]")
        if is_frame(item) or isinstance(item, pd.DataFrame):
            items[i] = as_pandas(item, f"X[{i}]")
    if any(map(_has_categories, items)):
        for i, item in enumerate(items):
            check_dates_rise(item, f"X[{i}]")
        return SequenceArray(**joined(items, "X"))
    for i, item in enumerate(items):
        if hasattr(item, "iloc"):
            check_columns(item, f"X[{i}]")
            check_dates_rise(item, f"X[{i}]")
            values = item.to_numpy(dtype=np.float64, na_value=np.nan)
            items[i] = (
                pd.Series(values, item.index)
                if values.ndim == 1
                else pd.DataFrame(values, item.index, item.columns)
            )
    return SequenceArray.from_list(items)


def array_of(X: Any, estimator: BaseEstimator) -> np.ndarray:
    """Return the numbers of an array, a nested list or a table of whole sequences."""
    if hasattr(X, "iloc") and X.index.nlevels > 2:
        raise ValueError(
            f"X has an index of {X.index.nlevels} levels; expected one, or two "
            "(instance, time)."
        )
    is_row = isinstance(X, (list, tuple)) and X and not hasattr(X[0], "__len__")
    if is_row or getattr(X, "ndim", 0) == 1:
        raise ValueError(
            f"Expected 2D array, got 1D array instead: X of shape ({len(X)},). "
            "Reshape your data: a single sequence alone is X[None], or [X]."
        )
    if is_frame(X):
        check_times(X, "X")
        _refuse_categoricals(as_pandas(X, "X"))
    if hasattr(X, "iloc"):
        _refuse_categoricals(X.to_frame() if X.ndim == 1 else X)
        check_layout_of_frame(X.to_frame() if X.ndim == 1 else X, "X")
        check_columns(X, "X")
    with finding_text(X, "X", lambda at: _place_in_array(X, at)):
        array = check_array(
            X,
            allow_nd=True,
            dtype=None if are_numbers_in_file(X) else FLOATS,
            ensure_all_finite=False,
            input_name="X",
            estimator=estimator,
        )
    if are_numbers_in_file(X):
        return array
    # scikit-learn leaves the foreign byte order of a DataFrame as it is.
    return np.asarray(array, dtype=array.dtype.newbyteorder("="))


def unflatten(table: np.ndarray, n_channels: int) -> np.ndarray:
    """Read each row as time steps of `n_channels` features, time first."""
    n_samples, n_columns = table.shape
    if not is_positive_integer(n_channels):
        raise ValueError(f"n_channels={shown(n_channels)} must be a positive integer.")
    if n_columns % n_channels:
        raise ValueError(
            f"X has {n_columns} columns, which n_channels={n_channels} does not divide."
        )
    return table.reshape(n_samples, -1, n_channels)


def _has_categories(item: Any) -> bool:
    """Whether one of a list is a frame with a column of categories."""
    return isinstance(item, pd.DataFrame) and any(
        holds_categories(column) for _, column in item.items()
    )


def _refuse_categoricals(table: pd.DataFrame) -> None:
    """Refuse categorical columns, even of numbers, in a table of whole sequences."""
    for name, dtype in table.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            raise ValueError(
                f"Column {name!r} of X is a categorical, but a row is a whole sequence "
                "of numbers there. Categories of steps need a table indexed by "
                "(instance, time), those of sequences are static columns of a "
                "SequenceArray; or make it columns of 0 and 1."
            )


def _place_in_array(X: Any, position: tuple) -> str:
    """Return what to call a position in an array or table of sequences."""
    if len(position) < 3:
        return place_in_table(X, *position)
    i, step, column = position
    return f"X[{i}] at time step {step}, feature {column}"
