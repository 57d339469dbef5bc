"""Tasks: sequences of numbers, or of labels with an end that is learned."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from torch import nn

from skseq.core.losses import (
    LabelLoss,
    LogLoss,
    NumberLoss,
    SquaredError,
    StepClassCriterion,
    StepCriterion,
)
from skseq.core.losses._scales import in_units, scale_by_mean
from skseq.core.tasks import Classification, Task, tried
from skseq.data.bounds import refuse_huge
from skseq.data.scaling import StepScaler
from skseq.data.sequences import SequenceArray
from skseq.networks import StepCrossEntropy, StepSquaredError
from skseq.networks.feedback import TokenFeedback, ValueFeedback

__all__ = ["LabelSequences", "NumberSequences", "SequenceTask"]


class SequenceTask(Task):
    """Base of the tasks whose targets are sequences.

    Attributes
    ----------
    padding : float
        What a step that is none has as its target in the loss.
    typical : float
        How many steps a training sequence has on average.
    """

    padding: float
    typical = 1.0

    def make_feedback(self, size: int) -> nn.Module:
        """Return what a decoder of a size makes of its last output."""
        raise NotImplementedError

    def choose(self, outputs: np.ndarray) -> np.ndarray:
        """Return what outputs (n, n_steps, n_outputs) of a network stand for."""
        return outputs


class NumberSequences(SequenceTask):
    """One or several numbers per step.

    Parameters
    ----------
    n_targets : int
        How many.
    normalize : bool
        Whether the network learns standardised targets, of rates as `Regression`.
    loss : NumberLoss, default=SquaredError()
        What numbers cost.
    """

    padding = np.nan
    loss: NumberLoss = SquaredError()  # of what an earlier version wrote

    def __init__(self, n_targets: int, normalize: bool, loss: NumberLoss | None = None):
        self.loss = SquaredError() if loss is None else loss
        self.n_outputs = n_targets * self.loss.n_outputs
        self.scaler = StepScaler(normalize)

    @property
    def n_targets(self) -> int:
        """Number of targets of a step."""
        return self.n_outputs // self.loss.n_outputs

    @property
    def criterion(self) -> Callable[..., nn.Module]:
        """A loss in which all steps count alike."""
        if type(self.loss) is SquaredError:
            return partial(StepSquaredError, typical=self.typical)
        return partial(StepCriterion, loss=self.loss, typical=self.typical)

    def make_feedback(self, size):
        """Feed predictions back as they are."""
        shares = [*self.loss.shares, *[0.0] * self.loss.n_log_scales]
        return ValueFeedback(self.n_targets, shares, positive=self.loss.is_rate)

    def learn_scale(self, y, weights):
        """Learn mean and standard deviation of each target over all steps."""
        self.typical = float(np.average(y.lengths, weights=weights))
        self.loss.check_sum(y.values)
        is_bounded = self.scaler.scaler.with_mean and not self.loss.is_rate
        self.scaler.fit(y, weights, clip=is_bounded, name="y")
        if self.loss.is_rate:
            refuse_huge(y.values, "y")
            scale_by_mean(self.scaler.scaler)

    def encode(self, y: SequenceArray, dtype: np.dtype) -> SequenceArray:
        """Return standardised sequences."""
        if y.n_features != self.n_targets:
            raise ValueError(
                f"y has {y.n_features} targets per step; expected {self.n_targets}, as "
                "in the first fit."
            )
        return self.scaler.transform(y, dtype)

    def decode(self, outputs):
        """Return predictions (n, n_steps, n_targets) in the units of y."""
        return self.loss.point(self.in_units(outputs))

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs (n, n_steps, n_targets, n_outputs) in the units of y."""
        return in_units(self.loss, self.scaler.scaler, outputs)


class LabelSequences(SequenceTask):
    """Labels, step by step, and at last the end of the sequence.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    loss : LabelLoss, default=LogLoss()
        What a label, or the end, costs.
    """

    padding = StepCrossEntropy.padding
    loss: LabelLoss = LogLoss()  # of what an earlier version wrote

    def __init__(self, classes: np.ndarray, loss: LabelLoss | None = None):
        self.labels = Classification(classes)
        self.classes = classes
        self.end = len(classes)
        self.n_outputs = self.end + 1
        self.loss = tried(loss, self.n_outputs)

    @property
    def criterion(self) -> Callable[..., nn.Module]:
        """A loss in which all steps, ends as well, count alike."""
        if self.loss == LogLoss():
            return partial(StepCrossEntropy, typical=self.typical)
        return partial(StepClassCriterion, loss=self.loss, typical=self.typical)

    def make_feedback(self, size):
        """Feed the vector of a label back."""
        return TokenFeedback(self.n_outputs, size)

    def learn_scale(self, y, weights):
        """Learn how long sequences are, ends included."""
        lengths = [len(labels) + 1 for labels in y]
        self.typical = float(np.average(lengths, weights=weights))

    def encode(self, y: np.ndarray, dtype: np.dtype) -> SequenceArray:
        """Return the position of each label, and the end after the last one."""
        codes = self.labels.encode(np.concatenate(y), dtype)
        lengths = np.array([len(labels) for labels in y])
        codes = np.insert(codes, np.cumsum(lengths), self.end)
        lengths += 1
        return SequenceArray(codes[:, None], np.cumsum(lengths) - lengths, lengths)

    def choose(self, outputs):
        """Return the most probable codes (n, n_steps)."""
        return outputs.argmax(axis=2)

    def decode(self, outputs):
        """Return the labels (n_steps_i,) of codes (n, n_steps), as a list."""
        ended = np.logical_or.accumulate(outputs == self.end, axis=1)
        return [
            self.classes[row[~after]] for row, after in zip(outputs, ended, strict=True)
        ]
