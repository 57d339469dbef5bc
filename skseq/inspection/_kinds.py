"""Who is asked: what stands at the end of searches and pipelines."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from skseq.anomaly import SequenceAnomalyDetector
from skseq.forecasting._base import BaseForecaster

__all__ = ["forecaster_of", "last_of"]


def last_of(estimator: Any) -> Any:
    """Return the estimator at the end of a search, a pipeline or both.

    Parameters
    ----------
    estimator : estimator
        Any.
    """
    last = getattr(estimator, "best_estimator_", estimator)
    if hasattr(last, "steps"):
        last = last.steps[-1][1]
    return getattr(last, "regressor_", last)  # of a target transformer


def forecaster_of(estimator: Any, what: str) -> BaseForecaster | None:
    """Return the forecaster that an estimator is, or found; None if it is none.

    Parameters
    ----------
    estimator : estimator
        Any.
    what : str
        Who asks, for errors.

    Raises
    ------
    NotFittedError
        If it is a forecaster that is not fitted.
    TypeError
        If it is a detector, or ends in a forecaster behind other steps.
    """
    last = last_of(estimator)
    if isinstance(last, SequenceAnomalyDetector):
        raise TypeError(
            f"{what} is not for a {type(last).__name__}, which takes rows in the order "
            "of time and has no score of targets."
        )
    if not isinstance(last, BaseForecaster):
        return None
    check_is_fitted(last, "net_")
    if last is not getattr(estimator, "best_estimator_", estimator):
        raise TypeError(
            f"{what} takes a forecaster as it is, got a {type(estimator).__name__} "
            f"that ends in {type(last).__name__}. Give this one, and what the steps "
            "before it make of X."
        )
    return last
