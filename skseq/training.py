"""Training: a skorch net without a user's training loop. The only import of skorch."""

from __future__ import annotations

import copy
import inspect
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import (
    BatchScoring,
    Callback,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    LRScheduler,
    PrintLog,
)
from torch import Tensor, nn, optim
from tqdm.auto import tqdm

from skseq.batching import BatchIterator
from skseq.networks.dropout import seed_dropout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from skseq.batching import Batch, SequenceDataset

__all__ = ["OPTIMIZERS", "SequenceNet", "predict_batch", "train"]

OPTIMIZERS: dict[str, type[optim.Optimizer]] = {
    "adadelta": optim.Adadelta,
    "adagrad": optim.Adagrad,
    "adam": optim.Adam,
    "adamax": optim.Adamax,
    "adamw": optim.AdamW,
    "nadam": optim.NAdam,
    "radam": optim.RAdam,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}


LEAST_SCHEDULE = 10  # steps below which a learning rate schedule is left out


class SequenceNet(NeuralNet):
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
        **options: Any,
    ):
        super().__init__(module, **options)
        self.generator = generator
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.schedule = schedule
        self._copies: dict[str, Any] = {}

    @property
    def _default_callbacks(self):
        return [("epoch_timer", EpochTimer())]

    def get_split_datasets(self, X, y=None, **fit_params):
        """Return the training and the validation part, split beforehand."""
        return X

    def get_iterator(self, dataset, training=False):
        """Return an iterator over batches, shuffled for training."""
        generator = self.generator if training else None
        return BatchIterator(dataset, self.batch_size, generator)

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Prepare what a training needs once."""
        hooks = ("on_batch_begin", "on_batch_end")
        self._heard_batches = self._is_overridden(*hooks)
        self._heard_gradients = self._is_overridden("on_grad_computed")
        self._trained = list(self.module_.parameters())
        self._penalized = [p for p in self._trained if p.ndim > 1]
        n_batches = len(self.get_iterator(X[0], training=True))
        self._schedule = self._make_schedule(self.max_epochs * n_batches)

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
        self.interrupted_ = False
        try:
            super().fit_loop(X, y, epochs, **fit_params)
        except KeyboardInterrupt:  # how skorch's callbacks stop a training, too
            self.interrupted_ = not any(
                isinstance(callback, EarlyStopping)
                and callback.misses_ == callback.patience
                for _, callback in self.callbacks_
            )
        return self

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Train or validate on every batch once and record the mean loss."""
        if iterator is None:
            return
        self._set_training(training)
        losses, sizes = [], []
        for batch in iterator:
            if self._heard_batches:
                self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            losses.append(step["loss"])
            sizes.append(len(batch))
            if self._heard_batches:
                self.history.record_batch(f"{prefix}_loss", losses[-1].item())
                self.history.record_batch(f"{prefix}_batch_size", sizes[-1])
                self.notify("on_batch_end", batch=batch, training=training, **step)
        weights = torch.tensor(sizes, dtype=torch.float64) / sum(sizes)
        loss = float(torch.stack(losses).double().cpu() @ weights)
        self._record_loss(f"{prefix}_loss", loss)

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
        if not all(torch.isfinite(parameter).all() for parameter in self._trained):
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
        return step

    def train_step_single(self, batch: Batch, **fit_params):
        """Compute outputs, loss and bounded gradients of a batch."""
        outputs = self.infer(batch)
        loss = self.get_loss(outputs, batch.y, X=batch, training=True)
        loss.backward()
        if self.clip_value is not None:
            nn.utils.clip_grad_value_(self._trained, self.clip_value)
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self._trained, self.clip_norm)
        if self._heard_gradients:
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.module_.named_parameters()),
                batch=batch,
                training=True,
            )
        return {"loss": loss.detach(), "y_pred": outputs}

    def validation_step(self, batch: Batch, **fit_params):
        """Compute outputs and loss of a batch."""
        with torch.no_grad():
            outputs = self.infer(batch)
            loss = self.get_loss(outputs, batch.y, X=batch)
        return {"loss": loss, "y_pred": outputs}

    def infer(self, x: Batch, **fit_params) -> Tensor:
        """Run the module on a batch."""
        return self.module_(x.x, x.lengths)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the weighted mean loss of a batch, with penalties in training."""
        if X.weights is None:
            loss = self.criterion_(y_pred, y_true)
        else:
            losses = self.criterion_(y_pred, y_true).reshape(len(X), -1)  # (B, ·)
            loss = (losses.mean(dim=1) * X.weights).mean()
        if training and self.l1:
            loss = loss + self.l1 * sum(w.abs().sum() for w in self._penalized)
        if training and self.l2:
            loss = loss + self.l2 * sum(w.square().sum() for w in self._penalized)
        return loss

    def module_as(self, dtype: torch.dtype) -> nn.Module:
        """Return the module, or a copy of it in another precision.

        Parameters
        ----------
        dtype : torch.dtype
            The precision.

        Returns
        -------
        module : nn.Module
        """
        parameters = list(self.module_.parameters())
        if parameters[0].dtype == dtype:
            return self.module_
        state = [(id(parameter), parameter._version) for parameter in parameters]
        if self._copies.get("state") != state:  # weights were changed in place
            module = copy.deepcopy(self.module_).to(dtype)
            self._copies = {"state": state, "module": module}
        return self._copies["module"]

    def __reduce__(self) -> tuple:
        # Weights and history only: small, and opens on a machine without a GPU.
        module = copy.deepcopy(self.module_).cpu()
        return _restore_net, (module, self.criterion, list(self.history))


def _restore_net(module: nn.Module, criterion: type, history: list) -> SequenceNet:
    net = SequenceNet(module, criterion=criterion).initialize()
    net.history.extend(history)
    return net


class ProgressBar(Callback):
    """A tqdm bar that advances with every epoch and shows the losses."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.bar_ = tqdm(total=net.max_epochs, unit="epoch")

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        losses = {
            name: value
            for name, value in net.history[-1].items()
            if name in ("train_loss", "valid_loss")
        }
        self.bar_.set_postfix(losses)
        self.bar_.update()

    def on_train_end(self, net, X=None, y=None, **kwargs):
        self.bar_.close()


def train(
    module: nn.Module,
    criterion: type[nn.Module],
    data: SequenceDataset,
    valid_data: SequenceDataset | None,
    *,
    device: torch.device,
    seed: int,
    max_epochs: int,
    batch_size: int,
    optimizer: str | Callable[..., optim.Optimizer],
    lr: float,
    lr_schedule: str | None,
    patience: int,
    callbacks: Sequence[Callback] | None,
    verbose: int,
    earlier: SequenceNet | None = None,
    keep_optimizer: bool = False,
    **net_options: Any,
) -> SequenceNet:
    """Train a module in place.

    Parameters
    ----------
    module : nn.Module
        (x, lengths) -> outputs.
    criterion : type of nn.Module
        The loss, which takes `reduction`.
    data, valid_data : SequenceDataset
        What is learned, and what decides when to stop (None: nothing does).
    device : torch.device
        Where the data live and the module goes.
    seed : int
        Decides shuffling and dropout.
    max_epochs, batch_size, optimizer, lr, lr_schedule, patience, callbacks, verbose
        As in the estimators.
    earlier : SequenceNet, optional
        The net of an earlier fit, whose history is continued.
    keep_optimizer : bool, default=False
        Whether the state of its optimiser is continued, too.
    **net_options
        Further parameters of SequenceNet.

    Returns
    -------
    net : SequenceNet
        The trained net, its module in evaluation mode.

    Raises
    ------
    ValueError
        If the loss becomes NaN or infinite.
    """
    _check_callbacks(callbacks)
    monitor = "train_loss" if valid_data is None else "valid_loss"
    optimizer_class = OPTIMIZERS.get(optimizer, optimizer)
    if _can_fuse(optimizer_class):
        net_options["optimizer__fused"] = True
    own_callbacks: list[Callback] = []
    if lr_schedule == "plateau":
        own_callbacks.append(
            LRScheduler(
                optim.lr_scheduler.ReduceLROnPlateau,
                monitor=monitor,
                factor=0.5,
                patience=patience // 2,
            )
        )
    if valid_data is not None:
        own_callbacks.append(
            EarlyStopping(patience=patience, threshold=0, load_best=True)
        )
    if verbose:
        own_callbacks.append(ProgressBar() if verbose == 1 else PrintLog())
    one_batch = len(data) <= batch_size
    net = SequenceNet(
        module,
        criterion=criterion,
        criterion__reduction="mean" if data.weights is None else "none",
        optimizer=optimizer_class,
        lr=lr,
        schedule=None if lr_schedule == "plateau" else lr_schedule,
        max_epochs=int(max_epochs),
        batch_size=int(batch_size),
        generator=None if one_batch else torch.Generator().manual_seed(seed),
        callbacks=[*own_callbacks, *(callbacks or ())],
        device=device,
        verbose=int(verbose > 1),
        **net_options,
    ).initialize()
    if earlier is not None:
        net.history.extend(copy.deepcopy(list(earlier.history)))
        if keep_optimizer and earlier.optimizer == optimizer_class:
            state = copy.deepcopy(earlier.optimizer_.state_dict()["state"])
            settings = net.optimizer_.state_dict()
            net.optimizer_.load_state_dict({**settings, "state": state})
    seed_dropout(module, torch.Generator(device).manual_seed(seed))
    try:
        net.partial_fit((data, valid_data))
    finally:
        seed_dropout(module, None)
    if net.interrupted_:
        if net.history and monitor not in net.history[-1]:
            net.history.pop()  # an epoch that was begun, but not finished
        warnings.warn(
            f"Training was interrupted after {len(net.history)} complete epochs; the "
            "estimator keeps what it has learned so far.",
            stacklevel=4,
        )
    module.eval()
    return net


def _check_callbacks(callbacks: Sequence | None) -> None:
    """Refuse what is no callback, or one that would score in its own way."""
    for entry in callbacks or ():
        callback = entry[1] if isinstance(entry, tuple) and len(entry) == 2 else entry
        kind = callback if inspect.isclass(callback) else type(callback)
        if not issubclass(kind, Callback):
            raise ValueError(f"callbacks must hold skorch callbacks, got {entry!r}.")
        if issubclass(kind, (BatchScoring, EpochScoring)):
            raise ValueError(
                f"callbacks holds {kind.__name__}, which scores the net's raw outputs; "
                "use early_stopping=True and validation_scores_, or cross_validate."
            )


def _can_fuse(optimizer: Callable[..., optim.Optimizer]) -> bool:
    """Whether an optimiser has a fused kernel and nothing speaks against it."""
    chosen = getattr(optimizer, "keywords", {})
    if not {"fused", "foreach"}.isdisjoint(chosen):
        return False
    return "fused" in inspect.signature(optimizer).parameters


@torch.inference_mode()
def predict_batch(module: nn.Module, batch: Batch) -> np.ndarray:
    """Return the outputs (B, n_outputs) of a module in evaluation mode."""
    return module(batch.x, batch.lengths).double().cpu().numpy()
