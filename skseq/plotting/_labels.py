"""Names of steps and features beside a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skseq.plotting._axes import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["label_axis", "label_rows"]


def label_axis(axis: Axis, names: Any, n: int, most: int) -> None:
    """Name the entries of an axis, some of them if there are more than fit.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Its entries stand at 0, 1, and so on.
    names : sequence or None
        What they are called; None shows their positions.
    n, most : int
        How many there are, and how many fit.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    is_short = n <= most and names is not None
    axis.set_major_locator(
        FixedLocator(range(n)) if is_short else MaxNLocator(integer=True, min_n_ticks=1)
    )
    if names is not None:
        axis.set_major_formatter(FuncFormatter(_namer(list(names))))


def label_rows(ax: Axes, importances: np.ndarray, names: Any, row: float) -> None:
    """Name every row or bar, or the most important ones that have the room.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    importances : ndarray of shape (n_columns, n_rows)
        The largest one decides about a row.
    names : sequence or None
        What rows are called; None numbers them.
    row : float
        Inches that a name takes.
    """
    n_rows = importances.shape[1]
    height = ax.get_window_extent().height / ax.figure.dpi
    gap = n_rows * row * 0.8 / height  # rows from one name to the next
    largest = np.nan_to_num(np.abs(importances)).max(axis=0)
    named: list[int] = []
    for i in np.argsort(-largest, kind="stable"):
        if all(abs(i - other) >= gap for other in named):
            named.append(int(i))
    named.sort()
    names = range(n_rows) if names is None else names
    ax.set_yticks(named, [shortened(names[i]) for i in named])


def _namer(names: list) -> Callable[[float, Any], str]:
    """Return what gives a position on an axis its name."""

    def name(position: float, _: Any) -> str:
        is_one = position == int(position) and 0 <= position < len(names)
        return shortened(names[int(position)]) if is_one else ""

    return name
