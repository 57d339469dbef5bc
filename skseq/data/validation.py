"""What is accepted as X, and every error that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from skseq._showing import naming, shown
from skseq.data.categories import chosen_columns
from skseq.data.doubts import TimeFirst, refuse_texts, warn_of_axes
from skseq.data.finite import FLOATS, check_finite, check_values, missing_of
from skseq.data.foreign import check_container
from skseq.data.given import array_of, from_list, from_panel, unflatten
from skseq.data.instances import names_of_sequences
from skseq.data.kinds import without_na
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.numerals import with_numbers
from skseq.data.sequences import SequenceArray
from skseq.data.turned import how_read, refuse_one_sample, refuse_turned_sample

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

NO_TARGETS = "no_validation"  # scikit-learn's name for a y that is none


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
        sequences = check_values(from_panel(X), X, missing)
    elif is_list_of_sequences(X):
        sequences = check_values(from_list(X), X, missing)
    else:
        array = array_of(X, estimator)
        is_table = array.ndim == 2
        is_nested_list = isinstance(X, (list, tuple))
        if is_table:
            array = unflatten(array, estimator.n_channels)
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
