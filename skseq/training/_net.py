"""The net: a skorch net for batches of sequences."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any, Self

import torch
from skorch.callbacks import Callback, EarlyStopping, EpochTimer
from skorch.exceptions import SkorchException
from torch import Tensor, nn, optim

from skseq.data.batching import BatchIterator
from skseq.data.large_batches import LargeBatch
from skseq.networks.embedding import copied_to
from skseq.networks.feedback import set_progress
from skseq.networks.first_weights import first_weights
from skseq.training._budget import Budget
from skseq.training._by_parts import TrainsByParts
from skseq.training._clipping import clip_norms
from skseq.training._monitors import check_recorded
from skseq.training._portable import portable

if TYPE_CHECKING:
    from collections.abc import Callable

    from skseq.data.batching import Batch

__all__ = ["SequenceNet"]

LEAST_SCHEDULE = 10  # steps below which a learning rate schedule is left out


class _OutOfTime(Exception):
    """Ends a training between two epochs."""


class SequenceNet(TrainsByParts):
    """A skorch net that trains on batches of sequences with little overhead.

    Unlike its base, it shuffles, takes weights, clips and penalises, steps a
    learning rate schedule, and keeps no record of single batches unless a callback
    listens to batches.

    Parameters
    ----------
    module : nn.Module
        (x, lengths) -> outputs; trained in place.
    generator : torch.Generator or None
        Shuffles the training batches; None keeps their order.
    l1, l2 : float
        Factors of the sum of absolute and of squared weights within the loss.
    clip_norm, clip_value : float or None
        Bounds on the norm of the whole gradient and on its single values.
    schedule : {"cosine", "onecycle"} or None
        Learning rate schedule that steps with every batch.
    mixed_precision : bool
        Whether the module runs in bfloat16 where that is safe.
    after_step : callable, optional
        Is given the module after every step of the optimiser.
    budget : Budget, optional
        How long training may take. It ends at the end of a batch, the first one at the
        earliest, with an epoch that is validated though it was not whole.
    **options
        Further parameters of skorch.NeuralNet.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        generator: torch.Generator | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        schedule: str | None = None,
        mixed_precision: bool = False,
        after_step: Callable[[nn.Module], None] | None = None,
        budget: Budget | None = None,
        **options: Any,
    ):
        super().__init__(module, **options)
        self.generator = generator
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.schedule = schedule
        self.mixed_precision = mixed_precision
        self.after_step = after_step
        self.budget = budget or Budget(None)
        self._copies: dict[str, Any] = {}

    @classmethod
    def of_trained(cls, module: nn.Module, criterion: Any, history: list) -> Self:
        """Return a net of a trained module.

        It has no optimiser: with the first one torch imports its compiler, which takes
        longer than all else when a model is opened in a new process.

        Parameters
        ----------
        module : nn.Module
            Trained, where predictions are to be made.
        criterion : callable
            What was minimised.
        history : list of dict
            Rows of skorch's history.
        """
        net = cls(module, criterion=criterion, optimizer=None).initialize()
        net.history.extend(history)
        return net

    def initialize_optimizer(self, *args):
        """Make the optimiser, if there is to be one."""
        if self.optimizer is None:
            self.optimizer_ = None
            return self
        return super().initialize_optimizer(*args)

    @property
    def _default_callbacks(self):
        return [("epoch_timer", EpochTimer())]

    def get_split_datasets(self, X, y=None, **fit_params):
        """Return the training and the validation part, split beforehand."""
        return X

    def get_iterator(self, dataset, training=False):
        """Return an iterator over batches, shuffled for training."""
        generator = self.generator if training else None
        if hasattr(dataset, "batches"):  # what is read in an order of its own
            return dataset.batches(self.batch_size, generator)
        # Batch statistics must be those of all samples, not of those of one length.
        by_length = not any(
            isinstance(part, nn.modules.batchnorm._BatchNorm)
            for part in self.module_.modules()
        )
        return BatchIterator(dataset, self.batch_size, generator, by_length)

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Prepare what a training needs once."""
        hooks = ("on_batch_begin", "on_batch_end")
        self._heard_batches = self._is_overridden(*hooks)
        self._heard_gradients = self._is_overridden("on_grad_computed")
        self._trained = [p for p in self.module_.parameters() if p.requires_grad]
        module = getattr(self.module_, "module", self.module_)  # of several processes
        self._n_networks = getattr(module, "n_networks", 1)
        alone = self._n_networks > 1
        self._penalized = [p for p in self._trained if p.ndim > 1 + alone]
        n_batches = len(self.get_iterator(X[0], training=True))
        self._schedule = self._make_schedule(self.max_epochs * n_batches)
        self._n_epochs_before = len(self.history)
        self.n_epochs_left = self.max_epochs  # a Checkpoint may know better
        self._has_begun = False

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Tell what is scheduled within the module how far the training is."""
        if self._has_begun and self._is_out_of_time():
            raise _OutOfTime
        super().on_epoch_begin(net, dataset_train, dataset_valid, **kwargs)
        n_done = len(self.history) - 1 - self._n_epochs_before
        set_progress(self.module_, n_done / max(1, self.max_epochs - 1))

    def _is_overridden(self, *hooks: str) -> bool:
        return any(
            getattr(type(callback), hook) is not getattr(Callback, hook)
            for _, callback in self.callbacks_
            for hook in hooks
        )

    def _make_schedule(self, n_steps: int) -> optim.lr_scheduler.LRScheduler | None:
        if n_steps < LEAST_SCHEDULE:
            return None
        if self.schedule == "cosine":
            return optim.lr_scheduler.CosineAnnealingLR(self.optimizer_, n_steps)
        if self.schedule == "onecycle":
            return optim.lr_scheduler.OneCycleLR(
                self.optimizer_, self.lr, total_steps=n_steps, cycle_momentum=False
            )
        return None

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train until the last epoch, an early stop or an interrupt."""
        self.out_of_time_ = False
        self.interrupted_ = False
        try:
            epochs = self.n_epochs_left if epochs is None else epochs
            super().fit_loop(X, y, epochs, **fit_params)
        except (KeyError, ValueError, SkorchException):
            if self.history and "train_loss" in self.history[-1]:
                listening = [part for _, part in self.callbacks_]
                check_recorded(listening, self.history[-1])
            raise
        except KeyboardInterrupt:  # how skorch's callbacks stop a training, too
            self.interrupted_ = not self._has_stopped_early()
        except _OutOfTime:
            pass
        return self

    @property
    def stop_reason_(self) -> str:
        """Why the training ended."""
        if self.interrupted_:
            return "interrupted"
        if self.budget.cut:
            return "max_seconds"
        return "early_stopping" if self._has_stopped_early() else "max_epochs"

    def _has_stopped_early(self) -> bool:
        return any(
            isinstance(callback, EarlyStopping)
            and callback.misses_ == callback.patience
            for _, callback in self.callbacks_
        )

    def _is_out_of_time(self) -> bool:
        self.out_of_time_ = self.budget.is_spent(self._agreed)
        return self.out_of_time_

    def _agreed(self, is_over: bool) -> bool:
        """Return what all processes of a training do."""
        return is_over

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Train or validate on every batch once and record the mean loss."""
        if iterator is None:
            return
        self._set_training(training)
        losses, sizes = [], []
        for batch in iterator:
            if training and losses and self._is_out_of_time():
                break
            if self._heard_batches:
                self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            # A small tensor that is kept behind a large one that was freed keeps the
            # allocator from using that place again; to ask a GPU would be to wait.
            on_cpu = step["loss"].device.type == "cpu"
            losses.append(step["loss"].item() if on_cpu else step["loss"])
            sizes.append(len(batch))
            if self._heard_batches:
                self.history.record_batch(f"{prefix}_loss", step["loss"].item())
                self.history.record_batch(f"{prefix}_batch_size", sizes[-1])
                self.notify("on_batch_end", batch=batch, training=training, **step)
        weights = torch.tensor(sizes, dtype=torch.float64) / sum(sizes)
        if not on_cpu:
            losses = torch.stack(losses).tolist()
        loss = float(torch.tensor(losses, dtype=torch.float64) @ weights)
        self._record_loss(f"{prefix}_loss", loss)
        self._has_begun = True

    def _record_loss(self, name: str, loss: float) -> None:
        if not math.isfinite(loss):
            self._raise_diverged(f"{name} became {loss}")
        earlier = [row[name] for row in self.history[:-1] if name in row]
        self.history.record(name, loss)
        self.history.record(f"{name}_best", loss < min(earlier, default=math.inf))
        if not self.history[-1, "batches"]:
            self.history.new_batch()  # some callbacks look for one

    def _raise_diverged(self, what: str) -> None:
        raise ValueError(
            f"Training diverged: {what} in epoch {self.history[-1, 'epoch']}. Lower lr "
            f"(it is {self.lr}), bound the gradient with clip_norm (it is "
            f"{self.clip_norm}), or scale the data with normalize='feature'."
        )

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Make sure that what was learned is finite."""
        ends = [end for p in self._trained if p.numel() for end in p.aminmax()]
        if not all(torch.isfinite(end) for end in ends):  # NaN is at both
            self._raise_diverged("weights became infinite or NaN")

    def train_step(self, batch: Batch, **fit_params):
        """Take one optimiser step on a batch."""
        step = {}

        def closure():
            self.optimizer_.zero_grad()
            step.update(self.train_step_single(batch))
            return step["loss"]

        self.optimizer_.step(closure)
        if self._schedule is not None:
            self._schedule.step()
        if self.after_step is not None:
            self.after_step(self.module_)
        return step

    def train_step_single(self, batch: Batch | LargeBatch, **fit_params):
        """Compute outputs, loss and bounded gradients of a batch."""
        step = self._passed(batch, training=True)
        if self.clip_value is not None:
            nn.utils.clip_grad_value_(self._trained, self.clip_value)
        if self.clip_norm is not None:
            clip_norms(self._trained, self.clip_norm, self._n_networks)
        if self._heard_gradients:
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.module_.named_parameters()),
                batch=batch,
                training=True,
            )
        return step

    def validation_step(self, batch: Batch, **fit_params):
        """Compute outputs and loss of a batch."""
        with torch.no_grad():
            return self._passed(batch, training=False)

    def _passed(self, batch: Batch | LargeBatch, training: bool) -> dict[str, Any]:
        """Return outputs and loss of a batch, after going backwards in training."""
        if isinstance(batch, LargeBatch):
            return self._passed_by_parts(batch, training)
        outputs = self.infer(batch)
        loss = self.get_loss(outputs, batch.y, X=batch, training=training)
        if training:
            (loss * self._n_networks).backward()  # to each network its own gradient
        return {"loss": loss.detach(), "y_pred": outputs}

    def infer(self, x: Batch, **fit_params) -> Tensor:
        """Run the module on a batch."""
        if not self.mixed_precision:
            return self.module_(x.x, x.lengths)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16):
            outputs = self.module_(x.x, x.lengths)
        return outputs.float() if outputs.dtype == torch.bfloat16 else outputs

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the weighted mean loss of a batch, with penalties in training."""
        n, weights = 1, X.weights
        if training and self._n_networks > 1:  # which answer one behind the other
            n = self._n_networks
            y_true = torch.cat([y_true] * n)
            weights = None if weights is None else weights.repeat(n)
        if weights is None:
            loss = self.criterion_(y_pred, y_true)
        else:
            losses = self.criterion_(y_pred, y_true).reshape(*weights.shape, -1)
            loss = (losses.mean(dim=-1) * weights).mean()
        if training and self.l1:
            loss = loss + self.l1 / n * sum(w.abs().sum() for w in self._penalized)
        if training and self.l2:
            loss = loss + self.l2 / n * sum(w.square().sum() for w in self._penalized)
        return loss

    def best_epoch(self) -> int:
        """Return after how many epochs the held-out loss was least."""
        losses = [row["valid_loss"] for row in self.history]
        return losses.index(min(losses)) + 1

    def module_as(self, dtype: torch.dtype) -> tuple[nn.Module, torch.device]:
        """Return the module, or a copy of it in another precision.

        Parameters
        ----------
        dtype : torch.dtype
            The precision.

        Returns
        -------
        module : nn.Module
        device : torch.device
            Where it is.
        """
        first = first_weights(self.module_)
        if first.dtype == dtype:
            return self.module_, first.device
        tensors = [*self.module_.parameters(), *self.module_.buffers()]
        state = dtype, [(id(t), t.data_ptr(), t._version) for t in tensors]
        if self._copies.get("state") != state:  # weights were changed in place
            module = copied_to(self.module_, dtype)
            self._copies = {"state": state, "module": module}
        return self._copies["module"], first.device

    def with_module(self, module: nn.Module) -> SequenceNet:
        """Return a trained net that has another module, and this one's history."""
        history = copy.deepcopy(list(self.history))
        return self.of_trained(module, self.criterion, history)

    def __reduce__(self) -> tuple:
        # Weights and history only: small, and opens on a machine without a GPU.
        module = portable(self.module_)
        return _restore_net, (module, self.criterion, list(self.history))

    def __copy__(self) -> SequenceNet:
        return copy.deepcopy(self)  # the same way, and whole


def _restore_net(module: nn.Module, criterion: type, history: list) -> SequenceNet:
    return SequenceNet.of_trained(module, criterion, history)
