"""What is accepted as X, and every error that says so."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skseq._showing import shown
from skseq.data.categories import chosen_columns, holds_categories
from skseq.data.doubts import TimeFirst, refuse_texts, warn_of_axes
from skseq.data.finite import FLOATS, check_finite, check_values, missing_of
from skseq.data.foreign import (
    check_container,
    check_layout_of_frame,
    check_times,
    is_frame,
)
from skseq.data.frames import as_pandas
from skseq.data.instances import names_of_sequences
from skseq.data.kinds import without_na
from skseq.data.layouts import is_list_of_sequences, is_panel, joined, parted
from skseq.data.numerals import with_numbers
from skseq.data.panels import check_dates_rise
from skseq.data.places import (
    check_columns,
    finding_text,
    place_in_table,
)
from skseq.data.sequences import SequenceArray
from skseq.data.stored import are_numbers_in_file
from skseq.data.turned import how_read, refuse_one_sample, refuse_turned_sample
from skseq.parameters import is_positive_integer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator

NO_TARGETS = "no_validation"  # scikit-learn's name for a y that is none


@contextmanager
def naming(argument: str) -> Iterator[None]:
    """Put an argument's name before an error about what it holds, if it lacks that.

    Parameters
    ----------
    argument : str
        Its name.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if re.search(rf"\b{argument}\b", str(error)):
            raise
        message = f"{argument}: {error}"
        if type(error).__str__ is BaseException.__str__:
            error.args = (message, *error.args[1:])
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(message) from error  # NumPy's own kinds write their text themselves


@naming("X")
def check_sequences(
    estimator: BaseEstimator, X: Any, y: Any = NO_TARGETS, *, reset: bool
) -> SequenceArray:
    """Read any supported layout of X.

    Sets (`reset=True`) or checks `n_features_in_` and `feature_names_in_`: the
    columns of a table, the features per time step of everything else.

    Parameters
    ----------
    estimator : estimator
        The estimator that was given X. Its parameter `n_channels` says how many
        features a flat row of a table holds per time step.
    X : array, table, list of arrays, panel or SequenceArray
        The sequences.
    y : object, optional
        The targets, to complain when they are missing.
    reset : bool
        True in `fit`, False afterwards.

    Returns
    -------
    sequences : SequenceArray of float64 or float32
    """
    missing = missing_of(estimator, reset)
    if not reset and y is NO_TARGETS and _is_as_in_fit(estimator, X):
        return check_finite(SequenceArray.from_array(X), X, missing)
    check_container(X, "X", time_axis=1)
    refuse_texts(X)
    X = without_na(X)
    named, is_table, is_nested_list = X, False, False
    if isinstance(X, SequenceArray):
        sequences = check_values(X, X, missing)
    elif is_panel(X):
        sequences = check_values(_from_panel(X), X, missing)
    elif is_list_of_sequences(X):
        sequences = check_values(_from_list(X), X, missing)
    else:
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
        # scikit-learn leaves the foreign byte order of a DataFrame as it is.
        if not are_numbers_in_file(X):
            array = np.asarray(array, dtype=array.dtype.newbyteorder("="))
        is_table = array.ndim == 2
        is_nested_list = isinstance(X, (list, tuple))
        if is_table:
            array = _unflatten(array, estimator.n_channels)
        sequences = check_finite(SequenceArray.from_array(array), X, missing)
        sequences.instances = names_of_sequences(X)
    if not sequences.n_features:
        raise ValueError("X has 0 features per time step; at least one is required.")
    read = with_numbers(sequences, _categorical(estimator, sequences, reset))
    passes_categories = getattr(estimator, "_passes_categories", False)
    if not (passes_categories or hasattr(estimator, "categorical_features")):
        _refuse_categories(estimator, read)
    sequences = read if read is sequences else check_finite(read, X, missing)
    if sequences.feature_names is not None:
        named = pd.DataFrame(columns=sequences.feature_names)
    counts_columns = is_table and (
        reset or (estimator._fitted_on_table and not is_nested_list)
    )
    if counts_columns and not reset:
        refuse_turned_sample(estimator, X, sequences)
    validate_data(
        estimator,
        named,
        y,
        reset=reset,
        skip_check_array=True,
        ensure_2d=counts_columns,
    )
    if reset:
        knows_axes = is_table or is_panel(X) or isinstance(X, TimeFirst)
        if not (knows_axes or getattr(estimator, "_swaps_axes", False)):
            warn_of_axes(sequences)
        estimator._fitted_on_table = is_table
        estimator._n_channels = sequences.n_features
        if not is_table:
            estimator.n_features_in_ = sequences.n_features
    elif sequences.n_features != estimator._n_channels:
        raise ValueError(
            f"X has {sequences.n_features} features per time step, but "
            f"{type(estimator).__name__} is expecting {estimator._n_channels} features "
            f"per time step, as in fit.{how_read(estimator, X, sequences)}"
        )
    elif is_table and not counts_columns:
        refuse_one_sample(estimator, X, sequences)
    return sequences


def _categorical(estimator: Any, sequences: SequenceArray, reset: bool) -> np.ndarray:
    """Return which columns hold categories even if these are texts of numbers."""
    if not reset:
        columns = getattr(estimator, "_columns", None)
        return np.empty(0, dtype=int) if columns is None else columns.categorical
    chosen = chosen_columns(
        getattr(estimator, "categorical_features", None),
        sequences.n_features,
        sequences.feature_names,
        np.zeros(sequences.n_features, dtype=bool),
    )
    return np.flatnonzero(chosen)


def _refuse_categories(estimator: Any, sequences: SequenceArray) -> None:
    """Refuse columns that hold categories."""
    names = sequences.feature_names
    for i, known in enumerate(sequences.categories or ()):
        if known is not None:
            raise ValueError(
                f"Column {i if names is None else repr(names[i])} of X holds "
                f"categories, {shown(list(known))}; {type(estimator).__name__} expects "
                "numbers."
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


def _is_as_in_fit(estimator: BaseEstimator, X: Any) -> bool:
    """Whether X is an array of which only the values can be wrong.

    scikit-learn's checks take as long as the network for a single sample.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 3
        and X.dtype in FLOATS
        and X.size > 0
        and X.shape[2] == estimator._n_channels
        and not hasattr(estimator, "feature_names_in_")
    )


def _from_panel(X: Any) -> SequenceArray:
    """Return one sequence per instance of a Series or DataFrame."""
    frame = as_pandas(X.to_frame() if X.ndim == 1 else X, "X")
    sequences = SequenceArray(**parted(frame, None, "X"))
    if sequences.categories is not None:
        return sequences
    check_columns(frame, "X")
    values = check_array(frame, dtype=FLOATS, ensure_all_finite=False, input_name="X")
    return sequences.map_values(lambda _: values)


def _from_list(X: Any) -> SequenceArray:
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


def _has_categories(item: Any) -> bool:
    """Whether one of a list is a frame with a column of categories."""
    return isinstance(item, pd.DataFrame) and any(
        holds_categories(column) for _, column in item.items()
    )


def _unflatten(table: np.ndarray, n_channels: int) -> np.ndarray:
    """Read each row as time steps of `n_channels` features, time first."""
    n_samples, n_columns = table.shape
    if not is_positive_integer(n_channels):
        raise ValueError(f"n_channels={shown(n_channels)} must be a positive integer.")
    if n_columns % n_channels:
        raise ValueError(
            f"X has {n_columns} columns, which n_channels={n_channels} does not divide."
        )
    return table.reshape(n_samples, -1, n_channels)


def _place_in_array(X: Any, position: tuple) -> str:
    """Return what to call a position in an array or table of sequences."""
    if len(position) < 3:
        return place_in_table(X, *position)
    i, step, column = position
    return f"X[{i}] at time step {step}, feature {column}"
