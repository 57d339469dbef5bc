"""Convolutional networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skseq.core.estimator import MOST_INT
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.networks import ConvEncoder
from skseq.parameters import layer_sizes

__all__ = ["BaseCNN", "make_conv_encoder"]


class BaseCNN(BaseSequenceEstimator):
    """The convolutional architecture: its parameters and its encoder."""

    _parameter_constraints: ClassVar[dict] = {
        **BaseSequenceEstimator._parameter_constraints,
        "n_filters": [tuple],
        "kernel_size": [Interval(Integral, 1, None, closed="left"), tuple],
        "n_branches": [Interval(Integral, 1, None, closed="left")],
        "stride": [Interval(Integral, 1, MOST_INT, closed="both")],
        "padding": [StrOptions({"same", "valid", "causal"})],
        "pool_size": [Interval(Integral, 1, MOST_INT, closed="both")],
        "batch_norm": ["boolean"],
    }

    def __init__(
        self,
        *,
        n_filters: tuple[int, ...] = (64, 64, 64),
        kernel_size: int | tuple[int, ...] = 40,
        n_branches: int = 3,
        stride: int = 1,
        padding: str = "same",
        pool_size: int = 1,
        batch_norm: bool = True,
        pooling: str = "mean",
        dense_size: int | tuple[int, ...] = (),
        dropout: float = 0.0,
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
        self.pooling = pooling
        self.dense_size = dense_size
        self.dropout = dropout
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
        return make_conv_encoder(self, n_features)


def make_conv_encoder(estimator: Any, n_features: int) -> ConvEncoder:
    """Return the convolutions that an estimator's parameters describe.

    Parameters
    ----------
    estimator : estimator
        Has the parameters of BaseCNN that concern convolutions, and knows how many
        steps the longest sequence of `fit` has.
    n_features : int
        Number of features per time step.

    Returns
    -------
    encoder : ConvEncoder

    Raises
    ------
    ValueError
        If the parameters do not go together, or not with the sequences.
    """
    n_filters = layer_sizes("n_filters", estimator.n_filters)
    kernel_sizes = layer_sizes("kernel_size", estimator.kernel_size)
    if len(kernel_sizes) == 1:
        kernel_sizes *= len(n_filters)
    if not n_filters:
        raise ValueError("n_filters=() names no layer; at least one is required.")
    if len(kernel_sizes) != len(n_filters):
        raise ValueError(
            f"kernel_size={estimator.kernel_size} does not fit the layers that "
            f"n_filters={estimator.n_filters} names."
        )
    if estimator.n_branches > 1 and estimator.padding == "valid":
        raise ValueError(
            f"n_branches={estimator.n_branches} needs padding='same' or 'causal', as "
            "kernels of several widths leave several lengths with 'valid'."
        )
    if estimator.n_branches > 1 and min(n_filters) <= estimator.n_branches:
        raise ValueError(
            f"n_filters={estimator.n_filters} are too few to share out among "
            f"n_branches={estimator.n_branches}."
        )
    if estimator.padding == "valid":
        _check_reach(estimator, kernel_sizes)
    return ConvEncoder(
        n_features,
        n_filters,
        kernel_sizes,
        n_branches=int(estimator.n_branches),
        stride=int(estimator.stride),
        padding=estimator.padding,
        pool_size=int(estimator.pool_size),
        dropout=estimator.dropout,
        batch_norm=estimator.batch_norm,
    )


def _check_reach(estimator: Any, kernel_sizes: tuple[int, ...]) -> None:
    """Refuse kernels that no sequence of `fit` fills, if nothing is added to them."""
    needed = 1  # step behind the last layer
    for kernel_size in reversed(kernel_sizes):
        needed = (needed - 1) * int(estimator.pool_size) + 1
        needed = (needed - 1) * int(estimator.stride) + kernel_size
    longest = estimator._n_timesteps
    if longest < needed:
        raise ValueError(
            f"kernel_size={estimator.kernel_size} with padding='valid' needs sequences "
            f"of {needed} steps to fill the kernels of all layers; the longest one in "
            f"X has {longest} (n_features = {estimator._n_channels} per step)."
        )
