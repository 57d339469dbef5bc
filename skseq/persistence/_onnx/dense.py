"""Layers that see one step at a time as nodes of ONNX."""

from __future__ import annotations

from torch import nn

from skseq.networks import Dropout
from skseq.networks.standardization import Standardization
from skseq.persistence._onnx.graph import Graph

__all__ = ["add_dense", "refuse"]


def refuse(module: nn.Module) -> None:
    raise TypeError(
        f"{type(module).__name__} cannot be exported: ONNX has no word for layers of "
        "your own."
    )


def add_dense(graph: Graph, layers: nn.Module, x: str) -> str:
    """Add fully connected layers over the last axis."""
    for layer in layers if isinstance(layers, nn.Sequential) else [layers]:
        if isinstance(layer, nn.Linear):
            x = graph.op("MatMul", x, layer.weight.t())
            if layer.bias is not None:
                x = graph.op("Add", x, layer.bias)
        elif isinstance(layer, nn.ReLU):
            x = graph.op("Relu", x)
        elif isinstance(layer, Standardization):
            x = graph.op("Div", graph.op("Sub", x, layer.mean), layer.scale)
        elif not isinstance(layer, Dropout):
            refuse(layer)
    return x
