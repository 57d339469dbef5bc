"""What estimators of class labels share, per sequence or per step."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_class_weight

from skseq._describing import described
from skseq._showing import naming, shown
from skseq.core.losses import LABEL_LOSSES, make_label_loss
from skseq.core.texts import TEXTS
from skseq.data.samples import Samples
from skseq.parameters import (
    NOT_NEGATIVE,
    PROBABILITY,
    Declared,
    Options,
    amended,
    parameter,
)

__all__ = ["LabelLossParameters", "LabelsMixin", "declared_classes"]


class LabelLossParameters(Declared, about="task"):
    """What is minimised, where labels are learned."""

    loss: str | Callable = parameter(
        default="log_loss",
        constraint=[Options(*LABEL_LOSSES), callable],
        text="""What is minimised: the cross entropy, or "focal", that times a power of
        the probability missing to the right answer, so that what is easily told counts
        less (Lin et al., 2017); probabilities are then flatter than frequencies. A loss
        of your own, such as `torch.nn.MultiMarginLoss`, is given outputs and the
        positions of labels, or indicators, and returns a loss for each; probabilities
        are the softmax of the outputs, or of indicators their logistic function.""",
        type="str or callable",
    )
    focal_gamma: float = parameter(
        default=2.0,
        constraint=[NOT_NEGATIVE],
        text="""The power in ``loss="focal"``; 0 is the cross entropy.""",
    )
    label_smoothing: float = parameter(
        default=0.0,
        constraint=[PROBABILITY],
        text="""What of each label is shared out among all classes (Szegedy et al.,
        2016), as in `torch.nn.CrossEntropyLoss`; of an indicator, half of it.""",
    )

    def _asked_loss(self) -> Any:
        return make_label_loss(self)


@described(**TEXTS)
class LabelsMixin(LabelLossParameters, about="task"):
    """Knows its classes and their weights, and trains on a part of them."""

    class_weight: dict | list[dict] | str | None = parameter(
        default=None,
        constraint=[dict, list, Options("balanced"), None],
        text="""Weight of each class in the loss; "balanced" makes all classes equally
        important. Of label indicators "balanced" does so for each label on its own, and
        a list has the weights of 0 and 1, such as ``{1: 5.0}``, for each label.""",
    )
    validation_fraction = amended(
        text="Fraction to hold out, with the same share of every class."
    )

    @property
    def classes_(self) -> np.ndarray:
        """The labels, (n_classes,), in the order of the columns of `predict_proba`."""
        return self._task.classes

    def _check_classes(self, labels: np.ndarray) -> np.ndarray:
        """Return the distinct labels; one alone is no choice."""
        classes = np.unique(labels)
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes; y holds "
                f"one class: {classes.tolist()}."
            )
        return classes

    def _class_weights(
        self, labels: np.ndarray, sample_weight: np.ndarray | None
    ) -> np.ndarray:
        """Return the weight of each class, zero if it is unknown."""
        if isinstance(self.class_weight, list):
            raise ValueError(
                f"class_weight={self.class_weight!r} is a list, which is for label "
                "indicators; expected a dict, 'balanced' or None."
            )
        if isinstance(self.class_weight, dict):
            _check_weights(self.class_weight)
            classes = self.classes_  # those that y lacks, too
        else:
            classes = np.unique(labels)
        weights = np.zeros(len(self.classes_))
        weights[np.isin(self.classes_, classes)] = compute_class_weight(
            self.class_weight, classes=classes, y=labels, sample_weight=sample_weight
        )
        return weights

    def _label_weights(self, samples: Samples) -> np.ndarray | None:
        """Return weights (2, n_labels) of lacking and of having each label."""
        given, n_labels = self.class_weight, samples.y.shape[1]
        if given is None:
            return None
        weights = np.ones((2, n_labels))
        if isinstance(given, list):
            if len(given) != n_labels or not all(
                isinstance(of_label, dict) and set(of_label) <= {0, 1}
                for of_label in given
            ):
                raise ValueError(
                    f"class_weight={given!r:.80} must hold a dict of the weights of 0 "
                    f"and 1 for each of the {n_labels} labels."
                )
            for label, of_label in enumerate(given):
                _check_weights(of_label)
                weights[:, label] = [of_label.get(indicator, 1) for indicator in (0, 1)]
            return weights
        if given != "balanced":
            raise ValueError(
                "class_weight must be 'balanced' or None for label indicators, or a "
                f"list with a dict for each label, got {given!r}."
            )
        for label, y in enumerate(samples.y.T):
            indicators = np.unique(y)
            weights[indicators, label] = compute_class_weight(
                given, classes=indicators, y=y, sample_weight=samples.weights
            )
        return weights

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Train for one epoch, from where the last fit or partial_fit stopped.

        {one_epoch_of_labels}

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`.
        y : array-like or list of arrays
            The labels, as in `fit`.
        {classes}
        {sample_weight}

        {fitted}

        {unlearned_labels}
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all samples at once; give partial_fit "
                "weights as a dict."
            )
        if classes is not None:
            classes = declared_classes(self, classes)
        return self._fit(X, y, sample_weight, classes, partial=True)


def _check_weights(class_weight: dict) -> None:
    """Refuse weights of classes that are negative, or no numbers."""
    wrong = {
        label: weight
        for label, weight in class_weight.items()
        if not (isinstance(weight, Real) and 0 <= float(weight) < np.inf)
    }
    if wrong:
        raise ValueError(
            f"class_weight must hold finite numbers from 0 on, got {wrong}."
        )


@naming("classes")
def declared_classes(estimator: Any, classes: Any) -> np.ndarray:
    """Return the distinct labels that a call of partial_fit declares.

    Parameters
    ----------
    estimator : estimator
        If it is fitted, its classes must be the same.
    classes : array-like of shape (n_classes,)
        All labels that may ever come.

    Returns
    -------
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If they are not labels, or differ from those of the first call.
    """
    labels = np.asarray(classes)
    if labels.ndim != 1:
        raise ValueError(
            f"classes={shown(classes)} must be a list of labels, got the shape "
            f"{labels.shape}; expected (n_classes,)."
        )
    assert_all_finite(labels, input_name="classes")
    labels = np.unique(labels)
    if hasattr(estimator, "net_") and not np.array_equal(labels, estimator.classes_):
        raise ValueError(
            f"classes={labels.tolist()} differ from those of the first call, "
            f"{estimator.classes_.tolist()}."
        )
    return labels
