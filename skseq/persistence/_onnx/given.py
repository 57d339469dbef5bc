"""What a graph is given of sequences, and how it reads that."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.data.columns import InputColumns
from skseq.networks.inputs import FIRST, UNKNOWN
from skseq.persistence._onnx.graph import Graph, Steps
from skseq.persistence._onnx.scales import add_bounds, add_scales
from skseq.persistence._onnx.seen import add_seen, add_seen_backwards

__all__ = ["Given", "add_given", "described_columns"]


class Given(NamedTuple):
    """What networks are given, "" where there is no such thing."""

    steps: Steps  # numbers on their scales, the last ones seen
    is_there: str = ""  # (B, T, F) of float32
    elapsed: str = ""  # (B, T, F)
    later: str = ""  # numbers, the next ones
    until: str = ""  # (B, T, F), the time until then
    gaps: str = ""  # (B, T, 1)
    codes: str = ""  # (B, T, n_columns)
    static: str = ""  # (B, n_columns)
    static_codes: str = ""  # (B, n_columns)


def add_given(graph: Graph, estimator: BaseSequenceEstimator, lengths: bool) -> Given:
    """Declare the inputs of a graph, and add their scales.

    Parameters
    ----------
    graph : Graph
    estimator : BaseSequenceEstimator
        A fitted one.
    lengths : bool
        Whether sequences are to have lengths.
    """
    columns = estimator._columns
    rows: list[Any] = ["n_samples", "n_timesteps"]
    tokens = estimator._known_tokens is not None
    n_numbers = estimator._n_channels if columns is None else len(columns.numeric)
    x = codes = ""
    if n_numbers:
        dtype = np.int64 if tokens else np.float32
        x = graph.input("X", dtype, [*rows, n_numbers])
    n_steps = graph.input("lengths", np.int64, rows[:1]) if lengths else ""
    gaps = ""
    if columns is not None and columns.gap is not None:
        gaps = graph.input("gaps", np.float32, rows)
    if columns is not None and len(columns.categorical):
        codes = _add_codes(graph, "categories", rows, columns.categories)
    steps = Steps(x or codes, n_steps)
    if not lengths:
        whole = graph.size(steps.x, 1)
        steps = steps._replace(
            lengths=graph.op("Expand", whole, graph.size(steps.x, 0))
        )
    mask = graph.mask(steps)
    if tokens:
        x = graph.op("Where", mask, x, np.int64(0))
        return Given(steps._replace(x=x))
    given = Given(steps, codes=codes)
    if gaps:
        given = given._replace(gaps=_scaled_gaps(graph, columns.gap, gaps, mask))
    if n_numbers:
        given = _with_numbers(graph, estimator, given, mask)
    if columns is not None and columns.n_static:
        given = _with_static(graph, columns, given)
    return given


def described_columns(estimator: BaseSequenceEstimator) -> dict[str, str]:
    """Return what the columns of inputs are, as properties of a file."""
    columns = estimator._columns
    if columns is None:
        return {}
    found: dict[str, Any] = {}
    names: Any = getattr(estimator, "feature_names_in_", None)
    if names is not None and not estimator._fitted_on_table:  # which names steps
        found["features"] = [names[i] for i in columns.numeric]
        found["category_features"] = [names[i] for i in columns.categorical]
    names = columns.static_names
    if names:
        found["static_features"] = [names[i] for i in columns.static_numeric]
        of_static = [names[i] for i in columns.static_categorical]
        found["static_category_features"] = of_static
    found["categories"] = [known.tolist() for known in columns.categories]
    found["static_categories"] = [known.tolist() for known in columns.static_categories]
    return {name: json.dumps(said, default=str) for name, said in found.items() if said}


def _with_numbers(graph: Graph, estimator: Any, given: Given, mask: str) -> Given:
    """Add numbers on their scales and, if they may be missing, what is known then."""
    columns = estimator._columns
    x = graph.cast(given.steps.x, np.float64)
    if columns is None or not columns.has_holes:
        x = add_scales(graph, estimator, x, mask)
        return given._replace(steps=given.steps._replace(x=x))
    is_there = graph.op("And", mask, graph.op("Not", graph.op("IsNaN", x)))
    if columns.unseen:
        is_seen = ~np.isin(np.arange(len(columns.numeric)), columns.unseen)
        is_there = graph.op("And", is_there, is_seen)
    x = add_scales(graph, estimator, x, is_there)
    usual = estimator._usual
    n_views = 2 if estimator._normalize == "both" else 1
    if usual is None:
        usual = np.zeros(n_views * len(columns.numeric))
    measured = x, is_there, given.gaps, usual, n_views
    x, elapsed = add_seen(graph, *measured)
    if estimator._looks_ahead:
        later, until = add_seen_backwards(graph, *measured, given.steps.lengths)
        given = given._replace(later=later, until=until)
    return given._replace(
        steps=given.steps._replace(x=x),
        is_there=graph.cast(is_there, np.float32),
        elapsed=elapsed,
    )


def _with_static(graph: Graph, columns: InputColumns, given: Given) -> Given:
    """Add what is known of sequences as a whole."""
    n_numbers, n_codes = len(columns.static_numeric), len(columns.static_categorical)
    if n_numbers:
        x = graph.input("static", np.float32, ["n_samples", n_numbers])
        x = graph.cast(x, np.float64)
        is_missing = graph.op("IsNaN", x)
        if columns.static_unseen:
            is_unseen = np.isin(np.arange(n_numbers), columns.static_unseen)
            is_missing = graph.op("Or", is_missing, is_unseen)
        x = add_bounds(graph, columns.static_bounds, x)
        x = graph.op("Sub", x, np.array(columns.static_center))
        x = graph.op("Div", x, np.array(columns.static_scale))
        x = graph.cast(graph.op("Where", is_missing, np.float64(0), x), np.float32)
        if columns.has_holes:
            x = graph.op("Concat", x, graph.cast(is_missing, np.float32), axis=1)
        given = given._replace(static=x)
    if n_codes:
        codes = _add_codes(
            graph, "static_categories", ["n_samples"], columns.static_categories
        )
        given = given._replace(static_codes=codes)
    return given


def _add_codes(graph: Graph, name: str, rows: list, categories: tuple) -> str:
    """Declare codes of categories, of which any that there is none of is unknown."""
    codes = graph.input(name, np.int64, [*rows, len(categories)])
    ends = np.array([FIRST + len(known) for known in categories])
    known = graph.op(
        "And",
        graph.op("GreaterOrEqual", codes, np.int64(0)),
        graph.op("Less", codes, ends),
    )
    return graph.op("Where", known, codes, np.int64(UNKNOWN))


def _scaled_gaps(graph: Graph, usual: float, gaps: str, mask: str) -> str:
    """Return gaps (B, T, 1) in units of the usual one, zero before the first step."""
    gaps = graph.op("Unsqueeze", gaps, np.array([2]))
    n_steps = graph.op("Squeeze", graph.size(gaps, 1))
    places = graph.op("Range", np.int64(0), n_steps, np.int64(1))
    places = graph.op("Unsqueeze", places, np.array([0, 2]))
    counts = graph.op("And", mask, graph.op("Greater", places, np.int64(0)))
    gaps = graph.op("Div", graph.cast(gaps, np.float64), np.float64(usual))
    gaps = graph.op("Where", counts, gaps, np.float64(0))
    return graph.cast(graph.op("Max", gaps, np.float64(0)), np.float32)
