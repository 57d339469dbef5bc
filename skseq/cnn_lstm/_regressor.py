"""Regressor of sequences by convolutions and a recurrent network behind them."""

from __future__ import annotations

from skseq.cnn_lstm._architecture import BaseCNNLSTM, Shortening
from skseq.core.mixins import SequenceRegressorMixin

__all__ = ["CNNLSTMRegressor"]


class CNNLSTMRegressor(SequenceRegressorMixin, Shortening, BaseCNNLSTM):
    """Regressor of numbers by convolutions and recurrent layers behind them.

    Convolutions extract patterns and shorten the sequence, recurrent layers remember
    what follows what, and dense layers turn that into one or several numbers, which
    the squared error trains, or another `loss`.

    {parameters}

    {attributes}

    See Also
    --------
    CNNLSTMClassifier : Predicts classes.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import CNNLSTMRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 30)).cumsum(axis=1)
    >>> y = X[:, 20] - X[:, 10]
    >>> model = CNNLSTMRegressor(max_epochs=40, random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.7
    True
    """
