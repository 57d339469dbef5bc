"""The encoder-decoder architecture: its parameters, its network, how it learns."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.core.texts import TEXTS
from skseq.data.batching import Batch, SequenceDataset, prediction_batches
from skseq.data.sequences import SequenceArray
from skseq.data.targets import check_weights
from skseq.networks import (
    ATTENTIONS,
    Decoder,
    Pair,
    Seq2SeqNetwork,
)
from skseq.parameters import (
    Interval,
    Options,
    amended,
    attribute,
    check_teacher_forcing,
    parameter,
    retold,
)
from skseq.parameters.checks import count
from skseq.rnn import make_recurrent_encoder
from skseq.rnn._architecture import looks_ahead
from skseq.rnn._parameters import ENCODER_DROPOUT, BidirectionalRecurrence
from skseq.seq2seq._data import PairDataset
from skseq.seq2seq._targets import check_n_steps
from skseq.training import predict_batch

__all__ = ["TEXTS_OF_PAIRS", "BaseSeq2Seq"]

TEXTS_OF_PAIRS = TEXTS | {
    "takes_sequences": """
        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read, as in `fit`, of any length.
        """,
    "unwritten": """
        Raises
        ------
        ValueError
            If X or n_steps is not as described.
        """,
}


class BaseSeq2Seq(BidirectionalRecurrence, BaseSequenceEstimator):
    """The encoder-decoder architecture; estimators add how targets are laid out."""

    attention: str | None = parameter(
        default=None,
        constraint=[Options(*ATTENTIONS), None],
        text="""How every step of the decoder chooses among the steps of the encoder
        what it takes from them (Luong et al., 2015; "additive" is the score of Bahdanau
        et al., 2015). None gives it nothing but the encoder's final state. "dot" asks
        for steps of equal size, which a bidirectional encoder has not.""",
    )
    teacher_forcing: float | tuple[float, float] | str = parameter(
        default=1.0,
        constraint=[Interval(Real, 0, 1, closed="both"), tuple],
        text="""How probably, in training, a step of the decoder is told the true
        previous step instead of its own output; two probabilities are those of the
        first and the last epoch, linear in between (Bengio et al., 2015). 1.0 trains
        fastest, all steps in one; less trains what `predict` does, which is told
        nothing.""",
        type="float or tuple of two floats",
    )
    hidden_size = amended(
        text="""Number of units of every recurrent layer, or of each in turn; of the
        encoder as of the decoder."""
    )
    num_layers = amended(
        text="""Number of recurrent layers of either; implied by a tuple
        `hidden_size`."""
    )
    bidirectional = amended(
        text="""Whether every layer of the encoder also reads backwards; linear maps
        lead from its final states to the decoder."""
    )
    recurrent_dropout = amended(text=ENCODER_DROPOUT)
    max_epochs = amended(
        text="""Number of passes over the data; "auto" takes as many as make 1000 steps
        of the optimiser, but 10 to 400."""
    )
    optimizer: str | Callable = "adam"

    _longest: int = attribute(check=count)

    _network_class = Seq2SeqNetwork
    _learns_duration = False  # its outputs are written one after the other

    fit = retold(
        BaseSequenceEstimator.fit,
        X="""array-like, DataFrame, list of arrays or SequenceArray
        The sequences to read: (n_samples, n_timesteps, n_features), a table
        (n_samples, n_timesteps), a list of (n_timesteps_i, n_features) arrays or a
        DataFrame indexed by (instance, time).""",
    )

    @property
    def module_(self) -> torch.nn.Module:
        """The trained network, which takes a `skseq.networks.Pair`."""
        return super().module_

    @staticmethod
    def _check_lengths(sequences, y):
        check_consistent_length(sequences.starts, y)

    def _check_samples(self, X, y, sample_weight, *, reset, groups=None):
        samples = super()._check_samples(
            X, y, sample_weight, reset=reset, groups=groups
        )
        longest = max(1, *map(len, samples.y))
        self._longest = longest if reset else max(longest, self._longest)
        return samples

    def _make_encoder(self, n_features):
        return make_recurrent_encoder(self, n_features, apart=self._looks_ahead)

    @property
    def _looks_ahead(self):
        return looks_ahead(self)

    def _make_head(self, encoder, static_size):
        return Decoder(
            encoder,
            self._task.make_feedback(encoder.output_size - encoder.n_backwards),
            self._task.n_outputs,
            attention=self.attention,
            n_beside=static_size,
            teacher_forcing=self._teacher_forcing(),
            dropout=self.dropout,
        )

    def _teacher_forcing(self) -> tuple[float, float]:
        """Return how often the step before is told, in the first and last epoch."""
        return check_teacher_forcing(self.teacher_forcing)

    def _samples_to_dataset(self, samples, dtype, device):
        source = self._to_dataset(
            samples.sequences, dtype, device, weights=samples.weights
        )
        target = SequenceDataset(
            self._task.encode(samples.y, dtype), device, dtype=source.dtype
        )
        return PairDataset(source, target, self._task.padding)

    def _example(self):
        return Pair(super()._example(), None, self._longest)

    def _check_scored(self, X: Any, targets: Any, sample_weight: Any) -> Any:
        """Return the weights of sequences that are to be scored, as many as targets."""
        check_is_fitted(self, "net_")
        sequences = self._check_X(X, reset=False)
        self._check_lengths(sequences, targets)
        weights = check_weights(sample_weight, sequences)
        if weights is not None and not weights.any():  # scikit-learn 1.8 lets it pass
            raise ValueError("sample_weight is zero for every sequence.")
        return weights

    def _write(
        self, X: Any, n_steps: Any
    ) -> tuple[np.ndarray, int | np.ndarray | None]:
        """Return what is written (n_samples, longest, ...), and what was asked for."""
        check_is_fitted(self, "net_")
        sequences = self._check_X(X, reset=False)
        longest, n_steps = check_n_steps(n_steps, len(sequences), self._longest)
        return self._written(sequences, longest), n_steps

    def _written(self, sequences: SequenceArray, longest: int) -> np.ndarray:
        """Return what is written (n_samples, longest, ...) of sequences."""

        def ask(module, batch):
            pair = Batch(Pair(batch.x, None, longest), batch.lengths, None, None)
            outputs = predict_batch(module, pair)
            finite = np.isfinite(outputs).all(axis=(1, 2))
            if not finite.all():
                raise ValueError(
                    f"The prediction of X[{batch.index[np.argmin(finite)]}] is not "
                    "finite; its values are too far from those in fit."
                )
            return self._task.choose(outputs)

        indices, parts = zip(*self._predict_batches(sequences, ask), strict=True)
        written = np.concatenate(parts)
        written[np.concatenate(indices)] = written.copy()
        return written

    def _said_of(self, module, data):
        n_outputs = self._longest * self._task.n_outputs
        said = np.zeros((len(data), self._longest, self._task.n_outputs))
        for index, batch in prediction_batches(data, n_outputs=n_outputs):
            outputs = predict_batch(module, batch)
            said[index, : outputs.shape[1]] = outputs
        return said
