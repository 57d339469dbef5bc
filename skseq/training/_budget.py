"""How long a fit may take."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Budget"]


class Budget:
    """Seconds that all trainings of a fit share, from now on.

    Parameters
    ----------
    seconds : float or None
        How many; None leaves a fit all time, and no clock is read.

    Attributes
    ----------
    cut : bool
        Whether it has ended what would have gone on.
    """

    def __init__(self, seconds: float | None):
        self.seconds = seconds
        self.cut = False
        self._whole: Self | None = None
        self._end = math.inf if seconds is None else perf_counter() + float(seconds)

    def part(self, share: float) -> Budget:
        """Return a budget that ends after a share of what is left."""
        part = type(self)(None)
        part._whole = self
        if self.seconds is not None:
            now = perf_counter()
            part.seconds = share * (self._end - now)
            part._end = now + part.seconds
        return part

    def is_spent(self, agreed: Callable[[bool], bool] = bool) -> bool:
        """Return whether time is over, asked where something would go on.

        Parameters
        ----------
        agreed : callable, optional
            Makes one answer of those of several processes.
        """
        if self.seconds is None or not agreed(perf_counter() >= self._end):
            return False
        self.cut = True
        if self._whole is not None:
            self._whole.cut = True
        return True
