"""What columns and sequences are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq._showing import shown
from skseq.data.foreign import columns_of

__all__ = [
    "as_categories",
    "as_instances",
    "as_names",
    "as_times",
    "names_of_all",
    "names_of_columns",
]


def as_names(names: Any, n_features: int) -> np.ndarray | None:
    """Return names of columns as scikit-learn keeps them."""
    if names is None:
        return None
    names = list(names)
    if len(names) != n_features or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"feature_names must be {n_features} strings, one per column of values, "
            f"got {names!r:.200}."
        )
    return np.array(names, dtype=object)


def as_instances(instances: Any, n_samples: int) -> pd.Index | None:
    """Return the labels of sequences as an index."""
    return _as_labels(instances, "instances", n_samples, "labels, one per sequence")


def as_times(times: Any, n_steps: int) -> pd.Index | None:
    """Return the times of rows as an index."""
    expected = "numbers or dates, one per row of values"
    return _as_labels(times, "times", n_steps, expected)


def _as_labels(labels: Any, name: str, n: int, expected: str) -> pd.Index | None:
    """Return so many labels as an index of one level, None if there are none."""
    if labels is None:
        return None
    labels = _as_index(labels, name)
    if labels.nlevels > 1 or len(labels) != n:
        raise ValueError(
            f"{name} must be {n} {expected}, got {len(labels)} in {labels.nlevels} "
            "level(s)."
        )
    return labels


def as_categories(categories: Any, n_features: int) -> tuple | None:
    """Return the categories of each column, None if no column holds any."""
    if categories is None:
        return None
    if not isinstance(categories, (list, tuple)):
        raise TypeError(
            f"categories must be a tuple of {n_features}, one per column of values, "
            f"got {shown(categories)}."
        )
    if all(known is None for known in categories):
        return None
    categories = tuple(
        known if known is None else _as_index(known, "categories")
        for known in categories
    )
    if len(categories) != n_features:
        raise ValueError(
            f"categories must be a tuple of {n_features}, one per column of values, "
            f"got {len(categories)}."
        )
    return categories


def _as_index(labels: Any, name: str) -> pd.Index:
    if isinstance(labels, (str, bytes)) or not np.iterable(labels):
        raise TypeError(f"{name} must be an array of labels, got {shown(labels)}.")
    return pd.Index(labels)


def names_of_columns(frame: Any) -> Any:
    """Return the columns of a DataFrame if all are strings, as scikit-learn does.

    Parameters
    ----------
    frame : object
        A DataFrame, or anything else, which has no names.

    Returns
    -------
    names : Index or None
    """
    columns = columns_of(frame)
    named = len(columns) and all(isinstance(column, str) for column in columns)
    return columns if named else None


def names_of_all(sequences: list) -> Any:
    """Return the names of columns that the DataFrames in a list share."""
    columns = [list(columns_of(item)) for item in sequences]
    for i, names in enumerate(columns):
        if names != columns[0]:
            raise ValueError(
                f"The DataFrame X[{i}] has the columns {names}, X[0] has {columns[0]}."
            )
    return names_of_columns(sequences[0]) if columns else None
