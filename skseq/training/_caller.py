"""Who called a training."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["is_one_of_many", "warn"]

# Modules of other libraries that call `fit` again and again. All of scikit-learn's
# searches, validations and ensembles run by joblib, in one process, too.
_LOOPS = {"joblib", "optuna", "model_selection", "model_evaluation", "benchmarking"}


def _callers() -> Iterator[str]:
    """Yield the names of the modules of all calls, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame.f_globals.get("__name__", "")
        frame = frame.f_back


def warn(message: str) -> None:
    """Warn, and point at the user's line that led here."""
    level = 0
    for name in _callers():
        level += 1
        if name.split(".")[0] not in ("skseq", "skorch"):
            break
    warnings.warn(message, stacklevel=level)


def is_one_of_many() -> bool:
    """Return whether another library calls this fit among others, as a search does."""
    return any(not _LOOPS.isdisjoint(name.split(".")) for name in _callers())
