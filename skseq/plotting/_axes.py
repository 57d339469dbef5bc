"""What all displays share: axes, colours, the axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skseq._showing import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLORS",
    "OBSERVED",
    "legend_above",
    "make_axes",
    "need_matplotlib",
    "read_numbers",
    "shortened",
    "show_time",
    "styled",
    "time_edges",
    "times",
]

# Okabe and Ito (2008), "Color Universal Design", without their yellow.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
OBSERVED = "0.4"  # a grey for what was measured, on light and on dark ground


LINE = 90  # characters that fit above the axes
SIGN = 6  # the room of a legend's line or patch, in characters


def need_matplotlib(caller: str) -> None:
    """Raise an ImportError that says how to install matplotlib if it is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{caller} needs matplotlib, which the extra 'plots' brings: "
            "pip install 'skseq[plots]'."
        ) from error


def read_numbers(given: Any, what: str) -> np.ndarray:
    """Return an array of numbers, one at least; NaN is one, too."""
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must hold numbers: {error}.") from error
    if not numbers.size or not numbers.ndim:
        raise ValueError(f"{what} has the shape {numbers.shape}; it holds no row.")
    return numbers


def make_axes(
    caller: str,
    ax: Any,
    n_panels: int = 1,
    *,
    size: tuple[float, float],
    **options: Any,
) -> list[Axes]:
    """Return axes to draw on, one below the other.

    Parameters
    ----------
    caller : str
        Who asks, for errors.
    ax : Axes, sequence of Axes or None
        Those that the user gave; None makes new ones.
    n_panels : int, default=1
        How many there must be.
    size : tuple of float
        Width and height of a new figure in inches.
    **options
        Further arguments of `pyplot.subplots`.

    Returns
    -------
    axes : list of Axes
    """
    need_matplotlib(caller)
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    if ax is None:
        _, grid = pyplot.subplots(
            n_panels,
            squeeze=False,
            sharex=True,
            figsize=size,
            layout="constrained",
            **options,
        )
        for panel in grid.flat:
            panel.set_prop_cycle(color=COLORS)
        return list(grid.flat)
    axes = list(np.atleast_1d(np.asarray(ax, dtype=object)).flat)
    if len(axes) != n_panels or not all(isinstance(panel, Axes) for panel in axes):
        raise ValueError(
            f"ax is {shown(ax)}; {caller} expected {n_panels} matplotlib Axes, or None."
        )
    return axes


def styled(given: dict | None, artist: type, **defaults: Any) -> dict:
    """Return the style that a user gave, under any alias, over the default one."""
    from matplotlib.cbook import normalize_kwargs

    return {**defaults, **normalize_kwargs(given or {}, artist)}


def shortened(name: Any) -> str:
    """Return a name that leaves room for the picture, with its beginning and end."""
    name = str(name)
    return name if len(name) <= 30 else f"{name[:15]}…{name[-14:]}"


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


def legend_above(ax: Axes, title: str | None) -> None:
    """Put the legend between the axes and the title, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    labels = [shortened(label) for label in labels]
    widths = [len(label) + SIGN for label in labels]
    n_columns = len(labels) if sum(widths) <= LINE else max(1, LINE // max(widths))
    n_rows = -(-len(labels) // n_columns)
    ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=n_columns,
        frameon=False,
        borderaxespad=0.2,
        columnspacing=1.5,
    )
    if title:
        ax.set_title(title, pad=10 + 16 * n_rows)
