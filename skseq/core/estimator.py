"""What every estimator with a network has: training parameters and what they leave."""

from __future__ import annotations

from contextlib import AbstractContextManager
from numbers import Integral, Real
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from torch import nn

from skseq.core.summary import NetworkReprMixin
from skseq.resources import make_accelerator, resolve_device, torch_threads
from skseq.training import OPTIMIZERS, without_training
from skseq.versioning import VersionedState

__all__ = ["NetworkEstimator", "n_multiplied"]

AUTO_STEPS, MOST_EPOCHS = 1000, 400  # what max_epochs="auto" means
MOST_INT = 2**31 - 1  # of what torch reads as a C integer
MOST_THREADS = 1024  # more would be no processor's
MOST_FLOAT = float(np.finfo(np.float32).max)

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
    "mixed_precision",
)
_N_MULTIPLIED: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()


def n_multiplied(module: nn.Module) -> int:
    """Return how many weights are multiplied in a step; looking up is none."""
    tables = (m.weight for m in module.modules() if isinstance(m, nn.Embedding))
    looked_up = sum(table.numel() for table in tables)
    return sum(p.numel() for p in module.parameters()) - looked_up


class NetworkEstimator(VersionedState, NetworkReprMixin, BaseEstimator):
    """Base of all estimators that train a network."""

    _least_epochs: ClassVar[int] = 10  # of max_epochs="auto"

    _parameter_constraints: ClassVar[dict] = {
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS)), callable],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions({"plateau", "cosine", "onecycle"}), None],
        "max_epochs": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "batch_size": [Interval(Integral, 1, MOST_INT, closed="both")],
        "l1": [Interval(Real, 0, None, closed="left")],
        "l2": [Interval(Real, 0, None, closed="left")],
        "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
        "clip_value": [Interval(Real, 0, MOST_FLOAT, closed="right"), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, None],
        "device": [str],
        "mixed_precision": ["boolean"],
        "n_threads": [Interval(Integral, 1, MOST_THREADS, closed="both"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def _training_parameters(self) -> dict[str, Any]:
        """Return the parameters that `skseq.training.train` takes by their name."""
        parameters = {name: getattr(self, name) for name in _TRAINING_PARAMETERS}
        if self.device == "accelerate":
            parameters["accelerator"] = make_accelerator()
        return parameters

    def _n_epochs(self, max_epochs: Any, n_samples: int) -> int:
        if max_epochs != "auto":
            return max_epochs
        n_batches = -(-n_samples // self.batch_size)
        return int(np.clip(AUTO_STEPS // n_batches, self._least_epochs, MOST_EPOCHS))

    def _threads(self, module: nn.Module) -> AbstractContextManager[None]:
        """Return a block in which a module runs on as many threads as it should."""
        used = {"batch_size": self.batch_size, "n_threads": self.n_threads}
        validate_parameter_constraints(  # as they may have been set since fit
            self._parameter_constraints, used, type(self).__name__
        )
        if module not in _N_MULTIPLIED:
            _N_MULTIPLIED[module] = n_multiplied(module)
        work = int(self.batch_size) * _N_MULTIPLIED[module]
        return torch_threads(self.n_threads, work=work)

    def _publish_history(self) -> None:
        history = self.net_.history
        self.n_iter_ = len(history)
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
    def module_(self) -> nn.Module:
        """The trained torch module: (x, lengths) -> outputs.

        x is a tensor (B, T, F), integers (B, T, 1) if it holds tokens, of a forecaster
        a `skseq.networks.Window`.
        """
        return self.net_.module_

    def _example(self) -> Any:
        """Return a batch of one sample for `module_`, on the CPU and in float32."""
        raise NotImplementedError

    def _network_and_example(self):
        return self.module_, self._example()

    def __getstate__(self):
        state = super().__getstate__()
        return {**state, "callbacks": without_training(self.callbacks)}

    def __setstate__(self, state):
        super().__setstate__(state)
        if hasattr(self, "net_"):
            self.module_.to(resolve_device(self.device, or_cpu=True))
