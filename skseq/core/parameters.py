"""Parameters that estimators share, in groups by what they concern."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from skseq._sklearn import BaseEstimator
from skseq.core.losses import LOSSES
from skseq.networks import POOLINGS
from skseq.parameters import (
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_INTEGER,
    Declared,
    Interval,
    Options,
    amended,
    parameter,
)
from skseq.training import OPTIMIZERS

__all__ = [
    "MOST_INT",
    "WILD_VALUES",
    "CategoryParameters",
    "DenseParameters",
    "HoldoutParameters",
    "InputParameters",
    "LinearParameters",
    "NumberLossParameters",
    "PoolingParameters",
    "ProgressParameters",
    "RunParameters",
    "TrainingParameters",
    "TransferParameters",
]

MOST_INT = 2**31 - 1  # of what torch reads as a C integer
MOST_THREADS = 1024  # more would be no processor's
MOST_FLOAT = float(np.finfo(np.float32).max)
WILD_VALUES = """"feature" and "both" clip before, in `fit` as in predictions, what
        lies further outside of the middle 96 % of the training steps than four times
        their range, and take a hundred times for an error: the nearer end counts."""
HUBER = """Huber's loss, half the square up to one standard deviation and absolute
        beyond"""
OWN_LOSS = """A loss of your own, such as
        `torch.nn.SmoothL1Loss`, is given outputs and standardised targets and returns
        a loss for each; `torch.nn.HuberLoss(delta=0.5)` is another bend."""
_OPTIMIZERS = ", ".join(f'"{name}"' for name in OPTIMIZERS)


class TrainingParameters(Declared, about="training"):
    """How a network is trained: what `skseq.training.train` takes by these names."""

    optimizer: str | Callable = parameter(
        default="adamw",
        constraint=[Options(*OPTIMIZERS), callable],
        text=f"""{_OPTIMIZERS}, a class of `torch.optim` or a partial of one.""",
        type="str or callable",
    )
    lr: float = parameter(
        default=0.005,
        constraint=[POSITIVE],
        text="""Learning rate, the highest one of a schedule.""",
    )
    lr_schedule: str | None = parameter(
        default="onecycle",
        constraint=[Options("plateau", "cosine", "onecycle"), None],
        text="""Halve the rate when `patience` // 2 epochs brought no lower loss, let it
        fall to zero along a cosine, or rise and fall once (Smith, 2018). The last two
        are left out of trainings of fewer than ten steps.""",
    )
    max_epochs: int | str = parameter(
        default="auto",
        constraint=[POSITIVE_INTEGER, Options("auto")],
        text="""Number of passes over the data. "auto" makes 1000 steps of the
        optimiser, in 10 to 400 passes, or fewer where held-out samples say that no more
        is learned: networks that train without a fifth of the samples each (whole
        groups, the last of overlapping windows) are asked for it, and for how far
        outputs may be trusted (`duration_`). With fewer than 20 samples, with
        `early_stopping` or `warm_start`, and for ``device="accelerate"`` nothing is
        held out for that.""",
    )
    batch_size: int = parameter(
        default=32,
        constraint=[Interval(Integral, 1, MOST_INT, closed="both")],
        text="""Samples per step of the optimiser.""",
    )
    l1: float = parameter(
        default=0.0,
        constraint=[NOT_NEGATIVE],
        text="""Factor of the sum of absolute weights (not biases) in the loss.""",
    )
    l2: float = parameter(
        default=0.0,
        constraint=[NOT_NEGATIVE],
        text="""Factor of the sum of squared weights (not biases) in the loss.""",
    )
    clip_norm: float | None = parameter(
        default=1.0,
        constraint=[POSITIVE, None],
        text="""Largest norm of the gradient as a whole.""",
    )
    clip_value: float | None = parameter(
        default=None,
        constraint=[Interval(Real, 0, MOST_FLOAT, closed="right"), None],
        text="""Largest absolute value of each entry of the gradient.""",
    )
    mixed_precision: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether training runs the network in bfloat16 where that is safe
        (`torch.autocast`), which GPUs of recent years do faster. Weights, loss and
        predictions stay in float32, as do recurrent layers on a CPU; small fits in
        float64 are left alone.""",
    )


class HoldoutParameters(Declared, about="training"):
    """What decides when a training stops."""

    early_stopping: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether to hold out a part of the samples, stop when its loss has not
        fallen for `patience` epochs, and return to the best weights.""",
    )
    validation_fraction: float = parameter(
        default=0.1,
        constraint=[Interval(Real, 0, 1, closed="neither")],
        text="""Fraction to hold out.""",
    )


class ProgressParameters(Declared, about="training"):
    """How a training is watched: these, too, are what `train` takes."""

    patience: int = parameter(
        default=10,
        constraint=[POSITIVE_INTEGER],
        text="""Epochs to wait for a lower loss.""",
    )
    callbacks: Sequence | None = parameter(
        default=None,
        constraint=[list, tuple, None],
        text="""Called during training as by skorch.""",
        type="list of skorch callbacks or None",
    )
    verbose: int = parameter(
        default=0,
        constraint=["verbose"],
        text="""0 is silent, 1 shows a progress bar, 2 a table of the epochs.""",
    )


class RunParameters(Declared, about="training"):
    """Where an estimator runs and how long, and its random numbers."""

    max_seconds: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        text="""Longest time that `fit` may take until training ends, at the end of a
        batch, with the best weights so far: those of the least held-out loss, or the
        last ones if nothing is held out. What tells how long to train has its share of
        the time. `stop_reason_` tells whether it was short.""",
    )
    device: str = parameter(
        default="auto",
        constraint=[str],
        text="""Where networks run: "cpu", "cuda", or "auto", CUDA where there is one;
        "accelerate" shares batches among the processes of ``accelerate launch``.""",
    )
    n_threads: int | None = parameter(
        default=None,
        constraint=[Interval(Integral, 1, MOST_THREADS, closed="both"), None],
        text="""CPU threads of torch in training and prediction; None takes one for
        small networks, which several make slower, and else the present setting, which
        is restored afterwards.""",
    )
    random_state: Any = parameter(
        default=None,
        constraint=["random_state"],
        text="Decides initial weights, shuffling, dropout and the held-out part.",
        more="""The global generators of NumPy and torch are neither used nor
        changed.""",
        type="int, RandomState or None",
    )


class TransferParameters(Declared, about="training"):
    """What a training starts from, and what of that it leaves alone."""

    init_from: Any = parameter(
        default=None,
        constraint=[BaseEstimator, str, os.PathLike, None],
        text="""An estimator of sequences that is fitted, or that `pretrain` has taught,
        or the path of a saved one: training starts from its encoder, with the vectors
        of tokens and categories, and reads X on its scales. The task, and what stands
        behind the encoder, may be others; the parameters of the encoder and
        `normalize` are the same. Clones start from the very same.""",
        type="estimator, str, path-like or None",
    )
    freeze: str | None = parameter(
        default=None,
        constraint=[Options("encoder"), None],
        text="""Whether training leaves alone the encoder that it starts from, with the
        vectors and the statistics of its batch normalisation, and learns what stands
        behind it only. Nothing is dropped or hidden within it then. What the dense
        layers are shown of it is standardised by the first fit, and the last of them
        starts with weights of zero.""",
    )


class CategoryParameters(Declared, about="input"):
    """Which columns hold categories."""

    categorical_features: Any = parameter(
        default="from_dtype",
        constraint=[Options("from_dtype"), "array-like", None],
        text="""Which columns of X hold categories, which become vectors that training
        learns: those of strings, booleans and categoricals in a DataFrame
        ("from_dtype"), or these names or positions, or those of a mask. With None all
        columns are numbers, and so are texts like "1.5" that are not named.""",
        type="str, array-like or None",
    )


class InputParameters(CategoryParameters, about="input"):
    """How sequences are read, and what a network sees of them."""

    normalize: str | None = parameter(
        default="feature",
        constraint=[Options("feature", "sequence", "both"), None],
        text=f"""Standardise every feature by its mean and standard deviation in the
        training data, or every feature of each sequence by its own, or show the network
        both side by side, so that neither level nor shape is lost. {WILD_VALUES}""",
    )
    n_channels: int = parameter(
        default=1,
        constraint=[POSITIVE_INTEGER],
        text="""Number of features per time step in the rows of a table (2-D X), time
        first: ``X.reshape(n_samples, -1, n_channels)``. Other layouts ignore it. With
        1, a table that holds several features is read as long univariate sequences.""",
    )
    missing: str = parameter(
        default="error",
        constraint=[Options("error", "mask")],
        text="""Whether NaN in X is an error, or a value that was not measured: of such
        a step the network sees the last value that was (before that the mean of the
        training data), whether there is one, and how long before one was measured (Che
        et al., 2018); recurrent layers that read backwards see the next one, and how
        long after. Scales are learned from what there is. Training hides nearly half
        of the other values, too, each time others.""",
    )
    time_gaps: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether the network sees the time since the step before, as logarithm in
        units of the median, and counts how long values are missing in it. X has to say
        when steps were: the second level of the index of a DataFrame, or
        `SequenceArray.times`.""",
    )
    categorical_features = amended(
        more="""A missing category has a vector of its own; one that `fit` did not meet
        has none, zero. Static columns tell by their type."""
    )
    embedding_dim: int | None = parameter(
        default=None,
        constraint=[POSITIVE_INTEGER, None],
        text="""X holds tokens, one whole number from 0 per time step, each of which is
        looked up in a table of vectors of this size that training learns. The table
        ends with the largest token of `fit`; later ones beyond it are an error.
        `normalize` leaves tokens alone. `preprocessing.Tokenizer` makes them from
        text.""",
    )
    embedding_weights: Any = parameter(
        default=None,
        constraint=["array-like", None],
        text="""Vectors of the tokens to start from; `embedding_dim` may then be left
        out. None draws small ones.""",
        type="array-like of shape (n_tokens, embedding_dim) or None",
    )
    embedding_trainable: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether training changes the vectors.""",
    )


class PoolingParameters(Declared, about="pooling"):
    """How a sequence becomes one vector."""

    pooling: str = parameter(
        default="last",
        constraint=[Options(*POOLINGS)],
        text="""How the steps of the last layer become one vector: its final state, the
        mean or the maximum over the steps, these three side by side ("concat"), or a
        mean with learned weights.""",
    )


class LinearParameters(Declared, about="task"):
    """Whether a linear model may answer, too."""

    shrink_to_linear: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether a linear model, of mean, deviation, least, largest and last
        values and slope of each feature, answers beside the network, as far as the
        held-out samples of ``max_epochs="auto"`` ask for it: logistic or ridge
        regression, whose log-odds or numbers are added. Where labels are noisy and
        samples few, it is hard to beat. Tokens have none, and ``pooling="last"``, of
        which streams are asked piece by piece.""",
    )


class NumberLossParameters(Declared, about="task"):
    """What is minimised, where numbers are learned."""

    loss: str | Callable = parameter(
        default="squared_error",
        constraint=[Options(*LOSSES), callable],
        text=f"""What is minimised, and so what is predicted: squared errors (the mean),
        absolute errors (the median) or {HUBER}; pinball losses of `quantiles`, or minus
        the log-likelihood of a normal distribution, which learns a deviation, too; half
        the deviance of "poisson" (counts), "gamma" (above zero) or "tweedie" (amounts,
        many of them zero), whose mean is never negative. {OWN_LOSS}""",
        type="str or callable",
    )
    quantiles: tuple[float, ...] = parameter(
        default=(0.1, 0.5, 0.9),
        constraint=[tuple, list],
        text="""Increasing quantiles that ``loss="quantile"`` learns; the prediction is
        the median, or the one next to it.""",
    )
    tweedie_power: float = parameter(
        default=1.5,
        constraint=[Interval(Real, 1, 2, closed="neither")],
        text="""Power of the mean that is the variance with ``loss="tweedie"``.""",
    )


class DenseParameters(Declared, about="head"):
    """The layers behind the encoder."""

    dense_size: int | tuple[int, ...] = parameter(
        default=(),
        constraint=[POSITIVE_INTEGER, tuple],
        text="""Number of units of each fully connected ReLU layer before the
        output.""",
    )
