"""What a forecast is drawn from: one series at a time, as a table over time."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import pandas as pd

from skseq._showing import shown
from skseq.core.mixins._spread import is_conformal
from skseq.plotting._axes import read_numbers
from skseq.plotting._time import times

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = [
    "as_table",
    "check_n_history",
    "chosen_series",
    "rows_ahead",
    "rows_of_series",
    "shown_history",
    "usual_coverage",
]

AUTO = "auto"  # draws a short history as it is, and of a longer one
SHORT, TIMES_AHEAD, LEAST = 80, 4, 20  # so many rows for each that is forecast
STEPS = "Step after the last known row"  # the time of rows without an index


def usual_coverage(forecaster: BaseForecaster) -> float | None:
    """Return the coverage to show of what a forecaster has learned."""
    if is_conformal(forecaster):
        return 0.8
    if forecaster.loss == "quantile":
        first, last = forecaster.quantiles[0], forecaster.quantiles[-1]
        return min(0.8, round(2 * min(0.5 - first, last - 0.5), 9)) or None
    return 0.8 if forecaster.loss == "gaussian" else None


def rows_ahead(forecast: Any) -> int:
    """Return how many rows ahead the longest forecast of a series reaches."""
    if getattr(getattr(forecast, "index", None), "nlevels", 1) == 1:
        return len(forecast)
    return int(forecast.groupby(level=0).size().max())


def chosen_series(forecast: Any, series: Any) -> Any:
    """Return which series to show, None if there is just one."""
    if getattr(getattr(forecast, "index", None), "nlevels", 1) == 1:
        if series is not None:
            raise ValueError(
                f"series={series!r}, but the forecast is of one series without a name."
            )
        return None
    if series is None:
        return forecast.index[0][0]
    _check_series(forecast, "the forecast", series)
    return series


def rows_of_series(table: Any, what: str, series: Any) -> Any:
    """Return the rows of one series of a pandas object."""
    if table.index.nlevels == 1:
        return table
    _check_series(table, what, series)
    return table.xs(series, level=0)


def _check_series(table: Any, what: str, series: Any) -> None:
    names = table.index.get_level_values(0)
    if series not in names:
        raise ValueError(
            f"series={series!r} is not in {what}, which holds "
            f"{names.unique().tolist()[:5]}."
        )


def as_table(
    given: Any, what: str, series: Any, forecast: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the targets of one series over time.

    Parameters
    ----------
    given : array-like, Series or DataFrame
        Rows; without an index they are counted from the last one that is known.
    what : {"forecast", "history", "y_true"}
        What they are.
    series : object
        Which one of several series to take.
    forecast : DataFrame, default=None
        The forecast that they have to go with.

    Returns
    -------
    table : DataFrame of numbers
    """
    is_indexed = hasattr(given, "iloc")
    if is_indexed:
        table = rows_of_series(given, what, series)
        if table.ndim == 1:
            table = table.to_frame("Target" if table.name is None else table.name)
    else:
        values = read_numbers(given, what)
        if values.ndim > 2:
            raise ValueError(
                f"{what} has the shape {values.shape}; expected (n_rows,) or (n_rows, "
                "n_targets)."
            )
        table = pd.DataFrame(values)
        names = [f"Target {i}" for i in table]
        table.columns = names if len(names) > 1 else ["Target"]
    counted = pd.RangeIndex(len(table), name=STEPS)
    counted += 1 - len(table) if what == "history" else 1
    if forecast is None:
        table = table if is_indexed else table.set_index(counted)
        return _of_numbers(table, what)
    if forecast.index.name == STEPS:
        table = table.set_index(counted)
    elif not is_indexed and what == "y_true":
        if len(table) > len(forecast):
            raise ValueError(
                f"y_true has {len(table)} rows without an index, but the forecast has "
                f"{len(forecast)}."
            )
        table = table.set_index(forecast.index[: len(table)])
    elif not is_indexed or _kind_of_time(table) != _kind_of_time(forecast):
        raise ValueError(
            f"{what} has no index of the kind that the forecast has, "
            f"{_kind_of_time(forecast)}."
        )
    columns = list(forecast.columns)
    if set(columns) <= set(table.columns):
        return _of_numbers(table[columns], what)
    if table.shape[1] != len(columns):
        raise ValueError(
            f"{what} has the columns {list(table.columns)}; expected the targets "
            f"{columns}."
        )
    return _of_numbers(table.set_axis(columns, axis=1), what)


def check_n_history(n_history: Any) -> None:
    """Refuse what is no number of rows, "auto" or None."""
    is_count = isinstance(n_history, Integral) and not isinstance(n_history, bool)
    if is_count and n_history > 0:
        return
    if n_history is not None and not (isinstance(n_history, str) and n_history == AUTO):
        raise ValueError(
            f"n_history={shown(n_history)} must be a positive integer, 'auto' or None."
        )


def shown_history(
    history: pd.DataFrame, forecast: pd.DataFrame, n_rows: int | str | None
) -> pd.DataFrame:
    """Return the last rows before a forecast, so that it is not lost beside them.

    Parameters
    ----------
    history, forecast : DataFrame
        Of one series.
    n_rows : int, "auto" or None
        As `n_history` of the display.

    Returns
    -------
    history : DataFrame
        What follows the first row of the forecast stays, too.
    """
    if n_rows is None or (n_rows == AUTO and len(history) <= SHORT):
        return history
    if n_rows == AUTO:
        n_rows = max(LEAST, TIMES_AHEAD * len(forecast))
    n_before = len(history)
    if _has_times(history.index) and _has_times(forecast.index):
        n_before = int((times(history.index) < times(forecast.index)[0]).sum())
    return history.iloc[max(0, n_before - int(n_rows)) :]


def _has_times(index: pd.Index) -> bool:
    """Whether entries of an index can be compared with those of another."""
    is_time = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)
    return isinstance(index, is_time) or pd.api.types.is_numeric_dtype(index.dtype)


def _of_numbers(table: pd.DataFrame, what: str) -> pd.DataFrame:
    return pd.DataFrame(read_numbers(table, what), table.index, table.columns)


def _kind_of_time(table: pd.DataFrame) -> str:
    """Return what the times of a table may be compared with."""
    if times(table.index).dtype.kind != "M":
        return "numbers"
    return "dates" if getattr(table.index, "tz", None) is None else "dates of a zone"
