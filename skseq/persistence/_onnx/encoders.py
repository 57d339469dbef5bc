"""Encoders as nodes of ONNX, which reads lengths where torch packs.

What a layer does to padding is of no concern: whoever looks across steps masks it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from skseq.networks import (
    ConvEncoder,
    ConvRecurrentEncoder,
    GRUDLayer,
    RecurrentEncoder,
    RecurrentLayer,
)
from skseq.networks.cells import ElmanLayer, GRULayer, LSTMLayer, PeepholeLSTMLayer
from skseq.networks.encoders import SegmentEncoder
from skseq.networks.segment_decoder import SegmentDecoder
from skseq.persistence._onnx.convolutions import (
    add_convolutions,
    add_pooled,
    convolve,
    turned,
)
from skseq.persistence._onnx.dense import refuse
from skseq.persistence._onnx.graph import Graph, Steps
from skseq.persistence._onnx.gru_d import add_decaying

__all__ = ["add_encoder"]

GATES = {  # the operator, and which of torch's gates it expects first, second, ...
    ElmanLayer: ("RNN", [0]),
    GRULayer: ("GRU", [1, 0, 2]),
    GRUDLayer: ("GRU", [1, 0, 2]),  # whose state does not decay
    LSTMLayer: ("LSTM", [0, 3, 1, 2]),
    PeepholeLSTMLayer: ("LSTM", [0, 3, 1, 2]),
}
States = list[tuple[str, ...]]  # of each layer, (directions, B, H)


def add_encoder(graph: Graph, encoder: nn.Module, steps: Steps) -> Steps:
    """Add what makes features (B, T', D) of sequences."""
    if type(encoder) is RecurrentEncoder:
        return _add_recurrent(graph, encoder, steps)[0]
    if type(encoder) is ConvEncoder:
        return add_convolutions(graph, encoder, steps)
    if type(encoder) is SegmentEncoder:
        return _add_segments(graph, encoder, steps)
    if type(encoder) is SegmentDecoder:
        return _add_later_segments(graph, encoder, steps)
    if type(encoder) is not ConvRecurrentEncoder:
        refuse(encoder)
    found = add_encoder(graph, encoder.convolution, steps)
    found = add_pooled(graph, found, encoder.pool_size)
    remembered = add_encoder(graph, encoder.recurrence, found)
    if encoder.skip:
        x = graph.op("Concat", found.x, remembered.x, axis=2)
        remembered = remembered._replace(x=x)
    return remembered


# Recurrent layers -------------------------------------------------------------


def _add_recurrent(
    graph: Graph, encoder: RecurrentEncoder, steps: Steps, states: States | None = None
) -> tuple[Steps, States]:
    x = graph.op("Transpose", steps.x, perm=[1, 0, 2])  # time first
    lengths = graph.cast(steps.lengths, np.int32) if steps.lengths else ""
    after = []
    for i, layer in enumerate(encoder.layers):
        cells, apart = [layer], False
        if encoder.bidirectional:
            cells, apart = [layer.forwards, layer.backwards], layer.apart
        before = states[i] if states else _first_state(graph, cells, x)
        x, *last = _add_layer(graph, cells, x, lengths, before, apart)
        after.append(tuple(last))
        x = graph.op("Transpose", x, perm=[0, 2, 1, 3])  # (T, B, directions, H)
        x = graph.op("Reshape", x, np.array([0, 0, -1]))
    return steps._replace(x=graph.op("Transpose", x, perm=[1, 0, 2])), after


def _first_state(
    graph: Graph, cells: Sequence[RecurrentLayer], x: str
) -> tuple[str, ...]:
    """Return what layers start from, (directions, B, H), no names for zeros."""
    learned = [getattr(cell, "initial_state", None) for cell in cells]
    if learned[0] is None:
        return ("",) * cells[0].n_states
    ones = np.array([1])
    rows = graph.op("Concat", ones, graph.size(x, 1), ones, axis=0)
    return tuple(
        graph.op("Expand", torch.stack(vectors).unsqueeze(1), rows)
        for vectors in zip(*learned, strict=True)
    )


def _add_layer(
    graph: Graph,
    cells: Sequence[RecurrentLayer],
    x: str,
    lengths: str,
    before: tuple[str, ...],
    apart: bool,
) -> list[str]:
    """Return outputs (T, directions, B, H) and the last states.

    Where directions read inputs of their own, which lie side by side (`apart`), each
    has no weight for those of the other.
    """
    cell = cells[0]
    if type(cell) not in GATES:
        refuse(cell)
    if isinstance(cell, GRUDLayer) and cell.n_elapsed:
        return add_decaying(graph, cells, x, lengths, *before, apart=apart)
    kind, order = GATES[type(cell)]

    def ordered(name: str) -> torch.Tensor:
        weights = [getattr(c.kernel, name).split(cell.hidden_size) for c in cells]
        return torch.stack([torch.cat([w[i] for i in order]) for w in weights])

    biases = torch.cat([ordered("bias_ih_l0"), ordered("bias_hh_l0")], dim=1)
    weights = ordered("weight_ih_l0")  # (directions, gates H, F)
    if apart:
        none = torch.zeros_like(weights[0])
        sides = [[weights[0], none], [none, weights[1]]]
        weights = torch.stack([torch.cat(side, dim=1) for side in sides])
    inputs = [x, weights, ordered("weight_hh_l0"), biases, lengths]
    inputs += before
    options = {"hidden_size": cell.hidden_size, "direction": "forward"}
    if len(cells) > 1:
        options["direction"] = "bidirectional"
    if kind == "RNN":
        options["activations"] = [cell.nonlinearity.capitalize()] * len(cells)
    if kind == "GRU":
        options["linear_before_reset"] = 1
    if type(cell) is PeepholeLSTMLayer:  # rows i, f, o; ONNX has i, o, f
        rows = [c.weight_peephole[[0, 2, 1]].flatten() for c in cells]
        inputs.append(torch.stack(rows))
    return graph.ops(kind, 1 + cell.n_states, *inputs, **options)


# Segments of a window ---------------------------------------------------------


def _add_segments(graph: Graph, encoder: SegmentEncoder, steps: Steps) -> Steps:
    convolution = encoder.convolution
    (kernel_size,), (stride,) = convolution.kernel_size, convolution.stride
    x = turned(graph, steps.x)
    rest = graph.op("Sub", graph.size(x, 2), np.array([kernel_size]))
    first = graph.op("Mod", rest, np.array([stride]))
    x = graph.op("Slice", x, first, np.array([2**62]), np.array([2]))
    found = graph.op("Relu", convolve(graph, convolution, x))
    return Steps(turned(graph, found), "")


def _add_later_segments(graph: Graph, decoder: SegmentDecoder, steps: Steps) -> Steps:
    recurrence = decoder.encoder.recurrence
    found = add_encoder(graph, decoder.encoder.convolution, steps)
    _, states = _add_recurrent(graph, recurrence, found)
    n_series, n_segments = len(decoder.series), decoder.positions.shape[1]
    size = decoder.encoder.convolution.output_size

    def for_each_segment(state: str, hidden_size: int) -> str:
        state = graph.op("Unsqueeze", state, np.array([2]))
        state = graph.op("Expand", state, np.array([1, 1, n_segments, 1]))
        return graph.op("Reshape", state, np.array([1, -1, hidden_size]))

    states = [
        tuple(for_each_segment(part, layer.hidden_size) for part in state)
        for state, layer in zip(states, recurrence.layers, strict=True)
    ]
    asked = torch.cat(
        [
            decoder.series.expand(-1, n_segments, -1),
            decoder.positions.expand(n_series, -1, -1),
        ],
        dim=2,
    ).reshape(-1, 1, size)
    n_windows = graph.op("Div", graph.size(steps.x, 0), np.array([n_series]))
    repeats = graph.op("Concat", n_windows, np.array([1, 1]), axis=0)
    asked = Steps(graph.op("Tile", asked, repeats), "")
    decoded, _ = _add_recurrent(graph, recurrence, asked, states)
    shape = np.array([-1, n_segments, decoder.output_size])
    return Steps(graph.op("Reshape", decoded.x, shape), "")
