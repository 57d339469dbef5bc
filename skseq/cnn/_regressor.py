"""Regressor of numbers from sequences by a convolutional network."""

from __future__ import annotations

from skseq.cnn._architecture import BaseCNN
from skseq.cnn._parameters import Downsampling
from skseq.core.mixins import SequenceRegressorMixin

__all__ = ["CNNRegressor"]


class CNNRegressor(SequenceRegressorMixin, Downsampling, BaseCNN):
    """Regressor of numbers from sequences by a convolutional network.

    One-dimensional convolutions over time look for patterns, the steps are pooled into
    one vector, and fully connected layers turn that into one or several numbers, which
    the squared error trains, or another `loss`.

    {parameters}

    {attributes}

    See Also
    --------
    CNNClassifier : Predicts classes.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import CNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 30))
    >>> y = (X > 1).sum(axis=1)  # how many peaks
    >>> model = CNNRegressor(kernel_size=3, n_branches=1, random_state=0)
    >>> model.set_params(max_epochs=40).fit(X[:150], y[:150])  # doctest: +ELLIPSIS
    CNNRegressor(...)
    >>> model.score(X[150:], y[150:]) > 0.8
    True
    """
