"""Values per time step: from any layout to one flat array, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight

from skseq._showing import naming, shown
from skseq.data.doubts import refuse_missing
from skseq.data.foreign import check_container
from skseq.data.instances import check_instances, names_of_sequences
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.objects import object_array
from skseq.data.panels import panel_starts
from skseq.data.sequences import SequenceArray
from skseq.data.targets import check_weights

__all__ = [
    "are_missing",
    "check_step_labels",
    "check_step_weights",
    "flatten_steps",
    "unflatten_steps",
]


def flatten_steps(values: Any, name: str = "y") -> tuple[np.ndarray, np.ndarray]:
    """Join what belongs to the steps of sequences.

    Parameters
    ----------
    values : list of arrays, array-like, Series, DataFrame or SequenceArray
        Labels or numbers, one per step, or a row of numbers per step.
    name : str, default="y"
        What to call them in errors.

    Returns
    -------
    flat : ndarray of shape (n_steps,) or (n_steps, n_outputs)
        Sequence after sequence.
    lengths : ndarray of int of shape (n_samples,)
        Steps of each.

    Raises
    ------
    ValueError
        If there is one value per sequence instead, or more values for some steps.
    """
    check_container(values, name)
    no_step = f"{name} holds no step; expected one label per time step."
    if isinstance(values, SequenceArray):
        if not values.lengths.any():
            raise ValueError(no_step)
        flat, lengths = np.concatenate(values.to_list()), values.lengths
    elif is_panel(values):
        flat = values.to_numpy()
        lengths = np.diff(np.append(panel_starts(values.index), len(flat)))
    else:
        ragged = is_list_of_sequences(values)
        items = values if ragged else np.atleast_1d(np.asarray(values))
        arrays = [np.asarray(item) for item in items]
        for i, array in enumerate(arrays):
            if array.ndim == 0:
                raise ValueError(
                    f"{name}[{i}] is {shown(array.item())}; expected one label per "
                    "time step, as a list of arrays or an array (n_samples, "
                    "n_timesteps)."
                )
            if array.shape[1:] != arrays[0].shape[1:]:
                raise ValueError(
                    f"{name}[{i}] has the shape {array.shape}, {name}[0] has "
                    f"{arrays[0].shape}; expected as many values for every time step."
                )
        lengths = np.array([len(array) for array in arrays], dtype=int)
        if not lengths.any():
            raise ValueError(no_step)
        mixed = len({array.dtype.kind == "U" for array in arrays if len(array)}) > 1
        flat = np.concatenate(arrays, dtype=object if mixed else None)
    if flat.ndim == 2 and flat.shape[1] == 1:
        flat = flat[:, 0]
    return flat, lengths


def unflatten_steps(flat: np.ndarray, X: Any, columns: Any = None) -> Any:
    """Lay values per step out as the sequences they belong to.

    Parameters
    ----------
    flat : ndarray of shape (n_steps,) or (n_steps, n_outputs)
        Sequence after sequence.
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences.
    columns : array-like of shape (n_outputs,), optional
        Names for the columns of a DataFrame.

    Returns
    -------
    values : ndarray, list of ndarray, Series or DataFrame
        Of a panel a Series or DataFrame with its index, of a list or SequenceArray a
        list of arrays, of an object array one, and of an array (or table) an array
        of shape (n_samples, n_timesteps) or (n_samples, n_timesteps, n_outputs).
    """
    if is_panel(X):
        if flat.ndim == 1:
            return pd.Series(flat, index=X.index)
        return pd.DataFrame(flat, index=X.index, columns=columns)
    if not isinstance(X, SequenceArray) and not is_list_of_sequences(X):
        return flat.reshape(len(np.asarray(X)), -1, *flat.shape[1:])
    lengths = getattr(X, "lengths", None)
    lengths = [len(sequence) for sequence in X] if lengths is None else lengths
    items = np.split(flat, np.cumsum(lengths)[:-1])
    if not hasattr(X, "dtype") or isinstance(X, SequenceArray):
        return items
    return object_array(items)


@naming("y")
def are_missing(labels: np.ndarray, missing_label: Any) -> np.ndarray:
    """Return which labels say that there is none.

    Parameters
    ----------
    labels : ndarray
        Labels of steps.
    missing_label : object
        What stands for none; None if nothing does.
    """
    if missing_label is None:
        return np.zeros(labels.shape, dtype=bool)
    if isinstance(missing_label, float) and np.isnan(missing_label):
        return np.asarray(pd.isna(labels))
    return np.asarray(labels == missing_label)


def check_step_labels(X: Any, y: Any, missing_label: Any = None) -> SequenceArray:
    """Read class labels per time step from any layout.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences.
    y : list of arrays, array-like, Series or SequenceArray
        The labels; of a panel, an array (n_rows,), too, which scikit-learn makes of a
        Series in `cross_val_predict`.
    missing_label : object, default=None
        What stands for a label that is missing, such as NaN or -1.

    Returns
    -------
    labels : SequenceArray
        With one feature, the label.

    Raises
    ------
    ValueError
        If y holds anything but class labels per step, or its index is not that of a
        panel X.
    TypeError
        If labels are partly strings.
    """
    check_container(y, "y", time_axis=1)
    if is_panel(X) and _are_of_rows(X, y):
        y = pd.Series(y, X.index)
    if is_panel(X) and is_panel(y) and not y.index.equals(X.index):
        raise ValueError(
            "y has another index than X; labels per step need the same (instance, "
            "time), in the same order."
        )
    check_instances(X, y, "y")
    _check_same_dates(X, y)
    if not are_missing(np.array([np.nan]), missing_label).any():
        refuse_missing(y)
    if isinstance(y, SequenceArray):
        labels = y
    else:
        flat, lengths = flatten_steps(y)
        if flat.ndim > 1:
            raise ValueError(
                f"y holds rows of shape {flat.shape[1:]} per time step; expected one "
                "label per step."
            )
        starts = np.cumsum(lengths) - lengths
        instances = names_of_sequences(X)  # which weights of sequences may name, too
        if instances is not None and len(instances) != len(starts):
            instances = None
        labels = SequenceArray(flat[:, None], starts, lengths, instances=instances)
    if labels.n_features != 1:
        raise ValueError(
            f"y holds {labels.n_features} values per time step; expected one label."
        )
    steps = labels.compact().values[:, 0]
    steps = steps[~are_missing(steps, missing_label)]
    if not len(steps):
        raise ValueError(f"All labels of y are {missing_label!r}, which is none.")
    assert_all_finite(steps, input_name="y")
    if steps.dtype == object and len({isinstance(label, str) for label in steps}) > 1:
        raise TypeError("y holds labels of several types, strings and others.")
    check_classification_targets(pd.Series(steps).infer_objects().to_numpy())
    return labels


def _are_of_rows(X: Any, y: Any) -> bool:
    """Return whether y is an array with a label for each row of a panel."""
    is_flat = isinstance(y, np.ndarray) and y.shape == (len(X),)
    return is_flat and not any(isinstance(label, (list, np.ndarray)) for label in y)


def _check_same_dates(X: Any, y: Any) -> None:
    """Refuse lists of labels whose dates are not those of the sequences."""
    if not (is_list_of_sequences(X) and is_list_of_sequences(y)):
        return
    one: Any
    other: Any
    for i, pair in enumerate(zip(X, y, strict=False)):  # others are refused later
        one, other = (getattr(part, "index", None) for part in pair)
        are_dates = hasattr(one, "asi8") and hasattr(other, "asi8")
        if are_dates and not one.equals(other):
            raise ValueError(
                f"y[{i}] has another index than X[{i}]; labels per step need the same "
                "times, in the same order."
            )


@naming("sample_weight")
def check_step_weights(
    sample_weight: Any, y: Any, labels: SequenceArray
) -> np.ndarray | None:
    """Read weights of time steps, or of sequences and so of all their steps.

    Parameters
    ----------
    sample_weight : array-like, list of arrays, Series, SequenceArray or None
        A weight per sequence, (n_samples,), or one per step, laid out as y is.
    y : list of arrays, array-like, Series or SequenceArray
        The labels, as they were given.
    labels : SequenceArray
        The same, as they were read.

    Returns
    -------
    weights : ndarray of shape (n_steps,) or None
        Sequence after sequence; None if there are none given.

    Raises
    ------
    ValueError
        If there are other weights than sequences or steps, negative ones, or the index
        is not that of a panel y.
    """
    if sample_weight is None:
        return None
    if (
        is_panel(sample_weight)
        and is_panel(y)
        and not sample_weight.index.equals(y.index)
    ):
        raise ValueError(
            "sample_weight has another index than y; weights per step need the same "
            "(instance, time), in the same order."
        )
    is_laid_out = (
        is_list_of_sequences(sample_weight)
        or is_panel(sample_weight)
        or isinstance(sample_weight, SequenceArray)
    )
    shape = len(labels), labels.n_timesteps
    if not is_laid_out and np.asarray(sample_weight).shape != shape:
        of_sequences: Any = check_weights(sample_weight, labels)
        return np.repeat(of_sequences, labels.lengths)
    weights, lengths = flatten_steps(sample_weight, "sample_weight")
    expected = "expected one weight per sequence, (n_samples,), or one per label."
    if weights.ndim > 1 or len(lengths) != len(labels):
        raise ValueError(
            f"sample_weight holds weights of shape {weights.shape[1:]} for the steps "
            f"of {len(lengths)} sequences, y labels for those of {len(labels)}; "
            f"{expected}"
        )
    differ = np.flatnonzero(lengths != labels.lengths)
    if len(differ):
        i = differ[0]
        raise ValueError(
            f"sample_weight[{i}] holds {lengths[i]} weights, y[{i}] "
            f"{labels.lengths[i]} labels; {expected}"
        )
    return _check_sample_weight(
        weights, weights, dtype=np.float64, ensure_non_negative=True
    )
