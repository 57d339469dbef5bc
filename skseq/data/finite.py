"""Where values may be missing, and where one stands that must not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array

from skseq.data.kinds import without_na
from skseq.data.places import SET_MASK, finding_text, labels_of_step, place_in_table
from skseq.data.sequences import SequenceArray
from skseq.data.stored import are_numbers_in_file, is_stored, pieces

__all__ = [
    "FLOATS",
    "Missing",
    "check_finite",
    "check_values",
    "missing_of",
    "rows_in_use",
]

FLOATS = (np.float64, np.float32)


class Missing(NamedTuple):
    """Where NaN may stand."""

    columns: bool | np.ndarray  # in all of them or none, or in which
    can_be_set: bool  # by the parameter `missing`


def missing_of(estimator: Any, reset: bool) -> Missing:
    """Return where an estimator lets NaN stand, categories that it learned of too."""
    missing = getattr(estimator, "missing", None)
    columns = None if reset else getattr(estimator, "_columns", None)
    passes = getattr(estimator, "_passes_holes", False)  # to whoever comes behind
    if missing == "mask" or passes:
        return Missing(True, True)
    can_be_set = missing is not None and not _reads_tokens(estimator)
    if columns is None or len(columns.categorical) == 0:
        return Missing(False, can_be_set)
    are = np.isin(np.arange(estimator._n_channels), columns.categorical)
    return Missing(are, can_be_set)


def check_values(
    sequences: SequenceArray, given: Any, missing: Missing
) -> SequenceArray:
    """Return sequences of finite floats, and NaN where it may be."""
    if len(sequences) == 0:
        raise ValueError("X holds no sequence; at least one is required.")
    if are_numbers_in_file(sequences.values):
        return check_finite(sequences, given, missing)  # they are read piece by piece
    steps = without_na(sequences.values)
    with finding_text(steps, "X", lambda at: _place_in_steps(sequences, at, given)):
        values = check_array(
            steps, dtype=FLOATS, ensure_all_finite=False, input_name="X"
        )
    return check_finite(sequences.map_values(lambda _: values), given, missing)


def check_finite(
    sequences: SequenceArray, given: Any, missing: Missing
) -> SequenceArray:
    """Refuse NaN and infinity, and name the first sequence and step with one.

    NaN may be where it says that a value is missing, or a category.
    """
    if not is_stored(sequences.values) and np.isfinite(sequences.values.sum()):
        return sequences
    n_columns = sequences.n_features
    may_miss = np.zeros(n_columns, dtype=bool)
    if np.size(missing.columns) in (1, n_columns):  # others are refused later
        may_miss |= missing.columns
    codes = np.zeros(n_columns, dtype=bool)
    if sequences.categories is not None:
        codes |= [known is not None for known in sequences.categories]

    def are_right(values: np.ndarray) -> Any:
        return np.isfinite(values) | (np.isnan(values) & may_miss) | codes

    def are_wrong(values: np.ndarray) -> np.ndarray:
        if np.isfinite(np.sum(values)):  # no copy
            return np.zeros(len(values), dtype=bool)
        return ~are_right(values).all(axis=1)

    for i, step, row in rows_in_use(sequences, are_wrong):
        values = sequences.values[row]
        column = int(np.argmin(are_right(values)))
        kind = "NaN" if np.isnan(values[column]) else "infinity"
        place = f"X[{i}] at time step {step}"
        place += labels_of_step(given, i, step, row, column, n_columns)
        hint = SET_MASK if kind == "NaN" and missing.can_be_set else ""
        raise ValueError(f"Input X contains {kind}: {place}.{hint}")
    return sequences


def _place_in_steps(sequences: SequenceArray, position: tuple, given: Any) -> str:
    """Return what to call a position in the table of all steps."""
    row, column = position
    covers = (sequences.starts <= row) & (row < sequences.starts + sequences.lengths)
    for i in np.flatnonzero(covers).tolist():
        step = int(row - sequences.starts[i])
        labels = labels_of_step(given, i, step, row, column, sequences.n_features)
        return f"X[{i}] at time step {step}{labels}"
    return place_in_table(None, *position)


def rows_in_use(
    sequences: SequenceArray, are_meant: Callable[[np.ndarray], np.ndarray]
) -> Iterator[tuple[int, int, int]]:
    """Yield (sequence, time step, row) of some rows that are in use.

    Parameters
    ----------
    sequences : SequenceArray
        The sequences.
    are_meant : callable
        Takes rows of their table and returns a mask of those that are meant.
    """
    mask = None
    for first, part in pieces(sequences.values):
        found = are_meant(part)
        if found.any():
            if mask is None:
                mask = np.zeros(len(sequences.values), dtype=bool)
            mask[first : first + len(part)] = found
    if mask is None:
        return
    for i, (start, length) in enumerate(
        zip(sequences.starts, sequences.lengths, strict=True)
    ):
        for step in np.flatnonzero(mask[start : start + length]).tolist():
            yield i, step, start + step


def _reads_tokens(estimator: Any) -> bool:
    sources = ("embedding_dim", "embedding_weights")
    return any(getattr(estimator, name, None) is not None for name in sources)
