"""Tagger of time steps by a recurrent network."""

from __future__ import annotations

from skseq.core.mixins import SequenceTaggerMixin
from skseq.rnn._architecture import BaseRNN

__all__ = ["RNNTagger"]


class RNNTagger(SequenceTaggerMixin, BaseRNN):
    """Tagger of time steps by a recurrent network.

    Recurrent layers read each sequence, and fully connected layers turn what they hold
    after every step into the log-odds of its classes, which cross entropy trains: a
    label per step. Read forwards only, no label depends on a later step; with
    ``bidirectional=True`` every label depends on the whole sequence (Graves, 2012,
    "Supervised Sequence Labelling with Recurrent Neural Networks").

    {parameters}

    {attributes}

    See Also
    --------
    RNNClassifier : Predicts one class per sequence.
    CNNTagger : Looks at a neighbourhood of each step.
    skseq.metrics.step_scorer : Scorers of labels per step.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNTagger
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=rng.integers(5, 30)) for _ in range(200)]  # any lengths
    >>> y = [np.where(np.cumsum(x) > 0, "above", "below") for x in X]
    >>> model = RNNTagger(max_epochs=30, random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    >>> model.predict([[1.0, 1.0, -5.0, -1.0]])
    array([['above', 'above', 'below', 'below']], dtype='<U5')
    """
