"""The network of a forecaster as nodes of ONNX, between windows in their units."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq.forecasting._base import BaseForecaster
from skseq.networks import N_NEAR, ForecastNetwork, NaiveShrinkage
from skseq.networks.near_rows import NearRows
from skseq.networks.normalization import (
    LEAST_LEVEL,
    LEAST_VARIANCE,
    last_value,
    mean_and_deviation,
    mean_level,
)
from skseq.persistence._onnx.convolutions import convolve, turned
from skseq.persistence._onnx.dense import add_dense
from skseq.persistence._onnx.encoders import add_encoder
from skseq.persistence._onnx.graph import Graph, Steps
from skseq.persistence._onnx.points import add_middle
from skseq.persistence._onnx.target_maps import add_maps, add_maps_back

__all__ = ["add_forecaster", "columns_of_inputs"]


def add_forecaster(graph: Graph, forecaster: BaseForecaster) -> None:
    """Add inputs, network and output of a forecaster.

    Parameters
    ----------
    graph : Graph
        What to add them to.
    forecaster : forecaster
        It is fitted.

    Raises
    ------
    TypeError
        If it writes step by step, knows several series or missing values, or maps
        targets by a transformer.
    """
    network, names = forecaster.module_, forecaster._context.names
    name = type(forecaster).__name__
    if network.decoder is not None:
        raise TypeError(f"{name} cannot be exported: it writes step by step.")
    if network.masked:
        raise TypeError(f"{name} cannot be exported with missing='mask'.")
    if len(names) > 1:
        raise TypeError(
            f"{name} cannot be exported: each of its {len(names)} series has a scale "
            "of its own."
        )
    shown = forecaster._indicators
    sizes = n_targets, n_past, n_future, n_static = shown.seen
    mean, scale = (
        np.where(shown.is_one, own, part[shown.source])
        for own, part in zip(
            (shown.mean, shown.scale), forecaster._scaler.scales[names[0]], strict=True
        )
    )
    length, horizon = forecaster._window_length, forecaster._horizon
    n_before = n_targets + n_past
    parts = {
        "past": ([length, sum(sizes[:3])], slice(0, sum(sizes[:3]))),
        "future": ([horizon, n_future], slice(n_before, n_before + n_future)),
        "static": ([n_static], slice(n_before + n_future, None)),
    }
    found, maps = {}, forecaster._scaler.maps.get(names[0])
    for part, (shape, columns) in parts.items():
        if shape[-1]:
            x = graph.input(part, np.float32, ["n_windows", *shape])
            x = graph.cast(x, np.float64)
            if part == "past" and maps:
                x = add_maps(graph, maps, x)
            x = graph.op("Sub", x, mean[columns])
            found[part] = graph.op("Div", x, scale[columns])
    targets = graph.slice(found["past"], 2, 0, n_targets)
    center, width = _window_scale(graph, network, targets)
    targets = graph.op("Div", graph.op("Sub", targets, center), width)
    covariates = graph.slice(found["past"], 2, n_targets)
    found["past"] = graph.op("Concat", targets, covariates, axis=2)
    found["targets"] = targets
    found = {part: graph.cast(x, np.float32) for part, x in found.items()}
    windows = found["targets"]
    shapes = {part: shape for part, (shape, _) in parts.items()}
    if network.near is not None:
        reach = min(network.near.reach, length)
        before = graph.slice(graph.slice(found["past"], 2, n_before), 1, -reach)
        block = graph.op("Concat", before, found["future"], axis=1)
        near = _near_rows(graph, network.near, block, reach)
        found["future"] = graph.op("Concat", found["future"], near, axis=2)
        shapes["future"] = [horizon, n_future + N_NEAR]
    if network.shared:
        found = _shared(graph, found, n_targets, shapes)
    outputs = _outputs(graph, network, found)
    if network.shared:
        shape = np.array([-1, n_targets, horizon, network.n_locations])
        outputs = graph.op("Reshape", outputs, shape)
        outputs = graph.op("Transpose", outputs, perm=[0, 2, 1, 3])
    forecast = add_middle(graph, forecaster._loss, outputs)
    if network.positive:
        forecast = graph.op("Exp", forecast)
    if network.shrinkage is not None:
        forecast = _shrunk(
            graph, network.shrinkage, forecast, windows, network.positive
        )
    forecast = graph.cast(forecast, np.float64)
    forecast = graph.op("Add", graph.op("Mul", forecast, width), center)
    forecast = graph.op("Mul", forecast, scale[:n_targets])
    forecast = graph.op("Add", forecast, mean[:n_targets])
    if maps:
        forecast = add_maps_back(graph, maps, forecast)
    shape = ["n_windows", horizon, n_targets]
    graph.output("forecast", forecast, np.float64, shape)


def columns_of_inputs(forecaster: BaseForecaster) -> dict[str, list]:
    """Return what the columns of each input stand for.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted.

    Returns
    -------
    columns : dict of str to list
        The name or position of a column of numbers, of which those of y are "y"; of an
        indicator also its category, None if that is missing.
    """
    roles, categories = forecaster._roles, forecaster._categories
    shown = forecaster._indicators
    targets = roles.targets.tolist() or [-1] * shown.columns.n_targets
    positions = [*targets, *np.concatenate(roles[1:]).tolist()]
    names = getattr(forecaster, "feature_names_in_", range(forecaster.n_features_in_))
    columns: list[Any] = []
    for source, code in zip(shown.source.tolist(), shown.code.tolist(), strict=True):
        position = positions[source]
        name = "y" if position < 0 else names[position]
        if not np.isnan(code):
            category = categories.category(position, code)
            is_scalar = isinstance(category, np.generic)
            name = [name, category.item() if is_scalar else category]
        columns.append(name)
    n_past, n_before = sum(shown.seen[:3]), sum(shown.seen[:2])
    return {
        "past": columns[:n_past],
        "future": columns[n_before:n_past],
        "static": columns[n_past:],
    }


def _window_scale(graph: Graph, network: ForecastNetwork, targets: str) -> tuple:
    """Return center and width of each window, (B, 1, C) or numbers."""
    if network.window_scale is last_value:
        return graph.slice(targets, 1, -1), np.float64(1)
    if network.window_scale is mean_level:
        mean = graph.op("ReduceMean", targets, axes=[1])
        mean = graph.op("Max", mean, np.float64(0))
        return np.float64(0), graph.op("Add", mean, np.float64(LEAST_LEVEL))
    if network.window_scale is not mean_and_deviation:
        return np.float64(0), np.float64(1)
    mean = graph.op("ReduceMean", targets, axes=[1])
    centred = graph.op("Sub", targets, mean)
    squares = graph.op("ReduceMean", graph.op("Mul", centred, centred), axes=[1])
    return mean, graph.op("Sqrt", graph.op("Add", squares, np.float64(LEAST_VARIANCE)))


def _shrunk(
    graph: Graph, shrinkage: NaiveShrinkage, forecast: str, x: str, positive: bool
) -> str:
    """Draw forecasts (B, H, C) towards rows of windows (B, L, C)."""
    weight, row = shrinkage.weight.cpu().numpy(), shrinkage.row.cpu().numpy()
    n_targets = row.shape[1]
    chosen = (row * n_targets + np.arange(n_targets)).ravel()
    x = graph.op("Reshape", x, np.array([0, -1]))
    naive = graph.op("Gather", x, chosen, axis=1)
    naive = graph.op("Reshape", naive, np.array([0, *row.shape]))
    if positive:
        naive = graph.op("Relu", naive)
    forecast = graph.op("Mul", forecast, weight)
    return graph.op("Add", forecast, graph.op("Mul", naive, 1 - weight))


def _near_rows(graph: Graph, near: NearRows, block: str, n_before: int) -> str:
    """Return features (B, H, D) of the rows around those behind the first ones."""
    flag = np.array([0, 0, 0, 0, 0, 1])  # says that a row is known
    block = graph.op("Pad", block, flag, np.float32(1))
    pads = [near.reach - n_before, near.reach]
    found = convolve(graph, near.convolution, turned(graph, block), pads)
    return turned(graph, found)


def _shared(
    graph: Graph, found: dict[str, str], n_targets: int, shapes: dict[str, list[int]]
) -> dict[str, str]:
    """Return windows (B C, L, ·) of one target each, beside the same covariates."""
    length = shapes["past"][0]
    targets = graph.op("Transpose", found["targets"], perm=[0, 2, 1])
    targets = graph.op("Reshape", targets, np.array([-1, length, 1]))
    shared = {
        part: _repeated(graph, x, n_targets, 0, [-1, *shapes[part]])
        for part, x in found.items()
        if part not in ("targets", "past")
    }
    shared["targets"] = shared["past"] = targets
    n_covariates = shapes["past"][1] - n_targets
    if n_covariates:
        x = graph.slice(found["past"], 2, n_targets)
        x = _repeated(graph, x, n_targets, 0, [-1, length, n_covariates])
        shared["past"] = graph.op("Concat", targets, x, axis=2)
    return shared


def _repeated(graph: Graph, x: str, n: int, axis: int, shape: list[int]) -> str:
    """Repeat every entry of an axis n times, and give the result a shape."""
    x = graph.op("Unsqueeze", x, np.array([axis + 1]))
    repeats = np.ones(len(shape) + 1, dtype=np.int64)
    repeats[axis + 1] = n
    return graph.op("Reshape", graph.op("Expand", x, repeats), np.array(shape))


def _outputs(graph: Graph, network: ForecastNetwork, found: dict[str, str]) -> str:
    """Return locations (B, H, C, n_locations) in units of the windows."""
    horizon, n_segments = network.horizon, network.n_segments
    x = graph.op("Mul", found["past"], network.gate.is_open.cpu().numpy())
    memory = add_encoder(graph, network.encoder, Steps(x, "")).x
    memory = graph.slice(memory, 1, -n_segments)  # (B, N, D)
    if "static" in found:
        static = graph.op("Unsqueeze", found["static"], np.array([1]))
        static = graph.op("Expand", static, np.array([1, n_segments, 1]))
        memory = graph.op("Concat", memory, static, axis=2)
    n_steps = n_segments * network.segment_length
    outputs = add_dense(graph, network.head, memory)
    outputs = graph.op("Reshape", outputs, np.array([0, n_steps, -1]))
    outputs = graph.slice(outputs, 1, 0, horizon)
    if network.ahead is not None:
        size = network.head.in_features
        each = _repeated(graph, memory, network.segment_length, 1, [0, n_steps, size])
        each = graph.slice(each, 1, 0, horizon)
        known = graph.op("Concat", each, found["future"], axis=2)
        outputs = graph.op("Add", outputs, add_dense(graph, network.ahead, known))
    shape = np.array([0, horizon, -1, network.n_outputs])
    outputs = graph.op("Reshape", outputs, shape)
    outputs = graph.slice(outputs, 3, 0, network.n_locations)
    if network.skip is not None:
        line = graph.op("Transpose", found["targets"], perm=[0, 2, 1])
        line = add_dense(graph, network.skip, line)
        line = graph.op("Transpose", line, perm=[0, 2, 1])
        line = graph.op("Unsqueeze", line, np.array([3]))
        outputs = graph.op("Add", outputs, line)
    return outputs
