"""Reading X and y of a forecaster into a table."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_consistent_length

from skseq._showing import naming
from skseq.data.doubts import warn_of_names
from skseq.data.foreign import check_container, check_times, columns_of, is_frame
from skseq.data.frames import as_pandas
from skseq.data.tables import check_rows, check_table
from skseq.forecasting._categories import (
    UNKNOWN,
    ColumnCategories,
    learn_categories,
)
from skseq.forecasting._dates import check_no_dates
from skseq.forecasting._folds import warn_of_no_index
from skseq.forecasting._kind import Kind, kind_of
from skseq.forecasting._refusing import (
    FILL_AHEAD,
    IS_MET,
    check_domain,
    check_finite,
    check_static,
    name_of,
    row_of,
)
from skseq.forecasting._roles import Roles, roles_of
from skseq.forecasting._stored import StoredRows, Unscaled, pieces_of, rows_in_place
from skseq.forecasting._table import Columns, Table, read_series
from skseq.forecasting._time import number_of
from skseq.preprocessing._lost_index import check_lost_index

__all__ = [
    "check_same_index",
    "has_columns",
    "learn_parts",
    "plain_table",
    "read_rows",
    "read_table",
]

SEVERAL = (
    "Several series are one DataFrame indexed by (series, time), such as "
    "pd.concat({name: frame, ...})."
)


def read_table(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    known: Table | None = None,
    follows: bool = True,
    in_place: str = "nothing",
) -> tuple[Table, Columns, Kind]:
    """Read series with their targets.

    Parameters
    ----------
    estimator : forecaster
        In `fit` its names, number and roles of columns and its categories are set, else
        rows are checked by them.
    X : array-like or DataFrame of shape (n_rows, n_columns)
        Rows in the order of time; with `y=None` one series may be flat.
    y : array-like of shape (n_rows,) or (n_rows, n_targets) or None
        Targets, if they are not in X.
    known : Table or None, default=None
        The rows known so far; None in `fit`.
    follows : bool, default=True
        Whether rows of a known series must follow those.
    in_place : {"nothing", "files", "all"}, default="nothing"
        Which large arrays are looked at, but stay where they are: none, those in files,
        or those in memory, too.

    Returns
    -------
    table, columns, kind : Table, Columns, Kind
        Codes stand for categories.

    Raises
    ------
    ValueError
        If values, columns or the index are not as expected.
    """
    given, reset = X if y is None else y, known is None
    if reset:
        estimator._takes_flat = y is None and _ndim(X) == 1
    X = _as_table(estimator, X)
    plain = plain_table(X)
    if reset and has_columns(X):
        estimator._roles, estimator._categories = learn_parts(
            estimator, plain, has_y=y is not None
        )
    in_memory = in_place == "all"
    large = None
    if in_place != "nothing":
        large = rows_in_place(plain, in_memory=in_memory)
    values = _check_values(
        estimator, plain if large is None else plain[:1], reset=reset
    )
    roles, categories = estimator._roles, estimator._categories
    if reset:
        estimator._has_own_y = y is not None
    elif estimator._has_own_y != (y is not None):
        raise ValueError(
            f"y is {'missing' if y is None else 'given'}, but fit was "
            f"{'with' if y is None else 'without'} one."
        )
    if large is not None:
        rows: Any = _rows_in_place(large, y, roles, categories, in_memory)
        sizes = (rows.shape[1] - sum(map(len, roles[1:])), *map(len, roles[1:]))
    else:
        targets = values[:, roles.targets] if y is None else _check_targets(X, y)
        parts = [targets, *(values[:, columns] for columns in roles[1:])]
        rows, sizes = np.hstack(parts), tuple(part.shape[1] for part in parts)
    columns = Columns(*sizes)
    frame = y if hasattr(y, "iloc") and not hasattr(X, "iloc") else X
    check_lost_index(frame, len(X))
    edges, names, spans = read_series(
        frame, "X", freq=estimator.freq, known=known, follows=follows
    )
    if reset:
        if spans[0] is None or isinstance(getattr(X, "index", None), pd.RangeIndex):
            for i in roles.past[categories.are_in(roles.past)]:
                codes = values[:, i]
                if large is not None:
                    codes = categories.codes(i, pd.Series(large[:, i]))
                warn_of_names(codes, name_of(X, i), depth=4)
        estimator._is_panel = names != (None,)
    else:
        check_panel(estimator, names)
    if y is not None and hasattr(X, "iloc"):
        if hasattr(y, "iloc"):
            check_same_index(X, y)
        elif reset:
            _warn_of_lost_index(X.index)
    kind = kind_of(given, roles, is_X=y is None, is_flat=_ndim(given) == 1)
    mapping = estimator.transformer if reset else estimator._scaler.mapping
    of_y = roles.targets if y is None else range(columns.n_targets)
    if isinstance(rows, StoredRows):
        rows = StoredRows.of_series(rows.source, edges)
    has_holes = False
    for first, part in pieces_of(rows):
        check_finite(estimator, part, columns, X, y, first)
        check_domain(mapping, part[:, : columns.n_targets], given, of_y, first)
        has_holes |= bool(np.isnan(part).any())
    if isinstance(rows, StoredRows):
        rows = rows.told_of_holes(has_holes)
    else:
        past = columns.n_targets + np.flatnonzero(categories.are_in(roles.past))
        rows[:, past] = np.nan_to_num(rows[:, past], nan=UNKNOWN)
    numbers = None
    if estimator._cycle is not None:
        numbers = np.array([0 if span is None else number_of(span) for span in spans])
    table = Table(rows, edges, names, spans, first=numbers)
    if columns.n_static:
        _check_static_columns(estimator, table, sum(columns[:3]))
    return table, columns, kind


def _rows_in_place(
    X: np.ndarray, y: Any, roles: Roles, categories: ColumnCategories, in_memory: bool
) -> StoredRows:
    """Return rows of X, with the targets of y, of one series as yet."""
    X = X.reshape(len(X), -1)
    if y is not None:
        large = rows_in_place(y, in_memory=in_memory)
        y = check_table(y, "y", finite=False) if large is None else large
        check_consistent_length(X, y)
        y = y.reshape(len(y), -1)
    return StoredRows.of_series(
        Unscaled(X, y, roles, categories, tells_unknown=False), np.array([0, len(X)])
    )


def _check_static_columns(estimator: Any, table: Table, n_before: int) -> None:
    """Refuse static columns, those behind so many others, that change in a series."""
    firsts = table.values[table.edges[:-1]][:, n_before:]
    known = replace(table, values=firsts, edges=np.arange(len(firsts) + 1))
    for first, part in table.pieces():
        static, edges = part[:, n_before:], table.edges
        if isinstance(table.values, StoredRows):  # of one series
            i = int(np.searchsorted(edges, first, side="right")) - 1
            known = replace(
                known, values=firsts[i : i + 1], names=table.names[i : i + 1]
            )
            known, edges = replace(known, edges=np.arange(2)), np.array([0, len(part)])
        check_static(estimator, known, static, edges)


def learn_parts(estimator: Any, X: Any, has_y: bool) -> tuple[Roles, ColumnCategories]:
    """Return which columns play which part, and which of them hold categories.

    Parameters
    ----------
    estimator : forecaster
        Its parameters name them.
    X : array or DataFrame of shape (n_rows, n_columns)
        The table of `fit`.
    has_y : bool
        Whether the targets are elsewhere.
    """
    roles = roles_of(estimator, X, X.shape[1], has_y)
    return roles, learn_categories(estimator.categorical_features, X, roles.targets)


def read_rows(
    estimator: Any, X: Any, *, is_doubted: bool = False
) -> tuple[Table, np.ndarray]:
    """Read the rows that shall be forecast: only what is known ahead is looked at.

    Parameters
    ----------
    estimator : forecaster
        Its names and number of columns are checked.
    X : array-like or DataFrame of shape (n_rows, n_columns)
        Rows like those in fit.
    is_doubted : bool, default=False
        Whether a warning of rows without an index was given before.

    Returns
    -------
    static, known : Table, ndarray
        The series with their static columns, of which NaN says nothing; values of the
        columns known ahead. They follow those known.
    """
    X = _as_table(estimator, X)
    values = _check_values(estimator, plain_table(X), reset=False)
    roles, categories = estimator._roles, estimator._categories
    check_lost_index(X, len(values))
    for column in np.concatenate([roles.past, roles.static]).tolist():
        if categories.may_miss[column]:  # a missing category says nothing, either
            is_missing = values[:, column] == len(categories.known[column])
            values[is_missing, column] = np.nan
    known = values[:, roles.future]
    own = values[:, np.concatenate([roles.targets, roles.past])]
    if not (is_doubted or hasattr(X, "iloc")) and np.isfinite(own).any():
        warn_of_no_index()
    if not np.isfinite(known).all():
        row, column = np.argwhere(~np.isfinite(known))[0]
        position = roles.future[column]
        raise ValueError(
            f"Column {name_of(X, position)} of X is declared in "
            f"known_future, but its value in row {row} is {known[row, column]}"
            f"{row_of(X, row)}."
            + (FILL_AHEAD if categories.known[position] is None else IS_MET)
        )
    edges, names, spans = read_series(
        X, "X", freq=estimator.freq, known=estimator._context
    )
    check_panel(estimator, names)
    return Table(values[:, roles.static], edges, names, spans), known


def check_panel(estimator: Any, names: tuple) -> None:
    """Raise unless X holds one series, or several, as in fit."""
    if estimator._is_panel == (names != (None,)):
        return
    expected, got = ("two levels (series, time)", "one")
    if not estimator._is_panel:
        expected, got = "one level", "two"
    raise ValueError(
        f"X has an index of {got}, but fit had one of {expected}. Transformers in a "
        "pipeline keep an index with set_output(transform='pandas')."
    )


def _ndim(X: Any) -> int:
    if hasattr(X, "shape"):
        return len(X.shape)
    try:
        return np.asarray(X).ndim
    except ValueError as error:
        raise ValueError(f"X holds rows of unequal lengths. {SEVERAL}") from error


def has_columns(X: Any) -> bool:
    """Whether X is a table with columns; anything else is refused when it is read.

    Parameters
    ----------
    X : object
        What was given.
    """
    return len(getattr(X, "shape", ())) == 2 and X.shape[1] > 0


@naming("X")
def plain_table(X: Any) -> Any:
    """Return a frame of any package as a plain one of pandas; anything else as it is.

    Parameters
    ----------
    X : array or DataFrame of shape (n_rows, n_columns)
        What was given. Whether its rows have an index is asked of this, not of what is
        returned.
    """
    if is_frame(X):
        check_times(X, "X")
    return as_pandas(X, "X") if is_frame(X) or isinstance(X, pd.DataFrame) else X


@naming("X")
def _as_table(estimator: Any, X: Any) -> Any:
    if hasattr(X, "iloc") and X.ndim == 1:
        return X.to_frame(0 if X.name is None else X.name)
    if not pd.Index(columns_of(X)).is_unique:
        raise ValueError(f"X has columns of the same name: {list(columns_of(X))}.")
    check_container(X, "X", time_axis=0)
    if isinstance(X, pd.DataFrame):
        return plain_table(X)
    if hasattr(X, "iloc") or is_frame(X) or issparse(X):  # the last is refused
        return X
    X = np.asarray(X)
    if estimator._takes_flat and X.ndim == 1:
        return X[:, None]
    if X.ndim == 3:
        raise ValueError(
            f"X has the shape {X.shape}; a forecaster takes rows in the order of "
            "time, (n_rows, n_columns), and makes the windows itself. For windows, use "
            f"CNNLSTMRegressor or RNNRegressor. {SEVERAL}"
        )
    return X


@naming("X")
def _check_values(estimator: Any, X: Any, *, reset: bool) -> np.ndarray:
    """Return the numbers in a table, and codes of categories."""
    X = estimator._categories.coded(X) if has_columns(X) else X
    check_no_dates(X)
    values = check_rows(estimator, X, reset=reset, finite=False)
    return values.astype(np.float64, copy=False)


@naming("y")
def _check_targets(X: Any, y: Any) -> np.ndarray:
    y = check_table(y, "y", finite=False).astype(np.float64, copy=False)
    check_consistent_length(X, y)
    return y.reshape(len(y), -1)


def _warn_of_lost_index(index: pd.Index) -> None:
    """Say that forecasts will have no index, which X tells of and y does not."""
    by_time = isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex))
    if by_time or index.nlevels > 1:
        warnings.warn(
            "X has an index of time, but y is an array without one, so forecasts will "
            "be arrays, too. Give y as a Series or DataFrame with the index of X. "
            "TransformedTargetRegressor takes it away; the forecaster's own parameter "
            "transformer does not.",
            UserWarning,
            stacklevel=4,
        )


def check_same_index(X: Any, y: Any) -> None:
    if not X.index.equals(y.index):
        raise ValueError(
            "X and y have different indices; both must have one row per time, in the "
            "same order."
        )
