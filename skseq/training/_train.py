"""Training a module, and asking it."""

from __future__ import annotations

import copy
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from skorch.callbacks import (
    BatchScoring,
    Callback,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
    PrintLog,
)
from torch import nn, optim
from tqdm.auto import tqdm

from skseq._showing import shown
from skseq.networks.dropout import seed_dropout
from skseq.training._accelerate import AcceleratedNet, check_agreement
from skseq.training._caller import is_one_of_many, warn
from skseq.training._checkpoint import Checkpoint
from skseq.training._monitors import check_monitors
from skseq.training._net import SequenceNet
from skseq.training._optimizer import can_fuse, resolve_optimizer
from skseq.training._precision import wrong_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from skseq.data.batching import Batch

__all__ = ["predict_batch", "train"]


class ProgressBar(Callback):
    """A tqdm bar that advances with every epoch and shows the losses."""

    only_watches = True

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
    data: Any,
    valid_data: Any,
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
    accelerator: Any = None,
    **net_options: Any,
) -> SequenceNet:
    """Train a module in place.

    Parameters
    ----------
    module : nn.Module
        (x, lengths) -> outputs.
    criterion : type of nn.Module
        The loss, which takes `reduction`.
    data, valid_data : SequenceDataset, or what answers as one does
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
    accelerator : accelerate.Accelerator, optional
        Knows the processes that share the training; None leaves it to this one.
    **net_options
        Further parameters of SequenceNet.

    Returns
    -------
    net : SequenceNet
        The trained net, its module in evaluation mode.

    Raises
    ------
    ValueError
        If the loss becomes NaN or infinite, `optimizer` makes no optimiser, or
        `callbacks` holds something else or one that monitors what is not recorded.
    """
    _check_callbacks(callbacks, accelerator is not None)
    make_net: Callable[..., SequenceNet] = SequenceNet
    i_process = 0
    if accelerator is not None:
        check_agreement(seed, max_epochs, batch_size, lr, net_options, data, valid_data)
        make_net = partial(AcceleratedNet, accelerator=accelerator)
        i_process = accelerator.process_index
    monitor = "train_loss" if valid_data is None else "valid_loss"
    optimizer_class = resolve_optimizer(optimizer, lr)
    if can_fuse(optimizer_class):
        net_options["optimizer__fused"] = True
    own_callbacks: list[Callback] = []
    if lr_schedule == "plateau":
        own_callbacks.append(
            LRScheduler(
                optim.lr_scheduler.ReduceLROnPlateau,
                monitor=monitor,
                factor=0.5,
                patience=patience // 2,
                threshold=0,  # any lower loss counts, of either sign
            )
        )
    if valid_data is not None:
        own_callbacks.append(
            EarlyStopping(patience=patience, threshold=0, load_best=True)
        )
    if verbose and i_process == 0:
        own_callbacks.append(ProgressBar() if verbose == 1 else PrintLog())
    one_batch = len(data) <= batch_size
    net = make_net(
        module,
        criterion=criterion,
        criterion__reduction="mean" if data.weights is None else "none",
        optimizer=optimizer_class,
        lr=lr,
        schedule=None if lr_schedule == "plateau" else lr_schedule,
        max_epochs=int(max_epochs),
        batch_size=int(batch_size),
        generator=None if one_batch else torch.Generator().manual_seed(seed),
        callbacks=[*own_callbacks, *_checkpoints_last(callbacks or ())],
        device=device,
        verbose=int(verbose > 1),
        **net_options,
    ).initialize()
    losses = ["train_loss"] + ["valid_loss"] * (valid_data is not None)
    recorded = [*losses, *(f"{name}_best" for name in losses), "dur", "epoch"]
    listening = [part for _, part in net.callbacks_]
    check_monitors(listening, recorded, complete=False)
    if earlier is not None:
        net.history.extend(copy.deepcopy(list(earlier.history)))
        if keep_optimizer and earlier.optimizer == optimizer_class:
            state = copy.deepcopy(earlier.optimizer_.state_dict()["state"])
            settings = net.optimizer_.state_dict()
            net.optimizer_.load_state_dict({**settings, "state": state})
    if net.mixed_precision:
        _check_precision(net, data)
    seed_dropout(module, torch.Generator(device).manual_seed(seed + i_process))
    try:
        net.partial_fit((data, valid_data))
    finally:
        seed_dropout(module, None)
    if net.interrupted_:
        if is_one_of_many():
            raise KeyboardInterrupt
        if net.history and monitor not in net.history[-1]:
            net.history.pop()  # an epoch that was begun, but not finished
        warn(
            f"Training was interrupted after {len(net.history)} complete epochs; the "
            "estimator keeps what it has learned so far."
        )
    module.eval()
    return net


def _check_precision(net: SequenceNet, data: Any) -> None:
    """Let a net train in float32 where bfloat16 would be another network."""
    batch = next(iter(net.get_iterator(data)))
    layer = wrong_layer(net.module_, batch)
    if layer is not None:
        net.mixed_precision = False
        warn(
            "mixed_precision=True would train another network than the one asked for: "
            f"in bfloat16, the layer {layer} computes other values than rounding "
            f"explains, on this processor and with torch {torch.__version__}. Training "
            "goes on in float32, as with mixed_precision=False."
        )


def _checkpoints_last(callbacks: Sequence) -> list:
    """Return callbacks, the Checkpoint behind those whose state it keeps."""

    def is_checkpoint(entry: Any) -> bool:
        return isinstance(entry[1] if isinstance(entry, tuple) else entry, Checkpoint)

    return sorted(callbacks, key=is_checkpoint)


def _check_callbacks(callbacks: Sequence | None, accelerated: bool) -> None:
    """Refuse what is no callback, or one that would not do what it promises."""
    for entry in callbacks or ():
        callback = entry[1] if isinstance(entry, tuple) and len(entry) == 2 else entry
        kind = callback if inspect.isclass(callback) else type(callback)
        if not issubclass(kind, Callback):
            raise ValueError(
                f"callbacks must hold skorch callbacks, got {shown(entry)}."
            )
        if issubclass(kind, (BatchScoring, EpochScoring)):
            raise ValueError(
                f"callbacks holds {kind.__name__}, which scores the net's raw outputs; "
                "use early_stopping=True and validation_scores_, or cross_validate."
            )
        if accelerated and issubclass(kind, Checkpoint):
            raise ValueError(
                f"callbacks holds a {kind.__name__}, which keeps the state of one "
                "process; device='accelerate' trains in several."
            )


@torch.inference_mode()
def predict_batch(module: nn.Module, batch: Batch) -> np.ndarray:
    """Return the outputs (B, n_outputs) of a module in evaluation mode."""
    return module(batch.x, batch.lengths).double().cpu().numpy()
