"""The weights of networks, by their names, and networks made anew to hold them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from skseq.core.estimator import NetworkEstimator
from skseq.core.losses import ForecastCriterion
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.forecasting._fitting import SeriesLearner
from skseq.persistence._forms import Reader, Writer, expect
from skseq.resources import resolve_device
from skseq.training import SequenceNet

__all__ = ["read_network", "write_network"]

DTYPES = {np.dtype("float32"): torch.float32, np.dtype("float64"): torch.float64}
COUNTS = ("num_layers", "n_branches")  # parameters that count layers
SIZES = ("hidden_size", "n_filters", "kernel_size", "dense_size")  # one for each layer
PASSING = {"training", "p"}  # attributes of modules that no prediction depends on


def write_network(writer: Writer, estimator: NetworkEstimator, place: str) -> dict:
    """Return the weights of a fitted estimator and the history of its training.

    Parameters
    ----------
    writer : Writer
        Collects the arrays.
    estimator : estimator
        It has a `net_`.
    place : str
        What their names begin with.

    Returns
    -------
    node : dict

    Raises
    ------
    ValueError
        If parameters that shape the network were changed since it was trained.
    """
    weights = _weights(estimator.module_)
    try:
        _check_size(estimator, weights)
        with torch.device("meta"):
            described = _make(estimator, _dtype(weights))
        is_same = _is_same(described, estimator.module_)
    except (ValueError, RuntimeError):  # no such network can be laid out
        is_same = False
    if not is_same:
        raise ValueError(
            f"Parameters of {type(estimator).__name__} were changed since it was "
            "fitted, so that they do not describe its network. Set them back, or fit "
            "again, and then save it."
        )
    return {
        "weights": {
            name: writer.add(weight, f"{place}module_.{name}")
            for name, weight in weights.items()
        },
        "history": writer.write(list(estimator.net_.history), f"{place}history"),
    }


def read_network(reader: Reader, estimator: NetworkEstimator, node: Any) -> None:
    """Give an estimator its network back.

    It is laid out without memory, and gets that of its weights only if they are those
    that there are: a file decides about no more memory than it has bytes, and no first
    weights are drawn.

    Parameters
    ----------
    reader : Reader
        Holds the arrays.
    estimator : estimator
        All but its network is there.
    node : object
        What `write_network` returned.
    """
    names = expect(node["weights"], dict)
    weights = {name: reader.take(tensor) for name, tensor in names.items()}
    dtype = _dtype(weights)
    _check_size(estimator, weights)
    with torch.device("meta"):
        module = _make(estimator, dtype)
    _check_weights(module, weights)
    # In memory of torch's own, whose alignment its kernels expect.
    tensors = {name: torch.from_numpy(w).clone() for name, w in weights.items()}
    module.load_state_dict(tensors, assign=True)
    module.eval().to(resolve_device(estimator.device, or_cpu=True))
    history = expect(reader.read(node["history"]), list)
    estimator.net_ = SequenceNet.of_trained(module, _criterion(estimator), history)
    estimator._publish_history()


def _weights(module: nn.Module) -> dict[str, np.ndarray]:
    state = module.state_dict()
    return {name: tensor.cpu().numpy() for name, tensor in state.items()}


def _dtype(weights: dict[str, np.ndarray]) -> np.dtype:
    """Return the precision of a network."""
    return next(
        (w.dtype for w in weights.values() if w.dtype in DTYPES), np.dtype("f4")
    )


def _make(estimator: NetworkEstimator, dtype: np.dtype) -> nn.Module:
    """Return the network that parameters and fitted attributes describe."""
    if isinstance(estimator, BaseSequenceEstimator):
        return estimator._make_network(0, dtype, None)
    if isinstance(estimator, SeriesLearner):
        return estimator._make_network(0).to(DTYPES[dtype])
    return estimator._make_network(0, np.empty(0, dtype=np.intp)).to(DTYPES[dtype])


def _criterion(estimator: NetworkEstimator) -> Any:
    if isinstance(estimator, BaseSequenceEstimator):
        return estimator._task.criterion
    if isinstance(estimator, SeriesLearner):
        return partial(ForecastCriterion, loss=estimator._loss)
    return nn.CrossEntropyLoss


def _check_size(estimator: NetworkEstimator, weights: dict[str, np.ndarray]) -> None:
    """Refuse to lay out more layers than there are weights, or networks in them."""
    for name in (*COUNTS, *SIZES):
        depth = getattr(estimator, name, 1)
        if name in SIZES:
            depth = np.size(depth)
        if depth > len(weights):
            raise ValueError(
                f"{name} asks for {depth} layers; there are {len(weights)} weights"
            )
    n_networks = getattr(estimator, "n_networks", 1)
    of_all = [w for name, w in weights.items() if not name.startswith("beside.")]
    most = min((len(weight) for weight in of_all if weight.ndim), default=1)
    if n_networks > max(1, most):
        raise ValueError(f"n_networks={n_networks}; the weights are of {most} at most")


def _check_weights(module: nn.Module, weights: dict[str, np.ndarray]) -> None:
    """Refuse weights of other names, shapes or types than those of a network."""
    expected = module.state_dict()
    for names, others, what in (
        (expected.keys(), weights.keys(), "missing"),
        (weights.keys(), expected.keys(), "not part of the network"),
    ):
        if names - others:
            raise ValueError(f"the weight {min(names - others)!r:.80} is {what}")
    for name, tensor in expected.items():
        weight = weights[name]
        if weight.shape != tuple(tensor.shape):
            raise ValueError(
                f"the weight {name} has the shape {weight.shape}, but the parameters "
                f"describe one of {tuple(tensor.shape)}"
            )
        if torch.from_numpy(weight).dtype != tensor.dtype:
            raise ValueError(f"the weight {name} is of {weight.dtype}")


def _is_same(described: nn.Module, trained: nn.Module) -> bool:
    """Whether two networks are alike in all but the values of their weights."""
    shapes = [
        {k: v.shape for k, v in m.state_dict().items()} for m in (described, trained)
    ]
    parts = zip(described.modules(), trained.modules(), strict=False)
    return shapes[0] == shapes[1] and all(
        type(one) is type(other) and _settings(one) == _settings(other)
        for one, other in parts
    )


def _settings(module: nn.Module) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and name not in PASSING
    }
