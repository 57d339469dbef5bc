"""Sequences as a DataFrame with a row for each step, and such a table as sequences."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skseq._showing import naming
from skseq.data.categories import (
    encode_table,
    holds_categories,
    holds_numbers,
)
from skseq.data.doubts import refuse_texts
from skseq.data.foreign import check_container, is_frame
from skseq.data.frames import as_pandas
from skseq.data.kinds import refusal
from skseq.data.layouts import (
    dates_of,
    is_list_of_sequences,
    is_panel,
    one_below_the_other,
)
from skseq.data.names import names_of_all
from skseq.data.panels import check_dates_rise, panel_starts
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable

__all__ = ["StepFrame", "frame_of_steps", "sequences_like"]


class StepFrame(NamedTuple):
    """The steps of sequences as a table whose columns keep their types."""

    frame: pd.DataFrame  # a row for each step that a sequence uses
    sequences: SequenceArray  # which rows each has, with times, static and instances


@naming("X")
def frame_of_steps(X: Any) -> StepFrame:
    """Lay out sequences of any layout as one table.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences. Steps that several share, as windows do, stand in the table once.

    Returns
    -------
    steps : StepFrame
        Columns without names are called by their positions.

    Raises
    ------
    ValueError
        If X is no sequences, or a table whose index has not two levels.
    """
    check_container(X, "X", time_axis=1)
    refuse_texts(X)
    if isinstance(X, SequenceArray):
        return _of_sequence_array(X.compact())
    if is_panel(X):
        return _of_panel(as_pandas(X.to_frame() if X.ndim == 1 else X, "X"))
    if hasattr(X, "iloc"):
        raise ValueError(
            f"X is a table with an index of {X.index.nlevels} level(s); expected two, "
            "(instance, time). Columns become one by X.set_index([instance, time]); "
            "for rows that are no steps of sequences there is "
            "sklearn.compose.ColumnTransformer."
        )
    if is_list_of_sequences(X):
        are_frames = all(is_frame(x) or isinstance(x, pd.DataFrame) for x in X)
        return _of_list([as_pandas(x, "X") for x in X] if are_frames else list(X))
    values = check_array(
        X, dtype=None, ensure_all_finite=False, allow_nd=True, input_name="X"
    )
    return _of_sequence_array(SequenceArray.from_array(values))


def _of_sequence_array(sequences: SequenceArray) -> StepFrame:
    values, known = sequences.values, sequences.categories
    if known is None:
        frame = pd.DataFrame(values).infer_objects()
    else:
        frame = StaticTable(values, categories=known).to_frame()
    if sequences.feature_names is not None:
        frame.columns = sequences.feature_names
    return StepFrame(frame, sequences)


def _of_panel(frame: pd.DataFrame) -> StepFrame:
    starts = panel_starts(frame.index)
    instances, times = (frame.index.get_level_values(level) for level in (0, 1))
    sequences = SequenceArray(
        np.empty((len(frame), 0)),
        starts,
        np.diff(np.append(starts, len(frame))),
        instances=instances[starts],
        times=times,
    )
    return StepFrame(frame, sequences)


def _of_list(items: list) -> StepFrame:
    if not all(isinstance(item, pd.DataFrame) for item in items):
        return _of_sequence_array(SequenceArray.from_list(items))
    names_of_all(items)
    for i, item in enumerate(items):
        check_dates_rise(item, f"X[{i}]")
    lengths = np.array([len(item) for item in items])
    frame = one_below_the_other(items).reset_index(drop=True)
    starts = np.cumsum(lengths) - lengths
    values = np.empty((len(frame), 0))
    sequences = SequenceArray(values, starts, lengths, times=dates_of(items))
    return StepFrame(frame, sequences)


def sequences_like(steps: StepFrame, frame: pd.DataFrame) -> SequenceArray:
    """Return sequences of the same steps with other columns.

    Parameters
    ----------
    steps : StepFrame
        The sequences.
    frame : DataFrame
        As many rows, of numbers and categories.

    Returns
    -------
    sequences : SequenceArray
        Float32 if all columns are.

    Raises
    ------
    ValueError
        If a column holds neither, with its name.
    """
    for name, column in frame.items():
        if not (holds_numbers(column) or holds_categories(column)):
            raise refusal(column, name, "the transformed X")
    encoded = encode_table(frame)
    if encoded is None:
        is_single = all(dtype == np.float32 for dtype in frame.dtypes)
        dtype = np.float32 if is_single else np.float64
        values, categories = frame.to_numpy(dtype=dtype, na_value=np.nan), None
    else:
        values, categories = encoded
    names = list(frame.columns)
    sequences = steps.sequences
    return SequenceArray(
        values,
        sequences.starts,
        sequences.lengths,
        sequences.window_length,
        feature_names=names if all(isinstance(name, str) for name in names) else None,
        instances=sequences.instances,
        times=sequences.times,
        categories=categories,
        static=sequences.static,
    )
