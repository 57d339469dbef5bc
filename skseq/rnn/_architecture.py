"""Recurrent networks: simple RNN, GRU, LSTM and peephole LSTM."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skseq._showing import shown
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.networks import CELLS, RecurrentEncoder, RecurrentLayer
from skseq.parameters import layer_sizes
from skseq.rnn._stateful import StatefulMixin

__all__ = ["BaseRNN", "make_recurrent_encoder"]


class BaseRNN(StatefulMixin, BaseSequenceEstimator):
    """The recurrent architecture: its parameters and its encoder."""

    _parameter_constraints: ClassVar[dict] = {
        **BaseSequenceEstimator._parameter_constraints,
        "cell": [StrOptions(set(CELLS)), callable],
        "hidden_size": [Interval(Integral, 1, None, closed="left"), tuple],
        "num_layers": [Interval(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
        "nonlinearity": [StrOptions({"tanh", "relu"})],
        "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        cell: str | type[RecurrentLayer] = "lstm",
        hidden_size: int | tuple[int, ...] = 32,
        num_layers: int = 1,
        bidirectional: bool = False,
        nonlinearity: str = "tanh",
        pooling: str = "last",
        dense_size: int | tuple[int, ...] = (),
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        normalize: str | None = "feature",
        n_channels: int = 1,
        embedding_dim: int | None = None,
        embedding_weights: Any = None,
        embedding_trainable: bool = True,
        optimizer: str | Callable = "adam",
        lr: float = 5e-3,
        lr_schedule: str | None = "onecycle",
        max_epochs: int | str = "auto",
        batch_size: int = 32,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        callbacks: Sequence | None = None,
        device: str = "auto",
        mixed_precision: bool = False,
        n_threads: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.nonlinearity = nonlinearity
        self.pooling = pooling
        self.dense_size = dense_size
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.normalize = normalize
        self.n_channels = n_channels
        self.embedding_dim = embedding_dim
        self.embedding_weights = embedding_weights
        self.embedding_trainable = embedding_trainable
        self.optimizer = optimizer
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.device = device
        self.mixed_precision = mixed_precision
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

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
