"""Lists of sequences and long tables as the parts of a SequenceArray."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.categories import (
    EncodedTable,
    encode_column,
    encode_table,
    extended,
    recode,
)
from skseq.data.foreign import check_container, is_frame
from skseq.data.frames import as_pandas, with_index
from skseq.data.names import names_of_all, names_of_columns
from skseq.data.panels import check_dates_rise, panel_starts
from skseq.data.token_arrays import TokenArray, holds_tokens

__all__ = [
    "dates_of",
    "is_list_of_sequences",
    "is_panel",
    "joined",
    "one_below_the_other",
    "parted",
]


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


def joined(sequences: Any, name: str = "sequences") -> dict[str, Any]:
    """Join sequences of unequal lengths, as `SequenceArray.from_list` says.

    Parameters
    ----------
    sequences : sequence of array-likes
        Each of shape (n_timesteps_i,) or (n_timesteps_i, n_features).
    name : str, default="sequences"
        What to call them in errors.

    Returns
    -------
    parts : dict
        Arguments of a SequenceArray.
    """
    is_one = isinstance(sequences, (str, bytes, dict, set)) or is_frame(sequences)
    if is_one or hasattr(sequences, "columns") or not np.iterable(sequences):
        raise TypeError(
            f"{name} must be a list of arrays, got {type(sequences).__name__}."
        )
    sequences = list(sequences)
    check_container(sequences, name, time_axis=1)
    sequences = [
        as_pandas(x, f"{name}[{i}]")
        if is_frame(x) or isinstance(x, pd.DataFrame)
        else x
        for i, x in enumerate(sequences)
    ]
    names = names_of_all(sequences)
    for i, sequence in enumerate(sequences):
        check_dates_rise(sequence, f"{name}[{i}]")
    dates = dates_of(sequences)
    encoded = _encode_together(sequences, name)
    if encoded is not None:
        sequences = np.split(encoded.values, np.cumsum([len(x) for x in sequences]))
        sequences = sequences[:-1]
    tables = [_as_table(sequence, i) for i, sequence in enumerate(sequences)]
    if not tables:
        raise ValueError(f"{name} holds no sequence; at least one is required.")
    n_features = tables[0].shape[1]
    for i, table in enumerate(tables):
        if table.shape[1] != n_features:
            raise ValueError(
                f"Sequence {i} has {table.shape[1]} features per time step, but "
                f"sequence 0 has {n_features}; all must have the same number."
            )
    lengths = np.array([len(table) for table in tables])
    values = np.ascontiguousarray(np.concatenate(tables))
    if holds_tokens(sequences):
        values = values.view(TokenArray)
    return {
        "values": values,
        "starts": np.cumsum(lengths) - lengths,
        "lengths": lengths,
        "feature_names": names,
        "times": dates,
        "categories": None if encoded is None else encoded.categories,
    }


def dates_of(sequences: list) -> pd.Index | None:
    """Return the dates in the indexes of all sequences of a list, None if not all have.

    Numbers may be those of the rows of a table, and say nothing of time.

    Parameters
    ----------
    sequences : list of array-likes
        The sequences.
    """
    indexes: list[Any] = [x.index if hasattr(x, "iloc") else None for x in sequences]
    kinds = set(map(type, indexes))
    if len(kinds) != 1 or not hasattr(indexes[0], "asi8"):
        return None
    return indexes[0].append(indexes[1:])


def parted(frame: Any, index: Any, name: str = "frame") -> dict[str, Any]:
    """Part a long table by its instances, as `SequenceArray.from_frame` says.

    Parameters
    ----------
    frame : DataFrame of any package
        The table.
    index : sequence of two str or None
        The columns of instances and of times, where these are no index.
    name : str, default="frame"
        What to call the frame in errors.

    Returns
    -------
    parts : dict
        Arguments of a SequenceArray.
    """
    if not (isinstance(frame, pd.DataFrame) or is_frame(frame)):
        check_container(frame, "frame")
        hint = "; give frame.to_frame()" if isinstance(frame, pd.Series) else ""
        kind = type(frame).__name__
        raise TypeError(f"frame must be a DataFrame, got {kind}{hint}.")
    frame = with_index(frame, index)
    starts = panel_starts(frame.index)
    encoded = encode_table(frame, name)
    return {
        "values": frame.to_numpy() if encoded is None else encoded.values,
        "starts": starts,
        "lengths": np.diff(np.append(starts, len(frame))),
        "feature_names": names_of_columns(frame),
        "instances": frame.index.get_level_values(0)[starts],
        "times": frame.index.get_level_values(1),
        "categories": None if encoded is None else encoded.categories,
    }


def one_below_the_other(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of the same columns as one, in which categoricals stay such.

    Parameters
    ----------
    frames : list of DataFrame
        At least one. Where a column is a categorical in any of them, it is one of the
        categories of all.
    """
    frames = [frame.copy(deep=False) for frame in frames]
    for i in range(frames[0].shape[1]):
        dtypes = {frame.dtypes.iloc[i] for frame in frames}
        are = any(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes)
        if not are or len(dtypes) == 1:
            continue
        known = pd.Index([])
        for frame in frames:
            known = extended(known, encode_column(frame.iloc[:, i])[1])
        for frame in frames:
            codes = recode(*encode_column(frame.iloc[:, i]), known).clip(min=-1)
            frame.isetitem(i, pd.Categorical.from_codes(codes, known))
    return pd.concat(frames)


def _as_table(sequence: Any, i: int) -> np.ndarray:
    """Return sequence `i` as an array of shape (n_timesteps, n_features)."""
    table = np.asarray(sequence)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2:
        raise ValueError(
            f"Sequence {i} has the shape {table.shape}; expected (n_timesteps,) or "
            "(n_timesteps, n_features)."
        )
    if len(table) == 0:
        raise ValueError(f"Sequence {i} is empty; at least one time step is required.")
    return table


def _encode_together(sequences: list, name: str) -> EncodedTable | None:
    """Return the numbers of frames that hold categories, one behind the other."""
    if not sequences or not all(isinstance(x, pd.DataFrame) for x in sequences):
        return None
    return encode_table(one_below_the_other(sequences), name)
