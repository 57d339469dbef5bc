"""Recurrent networks: simple RNN, GRU, LSTM and peephole LSTM."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from skseq._showing import shown
from skseq.core.parameters import DenseParameters
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.networks import CELLS, RecurrentEncoder, RecurrentLayer
from skseq.parameters import (
    POSITIVE_INTEGER,
    PROBABILITY,
    Declared,
    Options,
    layer_sizes,
    parameter,
)
from skseq.rnn._stateful import StatefulMixin

__all__ = [
    "BaseRNN",
    "BidirectionalRecurrence",
    "Recurrence",
    "make_recurrent_encoder",
]


class Recurrence(Declared, about="layers"):
    """The parameters of recurrent layers."""

    cell: str | type[RecurrentLayer] = parameter(
        default="lstm",
        constraint=[Options(*CELLS), callable],
        text="""Kind of the recurrent layers; a subclass of
        `skseq.networks.RecurrentLayer` brings a kind of your own.""",
    )
    hidden_size: int | tuple[int, ...] = parameter(
        default=64,
        constraint=[POSITIVE_INTEGER, tuple],
        text="""Number of units of every recurrent layer, or of each in turn.""",
    )
    num_layers: int = parameter(
        default=1,
        constraint=[POSITIVE_INTEGER],
        text="""Number of stacked recurrent layers; implied by a tuple
        `hidden_size`.""",
    )
    nonlinearity: str = parameter(
        default="tanh",
        constraint=[Options("tanh", "relu")],
        text="""Activation of ``cell="rnn"``; the other cells ignore it.""",
    )
    recurrent_dropout: float = parameter(
        default=0.0,
        constraint=[PROBABILITY],
        text="""Probability of dropping a unit's state on its way into the next step,
        with one mask per sequence for all its steps (Gal and Ghahramani, 2016).""",
    )


class BidirectionalRecurrence(Recurrence, about="layers"):
    """The parameters of recurrent layers that may read backwards, too."""

    bidirectional: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether every layer also reads the sequence backwards.""",
    )


class BaseRNN(
    StatefulMixin, BidirectionalRecurrence, DenseParameters, BaseSequenceEstimator
):
    """The recurrent architecture: its parameters and its encoder.

    {parameters}
    """

    hidden_size: int | tuple[int, ...] = 32
    optimizer: str | Callable = "adam"

    def _make_encoder(self, n_features):
        return make_recurrent_encoder(self, n_features)


def make_recurrent_encoder(estimator: Any, n_features: int) -> RecurrentEncoder:
    """Return the recurrent layers that an estimator's parameters describe.

    Parameters
    ----------
    estimator : estimator
        Has the parameters of BaseRNN that concern recurrent layers.
    n_features : int
        Number of features per time step.

    Returns
    -------
    encoder : RecurrentEncoder
    """
    layer = CELLS.get(estimator.cell, estimator.cell)
    if not (inspect.isclass(layer) and issubclass(layer, RecurrentLayer)):
        raise ValueError(
            f"cell must be one of {sorted(CELLS)} or a subclass of "
            f"skseq.networks.RecurrentLayer, got {shown(layer)}."
        )
    hidden_size, num_layers = estimator.hidden_size, int(estimator.num_layers)
    sizes = layer_sizes("hidden_size", hidden_size)
    if len(sizes) == 1:
        sizes *= num_layers
    if not sizes or num_layers not in (1, len(sizes)):
        raise ValueError(
            f"hidden_size={hidden_size} names {len(sizes)} layers, but "
            f"num_layers={num_layers}."
        )
    return RecurrentEncoder(
        n_features,
        layer,
        sizes,
        bidirectional=getattr(estimator, "bidirectional", False),
        dropout=estimator.dropout,
        nonlinearity=estimator.nonlinearity,
        recurrent_dropout=estimator.recurrent_dropout,
    )
