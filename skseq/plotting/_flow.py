"""Where the parts of a network stand in a drawing of it: boxes, ways past them, groups.

Everything follows from the rows of `summary`: their order, names and shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from skseq.core.summary import Layer

__all__ = ["BAR", "Bypass", "Flow", "Place", "group_of", "lay_out", "own_name"]

BOX, HIGH_BOX, GAP, EDGE = 0.54, 0.72, 0.48, 0.14  # inches
BAR = 0.11  # where lines of several boxes meet, above or below them
HEAD = 0.36  # room for the name of a group
# Lists of modules; what stands in them is called by list and position.
LISTS = ("bridges", "dense", "layers", "shortcuts", "static_tables", "tables")
PAST_ALL = ("ahead", "beside", "near", "skip")  # from the inputs to the outputs


class Place(NamedTuple):
    """Boxes that stand side by side: one, or two."""

    layers: tuple[Layer, ...]
    top: float
    bottom: float

    @property
    def joins(self) -> bool:
        """Whether the line passes, and what the boxes hold only joins it."""
        return all(_joins(layer) for layer in self.layers)


class Bypass(NamedTuple):
    """What goes past boxes, or back: from one gap between places to another."""

    text: str
    start: int  # 0 is the gap behind the inputs
    stop: int
    is_left: bool = False


class Flow(NamedTuple):
    """A drawing in inches, from its top downwards."""

    places: list[Place]
    gaps: list[tuple[float, float]]  # before each place and before the outputs
    bypasses: list[Bypass]
    groups: list[tuple[str, float, float]]  # name, top and bottom


def group_of(name: str) -> str:
    """Return which part of the network a layer belongs to, "" if it is one itself."""
    parts = name.split(".")
    cut = next((i for i, part in enumerate(parts) if part in LISTS), len(parts) - 1)
    return ".".join(parts[:cut])


def own_name(name: str) -> str:
    """Return what a layer is called within its group."""
    return name[len(group_of(name)) :].lstrip(".")


def lay_out(layers: Sequence[Layer], inputs: float, has_static: bool) -> Flow:
    """Return where everything stands.

    Parameters
    ----------
    layers : sequence of Layer
        The rows of `summary`.
    inputs : float
        Where the box of inputs ends.
    has_static : bool
        Whether a head is told something that did not go through the layers.
    """
    past = [layer for layer in layers if _goes_past(layer.name)]
    rows = _rows([layer for layer in layers if layer not in past])
    y = end = inputs
    places: list[Place] = []
    gaps, groups = [], []
    for group, members in groupby(rows, key=lambda row: group_of(row[0].name)):
        top = y = end + GAP
        for i, row in enumerate(members):
            gaps.append((end, y) if i == 0 else (y, y + GAP))
            y += GAP if i else HEAD * bool(group)
            height = BOX if len(row) == 1 and not _joins(row[0]) else HIGH_BOX
            places.append(Place(row, y, y + height))
            y += height
        end = y + EDGE * bool(group)
        groups += [(group, top, end)] if group else []
    gaps.append((end, end + GAP))
    bypasses = _bypasses(past, [place.layers[0].name for place in places], has_static)
    return Flow(places, gaps, bypasses, groups)


def _goes_past(name: str) -> bool:
    parts = name.split(".")
    others = {"feedback", "shortcuts", "static_tables"}
    return parts[0] in PAST_ALL or not others.isdisjoint(parts)


def _joins(layer: Layer) -> bool:
    own = own_name(layer.name)
    return layer.kind == "Parameter" or own.startswith("tables.") or own == "decay"


def _rows(layers: Sequence[Layer]) -> list[tuple[Layer, ...]]:
    """Return layers of which those that do not follow each other stand side by side."""
    rows: list[tuple[Layer, ...]] = []
    for layer in layers:
        if rows and len(rows[-1]) == 1 and _is_beside(rows[-1][0], layer):
            rows[-1] = (*rows[-1], layer)
        else:
            rows.append((layer,))
    return rows


def _is_beside(before: Layer, layer: Layer) -> bool:
    if group_of(before.name) != group_of(layer.name):
        return False
    name, other = own_name(before.name), own_name(layer.name)
    if name.removesuffix("forwards") == other.removesuffix("backwards"):
        return True
    are_bridges = name.startswith("bridges.") and other.startswith("bridges.")
    return are_bridges or (_joins(before) and _joins(layer))


def _bypasses(
    past: Sequence[Layer], names: Sequence[str], has_static: bool
) -> list[Bypass]:
    """Return what goes past places, by the names of these."""
    found, static = [], ["static"]
    around: dict[str, list[str]] = {}  # all places
    for layer in past:
        first, *_ = layer.name.split(".")
        before, _, number = layer.name.partition("shortcuts.")
        shortened = f"{before}layers.{2 * int(number)}" if number.isdigit() else ""
        parts = [own_name(layer.name), layer.kind, f"{layer.n_parameters:,}"]
        text = "  ".join(parts if layer.n_parameters else parts[:2])
        if shortened in names:  # one spans two layers
            at = names.index(shortened)
            found.append(Bypass(text, at, at + 2, is_left=True))
        elif "static_tables" in layer.name:
            static.append(text)
        elif "feedback" in layer.name and "decoder.output" in names:
            back = [i for i, name in enumerate(names) if "decoder.recurrence" in name]
            found.append(
                Bypass(text, names.index("decoder.output") + 1, min(back, default=0))
            )
        else:
            text = text.replace(parts[0], layer.name, 1)
            around.setdefault(first, []).append(text)
    found += [Bypass("   ".join(texts), 0, len(names)) for texts in around.values()]
    for i, name in enumerate(names):
        if own_name(name) == "drop_path":  # beside what the convolutions found
            read = [j for j, other in enumerate(names[:i]) if "convolution" in other]
            found.append(Bypass("skip", max(read, default=-1) + 1, i + 1))
    if has_static:
        pooled = [i + 1 for i, name in enumerate(names) if own_name(name) == "pooling"]
        heads = [i for i, name in enumerate(names) if group_of(name) == "head"]
        found.append(Bypass("  ".join(static), 0, (pooled or heads or [len(names)])[0]))
    return found
