"""What every estimator with a network has: training parameters and what they leave."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from sklearn.utils._param_validation import validate_parameter_constraints
from torch import nn

from skseq._sklearn import BaseEstimator
from skseq.core.parameters import (
    HoldoutParameters,
    ProgressParameters,
    RunParameters,
    TrainingParameters,
)
from skseq.core.summary import NetworkReprMixin
from skseq.parameters import PROBABILITY, attribute, parameter
from skseq.resources import make_accelerator, resolve_device, torch_threads
from skseq.training import Budget, SequenceNet, check_callbacks, without_training
from skseq.versioning import VersionedState

__all__ = ["NetworkEstimator", "n_multiplied"]

AUTO_STEPS, MOST_EPOCHS = 1000, 400  # what max_epochs="auto" means
_N_MULTIPLIED: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()


def n_multiplied(module: nn.Module) -> int:
    """Return how many weights are multiplied in a step; looking up is none."""
    tables = (m.weight for m in module.modules() if isinstance(m, nn.Embedding))
    looked_up = sum(table.numel() for table in tables)
    return sum(p.numel() for p in module.parameters()) - looked_up


class NetworkEstimator(
    RunParameters,
    ProgressParameters,
    HoldoutParameters,
    TrainingParameters,
    VersionedState,
    NetworkReprMixin,
    BaseEstimator,
    about="head",
):
    """Base of all estimators that train a network."""

    _least_epochs: ClassVar[int] = 10  # of max_epochs="auto"

    dropout: float = parameter(
        default=0.0,
        constraint=[PROBABILITY],
        text="""Probability of dropping a value between layers and before the
        output.""",
    )

    net_: SequenceNet = attribute(text="The skorch net that trained it.")
    n_iter_: int = attribute(text="Number of epochs trained.")
    loss_curve_: list[float] = attribute(
        text="Training loss of each epoch, penalties included."
    )
    validation_scores_: list[float] | None = attribute(
        text="""Minus the loss on the held-out part after each epoch, None without
        one."""
    )
    stop_reason_: str | None = attribute(
        text="""Why training ended: "max_epochs", all epochs were made;
        "early_stopping"; "max_seconds", it, or what told how long to train, was cut
        short; "interrupted". None in files of versions that did not record it."""
    )
    history_: list[dict] = attribute(text="All that was recorded of each epoch.")

    def _training_parameters(self, n_samples: int, budget: Budget) -> dict[str, Any]:
        """Return what `skseq.training.train` takes by the names of parameters."""
        names = [*TrainingParameters._declared, *ProgressParameters._declared]
        parameters = {name: getattr(self, name) for name in names}
        parameters["budget"] = budget
        if self.max_epochs == "auto":
            n_batches = -(-n_samples // self.batch_size)
            n_epochs = AUTO_STEPS // n_batches
            parameters["max_epochs"] = int(
                np.clip(n_epochs, self._least_epochs, MOST_EPOCHS)
            )
        if self.device == "accelerate":
            parameters["accelerator"] = make_accelerator()
        return parameters

    def _check_callbacks(self) -> None:
        """Refuse wrong callbacks, before networks beside train for minutes."""
        check_callbacks(
            self.callbacks,
            accelerated=self.device == "accelerate",
            learns_epochs=self.max_epochs == "auto",
            has_budget=self.max_seconds is not None,
            lr_schedule=self.lr_schedule,
            patience=self.patience,
            validates=self.early_stopping,
        )

    @staticmethod
    def _beside(parameters: dict[str, Any], part: int) -> dict[str, Any]:
        """Return parameters of a training that only tells how long another may take.

        It is silent, and stops where so large a part of all epochs brought no lower
        loss.
        """
        patience = max(parameters["patience"], parameters["max_epochs"] // part)
        return {**parameters, "patience": patience, "callbacks": None, "verbose": 0}

    def _threads(self, module: nn.Module) -> AbstractContextManager[None]:
        """Return a block in which a module runs on as many threads as it should."""
        used = {"batch_size": self.batch_size, "n_threads": self.n_threads}
        validate_parameter_constraints(  # as they may have been set since fit
            self._parameter_constraints, used, type(self).__name__
        )
        n = _N_MULTIPLIED.get(module)
        if n is None:
            n = _N_MULTIPLIED[module] = n_multiplied(module)
        work = int(self.batch_size) * n
        return torch_threads(self.n_threads, work=work)

    def _publish_history(self) -> None:
        history = self.net_.history
        self.n_iter_ = len(history)
        last = history[-1] if history else {"stop_reason": "interrupted"}
        self.stop_reason_ = last.get("stop_reason")
        self.loss_curve_ = [row["train_loss"] for row in history]
        self.validation_scores_ = None
        if any("valid_loss" in row for row in history):
            self.validation_scores_ = [
                -row.get("valid_loss", np.nan) for row in history
            ]
        self.history_ = [
            {name: value for name, value in row.items() if name != "batches"}
            for row in history
        ]

    @property
    def module_(self) -> torch.nn.Module:
        """The trained network: (x, lengths) -> outputs.

        x is a tensor (B, T, F), integers (B, T, 1) if it holds tokens.
        """
        return self.net_.module_

    def _example(self) -> Any:
        """Return a batch of one sample for `module_`, on the CPU and in float32."""
        raise NotImplementedError

    def _network_and_example(self):
        return self.module_, self._example()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __getstate__(self):
        state = super().__getstate__()
        return {**state, "callbacks": without_training(self.callbacks)}

    def __setstate__(self, state):
        super().__setstate__(state)
        if hasattr(self, "net_"):
            self.module_.to(resolve_device(self.device, or_cpu=True))
