"""The losses by their names."""

from __future__ import annotations

from typing import Any

from skseq.core.losses._base import NumberLoss
from skseq.core.losses._own import OwnLoss
from skseq.core.losses._points import AbsoluteError, HuberLoss, SquaredError
from skseq.core.losses._rates import GammaDeviance, PoissonDeviance, TweedieDeviance
from skseq.core.losses._spreads import GaussianLoss, QuantileLoss

__all__ = [
    "LOSSES",
    "OLD_NAMES",
    "is_above_zero",
    "learned_or_asked",
    "make_loss",
    "name_of",
]

LOSSES: dict[str, type[NumberLoss]] = {
    loss.name: loss
    for loss in (
        *(SquaredError, AbsoluteError, HuberLoss, QuantileLoss),
        *(PoissonDeviance, GammaDeviance, TweedieDeviance, GaussianLoss),
    )
}
OLD_NAMES = {"mse": "squared_error", "mae": "absolute_error"}  # of forecasters


def name_of(estimator: Any) -> Any:
    """Return the loss that an estimator names, by its present name, or its own."""
    given = getattr(estimator, "loss", "squared_error")  # of a class written before
    return OLD_NAMES.get(given, given) if isinstance(given, str) else given


def make_loss(estimator: Any) -> NumberLoss:
    """Return the loss that an estimator asks for.

    Parameters
    ----------
    estimator : estimator
        It has `loss`, and what this needs.

    Returns
    -------
    loss : NumberLoss

    Raises
    ------
    ValueError
        If a parameter of the loss is wrong, or a loss of the user's own does not answer
        as it should.
    """
    name = name_of(estimator)
    if isinstance(name, str):
        return LOSSES[name].asked_by(estimator)
    return OwnLoss(name).try_out()


def learned_or_asked(estimator: Any) -> NumberLoss | type[NumberLoss]:
    """Return the loss that an estimator learned by, or the class that it names."""
    if hasattr(estimator, "net_"):
        return estimator._learned_loss()
    name = name_of(estimator)
    return LOSSES.get(name, OwnLoss) if isinstance(name, str) else OwnLoss


def is_above_zero(estimator: Any) -> bool:
    """Return whether an estimator learns numbers that are never negative."""
    name = name_of(estimator)
    return isinstance(name, str) and name in LOSSES and LOSSES[name].is_rate
