"""Regressor of numbers from sequences by a recurrent network."""

from __future__ import annotations

from skseq.core.mixins import SequenceRegressorMixin
from skseq.rnn._architecture import BaseRNN

__all__ = ["RNNRegressor"]


class RNNRegressor(SequenceRegressorMixin, BaseRNN):
    """Regressor of numbers from sequences by a recurrent network.

    Recurrent layers read each sequence, its steps are pooled into one vector, and
    fully connected layers turn that into one or several numbers, which the squared
    error trains, or another `loss`.

    {parameters}

    {attributes}

    See Also
    --------
    RNNClassifier : Predicts classes.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=rng.integers(3, 9)) for _ in range(200)]  # any lengths
    >>> y = [x.sum() for x in X]
    >>> model = RNNRegressor(cell="rnn", max_epochs=50, random_state=0)
    >>> model.fit(X[:150], y[:150]).score(X[150:], y[150:]) > 0.9
    True
    """

    bidirectional: bool = True
    pooling: str = "concat"
    normalize: str | None = "both"
