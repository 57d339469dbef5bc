"""What is accepted as X, and every error that says so."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skseq._showing import shown
from skseq.data.categories import chosen_columns, holds_categories
from skseq.data.doubts import TimeFirst, refuse_texts, warn_of_axes
from skseq.data.foreign import (
    check_container,
    check_layout_of_frame,
    check_times,
    is_frame,
)
from skseq.data.frames import as_pandas
from skseq.data.instances import names_of_sequences
from skseq.data.kinds import without_na
from skseq.data.layouts import joined, parted
from skseq.data.numerals import with_numbers
from skseq.data.panels import check_dates_rise
from skseq.data.places import (
    SET_MASK,
    check_columns,
    finding_text,
    labels_of_step,
    place_in_table,
)
from skseq.data.sequences import SequenceArray
from skseq.parameters import is_positive_integer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator

FLOATS = (np.float64, np.float32)
MOST_TOKENS = 10_000_000  # more would be measurements rather than tokens
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
    missing = _missing_of(estimator, reset)
    if not reset and y is NO_TARGETS and _is_as_in_fit(estimator, X):
        return _check_finite(SequenceArray.from_array(X), X, missing)
    check_container(X, "X", time_axis=1)
    refuse_texts(X)
    X = without_na(X)
    named, is_table, is_nested_list = X, False, False
    if isinstance(X, SequenceArray):
        sequences = _check_values(X, X, missing)
    elif is_panel(X):
        sequences = _check_values(_from_panel(X), X, missing)
    elif is_list_of_sequences(X):
        sequences = _check_values(_from_list(X), X, missing)
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
                dtype=FLOATS,
                ensure_all_finite=False,
                input_name="X",
                estimator=estimator,
            )
        # scikit-learn leaves the foreign byte order of a DataFrame as it is.
        array = np.asarray(array, dtype=array.dtype.newbyteorder("="))
        is_table = array.ndim == 2
        is_nested_list = isinstance(X, (list, tuple))
        if is_table:
            array = _unflatten(array, estimator.n_channels)
        sequences = _check_finite(SequenceArray.from_array(array), X, missing)
        sequences.instances = names_of_sequences(X)
    if not sequences.n_features:
        raise ValueError("X has 0 features per time step; at least one is required.")
    sequences = with_numbers(sequences, _categorical(estimator, sequences, reset))
    passes_categories = getattr(estimator, "_passes_categories", False)
    if not (passes_categories or hasattr(estimator, "categorical_features")):
        _refuse_categories(estimator, sequences)
    sequences = _check_finite(sequences, X, missing)
    if sequences.feature_names is not None:
        named = pd.DataFrame(columns=sequences.feature_names)
    counts_columns = is_table and (
        reset or (estimator._fitted_on_table and not is_nested_list)
    )
    if counts_columns and not reset:
        _refuse_turned_sample(estimator, X, sequences)
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
            f"per time step, as in fit.{_how_read(estimator, X, sequences)}"
        )
    elif is_table and not counts_columns:
        _refuse_one_sample(estimator, X, sequences)
    return sequences


def _reads_tokens(estimator: Any) -> bool:
    sources = ("embedding_dim", "embedding_weights")
    return any(getattr(estimator, name, None) is not None for name in sources)


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


class _Missing(NamedTuple):
    """Where NaN may stand."""

    columns: bool | np.ndarray  # in all of them or none, or in which
    can_be_set: bool  # by the parameter `missing`


def _missing_of(estimator: Any, reset: bool) -> _Missing:
    """Return where an estimator lets NaN stand, categories that it learned of too."""
    missing = getattr(estimator, "missing", None)
    columns = None if reset else getattr(estimator, "_columns", None)
    passes = getattr(estimator, "_passes_holes", False)  # to whoever comes behind
    if missing == "mask" or passes:
        return _Missing(True, True)
    can_be_set = missing is not None and not _reads_tokens(estimator)
    if columns is None:
        return _Missing(False, can_be_set)
    are = np.isin(np.arange(estimator._n_channels), columns.categorical)
    return _Missing(are, can_be_set)


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


def _refuse_one_sample(estimator: Any, X: Any, sequences: SequenceArray) -> None:
    """Refuse a column of numbers that is a sequence rather than many of one step."""
    n_timesteps = getattr(estimator, "_n_timesteps", 1)
    is_stream = getattr(estimator, "_is_stateful", False)  # which may read step by step
    if (
        sequences.n_timesteps == 1 < n_timesteps
        and len(sequences) > 1
        and not is_stream
    ):
        raise ValueError(
            f"X has one time step, but {type(estimator).__name__} learned of sequences "
            f"of up to {n_timesteps} in fit.{_how_read(estimator, X, sequences)} "
            "Sequences of one step are X[:, None]."
        )


def _refuse_turned_sample(estimator: Any, X: Any, sequences: SequenceArray) -> None:
    """Refuse what is one row of the table in fit, laid out as time steps."""
    n_columns, n_features = estimator.n_features_in_, sequences.n_features
    is_column = sequences.n_timesteps == 1 < len(sequences)
    if is_column and len(sequences) * n_features == n_columns:
        raise ValueError(
            f"X has {n_features} features, but {type(estimator).__name__} is expecting "
            f"{n_columns} features as input.{_how_read(estimator, X, sequences)}"
        )


def _how_read(estimator: Any, X: Any, sequences: SequenceArray) -> str:
    """Return how the rows of what may be one sequence were read, and what that is."""
    if sequences.n_features != estimator.n_channels:
        return ""
    if not is_list_of_sequences(X) and (
        isinstance(X, SequenceArray) or is_panel(X) or np.asarray(X).ndim != 2
    ):
        return ""
    kind = "univariate sequences" if sequences.n_features == 1 else "sequences"
    one = "X[None]" if isinstance(X, np.ndarray) and X.ndim == 2 else "[X]"
    return (
        f" X was read as a table of {len(sequences)} {kind}, one per row; if its rows "
        f"are the time steps of a single sequence, that is {one}."
    )


def check_tokens(
    sequences: SequenceArray, n_tokens: int | None = None
) -> SequenceArray:
    """Return sequences of one token per time step as int64, each below `n_tokens`."""
    if sequences.n_features != 1:
        raise ValueError(
            f"X has {sequences.n_features} features per time step; with an embedding "
            "it holds one token per time step."
        )
    sequences = sequences.compact()
    values = sequences.values[:, 0]
    largest = (MOST_TOKENS if n_tokens is None else n_tokens) - 1
    wrong = (values < 0) | (values > largest) | (values != np.floor(values))
    if wrong.any():
        last = "" if n_tokens is None else ", the last one that is known"
        for i, step, row in _places(sequences, wrong):
            sign = "Negative values in data: " if values[row] < 0 else ""
            raise ValueError(
                f"{sign}X[{i}] holds {values[row]:.15g} at time step {step}; expected "
                f"a token, a whole number from 0 to {largest}{last}."
            )
    return sequences.map_values(lambda values: values.astype(np.int64))


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


def is_panel(X: Any) -> bool:
    """Whether X is a table with a 2-level index (instance, time)."""
    return hasattr(X, "iloc") and X.index.nlevels == 2


def is_list_of_sequences(X: Any) -> bool:
    """Whether X lists arrays or lists of unequal lengths.

    A nested list of equal lengths is a table, as everywhere in scikit-learn.
    """
    is_list = isinstance(X, (list, tuple))
    is_objects = getattr(X, "ndim", 0) == 1 and X.dtype == object
    items = list(X) if is_list or is_objects else []
    if not items or not hasattr(items[0], "__len__"):
        return False
    is_nested_list = all(isinstance(sequence, (list, tuple)) for sequence in items)
    return is_objects or not is_nested_list or len(set(map(len, items))) > 1


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


def _check_values(
    sequences: SequenceArray, given: Any, missing: _Missing
) -> SequenceArray:
    """Return sequences of finite floats, and NaN where it may be."""
    if len(sequences) == 0:
        raise ValueError("X holds no sequence; at least one is required.")
    steps = without_na(sequences.values)
    with finding_text(steps, "X", lambda at: _place_in_steps(sequences, at, given)):
        values = check_array(
            steps, dtype=FLOATS, ensure_all_finite=False, input_name="X"
        )
    return _check_finite(sequences.map_values(lambda _: values), given, missing)


def _check_finite(
    sequences: SequenceArray, given: Any, missing: _Missing
) -> SequenceArray:
    """Refuse NaN and infinity, and name the first sequence and step with one.

    NaN may be where it says that a value is missing, or a category.
    """
    values = sequences.values
    if np.isfinite(np.sum(values)):  # no copy
        return sequences
    finite = np.isfinite(values)
    if np.size(missing.columns) in (1, values.shape[1]):  # others are refused later
        finite |= np.isnan(values) & missing.columns
    if sequences.categories is not None:
        finite |= [known is not None for known in sequences.categories]
    for i, step, row in _places(sequences, ~finite.all(axis=1)):
        column = int(np.argmin(finite[row]))
        kind = "NaN" if np.isnan(values[row, column]) else "infinity"
        place = f"X[{i}] at time step {step}"
        place += labels_of_step(given, i, step, row, column, values.shape[1])
        hint = SET_MASK if kind == "NaN" and missing.can_be_set else ""
        raise ValueError(f"Input X contains {kind}: {place}.{hint}")
    return sequences


def _place_in_steps(sequences: SequenceArray, position: tuple, given: Any) -> str:
    """Return what to call a position in the table of all steps."""
    row, column = position
    mask = np.arange(len(sequences.values)) == row
    for i, step, _ in _places(sequences, mask):
        labels = labels_of_step(given, i, step, row, column, sequences.n_features)
        return f"X[{i}] at time step {step}{labels}"
    return place_in_table(None, *position)


def _place_in_array(X: Any, position: tuple) -> str:
    """Return what to call a position in an array or table of sequences."""
    if len(position) < 3:
        return place_in_table(X, *position)
    i, step, column = position
    return f"X[{i}] at time step {step}, feature {column}"


def _places(sequences: SequenceArray, mask: np.ndarray) -> Iterator[tuple]:
    """Yield (sequence, time step, row) of the rows of a mask that are in use."""
    for i, (start, length) in enumerate(
        zip(sequences.starts, sequences.lengths, strict=True)
    ):
        for step in np.flatnonzero(mask[start : start + length]).tolist():
            yield i, step, start + step


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
