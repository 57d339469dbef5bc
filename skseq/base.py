"""The fit / predict template that joins data, network, task and training."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skseq._validation import (
    check_same_length,
    check_sequences,
    check_weights,
    unchanged_on_error,
)
from skseq.batching import SequenceDataset, prediction_batches
from skseq.networks import (
    POOLINGS,
    PooledHead,
    SequenceNetwork,
    SequenceNormalization,
)
from skseq.resources import (
    make_random_state,
    resolve_device,
    seeded_torch,
    torch_threads,
)
from skseq.samples import Samples, split_for_validation
from skseq.scaling import StepScaler
from skseq.tasks import Task
from skseq.training import OPTIMIZERS, SequenceNet, predict_batch, train

__all__ = ["BaseSequenceEstimator"]

_TORCH_DTYPES = {np.dtype("float32"): torch.float32, np.dtype("float64"): torch.float64}
SMALL_STEPS = 10_000  # time steps up to which float64 is affordable

_TRAINING_PARAMETERS = (
    "batch_size",
    "optimizer",
    "lr",
    "lr_schedule",
    "patience",
    "callbacks",
    "verbose",
    "l1",
    "l2",
    "clip_norm",
    "clip_value",
)


def layer_sizes(name: str, sizes: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return a parameter that gives one size or a tuple of them as a tuple."""
    sizes = sizes if isinstance(sizes, tuple) else (sizes,)
    if not all(isinstance(size, Integral) and size > 0 for size in sizes):
        raise ValueError(f"{name} must hold positive integers, got {sizes!r}.")
    return sizes


class BaseSequenceEstimator(BaseEstimator):
    """Base of the estimators that predict something per sequence.

    An architecture adds the constructor, the constraints of its own parameters and
    `_make_encoder`; a task mixin adds `_check_y`, `_make_task` and the methods that
    predict.
    """

    _parameter_constraints: ClassVar[dict] = {
        "pooling": [StrOptions(set(POOLINGS))],
        "dense_size": [Interval(Integral, 1, None, closed="left"), tuple],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "normalize": [StrOptions({"feature", "sequence"}), None],
        "n_channels": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions({"plateau", "cosine", "onecycle"}), None],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "l1": [Interval(Real, 0, None, closed="left")],
        "l2": [Interval(Real, 0, None, closed="left")],
        "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
        "clip_value": [Interval(Real, 0, None, closed="neither"), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "device": [str],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

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

    def fit(self, X: Any, y: Any, sample_weight: Any = None):
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
        earlier = getattr(self, "net_", None) if self.warm_start else None
        return self._fit(X, y, sample_weight, self.max_epochs, earlier)

    def _fit(
        self, X, y, sample_weight, max_epochs, earlier, classes=None, partial=False
    ):
        """Train, from the start or (`earlier`) from where a net stands."""
        self._validate_params()
        with unchanged_on_error(self):
            samples = self._check_samples(X, y, sample_weight, reset=earlier is None)
            one_batch = len(samples) <= self.batch_size
            is_small = one_batch and samples.sequences.lengths.sum() <= SMALL_STEPS
            self._dtype = samples.sequences.dtype if is_small else np.dtype("float32")
            if one_batch:
                samples = samples.merged()
            if earlier is None or not partial:
                self._rng = make_random_state(self.random_state)
            if earlier is None:
                self._task = self._make_task(samples.y if classes is None else classes)
            samples, held_out = self._weigh(samples), None
            if self.early_stopping and not partial:
                samples, held_out = split_for_validation(
                    samples,
                    self.validation_fraction,
                    self._rng,
                    stratify=self._task.stratifies,
                )
            if earlier is None:
                self._task.learn_scale(samples.y, samples.weights)
                self._scaler = StepScaler(normalize=self.normalize is not None)
                self._scaler.fit(samples.sequences, samples.weights)
            device = resolve_device(self.device)
            init_seed, train_seed = self._rng.randint(2**31 - 1, size=2).tolist()
            module = self._make_network(init_seed, earlier)
            with torch_threads(self.n_threads, work=self._work(module)):
                self.net_ = train(
                    module,
                    self._task.criterion,
                    self._to_dataset(samples, device),
                    None if held_out is None else self._to_dataset(held_out, device),
                    device=device,
                    seed=train_seed,
                    max_epochs=max_epochs,
                    earlier=earlier,
                    keep_optimizer=partial,
                    **{name: getattr(self, name) for name in _TRAINING_PARAMETERS},
                )
            self._publish_history()
        return self

    def _check_samples(self, X, y, sample_weight, *, reset: bool) -> Samples:
        sequences = check_sequences(self, X, y, reset=reset)
        y = self._check_y(X, y)
        check_same_length(sequences, y)
        weights = check_weights(sample_weight, sequences)
        return Samples(sequences, y, weights).usable()

    def _make_network(self, seed: int, earlier: SequenceNet | None) -> nn.Module:
        with seeded_torch(seed):
            encoder = self._make_encoder(self._n_channels)
            size = encoder.output_size
            pooling = POOLINGS[self.pooling](size, getattr(encoder, "n_backwards", 0))
            head = PooledHead(
                pooling,
                size,
                layer_sizes("dense_size", self.dense_size),
                self._task.n_outputs,
                self.dropout,
            )
        normalization = (
            SequenceNormalization() if self.normalize == "sequence" else None
        )
        network = SequenceNetwork(normalization, encoder, head)
        network.to(_TORCH_DTYPES[self._dtype])
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

    def _to_dataset(self, samples: Samples, device: torch.device) -> SequenceDataset:
        return SequenceDataset(
            self._scaler.transform(samples.sequences, self._dtype),
            device,
            self._task.encode(samples.y, self._dtype),
            samples.weights,
        )

    def _work(self, module: nn.Module) -> int:
        """Multiplications per time step of a batch, about."""
        return self.batch_size * sum(p.numel() for p in module.parameters())

    def _publish_history(self) -> None:
        history = self.net_.history
        self.n_iter_ = len(history)
        self.loss_curve_ = [row["train_loss"] for row in history]
        self.validation_scores_ = None
        if self.early_stopping:
            self.validation_scores_ = [
                -row.get("valid_loss", np.nan) for row in history
            ]
        self.history_ = [
            {name: value for name, value in row.items() if name != "batches"}
            for row in history
        ]

    # Predicting -------------------------------------------------------------

    def _predict_outputs(self, X: Any) -> np.ndarray:
        """Return the outputs (n_samples, n_outputs) of the network."""
        check_is_fitted(self, "net_")
        sequences = check_sequences(self, X, reset=False)
        module = self.module_
        device = next(module.parameters()).device
        data = SequenceDataset(self._scaler.transform(sequences, self._dtype), device)
        outputs = np.empty((len(data), self._task.n_outputs))
        with torch_threads(self.n_threads, work=self._work(module)):
            for index, batch in prediction_batches(data):
                outputs[index] = predict_batch(module, batch)
        return outputs

    @property
    def module_(self) -> nn.Module:
        """The trained torch module: (x, lengths) -> outputs."""
        return self.net_.module_

    # Being an estimator -------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __setstate__(self, state):
        super().__setstate__(state)
        if hasattr(self, "net_"):
            self.module_.to(resolve_device(self.device, or_cpu=True))
