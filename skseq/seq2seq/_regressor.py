"""Regressor of sequences of numbers from sequences, by encoder and decoder."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from skseq._describing import described
from skseq._sklearn import RegressorMixin
from skseq.core.mixins._regression import SCALED_TARGETS, SequenceRegressorMixin
from skseq.parameters import amended, attribute, retold
from skseq.parameters.checks import exactly, instance
from skseq.seq2seq._architecture import TEXTS_OF_PAIRS, BaseSeq2Seq
from skseq.seq2seq._targets import Layout, read_number_sequences
from skseq.seq2seq._tasks import NumberSequences

__all__ = ["Seq2SeqRegressor"]


@described(**TEXTS_OF_PAIRS)
class Seq2SeqRegressor(RegressorMixin, BaseSeq2Seq):
    """Regressor of sequences of numbers from sequences of another length.

    Recurrent layers read a sequence, of one step perhaps; others, which start from what
    these remember, write the numbers step by step, each from the one before (Sutskever
    et al., 2014, "Sequence to Sequence Learning with Neural Networks"). The squared
    error trains both.

    {parameters}

    {attributes}

    See Also
    --------
    Seq2SeqClassifier : Writes labels, and learns where to end.
    RNNRegressor : One or several numbers per sequence, all at once.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Seq2SeqRegressor
    >>> rng = np.random.default_rng(0)
    >>> frequency = rng.uniform(0.2, 0.6, size=(300, 1))  # sequences of one step
    >>> waves = np.sin(frequency * np.arange(12))  # to sequences of twelve
    >>> model = Seq2SeqRegressor(cell="gru", random_state=0)
    >>> model = model.fit(frequency[:200], waves[:200])
    >>> model.score(frequency[200:], waves[200:]) > 0.9
    True
    """

    normalize = amended(more=SCALED_TARGETS)

    _task: NumberSequences = attribute(check=exactly(NumberSequences))
    _layout: Layout = attribute(check=instance(Layout))

    fit = retold(
        BaseSeq2Seq.fit,
        y="""array-like, list of arrays or SequenceArray
        The sequences to write: (n_samples, n_steps), (n_samples, n_steps, n_targets), a
        list of arrays (n_steps_i,) or (n_steps_i, n_targets), or (n_samples,) for one
        number each.""",
    )
    partial_fit = retold(
        SequenceRegressorMixin.partial_fit,
        X="""array-like, DataFrame, list of arrays or SequenceArray
        The sequences to read, as in `fit`.""",
        y="""array-like or list of arrays
        The sequences to write, as in `fit`.""",
    )

    def _check_y(self, X, y):
        sequences, self._layout = read_number_sequences(X, y)
        return sequences

    def _make_task(self, y):
        return NumberSequences(y.n_features, normalize=self.normalize is not None)

    def predict(self, X: Any, n_steps: Any = None) -> Any:
        """Write the sequences that belong to others.

        {takes_sequences}
        n_steps : int or array-like of int of shape (n_samples,), default=None
            How many steps to write, for all or for each; None stands for the length of
            the longest sequence in `fit`.

        Returns
        -------
        y : ndarray, list of ndarray, Series or DataFrame
            In the layout and units of the targets in `fit`; a list if there is an
            `n_steps` for each sequence. Of a panel, or a SequenceArray that knows its
            instances, by instance if `fit` was given such, too: a Series of numbers, a
            DataFrame with a column per step, or a Series of arrays.

        {unwritten}
        """
        written, n_steps = self._write(X, n_steps)
        laid_out = self._layout.lay_out(self._task.decode(written), n_steps)
        return self._answer(laid_out, X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R² over all steps, the mean over the targets.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read.
        y : array-like, list of arrays or SequenceArray
            The sequences to write, of any length.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences, and so of all their steps.

        Returns
        -------
        score : float
        """
        targets, _ = read_number_sequences(X, y)
        sample_weight = self._check_scored(X, targets, sample_weight)
        written, _ = self._write(X, targets.lengths)
        written = self._task.decode(written)
        real = np.arange(written.shape[1]) < targets.lengths[:, None]
        if sample_weight is not None:
            sample_weight = np.repeat(sample_weight, targets.lengths)
        return r2_score(targets.values, written[real], sample_weight=sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
