"""What every display is: where it draws, and how that is described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

import numpy as np

from skseq._describing import described
from skseq._showing import shown
from skseq.plotting._axes import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Display", "need_matplotlib", "showing"]

TITLE = 0.3  # inches above a sheet
Shown = TypeVar("Shown", bound=type)

SHARED = {
    "made_by": """
        Use `from_estimator` or `from_predictions` to make one. All parameters are
        stored as attributes.
        """,
    "axes_of_one": """
        ax_ : matplotlib.axes.Axes
            The axes.
        figure_ : matplotlib.figure.Figure
            Their figure.
        """,
    "title": """
        name : str, default=None
            Title.
        """,
    "no_matplotlib": """
        ImportError
            If matplotlib is missing.
        """,
}
AX = """
ax : matplotlib.axes.Axes, default=None
    Where to draw; None makes a new figure.
"""


@dataclass_transform(kw_only_default=True, eq_default=False)
def showing(style: str, ax: str = AX, **texts: str) -> Callable[[Shown], Shown]:
    """Return a decorator of displays: of what they hold, and what is said of them.

    Fields become keyword arguments; texts are put into docstrings.

    Parameters
    ----------
    style, ax : str
        Of the parameters of `plot`, which is described by them alone.
    **texts : str
        Others, as in `described`.

    Returns
    -------
    decorator : callable
        From a class to itself.
    """
    style, ax = dedent(style).strip(), dedent(ax).strip()

    def decorate(display: Shown) -> Shown:
        made: Any = dataclass(kw_only=True, eq=False, repr=False)(display)
        return described(
            ax=ax,
            style=style,
            plot=f"Parameters\n----------\n{ax}\n{style}\n\n"
            f"Returns\n-------\ndisplay : {display.__name__}\n    Itself.",
            **SHARED,
            **texts,
        )(made)

    return decorate


def need_matplotlib(caller: str) -> None:
    """Raise an ImportError that says how to install matplotlib if it is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{caller} needs matplotlib, which the extra 'plots' brings: "
            "pip install 'skseq[plots]'."
        ) from error


class Display:
    """A picture in the manner of scikit-learn: an object that can plot."""

    name: str | None

    def _make_axes(
        self, ax: Any, n_panels: int = 1, *, size: tuple[float, float]
    ) -> list[Axes]:
        """Return axes to draw on, one below the other, and keep the first of them.

        Parameters
        ----------
        ax : Axes, sequence of Axes or None
            Those that the user gave; None makes new ones.
        n_panels : int, default=1
            How many there must be.
        size : tuple of float
            Width and height of a new figure in inches.

        Returns
        -------
        axes : list of Axes
        """
        caller = f"{type(self).__name__}.plot"
        need_matplotlib(caller)
        from matplotlib import pyplot
        from matplotlib.axes import Axes

        if ax is None:
            _, grid = pyplot.subplots(
                n_panels, squeeze=False, sharex=True, figsize=size, layout="constrained"
            )
            axes = list(grid.flat)
            for panel in axes:
                panel.set_prop_cycle(color=COLORS)
        else:
            axes = list(np.atleast_1d(np.asarray(ax, dtype=object)).flat)
        if len(axes) != n_panels or not all(isinstance(panel, Axes) for panel in axes):
            raise ValueError(
                f"ax is {shown(ax)}; {caller} expected {n_panels} matplotlib Axes, or "
                "None."
            )
        self.ax_, self.figure_ = axes[0], axes[0].figure
        return axes

    def _make_sheet(self, ax: Any, left: float, right: float, height: float) -> Axes:
        """Return axes in inches without lines around, y downwards, and the title.

        Parameters
        ----------
        ax : Axes or None
            What the user gave; None makes new ones.
        left, right, height : float
            Where they begin and end.
        """
        (ax,) = self._make_axes(ax, size=(right - left, height + TITLE))
        ax.set(xlim=(left, right), ylim=(height, 0), aspect="equal")
        ax.axis("off")
        if self.name:
            ax.set_title(self.name, fontsize=11)
        return ax
