"""Constraints of parameters that scikit-learn has no words for."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from skseq._showing import shown

__all__ = ["check_teacher_forcing", "is_positive_integer", "layer_sizes"]


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
