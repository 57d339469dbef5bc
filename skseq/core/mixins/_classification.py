"""What a classifier adds to any architecture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skseq._describing import described
from skseq._showing import shown
from skseq._sklearn import ClassifierMixin
from skseq.core.mixins._encoding import EncodingMixin
from skseq.core.mixins._labels import LabelsMixin
from skseq.core.tasks import Classification, MultilabelClassification
from skseq.core.texts import TEXTS
from skseq.data.targets import check_labels, check_scored_labels, check_weights
from skseq.parameters import attribute
from skseq.parameters.checks import exactly

__all__ = ["SequenceClassifierMixin"]


@described(**TEXTS)
class SequenceClassifierMixin(LabelsMixin, EncodingMixin, ClassifierMixin):
    """Predicts one class, or a set of labels, per sequence."""

    _task: Classification | MultilabelClassification = attribute(
        check=exactly(Classification, MultilabelClassification)
    )

    def _check_y(self, X, y):
        return check_labels(X, y)

    def _make_task(self, y):
        if y.ndim == 2:
            return MultilabelClassification(y.shape[1], self._asked_loss())
        return Classification(self._check_classes(y), self._asked_loss())

    def _weigh(self, samples):
        if isinstance(self._task, MultilabelClassification):
            self._task.encode(samples.y, float)  # which refuses other targets
            self._task = self._task.with_class_weights(self._label_weights(samples))
            return samples
        if self.class_weight is None:
            return samples
        codes = self._task.encode(samples.y, float)
        weights = self._class_weights(samples.y, samples.weights)[codes]
        if not weights.any():
            raise ValueError(
                f"class_weight={shown(self.class_weight)} gives all samples the "
                "weight zero."
            )
        if samples.weights is not None:
            weights = weights * samples.weights
        return replace(samples, weights=weights)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class.

        {takes_sequences}

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`. For label indicators: the
            probability of each label on its own, (n_samples, n_labels).
        """
        outputs = self._predict_outputs(X)
        return self._task.decode(outputs)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the network's outputs before they become probabilities.

        {takes_sequences}

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Two classes: the log-odds of the second. Otherwise one score per class
            (up to a constant its log-probability) or label (its log-odds).
        """
        outputs = self._predict_outputs(X)
        return self._task.to_scores(outputs)

    def predict(self, X: Any) -> Any:
        """Return the most probable class.

        {takes_sequences}

        Returns
        -------
        y : ndarray, Series or DataFrame of n_samples (by n_labels)
            Labels, or indicators of the labels with a probability above one half.
            {by_instance}
        """
        return self._answer(self._predict_outputs(X, self._chosen), X)

    def _chosen(self, outputs: np.ndarray) -> np.ndarray:
        """Return the classes that outputs are for."""
        proba = self._task.decode(outputs)
        if isinstance(self._task, MultilabelClassification):
            return (proba > 0.5).astype(int)
        return self.classes_[proba.argmax(axis=1)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy; of label indicators, of whole rows.

        {takes_sequences}
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Their labels.
        {sample_weight}

        Returns
        -------
        score : float
            The share of sequences whose label is right.

        {unscored}
        """
        y = check_scored_labels(X, y)
        return super().score(X, y, check_weights(sample_weight, X, y))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
