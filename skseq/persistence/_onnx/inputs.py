"""What layers read of steps, and heads of sequences, as nodes of ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import nn

from skseq.networks import Inputs, TokenEmbedding
from skseq.networks.inputs import FIRST, MOST_ONE_HOT
from skseq.persistence._onnx.dense import refuse
from skseq.persistence._onnx.given import Given
from skseq.persistence._onnx.graph import Graph, Steps

__all__ = ["add_embedding", "add_plain", "with_static"]

ONE = np.float32(1)


def add_embedding(graph: Graph, embedding: nn.Module, given: Given) -> Steps:
    """Add what an encoder reads, as `Inputs.forward`."""
    steps = given.steps
    if isinstance(embedding, nn.Identity):
        return steps
    if type(embedding) is TokenEmbedding:
        tokens = graph.op("Squeeze", steps.x, np.array([2]))
        vectors = graph.op("Gather", embedding.table.weight, tokens)
        return steps._replace(x=vectors)
    if type(embedding) is not Inputs:
        refuse(embedding)
    beside = [_log1p(graph, given.gaps)] if given.gaps else []
    beside += _looked_up(graph, embedding.tables, given.codes, 2)
    found = [*([steps.x] if embedding.columns.n_values else []), *beside]
    if embedding.has_holes:
        found = _shown(graph, embedding, given, steps.x, given.elapsed, beside)
    if embedding.both_ways:
        found += _shown(graph, embedding, given, given.later, given.until, beside)
    return steps._replace(x=graph.op("Concat", *found, axis=2))


def _shown(
    graph: Graph,
    embedding: Inputs,
    given: Given,
    x: str,
    elapsed: str,
    beside: list[str],
) -> list[str]:
    """Return the columns that layers read in one direction."""
    if embedding.decay is None:
        return [x, given.is_there, *beside, _log1p(graph, elapsed)]
    x = _faded(graph, embedding, given.is_there, x, elapsed)
    return [x, given.is_there, *beside, elapsed]


def with_static(
    graph: Graph, embedding: Any, given: Given, x: str, per_step: bool
) -> str:
    """Add what is known of sequences to what heads read, (B, D) or (B, T, D)."""
    found = [given.static] if given.static else []
    if given.static_codes:
        found += _looked_up(graph, embedding.static_tables, given.static_codes, 1)
    if per_step:
        found = [_at_each_step(graph, part, x) for part in found]
    return graph.op("Concat", x, *found, axis=2 if per_step else 1) if found else x


def add_plain(graph: Graph, embedding: Any, given: Given) -> Steps:
    """Add what a linear model beside reads, as `Inputs.plain`."""
    steps = given.steps
    if not isinstance(embedding, Inputs):
        return steps
    columns = embedding.columns
    found = []
    if columns.n_values:
        found.append(graph.slice(steps.x, 2, 0, columns.n_values))  # the first view
    if embedding.has_holes:
        found.append(given.is_there)
    if given.gaps:
        found.append(_log1p(graph, given.gaps))
    found += _one_hot(graph, given.codes, columns.n_categories, 2)
    of_all = [given.static] if given.static else []
    of_all += _one_hot(graph, given.static_codes, columns.n_static_categories, 1)
    found += [_at_each_step(graph, part, steps.x) for part in of_all]
    return steps._replace(x=graph.op("Concat", *found, axis=2))


def _faded(graph: Graph, embedding: Inputs, is_there: str, x: str, elapsed: str) -> str:
    """Return values that fade to what is usual while they are not measured."""
    decay: Any = embedding.decay
    lost = graph.op("Mul", elapsed, decay.weight)
    lost = graph.op("Relu", graph.op("Add", lost, decay.bias))
    kept = graph.op("Exp", graph.op("Neg", lost))
    is_there = graph.cast(is_there, np.bool_)
    kept = graph.op("Where", is_there, ONE, kept)
    kept = graph.op("Concat", *[kept] * embedding.columns.n_views, axis=2)
    usual: Any = np.array(embedding.usual or 0, dtype=np.float32)
    beyond = graph.op("Sub", x, usual)
    return graph.op("Add", usual, graph.op("Mul", kept, beyond))


def _looked_up(
    graph: Graph, tables: Sequence[Any] | nn.ModuleList, codes: str, axis: int
) -> list[str]:
    """Return the vectors of codes (..., n_tables)."""
    return [
        graph.op("Gather", table.weight, _column(graph, codes, i, axis))
        for i, table in enumerate(tables)
    ]


def _one_hot(
    graph: Graph, codes: str, n_categories: Sequence[int], axis: int
) -> list[str]:
    """Return which category it is, of columns of few."""
    return [
        graph.op(
            "Gather",
            np.eye(FIRST + n, dtype=np.float32),
            _column(graph, codes, i, axis),
        )
        for i, n in enumerate(n_categories)
        if n <= MOST_ONE_HOT
    ]


def _column(graph: Graph, codes: str, i: int, axis: int) -> str:
    return graph.op("Gather", codes, np.int64(i), axis=axis)


def _at_each_step(graph: Graph, part: str, x: str) -> str:
    """Return (B, D) as (B, T, D) of x (B, T, ...)."""
    n_steps = graph.size(x, 1)
    shape = graph.op("Concat", np.array([1]), n_steps, np.array([1]), axis=0)
    return graph.op("Expand", graph.op("Unsqueeze", part, np.array([1])), shape)


def _log1p(graph: Graph, x: str) -> str:
    return graph.op("Log", graph.op("Add", x, ONE))
