"""A classifier for sktime."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_classifier
from sktime.classification.base import BaseClassifier

from skseq.cnn import CNNClassifier
from skseq.rnn import RNNClassifier
from skseq.sktime._adapter import PanelAdapter, of_panels

__all__ = ["SktimeClassifier"]


@of_panels
class SktimeClassifier(PanelAdapter, BaseClassifier):
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
    {other_columns}

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

    _default = RNNClassifier
    _is_kind = staticmethod(is_classifier)
    _tags: ClassVar[dict] = {"capability:predict_proba": True}

    def _predict_proba(self, X: Any) -> np.ndarray:
        return self.estimator_.predict_proba(self._read(X))

    @classmethod
    def _quick_ones(cls) -> list:
        return [
            RNNClassifier(hidden_size=4, max_epochs=1),
            CNNClassifier(n_filters=(4,), max_epochs=1),
        ]
