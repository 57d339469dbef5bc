"""What labels cost: of classes, of steps, and of indicators, each on its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor
from torch.nn import functional

from skseq.core.losses._base import Loss
from skseq.core.losses._own import Own, check_trial

__all__ = ["LABEL_LOSSES", "FocalLoss", "LabelLoss", "LogLoss", "make_label_loss"]

MOST_ODDS = 20.0  # logarithm of those that a constant may have


class LabelLoss(Loss):
    """Base of the losses of labels.

    Attributes
    ----------
    is_bounded : bool
        Whether it is never below zero, so that a part of what is said without a network
        is a small loss.
    has_log_odds : bool
        Whether outputs are logarithms of odds, to which others can be added.
    """

    is_bounded: ClassVar[bool] = True
    has_log_odds: ClassVar[bool] = True

    @classmethod
    def asked_by(cls, estimator: Any) -> LabelLoss:
        """Return the loss with what parameters of an estimator say of it."""
        raise NotImplementedError

    def of_classes(self, outputs: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
        """Return losses (n,) of outputs (n, n_classes) and codes (n,)."""
        raise NotImplementedError

    def of_indicators(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return losses (n, n_labels) of outputs and indicators (n, n_labels)."""
        raise NotImplementedError

    def base_of_classes(
        self, shares: np.ndarray, weight: np.ndarray | None
    ) -> np.ndarray:
        """Return the outputs (n_classes,) of least loss that say the same of all.

        Parameters
        ----------
        shares : ndarray of shape (n_classes,)
            Of the classes, their weights left out.
        weight : ndarray of shape (n_classes,) or None
            Of the classes.
        """
        codes = torch.arange(len(shares))
        weights = None if weight is None else torch.from_numpy(weight)

        def losses(constant: Tensor) -> Tensor:
            return self.of_classes(constant.expand(len(shares), -1), codes, weights)

        return _least(losses, np.log(shares), shares)

    def base_of_indicators(self, shares: np.ndarray) -> np.ndarray:
        """Return the same of the shares (n_labels,) that have each label."""
        y = torch.tensor([[0.0], [1.0]], dtype=torch.float64).expand(-1, len(shares))

        def losses(constant: Tensor) -> Tensor:
            return self.of_indicators(constant.expand(2, -1), y)

        start = np.log(shares) - np.log1p(-shares)
        return _least(losses, start, np.stack([1 - shares, shares]))


def _least(
    losses: Callable[[Tensor], Tensor], start: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Return what makes the sum of losses, each with its share, least."""

    def cost(constant: np.ndarray) -> tuple[float, np.ndarray]:
        outputs = torch.tensor(constant, requires_grad=True)
        total = (losses(outputs) * torch.from_numpy(shares)).sum()
        total.backward()
        return total.item(), outputs.grad.numpy()  # type: ignore[union-attr]

    bounds = [(-MOST_ODDS, MOST_ODDS)] * len(start)
    return minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B").x


class LogLoss(LabelLoss):
    """Cross entropy.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        What of each label is shared out among all (Szegedy et al., 2016).
    """

    name = "log_loss"

    def __init__(self, label_smoothing: float = 0.0):
        self.label_smoothing = float(label_smoothing)

    @property
    def settings(self) -> tuple:
        """What tells it from others of its class."""
        return (self.label_smoothing,)

    @classmethod
    def asked_by(cls, estimator):
        """Return the loss of what an estimator smoothes."""
        return cls(estimator.label_smoothing)

    def of_classes(self, outputs, y, weight):
        """Return the cross entropy with smoothed labels."""
        return functional.cross_entropy(
            outputs, y, weight, reduction="none", label_smoothing=self.label_smoothing
        )

    def of_indicators(self, outputs, y):
        """Return the binary cross entropy with smoothed labels."""
        y = y * (1 - self.label_smoothing) + self.label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(outputs, y, reduction="none")


class FocalLoss(LogLoss):
    """Cross entropy, less of it the surer the right answer is (Lin et al., 2017).

    Parameters
    ----------
    gamma : float
        Power of the probability that is missing to the right answer, the factor.
    label_smoothing : float, default=0.0
        As in `LogLoss`; the factor stays that of the label itself.
    """

    name = "focal"

    def __init__(self, gamma: float, label_smoothing: float = 0.0):
        super().__init__(label_smoothing)
        self.gamma = float(gamma)

    @property
    def settings(self) -> tuple:
        """What tells it from others of its class."""
        return (self.gamma, self.label_smoothing)

    @classmethod
    def asked_by(cls, estimator):
        """Return the loss of the power that an estimator names."""
        return cls(estimator.focal_gamma, estimator.label_smoothing)

    def of_classes(self, outputs, y, weight):
        """Return the focal loss of classes."""
        wrong = 1 - outputs.softmax(dim=1).gather(1, y.unsqueeze(1)).squeeze(1)
        return self._factor(wrong) * super().of_classes(outputs, y, weight)

    def of_indicators(self, outputs, y):
        """Return the focal loss of indicators."""
        wrong = torch.where(y == 1, -outputs, outputs).sigmoid()
        return self._factor(wrong) * super().of_indicators(outputs, y)

    def _factor(self, wrong: Tensor) -> Tensor:
        tiny = torch.finfo(wrong.dtype).tiny  # of a root, the gradient at 0 is infinite
        return wrong.clamp_min(tiny) ** self.gamma


class OwnLabelLoss(Own, LabelLoss):
    """A loss of the user's own; probabilities are the softmax of the outputs."""

    is_bounded = False
    has_log_odds = False

    def of_classes(self, outputs, y, weight):
        """Return what the user's loss says of every sample, times its weight."""
        losses = self.function(outputs, y)
        return losses if weight is None else losses * weight[y]

    def of_indicators(self, outputs, y):
        """Return what the user's loss says of every indicator."""
        return self.function(outputs, y)

    def try_out(self, n_outputs: int, *, is_indicators: bool) -> OwnLabelLoss:
        """Return the loss itself, unless it does not answer as it should."""
        outputs = torch.zeros(2, n_outputs, requires_grad=True)
        y, expected = torch.tensor([0, 1]), (2,)
        if is_indicators:
            y = torch.ones(2, n_outputs)
            expected = (2, n_outputs)  # type: ignore[assignment]
        check_trial(self.given, self.function, outputs, y, expected)
        return self


LABEL_LOSSES: dict[str, type[LabelLoss]] = {
    loss.name: loss for loss in (LogLoss, FocalLoss)
}


def make_label_loss(estimator: Any) -> LabelLoss:
    """Return the loss that an estimator asks for.

    Parameters
    ----------
    estimator : estimator
        It has `loss`, and what this needs.

    Returns
    -------
    loss : LabelLoss

    Raises
    ------
    ValueError
        If labels are to be smoothed for a loss of the user's own.
    """
    name = getattr(estimator, "loss", None)  # of a class written before: none
    if name is None:
        return LogLoss()
    if isinstance(name, str):
        return LABEL_LOSSES[name].asked_by(estimator)
    if estimator.label_smoothing:
        raise ValueError(
            f"label_smoothing={estimator.label_smoothing} is for loss='log_loss' and "
            "'focal'; a loss of your own does so itself."
        )
    return OwnLabelLoss(name)
