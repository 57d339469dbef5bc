"""What is accepted as X, y and sample_weight, and every error that says so."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import assert_all_finite, check_array, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    column_or_1d,
    validate_data,
)

from skseq.sequences import SequenceArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator

FLOATS = (np.float64, np.float32)


def check_sequences(
    estimator: BaseEstimator, X: Any, y: Any = "no_validation", *, reset: bool
) -> SequenceArray:
    """Read any supported layout of X, see the user guide for the list.

    Sets (`reset=True`) or checks `n_features_in_` and `feature_names_in_`: the
    columns of a table, the features per time step of everything else.

    Parameters
    ----------
    estimator : estimator
        The estimator that was given X. Its parameter `n_channels` says how many
        features a flat row of a table holds per time step.
    X : array, table, list of arrays, panel or SequenceArray
        The sequences.
    y : object, default="no_validation"
        The targets, to complain when they are missing.
    reset : bool
        True in `fit`, False afterwards.

    Returns
    -------
    sequences : SequenceArray of float64 or float32
    """
    is_table = False
    if isinstance(X, SequenceArray):
        sequences = _check_values(X)
    elif is_panel(X):
        sequences = _check_values(SequenceArray.from_frame(X))
    elif is_list_of_sequences(X):
        sequences = _check_values(SequenceArray.from_list(X))
    else:
        array = check_array(
            X, allow_nd=True, dtype=FLOATS, input_name="X", estimator=estimator
        )
        is_table = array.ndim == 2
        if is_table:
            array = _unflatten(array, estimator.n_channels)
        sequences = SequenceArray.from_array(array)
    counts_columns = is_table and (reset or estimator._fitted_on_table)
    validate_data(
        estimator, X, y, reset=reset, skip_check_array=True, ensure_2d=counts_columns
    )
    if reset:
        estimator._fitted_on_table = is_table
        estimator._n_channels = sequences.n_features
        if not is_table:
            estimator.n_features_in_ = sequences.n_features
    elif sequences.n_features != estimator._n_channels:
        raise ValueError(
            f"X has {sequences.n_features} features per time step, but "
            f"{type(estimator).__name__} is expecting {estimator._n_channels} features "
            "per time step, as in fit."
        )
    return sequences


def check_labels(X: Any, y: Any) -> np.ndarray:
    """Return class labels (n_samples,) or label indicators (n_samples, n_labels)."""
    check_instances(X, y)
    if hasattr(y, "toarray"):
        y = y.toarray()
    assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        return np.asarray(y)
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y holds several columns of classes (multiclass-multioutput); expected "
            "labels of shape (n_samples,) or 0/1 indicators (n_samples, n_labels)."
        )
    return column_or_1d(y, warn=True)


def check_numbers(X: Any, y: Any) -> np.ndarray:
    """Return regression targets (n_samples,) or (n_samples, n_outputs), float64."""
    check_instances(X, y)
    y = check_array(y, ensure_2d=False, allow_nd=True, dtype=np.float64, input_name="y")
    if y.ndim > 2:
        raise ValueError(
            f"y has the shape {y.shape}; expected (n_samples,) or "
            "(n_samples, n_outputs)."
        )
    return y


def check_weights(sample_weight: Any, sequences: SequenceArray) -> np.ndarray | None:
    """Return non-negative float64 weights, None if there are none given."""
    if sample_weight is None:
        return None
    return _check_sample_weight(
        sample_weight, sequences.starts, dtype=np.float64, ensure_non_negative=True
    )


def check_instances(X: Any, y: Any) -> None:
    """Refuse a labelled y whose order differs from the instances of a panel X."""
    if not is_panel(X) or not hasattr(y, "iloc") or y.index.nlevels != 1:
        return
    instances = X.index.get_level_values(0).unique()
    if not y.index.equals(instances) and y.index.sort_values().equals(
        instances.sort_values()
    ):
        raise ValueError(
            "y is indexed by the instances of X but in another order; "
            "use y.loc[X.index.get_level_values(0).unique()]."
        )


def check_same_length(sequences: SequenceArray, y: np.ndarray) -> None:
    """Raise unless there is one target per sequence."""
    check_consistent_length(sequences.starts, y)


@contextmanager
def unchanged_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Give an estimator its attributes back when the block fails."""
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def is_panel(X: Any) -> bool:
    """Whether X is a table with a 2-level index (instance, time)."""
    return hasattr(X, "iloc") and X.index.nlevels == 2


def is_list_of_sequences(X: Any) -> bool:
    """Whether X lists arrays or lists of unequal lengths.

    A nested list of equal lengths is a table, as everywhere in scikit-learn.
    """
    if isinstance(X, np.ndarray):
        listed = X.dtype == object and X.ndim == 1
    else:
        listed = isinstance(X, (list, tuple))
    if not listed or len(X) == 0 or not hasattr(X[0], "__len__"):
        return False
    is_nested_list = all(isinstance(sequence, (list, tuple)) for sequence in X)
    return not is_nested_list or len({len(sequence) for sequence in X}) > 1


def _check_values(sequences: SequenceArray) -> SequenceArray:
    """Return sequences of finite floats."""
    if len(sequences) == 0:
        raise ValueError("X holds no sequence; at least one is required.")
    values = check_array(
        sequences.values, dtype=FLOATS, ensure_all_finite=False, input_name="X"
    )
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        _raise_not_finite(sequences, values, finite)
    return sequences.map_values(lambda _: values)


def _raise_not_finite(sequences, values, finite) -> None:
    """Name the first sequence and step with a NaN or infinity, if one is in use."""
    for i, (start, length) in enumerate(
        zip(sequences.starts, sequences.lengths, strict=True)
    ):
        steps = finite[start : start + length]
        if not steps.all():
            step = int(np.argmin(steps))
            kind = "NaN" if np.isnan(values[start + step]).any() else "infinity"
            raise ValueError(f"Input X contains {kind}: X[{i}] at time step {step}.")


def _unflatten(table: np.ndarray, n_channels: int) -> np.ndarray:
    """Read each row as time steps of `n_channels` features, time first."""
    n_samples, n_columns = table.shape
    if n_columns % n_channels:
        raise ValueError(
            f"X has {n_columns} columns, which n_channels={n_channels} does not divide."
        )
    return table.reshape(n_samples, -1, n_channels)
