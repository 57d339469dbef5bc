"""Sequences laid out one behind the other, and back in the layout they came in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq._showing import naming
from skseq.data.foreign import check_container
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.objects import object_array
from skseq.data.panels import panel_starts
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable

__all__ = ["lay_out", "lay_out_like", "names_of_features", "names_with_static"]


def lay_out(X: Any, n_channels: int, name: str = "X") -> SequenceArray:
    """Copy sequences of any layout into a table that no two of them share.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences, of any data type.
    n_channels : int
        How many features a flat row of a table holds per time step.
    name : str, default="X"
        What to call them in errors.

    Returns
    -------
    sequences : SequenceArray

    Raises
    ------
    ValueError
        If X is none of these.
    """
    check_container(X, name, time_axis=1)
    with naming(name):
        sequences = _laid_out(X, n_channels, name)
    if not len(sequences):
        raise ValueError(f"{name} holds no sequence; expected one at least.")
    return sequences


def _laid_out(X: Any, n_channels: int, name: str) -> SequenceArray:
    if isinstance(X, SequenceArray):
        return X.apart()
    if is_panel(X):
        starts = panel_starts(X.index)
        values = X.to_numpy(copy=True).reshape(len(X), -1)
        return SequenceArray(values, starts, np.diff(np.append(starts, len(X))))
    if is_list_of_sequences(X):
        texts = [text for text in X if isinstance(text, (str, bytes))]
        if texts:
            raise ValueError(
                f"{name} holds the text {texts[0]!r:.50}, which has no time steps. "
                "Give the last step of the pipeline, and what its Tokenizer makes of "
                f"{name}."
            )
        return SequenceArray.from_list([_values_of(item) for item in X])
    array = np.array(X)
    if array.ndim not in (2, 3):
        raise ValueError(
            f"{name} has the shape {array.shape}; expected (n_samples, n_timesteps), "
            "(n_samples, n_timesteps, n_features) or a list of sequences."
        )
    if array.ndim == 2:
        if array.shape[1] % n_channels:
            raise ValueError(
                f"{name} has {array.shape[1]} columns, which n_channels={n_channels} "
                "does not divide."
            )
        array = array.reshape(len(array), -1, n_channels)
    return SequenceArray.from_array(array)


def _values_of(item: Any) -> Any:
    """Return one of a list without an index, categories as what they are called."""
    return item.to_numpy() if hasattr(item, "iloc") else item


def lay_out_like(X: Any, sequences: SequenceArray) -> Any:
    """Return sequences in the layout of others of the same lengths.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        The others.
    sequences : SequenceArray
        What `lay_out` made of them, with other values perhaps.

    Returns
    -------
    X : object
        As X in all but the values: names, index, data types are kept.
    """
    if isinstance(X, SequenceArray):
        return sequences
    if not is_list_of_sequences(X):
        return _like_table(X, sequences.values)
    items = [_like_table(x, steps) for x, steps in zip(X, sequences, strict=True)]
    if isinstance(X, (list, tuple)):
        return items
    return object_array(items)


def _like_table(table: Any, values: np.ndarray) -> Any:
    """Return values in the shape of an array, Series or DataFrame."""
    if not hasattr(table, "iloc"):
        return values.reshape(np.shape(table))
    if table.ndim == 1:
        return pd.Series(values[:, 0], table.index, table.dtype, table.name)
    frame = pd.DataFrame(values.reshape(table.shape), table.index, table.columns)
    return frame.astype(table.dtypes)


def names_of_features(X: Any, estimator: Any, n_features: int) -> np.ndarray | None:
    """Return the names of the features of a time step, None if there are none.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences.
    estimator : estimator
        Knows the names of what it was fitted on, perhaps.
    n_features : int
        Number of features per time step.
    """
    item = next(iter(X)) if is_list_of_sequences(X) else X
    known = getattr(estimator, "feature_names_in_", ())
    names = getattr(item, "columns", getattr(item, "feature_names", None))
    names = known if names is None else names
    return np.asarray(names) if len(names) == n_features else None


def names_with_static(names: Any, n_features: int, static: StaticTable) -> Any:
    """Return the names of features and of static columns behind them.

    Parameters
    ----------
    names : array-like of str or None
        Names of the features.
    n_features : int
        How many there are.
    static : StaticTable
        What is known of sequences as a whole.

    Returns
    -------
    names : ndarray of str or None
        None if neither have names; who lacks them is counted if the others have some.
    """
    if names is None and static.names is None:
        return None
    of_steps = [f"x{i}" for i in range(n_features)] if names is None else list(names)
    of_static = [f"static{i}" for i in range(static.values.shape[1])]
    if static.names is not None:
        of_static = list(static.names)
    return np.array([*of_steps, *of_static], dtype=object)
