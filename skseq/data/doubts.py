"""What can be read, but hardly as it was meant; and what is missing."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from skseq.data.sequences import SequenceArray

__all__ = [
    "TimeFirst",
    "refuse_missing",
    "refuse_texts",
    "warn_of_axes",
    "warn_of_names",
]

MANY = 10  # features per step of a sequence that may be steps of a channel


class TimeFirst(list):
    """A list of sequences of which it is known that time stands before channels."""


def refuse_texts(X: Any) -> None:
    """Refuse texts, whole or split into words, where sequences are expected.

    Parameters
    ----------
    X : object
        What was given: a list, an array, a Series or a SequenceArray.

    Raises
    ------
    ValueError
        If it holds texts.
    """
    found = _find_text(X)
    if found is not None:
        place, text = found
        raise ValueError(
            f"{place} is the text {text!r:.50}, but sequences hold numbers: could not "
            "convert string to float. skseq.preprocessing.Tokenizer makes tokens of "
            "texts, before an estimator with embedding_dim, as "
            "make_pipeline(Tokenizer(), RNNClassifier(embedding_dim=32))."
        )


def warn_of_names(codes: np.ndarray, name: str, depth: int) -> None:
    """Warn of a column of categories that may name one series below the other.

    Each category stands in one block of rows, and there are several.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Which category each row has.
    name : str
        What to call the column.
    depth : int
        How many calls the user's is above this one.
    """
    n_blocks = 1 + (codes[1:] != codes[:-1]).sum()
    if n_blocks == len(np.unique(codes)) > 1:
        warnings.warn(
            f"Column {name} of X holds {n_blocks} categories, one below the other. If "
            "they name several series, put them into the index, X.set_index([name, "
            "time]); X was read as one series.",
            UserWarning,
            stacklevel=depth,
        )


def _find_text(X: Any) -> tuple[str, str] | None:
    """Return the place of the first text, and the text."""
    if isinstance(X, (str, bytes)):
        return "X", str(X)
    if hasattr(X, "columns") or getattr(X, "feature_names", None) is not None:
        return None  # whose columns are named elsewhere
    if isinstance(X, SequenceArray):
        return _find_text(X.values)
    dtype = getattr(X, "dtype", None)
    if not hasattr(X, "__len__"):
        return None
    if getattr(dtype, "kind", "O") not in "OUST":
        return None
    if getattr(X, "ndim", 1) > 1:
        if dtype is not None and not hasattr(dtype, "kind"):
            return None  # a tensor of torch, whose rows take long to go through
        X = np.asarray(X)
        X = X.reshape(-1, X.shape[-1])
    for i, item in enumerate(X):
        inner = item
        is_sequence = isinstance(item, (list, tuple, np.ndarray)) and np.ndim(item)
        if is_sequence and np.size(item[:1]) == 1:
            inner = item[0]
        is_text = isinstance(inner, (str, bytes))
        if is_text and (inner is item or not _is_number(inner)):
            return f"X[{i}]" + ("" if inner is item else "[0]"), str(inner)
    return None


def _is_number(text: str | bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def warn_of_axes(sequences: SequenceArray) -> None:
    """Warn of sequences that seem to have their channels where time is expected.

    Parameters
    ----------
    sequences : SequenceArray
        What `fit` was given. Windows, and what names its features, are no doubt.
    """
    n_timesteps = int(sequences.lengths.max())
    if (
        sequences.window_length is not None
        or sequences.feature_names is not None
        or sequences.n_features < MANY * n_timesteps
    ):
        return
    warnings.warn(
        f"X is read as sequences of {n_timesteps} time steps of {sequences.n_features} "
        "features, (n_samples, n_timesteps, n_features). If channels stand before "
        "time, as in arrays for sktime and aeon, turn them by "
        "skseq.preprocessing.SwapAxes, or use the adapters of skseq.sktime. If they "
        "are as they should be, warnings.filterwarnings('ignore', 'X is read as').",
        UserWarning,
        stacklevel=5,
    )


def refuse_missing(y: Any, name: str = "y") -> None:
    """Refuse None, NaN and pandas' NA among labels.

    Parameters
    ----------
    y : object
        Labels of sequences or steps, in any layout.
    name : str, default="y"
        What to call them.

    Raises
    ------
    ValueError
        If one is missing; the first is named.
    """
    is_objects = getattr(y, "ndim", 0) == 1 and y.dtype == object
    is_list = is_objects or isinstance(y, (list, tuple, SequenceArray))
    if is_list and any(_is_sequence(item) for item in y):
        for i, item in enumerate(y):
            _refuse_missing_of(item, f"{name}[{i}]")
    else:
        _refuse_missing_of(y, name)


def _is_sequence(item: Any) -> bool:
    return hasattr(item, "__len__") and not isinstance(item, (str, bytes))


def _refuse_missing_of(values: Any, name: str) -> None:
    if not hasattr(values, "iloc"):
        # In an array of its own making, NumPy has the text "nan" beside other texts.
        is_array = hasattr(values, "dtype")
        values = np.asarray(values, dtype=None if is_array else object)
        if values.dtype.kind not in "fcOMm":
            return
    missing = np.argwhere(np.asarray(pd.isna(values)))
    if len(missing):
        at = tuple(missing[0].tolist())
        value = (values.to_numpy(object) if hasattr(values, "iloc") else values)[at]
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        raise ValueError(
            f"Input y contains NaN: {place} is {value!s}, no label. Leave out what has "
            "no label (taggers do with missing_label=numpy.nan), or give it a label of "
            "its own."
        )
