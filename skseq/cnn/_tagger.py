"""Tagger of time steps by a convolutional network."""

from __future__ import annotations

from skseq.cnn._architecture import BaseCNN
from skseq.core.mixins import SequenceTaggerMixin

__all__ = ["CNNTagger"]


class CNNTagger(SequenceTaggerMixin, BaseCNN):
    """Tagger of time steps by a convolutional network.

    One-dimensional convolutions over time look at a neighbourhood of every step, and
    fully connected layers turn what they find into the log-odds of its classes, which
    cross entropy trains: a label per step. The defaults are a small Inception network
    for time series (Ismail Fawaz et al., 2020); with ``padding="causal"`` no label
    depends on a later step.

    {parameters}

    {attributes}

    See Also
    --------
    CNNClassifier : Predicts one class per sequence.
    RNNTagger : Remembers all steps before.
    skseq.metrics.step_scorer : Scorers of labels per step.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import CNNTagger
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 50))  # 60 sequences of 50 steps
    >>> y = (X > np.roll(X, -1, axis=1)).astype(int)  # 1: the next value is lower
    >>> model = CNNTagger(kernel_size=5, max_epochs=20, random_state=0)
    >>> model.fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9
    True
    >>> model.predict(X[40:]).shape
    (20, 50)
    """

    normalize: str | None = "feature"
