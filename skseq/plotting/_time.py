"""The axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["or_counted", "show_time", "time_edges", "times"]


def or_counted(index: pd.Index | None, n: int) -> pd.Index:
    """Return an index, or, where there is none, one that counts from zero."""
    return pd.RangeIndex(n) if index is None else index


def times(index: pd.Index) -> np.ndarray:
    """Return where the entries of an index stand on the axis of time.

    Periods stand where they start, times of a zone at that of UTC, spans of time as
    seconds, all else that is neither date nor number at its position.
    """
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        aware = index.tz is not None
        return (index.tz_convert(None) if aware else index).to_numpy()
    if isinstance(index, pd.TimedeltaIndex):
        return index.total_seconds().to_numpy()
    if pd.api.types.is_numeric_dtype(index.dtype):
        return index.to_numpy()
    return np.arange(len(index))


def time_edges(index: pd.Index) -> np.ndarray:
    """Return where the steps of an index begin, and where the last one ends.

    Each reaches half-way to its neighbours. Dates become matplotlib's numbers.
    """
    from matplotlib.dates import date2num

    centers = times(index)
    if centers.dtype.kind == "M":
        centers = date2num(centers)
    between = (centers[1:] + centers[:-1]) / 2
    first, last = (
        (centers[0] - between[0], centers[-1] - between[-1])
        if len(between)
        else (-0.5, 0.5)
    )
    return np.concatenate([[centers[0] + first], between, [centers[-1] + last]])


def show_time(ax: Axes, index: pd.Index) -> None:
    """Label the axis of time as an index asks for."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    label = index.name
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        zone = getattr(index, "tz", None)  # whose clock the labels show
        locator = AutoDateLocator(zone)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, zone))
        label = label or "Time"
    elif isinstance(index, pd.TimedeltaIndex):
        label = f"{label or 'Time'} [s]"
    elif not pd.api.types.is_float_dtype(index.dtype):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("Time step" if label is None else str(label))
