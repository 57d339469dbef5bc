"""The last value seen as a loop of ONNX, which has no operator for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq.persistence._onnx.graph import Graph

__all__ = ["add_seen", "add_seen_backwards"]

TIME_FIRST = [1, 0, 2]


def add_seen(
    graph: Graph, x: str, is_there: str, gaps: str, usual: np.ndarray, n_views: int
) -> tuple[str, str]:
    """Add what is known after each step, as `networks.inputs.see`.

    Parameters
    ----------
    graph : Graph
    x : str
        Measurements (B, T, V F) in V views.
    is_there : str
        Whether they were measured, (B, T, F).
    gaps : str
        Time since the step before (B, T, 1), zero at the first one, or "" for ones.
    usual : ndarray of shape (V F,)
        What they are taken for before the first one.
    n_views : int
        How many views there are, V.

    Returns
    -------
    values : str
        The last ones seen, (B, T, V F).
    elapsed : str
        Time since the measurement before, (B, T, F).
    """
    x, is_there = (
        graph.op("Transpose", part, perm=TIME_FIRST) for part in (x, is_there)
    )
    if gaps:
        gaps = graph.op("Transpose", gaps, perm=TIME_FIRST)
    else:
        gaps = _ones_but_the_first(graph, x)
    n_samples = graph.size(x, 1)
    first = graph.op("Gather", is_there, np.int64(0), axis=0)  # (B, F)
    waited = graph.op("Expand", np.float32(0), graph.op("Shape", first))
    shape = graph.op("Concat", n_samples, np.array([len(usual)]), axis=0)
    values = graph.op("Expand", usual.astype(np.float32), shape)
    found = graph.ops(
        "Scan",
        4,
        values,
        waited,
        x,
        is_there,
        gaps,
        body=_step(graph, len(usual), n_views),
        num_scan_inputs=3,
    )
    values, elapsed = (
        graph.op("Transpose", part, perm=TIME_FIRST) for part in found[2:]
    )
    return values, elapsed


def add_seen_backwards(
    graph: Graph,
    x: str,
    is_there: str,
    gaps: str,
    usual: np.ndarray,
    n_views: int,
    lengths: str,
) -> tuple[str, str]:
    """Add what is known to those who come from the end, as `see_backwards`.

    Parameters
    ----------
    graph, x, is_there, gaps, usual, n_views
        As in `add_seen`.
    lengths : str
        How many steps there are of each sequence, (B,).

    Returns
    -------
    values, elapsed : str
        As of `add_seen`, in the order of time.
    """
    x, is_there = (_in_reverse(graph, part, lengths) for part in (x, is_there))
    if gaps:
        first = graph.slice(gaps, 1, 0, 1)  # zero
        behind = graph.op("Concat", graph.slice(gaps, 1, 1), first, axis=1)
        behind = graph.slice(_in_reverse(graph, behind, lengths), 1, 1)
        gaps = graph.op("Concat", first, behind, axis=1)
    found = add_seen(graph, x, is_there, gaps, usual, n_views)
    values, elapsed = (_in_reverse(graph, part, lengths) for part in found)
    return values, elapsed


def _in_reverse(graph: Graph, x: str, lengths: str) -> str:
    """Return sequences (B, T, ...) in reverse, each within its length."""
    return graph.op("ReverseSequence", x, lengths, batch_axis=0, time_axis=1)


def _ones_but_the_first(graph: Graph, x: str) -> str:
    """Return the gaps (T, 1, 1) of steps that are one apart."""
    n_steps = graph.op("Squeeze", graph.size(x, 0))
    places = graph.op("Range", np.int64(0), n_steps, np.int64(1))
    gaps = graph.cast(graph.op("Greater", places, np.int64(0)), np.float32)
    return graph.op("Unsqueeze", gaps, np.array([1, 2]))


def _step(graph: Graph, n_seen: int, n_views: int) -> Any:
    """Return what a step does: what was seen, and is -> what is known, twice."""
    body = graph.within()
    values = body.input(body.name("values"), np.float32, [None, n_seen])
    waited = body.input(body.name("waited"), np.float32, [None, None])
    x = body.input(body.name("x"), np.float32, [None, n_seen])
    is_there = body.input(body.name("is_there"), np.bool_, [None, None])
    gap = body.input(body.name("gap"), np.float32, [None, 1])
    elapsed = body.op("Add", waited, gap)
    waited = body.op("Where", is_there, np.float32(0), elapsed)
    in_all_views = body.op("Concat", *[is_there] * n_views, axis=1)
    values = body.op("Where", in_all_views, x, values)
    for role, part, size in (
        ("values", values, n_seen),
        ("waited", waited, None),
        ("seen", values, n_seen),
        ("elapsed", elapsed, None),
    ):
        body.output(body.name(role), part, np.float32, [None, size])
    helper = body.onnx.helper
    return helper.make_graph(body.nodes, body.name("step"), body.inputs, body.outputs)
