"""Whether callbacks monitor what a training records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skorch.callbacks import Callback, Checkpoint, EarlyStopping, LRScheduler
from torch.optim.lr_scheduler import ReduceLROnPlateau

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_monitors", "check_recorded"]


def check_monitors(callbacks: Iterable[Callback], validates: bool) -> None:
    """Raise ValueError if a callback monitors what a training will not record.

    Those of the user may record anything; beside them, nothing is known beforehand.

    Parameters
    ----------
    callbacks : iterable of Callback
        Initialised ones.
    validates : bool
        Whether a held-out loss is recorded.
    """
    callbacks = list(callbacks)
    if all(_is_known(part) for part in callbacks):
        losses = ["train_loss"] + ["valid_loss"] * bool(validates)
        recorded = [*losses, *(f"{name}_best" for name in losses), "dur", "epoch"]
        recorded += [part.event_name for part in callbacks if _has_event(part)]
        check_recorded(callbacks, recorded)


def check_recorded(callbacks: Iterable[Callback], recorded: Iterable[str]) -> None:
    """Raise ValueError if a callback monitors what is not recorded.

    Parameters
    ----------
    callbacks : iterable of Callback
        Initialised ones.
    recorded : iterable of str
        All that the history holds of an epoch.
    """
    recorded = set(recorded)
    for part in callbacks:
        monitor = _monitor(part)
        if monitor is not None and monitor not in recorded:
            names = ", ".join(sorted(recorded - {"batches", "dur", "epoch"}))
            raise ValueError(
                f"callbacks holds {type(part).__name__}(monitor={monitor!r}), but this "
                f"training does not record that; it records {names}. A fit with "
                "early_stopping=True records valid_loss and valid_loss_best, too."
            )


def _is_known(part: Callback) -> bool:
    """Whether a callback is of a library, which tells what it records."""
    return type(part).__module__.split(".")[0] in ("skorch", "skseq")


def _has_event(part: Any) -> bool:
    return getattr(part, "event_name", None) is not None


def _monitor(part: Any) -> str | None:
    """Return what a callback looks up at the end of an epoch."""
    if isinstance(part, LRScheduler):
        by_loss = issubclass(part.policy_, ReduceLROnPlateau)
        looks = by_loss and part.step_every == "epoch"
    else:
        looks = isinstance(part, (Checkpoint, EarlyStopping))
    monitor = getattr(part, "monitor", None)
    return monitor if looks and isinstance(monitor, str) else None
