"""Boxes, arrows and texts of drawings, in inches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FAINT", "INK", "box", "point", "write"]

INK, FAINT = "0.15", "0.4"


def box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    ground: str,
    edge: str,
    style: str = "solid",
) -> None:
    """Draw a box with round corners; y is its top."""
    from matplotlib.patches import FancyBboxPatch

    shape = "round,pad=0,rounding_size=0.07"
    look: dict[str, Any] = {
        "facecolor": ground,
        "edgecolor": edge,
        "lw": 1.3,
        "linestyle": style,
    }
    ax.add_patch(FancyBboxPatch((x, y), width, height, shape, **look))


def write(ax: Axes, x: float, y: float, text: str, size: float, **style: Any) -> None:
    """Write a line around a point."""
    style = {"color": INK, "ha": "center", "va": "center", **style}
    ax.text(x, y, text, fontsize=size, **style)


def point(
    ax: Axes, x: float, y: float, to_x: float, to_y: float, color: str = INK
) -> None:
    """Draw an arrow."""
    arrow: dict[str, Any] = {
        "arrowstyle": "-|>",
        "color": color,
        "lw": 1.1,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.annotate("", (to_x, to_y), (x, y), arrowprops=arrow)
