"""scikit-learn's metrics and scorers over the time steps of all sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skseq._showing import naming
from skseq.data.steps import (
    are_missing,
    check_step_labels,
    check_step_weights,
    flatten_steps,
)
from skseq.data.targets import check_same_steps
from skseq.metrics._scorers import Answering, WrappedScorer, as_scorer

__all__ = ["concat_steps", "step_scorer"]


def concat_steps(values: Any) -> np.ndarray:
    """Join labels, probabilities or scores of time steps for scikit-learn's metrics.

    Parameters
    ----------
    values : list of arrays, array-like, Series, DataFrame or SequenceArray
        What belongs to every step, as taggers take and give it: a list of
        (n_timesteps_i, ...) arrays or an array (n_samples, n_timesteps, ...).

    Returns
    -------
    flat : ndarray of shape (n_steps,) or (n_steps, n_outputs)
        Sequence after sequence, without padding.

    Raises
    ------
    ValueError
        If there is one value per sequence instead.

    Examples
    --------
    >>> from sklearn.metrics import f1_score
    >>> from skseq.metrics import concat_steps
    >>> y_true, y_pred = [[0, 1, 1], [0]], [[0, 0, 1], [0]]
    >>> round(f1_score(concat_steps(y_true), concat_steps(y_pred)), 3)
    0.667
    """
    with naming("values"):
        return flatten_steps(values, "values")[0]


def step_scorer(scoring: str | Callable, *, missing_label: Any = None) -> Callable:
    """Make a scorer of labels per time step from one of labels per sample.

    All steps of all sequences are joined, each of them a sample; there is no padding
    among them.

    Parameters
    ----------
    scoring : str or callable
        Any scorer of scikit-learn for classifiers, made by
        `sklearn.metrics.make_scorer`, or its name, as "roc_auc", "f1_macro",
        "neg_log_loss", "average_precision".
    missing_label : object, default=None
        Label of steps that are not scored, as the parameter of taggers.

    Returns
    -------
    scorer : callable
        (estimator, X, y, sample_weight=None) -> score, for `scoring` in GridSearchCV
        and cross_val_score, alone or among others. `sample_weight` weighs sequences,
        (n_samples,), or steps, laid out as y is. As of scikit-learn's own scorers, its
        `set_score_request` asks for weights where metadata are routed.

    See Also
    --------
    concat_steps : For metrics, which take labels and predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> from skseq import RNNTagger
    >>> from skseq.metrics import step_scorer
    >>> X = np.random.default_rng(0).normal(size=(60, 10))
    >>> y = (X > 0.5).astype(int)
    >>> model = RNNTagger(max_epochs=20, lr=0.02, random_state=0)
    >>> aucs = cross_val_score(model, X, y, cv=2, scoring=step_scorer("roc_auc"))
    >>> bool(aucs.mean() > 0.9)
    True
    """
    with naming("scoring"):
        scorer = _StepScorer(as_scorer(scoring))
    scorer.missing_label = missing_label
    return scorer


class _StepScorer(WrappedScorer):
    """Scores steps as a scorer of scikit-learn scores samples."""

    missing_label: Any = None

    def _score(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, metadata: dict
    ) -> float:
        steps = check_step_labels(X, y, self.missing_label)
        labels, lengths = flatten_steps(steps)
        known = ~are_missing(labels, self.missing_label)
        weights = check_step_weights(sample_weight, y, steps)
        if weights is not None:
            metadata["sample_weight"] = weights[known]
        of_steps = _OfSteps(estimator, lengths, known)
        return self.scorer(of_steps, X, labels[known], **metadata)


class _OfSteps(Answering):
    """A tagger as a classifier of steps."""

    _changed = ("predict", "predict_proba", "decision_function")

    def __init__(self, tagger: Any, lengths: np.ndarray, known: np.ndarray):
        super().__init__(tagger)
        self._lengths = lengths
        self._known = known

    def _change(self, answer: Any) -> np.ndarray:
        flat, lengths = flatten_steps(answer)
        check_same_steps(lengths, self._lengths)
        return flat[self._known]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        return tags
