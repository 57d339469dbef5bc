"""Convolutional networks."""

from __future__ import annotations

from typing import Any

from skseq.cnn._parameters import Convolution
from skseq.core.ensemble import BaseSequenceEnsemble
from skseq.core.parameters import DenseParameters
from skseq.networks import ConvEncoder
from skseq.parameters import layer_sizes

__all__ = ["BaseCNN", "make_conv_encoder"]


class BaseCNN(Convolution, DenseParameters, BaseSequenceEnsemble):
    """The convolutional architecture: its parameters and its encoder.

    {parameters}
    """

    normalize: str | None = "both"
    lr: float = 2e-3

    def _make_encoder(self, n_features):
        return make_conv_encoder(self, n_features, int(getattr(self, "pool_size", 1)))


def make_conv_encoder(
    estimator: Any, n_features: int, pool_size: int = 1
) -> ConvEncoder:
    """Return the convolutions that an estimator's parameters describe.

    Parameters
    ----------
    estimator : estimator
        Has the parameters of BaseCNN that concern convolutions, and knows how many
        steps the longest sequence of `fit` has.
    n_features : int
        Number of features per time step.
    pool_size : int, default=1
        Width of the maximum pooling after every layer.

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
        _check_reach(estimator, kernel_sizes, pool_size)
    return ConvEncoder(
        n_features,
        n_filters,
        kernel_sizes,
        residual=bool(estimator.residual),
        n_branches=int(estimator.n_branches),
        stride=int(getattr(estimator, "stride", 1)),
        padding=estimator.padding,
        pool_size=pool_size,
        dropout=estimator.dropout,
        batch_norm=estimator.batch_norm,
    )


def _check_reach(estimator: Any, kernel_sizes: tuple[int, ...], pool_size: int) -> None:
    """Refuse kernels that no sequence of `fit` fills, if nothing is added to them."""
    needed = 1  # step behind the last layer
    for kernel_size in reversed(kernel_sizes):
        needed = (needed - 1) * pool_size + 1
        needed = (needed - 1) * int(estimator.stride) + kernel_size
    longest = estimator._n_timesteps
    if longest < needed:
        raise ValueError(
            f"kernel_size={estimator.kernel_size} with padding='valid' needs sequences "
            f"of {needed} steps to fill the kernels of all layers; the longest one in "
            f"X has {longest} (n_features = {estimator._n_channels} per step)."
        )
