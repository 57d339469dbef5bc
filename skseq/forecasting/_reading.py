"""Reading X and y of a forecaster into a table."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_consistent_length

from skseq.data.foreign import check_container, is_frame
from skseq.data.places import label_of
from skseq.data.tables import check_rows, check_table
from skseq.data.validation import naming
from skseq.forecasting._dates import check_no_dates
from skseq.forecasting._folds import warn_of_no_index
from skseq.forecasting._kind import Kind, kind_of
from skseq.forecasting._roles import Roles, roles_of
from skseq.forecasting._table import Columns, Table, called, read_series
from skseq.preprocessing._lost_index import check_lost_index

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

__all__ = [
    "check_same_index",
    "check_static",
    "read_rows",
    "read_table",
]


FILL_AHEAD = (
    " What is known ahead has no missing values: fill it first, or drop the column; "
    "missing='mask' covers only targets and past covariates."
)
SEVERAL = (
    "Several series are one DataFrame indexed by (series, time), such as "
    "pd.concat({name: frame, ...})."
)
SAME = 1e-6  # relative difference that float32 and float64 of one value may have


def read_table(
    estimator: BaseEstimator,
    X: Any,
    y: Any,
    *,
    known: Table | None = None,
    follows: bool = True,
) -> tuple[Table, Roles, Columns, Kind]:
    """Read series with their targets.

    Parameters
    ----------
    estimator : forecaster
        Sets (`reset=True`) or checks its names and number of columns.
    X : array-like or DataFrame of shape (n_rows, n_columns)
        Rows in the order of time; with `y=None` one series may be flat.
    y : array-like of shape (n_rows,) or (n_rows, n_targets) or None
        Targets, if they are not in X.
    known : Table or None, default=None
        The rows known so far; None in `fit`.
    follows : bool, default=True
        Whether rows of a known series must follow those.

    Returns
    -------
    table, roles, columns, kind : Table, Roles, Columns, Kind

    Raises
    ------
    ValueError
        If values, columns or the index are not as expected.
    """
    given, reset = X if y is None else y, known is None
    if reset:
        estimator._takes_flat = y is None and _ndim(X) == 1
    X = _as_table(estimator, X)
    values = _check_values(estimator, X, reset=reset)
    if reset:
        estimator._has_own_y = y is not None
    elif estimator._has_own_y != (y is not None):
        raise ValueError(
            f"y is {'missing' if y is None else 'given'}, but fit was "
            f"{'with' if y is None else 'without'} one."
        )
    if reset:
        roles = roles_of(estimator, X, values.shape[1], has_y=y is not None)
    else:
        roles = estimator._roles
    targets = values[:, roles.targets]
    if y is not None:
        targets = _check_targets(X, y)
    parts = [targets, *(values[:, columns] for columns in roles[1:])]
    frame = y if hasattr(y, "iloc") and not hasattr(X, "iloc") else X
    check_lost_index(frame, len(values))
    edges, names, spans = read_series(
        frame, "X", freq=estimator.freq, known=known, follows=follows
    )
    if reset:
        estimator._is_panel = names != (None,)
    else:
        check_panel(estimator, names)
    if y is not None and hasattr(X, "iloc"):
        if hasattr(y, "iloc"):
            check_same_index(X, y)
        elif reset:
            _warn_of_lost_index(X.index)
    table = Table(np.hstack(parts), edges, names, spans)
    kind = kind_of(given, roles, is_X=y is None, is_flat=_ndim(given) == 1)
    columns = Columns(*(part.shape[1] for part in parts))
    _check_finite(estimator, table, columns, roles, X, y)
    static = table.values[:, sum(columns[:3]) :]
    check_static(estimator, roles, replace(table, values=static), static, edges)
    return table, roles, columns, kind


def read_rows(
    estimator: BaseEstimator, X: Any, roles: Roles, *, is_doubted: bool = False
) -> tuple[Table, np.ndarray]:
    """Read the rows that shall be forecast: only what is known ahead is looked at.

    Parameters
    ----------
    estimator : forecaster
        Its names and number of columns are checked.
    X : array-like or DataFrame of shape (n_rows, n_columns)
        Rows like those in fit.
    roles : Roles
        Which columns play which part.
    is_doubted : bool, default=False
        Whether a warning of rows without an index was given before.

    Returns
    -------
    static, known : Table, ndarray
        The series with their static columns, of which NaN says nothing; values of the
        columns known ahead. They follow those known.
    """
    X = _as_table(estimator, X)
    values = _check_values(estimator, X, reset=False)
    check_lost_index(X, len(values))
    known = values[:, roles.future]
    own = values[:, np.concatenate([roles.targets, roles.past])]
    if not (is_doubted or hasattr(X, "iloc")) and np.isfinite(own).any():
        warn_of_no_index()
    if not np.isfinite(known).all():
        row, column = np.argwhere(~np.isfinite(known))[0]
        raise ValueError(
            f"Column {_name_of(X, roles.future[column])} of X is declared in "
            f"known_future, but its value in row {row} is {known[row, column]}"
            f"{_label_of(X, row)}.{FILL_AHEAD}"
        )
    edges, names, spans = read_series(
        X, "X", freq=estimator.freq, known=estimator._context
    )
    check_panel(estimator, names)
    return Table(values[:, roles.static], edges, names, spans), known


def check_panel(estimator: BaseEstimator, names: tuple) -> None:
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
    if hasattr(X, "ndim"):
        return X.ndim
    try:
        return np.asarray(X).ndim
    except ValueError as error:
        raise ValueError(f"X holds rows of unequal lengths. {SEVERAL}") from error


@naming("X")
def _as_table(estimator: BaseEstimator, X: Any) -> Any:
    if hasattr(X, "iloc") and X.ndim == 1:
        return X.to_frame(0 if X.name is None else X.name)
    if hasattr(X, "column_names"):  # a table of pyarrow
        raise TypeError(f"X is a {type(X).__name__}; give X.to_pandas().")
    if hasattr(X, "columns") and not pd.Index(X.columns).is_unique:
        raise ValueError(f"X has columns of the same name: {list(X.columns)}.")
    check_container(X, "X", time_axis=0)
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
def _check_values(estimator: BaseEstimator, X: Any, *, reset: bool) -> np.ndarray:
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
            "TransformedTargetRegressor takes it away: transform y by hand, as "
            "'Logarithms' in the guide of forecasts does.",
            UserWarning,
            stacklevel=4,
        )


def check_same_index(X: Any, y: Any) -> None:
    if not X.index.equals(y.index):
        raise ValueError(
            "X and y have different indices; both must have one row per time, in the "
            "same order."
        )


def check_static(
    estimator: BaseEstimator,
    roles: Roles,
    known: Table,
    later: np.ndarray,
    edges: np.ndarray,
) -> None:
    """Refuse static values that are not those known of their series.

    Parameters
    ----------
    estimator : forecaster
        Knows the names of columns.
    roles : Roles
        Which columns play which part.
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
        names = getattr(estimator, "feature_names_in_", None)
        static = roles.static.tolist() if names is None else names[roles.static]
        raise ValueError(
            f"Static column {label_of(static[column])} changes within {called(name)} "
            f"which it must not: from {before[row, column]:g} to "
            f"{later[row, column]:g}. Other static values are those of another series, "
            "with a name of its own."
        )


def _check_finite(
    estimator: Any, table: Table, sizes: Columns, roles: Roles, X: Any, y: Any
) -> None:
    """Refuse infinity anywhere, and NaN where it is not declared as missing."""
    refused = ~np.isfinite(table.values)
    if estimator.missing == "mask":
        n_own = sizes[0] + sizes[1]
        refused[:, :n_own] = np.isinf(table.values[:, :n_own])
    if refused.any():
        row, column = np.argwhere(refused)[0]
        is_nan = np.isnan(table.values[row, column])
        ends = np.cumsum(sizes)
        i = int(np.searchsorted(ends, column, side="right"))
        part = ("targets", "past covariates", "known_future", "static")[i]
        column -= ends[i] - sizes[i]
        is_y = i == 0 and y is not None
        given = y if is_y else X
        name = _name_of(given, column if is_y else roles[i][column])
        advice = ""
        if is_nan and i < 2 and estimator.missing == "error":
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
            f"in row {row} among the {part}, column {name}{_label_of(given, row)}."
            + advice
        )


def _name_of(frame: Any, column: int) -> str:
    """Return what to call a column in errors: its name, or its position."""
    if hasattr(frame, "columns"):
        return label_of(frame.columns[column])
    return label_of(getattr(frame, "name", None) or int(column))


def _label_of(frame: Any, row: int) -> str:
    """Return what the index calls a row, for errors; nothing if it just counts."""
    if not hasattr(frame, "iloc") or isinstance(frame.index, pd.RangeIndex):
        return ""
    entry = frame.index[row]
    entry = entry if isinstance(entry, tuple) else (entry,)
    return f" ({', '.join(map(str, entry))})"
