"""A classifier for sktime."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_classifier
from sktime.classification.base import BaseClassifier

from skseq.cnn import CNNClassifier
from skseq.rnn import RNNClassifier
from skseq.sktime._panels import (
    TAGS,
    check_names,
    fresh,
    has_random_state,
    to_sequences,
)

__all__ = ["SktimeClassifier"]


class SktimeClassifier(BaseClassifier):
    """A classifier of sequences for sktime.

    Wraps an estimator of this package, or a pipeline or search around one, for
    sktime's pipelines, ensembles, searches and benchmarks. It takes every layout of
    panels that sktime knows, with several channels and with unequal lengths, and puts
    time before channels. y of several columns trains one clone per column.

    Parameters
    ----------
    estimator : estimator or None, default=None
        The classifier to clone and fit. None takes `RNNClassifier()`.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone. It takes sequences of shape (n_timesteps, n_channels). There
        is none if y held one class only, which sktime then predicts by itself.
    classes_ : ndarray of shape (n_classes,)
        The labels, in the order of the columns of `predict_proba`.

    Raises
    ------
    TypeError
        In `fit`, if `estimator` is not a classifier.
    ValueError
        In `predict`, if columns have other names than in `fit` or stand in another
        order.

    See Also
    --------
    SktimeRegressor : Predicts numbers.

    Examples
    --------
    >>> from sktime.datasets import load_basic_motions
    >>> from skseq import CNNClassifier
    >>> from skseq.sktime import SktimeClassifier
    >>> X, y = load_basic_motions(split="train", return_type="numpy3D")
    >>> X.shape  # instances, channels, time steps
    (40, 6, 100)
    >>> model = SktimeClassifier(CNNClassifier(max_epochs=20, random_state=0))
    >>> model = model.fit(X, y)
    >>> model.score(*load_basic_motions(split="test", return_type="numpy3D")) > 0.9
    True
    """

    _tags: ClassVar[dict] = {**TAGS, "capability:predict_proba": True}

    def __init__(self, estimator: Any = None):
        self.estimator = estimator
        super().__init__()

    def __dynamic_tags__(self):
        """Tell sktime that an estimator given with a random state is repeatable."""
        if has_random_state(self):
            self.set_tags(**{"property:randomness": "derandomized"})

    def _fit(self, X, y):
        estimator = fresh(self.estimator, RNNClassifier, is_classifier)
        self._names = list(X[0].columns)
        self.estimator_ = estimator.fit(to_sequences(X), y)
        return self

    def _read(self, X: Any) -> list[np.ndarray]:
        check_names(list(X[0].columns), self._names)
        return to_sequences(X)

    def _predict(self, X: Any) -> np.ndarray:
        return self.estimator_.predict(self._read(X))

    def _predict_proba(self, X: Any) -> np.ndarray:
        return self.estimator_.predict_proba(self._read(X))

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Return parameters for the tests of sktime.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored.

        Returns
        -------
        parameters : list of dict
        """
        return [
            {"estimator": RNNClassifier(hidden_size=4, max_epochs=2)},
            {"estimator": CNNClassifier(n_filters=(4,), max_epochs=2)},
        ]
