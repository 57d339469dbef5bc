"""Maps of targets as nodes of ONNX."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skseq.forecasting._target_maps import BoxCoxMap, LogMap, TargetMap
from skseq.persistence._onnx.graph import Graph

__all__ = ["add_maps", "add_maps_back"]


def add_maps(graph: Graph, maps: Sequence[TargetMap], x: str) -> str:
    """Map the first columns of rows (B, T, F) of float64.

    Parameters
    ----------
    graph : Graph
        What to add nodes to.
    maps : sequence of TargetMap
        Those of the first columns.
    x : str
        The rows.

    Raises
    ------
    TypeError
        If one is by a transformer.
    """
    columns = [
        _forward(graph, found, graph.slice(x, 2, i, i + 1))
        for i, found in enumerate(maps)
    ]
    return graph.op("Concat", *columns, graph.slice(x, 2, len(maps)), axis=2)


def add_maps_back(graph: Graph, maps: Sequence[TargetMap], x: str) -> str:
    """Map columns (B, T, C) of float64 back.

    Parameters
    ----------
    graph : Graph
        What to add nodes to.
    maps : sequence of C TargetMap
        Those of the columns.
    x : str
        The columns.
    """
    columns = [
        _back(graph, found, graph.slice(x, 2, i, i + 1)) for i, found in enumerate(maps)
    ]
    return graph.op("Concat", *columns, axis=2)


def _forward(graph: Graph, found: TargetMap, y: str) -> str:
    if isinstance(found, LogMap):
        return graph.op("Log", graph.op("Add", y, np.float64(1)))
    if not isinstance(found, BoxCoxMap):
        raise TypeError(
            "A forecaster whose transformer is one of scikit-learn cannot be exported; "
            "with 'log1p' and 'box-cox' it can."
        )
    share = graph.op("Div", y, np.float64(found.unit))
    if found.power == 0:
        return graph.op("Log", share)
    powers = graph.op("Pow", share, np.float64(found.power))
    less = graph.op("Sub", powers, np.float64(1))
    return graph.op("Div", less, np.float64(found.power))


def _back(graph: Graph, found: TargetMap, z: str) -> str:
    if isinstance(found, LogMap):
        return graph.op("Sub", graph.op("Exp", z), np.float64(1))
    assert isinstance(found, BoxCoxMap)
    unit = np.float64(found.unit)
    if found.power == 0:
        return graph.op("Mul", graph.op("Exp", z), unit)
    powers = graph.op("Add", graph.op("Mul", z, np.float64(found.power)), np.float64(1))
    powers = graph.op("Max", powers, np.float64(0))
    return graph.op("Mul", graph.op("Pow", powers, np.float64(1 / found.power)), unit)
