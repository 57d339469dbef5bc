"""The fit / predict template that joins data, network, task and training."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
import torch

from skseq._describing import described
from skseq._showing import naming, shown
from skseq.core.encoders import LearnedEncoder
from skseq.core.holdout import (
    depend_on_each_other,
    split_for_validation,
)
from skseq.core.learning import Folds, LearnsFromFolds
from skseq.core.sequence_network import SMALL_STEPS, precision_of
from skseq.core.tasks import Task
from skseq.core.texts import TEXTS
from skseq.data.batching import SequenceDataset
from skseq.data.instances import is_named
from skseq.data.samples import Samples
from skseq.data.sequences import SequenceArray
from skseq.data.targets import check_groups, check_same_length, check_weights
from skseq.parameters import attribute, parameter
from skseq.parameters.checks import instance
from skseq.resources import make_random_state, resolve_device, unchanged_on_error
from skseq.training import Budget, SequenceNet, train

__all__ = ["BaseSequenceEstimator"]

NOTHING_HELD_OUT = (
    "conformal=True learns from the errors of held-out samples, but none of the "
    "n_samples={} are held out: it needs 20 at least, of 10 groups if there are some, "
    "or early_stopping=True; partial_fit holds none out, nor does warm_start=True or "
    "device='accelerate' without early_stopping."
)


def training_dtype(sequences: SequenceArray, is_small: bool) -> np.dtype:
    """Return the precision in which a network is trained."""
    return precision_of(sequences) if is_small else np.dtype("float32")


@described(**TEXTS)
class BaseSequenceEstimator(LearnsFromFolds, about="training"):
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

    _rng: np.random.RandomState = attribute(check=instance(np.random.RandomState))

    _notes: ClassVar[str] = """
    Computations are in float32, but in float64 where X is float64 and small, that is,
    has at most 10 000 time steps and, in `fit`, fits into one batch. Then equal samples
    are merged, too, so that a weight of 2 and a repeated sample are exactly the same.

    A pickle holds weights and history but not the state of the optimiser, with
    which `partial_fit` starts afresh after loading.
    """
    _check_lengths = staticmethod(check_same_length)

    # What task mixins add ---------------------------------------------------

    def _check_y(self, X: Any, y: Any) -> np.ndarray:
        """Return validated targets."""
        raise NotImplementedError

    def _make_task(self, y: np.ndarray) -> Task:
        """Return the task that targets pose."""
        raise NotImplementedError

    def _asked_loss(self) -> Any:
        """Return the loss that parameters ask for, None if there is just one."""
        return None

    def _learn_errors(
        self,
        samples: Samples,
        folds: Folds,
        said: np.ndarray | None,
        held_out: Samples | None,
    ) -> None:
        """Learn from folds, or from what early stopping holds out, what is missed."""

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

        {fitted}

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
        budget = Budget(self.max_seconds)
        self._check_callbacks()
        if watched is not None:
            self._check_watched(watched, groups)
        continues = partial or self.warm_start
        earlier = getattr(self, "net_", None) if continues else None
        device = resolve_device(self.device)
        start = self._start(earlier is not None)
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
            self._take_over(start, samples.sequences)
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
                self._learn_scales(samples, start.encoder)
            dtype = training_dtype(samples.sequences, is_small)
            init_seed, train_seed = self._rng.randint(2**31 - 1, size=2).tolist()
            module = self._make_network(init_seed, dtype, earlier)
            data = self._samples_to_dataset(samples, dtype, device)
            with naming("y" if watched is None else "y_val"):
                valid_data = held_out and self._samples_to_dataset(
                    held_out, dtype, device
                )
            parameters = self._training_parameters(len(samples), budget)
            if partial:  # every call would be a whole schedule
                parameters |= {"lr_schedule": None, "max_epochs": 1}
            folds, learned, said = [], None, None
            conformal = getattr(self, "conformal", False)
            learns_epochs = self.max_epochs == "auto" and self._learns_duration
            if (learns_epochs or conformal) and not continues and held_out is None:
                folds = self._make_folds(samples, train_seed)
            if conformal and not folds and held_out is None:
                raise ValueError(NOTHING_HELD_OUT.format(len(samples)))
            with self._threads(module):
                start.begin(module, data)
                plan = data, train_seed, dtype, parameters, start
                if folds and learns_epochs:
                    learned = self._learn_from_folds(folds, samples, *plan, conformal)
                elif folds:
                    said = self._said_of_folds(folds, *plan)
                if learned is not None:
                    parameters["max_epochs"] = learned.duration.n_epochs
                    said = learned.outputs() if conformal else None
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
            self.duration_ = None
            if learned is not None:
                learned.apply(module)
                self.duration_ = learned.duration.as_dict()
                self._has_linear = module.beside is not None
            self._learn_errors(samples, folds, said, held_out)
            self._publish_history()
        return self

    def _set_out(
        self, y: np.ndarray, earlier: SequenceNet | None, partial: bool
    ) -> None:
        """Fix the task and the random numbers, or take those of an earlier fit."""
        if earlier is None:
            self._has_linear = self._standardizes = False
            self._task = self._make_task(y)
            self._normalize = self.normalize
        elif self.normalize != self._normalize:
            raise ValueError(
                f"normalize={self.normalize!r} was {self._normalize!r} in the fit that "
                "warm_start=True or partial_fit continues."
            )
        elif self._asked_loss() != getattr(self._task, "loss", None):
            raise ValueError(
                f"loss={shown(getattr(self, 'loss', None))} and what it needs are not "
                "as in the fit that warm_start=True or partial_fit continues."
            )
        if partial and earlier is not None:
            self._rng = copy.deepcopy(self._rng)
        else:
            self._rng = make_random_state(self.random_state)

    def _learn_scales(self, samples: Samples, encoder: LearnedEncoder | None) -> None:
        """Learn the scales of targets and inputs from the training part.

        Those of inputs are an encoder's own, if the network starts from one.
        """
        self._task.learn_scale(samples.y, samples.weights)
        if encoder is None:
            self._learn_input_scales(samples.sequences, samples.weights)
        else:
            self._scaler, self._usual = encoder.scaler, encoder.usual

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

    def _samples_to_dataset(
        self, samples: Samples, dtype: np.dtype, device: torch.device
    ) -> SequenceDataset:
        targets = self._task.encode(samples.y, dtype)
        return self._to_dataset(
            samples.sequences, dtype, device, targets, samples.weights
        )
