"""Constraints of parameters."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import _param_validation
from sklearn.utils._param_validation import StrOptions

from skseq._showing import shown

__all__ = [
    "NOT_NEGATIVE",
    "POSITIVE",
    "POSITIVE_INTEGER",
    "PROBABILITY",
    "Interval",
    "Options",
    "check_teacher_forcing",
    "is_positive_integer",
    "layer_sizes",
]

NUMBERS = (int, float, np.integer, np.floating)


class Interval(_param_validation.Interval):
    """scikit-learn's interval, of plain numbers that a float can hold.

    True is no number, though Python counts with it.
    """

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is such a number within the interval."""
        if isinstance(val, bool) or not isinstance(val, NUMBERS):
            return False
        try:
            return math.isfinite(val) and super().is_satisfied_by(val)
        except OverflowError:  # an int of too many digits
            return False


POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
PROBABILITY = Interval(Real, 0, 1, closed="left")  # of dropping; not of all


class Options(StrOptions):
    """One of several strings, which remembers the order to list them in.

    Parameters
    ----------
    *options : str
        The strings.
    """

    def __init__(self, *options: str):
        super().__init__(set(options))
        self.ordered = options


def layer_sizes(name: str, sizes: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return a parameter that gives one size or a tuple of them as a tuple."""
    sizes = sizes if isinstance(sizes, tuple) else (sizes,)
    if not all(is_positive_integer(size) for size in sizes):
        raise ValueError(f"{name} must hold positive integers, got {shown(sizes)}.")
    return tuple(int(size) for size in sizes)


def check_teacher_forcing(probabilities: Any) -> tuple[float, float]:
    """Return the probabilities of the first and the last epoch."""
    pair = probabilities
    if not isinstance(pair, tuple):
        pair = (pair, pair)
    if len(pair) != 2 or not all(
        isinstance(p, Real) and 0 <= float(p) <= 1 for p in pair
    ):
        raise ValueError(
            f"teacher_forcing={shown(probabilities)} must be a probability, or two: "
            "of the first and of the last epoch."
        )
    return pair


def is_positive_integer(value: Any) -> bool:
    return isinstance(value, Integral) and value is not True and int(value) > 0
