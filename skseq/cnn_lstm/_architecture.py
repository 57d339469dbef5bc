"""Convolutions that extract, recurrent layers that remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from skseq.cnn import BaseCNN, make_conv_encoder
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.networks import ConvRecurrentEncoder, RecurrentLayer
from skseq.rnn import BaseRNN, make_recurrent_encoder

__all__ = ["BaseCNNLSTM"]


class BaseCNNLSTM(BaseSequenceEstimator):
    """Both architectures in series: their parameters and their encoder."""

    _parameter_constraints: ClassVar[dict] = {
        **BaseCNN._parameter_constraints,
        **BaseRNN._parameter_constraints,
        "skip": ["boolean"],
    }

    def __init__(
        self,
        *,
        n_filters: tuple[int, ...] = (64, 64),
        kernel_size: int | tuple[int, ...] = 40,
        n_branches: int = 3,
        stride: int = 1,
        padding: str = "same",
        pool_size: int = 2,
        batch_norm: bool = True,
        cell: str | type[RecurrentLayer] = "lstm",
        hidden_size: int | tuple[int, ...] = 64,
        num_layers: int = 1,
        bidirectional: bool = True,
        nonlinearity: str = "tanh",
        skip: bool = True,
        pooling: str = "mean",
        dense_size: int | tuple[int, ...] = (),
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        normalize: str | None = "both",
        n_channels: int = 1,
        embedding_dim: int | None = None,
        embedding_weights: Any = None,
        embedding_trainable: bool = True,
        optimizer: str | Callable = "adamw",
        lr: float = 3e-3,
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
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.n_branches = n_branches
        self.stride = stride
        self.padding = padding
        self.pool_size = pool_size
        self.batch_norm = batch_norm
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.nonlinearity = nonlinearity
        self.skip = skip
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
        convolution = make_conv_encoder(self, n_features)
        recurrence = make_recurrent_encoder(self, convolution.output_size)
        return ConvRecurrentEncoder(convolution, recurrence, skip=self.skip)
