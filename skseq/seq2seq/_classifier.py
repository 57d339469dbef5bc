"""Classifier of steps that are written, by encoder and decoder."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from skseq._describing import described
from skseq.core.mixins._labels import LabelLossParameters, declared_classes
from skseq.parameters import attribute, retold
from skseq.parameters.checks import exactly
from skseq.seq2seq._architecture import TEXTS_OF_PAIRS, BaseSeq2Seq
from skseq.seq2seq._targets import read_label_sequences
from skseq.seq2seq._tasks import LabelSequences

__all__ = ["Seq2SeqClassifier"]


@described(**TEXTS_OF_PAIRS)
class Seq2SeqClassifier(LabelLossParameters, BaseSeq2Seq):
    """Writer of sequences of labels for sequences of another length.

    Recurrent layers read a sequence; others, which start from what these remember,
    write the labels step by step, each from the one before, until they write the end
    (Sutskever et al., 2014, "Sequence to Sequence Learning with Neural Networks"). The
    cross entropy of labels and end, or another loss, trains both.

    {parameters}

    {attributes}

    See Also
    --------
    Seq2SeqRegressor : Writes numbers.
    RNNTagger : A label for every step that is read.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Seq2SeqClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.integers(5, size=rng.integers(1, 5)) for _ in range(600)]
    >>> y = [np.array(list("abcde"))[x[::-1]] for x in X]  # read backwards
    >>> model = Seq2SeqClassifier(embedding_dim=8, lr=0.01, random_state=0)
    >>> model.fit(X, y).predict([[0, 1, 2], [3, 4]])
    [array(['c', 'b', 'a'], dtype='<U1'), array(['e', 'd'], dtype='<U1')]
    """

    _task: LabelSequences = attribute(check=exactly(LabelSequences))

    fit = retold(
        BaseSeq2Seq.fit,
        y="""list of array-likes or array of shape (n_samples, n_steps)
        The sequences of labels to write, each of shape (n_steps_i,); a sequence may be
        empty.""",
    )

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Train for one epoch, from where the last fit or partial_fit stopped.

        {one_epoch_of_labels}

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read, as in `fit`.
        y : list of array-likes or array of shape (n_samples, n_steps)
            The sequences of labels to write, as in `fit`; in every call one holds a
            label at least.
        {classes}
        {sample_weight}

        {fitted}

        {unlearned_labels}

        Examples
        --------
        >>> from skseq import Seq2SeqClassifier
        >>> model = Seq2SeqClassifier(embedding_dim=4, random_state=0)
        >>> model.partial_fit([[0], [1, 2]], [["a"], ["b", "a"]], classes=list("abc"))
        Seq2SeqClassifier(embedding_dim=4, random_state=0)
        >>> model.partial_fit([[2, 0]], [["c", "a"]]).classes_
        array(['a', 'b', 'c'], dtype='<U1')
        """
        written = None if classes is None else [declared_classes(self, classes)]
        return self._fit(X, y, sample_weight, written, partial=True)

    def _check_y(self, X, y):
        return read_label_sequences(X, y)

    def _make_task(self, y):
        return LabelSequences(np.unique(np.concatenate(y)), self._asked_loss())

    @property
    def classes_(self) -> np.ndarray:
        """The sorted labels, of shape (n_classes,)."""
        return self._task.classes

    def predict(self, X: Any, n_steps: Any = None) -> Any:
        """Write the labels that belong to sequences, the most probable ones in turn.

        {takes_sequences}
        n_steps : int or array-like of int of shape (n_samples,), default=None
            How many labels to write at most, for all or for each; None stands for the
            length of the longest sequence in `fit`.

        Returns
        -------
        y : list of ndarray or Series
            Labels of shape (n_steps_i,). Of a panel, or a SequenceArray that knows its
            instances, a Series of them by instance if `fit` was given such, too.

        {unwritten}
        """
        written, n_steps = self._write(X, n_steps)
        most = np.broadcast_to(
            written.shape[1] if n_steps is None else n_steps, len(written)
        )
        labels = self._task.decode(written)
        rows = [row[:n] for row, n in zip(labels, most, strict=True)]
        return self._answer(rows, X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of sequences that are written without an error.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read.
        y : list of array-likes or array of shape (n_samples, n_steps)
            The labels to write.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences.

        Returns
        -------
        score : float
        """
        targets = read_label_sequences(X, y)
        sample_weight = self._check_scored(X, targets, sample_weight)
        longest = max(map(len, targets))
        written = self.predict(X, n_steps=longest + 1)
        right = [np.array_equal(a, b) for a, b in zip(written, targets, strict=True)]
        return float(np.average(right, weights=sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.two_d_labels = True
        return tags
