"""What is refused among the values of series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.foreign import columns_of
from skseq.data.places import label_of
from skseq.forecasting._table import Columns, Table, called
from skseq.forecasting._target_maps import LOWEST

__all__ = [
    "FILL_AHEAD",
    "IS_MET",
    "check_domain",
    "check_finite",
    "check_static",
    "name_of",
    "row_of",
]

FILL_AHEAD = (
    " What is known ahead has no missing values: fill it first, or drop the column; "
    "missing='mask' covers only targets and past covariates."
)
IS_MET = (
    " A missing category is one of its own if fit met one, which it did not; give it a "
    "name."
)
SAME = 1e-6  # relative difference that float32 and float64 of one value may have


def check_static(
    estimator: Any,
    known: Table,
    later: np.ndarray,
    edges: np.ndarray,
) -> None:
    """Refuse static values that are not those known of their series.

    Parameters
    ----------
    estimator : forecaster
        Knows the roles and names of columns and their categories.
    known : Table
        The series, of which the first row counts, with their static columns alone.
    later : ndarray of shape (n_rows, n_static)
        Static columns of more rows of these series; NaN says nothing.
    edges : ndarray of int of shape (n_series + 1,)
        Where the rows of each series start.

    Raises
    ------
    ValueError
        If they differ by more than float32 rounds.
    """
    if not later.shape[1]:
        return
    first = known.values[known.edges[:-1]]
    before = np.repeat(first, np.diff(edges), axis=0)
    differs = ~np.isnan(later) & ~np.isclose(later, before, rtol=SAME, atol=0)
    if differs.any():
        row, column = np.argwhere(differs)[0]
        name = known.names[int(np.searchsorted(edges, row, side="right")) - 1]
        position = int(estimator._roles.static[column])
        names = getattr(estimator, "feature_names_in_", None)
        one, other = (
            estimator._categories.named(position, values[row, column])
            for values in (before, later)
        )
        raise ValueError(
            f"Static column {label_of(position if names is None else names[position])} "
            f"changes within {called(name)} which it must not: from {one} to {other}. "
            "Other static values are those of another series, with a name of its own."
        )


def check_finite(
    estimator: Any, rows: np.ndarray, sizes: Columns, X: Any, y: Any, first: int = 0
) -> None:
    """Refuse infinity anywhere, and NaN where it is not declared as missing.

    Parameters
    ----------
    estimator : forecaster
        Knows which columns play which part, and hold categories.
    rows : ndarray of shape (n_rows, n_columns)
        Rows of a table.
    sizes : Columns
        How many columns of the table play which part.
    X, y : array or DataFrame
        What was given; their names and index tell the place.
    first : int, default=0
        Which of its rows the first one is.

    Raises
    ------
    ValueError
        Names the first such value.
    """
    refused = ~np.isfinite(rows)
    if estimator.missing == "mask":
        n_own = sizes[0] + sizes[1]
        refused[:, :n_own] = np.isinf(rows[:, :n_own])
    if refused.any():
        row, column = np.argwhere(refused)[0]
        is_nan = np.isnan(rows[row, column])
        row += first
        ends = np.cumsum(sizes)
        i = int(np.searchsorted(ends, column, side="right"))
        part = ("targets", "past covariates", "known_future", "static")[i]
        column -= ends[i] - sizes[i]
        is_y = i == 0 and y is not None
        given = y if is_y else X
        position = column if is_y else estimator._roles[i][column]
        name = name_of(given, position)
        advice = ""
        if not is_y and estimator._categories.known[position] is not None:
            advice = IS_MET
        elif is_nan and i < 2 and estimator.missing == "error":
            advice = (
                " With missing='mask', missing values of targets and past covariates "
                "are learned with."
            )
        elif is_nan and i == 2:
            advice = FILL_AHEAD
        elif is_nan and i == 3:
            advice = " Give a series one value for all its rows, or leave it out."
        raise ValueError(
            f"Input {'y' if is_y else 'X'} contains {'NaN' if is_nan else 'infinity'} "
            f"in row {row} among the {part}, column {name}{row_of(given, row)}."
            + advice
        )


def check_domain(
    mapping: Any, targets: np.ndarray, given: Any, columns: Any, first: int = 0
) -> None:
    """Refuse targets for which a map by name has no value.

    Parameters
    ----------
    mapping : str, transformer or None
        The parameter `transformer`.
    targets : ndarray of shape (n_rows, n_targets)
        NaN where missing.
    given : array, Series or DataFrame
        What holds them.
    columns : sequence of n_targets int
        Where.
    first : int, default=0
        Which row of them the first one is.

    Raises
    ------
    ValueError
        Names the first such value.
    """
    if not isinstance(mapping, str):
        return
    refused = targets <= LOWEST[mapping]
    if refused.any():
        row, i = np.argwhere(refused)[0]
        raise ValueError(
            f"transformer={mapping!r} needs targets of more than {LOWEST[mapping]:g}, "
            f"got {targets[row, i]:g} in row {row + first}, column "
            f"{name_of(given, columns[i])}{row_of(given, row + first)}."
        )


def name_of(frame: Any, column: int) -> str:
    """Return what to call a column in errors: its name, or its position.

    Parameters
    ----------
    frame : array, Series or DataFrame
        What was given.
    column : int
        Position of the column.
    """
    if hasattr(frame, "columns"):
        return label_of(columns_of(frame)[column])
    return label_of(getattr(frame, "name", None) or int(column))


def row_of(frame: Any, row: int) -> str:
    """Return what the index calls a row, for errors; nothing if it just counts.

    Parameters
    ----------
    frame : array, Series or DataFrame
        What was given.
    row : int
        Position of the row.
    """
    if not hasattr(frame, "iloc") or isinstance(frame.index, pd.RangeIndex):
        return ""
    entry = frame.index[row]
    entry = entry if isinstance(entry, tuple) else (entry,)
    return f" ({', '.join(map(str, entry))})"
