"""Parameters of convolutional layers."""

from __future__ import annotations

from numbers import Integral

from skseq.core.parameters import MOST_INT, PoolingParameters
from skseq.parameters import (
    POSITIVE_INTEGER,
    Declared,
    Interval,
    Options,
    amended,
    parameter,
)

__all__ = ["Convolution", "Downsampling"]


class Convolution(Declared, about="convolutions"):
    """The parameters of convolutional layers that keep every step."""

    n_filters: tuple[int, ...] = parameter(
        default=(64, 64, 64, 64),
        constraint=[tuple],
        text="""Number of filters of each convolutional layer, and so the number of
        layers.""",
    )
    kernel_size: int | tuple[int, ...] = parameter(
        default=40,
        constraint=[POSITIVE_INTEGER, tuple],
        text="""Width of the kernels, of every layer or of each in turn.""",
    )
    n_branches: int = parameter(
        default=3,
        constraint=[POSITIVE_INTEGER],
        text="""Number of convolutions side by side in every layer, each with half the
        width of the one before; 1 is a plain convolution. The filters are shared out
        among them and a maximum of three neighbours (Ismail Fawaz et al., 2020).""",
    )
    residual: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether what goes into two layers is added to what comes out of them (He
        et al., 2016), through a convolution of width 1. Layers that leave out steps
        have no such shortcut.""",
    )
    padding: str = parameter(
        default="same",
        constraint=[Options("same", "causal")],
        text="""Zeros on both sides, or on the left only, so that no convolution sees a
        later step.""",
    )
    batch_norm: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether to normalise the output of every convolution over the
        batch.""",
    )


class Downsampling(PoolingParameters, about="convolutions"):
    """The parameters of convolutional layers that may leave fewer steps, or one."""

    stride: int = parameter(
        default=1,
        constraint=[Interval(Integral, 1, MOST_INT, closed="both")],
        text="""Steps from one position of a kernel to the next.""",
    )
    pool_size: int = parameter(
        default=1,
        constraint=[Interval(Integral, 1, MOST_INT, closed="both")],
        text="""Width of the maximum pooling after every layer.""",
    )
    padding = amended(
        constraint=[Options("same", "valid", "causal")],
        text="""Zeros on both sides, none ("valid", with ``n_branches=1``), or on the
        left only, so that no convolution sees a later step. "valid" needs a sequence in
        `fit` that fills the kernels of all layers; shorter ones have zeros behind
        them.""",
    )
    pooling: str = parameter(
        default="mean",
        text="""How the steps of the last layer become one vector: the last step, the
        mean or the maximum over the steps, or a mean with learned weights.""",
    )
