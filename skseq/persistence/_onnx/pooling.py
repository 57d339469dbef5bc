"""Pooling over the real steps as nodes of ONNX."""

from __future__ import annotations

import numpy as np
from torch import nn

from skseq.networks.pooling import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
)
from skseq.persistence._onnx.convolutions import LEAST
from skseq.persistence._onnx.dense import add_dense, refuse
from skseq.persistence._onnx.graph import Graph, Steps

__all__ = ["add_pooling"]


def add_pooling(graph: Graph, pooling: nn.Module, steps: Steps) -> str:
    """Add what makes one vector (B, D) of the steps."""
    if type(pooling) is ConcatPooling:
        parts = [add_pooling(graph, part, steps) for part in pooling.parts]
        return graph.op("Concat", *parts, axis=1)
    if type(pooling) is LastPooling:
        last = graph.op("Sub", steps.lengths, np.int64(1))
        last = graph.op("Unsqueeze", last, np.array([1]))
        last = graph.op("GatherND", steps.x, last, batch_dims=1)
        first = graph.op("Gather", steps.x, np.int64(0), axis=1)
        n = pooling.n_forwards
        parts = graph.slice(last, 1, 0, n), graph.slice(first, 1, n)
        return graph.op("Concat", *parts, axis=1)
    mask = graph.mask(steps)
    if type(pooling) is MaxPooling:
        x = graph.op("Where", mask, steps.x, LEAST)
        return graph.op("ReduceMax", x, axes=[1], keepdims=0)
    x = graph.op("Where", mask, steps.x, np.float32(0))
    if type(pooling) is MeanPooling:
        lengths = graph.op("Unsqueeze", steps.lengths, np.array([1]))
        total = graph.op("ReduceSum", x, np.array([1]), keepdims=0)
        return graph.op("Div", total, graph.cast(lengths, np.float32))
    if type(pooling) is not AttentionPooling:
        refuse(pooling)
    hidden = graph.op("Tanh", add_dense(graph, pooling.hidden, x))
    scores = add_dense(graph, pooling.score, hidden)
    weights = graph.op("Softmax", graph.op("Where", mask, scores, LEAST), axis=1)
    return graph.op("ReduceSum", graph.op("Mul", weights, x), np.array([1]), keepdims=0)
