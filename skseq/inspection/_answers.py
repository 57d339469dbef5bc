"""What estimators of any kind say of sequences, as numbers step by step."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skseq._showing import shown
from skseq.core.mixins import SequenceTaggerMixin
from skseq.data.batching import Batch
from skseq.data.sequences import SequenceArray
from skseq.data.steps import flatten_steps
from skseq.inspection._asked import written_codes
from skseq.inspection._kinds import last_of
from skseq.networks import Pair
from skseq.seq2seq import Seq2SeqClassifier, Seq2SeqRegressor
from skseq.training import predict_batch

__all__ = ["Answers"]


class Answers:
    """An estimator as a function of sequences of one length: probabilities or numbers.

    Parameters
    ----------
    estimator : estimator
        It is fitted.
    x : SequenceArray
        The sequences that are explained.

    Attributes
    ----------
    last : estimator
        What stands at its end.
    has_steps : bool
        Whether an answer has several steps.
    are_numbers : bool
        Whether answers are no probabilities.
    """

    def __init__(self, estimator: Any, x: SequenceArray):
        if isinstance(estimator, type) or not hasattr(estimator, "predict"):
            raise TypeError(
                f"estimator is {shown(estimator)}; expected a fitted classifier or "
                "regressor of sequences, or another estimator that shapley explains."
            )
        self.estimator, self.last = estimator, last_of(estimator)
        self.writes = isinstance(self.last, Seq2SeqClassifier)
        self.labels_steps = isinstance(self.last, SequenceTaggerMixin)
        self.has_steps = (
            self.writes or self.labels_steps or isinstance(self.last, Seq2SeqRegressor)
        )
        self.are_numbers = not (
            self.writes or self.labels_steps or is_classifier(estimator)
        )
        gives = self.are_numbers or self.writes or hasattr(estimator, "predict_proba")
        if not gives:
            raise TypeError(
                f"estimator is {shown(estimator)}, a classifier without "
                "predict_proba; shapley explains probabilities."
            )
        if self.writes:
            if self.last is not getattr(estimator, "best_estimator_", estimator):
                raise TypeError(
                    f"shapley takes a Seq2SeqClassifier as it is, got a "
                    f"{type(estimator).__name__} that ends in one. Give this one, and "
                    "what the steps before it make of X."
                )
            self.codes, self.lengths = written_codes(self.last, x)
            self.taught = copy.deepcopy(self.last)
            self.taught.net_ = self.last.net_.with_module(_told(self.last.module_))

    @property
    def classes(self) -> np.ndarray:
        """The labels, in the order of probabilities."""
        return self.estimator.classes_

    def predicted(self, most_probable: np.ndarray) -> np.ndarray:
        """Return the class that is predicted, of who writes that which is written.

        Parameters
        ----------
        most_probable : ndarray of int of shape (n_samples, U)
            The class of the largest probability.
        """
        return self.codes if self.writes else most_probable

    def __call__(self, X: Any, i: int) -> np.ndarray:
        """Return what is said (n, U, C) of mixtures with sample i.

        Parameters
        ----------
        X : ndarray, DataFrame or SequenceArray
            n sequences.
        i : int
            With which one.
        """
        n = len(X)
        if self.writes:
            return self._probabilities(X, self.codes[i, : self.lengths[i]])
        if self.labels_steps:
            flat, _ = flatten_steps(self.estimator.predict_proba(X))
            return flat.reshape(n, -1, flat.shape[1])
        if not self.are_numbers:
            return np.asarray(self.estimator.predict_proba(X), dtype=float)[:, None]
        said = np.asarray(self.estimator.predict(X), dtype=float)
        if said.ndim == 1:
            return said[:, None, None]
        if said.ndim == 2:
            return said[:, :, None] if self.has_steps else said[:, None]
        return said

    def _probabilities(self, X: Any, codes: np.ndarray) -> np.ndarray:
        """Return the probability of every label where those before are told."""

        def ask(module, batch):
            n, device = len(batch.x), batch.x.device
            taught = batch.x.new_tensor(codes).long().to(device)
            taught = taught[None, :, None].expand(n, -1, -1)
            pair = Pair(batch.x, taught, len(codes))
            return predict_batch(module, Batch(pair, batch.lengths, None, None))

        sequences = self.taught._check_X(X, reset=False)
        found = np.empty((len(sequences), len(codes), self.last._task.n_outputs))
        for index, outputs in self.taught._predict_batches(sequences, ask):
            odds = np.exp(outputs - outputs.max(axis=2, keepdims=True))
            found[index] = odds / odds.sum(axis=2, keepdims=True)
        return found


def _told(module: Any) -> Any:
    """Return a copy of an encoder-decoder that is always told the step before."""
    module = copy.deepcopy(module)
    module.decoder.forcing.train()
    module.decoder.forcing.p = 0
    return module
