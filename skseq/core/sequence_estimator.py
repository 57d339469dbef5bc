"""The fit / predict template that joins data, network, task and training."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from skseq.core.estimator import NetworkEstimator
from skseq.core.holdout import depend_on_each_other, split_for_validation
from skseq.core.parameters import InputParameters
from skseq.core.tasks import Task
from skseq.data.batching import Batch, SequenceDataset, prediction_batches
from skseq.data.instances import by_instance, instances_of, is_named
from skseq.data.reading import SequenceReader
from skseq.data.samples import Samples
from skseq.data.scaling import StepScaler, sequence_scale
from skseq.data.sequences import SequenceArray
from skseq.data.targets import check_groups, check_same_length, check_weights
from skseq.data.token_arrays import refuse_tokens
from skseq.data.tokens import known_tokens, make_embedding, reads_tokens
from skseq.data.validation import NO_TARGETS, check_sequences, check_tokens, naming
from skseq.networks import POOLINGS, PooledHead, SequenceNetwork, StepHead
from skseq.parameters import attribute, layer_sizes, parameter
from skseq.parameters.checks import (
    anything,
    array,
    choice,
    count,
    instance,
    optional,
    tuple_of,
)
from skseq.preprocessing._lost_index import check_lost_series
from skseq.resources import (
    make_random_state,
    resolve_device,
    seeded_torch,
    unchanged_on_error,
)
from skseq.training import SequenceNet, train

__all__ = ["BaseSequenceEstimator"]

_TORCH_DTYPES = {np.dtype("float32"): torch.float32, np.dtype("float64"): torch.float64}
SMALL_STEPS = 10_000  # time steps up to which float64 is affordable


def training_dtype(sequences: SequenceArray, is_small: bool) -> np.dtype:
    """Return the precision in which a network is trained."""
    return sequences.dtype if is_small else np.dtype("float32")


class BaseSequenceEstimator(
    InputParameters, SequenceReader, NetworkEstimator, about="training"
):
    """Base of the estimators that predict something per sequence.

    An architecture adds its parameters and `_make_encoder`; a task mixin adds
    `_check_y`, `_make_task` and the methods that predict.
    """

    warm_start: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether `fit` continues with the weights of the last fit, on its
        scale.""",
    )

    _n_timesteps: int = attribute(check=count)  # of the longest sequence
    _known_tokens: np.ndarray | None = attribute(check=optional(array(1, "b")))
    _normalize: str | None = attribute(
        check=choice(None, "feature", "sequence", "both")
    )
    _scaler: StepScaler = attribute(check=instance(StepScaler))
    _task: Any = attribute()  # a mixin says which
    _rng: np.random.RandomState = attribute(check=instance(np.random.RandomState))
    _answers_as: Any = attribute(check=optional(tuple_of(anything, 1)))

    _notes: ClassVar[str] = """
    Computations are in float32, but in float64 where X is float64 and small, that is,
    has at most 10 000 time steps and, in `fit`, fits into one batch. Then equal samples
    are merged, too, so that a weight of 2 and a repeated sample are exactly the same.

    A pickle holds weights and history but not the state of the optimiser, with
    which `partial_fit` starts afresh after loading.
    """
    _network_class: ClassVar[type[nn.Module]] = SequenceNetwork
    _check_lengths = staticmethod(check_same_length)

    # What architectures and task mixins add --------------------------------

    def _make_encoder(self, n_features: int) -> nn.Module:
        """Return a module (B, T, F), lengths -> (B, T', D), lengths."""
        raise NotImplementedError

    def _check_y(self, X: Any, y: Any) -> np.ndarray:
        """Return validated targets."""
        raise NotImplementedError

    def _make_task(self, y: np.ndarray) -> Task:
        """Return the task that targets pose."""
        raise NotImplementedError

    def _weigh(self, samples: Samples) -> Samples:
        """Return samples weighted by what the parameters say of classes."""
        return samples

    # Fitting ----------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train a network.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences: (n_samples, n_timesteps, n_features), a table
            (n_samples, n_timesteps), a list of (n_timesteps_i, n_features) arrays
            or a DataFrame indexed by (instance, time).
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None weighs all alike.
        groups : array-like of shape (n_samples,), default=None
            Groups that early stopping holds out as a whole, such as patients; without
            early stopping they are ignored. None holds out the last windows of
            `SlidingWindow` and `make_windows`, all pieces of a sequence that
            `SequenceSplitter` cut, and single samples otherwise.
        X_val, y_val : like X and y, default=None
            What early stopping watches, instead of a part of X and y. Scales are
            learned from X and y alone.
        sample_weight_val : array-like, default=None
            Weights of the samples in X_val.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, or training diverges.
            A fitted estimator then stays as it was.
        """
        watched = None
        if X_val is not None or y_val is not None or sample_weight_val is not None:
            watched = X_val, y_val, sample_weight_val
        return self._fit(X, y, sample_weight, groups=groups, watched=watched)

    def _fit(
        self,
        X,
        y,
        sample_weight,
        classes=None,
        partial=False,
        groups=None,
        watched=None,
    ):
        """Train, from the start or from where an earlier net stands."""
        self._validate_params()
        if watched is not None:
            self._check_watched(watched, groups)
        continues = partial or self.warm_start
        earlier = getattr(self, "net_", None) if continues else None
        device = resolve_device(self.device)
        with unchanged_on_error(self):
            samples = self._check_samples(
                X, y, sample_weight, reset=earlier is None, groups=groups
            )
            is_small = (
                len(samples) <= self.batch_size
                and samples.sequences.lengths.sum() <= SMALL_STEPS
            )
            splits = self.early_stopping and not partial and watched is None
            merges_later = splits and depend_on_each_other(samples)
            if is_small and not merges_later:
                samples = samples.merged()
            self._set_out(samples.y if classes is None else classes, earlier, partial)
            samples = self._weigh(samples)
            held_out = None
            if splits:
                samples, held_out = self._hold_out(samples)
                if is_small and merges_later:
                    samples, held_out = samples.merged(), held_out.merged()
            elif watched is not None:
                held_out = self._read_watched(*watched).weighted_like(samples)
                samples = samples.weighted_like(held_out)
            if not partial:  # where weights keep their meaning from call to call
                samples = samples.with_mean_weight_one()
                held_out = held_out and held_out.with_mean_weight_one()
            if earlier is None:
                self._learn_scales(samples)
            dtype = training_dtype(samples.sequences, is_small)
            init_seed, train_seed = self._rng.randint(2**31 - 1, size=2).tolist()
            module = self._make_network(init_seed, dtype, earlier)
            data = self._samples_to_dataset(samples, dtype, device)
            with naming("y" if watched is None else "y_val"):
                valid_data = held_out and self._samples_to_dataset(
                    held_out, dtype, device
                )
            parameters = self._training_parameters(len(samples))
            if partial:  # every call would be a whole schedule
                parameters |= {"lr_schedule": None, "max_epochs": 1}
            with self._threads(module):
                self.net_ = train(
                    module,
                    self._task.criterion,
                    data,
                    valid_data,
                    device=device,
                    seed=train_seed,
                    earlier=earlier,
                    keep_optimizer=partial,
                    **parameters,
                )
            self._publish_history()
        return self

    def _set_out(
        self, y: np.ndarray, earlier: SequenceNet | None, partial: bool
    ) -> None:
        """Fix the task and the random numbers, or take those of an earlier fit."""
        if earlier is None:
            self._task = self._make_task(y)
            self._normalize = self.normalize
        elif self.normalize != self._normalize:
            raise ValueError(
                f"normalize={self.normalize!r} was {self._normalize!r} in the fit that "
                "warm_start=True or partial_fit continues."
            )
        if partial and earlier is not None:
            self._rng = copy.deepcopy(self._rng)
        else:
            self._rng = make_random_state(self.random_state)

    def _learn_scales(self, samples: Samples) -> None:
        """Learn the scales of targets and inputs from the training part."""
        self._task.learn_scale(samples.y, samples.weights)
        self._scaler = StepScaler(normalize=self.normalize in ("feature", "both"))
        self._scaler.fit(samples.sequences, samples.weights)

    def _hold_out(self, samples: Samples) -> tuple[Samples, Samples]:
        """Split for early stopping."""
        return split_for_validation(
            samples,
            self.validation_fraction,
            self._rng,
            stratify=self._task.stratifies,
        )

    def _check_watched(self, watched: tuple, groups: Any) -> None:
        """Refuse a validation set that is not whole, or that nothing would watch."""
        if watched[0] is None or watched[1] is None:
            raise ValueError(
                "X_val and y_val belong together, but "
                f"{'X_val' if watched[0] is None else 'y_val'} is None."
            )
        if not self.early_stopping:
            raise ValueError(
                "X_val and y_val are what early stopping watches, but "
                "early_stopping=False."
            )
        if groups is not None:
            raise ValueError(
                "groups says what to hold out of X, but X_val and y_val are given "
                "instead of that."
            )

    def _read_watched(self, X_val: Any, y_val: Any, weights: Any) -> Samples:
        """Return the validation set that the user gave, and learn nothing from it."""
        reader = copy.copy(self)
        with naming("X_val"):
            sequences = reader._check_X(X_val, reset=False)
        with naming("sample_weight_val"):
            check_weights(weights, sequences)
        with naming("y_val"):
            samples = reader._check_samples(X_val, y_val, weights, reset=False)
            return reader._weigh(samples)

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
        if reset:
            self._n_timesteps = int(sequences.lengths.max())
        elif self._known_tokens is not None:
            check_tokens(sequences, len(self._known_tokens))
        return sequences

    def _check_samples(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool, groups: Any = None
    ) -> Samples:
        sequences = self._check_X(X, y, reset=reset)
        given = y if hasattr(y, "iloc") else None
        y = self._check_y(X, y)
        self._check_lengths(sequences, y)
        weights = check_weights(sample_weight, sequences)
        names = getattr(given, "columns", getattr(given, "name", None))
        self._answers_as = (names,) if is_named(X) else None
        return Samples(sequences, y, weights, check_groups(groups, sequences)).usable()

    def _make_network(
        self, seed: int, dtype: np.dtype, earlier: SequenceNet | None
    ) -> nn.Module:
        n_features = self._n_channels * (2 if self._normalize == "both" else 1)
        with seeded_torch(seed):
            embedding = make_embedding(self, self._known_tokens)
            if embedding is not None:
                n_features = embedding.output_size
            encoder = self._make_encoder(n_features)
            head = self._make_head(encoder)
        network = self._network_class(encoder, head, embedding)
        network = network.to(_TORCH_DTYPES[dtype])
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

    def _make_head(self, encoder: Any) -> nn.Module:
        """Return what turns an encoder's steps into the outputs of the task."""
        size = encoder.output_size
        dense_size = layer_sizes("dense_size", self.dense_size)
        dense = dense_size, self._task.n_outputs, self.dropout
        if self._task.per_step:
            return StepHead(size, *dense)
        pooling = POOLINGS[self.pooling](size, getattr(encoder, "n_backwards", 0))
        return PooledHead(pooling, size, *dense)

    def _samples_to_dataset(
        self, samples: Samples, dtype: np.dtype, device: torch.device
    ) -> SequenceDataset:
        targets = self._task.encode(samples.y, dtype)
        return self._to_dataset(
            samples.sequences, dtype, device, targets, samples.weights
        )

    def _to_dataset(
        self,
        sequences: SequenceArray,
        dtype: np.dtype,
        device: torch.device,
        targets: Any = None,
        weights: np.ndarray | None = None,
    ) -> SequenceDataset:
        scales = []
        if self._known_tokens is not None:
            sequences = check_tokens(sequences)
        elif self._normalize in (None, "feature"):
            sequences = self._scaler.transform(sequences, dtype)
        else:
            scales.append(sequence_scale(sequences))
            if self._normalize == "both":
                scales.insert(0, self._scaler.scale())
        return SequenceDataset(
            sequences, device, targets, weights, scales, _TORCH_DTYPES[dtype]
        )

    def _example(self):
        zeros = np.zeros((1, self._n_timesteps, self._n_channels))
        sequences = SequenceArray.from_array(zeros)
        data = self._to_dataset(sequences, np.dtype("float32"), torch.device("cpu"))
        return data.gather(torch.tensor([0])).x

    # Predicting -------------------------------------------------------------

    def _answer(self, values: Any, X: Any) -> Any:
        """Return predictions by instance if `fit` and X named instances."""
        instances = None if self._answers_as is None else instances_of(X)
        if instances is None:
            return values
        return by_instance(values, instances, *self._answers_as)

    def _predict_outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs: a row per sequence, or per step of each."""
        check_is_fitted(self, "net_")
        sequences = self._check_X(X, reset=False)
        lengths = sequences.lengths
        first_rows, n_rows = np.arange(len(lengths)), len(lengths)
        if self._task.per_step:
            first_rows, n_rows = np.cumsum(lengths) - lengths, lengths.sum()
        outputs = np.empty((n_rows, self._task.n_outputs))
        for index, found in self._predict_batches(sequences, self._ask, X):
            rows = first_rows[index]
            if self._task.per_step:
                steps = np.arange(found.shape[1])
                real = steps < lengths[index, None]
                rows, found = (rows[:, None] + steps)[real], found[real]
            outputs[rows] = found
        finite = np.isfinite(outputs)
        if not finite.all():
            row = np.argmin(finite.all(axis=1))
            i = np.searchsorted(first_rows, row, side="right") - 1
            raise ValueError(
                f"The prediction of X[{i}] is not finite; its values are too far from "
                "those in fit."
            )
        return outputs

    @torch.inference_mode()
    def _ask(self, module: SequenceNetwork, batch: Batch) -> np.ndarray:
        """Return the outputs of the network for a batch."""
        return module.head(*self._read(module, batch)).double().cpu().numpy()

    def _read(
        self, module: SequenceNetwork, batch: Batch
    ) -> tuple[Tensor, Tensor | None]:
        """Return the steps (B, T', D) that the encoder makes, and their lengths."""
        return module.encoder(module.embedding(batch.x), batch.lengths)

    def _predict_batches(
        self,
        sequences: SequenceArray,
        ask: Callable[[Any, Batch], np.ndarray],
        X: Any = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield which sequences, of X, are in a batch, and what the network says."""
        dtype = np.dtype("float32")
        if sequences.lengths.sum() <= SMALL_STEPS:
            dtype = sequences.dtype
        module, device = self.net_.module_as(_TORCH_DTYPES[dtype])
        data = self._to_dataset(sequences, dtype, device)
        with self._threads(module):
            for index, batch in prediction_batches(data):
                yield index.numpy(), ask(module, batch)

    # Being an estimator -------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        input_tags = tags.input_tags
        input_tags.categorical = input_tags.positive_only = reads_tokens(self)
        return tags
