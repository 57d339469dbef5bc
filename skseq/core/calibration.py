"""How far outputs may be trusted beyond the base rate, or the mean.

A network that has learned little says too much. What it says is drawn towards what one
says without it, as far as samples that it has not seen ask for: the probabilities of
classes by temperature scaling (Guo et al., 2017, "On Calibration of Modern Neural
Networks") around the base rate instead of the uniform distribution, numbers by the
shrinkage of Copas (1983). Both are linear in the last layer, whose weights take it up.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from torch import nn

from skseq.core.losses import LabelLoss, LogLoss, NumberLoss, SquaredError
from skseq.core.tasks import (
    Classification,
    MultilabelClassification,
    Regression,
    StepClassification,
    Task,
)
from skseq.data.samples import Samples
from skseq.networks import StepCrossEntropy

__all__ = ["LEAST", "Calibration", "calibration_of"]

LEAST, MOST = 0.01, 1.0  # the order of samples is never lost, nothing made surer
LEAST_SHARE = 1e-3  # of a class


class Calibration:
    """Base of the ways to trust outputs.

    Parameters
    ----------
    base : ndarray of shape (n_outputs,)
        The outputs that say no more than is known without a network.
    class_weights : ndarray or None, default=None
        What the task weighs classes or labels by.
    loss : LabelLoss, default=LogLoss()
        What labels cost.
    """

    # No more is to be learned at such a share of the loss of the base.
    nothing_left: float | None = 0.1

    def __init__(
        self,
        base: np.ndarray,
        class_weights: np.ndarray | None = None,
        loss: LabelLoss | None = None,
    ):
        self.base = base
        self.class_weights = class_weights
        self.loss: Any = LogLoss() if loss is None else loss
        if not getattr(self.loss, "is_bounded", True):
            self.nothing_left = None

    def losses(
        self, outputs: np.ndarray, targets: np.ndarray, trust: np.ndarray
    ) -> np.ndarray:
        """Return the loss (n,) of outputs (m, n, n_outputs) that are trusted so far."""
        return self._losses(self.trusted(outputs, trust), targets)

    def trusted(self, outputs: np.ndarray, trust: np.ndarray) -> np.ndarray:
        """Return what models (m, n, n_outputs) say together, trusted so far."""
        return self.base + np.tensordot(trust, outputs - self.base, 1)

    def _losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def learn(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Learn how far outputs may be trusted.

        Parameters
        ----------
        outputs : ndarray of shape (m, n, n_outputs)
            Those of one or two models for samples, or steps, that they have not seen.
        targets : ndarray of shape (n,) or (n, n_outputs)
            What they should have said.
        weights : ndarray of shape (n,)
            Their weights.

        Returns
        -------
        trust : ndarray of shape (m,)
            Factors of what they say beyond the base, at most one in sum; that of the
            first model is never zero.
        losses : ndarray of shape (n,)
            The losses with it.
        """

        def loss(trust: np.ndarray) -> float:
            found = self.losses(outputs, targets, trust)
            return float(np.average(found, weights=weights))

        def least(share: float) -> tuple[float, np.ndarray]:
            shares = np.array([1 - share, share])[: len(outputs)]
            found = minimize_scalar(
                lambda log_trust: loss(np.exp(log_trust) * shares),
                bounds=np.log((LEAST, MOST)),
                method="bounded",
                options={"xatol": 0.01},
            )
            return found.fun, np.exp(found.x) * shares

        share = 0.0
        if len(outputs) > 1:  # the loss is convex, so one search within the other does
            share = minimize_scalar(
                lambda share: least(share)[0],
                bounds=(0, 1 - LEAST),
                method="bounded",
                options={"xatol": 0.01},
            ).x
        _, trust = least(share)
        return trust, self.losses(outputs, targets, trust)

    @torch.no_grad()
    def apply(self, layer: nn.Linear, trust: float) -> None:
        """Let the last layer of a network say so much and no more."""
        base = torch.as_tensor(self.base, dtype=layer.bias.dtype)
        layer.weight.mul_(trust)
        layer.bias.mul_(trust).add_((1 - trust) * base.to(layer.bias.device))


class ClassCalibration(Calibration):
    """Of logarithms of the probabilities of classes."""

    def _losses(self, outputs, targets):
        """Return the loss (n,)."""
        if self.loss != LogLoss():
            weight = self.class_weights
            with torch.no_grad():
                return self.loss.of_classes(
                    torch.from_numpy(outputs),
                    torch.from_numpy(targets),
                    None if weight is None else torch.from_numpy(weight),
                ).numpy()
        losses = -log_softmax(outputs, axis=1)[np.arange(len(targets)), targets]
        if self.class_weights is not None:
            losses = losses * self.class_weights[targets]
        return losses


class LabelCalibration(Calibration):
    """Of log-odds of labels, each on its own."""

    def _losses(self, outputs, targets):
        """Return the loss (n,), the mean over labels."""
        losses = np.logaddexp(0, outputs) - targets * outputs
        if self.loss != LogLoss():
            with torch.no_grad():
                said, y = torch.from_numpy(outputs), torch.from_numpy(targets)
                losses = self.loss.of_indicators(said, y).numpy()
        if self.class_weights is not None:
            losses = losses * np.where(targets == 1, *self.class_weights[::-1])
        return losses.mean(axis=1)


class ValueCalibration(Calibration):
    """Of numbers, by the loss that trains them.

    Parameters
    ----------
    base : ndarray of shape (n_outputs,)
        As in `Calibration`.
    loss : NumberLoss, default=SquaredError()
        What they cost.
    """

    nothing_left = None  # as numbers can be told ever more closely

    def __init__(self, base: np.ndarray, loss: NumberLoss | None = None):
        super().__init__(base)
        self.loss = SquaredError() if loss is None else loss

    def _losses(self, outputs, targets):
        """Return the loss (n,), the mean over the targets that are known."""
        said = torch.from_numpy(outputs).unflatten(1, (-1, self.loss.n_outputs))
        with torch.no_grad():
            losses = self.loss.pointwise(said, torch.from_numpy(targets)[..., None])
        return np.nanmean(losses.mean(dim=2).numpy(), axis=1)


def calibration_of(task: Task, samples: Samples) -> Calibration:
    """Return how outputs of a task may be trusted.

    Parameters
    ----------
    task : Task
        What outputs mean.
    samples : Samples
        The training part, whose base rates are what one knows without a network.

    Returns
    -------
    calibration : Calibration
    """
    targets, weights = task.encode(samples.y, np.dtype(float)), samples.weights
    if isinstance(task, StepClassification):
        if weights is not None:
            weights = np.repeat(weights, targets.lengths)
        targets = np.concatenate(targets.to_list())[:, 0]
        known = targets != StepCrossEntropy.padding
        targets = targets[known]
        weights = None if weights is None else weights[known]
    if isinstance(task, Classification):
        counts = np.bincount(targets, weights, minlength=task.n_outputs)
        class_weights = getattr(task, "class_weights", None)
        if class_weights is not None:
            counts = counts * class_weights
        share = (counts / counts.sum()).clip(LEAST_SHARE)
        if task.loss == LogLoss():
            return ClassCalibration(np.log(share), class_weights)
        plain = np.bincount(targets, weights, minlength=task.n_outputs)
        share = (plain / plain.sum()).clip(LEAST_SHARE)
        base = task.loss.base_of_classes(share, class_weights)
        return ClassCalibration(base, class_weights, task.loss)
    if isinstance(task, MultilabelClassification):
        share = np.average(targets, axis=0, weights=weights)
        odds = share / (1 - share).clip(LEAST_SHARE)
        if task.class_weights is not None:
            lacking, having = task.class_weights
            odds = odds * having / lacking.clip(LEAST_SHARE)
        base = np.log(odds.clip(LEAST_SHARE))
        if task.loss != LogLoss():
            base = task.loss.base_of_indicators(1 / (1 + np.exp(-base)))
        return LabelCalibration(base, task.class_weights, task.loss)
    loss = cast(Regression, task).loss
    return ValueCalibration(_base_of_numbers(loss, targets, weights), loss)


def _base_of_numbers(
    loss: NumberLoss, y: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """Return the outputs (n_outputs,) of least loss that say the same of all."""
    if weights is None:
        weights = np.ones(len(y))
    found = []
    for column in y.T:
        known = ~np.isnan(column) & (weights > 0)
        base = np.zeros(loss.n_outputs)
        if known.any():
            base = loss.base(column[known], weights[known])
        found.append(base)
    return np.concatenate(found)
