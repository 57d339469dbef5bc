"""A GRU whose state decays as a loop of ONNX, which has no operator for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skseq.networks import GRUDLayer
from skseq.persistence._onnx.graph import Graph

__all__ = ["add_decaying"]


def add_decaying(
    graph: Graph,
    cells: Sequence[GRUDLayer],
    x: str,
    lengths: str,
    before: str = "",
    apart: bool = False,
) -> list[str]:
    """Add one layer, in one direction or in both, forwards first.

    Parameters
    ----------
    graph : Graph
    cells : sequence of GRUDLayer
        The layers that read forwards and, if there are two, backwards.
    x : str
        Inputs (T, B, F), the last ones times.
    lengths : str
        Lengths (B,), or "" if all are T.
    before : str, default=""
        States before the first step (directions, B, H), zero if there is no name.
    apart : bool, default=False
        Whether each direction has inputs of its own, which lie side by side.

    Returns
    -------
    names : list of str
        Outputs (T, directions, B, H) and the last states (directions, B, H), as those
        of ONNX's recurrent operators.
    """
    goes_on = _goes_on(graph, x, lengths) if lengths else ""
    own = [x] * len(cells)
    if apart:
        own = graph.ops("Split", 2, x, axis=2)
    found = []
    for direction, cell in enumerate(cells):
        if before:
            state = graph.op("Gather", before, np.int64(direction), axis=0)
        else:
            size = np.array([cell.hidden_size])
            shape = graph.op("Concat", graph.size(x, 1), size, axis=0)
            state = graph.op("Expand", np.float32(0), shape)
        found.append(_walk(graph, cell, own[direction], state, goes_on, direction))
    outputs, last = zip(*found, strict=True)
    return [_stacked(graph, outputs, 1), _stacked(graph, last, 0)]


def _goes_on(graph: Graph, x: str, lengths: str) -> str:
    """Return whether a sequence has a step, (T, B, 1)."""
    n_steps = graph.op("Squeeze", graph.size(x, 0))
    steps = graph.op("Range", np.int64(0), n_steps, np.int64(1))
    steps = graph.op("Unsqueeze", steps, np.array([1, 2]))
    ends = graph.op("Unsqueeze", graph.cast(lengths, np.int64), np.array([1]))
    return graph.op("Less", steps, ends)


def _walk(
    graph: Graph, cell: GRUDLayer, x: str, state: str, goes_on: str, backwards: int
) -> tuple[str, str]:
    """Return outputs (T, B, H) and the last state (B, H) of one direction.

    Read backwards, padding comes first, and leaves the state as it was.
    """
    kernel = cell.kernel
    read = graph.slice(x, 2, 0, -cell.n_elapsed)
    elapsed = graph.slice(x, 2, -cell.n_elapsed)
    gates = graph.op("MatMul", read, kernel.weight_ih_l0.t())
    gates = graph.op("Add", gates, kernel.bias_ih_l0)
    lost = graph.op("MatMul", elapsed, cell.weight_gamma.t())
    lost = graph.op("Relu", graph.op("Add", lost, cell.bias_gamma))
    decays = graph.op("Exp", graph.op("Neg", lost))
    scanned = [gates, decays, *([goes_on] if goes_on else [])]
    last, outputs = graph.ops(
        "Scan",
        2,
        state,
        *scanned,
        body=_step(graph, cell, bool(goes_on)),
        num_scan_inputs=len(scanned),
        scan_input_directions=[backwards] * len(scanned),
        scan_output_directions=[backwards],
    )
    return outputs, last


def _step(graph: Graph, cell: GRUDLayer, has_lengths: bool) -> Any:
    """Return what a step does: a state and what the step is given -> state, output."""
    kernel, size = cell.kernel, cell.hidden_size
    body = graph.within()
    state = body.input(body.name("state"), np.float32, [None, size])
    gates = body.input(body.name("gates"), np.float32, [None, 3 * size])
    decay = body.input(body.name("decay"), np.float32, [None, size])
    h = body.op("Mul", state, decay)
    recurrent = body.op("MatMul", h, kernel.weight_hh_l0.t())
    recurrent = body.op("Add", recurrent, kernel.bias_hh_l0)
    sizes = np.array([2 * size, size])
    rz, n = body.ops("Split", 2, gates, sizes, axis=1)
    rz_h, n_h = body.ops("Split", 2, recurrent, sizes, axis=1)
    rz = body.op("Sigmoid", body.op("Add", rz, rz_h))
    r, z = body.ops("Split", 2, rz, np.array([size, size]), axis=1)
    n = body.op("Tanh", body.op("Add", n, body.op("Mul", r, n_h)))
    after = body.op("Add", n, body.op("Mul", z, body.op("Sub", h, n)))
    if has_lengths:
        goes_on = body.input(body.name("goes_on"), np.bool_, [None, 1])
        after = body.op("Where", goes_on, after, state)
    for role in ("after", "output"):
        body.output(body.name(role), after, np.float32, [None, size])
    helper = body.onnx.helper
    return helper.make_graph(body.nodes, body.name("step"), body.inputs, body.outputs)


def _stacked(graph: Graph, parts: Sequence[str], axis: int) -> str:
    """Return directions along an axis of their own."""
    parts = [graph.op("Unsqueeze", part, np.array([axis])) for part in parts]
    return graph.op("Concat", *parts, axis=axis)
