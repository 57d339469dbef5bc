"""Callbacks of a training: those of the user, and those that parameters ask for."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from skorch.callbacks import (
    BatchScoring,
    Callback,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
    PrintLog,
)
from torch import nn, optim

from skseq._showing import shown
from skseq.training._checkpoint import Checkpoint
from skseq.training._continuation import Continuation
from skseq.training._monitors import check_monitors
from skseq.training._net import SequenceNet
from skseq.training._progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_callbacks", "make_callbacks"]


def check_callbacks(
    callbacks: Sequence | None,
    *,
    accelerated: bool,
    learns_epochs: bool,
    has_budget: bool,
    **options: Any,
) -> None:
    """Refuse callbacks that are none, or would not do what they promise.

    Networks that train beside have no callbacks, so this is asked before they do.

    Parameters
    ----------
    callbacks : sequence or None
        What the user gave.
    accelerated : bool
        Whether several processes train.
    learns_epochs : bool
        Whether the number of epochs is not known yet.
    has_budget : bool
        Whether time may end a training.
    **options
        Those of `make_callbacks`.

    Raises
    ------
    ValueError, TypeError
        If one of them is wrong.
    """
    for entry in callbacks or ():
        kind = _kind(entry)
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
        if learns_epochs and issubclass(kind, Continuation):
            raise ValueError(
                f"callbacks holds a {kind.__name__}, which goes on from fits of fewer "
                "epochs; max_epochs='auto' must then be a number."
            )
        if learns_epochs and has_budget and issubclass(kind, Checkpoint):
            raise ValueError(
                f"callbacks holds a {kind.__name__}, whose file is of one number of "
                "epochs; with max_epochs='auto' what is learned of it in max_seconds "
                "may differ from call to call. Give max_epochs a number."
            )
    # As skorch will do: names that are given twice, and what a callback says itself.
    made = make_callbacks(callbacks, **options)
    net = SequenceNet(nn.Identity(), criterion=nn.MSELoss, callbacks=made)
    parts = [part for _, part in net.initialize_callbacks().callbacks_]
    check_monitors(parts, options["validates"])
    for part in parts:
        if isinstance(part, Continuation):
            part.check_schedule(options["lr_schedule"])


def make_callbacks(
    callbacks: Sequence | None,
    *,
    lr_schedule: str | None,
    patience: int,
    validates: bool,
    verbose: int = 0,
) -> list:
    """Return what parameters ask for, and the user's, Checkpoints behind the others.

    A Checkpoint keeps the state of those before it.

    Parameters
    ----------
    callbacks : sequence or None
        What the user gave.
    lr_schedule, patience, verbose
        As in the estimators.
    validates : bool
        Whether a held-out loss decides when to stop.

    Returns
    -------
    callbacks : list
    """
    made: list[Any] = []
    if lr_schedule == "plateau":
        made.append(
            LRScheduler(
                optim.lr_scheduler.ReduceLROnPlateau,
                monitor="valid_loss" if validates else "train_loss",
                factor=0.5,
                patience=patience // 2,
                threshold=0,  # any lower loss counts, of either sign
            )
        )
    if validates:
        made.append(EarlyStopping(patience=patience, threshold=0, load_best=True))
    if verbose:
        made.append(ProgressBar() if verbose == 1 else PrintLog())

    def is_checkpoint(entry: Any) -> bool:
        return issubclass(_kind(entry), Checkpoint)

    return made + sorted(callbacks or (), key=is_checkpoint)


def _kind(entry: Any) -> type:
    """Return the class of a callback, which may have a name, or be a class itself."""
    callback = entry[1] if isinstance(entry, tuple) and len(entry) == 2 else entry
    return callback if inspect.isclass(callback) else type(callback)
