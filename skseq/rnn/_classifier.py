"""Classifier of sequences by a recurrent network."""

from __future__ import annotations

from skseq.core.mixins import SequenceClassifierMixin
from skseq.rnn._architecture import BaseRNN

__all__ = ["RNNClassifier"]


class RNNClassifier(SequenceClassifierMixin, BaseRNN):
    """Classifier of sequences by a recurrent network.

    Recurrent layers read each sequence, its steps are pooled into one vector, and
    fully connected layers turn that into the log-odds of the classes, which cross
    entropy trains. y may hold two or more classes of any type, or 0/1 indicators of
    several labels per sequence.

    {parameters}

    {attributes}

    See Also
    --------
    RNNRegressor : Predicts numbers.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 12, 2))  # 200 sequences of 12 steps, 2 features
    >>> y = np.where(X[..., 0].sum(axis=1) > 0, "up", "down")
    >>> model = RNNClassifier(cell="gru", max_epochs=30, random_state=0)
    >>> model.fit(X[:150], y[:150]).score(X[150:], y[150:]) > 0.9
    True
    >>> model.classes_
    array(['down', 'up'], dtype='<U4')
    >>> model.predict_proba([np.ones((5, 2)), -np.ones((30, 2))]).round() # any length
    array([[0., 1.],
           [1., 0.]])
    """

    bidirectional: bool = True
    pooling: str = "concat"
    normalize: str | None = "both"
