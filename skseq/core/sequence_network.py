"""The network of an estimator of sequences: what it reads, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from skseq.core.estimator import NetworkEstimator
from skseq.core.parameters import InputParameters
from skseq.data.batching import Batch, SequenceDataset, prediction_batches
from skseq.data.columns import InputColumns, learn_columns
from skseq.data.compared import check_as_in_fit
from skseq.data.instances import by_instance, instances_of
from skseq.data.reading import SequenceReader
from skseq.data.scaling import StepScaler, mean_of_steps, sequence_scale
from skseq.data.sequences import SequenceArray
from skseq.data.stored import as_floats, is_stored
from skseq.data.streamed import StreamedDataset
from skseq.data.token_arrays import refuse_tokens
from skseq.data.tokens import (
    as_tokens,
    check_tokens,
    known_tokens,
    make_embedding,
    reads_tokens,
)
from skseq.data.validation import NO_TARGETS, check_sequences
from skseq.networks import POOLINGS, Inputs, PooledHead, SequenceNetwork, StepHead
from skseq.networks.aggregates import AggregateLinear
from skseq.parameters import attribute, layer_sizes
from skseq.parameters.checks import (
    anything,
    array,
    choice,
    count,
    flag,
    instance,
    optional,
    tuple_of,
)
from skseq.preprocessing._lost_index import check_lost_series
from skseq.resources import seeded_torch
from skseq.training import SequenceNet

__all__ = ["SMALL_STEPS", "TORCH_DTYPES", "SequenceNetworkEstimator", "precision_of"]

TORCH_DTYPES: dict[np.dtype, torch.dtype] = {
    np.dtype("float32"): torch.float32,
    np.dtype("float64"): torch.float64,
}
SMALL_STEPS = 10_000  # time steps up to which float64 is affordable


def precision_of(sequences: SequenceArray) -> np.dtype:
    """Return the precision of sequences, of whole numbers that they are read in."""
    return as_floats(sequences.values[:0]).dtype


class SequenceNetworkEstimator(InputParameters, SequenceReader, NetworkEstimator):
    """Reads sequences, makes a network for them, and asks it.

    An architecture adds its parameters and `_make_encoder`.
    """

    _n_timesteps: int = attribute(check=count)  # of the longest sequence
    _known_tokens: np.ndarray | None = attribute(check=optional(array(1, "b")))
    _normalize: str | None = attribute(
        check=choice(None, "feature", "sequence", "both")
    )
    _columns: InputColumns | None = attribute(
        check=optional(instance(InputColumns)), default=None, required=False
    )  # None of what earlier versions fitted, to numbers alone
    _usual: np.ndarray | None = attribute(
        check=optional(array(1, "f")), default=None, required=False
    )  # of numbers that may be missing and are not standardised
    _scaler: StepScaler = attribute(check=instance(StepScaler))
    _task: Any = attribute()  # a mixin says which
    _has_linear: bool = attribute(check=flag, default=False, required=False)
    _standardizes: bool = attribute(check=flag, default=False, required=False)
    # Whether the head does so with its inputs, as an encoder was frozen
    _answers_as: Any = attribute(check=optional(tuple_of(anything, 1)))
    # The names of y, in a tuple, if `fit` named instances

    _pickle_format = 3  # its tasks and scales were in other modules before
    _network_class: ClassVar[type[nn.Module]] = SequenceNetwork

    def _make_encoder(self, n_features: int) -> nn.Module:
        """Return a module (B, T, F), lengths -> (B, T', D), lengths."""
        raise NotImplementedError

    # Reading and making -------------------------------------------------------

    def _check_X(self, X: Any, y: Any = NO_TARGETS, *, reset: bool) -> SequenceArray:
        """Return sequences; of tokens, only such as the network has a vector for."""
        if len(getattr(X, "shape", ())) == 2:
            check_lost_series(X, X.shape[0])
        sequences = check_sequences(self, X, y, reset=reset)
        if reset:
            self._known_tokens = known_tokens(self, sequences)
        if self._known_tokens is None:
            advice = "Set embedding_dim=32, say, or embedding_weights."
            refuse_tokens(X, "X", advice)
        if not self.time_gaps:
            sequences.times = None  # nothing else depends on them
        if reset:
            self._columns = self._learn_columns(sequences)
        if self._columns is not None:
            check_as_in_fit(self._columns, sequences)
        if reset:
            self._n_timesteps = int(sequences.lengths.max())
        elif self._known_tokens is not None:
            check_tokens(sequences, len(self._known_tokens))
        return sequences

    def _learn_input_scales(
        self, sequences: SequenceArray, weights: np.ndarray | None
    ) -> None:
        """Learn the scales of inputs from the training part."""
        self._scaler = StepScaler(normalize=self.normalize in ("feature", "both"))
        is_bounded = (
            self.normalize in ("feature", "both") and self._known_tokens is None
        )
        given = sequences, weights
        chosen = None
        if self._columns is not None:
            self._columns = self._columns.scaled(*given)
            chosen = self._columns.numbers_of
        self._scaler.fit(*given, clip=is_bounded, chosen=chosen)
        self._usual = None
        if self.missing == "mask" and self.normalize is None:
            self._usual = mean_of_steps(*given, chosen)

    def _learn_columns(self, sequences: SequenceArray) -> InputColumns:
        """Return what the columns of the sequences of `fit` hold."""
        columns = learn_columns(
            sequences,
            self.categorical_features,
            has_holes=self.missing == "mask",
            has_gaps=bool(self.time_gaps),
        )
        if self._known_tokens is not None and not columns.are_plain:
            raise ValueError(
                "X holds tokens, as embedding_dim or embedding_weights say; they have "
                "no missing values, time gaps or static columns beside them. Leave "
                "these out, or embedding_dim."
            )
        return columns

    def _make_inputs(self) -> Any:
        """Return what a network reads steps by, None if it is given all it reads."""
        embedding = make_embedding(self, self._known_tokens)
        columns = self._columns
        if columns is None or columns.are_plain:
            return embedding
        return Inputs(
            columns.of_step(self._n_views),
            columns.has_holes,
            () if self._usual is None else tuple(self._usual.tolist()),
            decays=self._n_elapsed > 0,
            both_ways=self._looks_ahead,
            own_scale=self._normalize in ("sequence", "both"),
        )

    @property
    def _looks_ahead(self) -> bool:
        """Whether layers that read backwards are shown what is next in each hole."""
        return False

    @property
    def _n_elapsed(self) -> int:
        """How many elapsed times a recurrent layer reads, whose state decays."""
        return 0

    def _make_network(
        self, seed: int, dtype: np.dtype, earlier: SequenceNet | None
    ) -> nn.Module:
        """Return what `fit` trains, with the weights of an earlier net."""
        network = self._draw_networks(seed, dtype)
        if earlier is not None:
            try:
                network.load_state_dict(earlier.module_.state_dict())
            except RuntimeError as error:
                raise ValueError(
                    "warm_start=True and partial_fit continue with the network of the "
                    "last fit, but parameters that shape it were changed since; "
                    f"set them back or fit with warm_start=False. {error}"
                ) from error
        return network

    def _draw_networks(self, seed: int, dtype: np.dtype) -> nn.Module:
        """Return what answers for the estimator: a network, or several."""
        return self._draw_network(seed, dtype)

    def _draw_network(self, seed: int, dtype: np.dtype) -> nn.Module:
        """Return a network with first weights."""
        with seeded_torch(seed):
            encoder, embedding = self._make_body()
            head = self._make_head(encoder, getattr(embedding, "static_size", 0))
            network = self._network_class(encoder, head, embedding)
            if self._has_linear:
                n_plain = getattr(embedding, "plain_size", self._n_channels)
                linear = AggregateLinear(n_plain, self._task.n_outputs)
                network.beside = linear
        return network.to(TORCH_DTYPES[dtype])

    def _make_body(self) -> tuple[Any, Any]:
        """Return an encoder, and what steps are read by before it, None if nothing."""
        embedding = self._make_inputs()
        n_features = self._n_channels * self._n_views
        if embedding is not None:
            n_features = embedding.output_size
        return self._make_encoder(n_features), embedding

    @property
    def _n_views(self) -> int:
        """How many views of every feature a network is shown."""
        return 2 if self._normalize == "both" else 1

    def _make_head(self, encoder: Any, static_size: int) -> nn.Module:
        """Return what turns an encoder's steps into the outputs of the task."""
        size = encoder.output_size
        dense_size = layer_sizes("dense_size", self.dense_size)
        dense = (
            dense_size,
            self._task.n_outputs,
            self.dropout,
            static_size,
            self._standardizes,
        )
        if self._task.per_step:
            return StepHead(size, *dense)
        pooling = POOLINGS[self.pooling](size, getattr(encoder, "n_backwards", 0))
        return PooledHead(pooling, *dense)

    def _to_dataset(
        self,
        sequences: SequenceArray,
        dtype: np.dtype,
        device: torch.device,
        targets: Any = None,
        weights: np.ndarray | None = None,
    ) -> SequenceDataset:
        if is_stored(sequences.values):
            return StreamedDataset(
                sequences,
                lambda part: self._to_dataset(part, dtype, device),
                device,
                targets,
                weights,
                TORCH_DTYPES[dtype],
            )
        scales = []
        beside = static = None
        columns = self._columns
        if columns is not None and not columns.are_plain:
            sequences = sequences.compact()
            beside, static = columns.beside(sequences), columns.static(sequences)
            sequences = columns.numbers(sequences)
        if self._known_tokens is not None:
            sequences = as_tokens(sequences)
        elif self._normalize in (None, "feature"):
            sequences = self._scaler.transform(sequences, dtype)
        else:
            sequences = self._scaler.clip(sequences)
            scales.append(sequence_scale(sequences))
            if self._normalize == "both":
                scales.insert(0, self._scaler.scale())
        return SequenceDataset(
            sequences,
            device,
            targets,
            weights,
            scales,
            TORCH_DTYPES[dtype],
            beside,
            static,
            np.nan if columns is not None and columns.has_holes else 0.0,
        )

    def _example(self):
        zeros = np.zeros((1, self._n_timesteps, self._n_channels))
        sequences = SequenceArray.from_array(zeros)
        if self._columns is not None:
            sequences.times = pd.RangeIndex(self._n_timesteps)
            sequences.static = self._columns.example_of_static()
        data = self._to_dataset(sequences, np.dtype("float32"), torch.device("cpu"))
        return data.gather(torch.tensor([0])).x

    # Predicting -------------------------------------------------------------

    def _answer(self, values: Any, X: Any) -> Any:
        """Return predictions by instance if `fit` and X named instances."""
        instances = None if self._answers_as is None else instances_of(X)
        if instances is None:
            return values
        return by_instance(values, instances, *self._answers_as)

    def _predict_outputs(
        self, X: Any, choose: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> np.ndarray:
        """Return the network's outputs: a row per sequence, or per step of each.

        Or, of many outputs, what is chosen of rows, (n, n_outputs) -> (n, ...), batch
        by batch.
        """
        if not hasattr(self, "net_"):  # which is the faster question
            check_is_fitted(self, "net_")
        sequences = self._check_X(X, reset=False)
        lengths = sequences.lengths
        first_rows, n_rows = np.arange(len(lengths)), len(lengths)
        if self._task.per_step:
            first_rows, n_rows = np.cumsum(lengths) - lengths, lengths.sum()
        outputs, wrong = np.empty((n_rows, self._task.n_outputs * (not choose))), []
        for index, found in self._predict_batches(sequences, self._ask, X):
            rows = first_rows[index]
            if self._task.per_step:
                steps = np.arange(found.shape[1])
                real = steps < lengths[index, None]
                rows, found = (rows[:, None] + steps)[real], found[real]
            if not np.isfinite(np.sum(found)):
                wrong += rows[~np.isfinite(found).all(axis=1)].tolist()
            if choose is not None:
                found = choose(found)
                if not outputs.size:
                    outputs = np.empty((n_rows, *found.shape[1:]), found.dtype)
            outputs[rows] = found
        if wrong:
            i = np.searchsorted(first_rows, min(wrong), side="right") - 1
            raise ValueError(
                f"The prediction of X[{i}] is not finite; its values are too far from "
                "those in fit."
            )
        return outputs

    def _ask(self, module: SequenceNetwork, batch: Batch) -> np.ndarray:
        """Return the outputs of the network for a batch."""
        with torch.inference_mode():  # a decorator would take three times as long
            read = self._read(module, batch)
            outputs = module.answer(*read, batch.x, batch.lengths)
            return outputs.double().cpu().numpy()

    def _read(
        self, module: SequenceNetwork, batch: Batch
    ) -> tuple[Tensor, Tensor | None]:
        """Return the steps (B, T', D) that the encoder makes, and their lengths."""
        return module.read(batch.x, batch.lengths)

    def _predict_batches(
        self,
        sequences: SequenceArray,
        ask: Callable[[Any, Batch], np.ndarray],
        X: Any = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield which sequences, of X, are in a batch, and what the network says."""
        dtype = np.dtype("float32")
        if sequences.lengths.sum() <= SMALL_STEPS:
            dtype = precision_of(sequences)
        module, device = self.net_.module_as(TORCH_DTYPES[dtype])
        data = self._to_dataset(sequences, dtype, device)
        sizes = sequences.n_features, self._task.n_outputs, self._task.per_step
        with self._threads(module):
            for index, batch in prediction_batches(data, *sizes):
                yield index.numpy(), ask(module, batch)

    # Being an estimator -------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        input_tags = tags.input_tags
        input_tags.categorical = input_tags.positive_only = reads_tokens(self)
        return tags
