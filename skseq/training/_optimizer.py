"""Which optimiser a training takes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import torch
from torch import nn, optim

from skseq._showing import shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPTIMIZERS", "can_fuse", "resolve_optimizer"]

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


def resolve_optimizer(
    optimizer: str | Callable[..., optim.Optimizer], lr: float
) -> Callable[..., optim.Optimizer]:
    """Return what makes an optimiser of parameters, tried on one of them."""
    if isinstance(optimizer, str):
        return OPTIMIZERS[optimizer]
    try:
        made = optimizer([nn.Parameter(torch.zeros(1))], lr=lr)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"optimizer={shown(optimizer)} must make an optimiser of parameters and "
            f"lr: {error}"
        ) from error
    if not isinstance(made, optim.Optimizer):
        raise ValueError(
            f"optimizer={shown(optimizer)} must make an optimiser of torch.optim, not "
            f"{type(made).__name__}."
        )
    return optimizer


def can_fuse(optimizer: Callable[..., optim.Optimizer]) -> bool:
    """Whether an optimiser has a fused kernel and nothing speaks against it."""
    chosen = getattr(optimizer, "keywords", {})
    if not {"fused", "foreach"}.isdisjoint(chosen):
        return False
    return "fused" in inspect.signature(optimizer).parameters
