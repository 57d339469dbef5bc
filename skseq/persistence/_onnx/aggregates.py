"""Aggregates of sequences as nodes of ONNX."""

from __future__ import annotations

import numpy as np
from torch import nn

from skseq.networks.aggregates import N_LAST, AggregateLinear
from skseq.persistence._onnx.convolutions import LEAST
from skseq.persistence._onnx.dense import add_dense, refuse
from skseq.persistence._onnx.graph import Graph, Steps

__all__ = ["add_linear"]

STEPS = np.array([1])  # the axis


def add_linear(graph: Graph, beside: nn.Module, steps: Steps) -> str:
    """Add a linear map of aggregates, as `networks.aggregates`."""
    if type(beside) is not AggregateLinear:
        refuse(beside)
    mask = graph.mask(steps)
    x = graph.slice(steps.x, 2, 0, beside.n_features)
    zero, one = np.float32(0), np.float32(1)
    lengths = graph.op("Unsqueeze", steps.lengths, np.array([1, 2]))  # (B, 1, 1)
    n_steps = graph.cast(lengths, np.float32)
    last = graph.op("Sub", lengths, np.int64(1))
    size = graph.op("Squeeze", graph.size(x, 1))
    places = graph.op("Range", np.int64(0), size, np.int64(1))
    places = graph.op("Unsqueeze", places, np.array([0, 2]))  # (1, T, 1)

    def total(x: str) -> str:
        return graph.op("ReduceSum", x, STEPS, keepdims=1)

    def among(mask: str, x: str, other: np.float32 = zero) -> str:
        return graph.op("Where", mask, x, other)

    values = among(mask, x)
    mean = graph.op("Div", total(values), n_steps)
    centered = among(mask, graph.op("Sub", x, mean))
    square = total(graph.op("Mul", centered, centered))
    first = graph.op("Sub", lengths, np.int64(N_LAST))
    recent = graph.op("And", mask, graph.op("GreaterOrEqual", places, first))
    n_recent = total(among(recent, one))
    middle = graph.op("Div", graph.op("Sub", n_steps, one), np.float32(2))
    times = among(mask, graph.op("Sub", graph.cast(places, np.float32), middle))
    spread = total(graph.op("Mul", times, times))
    largest = graph.op("ReduceMax", among(mask, x, LEAST), axes=[1], keepdims=1)
    least = graph.op("ReduceMin", among(mask, x, -LEAST), axes=[1], keepdims=1)
    parts = [
        mean,
        graph.op("Sqrt", graph.op("Div", square, n_steps)),
        least,
        largest,
        total(among(graph.op("Equal", places, last), x)),
        graph.op("Div", total(among(recent, x)), n_recent),
        graph.op("Div", total(graph.op("Mul", times, x)), graph.op("Max", spread, one)),
    ]
    found = graph.op("Squeeze", graph.op("Concat", *parts, axis=2), STEPS)
    return add_dense(graph, beside.linear, found)
