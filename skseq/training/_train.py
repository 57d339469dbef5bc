"""Training a module, and asking it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn, optim

from skseq.data.large_batches import parts_of
from skseq.networks.dropout import seed_dropout
from skseq.training._accelerate import check_agreement
from skseq.training._callbacks import make_callbacks
from skseq.training._caller import is_one_of_many, warn
from skseq.training._making import make_net
from skseq.training._monitors import check_monitors
from skseq.training._portable import forget_steps
from skseq.training._precision import wrong_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from skorch.callbacks import Callback

    from skseq.data.batching import Batch
    from skseq.training._budget import Budget
    from skseq.training._net import SequenceNet

__all__ = ["predict_batch", "train"]


def train(
    module: nn.Module,
    criterion: Callable[..., nn.Module],
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
    budget: Budget,
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
    criterion : callable
        Makes the loss, an nn.Module, which takes `reduction`.
    data, valid_data : SequenceDataset, or what answers as one does
        What is learned, and what decides when to stop (None: nothing does).
    device : torch.device
        Where the data live and the module goes.
    seed : int
        Decides shuffling and dropout.
    max_epochs, batch_size, optimizer, lr, lr_schedule, patience, callbacks, verbose
        As in the estimators; callbacks have passed `check_callbacks`.
    budget : Budget
        How long training may take.
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
        If the loss becomes NaN or infinite, `optimizer` makes no optimiser, or one of
        `callbacks` monitors what is not recorded.
    """
    i_process = 0
    if accelerator is not None:
        settings = seed, max_epochs, batch_size, lr, budget.seconds, net_options
        check_agreement(*settings, data, valid_data)
        i_process = accelerator.process_index
    validates = valid_data is not None
    one_batch = len(data) <= batch_size
    net = make_net(
        module,
        data,
        criterion=criterion,
        optimizer=optimizer,
        lr=lr,
        schedule=None if lr_schedule == "plateau" else lr_schedule,
        max_epochs=int(max_epochs),
        batch_size=batch_size,
        generator=None if one_batch else torch.Generator().manual_seed(seed),
        callbacks=make_callbacks(
            callbacks,
            lr_schedule=lr_schedule,
            patience=patience,
            validates=validates,
            verbose=0 if i_process else verbose,
        ),
        device=device,
        verbose=int(verbose > 1),
        budget=budget,
        accelerator=accelerator,
        **net_options,
    )
    check_monitors([part for _, part in net.callbacks_], validates)
    if earlier is not None:
        net.history.extend(copy.deepcopy(list(earlier.history)))
        if keep_optimizer and earlier.optimizer == net.optimizer:
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
        forget_steps(part for _, part in net.callbacks_)
    if net.interrupted_:
        if is_one_of_many():
            raise KeyboardInterrupt
        last_loss = "valid_loss" if validates else "train_loss"
        if net.history and last_loss not in net.history[-1]:
            net.history.pop()  # an epoch that was begun, but not finished
        warn(
            f"Training was interrupted after {len(net.history)} complete epochs; the "
            "estimator keeps what it has learned so far."
        )
    if net.history:
        net.history.record("stop_reason", net.stop_reason_)
    module.eval()
    return net


def _check_precision(net: SequenceNet, data: Any) -> None:
    """Let a net train in float32 where bfloat16 would be another network."""
    batch = next(parts_of(next(iter(net.get_iterator(data)))))
    layer = wrong_layer(net.module_, batch)
    if layer is not None:
        net.mixed_precision = False
        warn(
            "mixed_precision=True would train another network than the one asked for: "
            f"in bfloat16, the layer {layer} computes other values than rounding "
            f"explains, or none, on this processor and with torch {torch.__version__}. "
            "Training goes on in float32, as with mixed_precision=False."
        )


@torch.inference_mode()
def predict_batch(module: nn.Module, batch: Batch) -> np.ndarray:
    """Return the outputs (B, n_outputs) of a module in evaluation mode."""
    return module(batch.x, batch.lengths).double().cpu().numpy()
