"""What a fit learns from folds, before its network is trained on all samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from skseq.core.calibration import Calibration, calibration_of
from skseq.core.duration import Duration, learn_duration
from skseq.core.holdout import split_into_folds
from skseq.core.linear import LinearModel, learn_linear
from skseq.core.transfer import Start, TransfersEncoder
from skseq.data.batching import (
    PartOfDataset,
    SequenceDataset,
    prediction_batches,
)
from skseq.data.samples import Samples
from skseq.parameters import attribute
from skseq.parameters.checks import instance, optional
from skseq.resources import resolve_device
from skseq.training import Watcher, train

__all__ = ["Folds", "LearnsFromFolds"]

MEAN_RATES = {"cosine": 0.5, "onecycle": 0.5}  # of schedules, in units of the highest
Folds = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class _Learned:
    """How long to train, how far outputs may be trusted, and a model beside."""

    duration: Duration
    calibration: Calibration
    linear: LinearModel | None

    def outputs(self) -> np.ndarray:
        """Return what is said of the held-out samples (n_held_out, n_outputs)."""
        said: Any = self.duration.said
        return self.calibration.trusted(said, self.duration.trust)

    def apply(self, module: Any) -> None:
        """Let a trained network, and the model beside it, say so much and no more."""
        trust: Any = self.duration.trust
        self.calibration.apply(module.head.dense[-1], trust[0])
        if self.linear is not None and len(trust) > 1:
            beside = self.linear.module(trust[1], self.calibration)
            module.beside = beside.to(next(module.parameters()))


class LearnsFromFolds(TransfersEncoder):
    """Learns how long to train where ``max_epochs="auto"``."""

    duration_: dict | None = attribute(
        check=optional(instance(dict)),
        text="""How long to train, as held-out samples told: "n_epochs"; "reason", why
        not longer; "n_held_out", how many samples were; "epochs" and "losses", their
        calibrated loss after so many epochs; "temperature", by which what outputs say
        beyond the base rate, or the mean, was divided; "linear", how much of what a
        linear model says was added (`shrink_to_linear`). None if nothing was held out
        for that, or there was no time.""",
    )

    _learns_duration: ClassVar[bool] = True  # with max_epochs="auto"

    def _make_folds(self, samples: Samples, seed: int) -> Folds:
        """Return what watchers learn from and predict, if there are to be any."""
        if self.device == "accelerate":
            return []
        rng = np.random.RandomState(seed)
        return split_into_folds(samples, rng, stratify=self._task.stratifies)

    def _learn_from_folds(
        self,
        folds: Folds,
        samples: Samples,
        data: SequenceDataset,
        seed: int,
        dtype: np.dtype,
        parameters: dict[str, Any],
        start: Start,
        keeps_outputs: bool = False,
    ) -> _Learned | None:
        """Return what networks that train without a fold each tell.

        None if there was no time for that.
        """
        calibration = calibration_of(self._task, samples)
        linear = None
        said: list[Any] = [None] * len(folds)
        if self._may_shrink_to_linear():
            linear = learn_linear(self._task, data, *self._plain(), folds, calibration)
        if linear is not None:
            said = linear.held_out
        mean_rate = MEAN_RATES.get(str(self.lr_schedule), 1.0)
        n_learned = sum(len(rows) for rows, _ in folds) / len(samples)
        # An epoch of theirs is followed by 1 / mean_rate of them on all samples.
        budget = parameters["budget"].part(n_learned / (n_learned + 1 / mean_rate))
        seeds = np.random.RandomState(seed).randint(2**31 - 1, size=len(folds))
        watchers = [
            Watcher(
                start.begin(
                    self._draw_network(own_seed, dtype),
                    PartOfDataset(data, fold[0]),
                    i,
                ),
                self._task.criterion,
                data,
                *fold,
                beside=beside,
                device=resolve_device(self.device),
                seed=own_seed,
                n_outputs=self._task.n_outputs,
                per_step=self._task.per_step,
                **{**parameters, "budget": budget},
            )
            for i, (fold, beside, own_seed) in enumerate(
                zip(folds, said, seeds.tolist(), strict=True)
            )
        ]
        duration = learn_duration(
            watchers,
            calibration,
            parameters["max_epochs"],
            -(-len(samples) // self.batch_size),
            mean_rate,
            budget,
            keeps_outputs,
        )
        if duration is None:
            return None
        return _Learned(duration, calibration, linear)

    def _said_of_folds(
        self,
        folds: Folds,
        data: SequenceDataset,
        seed: int,
        dtype: np.dtype,
        parameters: dict[str, Any],
        start: Start,
    ) -> np.ndarray:
        """Return what networks say (n_held_out, ..., n_outputs) of the fold each lacks.

        They train as the one on all samples will.
        """
        n_learned = sum(len(rows) for rows, _ in folds)
        budget = parameters["budget"].part(n_learned / (n_learned + len(data)))
        silent = {"callbacks": None, "verbose": 0, "budget": budget}
        seeds = np.random.RandomState(seed).randint(2**31 - 1, size=len(folds))
        parts = []
        for (rows, held_out), own_seed in zip(folds, seeds.tolist(), strict=True):
            part = PartOfDataset(data, rows)
            module: Any = start.begin(self._draw_networks(own_seed, dtype), part)
            train(
                module,
                self._task.criterion,
                part,
                None,
                device=resolve_device(self.device),
                seed=own_seed,
                **{**parameters, **silent},
            )
            parts.append(self._said_of(module, PartOfDataset(data, held_out)))
        return np.concatenate(parts)

    def _said_of(self, module: Any, data: PartOfDataset) -> np.ndarray:
        """Return what a network says (n_samples, ..., n_outputs) of samples."""
        n_outputs = self._task.n_outputs
        said = np.empty((len(data), n_outputs))
        for index, batch in prediction_batches(data, n_outputs=n_outputs):
            said[index] = self._ask(module, batch)
        return said

    def _plain(self) -> tuple[Callable[[Tensor], Tensor], int]:
        """Return what makes features that are not learned of a batch, and how many."""
        n = self._n_channels
        with torch.device("meta"):  # its tables are not asked for
            inputs = self._make_inputs()
        if inputs is None:
            return lambda x: x[..., :n], n
        return inputs.plain, inputs.plain_size

    def _may_shrink_to_linear(self) -> bool:
        """Return whether a linear model of whole sequences may answer, too."""
        return (
            getattr(self, "shrink_to_linear", False)
            and self._known_tokens is None
            and not self._task.per_step
            and self.pooling != "last"  # of which streams are asked, step by step
        )
