"""Recurrent networks: simple RNN, GRU, GRU-D, LSTM and peephole LSTM."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from skseq._showing import shown
from skseq.core.ensemble import BaseSequenceEnsemble
from skseq.core.parameters import DenseParameters
from skseq.networks import CELLS, RecurrentEncoder, RecurrentLayer
from skseq.parameters import (
    layer_sizes,
)
from skseq.rnn._parameters import BidirectionalRecurrence
from skseq.rnn._stateful import StatefulMixin

__all__ = ["BaseRNN", "looks_ahead", "make_recurrent_encoder"]


class BaseRNN(
    StatefulMixin, BidirectionalRecurrence, DenseParameters, BaseSequenceEnsemble
):
    """The recurrent architecture: its parameters and its encoder.

    {parameters}
    """

    hidden_size: int | tuple[int, ...] = 32
    optimizer: str | Callable = "adam"

    def _make_encoder(self, n_features):
        return make_recurrent_encoder(
            self, n_features, self._n_elapsed, self._looks_ahead
        )

    @property
    def _looks_ahead(self):
        return looks_ahead(self)

    @property
    def _n_elapsed(self):
        if self._columns is None or not self._columns.has_holes:
            return 0
        layer: Any = CELLS.get(self.cell, self.cell)
        return len(self._columns.numeric) if layer.reads_elapsed else 0


def looks_ahead(estimator: Any) -> bool:
    """Return whether recurrent layers read both ways what may have holes."""
    columns = estimator._columns
    has_holes = columns is not None and columns.has_holes and len(columns.numeric) > 0
    return has_holes and bool(estimator.bidirectional)


def make_recurrent_encoder(
    estimator: Any, n_features: int, n_elapsed: int = 0, apart: bool = False
) -> RecurrentEncoder:
    """Return the recurrent layers that an estimator's parameters describe.

    Parameters
    ----------
    estimator : estimator
        Has the parameters of BaseRNN that concern recurrent layers.
    n_features : int
        Number of features per time step.
    n_elapsed : int, default=0
        How many of them, the last ones, are times since something was seen, for a layer
        whose state decays with them.
    apart : bool, default=False
        Whether the first layer is given so many features for each direction.

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
        n_elapsed=n_elapsed,
        apart=apart,
        dropout=estimator.dropout,
        nonlinearity=estimator.nonlinearity,
        recurrent_dropout=estimator.recurrent_dropout,
        initial_state=estimator.initial_state,
    )
