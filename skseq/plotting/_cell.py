"""What a cell makes of a step and the state, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from skseq.plotting._axes import COLORS
from skseq.plotting._display import Display, need_matplotlib, showing
from skseq.plotting._ranks import Spot, Way, rank
from skseq.plotting._steps import ACTIVATIONS, SIGNS, Part, parts_of
from skseq.plotting._strokes import FAINT, INK, box, point, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CellDisplay"]

WIDTH = 4.6  # inches, at least
HEIGHT, STEP = 0.34, 0.76  # of a part, and from one rank to the next
SQUASHING = [SIGNS.get(name, name) for name in ACTIVATIONS]


@showing(style="")
class CellDisplay(Display):
    """One step of a recurrent layer: gates, sums and products, from top to bottom.

    It is drawn from the layer's own code, so that it shows any cell, also one of your
    own. What arrives at an activation is summed up there; a letter beside it says which
    gate it is. At a line stands by which vector of weights its value is multiplied. Use
    `from_layer` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    states : sequence of Part
        The states after the step, and what they are made of.
    name : str, default=None
        Title.

    Attributes
    ----------
    {axes_of_one}

    See Also
    --------
    NetworkDisplay : The network that layers are part of.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skseq.networks import GRULayer
    >>> from skseq.plotting import CellDisplay
    >>> display = CellDisplay.from_layer(GRULayer(2, 3))
    >>> plt.show()  # doctest: +SKIP
    """

    states: Sequence[Part]
    name: str | None = None

    @classmethod
    def from_layer(
        cls, layer: Any, *, ax: Axes | None = None, name: str | None = None
    ) -> CellDisplay:
        """Draw what one step of a layer computes.

        Parameters
        ----------
        layer : RecurrentLayer
            Such as ``estimator.module_.encoder.layers[0]``.
        {ax}
        name : str, default=None
            Title; None takes the class of the layer.

        Returns
        -------
        display : CellDisplay

        Raises
        ------
        TypeError
            If layer is none, or its step cannot be followed without numbers, as it
            depends on them what is computed.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_layer")
        name = type(layer).__name__ if name is None else name
        return cls(states=parts_of(layer), name=name).plot(ax)

    def plot(self, ax: Axes | None = None) -> CellDisplay:
        """Draw.

        {plot}
        """
        spots, ways = rank(self.states, _width)
        edges = [spot.x + _width(spot.part) / 2 for spot in spots]
        width = max(WIDTH, 2 * max(edges) + 0.3)
        height = STEP * max(spot.rank for spot in spots) + HEIGHT + 0.2
        ax = self._make_sheet(ax, -width / 2, width / 2, height)
        places = {spot.part: spot for spot in spots}
        for way in ways:
            _draw_way(ax, way, places, ways)
        for spot in spots:
            _draw_part(ax, spot)
        return self


def _text(part: Part) -> str:
    return f"{part.gate}  {part.text}" if part.gate else part.text


def _width(part: Part) -> float:
    return max(HEIGHT, 0.2 + 0.085 * len(_text(part)))


def _top(rank: int) -> float:
    return 0.1 + STEP * rank


def _draw_part(ax: Axes, spot: Spot) -> None:
    part, width = spot.part, _width(spot.part)
    color = COLORS[0] if part.is_end else FAINT
    if part.text in SQUASHING:
        color = COLORS[1] if part.text == "σ" else COLORS[2]  # noqa: RUF001
    top = _top(spot.rank)
    box(ax, spot.x - width / 2, top, width, HEIGHT, "white", color)
    write(ax, spot.x, top + HEIGHT / 2, _text(part), 10)


def _draw_way(ax: Axes, way: Way, places: dict, ways: list[Way]) -> None:
    """Draw a line that bends between ranks only, and what it is multiplied by."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    source, target = places[way.source], places[way.target]
    out = [w for w in ways if w.source is way.source]
    into = [w for w in ways if w.target is way.target]
    start = source.x + _aside(way, out, places, False)
    stop = target.x + _aside(way, into, places, True)
    points = [(start, _top(source.rank) + HEIGHT)]
    for i, x in enumerate(way.passes, source.rank + 1):
        points += [(x, _top(i)), (x, _top(i) + HEIGHT)]
    points.append((stop, _top(target.rank)))
    path, codes = [points[0]], [Path.MOVETO]
    for i, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if i % 2:  # past a rank
            path, codes = [*path, (to_x, to_y)], [*codes, Path.LINETO]
            continue
        middle = (y + to_y) / 2
        path += [(x, middle), (to_x, middle), (to_x, to_y)]
        codes += [Path.CURVE4] * 3
    style: dict[str, Any] = {"fill": False, "edgecolor": INK, "lw": 1.0}
    ax.add_patch(PathPatch(Path(path, codes), **style))
    x, y = points[-1]
    point(ax, x, y - 0.08, x, y)
    if way.mark and way.source.text[0] not in "WU":
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        write(ax, x, y - 0.17, way.mark, 8.5, color=FAINT, bbox=ground)


def _aside(way: Way, others: list[Way], places: dict, into: bool) -> float:
    """Return how far from the middle of a part a way begins or ends."""

    def at(other: Way) -> float:
        end = places[other.source if into else other.target].x
        return [end, *other.passes][-1] if into else [*other.passes, end][0]

    order = sorted(others, key=at)
    i = next(i for i, other in enumerate(order) if other is way)
    part = way.target if into else way.source
    room = _width(part) * 0.6
    return room * ((i + 0.5) / len(order) - 0.5)
