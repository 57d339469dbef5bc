"""What is accepted as y, sample_weight and groups, row by row with X."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import assert_all_finite, check_array, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, column_or_1d

from skseq._showing import naming
from skseq.data.doubts import refuse_missing
from skseq.data.foreign import check_container
from skseq.data.instances import check_instances
from skseq.data.kinds import without_na
from skseq.data.layouts import is_list_of_sequences
from skseq.data.places import (
    SET_MASK,
    check_columns,
    check_finite_rows,
    finding_text,
    place_in_table,
)
from skseq.data.sequences import SequenceArray

__all__ = [
    "check_groups",
    "check_labels",
    "check_numbers",
    "check_same_length",
    "check_same_steps",
    "check_scored_labels",
    "check_weights",
]


@naming("y")
def check_labels(X: Any, y: Any) -> np.ndarray:
    """Return class labels (n_samples,) or label indicators (n_samples, n_labels)."""
    y = check_scored_labels(X, y)
    assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        y = np.asarray(y)
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                f"y of shape {y.shape} holds the values {np.unique(y).tolist()}; label "
                "indicators are 0 or 1."
            )
        return y.astype(int)
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y holds several columns of classes (multiclass-multioutput); expected "
            "labels of shape (n_samples,) or 0/1 indicators (n_samples, n_labels)."
        )
    return column_or_1d(y, warn=True)


def check_scored_labels(X: Any, y: Any) -> Any:
    """Return labels, of which scikit-learn checks the rest; indicators not sparse."""
    check_container(y, "y")
    check_instances(X, y, "y", one_each=True)
    y = y.toarray() if hasattr(y, "toarray") else y
    refuse_missing(y)
    return y


@naming("y")
def check_numbers(X: Any, y: Any, *, missing: str = "error") -> np.ndarray:
    """Return regression targets (n_samples,) or (n_samples, n_outputs), float64.

    NaN is an error, unless numbers may be missing: "mask".
    """
    check_container(y, "y")
    check_instances(X, y, "y", one_each=True)
    given = y = without_na(y)
    if hasattr(y, "iloc"):
        check_columns(y, "y")
    with finding_text(y, "y", lambda at: place_in_table(given, *at)):
        y = check_array(
            y,
            ensure_2d=False,
            allow_nd=True,
            dtype=np.float64,
            ensure_all_finite=False,
            input_name="y",
        )
    if y.ndim > 2:
        raise ValueError(
            f"y has the shape {y.shape}; expected (n_samples,) or "
            "(n_samples, n_outputs)."
        )
    may_miss = missing == "mask"
    finite = np.where(np.isnan(y), 0, y) if may_miss else y
    check_finite_rows(finite, given, "y", hint=SET_MASK)
    if may_miss and np.isnan(y).all():
        raise ValueError("All numbers of y are missing.")
    return y


@naming("sample_weight")
def check_weights(sample_weight: Any, X: Any, y: Any = None) -> np.ndarray | None:
    """Return non-negative float64 weights, None if there are none given.

    X is a SequenceArray, or any layout if y tells the number of samples.
    """
    if sample_weight is None:
        return None
    if is_list_of_sequences(sample_weight) or isinstance(sample_weight, SequenceArray):
        raise ValueError(
            f"sample_weight holds several weights in each of {len(sample_weight)} "
            "items, as if for time steps; expected one weight per sequence, "
            "(n_samples,)."
        )
    check_container(sample_weight, "sample_weight")
    check_instances(X, sample_weight, "sample_weight", one_each=True)
    with finding_text(
        sample_weight, "sample_weight", lambda at: place_in_table(sample_weight, *at)
    ):
        return _check_sample_weight(
            sample_weight,
            X.starts if y is None else y,
            dtype=np.float64,
            ensure_non_negative=True,
        )


@naming("groups")
def check_groups(groups: Any, sequences: SequenceArray) -> np.ndarray | None:
    """Return the groups of samples as numbers, None if there are none."""
    if groups is None:
        return None
    check_container(groups, "groups")
    check_instances(sequences, groups, "groups", one_each=True)
    groups = column_or_1d(groups)
    if len(groups) != len(sequences):
        raise ValueError(
            f"groups has {len(groups)} entries for X of {len(sequences)} samples."
        )
    return pd.factorize(groups, use_na_sentinel=False)[0]


def check_same_length(sequences: SequenceArray, y: np.ndarray | SequenceArray) -> None:
    """Raise unless there is one target per sequence, or per each of its steps."""
    check_consistent_length(sequences.starts, y)
    if isinstance(y, SequenceArray):
        check_same_steps(sequences.lengths, y.lengths)


def check_same_steps(lengths: np.ndarray, n_labels: np.ndarray) -> None:
    """Raise unless there are as many labels as steps in every sequence."""
    check_consistent_length(lengths, n_labels)
    differ = np.flatnonzero(lengths != n_labels)
    if len(differ):
        i = differ[0]
        raise ValueError(
            f"y[{i}] has {n_labels[i]} labels for a sequence of {lengths[i]} steps."
        )
