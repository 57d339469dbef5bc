"""Classifier of sequences by convolutions and a recurrent network behind them."""

from __future__ import annotations

from skseq.cnn_lstm._architecture import BaseCNNLSTM, Shortening
from skseq.core.mixins import SequenceClassifierMixin

__all__ = ["CNNLSTMClassifier"]


class CNNLSTMClassifier(SequenceClassifierMixin, Shortening, BaseCNNLSTM):
    """Classifier of sequences by convolutions and recurrent layers behind them.

    Convolutions extract patterns and shorten the sequence, recurrent layers remember
    what follows what, and dense layers decide. y may hold two or more classes of any
    type, or 0/1 indicators of several labels per sequence.

    {parameters}

    {attributes}

    See Also
    --------
    CNNLSTMRegressor : Predicts numbers.

    {notes}

    Examples
    --------
    >>> from skseq import CNNLSTMClassifier
    >>> from skseq.datasets import load_basic_motions
    >>> X, y = load_basic_motions(split="train")
    >>> model = CNNLSTMClassifier(max_epochs=20, random_state=0).fit(X, y)
    >>> model.score(*load_basic_motions(split="test")) > 0.9
    True
    """

    drop_path: float = 0.5
