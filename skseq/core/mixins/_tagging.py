"""What a tagger adds to any architecture."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq.core.mixins._known_series import joined, warn_of_known_series
from skseq.core.mixins._labels import LabelsMixin
from skseq.core.parameters import WILD_VALUES
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.core.tasks import StepClassification
from skseq.core.texts import TEXTS
from skseq.data.layouts import is_panel
from skseq.data.sequences import SequenceArray
from skseq.data.steps import (
    are_missing,
    check_step_labels,
    flatten_steps,
    unflatten_steps,
)
from skseq.metrics import step_scorer
from skseq.parameters import amended, attribute, parameter, retold
from skseq.parameters.checks import exactly, instance
from skseq.preprocessing._extents import extents_of

__all__ = ["SequenceTaggerMixin"]


@described(**TEXTS)
class SequenceTaggerMixin(LabelsMixin, about="task"):
    """Predicts one class per time step."""

    _task: StepClassification = attribute(check=exactly(StepClassification))
    _extents: dict = attribute(check=instance(dict))

    normalize = amended(
        text=f"""Standardise every feature by its mean and standard deviation in the
        training data, or every feature of each sequence by its own, which looks at
        later steps, too, or show the network both side by side. {WILD_VALUES}"""
    )
    batch_size = amended(text="Sequences per step of the optimiser.")
    class_weight: dict | str | None = parameter(
        default=None,
        text="""Weight of the steps of each class in the loss; "balanced" makes all
        classes equally important.""",
    )
    missing_label: Any = parameter(
        default=None,
        constraint=[str, Real, None],
        text="""Label of steps whose class is not known, such as NaN or -1: they are
        read, but neither learned from nor scored. None says that all are known.""",
        type="str, int, float or None",
    )
    early_stopping = amended(
        text="""Whether to hold out a part of the sequences, stop when its loss has not
        fallen for `patience` epochs, and return to the best weights."""
    )
    validation_fraction = amended(text="Fraction of the sequences to hold out.")

    _notes: ClassVar[str] = """
    Every step counts alike in the loss and in `score`, so a long sequence counts more
    than a short one; steps of padding do not count at all.
    """

    @property
    def module_(self) -> torch.nn.Module:
        """The trained network: (x, lengths) -> outputs.

        x is a tensor (B, T, F), integers (B, T, 1) if it holds tokens; outputs are
        (n_samples, n_timesteps, n_classes).
        """
        return super().module_

    def _check_y(self, X, y):
        return check_step_labels(X, y, self.missing_label)

    def _make_task(self, y):
        labels = y.compact().values if isinstance(y, SequenceArray) else y
        labels = labels[~are_missing(labels, self.missing_label)]
        classes = self._check_classes(labels)
        return StepClassification(classes, self.missing_label, self._asked_loss())

    def _check_samples(self, X, y, sample_weight, *, reset, groups=None):
        samples = super()._check_samples(
            X, y, sample_weight, reset=reset, groups=groups
        )
        extents = extents_of(X.index) if is_panel(X) else {}
        self._extents = extents if reset else joined(self._extents, extents)
        return samples

    def _predict_outputs(self, X, choose=None):
        outputs = super()._predict_outputs(X, choose)
        if is_panel(X) and not getattr(self, "_is_stateful", False):
            warn_of_known_series(self, self._extents, X.index)
        return outputs

    def _weigh(self, samples):
        weights = None
        if self.class_weight is not None:
            labels, lengths = flatten_steps(samples.y)
            step_weights = samples.weights
            known = ~are_missing(labels, self.missing_label)
            if step_weights is not None:
                step_weights = np.repeat(step_weights, lengths)[known]
            weights = self._class_weights(labels[known], step_weights)
        self._task = self._task.with_class_weights(weights)
        return samples

    fit = retold(
        BaseSequenceEstimator.fit,
        y="""array-like, list of arrays, Series or SequenceArray
        The label of every time step: (n_samples, n_timesteps), a list of
        (n_timesteps_i,) arrays or, of a DataFrame with two levels, a Series with the
        same index or an array of shape (n_rows,).""",
        sample_weight="""array-like of shape (n_samples,), default=None
        Weights of the sequences, and so of all their steps; None weighs all alike.""",
    )

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of every class at every step.

        {takes_sequences}

        Returns
        -------
        proba : ndarray, list of ndarray or DataFrame
            Of an array (n_samples, n_timesteps, n_classes), of a list or a
            SequenceArray a list of (n_timesteps_i, n_classes) arrays, of a DataFrame
            with two levels a DataFrame with its index. Columns in the order of
            `classes_`.
        """
        outputs = self._predict_outputs(X)
        return unflatten_steps(self._task.decode(outputs), X, self.classes_)

    def decision_function(self, X: Any) -> Any:
        """Return the network's outputs before they become probabilities.

        {takes_sequences}

        Returns
        -------
        scores : ndarray, list of ndarray, Series or DataFrame
            Laid out as in `predict_proba`. Two classes: the log-odds of the second,
            one number per step. Otherwise one score per class, up to a constant its
            log-probability.
        """
        outputs = self._predict_outputs(X)
        return unflatten_steps(self._task.to_scores(outputs), X, self.classes_)

    def predict(self, X: Any) -> Any:
        """Return the most probable class of every step.

        {takes_sequences}

        Returns
        -------
        y : ndarray, list of ndarray or Series
            Of an array (n_samples, n_timesteps), of a list or a SequenceArray a list
            of (n_timesteps_i,) arrays, of a DataFrame with two levels a Series with
            its index.
        """
        return unflatten_steps(self._predict_outputs(X, self._chosen), X)

    def _chosen(self, outputs: np.ndarray) -> np.ndarray:
        """Return the classes that outputs (n_steps, n_classes) are for."""
        return self.classes_[outputs.argmax(axis=1)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy over all steps.

        {takes_sequences}
        y : array-like, list of arrays, Series or SequenceArray
            The labels of their steps, as in `fit`.
        sample_weight : array-like or list of arrays, default=None
            Weights of the sequences, (n_samples,), and so of all their steps; or of the
            steps, laid out as y is.

        Returns
        -------
        score : float
            The share of steps, of those with a label, whose label is right.
        """
        check_is_fitted(self, "net_")
        scorer = step_scorer("accuracy", missing_label=self.missing_label)
        return scorer(self, X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.two_d_labels = True
        return tags
