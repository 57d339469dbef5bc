"""What is predicted by the outputs of a loss, as nodes of ONNX."""

from __future__ import annotations

import numpy as np

from skseq.core.losses import NumberLoss
from skseq.persistence._onnx.graph import Graph

__all__ = ["add_middle", "add_point"]


def add_point(graph: Graph, loss: NumberLoss, x: str, shape: list[int]) -> str:
    """Return predictions in the units of the network.

    Parameters
    ----------
    graph : Graph
    loss : NumberLoss
        What trained the network.
    x : str
        Its outputs (..., C * n_outputs), rates as themselves.
    shape : list of int
        That of the predictions, (..., C).
    """
    if loss.n_outputs == 1:
        return x
    x = graph.op("Reshape", x, np.array([*shape, loss.n_outputs]))
    return add_middle(graph, loss, graph.slice(x, len(shape), 0, loss.n_locations))


def add_middle(graph: Graph, loss: NumberLoss, x: str) -> str:
    """Return the prediction (B, ...) that locations (B, ..., n_locations) stand for."""
    shares, axis = loss.shares, -1
    if len(shares) > 1:
        n = np.array([len(shares)])
        x, _ = graph.ops("TopK", 2, x, n, axis=axis, largest=0)
        x = graph.op("MatMul", x, np.array(shares, np.float32)[:, None])
    return graph.op("Squeeze", x, np.array([axis]))
