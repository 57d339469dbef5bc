"""Estimators: their class by its name, their parameters, what they learned."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from skseq import (
    anomaly,
    cnn,
    cnn_lstm,
    forecasting,
    generation,
    preprocessing,
    rnn,
    seq2seq,
)
from skseq.core.estimator import NetworkEstimator
from skseq.core.transfer import TransfersEncoder
from skseq.parameters.checks import check_all
from skseq.persistence._forms import Form, Reader, Writer, expect
from skseq.persistence._networks import read_network, write_network
from skseq.persistence._sound import SOUND
from skseq.persistence._states import further, of_network, of_unfitted, required

__all__ = ["CLASSES", "ESTIMATOR_FORM"]

ROOMS = (anomaly, cnn, cnn_lstm, forecasting, generation, preprocessing, rnn, seq2seq)
CLASSES: dict[str, type[BaseEstimator]] = {
    name: public
    for room in ROOMS
    for name, public in vars(room).items()
    if name in room.__all__
    and not name.startswith("Base")  # the architectures, which have no task
    and isinstance(public, type)
    and issubclass(public, BaseEstimator)
}
MOST_THREADS = 1024


def _write_estimator(writer: Writer, value: BaseEstimator, place: str) -> dict:
    cls, params = type(value), value.get_params(deep=False)
    inside = f"{place}." if place else ""
    node: dict[str, Any] = {
        "class": cls.__name__,
        "params": {name: writer.write(v, inside + name) for name, v in params.items()},
    }
    made = vars(cls(**params))
    learned = {
        name: v
        for name, v in vars(value).items()
        if name not in made and name not in of_network(cls)
    }
    if not learned:
        return node
    for name in learned.keys() - required(cls).keys() - further(cls).keys():
        raise TypeError(
            f"{inside}{name} cannot be saved: it is no attribute that a file of "
            f"{cls.__name__} holds. Delete it, or pickle the estimator."
        )
    node["state"] = {n: writer.write(v, inside + n) for n, v in learned.items()}
    if hasattr(value, "net_"):
        node["network"] = write_network(writer, value, inside)
    return node


def _read_estimator(reader: Reader, part: Any) -> BaseEstimator:
    name, params = part["class"], expect(part["params"], dict)
    if name not in CLASSES:
        raise ValueError(f"there is no class {name!r:.80}")
    cls: Any = CLASSES[name]
    unknown = params.keys() - set(cls._get_param_names())
    if unknown:  # what an earlier version had not yet is as by default
        raise ValueError(f"{name} has no parameter {min(unknown)!r:.80}")
    value: Any = cls(**{key: reader.read(node) for key, node in params.items()})
    if hasattr(cls, "_parameter_constraints"):
        value._validate_params()
    if (getattr(value, "n_threads", None) or 1) > MOST_THREADS:
        raise ValueError(f"n_threads={value.n_threads} are more than {MOST_THREADS}")
    if "state" not in part:
        return value
    state = {
        key: reader.read(node) for key, node in expect(part["state"], dict).items()
    }
    if issubclass(cls, TransfersEncoder) and not state.keys() & required(cls).keys():
        check_all(name, state, *of_unfitted(cls))
        vars(value).update(state)
        return value
    check_all(name, state, required(cls), further(cls))
    vars(value).update(state)
    for base in cls.__mro__:
        if base in SOUND and not SOUND[base](value):
            raise ValueError(f"what a {name} has learned does not fit together")
    if isinstance(value, NetworkEstimator):
        read_network(reader, value, part["network"])
    if getattr(value, "state_", None) is not None:
        value._check_carried()  # an error if it does not fit the network
    return value


ESTIMATOR_FORM = Form(
    "estimator",
    lambda value: type(value) in CLASSES.values(),
    _write_estimator,
    _read_estimator,
)
