"""The encoder-decoder architecture: its parameters, its network, how it learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.data.batching import Batch, SequenceDataset
from skseq.data.targets import check_weights
from skseq.networks import (
    ATTENTIONS,
    CELLS,
    Decoder,
    Pair,
    RecurrentLayer,
    Seq2SeqNetwork,
)
from skseq.parameters import check_teacher_forcing
from skseq.rnn import make_recurrent_encoder
from skseq.seq2seq._data import PairDataset
from skseq.seq2seq._targets import check_n_steps
from skseq.training import predict_batch

__all__ = ["BaseSeq2Seq"]

_OF_ONE_VECTOR = ("pooling", "dense_size")  # parameters that a decoder has not


class BaseSeq2Seq(BaseSequenceEstimator):
    """The encoder-decoder architecture; estimators add how targets are laid out."""

    _parameter_constraints: ClassVar[dict] = {
        **{
            name: constraint
            for name, constraint in BaseSequenceEstimator._parameter_constraints.items()
            if name not in _OF_ONE_VECTOR
        },
        "cell": [StrOptions(set(CELLS)), callable],
        "hidden_size": [Interval(Integral, 1, None, closed="left"), tuple],
        "num_layers": [Interval(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
        "nonlinearity": [StrOptions({"tanh", "relu"})],
        "attention": [StrOptions(set(ATTENTIONS)), None],
        "teacher_forcing": [Interval(Real, 0, 1, closed="both"), tuple],
        "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
    }
    _network_class = Seq2SeqNetwork

    @staticmethod
    def _check_lengths(sequences, y):
        check_consistent_length(sequences.starts, y)

    def __init__(
        self,
        *,
        cell: str | type[RecurrentLayer] = "lstm",
        hidden_size: int | tuple[int, ...] = 64,
        num_layers: int = 1,
        bidirectional: bool = False,
        nonlinearity: str = "tanh",
        attention: str | None = None,
        teacher_forcing: float | tuple[float, float] = 1.0,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        normalize: str | None = "feature",
        n_channels: int = 1,
        embedding_dim: int | None = None,
        embedding_weights: Any = None,
        embedding_trainable: bool = True,
        optimizer: str | Callable = "adam",
        lr: float = 5e-3,
        lr_schedule: str | None = "onecycle",
        max_epochs: int | str = "auto",
        batch_size: int = 32,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        callbacks: Sequence | None = None,
        device: str = "auto",
        mixed_precision: bool = False,
        n_threads: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.nonlinearity = nonlinearity
        self.attention = attention
        self.teacher_forcing = teacher_forcing
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.normalize = normalize
        self.n_channels = n_channels
        self.embedding_dim = embedding_dim
        self.embedding_weights = embedding_weights
        self.embedding_trainable = embedding_trainable
        self.optimizer = optimizer
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.device = device
        self.mixed_precision = mixed_precision
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def _check_samples(self, X, y, sample_weight, *, reset, groups=None):
        samples = super()._check_samples(
            X, y, sample_weight, reset=reset, groups=groups
        )
        longest = max(1, *map(len, samples.y))
        self._longest = longest if reset else max(longest, self._longest)
        return samples

    def _make_encoder(self, n_features):
        return make_recurrent_encoder(self, n_features)

    def _make_head(self, encoder):
        return Decoder(
            encoder,
            self._task.make_feedback(encoder.output_size - encoder.n_backwards),
            self._task.n_outputs,
            attention=self.attention,
            teacher_forcing=check_teacher_forcing(self.teacher_forcing),
            dropout=self.dropout,
        )

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
        return written, n_steps
