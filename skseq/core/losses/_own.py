"""Losses of the user's own: anything callable that torch can differentiate."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from skseq._showing import shown
from skseq.core.losses._base import Loss, NumberLoss
from skseq.core.losses._points import least_constant

__all__ = ["Own", "OwnLoss", "check_trial", "unreduced"]


class Own(Loss):
    """What losses of the user's own share.

    Parameters
    ----------
    given : callable
        As in `unreduced`.
    """

    name = "own"

    def __init__(self, given: Any):
        self.given = given
        self.function = unreduced(given)

    @property
    def settings(self) -> tuple:
        """What the user gave."""
        return (self.given,)


class OwnLoss(Own, NumberLoss):
    """A loss of the user's own; the prediction is the output."""

    def pointwise(self, outputs, y):
        """Return what the user's loss says of every number."""
        return self.function(outputs.squeeze(-1), y.squeeze(-1)).unsqueeze(-1)

    def base(self, y, weights):
        """Return the number of least loss."""
        return least_constant(self.pointwise, y, weights)

    def try_out(self) -> OwnLoss:
        """Return the loss itself, unless it does not answer as it should."""
        outputs = torch.zeros(2, 3, requires_grad=True)
        check_trial(self.given, self.function, outputs, torch.ones(2, 3), (2, 3))
        return self


def unreduced(given: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a loss as a function of outputs and targets that reduces nothing.

    Parameters
    ----------
    given : callable
        A function of outputs and targets, a module of torch, or a class of such or a
        partial of one. What takes ``reduction`` is told "none".

    Returns
    -------
    function : callable
    """
    inner = given.func if isinstance(given, partial) else given
    makes = isinstance(inner, type)
    if isinstance(inner, nn.Module):
        if getattr(inner, "reduction", "none") == "none":
            return given
        module = copy.copy(inner)
        vars(module)["reduction"] = "none"
        return module
    try:
        takes = "reduction" in inspect.signature(inner).parameters
    except (TypeError, ValueError):  # of what is not written in Python
        takes = False
    if makes:
        try:
            return given(reduction="none") if takes else given()
        except Exception as error:
            raise ValueError(f"loss={shown(given)} cannot be made: {error}") from error
    return partial(given, reduction="none") if takes else given


def check_trial(
    given: Any, function: Any, outputs: Tensor, y: Tensor, expected: tuple[int, ...]
) -> None:
    """Refuse a loss that does not answer a small trial with one loss for each target.

    Parameters
    ----------
    given : callable
        What the user gave, for the error.
    function : callable
        What is made of it.
    outputs, y : Tensor
        The trial; outputs require a gradient.
    expected : tuple of int
        The shape of the losses.

    Raises
    ------
    ValueError
        If it fails, or answers something else, or has no gradient.
    """
    name = f"loss={shown(given)}"
    try:
        losses = function(outputs, y)
    except Exception as error:
        raise ValueError(
            f"{name} failed on a trial of outputs {tuple(outputs.shape)} and targets "
            f"{tuple(y.shape)}: {error}"
        ) from error
    shape = tuple(getattr(losses, "shape", ()))
    if not isinstance(losses, Tensor) or shape != expected:
        what = f"of shape {shape}" if isinstance(losses, Tensor) else "no tensor"
        raise ValueError(
            f"{name} must return a loss for every target, a tensor of shape "
            f"{expected} for outputs {tuple(outputs.shape)}; it returned "
            f"{'one ' if isinstance(losses, Tensor) else ''}{what}. Leave the mean "
            "over them to the estimator."
        )
    if not losses.requires_grad:
        raise ValueError(f"{name} returns losses that do not depend on the outputs.")
