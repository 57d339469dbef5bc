"""What numbers cost, and what the outputs of a network then mean.

A loss is a small class in a file beside; `_names` lists them. Regressors, writers of
sequences and forecasters share them.
"""

from skseq.core.losses._base import NumberLoss
from skseq.core.losses._criteria import (
    ForecastCriterion,
    NumberCriterion,
    StepCriterion,
)
from skseq.core.losses._levels import check_coverage, check_quantiles
from skseq.core.losses._names import LOSSES, OLD_NAMES, make_loss
from skseq.core.losses._points import SquaredError

__all__ = [
    "LOSSES",
    "OLD_NAMES",
    "ForecastCriterion",
    "NumberCriterion",
    "NumberLoss",
    "SquaredError",
    "StepCriterion",
    "check_coverage",
    "check_quantiles",
    "make_loss",
]
