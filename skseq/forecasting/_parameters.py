"""Parameters that forecasters share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from sklearn.utils._param_validation import HasMethods

from skseq.core.losses import LOSSES, OLD_NAMES
from skseq.core.parameters import (
    HUBER,
    OWN_LOSS,
    CategoryParameters,
    NumberLossParameters,
)
from skseq.parameters import POSITIVE_INTEGER, Declared, Options, amended, parameter

__all__ = ["LossParameters", "TableParameters", "WindowParameters"]


class WindowParameters(Declared, about="window"):
    """What is forecast, from what."""

    window_length: int = parameter(
        default=24,
        constraint=[POSITIVE_INTEGER],
        text="""Number of rows L that a forecast looks back at.""",
    )
    horizon: int = parameter(
        default=1,
        constraint=[POSITIVE_INTEGER],
        text="""Number of rows H forecast at once; `predict` goes further by feeding
        forecasts back.""",
    )
    known_future: tuple = parameter(
        default=(),
        constraint=[tuple, list],
        text="""Columns of X, by name or position, whose future is known when a forecast
        is made, such as the hour, a price list or names of holidays. The forecast of a
        row is told of them in the row itself and in the three before and behind it, up
        to `horizon`.""",
        type="tuple of str or int",
    )
    static: tuple = parameter(
        default=(),
        constraint=[tuple, list],
        text="""Columns of X that are constant within a series, such as its kind.""",
        type="tuple of str or int",
    )
    freq: Any = parameter(
        default=None,
        constraint=[str, pd.DateOffset, None],
        text="""The step of an index of dates, such as "B" or a pandas offset with
        holidays of your own; None finds the one that makes the whole index. A series
        too short to tell goes on as the others of its panel do, if that step makes
        it.""",
        type="str, DateOffset or None",
    )


class LossParameters(NumberLossParameters, about="task"):
    """What is minimised, and for which targets at once."""

    loss: str | Callable = parameter(
        default="absolute_error",
        constraint=[Options(*LOSSES, *OLD_NAMES), callable],
        text=f"""What is minimised, in standardised units: squared errors (as "mse"),
        absolute errors ("mae") or {HUBER}; pinball losses of `quantiles`, or minus the
        log-likelihood of a normal distribution, which allow `predict_quantiles`; half
        the deviance of "poisson" (counts), "gamma" (above zero) or "tweedie" (amounts,
        many of them zero), whose forecasts are never negative: each series is divided
        by its mean, each window by its own, and effects multiply. {OWN_LOSS}""",
    )
    quantiles = amended(
        text="""Increasing quantiles, around the median, that ``loss="quantile"``
        learns.""",
    )
    channels: str = parameter(
        default="shared",
        constraint=[Options("shared", "joint")],
        text="""Whether one network forecasts every target by itself, beside the same
        covariates, or one forecasts all from all.""",
    )
    linear_skip: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether a linear map of the window is added to what the network
        forecasts. With `shrink_to_naive` and a `horizon` above 1, a ridge regression of
        the window has a share of both, as large as held-out origins ask for
        (`ridge_share_`), but not of panels, not in decoders, and not with losses that
        learn a distribution or rates.""",
    )
    cycle: int | None = parameter(
        default=None,
        constraint=[POSITIVE_INTEGER, None],
        text="""Rows in a season that the network learns by heart: one value for each of
        them and each target, which is taken from what it sees and added to what it
        forecasts (Lin et al., 2024, "CycleNet"); of rates, a factor. An index says
        where in it a series starts; without one, all start alike.""",
    )
    shrink_to_naive: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether forecasts are drawn towards the last row known, or the one a
        season before, as far as held-out origins ask for it, all steps and targets
        together, and each by itself where that is surely better, and
        intervals as wide as they ask for. They are the rows that ``early_stopping``
        holds out; without it, the last fifth of each series, or three times `horizon`,
        is held out from a training beside, without `callbacks`, which with
        ``max_epochs="auto"`` also tells after how many epochs the held-out loss is
        least. The season is `seasonality`, or what differs least from `window_length`
        rows at most before.""",
    )
    conformal: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether quantiles and intervals are made from the errors at held-out
        origins, with any loss: as wide as these ask for, step by step, in units of the
        spread that the loss learned, or of the mean change from row to row in the
        window; of a panel, also of what is usual in each series, as far as its own
        errors tell. `update` keeps them so. The rows are those that `shrink_to_naive`
        or ``early_stopping`` holds out; forecasts stay as they are.""",
    )


class TableParameters(CategoryParameters, about="input"):
    """What a network sees of the rows of a series."""

    categorical_features = amended(
        more="""Targets are numbers. A missing category has a vector of its own if `fit`
        met one; else it is an error, or among past covariates with ``missing="mask"``
        like one that `fit` did not meet, which has none, zero."""
    )

    transformer: Any = parameter(
        default=None,
        constraint=[
            Options("log1p", "box-cox"),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        text="""Map targets before anything else, and forecasts back: "log1p", the
        logarithm of 1 + y, where effects multiply; "box-cox", the power between 0, the
        logarithm, and 1 after which a series is most likely normal (Box and Cox, 1964);
        or a transformer of scikit-learn that is increasing, such as
        `PowerTransformer()`. Each target of each series has its own, learned of
        training rows. Losses, `seasonality` and `shrink_to_naive` are then about what
        is mapped: a forecast of its mean comes back as less than the mean, about the
        median; quantiles come back as quantiles. Losses of rates refuse it.""",
        type='"log1p", "box-cox", transformer or None',
    )
    normalize: str | None = parameter(
        default="last",
        constraint=[Options("last", "window", "feature"), None],
        text="""Standardise every series by its own mean and standard deviation
        ("feature"), and what a window looks at by subtracting its last value ("last"),
        or by its own mean and deviation ("window"); forecasts are in the units of y.
        None leaves everything as it is.""",
    )
    seasonality: int | None = parameter(
        default=None,
        constraint=[POSITIVE_INTEGER, None],
        text="""Scale every series by the mean absolute difference of rows this far
        apart, rather than by its standard deviation; with absolute errors the scaled
        error of Hyndman and Koehler (2006) is minimised.""",
    )
    missing: str = parameter(
        default="error",
        constraint=[Options("error", "mask")],
        text="""Whether NaN among targets and past covariates is an error, or shown to
        the network as the last value seen, and as missing; missing targets cost
        nothing.""",
    )
