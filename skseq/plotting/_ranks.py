"""Where the parts of a computation stand: ranks from top to bottom, few crossings.

After Sugiyama et al. (1981, "Methods for Visual Understanding of Hierarchical System
Structures"): ranks by the longest way, orders within ranks by means of neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from skseq.plotting._steps import Part

__all__ = ["Spot", "Way", "rank"]

SWEEPS, SPACE, THIN = (
    30,
    0.14,
    0.1,
)  # of orders; inches between parts; a way that passes


class Spot(NamedTuple):
    """Where a part stands."""

    part: Part
    rank: int
    x: float


class Way(NamedTuple):
    """What leads from one part to another, with where it passes ranks between."""

    source: Part
    target: Part
    mark: str
    passes: tuple[float, ...]


def rank(
    ends: Sequence[Part], width_of: Callable[[Part], float]
) -> tuple[list[Spot], list[Way]]:
    """Return where parts stand, and the ways between them.

    Parameters
    ----------
    ends : sequence of Part
        Those to which all lead.
    width_of : callable
        How wide a part is drawn.

    Returns
    -------
    spots : list of Spot
        Around x = 0.
    ways : list of Way
    """
    depth: dict[Part, int] = {}

    def deepest(part: Part) -> int:
        if part not in depth:
            depth[part] = 1 + max(map(deepest, part.inputs), default=-1)
        return depth[part]

    last = max(map(deepest, ends))
    depth.update(dict.fromkeys(ends, last))
    rows: list[list] = [[] for _ in range(last + 1)]
    links: list[tuple] = []  # between things of neighbouring ranks
    chains = []
    for part, level in depth.items():
        rows[level].append(part)
        for source, mark in zip(part.inputs, part.marks, strict=True):
            chain = [
                source,
                *((source, part, i) for i in range(depth[source] + 1, level)),
            ]
            for i, passing in enumerate(chain[1:], depth[source] + 1):
                rows[i].append(passing)
            links += pairwise([*chain, part])
            chains.append((source, part, mark, chain[1:]))
    near: dict = {thing: [] for row in rows for thing in row}
    for above, below in links:
        near[above].append(below)
        near[below].append(above)
    rows = _ordered(rows, links, near)

    def width(thing: object) -> float:
        return width_of(thing) if isinstance(thing, Part) else THIN

    x = _placed(rows, near, width)
    spots = [Spot(part, level, x[part]) for part, level in depth.items()]
    ways = [
        Way(source, part, mark, tuple(x[passing] for passing in passes))
        for source, part, mark, passes in chains
    ]
    return spots, ways


def _ordered(rows: list[list], links: list[tuple], near: dict) -> list[list]:
    """Return the order of each rank with the fewest crossings that sweeps find."""
    best, least = rows, _crossings(rows, links)
    for sweep in range(SWEEPS):
        place = {thing: i / len(row) for row in rows for i, thing in enumerate(row)}
        down = sweep % 2 == 0
        rows = list(rows)
        for i in range(len(rows)) if down else reversed(range(len(rows))):
            others = set(rows[i - 1] if down else rows[(i + 1) % len(rows)])
            means = {
                thing: _mean([place[n] for n in near[thing] if n in others])
                for thing in rows[i]
                if others.intersection(near[thing])
            }
            wanted = {**place, **means}
            rows[i] = sorted(rows[i], key=wanted.__getitem__)
            place |= {thing: j / len(rows[i]) for j, thing in enumerate(rows[i])}
        if (found := _crossings(rows, links)) < least:
            best, least = rows, found
    return best


def _crossings(rows: list[list], links: list[tuple]) -> int:
    level = {thing: i for i, row in enumerate(rows) for thing in row}
    place = {thing: i for row in rows for i, thing in enumerate(row)}
    ends = [(level[a], place[a], place[b]) for a, b in links]
    return sum(
        (one[1] - other[1]) * (one[2] - other[2]) < 0
        for i, one in enumerate(ends)
        for other in ends[:i]
        if one[0] == other[0]
    )


def _placed(rows: list[list], near: dict, width: Callable) -> dict:
    """Return x of everything: near its neighbours, in order, apart."""
    x: dict = {}
    for row in rows:
        at = 0.0
        for thing in row:
            x[thing] = at + width(thing) / 2
            at += width(thing) + SPACE
        for thing in row:
            x[thing] -= (at - SPACE) / 2
    for _ in range(SWEEPS):
        for row in rows:
            wanted = [
                sum(x[n] for n in near[thing]) / len(near[thing]) for thing in row
            ]
            for thing, place in zip(row, _apart(row, wanted, width), strict=True):
                x[thing] = place
    middle = (min(x.values()) + max(x.values())) / 2
    return {thing: place - middle for thing, place in x.items()}


def _apart(row: list, wanted: list[float], width: Callable) -> list[float]:
    """Return places that are far enough apart, as near as can be to those wanted.

    Things that get too close stand together around the mean of what they want.
    """
    offsets = [0.0]
    for one, other in pairwise(row):
        offsets.append(offsets[-1] + (width(one) + width(other)) / 2 + SPACE)
    blocks: list[list[float]] = []  # of what is wanted of the first in a row
    for place, offset in zip(wanted, offsets, strict=True):
        blocks.append([place - offset])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    firsts = [_mean(block) for block in blocks for _ in block]
    return [first + offset for first, offset in zip(firsts, offsets, strict=True)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
