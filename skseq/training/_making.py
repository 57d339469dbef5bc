"""A net, made of what estimators say of a training."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from skseq.training._accelerate import AcceleratedNet
from skseq.training._net import SequenceNet
from skseq.training._optimizer import can_fuse, resolve_optimizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn, optim

__all__ = ["make_net"]


def make_net(
    module: nn.Module,
    data: Any,
    *,
    optimizer: str | Callable[..., optim.Optimizer],
    lr: float,
    batch_size: int,
    accelerator: Any = None,
    **options: Any,
) -> SequenceNet:
    """Return an initialised net.

    Parameters
    ----------
    module : nn.Module
        (x, lengths) -> outputs; trained in place.
    data : SequenceDataset, or what answers as one does
        What it will learn.
    optimizer, lr, batch_size
        As in the estimators.
    accelerator : accelerate.Accelerator, optional
        Knows the processes that share the training; None leaves it to this one.
    **options
        Further parameters of SequenceNet.

    Returns
    -------
    net : SequenceNet
    """
    kind: Callable[..., SequenceNet] = SequenceNet
    if accelerator is not None:
        kind = partial(AcceleratedNet, accelerator=accelerator)
    optimizer_class = resolve_optimizer(optimizer, lr)
    if can_fuse(optimizer_class):
        options["optimizer__fused"] = True
    return kind(
        module,
        criterion__reduction="mean" if data.weights is None else "none",
        optimizer=optimizer_class,
        lr=lr,
        batch_size=int(batch_size),
        **options,
    ).initialize()
