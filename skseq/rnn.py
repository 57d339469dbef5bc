"""Recurrent networks: simple RNN, GRU, LSTM and peephole LSTM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skseq.base import BaseSequenceEstimator, layer_sizes
from skseq.mixins import SequenceClassifierMixin, SequenceRegressorMixin
from skseq.networks import CELLS, RecurrentEncoder, RecurrentLayer

__all__ = ["BaseRNN", "RNNClassifier", "RNNRegressor"]


class BaseRNN(BaseSequenceEstimator):
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
        optimizer: str | Callable = "adam",
        lr: float = 5e-3,
        lr_schedule: str | None = None,
        max_epochs: int = 50,
        batch_size: int = 32,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        callbacks: Sequence | None = None,
        device: str = "auto",
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
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def _make_encoder(self, n_features):
        return RecurrentEncoder(
            n_features,
            CELLS.get(self.cell, self.cell),
            self._hidden_sizes(),
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            nonlinearity=self.nonlinearity,
            recurrent_dropout=self.recurrent_dropout,
        )

    def _hidden_sizes(self) -> tuple[int, ...]:
        sizes = layer_sizes("hidden_size", self.hidden_size)
        if len(sizes) == 1:
            return sizes * self.num_layers
        if self.num_layers not in (1, len(sizes)):
            raise ValueError(
                f"hidden_size={self.hidden_size} names {len(sizes)} layers, but "
                f"num_layers={self.num_layers}."
            )
        return sizes


class RNNRegressor(SequenceRegressorMixin, BaseRNN):
    """doc"""


class RNNClassifier(SequenceClassifierMixin, BaseRNN):
    """doc"""

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
        optimizer: str | Callable = "adam",
        lr: float = 5e-3,
        lr_schedule: str | None = None,
        max_epochs: int = 50,
        batch_size: int = 32,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        class_weight: dict | str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        callbacks: Sequence | None = None,
        device: str = "auto",
        n_threads: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        super().__init__(
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            nonlinearity=nonlinearity,
            pooling=pooling,
            dense_size=dense_size,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            normalize=normalize,
            n_channels=n_channels,
            optimizer=optimizer,
            lr=lr,
            lr_schedule=lr_schedule,
            max_epochs=max_epochs,
            batch_size=batch_size,
            l1=l1,
            l2=l2,
            clip_norm=clip_norm,
            clip_value=clip_value,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            warm_start=warm_start,
            callbacks=callbacks,
            device=device,
            n_threads=n_threads,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight

    _parameter_constraints: ClassVar[dict] = {
        **BaseRNN._parameter_constraints,
        **SequenceClassifierMixin._class_parameter_constraints,
    }
