"""What a classifier adds to any architecture."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from skseq._validation import check_labels
from skseq.samples import Samples
from skseq.tasks import Classification, MultilabelClassification

__all__ = ["SequenceClassifierMixin"]


class SequenceClassifierMixin(ClassifierMixin):
    """Predicts one class, or a set of labels, per sequence."""

    _class_parameter_constraints: ClassVar[dict] = {
        "class_weight": [dict, StrOptions({"balanced"}), None]
    }

    def _check_y(self, X, y):
        return check_labels(X, y)

    def _make_task(self, y):
        if y.ndim == 2:
            return MultilabelClassification(y.shape[1])
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes; y holds "
                f"one class: {classes.tolist()}."
            )
        return Classification(classes)

    def _weigh(self, samples):
        if self.class_weight is None:
            return samples
        weights = self._class_weights(samples)
        if not weights.any():
            raise ValueError(
                f"class_weight={self.class_weight!r} gives all samples the weight zero."
            )
        if samples.weights is not None:
            weights = weights * samples.weights
        return Samples(samples.sequences, samples.y, weights)

    def _class_weights(self, samples: Samples) -> np.ndarray:
        """Return the weight of each sample's class."""
        if isinstance(self._task, MultilabelClassification):
            if self.class_weight != "balanced":
                raise ValueError(
                    "class_weight must be 'balanced' or None for label indicators, got "
                    f"{self.class_weight!r}."
                )
            return compute_sample_weight("balanced", samples.y)
        if isinstance(self.class_weight, dict):
            negative = {c: w for c, w in self.class_weight.items() if not w >= 0}
            if negative:
                raise ValueError(f"class_weight must not be negative, got {negative}.")
            classes = self.classes_  # those that y lacks, too
        else:
            classes = np.unique(samples.y)
        codes = self._task.encode(samples.y, float)
        weights = np.zeros(len(self.classes_))
        weights[np.isin(self.classes_, classes)] = compute_class_weight(
            self.class_weight,
            classes=classes,
            y=samples.y,
            sample_weight=samples.weights,
        )
        return weights[codes]

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ):
        """Train for one epoch, from where the last fit or partial_fit stopped.

        The scale of the inputs is learned in the first call and kept. Nothing is held
        out, so `early_stopping` does not apply, nor does `lr_schedule`; weights are
        taken as they are, not relative to their mean.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            The labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed in the first call unless y holds
            them all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        earlier = getattr(self, "net_", None)
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all samples at once; give partial_fit "
                "weights as a dict."
            )
        if classes is not None:
            classes = np.unique(classes)
            if np.ndim(y) == 2:
                raise ValueError("classes does not go with label indicators.")
            if earlier is not None and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"classes={classes.tolist()} differ from those of the first call, "
                    f"{self.classes_.tolist()}."
                )
        return self._fit(X, y, sample_weight, 1, earlier, classes, partial=True)

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in the order of the columns of `predict_proba`."""
        return self._task.classes

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.

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

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Two classes: the log-odds of the second. Otherwise one score per class
            (up to a constant its log-probability) or label (its log-odds).
        """
        outputs = self._predict_outputs(X)
        return self._task.to_scores(outputs)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, or indicators of the labels with a probability above one half.
        """
        proba = self.predict_proba(X)
        if isinstance(self._task, MultilabelClassification):
            return (proba > 0.5).astype(int)
        return self.classes_[proba.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
