"""Quantiles, intervals and deviations of the regressors whose loss learns them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skseq.core.losses import check_coverage, check_quantiles
from skseq.core.losses._names import learned_or_asked

__all__ = ["SpreadMixin", "is_conformal", "learns"]


WHAT = {
    "has_spread": (
        "distribution",
        "conformal=True, loss='quantile' or loss='gaussian'",
    ),
    "has_deviation": ("deviation", "loss='gaussian'"),
    "errors": ("joint distribution", "conformal=True"),
}


def learns(what: str) -> Callable[[Any], bool]:
    """Return a check for `available_if`: that the loss of an estimator learns it.

    Parameters
    ----------
    what : {"has_spread", "has_deviation", "errors"}
        The attribute of the loss; "errors" are those held out, which do for a spread.
    """
    kind, advice = WHAT[what]

    def check(estimator: Any) -> bool:
        if what != "has_deviation" and is_conformal(estimator):
            return True
        if getattr(learned_or_asked(estimator), what, False):
            return True
        name = type(estimator).__name__
        raise AttributeError(f"This {name} learned no {kind}; use {advice}.")

    return check


def is_conformal(estimator: Any) -> bool:
    """Return whether intervals are made from held-out errors, or are to be.

    Parameters
    ----------
    estimator : estimator
        Fitted or not, with `conformal` or without.
    """
    if hasattr(estimator, "net_"):
        return getattr(estimator, "_errors", None) is not None
    return getattr(estimator, "conformal", False)


class SpreadMixin:
    """What is asked of regressors beside a prediction."""

    quantiles: tuple[float, ...]

    def _predict_quantiles(self, X: Any, levels: tuple[float, ...]) -> Any:
        """Return quantiles of checked levels."""
        raise NotImplementedError

    def _predict_std(self, X: Any) -> Any:
        raise NotImplementedError

    @available_if(learns("has_spread"))
    def predict_quantiles(
        self, X: Any, quantiles: tuple[float, ...] | None = None
    ) -> Any:
        """Predict quantiles, with `conformal`, or a loss that learns a distribution.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.
        quantiles : tuple of float, default=None
            Increasing numbers between 0 and 1; None stands for the parameter.

        Returns
        -------
        q : ndarray of shape (n_samples, n_quantiles) or DataFrame
            One row per sequence; for several targets of shape
            (n_samples, n_targets, n_quantiles) or with columns (target, quantile). A
            DataFrame where `predict` answers by instance.

        Raises
        ------
        ValueError
            If X is not as described, or a quantile lies outside of those that
            ``loss="quantile"`` learned, without `conformal`.
        """
        levels = check_quantiles(self.quantiles if quantiles is None else quantiles)
        check_is_fitted(self, "net_")
        return self._predict_quantiles(X, levels)

    @available_if(learns("has_spread"))
    def predict_interval(self, X: Any, coverage: float = 0.8) -> Any:
        """Predict intervals, with `conformal`, or a loss that learns a distribution.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.
        coverage : float, default=0.8
            Probability with which a value is to lie within its interval.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or DataFrame
            Lower and upper bounds, laid out as by `predict_quantiles`.

        Raises
        ------
        ValueError
            As in `predict_quantiles`.
        """
        return self.predict_quantiles(X, check_coverage(coverage))

    @available_if(learns("has_deviation"))
    def predict_std(self, X: Any) -> Any:
        """Predict standard deviations of what is predicted, with ``loss="gaussian"``.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.

        Returns
        -------
        std : ndarray, Series or DataFrame of n_samples (by n_outputs)
            In the units of the targets, laid out as by `predict`.
        """
        check_is_fitted(self, "net_")
        return self._predict_std(X)
