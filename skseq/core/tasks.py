"""Tasks: what to learn.

A task turns y into targets of a network, names the loss, and turns the network's
outputs back into what a user expects. It knows nothing of networks or estimators.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor, nn

from skseq.core.conformal import Units, quantiles_of_errors
from skseq.core.losses import (
    ClassCriterion,
    IndicatorCriterion,
    LabelLoss,
    LogLoss,
    NumberCriterion,
    NumberLoss,
    SquaredError,
    StepClassCriterion,
)
from skseq.core.losses._labels import OwnLabelLoss
from skseq.core.losses._scales import in_units, scale_by_mean
from skseq.data.bounds import Bounds, refuse_huge
from skseq.data.scaling import fit_scaler, standard_scaler
from skseq.data.sequences import SequenceArray
from skseq.data.steps import are_missing
from skseq.networks import KnownSquaredError, LabelCrossEntropy, StepCrossEntropy
from skseq.networks.several import mean_of_classes, mean_of_labels

__all__ = [
    "Classification",
    "MultilabelClassification",
    "Regression",
    "StepClassification",
    "Task",
]


class Task:
    """Base of the tasks.

    Attributes
    ----------
    n_outputs : int
        How many outputs the network needs.
    criterion : callable
        Makes the loss, an nn.Module; takes ``reduction="none"``.
    stratifies : bool
        Whether a held-out part shall have the same share of every target.
    per_step : bool
        Whether targets and outputs are those of time steps, not of sequences.
    average : callable
        Outputs of several networks, (k, ..., n_outputs) -> outputs that mean what they
        say on average.
    """

    n_outputs: int
    criterion: Callable[..., nn.Module]
    average: Callable[[Tensor], Tensor]
    stratifies: ClassVar[bool] = False
    per_step: ClassVar[bool] = False

    def learn_scale(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Learn the scale of the targets from the training part."""

    def encode(self, y: Any, dtype: np.dtype) -> Any:
        """Return targets for the loss, (n_samples,) or (n_samples, n_outputs)."""
        raise NotImplementedError

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return probabilities or values for outputs (n_samples, n_outputs)."""
        raise NotImplementedError


def tried(
    loss: LabelLoss | None, n_outputs: int, *, is_indicators: bool = False
) -> LabelLoss:
    """Return a loss of labels, cross entropy if none is given, tried out if own."""
    if isinstance(loss, OwnLabelLoss):
        return loss.try_out(n_outputs, is_indicators=is_indicators)
    return LogLoss() if loss is None else loss


class Classification(Task):
    """One class per sequence.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    loss : LabelLoss, default=LogLoss()
        What labels cost.
    """

    loss: LabelLoss = LogLoss()  # of what an earlier version wrote
    average = staticmethod(mean_of_classes)
    stratifies = True

    def __init__(self, classes: np.ndarray, loss: LabelLoss | None = None):
        self.classes = classes
        self.n_outputs = len(classes)
        self.loss = tried(loss, self.n_outputs)

    @property
    def criterion(self) -> Callable[..., nn.Module]:
        """Cross entropy, or another loss of classes."""
        if self.loss == LogLoss():
            return nn.CrossEntropyLoss
        return partial(ClassCriterion, loss=self.loss)

    def encode(self, y, dtype):
        """Return the position of each label; an unknown one is an error."""
        if y.ndim != 1:
            raise ValueError(
                f"y has the shape {y.shape}; expected one label per sequence, as in "
                "classes or the first fit."
            )
        unknown = np.setdiff1d(y, self.classes).tolist()
        if unknown:
            raise ValueError(
                f"y contains the label {unknown[0]!r}, which is not among the classes "
                f"{self.classes.tolist()}."
            )
        return np.searchsorted(self.classes, y)

    def decode(self, outputs):
        """Return the probability of every class; rows sum to one."""
        return torch.from_numpy(outputs).softmax(dim=1).numpy()

    def to_scores(self, outputs: np.ndarray) -> np.ndarray:
        """Return log-odds (n_samples,) of two classes, else the outputs."""
        return outputs[:, 1] - outputs[:, 0] if self.n_outputs == 2 else outputs


class WeighingTask(Task):
    """Base of the tasks whose loss weighs classes."""

    class_weights: np.ndarray | None = None

    def with_class_weights(self, weights: np.ndarray | None) -> Self:
        """Return the same task with other weights."""
        task = copy.copy(self)
        task.class_weights = weights
        return task


class StepClassification(WeighingTask, Classification):
    """One class per time step; y is a SequenceArray of labels.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    missing_label : object, default=None
        Label of steps whose class is not known.
    loss : LabelLoss, default=LogLoss()
        What labels cost.

    Attributes
    ----------
    class_weights : ndarray of shape (n_classes,) or None
        Weight of the steps of each class.
    typical : float
        What the steps of a training sequence weigh on average.
    """

    stratifies = False
    per_step = True

    missing_label: Any = None  # of what an earlier version wrote

    def __init__(
        self,
        classes: np.ndarray,
        missing_label: Any = None,
        loss: LabelLoss | None = None,
    ):
        super().__init__(classes, loss)
        self.missing_label = missing_label
        self.class_weights: np.ndarray | None = None
        self.typical = 1.0

    @property
    def criterion(self) -> Callable[..., nn.Module]:
        """A loss in which all steps count alike, but for their class."""
        weights = self.class_weights
        weights = None if weights is None else weights.tolist()
        settings = {"typical": self.typical, "weight": weights}
        if self.loss == LogLoss():
            return partial(StepCrossEntropy, **settings)
        return partial(StepClassCriterion, loss=self.loss, **settings)

    def learn_scale(self, y, weights):
        """Learn what the steps of a sequence weigh."""
        weighs = np.ones(self.n_outputs)
        if self.class_weights is not None:
            weighs = self.class_weights
        totals = [
            weighs[codes[codes != StepCrossEntropy.padding]].sum()
            for codes in self.encode(y, int)
        ]
        self.typical = float(np.average(totals, weights=weights))
        if self.typical == 0:
            raise ValueError("class_weight gives all steps the weight zero.")

    def encode(self, y: SequenceArray, dtype: np.dtype) -> SequenceArray:
        """Return the position of each label, or padding where it is missing.

        An unknown one is an error.
        """
        y = y.compact()
        labels = y.values[:, 0]
        known = ~are_missing(labels, self.missing_label)
        codes = np.full(len(labels), StepCrossEntropy.padding)
        codes[known] = super().encode(labels[known], dtype)
        return y.map_values(lambda _: codes[:, None])


class MultilabelClassification(WeighingTask):
    """Any number of labels per sequence.

    Parameters
    ----------
    n_labels : int
        Number of columns of the indicator matrix.
    loss : LabelLoss, default=LogLoss()
        What labels cost.

    Attributes
    ----------
    class_weights : ndarray of shape (2, n_labels) or None
        Weight of each label where a sequence lacks it, and where it has it.
    typical : float
        What an indicator of the training part weighs on average.
    """

    average = staticmethod(mean_of_labels)

    loss: LabelLoss = LogLoss()

    def __init__(self, n_labels: int, loss: LabelLoss | None = None):
        self.classes = np.arange(n_labels)
        self.n_outputs = n_labels
        self.loss = tried(loss, n_labels, is_indicators=True)
        self.class_weights: np.ndarray | None = None
        self.typical = 1.0

    @property
    def criterion(self) -> Callable[..., nn.Module]:
        """A loss in which indicators may have weights."""
        weights = None
        if self.class_weights is not None:
            weights = (self.class_weights / self.typical).tolist()
        if self.loss != LogLoss():
            return partial(IndicatorCriterion, loss=self.loss, weight=weights)
        if weights is None:
            return nn.BCEWithLogitsLoss
        return partial(LabelCrossEntropy, weight=weights)

    def learn_scale(self, y, weights):
        """Learn what an indicator weighs."""
        if self.class_weights is None:
            return
        lacking, having = self.class_weights
        weighed = np.where(y == 1, having, lacking).mean(axis=1)
        self.typical = float(np.average(weighed, weights=weights))
        if self.typical == 0:
            raise ValueError("class_weight gives all labels the weight zero.")

    def encode(self, y, dtype):
        """Return the indicators as floats."""
        if y.ndim != 2 or y.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has the shape {y.shape}; expected indicators (n_samples, "
                f"{self.n_outputs})."
            )
        return y.astype(dtype)

    def decode(self, outputs):
        """Return the probability of every label, each on its own."""
        return expit(outputs)

    def to_scores(self, outputs: np.ndarray) -> np.ndarray:
        """Return the log-odds of every label."""
        return outputs


class Regression(Task):
    """One or several numbers per sequence.

    Parameters
    ----------
    shape : tuple of int
        Shape of one target: () or (n_targets,).
    normalize : bool
        Whether the network learns standardised targets, wild ones clipped; those of a
        rate are divided by their mean, and none is clipped: their losses grow as slowly
        as they do, and rare large ones belong to the mean.
    loss : NumberLoss, default=SquaredError()
        What numbers cost.

    Attributes
    ----------
    bounds : Bounds
        Tell wild targets; predictions may lie anywhere.
    has_holes : bool
        Whether some targets, NaN, are not known.
    """

    bounds = Bounds.none()  # of what an earlier version wrote
    has_holes = False
    loss: NumberLoss = SquaredError()

    def __init__(
        self, shape: tuple[int, ...], normalize: bool, loss: NumberLoss | None = None
    ):
        self.shape = shape
        self.loss = SquaredError() if loss is None else loss
        self.n_outputs = self.n_targets * self.loss.n_outputs
        self.scaler = standard_scaler(normalize)
        self.bounds = Bounds.none()

    @property
    def n_targets(self) -> int:
        """Number of targets of a sequence."""
        return self.shape[0] if self.shape else 1

    @property
    def average(self) -> Callable[[Tensor], Tensor]:
        """What several networks say on average."""
        return self.loss.average

    @property
    def criterion(self) -> Callable[..., nn.Module]:
        """The loss of the targets that are known."""
        if type(self.loss) is SquaredError:
            return KnownSquaredError if self.has_holes else nn.MSELoss
        return partial(NumberCriterion, loss=self.loss)

    def learn_scale(self, y, weights):
        """Learn mean and standard deviation of each target, and bounds before."""
        y = y.reshape(len(y), -1)
        self.has_holes = bool(np.isnan(y).any())
        self.loss.check_sum(y)
        if self.scaler.with_mean:
            if not self.loss.is_rate:
                self.bounds = Bounds.of(y)
                y = self.bounds.clip(y)
            refuse_huge(y, "y")
        fit_scaler(self.scaler, [(y, weights)])
        if self.loss.is_rate:
            scale_by_mean(self.scaler)

    def encode(self, y, dtype):
        """Return standardised targets (n_samples, n_targets)."""
        if y.shape[1:] != self.shape:
            raise ValueError(
                f"y has the shape {y.shape}; expected {(len(y), *self.shape)}, "
                "as in the first fit."
            )
        y = self.bounds.clip(y.reshape(len(y), -1))
        return self.scaler.transform(y).astype(dtype)

    def decode(self, outputs):
        """Return predictions in the units of y, (n_samples,) or with n_targets."""
        return self._shaped(self.loss.point(self.in_units(outputs)))

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs (n_samples, n_targets, n_outputs) in the units of y."""
        return in_units(self.loss, self.scaler, outputs)

    def quantiles(
        self, outputs: np.ndarray, levels: np.ndarray, errors: np.ndarray | None = None
    ) -> np.ndarray:
        """Return quantiles (n_samples, n_levels), or with n_targets between.

        They are those that the loss learned, or of held-out errors (n, n_targets).
        """
        outputs = self.in_units(outputs)
        if errors is None:
            return self._shaped(self.loss.quantile(outputs, levels))
        scores = quantiles_of_errors(errors, levels)
        return self._shaped(Units.of(self.loss, outputs).values(scores))

    def deviations(self, outputs: np.ndarray) -> np.ndarray:
        """Return standard deviations, as `decode` does predictions."""
        return self._shaped(self.loss.deviation(self.in_units(outputs)))

    def _shaped(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(len(values), *self.shape, *values.shape[2:])
