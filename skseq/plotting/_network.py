"""A fitted network as a picture: what it reads, its layers, what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from skseq.core.summary import Layer, summary
from skseq.networks import Inputs, TokenEmbedding
from skseq.plotting._axes import COLORS
from skseq.plotting._display import Display, need_matplotlib, showing
from skseq.plotting._flow import BAR, Bypass, Flow, Place, lay_out, own_name
from skseq.plotting._strokes import FAINT, INK, box, point, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NetworkDisplay"]

WIDTH, LANE = 4.6, 0.34  # inches: with one way past the boxes, and for each other
MIDDLE, SINGLE, HALF = 2.3, 2.6, 1.66  # of boxes: where they stand, how wide they are
FRAME = 0.5, 4.1  # of groups
LINE = 0.19  # of text about inputs
GROUND = "0.94"  # of groups


@showing(style="")
class NetworkDisplay(Display):
    """What a fitted network consists of: the table of `summary` as a picture.

    From the inputs at the top every arrow says which shape goes on, without the axis of
    the batch, and where a layer reads another shape, which one. Layers that read
    backwards stand beside those that read forwards. What goes past other layers, such
    as shortcuts, static columns and a linear model beside, is drawn at the edge. Use
    `from_estimator` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    layers : sequence of (name, kind, input_shape, output_shape, n_parameters)
        Those of `summary`, in the order in which they are called.
    inputs : sequence of str, default=("numbers",)
        What steps consist of, a line each.
    has_static : bool, default=False
        Whether the head is told what is known of a sequence as a whole.
    name : str, default=None
        Title.

    Attributes
    ----------
    {axes_of_one}

    See Also
    --------
    skseq.summary : The table.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skseq import RNNClassifier
    >>> from skseq.plotting import NetworkDisplay
    >>> X = np.random.default_rng(0).normal(size=(20, 12, 3))
    >>> model = RNNClassifier(max_epochs=1).fit(X, X[:, 0, 0] > 0)
    >>> display = NetworkDisplay.from_estimator(model)
    >>> plt.show()  # doctest: +SKIP
    """

    layers: Sequence[tuple]
    inputs: Sequence[str] = ("numbers",)
    has_static: bool = False
    name: str | None = None

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Axes | None = None, name: str | None = None
    ) -> NetworkDisplay:
        """Draw the network of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package.
        {ax}
        name : str, default=None
            Title; None takes the class of the estimator and how many parameters its
            network has.

        Returns
        -------
        display : NetworkDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is none of this package, such as a pipeline.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        found = summary(estimator)
        if name is None:
            name = f"{found.estimator}: {found.n_parameters:,} parameters"
        lines, has_static = _inputs(estimator)
        display = cls(
            layers=found.layers, inputs=lines, has_static=has_static, name=name
        )
        return display.plot(ax)

    def plot(self, ax: Axes | None = None) -> NetworkDisplay:
        """Draw.

        {plot}
        """
        end = 0.08 + LINE * (1 + len(self.inputs)) + 0.08
        layers = [Layer(*layer) for layer in self.layers]
        flow = lay_out(layers, end, self.has_static)
        lanes = _lanes(flow)
        width = WIDTH + LANE * max(0, max(lanes, default=0) - 1)
        height = flow.gaps[-1][1] + 0.3
        ax = self._make_sheet(ax, 0, width, height)
        for group, top, bottom in flow.groups:
            box(ax, FRAME[0], top, FRAME[1] - FRAME[0], bottom - top, GROUND, "none")
            size = 8.5 if len(group) < 22 else 7.5
            write(ax, FRAME[0] + 0.1, top + 0.13, group, size, color=FAINT, ha="left")
        box(ax, MIDDLE - SINGLE / 2, 0.02, SINGLE, end - 0.02, "white", FAINT)
        for i, line in enumerate(("inputs", *self.inputs)):
            weight = "bold" if i == 0 else "normal"
            write(ax, MIDDLE, 0.17 + LINE * i, line, 9, weight=weight)
        _draw_line(ax, flow, end)
        for place in flow.places:
            _draw_place(ax, place)
        write(ax, MIDDLE, height - 0.16, "outputs", 9, weight="bold")
        for bypass, lane in zip(flow.bypasses, lanes, strict=True):
            _draw_bypass(ax, flow, bypass, lane)
        return self


def _inputs(estimator: Any) -> tuple[list[str], bool]:
    """Return what steps consist of, and whether a head is told of whole sequences."""
    network = getattr(estimator, "forecaster_", estimator)
    embedding = getattr(network.module_, "embedding", None)
    views = ", in 2 views" if getattr(network, "_normalize", None) == "both" else ""
    if not isinstance(embedding, Inputs):
        is_text = isinstance(embedding, TokenEmbedding)
        return ["tokens" if is_text else f"numbers{views}"], False
    columns = embedding.columns
    lines = [f"numbers: {columns.n_values}{views}"] if columns.n_values else []
    if embedding.has_holes:
        lines += ["holes: last value, mask, time since"]
    if columns.has_gaps:
        lines += ["gaps: time since the step before"]
    if columns.n_categories:
        lines += [f"categories: {', '.join(map(str, columns.n_categories))}"]
    known = network._columns
    n_static = len(known.static_numeric) + len(known.static_categorical)
    lines += [f"static columns: {n_static}"] if n_static else []
    return lines, embedding.static_size > 0


def _lanes(flow: Flow) -> list[int]:
    """Return in which lane at the right each bypass runs, 0 of those at the left."""
    lanes: list[int] = []
    for i, bypass in enumerate(flow.bypasses):
        taken = {
            lane
            for other, lane in zip(flow.bypasses[:i], lanes, strict=True)
            if min(other.start, other.stop) < max(bypass.start, bypass.stop)
            and min(bypass.start, bypass.stop) < max(other.start, other.stop)
        }
        free = next(lane for lane in count(1) if lane not in taken)
        lanes.append(0 if bypass.is_left else free)
    return lanes


def _centers(place: Place) -> list[float]:
    apart = HALF / 2 + 0.06
    if len(place.layers) == 1 and not place.joins:
        return [MIDDLE]
    return [MIDDLE - apart, MIDDLE + apart][: len(place.layers)]


def _draw_place(ax: Axes, place: Place) -> None:
    centers = _centers(place)
    width = SINGLE if centers == [MIDDLE] else HALF
    for x, layer in zip(centers, place.layers, strict=True):
        style = "dashed" if layer.kind == "Parameter" else "solid"
        height = place.bottom - place.top
        box(ax, x - width / 2, place.top, width, height, "white", _color(layer), style)
        size = min(10, 95 * width / len(layer.kind))
        write(ax, x, place.top + 0.17, layer.kind, size, weight="bold")
        write(ax, x, place.top + 0.38, own_name(layer.name), 8.5, color=FAINT)
        if layer.n_parameters:
            aside: dict[str, Any] = {"x": x, "y": place.top + 0.57}
            if width == SINGLE:
                aside = {
                    "x": x + width / 2 - 0.08,
                    "y": place.top + 0.38,
                    "ha": "right",
                }
            write(ax, text=f"{layer.n_parameters:,}", size=8.5, color=FAINT, **aside)


def _color(layer: Layer) -> str:
    """Return a colour for each kind: recurrent, convolutional, pooling."""
    for sign, color in (("Conv", COLORS[2]), ("Pooling", COLORS[1])):
        if sign in layer.kind:
            return color
    is_recurrent = layer.kind.endswith("Layer") or layer.kind.startswith("Recurrence")
    return COLORS[0] if is_recurrent else FAINT


def _draw_line(ax: Axes, flow: Flow, top: float) -> None:
    """Draw the way from the inputs through all places to the outputs, and shapes."""
    shapes: list = []  # that go on
    line: dict[str, Any] = {"color": INK, "lw": 1.1}
    for i, (begin, stop) in enumerate(flow.gaps):
        place = flow.places[i] if i < len(flow.places) else None
        reader = place
        if i == 0:  # even if something joins before
            reader = next((p for p in flow.places if not p.joins), None)
        text = _passed_on(shapes, reader)
        write(ax, MIDDLE + 0.1, (begin + stop) / 2, text, 9, ha="left")
        if place is None:
            point(ax, MIDDLE, top, MIDDLE, stop + 0.04)
            break
        centers = _centers(place)
        if place.joins:
            ax.plot([MIDDLE, MIDDLE], [top, place.bottom + BAR], **line)
            for x in centers:
                y = [place.bottom, place.bottom + BAR, place.bottom + BAR]
                ax.plot([x, x, MIDDLE], y, **line)
            top = place.bottom + BAR
            continue
        if len(centers) > 1:
            bar, below = place.top - BAR, place.bottom + BAR
            ax.plot([MIDDLE, MIDDLE], [top, bar], **line)
            ax.plot(centers, [bar, bar], **line)
            y = [place.bottom, below, below, place.bottom]
            ax.plot([centers[0], *centers, centers[1]], y, **line)
            for x in centers:
                point(ax, x, bar, x, place.top)
            top = below
        else:
            point(ax, MIDDLE, top, MIDDLE, place.top)
            top = place.bottom
        shapes = [layer.output_shape for layer in place.layers]


def _passed_on(shapes: Sequence, reader: Place | None) -> str:
    """Return which shapes go on, and as which one they are read if it is another."""
    found = [str(shape) for shape in shapes if shape is not None]
    text = ", ".join(found)
    if len(found) > 1 and len(set(found)) == 1:
        text = f"{len(found)} \N{MULTIPLICATION SIGN} {found[0]}"
    if reader is None or (reader.joins and found):
        return text
    shape = reader.layers[0].input_shape
    if shape is None or str(shape) in found:
        return text
    return f"{text} → {shape}" if text else str(shape)


def _draw_bypass(ax: Axes, flow: Flow, bypass: Bypass, lane: int) -> None:
    """Draw a line around boxes, and along it what it stands for."""
    x = FRAME[1] + 0.16 + LANE * (lane - 1) if lane else FRAME[0] - 0.14
    begin, end = flow.gaps[bypass.start][0] + 0.09, flow.gaps[bypass.stop][1] - 0.11
    color = COLORS[3]
    ax.plot([MIDDLE, x, x], [begin, begin, end], color=color, lw=1.1)
    point(ax, x, end, MIDDLE, end, color)
    aside = 0.13 if lane else -0.13
    style: dict[str, Any] = {"color": FAINT, "rotation": 90}
    write(ax, x + aside, (begin + end) / 2, bypass.text, 8.5, **style)
