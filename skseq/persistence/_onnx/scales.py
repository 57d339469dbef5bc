"""Scales of numbers as nodes of ONNX, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq.data.bounds import ERROR, FENCE, Bounds
from skseq.persistence._onnx.graph import Graph

__all__ = ["add_bounds", "add_scales"]

ROUNDING = 10 * float(np.finfo(np.float32).eps)  # as in skseq.data.scaling, of float32


def add_scales(graph: Graph, estimator: Any, x: str, is_there: str) -> str:
    """Add the scales of inputs.

    Parameters
    ----------
    graph : Graph
    estimator : BaseSequenceEstimator
        Knows the scales, or that each sequence has its own.
    x : str
        Numbers (B, T, F) of float64, anything where there are none.
    is_there : str
        Where there are numbers, (B, T, F) or (B, T, 1).

    Returns
    -------
    x : str
        Scaled numbers (B, T, n_views F) of float32, finite everywhere.
    """
    x = add_bounds(graph, estimator._scaler.bounds, x)
    x = graph.op("Where", is_there, x, np.float64(0))
    views = []
    if estimator._normalize in ("feature", "both"):
        mean, scale = estimator._scaler.scale()
        views.append(graph.op("Div", graph.op("Sub", x, mean[0]), scale[0]))
    if estimator._normalize in ("sequence", "both"):
        views.append(_scaled_by_itself(graph, x, is_there))
    x = graph.op("Concat", *(views or [x]), axis=2)
    return graph.cast(x, np.float32)


def add_bounds(graph: Graph, bounds: Bounds, x: str) -> str:
    """Return values without wild ones, as `Bounds.clip`.

    Parameters
    ----------
    graph : Graph
    bounds : Bounds
        Of each feature, the last axis; there may be none.
    x : str
        Numbers of float64.
    """
    if not bounds.exist:
        return x
    least, most = bounds.beyond(FENCE)
    lowest, highest = bounds.beyond(ERROR)
    is_low, is_high = graph.op("Less", x, lowest), graph.op("Greater", x, highest)
    x = graph.op("Min", graph.op("Max", x, least), most)
    x = graph.op("Where", is_low, bounds.low, x)
    return graph.op("Where", is_high, bounds.high, x)


def _scaled_by_itself(graph: Graph, x: str, is_there: str) -> str:
    """Return each feature of each sequence by its own mean and deviation."""
    axis = np.array([1])
    n = graph.op("ReduceSum", graph.cast(is_there, np.float64), axis)
    n = graph.op("Max", n, np.float64(1))
    mean = graph.op("Div", graph.op("ReduceSum", x, axis), n)
    centred = graph.op("Where", is_there, graph.op("Sub", x, mean), np.float64(0))
    squares = graph.op("ReduceSum", graph.op("Mul", centred, centred), axis)
    std = graph.op("Sqrt", graph.op("Div", squares, n))
    least = graph.op("Mul", graph.op("Abs", mean), np.float64(ROUNDING))
    is_constant = graph.op("LessOrEqual", std, least)
    std = graph.op("Where", is_constant, np.float64(1), std)
    return graph.op("Div", centred, std)
