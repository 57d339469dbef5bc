"""What displays draw with: numbers, colours, styles, names, the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLORS",
    "OBSERVED",
    "legend_above",
    "read_numbers",
    "shortened",
    "styled",
]

# Okabe and Ito (2008), "Color Universal Design", without their yellow.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
OBSERVED = "0.4"  # a grey for what was measured, on light and on dark ground


LINE = 90  # characters that fit above the axes
SIGN = 6  # the room of a legend's line or patch, in characters


def read_numbers(given: Any, what: str) -> np.ndarray:
    """Return an array of numbers, one at least; NaN is one, too."""
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must hold numbers: {error}.") from error
    if not numbers.size or not numbers.ndim:
        raise ValueError(f"{what} has the shape {numbers.shape}; it holds no row.")
    return numbers


def styled(given: dict | None, artist: type, **defaults: Any) -> dict:
    """Return the style that a user gave, under any alias, over the default one."""
    from matplotlib.cbook import normalize_kwargs

    return {**defaults, **normalize_kwargs(given or {}, artist)}


def shortened(name: Any) -> str:
    """Return a name that leaves room for the picture, with its beginning and end."""
    name = str(name)
    return name if len(name) <= 30 else f"{name[:15]}…{name[-14:]}"


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
