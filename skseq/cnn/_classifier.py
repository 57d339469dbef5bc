"""Classifier of sequences by a convolutional network."""

from __future__ import annotations

from skseq.cnn._architecture import BaseCNN
from skseq.cnn._parameters import Downsampling
from skseq.core.mixins import SequenceClassifierMixin

__all__ = ["CNNClassifier"]


class CNNClassifier(SequenceClassifierMixin, Downsampling, BaseCNN):
    """Classifier of sequences by a convolutional network.

    One-dimensional convolutions over time look for patterns, the steps are pooled into
    one vector, and fully connected layers turn that into the log-odds of the classes,
    which cross entropy trains. The defaults are a small Inception network for time
    series (Ismail Fawaz et al., 2020, "InceptionTime: Finding AlexNet for Time Series
    Classification"). y may hold two or more classes of any type, or 0/1 indicators of
    several labels per sequence.

    {parameters}

    {attributes}

    See Also
    --------
    CNNRegressor : Predicts numbers.

    {notes}

    Examples
    --------
    >>> from skseq import CNNClassifier
    >>> from skseq.datasets import load_basic_motions
    >>> X, y = load_basic_motions(split="train")
    >>> model = CNNClassifier(max_epochs=20, random_state=0).fit(X, y)
    >>> model.score(*load_basic_motions(split="test")) > 0.9
    True
    """
