"""Convolutions over the real steps as nodes of ONNX."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from skseq.networks import ConvEncoder, ConvLayer, Shortcut
from skseq.networks.convolution import MaskedBatchNorm
from skseq.persistence._onnx.dense import refuse
from skseq.persistence._onnx.graph import Graph, Steps

__all__ = ["LEAST", "add_convolutions", "add_pooled", "convolve", "turned"]

LEAST = np.finfo(np.float32).min  # instead of minus infinity


def add_convolutions(graph: Graph, encoder: ConvEncoder, steps: Steps) -> Steps:
    before = steps
    for i, layer in enumerate(encoder.layers):
        if type(layer) is not ConvLayer:
            refuse(layer)
        steps = _add_conv_layer(graph, layer, steps)
        if i % 2 and encoder.shortcuts:
            added = _add_shortcut(graph, encoder.shortcuts[i // 2], before)
            x = graph.op("Relu", graph.op("Add", steps.x, added))
            before = steps = steps._replace(x=x)
    return steps


def _add_shortcut(graph: Graph, shortcut: Shortcut, steps: Steps) -> str:
    y = convolve(graph, shortcut.convolution, turned(graph, steps.x))
    return turned(graph, _normalised(graph, shortcut.norm, y))


def _add_conv_layer(graph: Graph, layer: ConvLayer, steps: Steps) -> Steps:
    mask = graph.mask(steps)
    x = turned(graph, graph.op("Where", mask, steps.x, np.float32(0)))
    features = x if layer.bottleneck is None else convolve(graph, layer.bottleneck, x)
    branches = []
    for convolution in layer.convolutions:
        missing = convolution.kernel_size[0] - 1
        padded, pads = features, [0, 0]
        if layer.padding == "same":
            pads = [missing // 2, missing - missing // 2]
        elif layer.padding == "causal":
            pads = [missing, 0]
        else:
            padded = _at_least(graph, features, missing + 1)
        branches.append(convolve(graph, convolution, padded, pads))
    if layer.pooled is not None:
        near = _neighbours(graph, layer, steps.x, mask)
        branches.append(convolve(graph, layer.pooled, near))
    y = graph.op("Concat", *branches, axis=1)
    y = graph.op("Relu", _normalised(graph, layer.norm, y))
    lengths = steps.lengths
    if layer.padding == "valid":
        reach = layer.convolutions[0].kernel_size[0] - 1
        lengths = graph.op("Sub", lengths, np.int64(reach))
        lengths = graph.op("Max", lengths, np.int64(1))
    lengths = _divided(graph, lengths, layer.stride)
    return add_pooled(graph, Steps(turned(graph, y), lengths), layer.pool_size)


def add_pooled(graph: Graph, steps: Steps, width: int) -> Steps:
    """Add maxima of so many neighbours each, none of which is negative."""
    if width == 1:
        return steps
    x = graph.op("Where", graph.mask(steps), steps.x, np.float32(0))
    y = graph.op(
        "MaxPool",
        turned(graph, x),
        kernel_shape=[width],
        strides=[width],
        ceil_mode=1,
    )
    return Steps(turned(graph, y), _divided(graph, steps.lengths, width))


def _normalised(graph: Graph, norm: MaskedBatchNorm | None, y: str) -> str:
    if norm is None:
        return y
    tensors = norm.weight, norm.bias, norm.running_mean, norm.running_var
    return graph.op("BatchNormalization", y, *tensors, epsilon=norm.eps)


def turned(graph: Graph, x: str) -> str:
    return graph.op("Transpose", x, perm=[0, 2, 1])


def convolve(
    graph: Graph, convolution: nn.Conv1d, x: str, pads: Sequence[int] = (0, 0)
) -> str:
    tensors = [convolution.weight]
    if convolution.bias is not None:
        tensors.append(convolution.bias)
    strides = list(convolution.stride)
    return graph.op("Conv", x, *tensors, pads=list(pads), strides=strides)


def _at_least(graph: Graph, x: str, n_steps: int) -> str:
    """Return (B, C, T) with zeros behind, if it is shorter than a kernel."""
    more = graph.op("Sub", np.array([n_steps]), graph.size(x, 2))
    more = graph.op("Max", more, np.array([0]))
    pads = graph.op("Concat", np.zeros(5, dtype=np.int64), more, axis=0)
    return graph.op("Pad", x, pads)


def _neighbours(graph: Graph, layer: ConvLayer, x: str, mask: str) -> str:
    """Return the maximum of three real steps around each, causal ones up to it."""
    x = turned(graph, graph.op("Where", mask, x, LEAST))
    before = 2 if layer.padding == "causal" else 1
    x = graph.op("MaxPool", x, kernel_shape=[3], strides=[1], pads=[before, 2 - before])
    return graph.op("Where", turned(graph, mask), x, np.float32(0))


def _divided(graph: Graph, lengths: str, by: int) -> str:
    """Return lengths divided and rounded up."""
    if by == 1:
        return lengths
    return graph.op("Div", graph.op("Add", lengths, np.int64(by - 1)), np.int64(by))
