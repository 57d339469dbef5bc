"""What numbers and labels cost, and what the outputs of a network then mean.

A loss is a small class in a file beside; `_names` lists them. Regressors, writers of
sequences and forecasters share them.
"""

from skseq.core.losses._base import NumberLoss
from skseq.core.losses._criteria import (
    ForecastCriterion,
    NumberCriterion,
    StepCriterion,
)
from skseq.core.losses._label_criteria import (
    ClassCriterion,
    IndicatorCriterion,
    StepClassCriterion,
)
from skseq.core.losses._labels import LABEL_LOSSES, LabelLoss, LogLoss, make_label_loss
from skseq.core.losses._levels import check_coverage, check_quantiles
from skseq.core.losses._names import LOSSES, OLD_NAMES, make_loss
from skseq.core.losses._points import SquaredError

__all__ = [
    "LABEL_LOSSES",
    "LOSSES",
    "OLD_NAMES",
    "ClassCriterion",
    "ForecastCriterion",
    "IndicatorCriterion",
    "LabelLoss",
    "LogLoss",
    "NumberCriterion",
    "NumberLoss",
    "SquaredError",
    "StepClassCriterion",
    "StepCriterion",
    "check_coverage",
    "check_quantiles",
    "make_label_loss",
    "make_loss",
]
