"""What the package exports, by kind."""

import inspect

import skseq
from skseq.core.sequence_estimator import BaseSequenceEstimator

__all__ = ["SEQUENCE_ESTIMATORS"]

SEQUENCE_ESTIMATORS = [
    value
    for name in skseq.__all__
    if inspect.isclass(value := getattr(skseq, name))
    and issubclass(value, BaseSequenceEstimator)
]
