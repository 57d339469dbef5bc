"""Tagger of time steps by convolutions and a recurrent network behind them."""

from __future__ import annotations

from skseq.cnn_lstm._architecture import BaseCNNLSTM
from skseq.core.mixins import SequenceTaggerMixin

__all__ = ["CNNLSTMTagger"]


class CNNLSTMTagger(SequenceTaggerMixin, BaseCNNLSTM):
    """Tagger of time steps by convolutions and recurrent layers behind them.

    Convolutions look at a neighbourhood of every step, recurrent layers remember what
    follows what, and dense layers decide on a label per step. No label depends on a
    later step with ``padding="causal"`` and ``bidirectional=False``.

    {parameters}

    {attributes}

    See Also
    --------
    CNNLSTMClassifier : Predicts one class per sequence.
    RNNTagger : Does without convolutions.
    skseq.metrics.step_scorer : Scorers of labels per step.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import CNNLSTMTagger
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 50))  # 60 sequences of 50 steps
    >>> y = (X > np.roll(X, -1, axis=1)).astype(int)  # 1: the next value is lower
    >>> model = CNNLSTMTagger(kernel_size=5, max_epochs=20, random_state=0)
    >>> model.fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9
    True
    >>> model.predict(X[40:]).shape
    (20, 50)
    """

    normalize: str | None = "feature"
