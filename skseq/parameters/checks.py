"""What an attribute that was read from a file must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skseq._showing import shown

__all__ = [
    "Check",
    "anything",
    "array",
    "check_all",
    "choice",
    "count",
    "exactly",
    "flag",
    "instance",
    "number",
    "optional",
    "tuple_of",
]

Check = Callable[[Any], bool]


def anything(value: Any) -> bool:
    """Whether a value is a value."""
    return True


def count(value: Any) -> bool:
    """Whether a value is a whole number from zero on."""
    return type(value) is int and value >= 0


def flag(value: Any) -> bool:
    """Whether a value is a truth value."""
    return type(value) is bool


def number(value: Any) -> bool:
    """Whether a value is a number."""
    return isinstance(value, (int, float, np.number)) and not flag(value)


def instance(*classes: type) -> Check:
    """Return a check that a value is of one of these classes."""
    return lambda value: isinstance(value, classes)


def exactly(*classes: type) -> Check:
    """Return a check that a value is of one of these classes, not of a derived one."""
    return lambda value: type(value) in classes


def choice(*values: Any) -> Check:
    """Return a check that a value is one of these."""
    return lambda value: any(type(value) is type(v) and value == v for v in values)


def optional(check: Check) -> Check:
    """Return a check that a value is None or passes another one."""
    return lambda value: value is None or check(value)


def tuple_of(check: Check, length: int | None = None) -> Check:
    """Return a check that a value is a tuple, so long, of what passes another one."""
    return lambda value: (
        type(value) is tuple and length in (None, len(value)) and all(map(check, value))
    )


def array(ndim: int, kinds: str = "biufUO") -> Check:
    """Return a check that a value is an array of so many dimensions and these kinds."""
    return lambda value: (
        isinstance(value, np.ndarray)
        and value.ndim == ndim
        and value.dtype.kind in kinds
    )


def check_all(
    owner: str,
    found: dict[str, Any],
    expected: dict[str, Check],
    further: dict[str, Check] | None = None,
) -> None:
    """Refuse attributes that are missing, unknown or not as expected.

    Parameters
    ----------
    owner : str
        What they are attributes of, for errors.
    found : dict
        The attributes.
    expected : dict of str to callable
        What each of those that must be there must be.
    further : dict of str to callable, optional
        The same of those that may be there.

    Raises
    ------
    ValueError
        If they are not as described.
    """
    checks = {**expected, **(further or {})}
    missing, unknown = expected.keys() - found.keys(), found.keys() - checks.keys()
    if missing or unknown:
        what = f"lacks {min(missing)}" if missing else f"has {min(unknown)!r:.80}"
        raise ValueError(f"a {owner} {what}, which is not as in this version")
    for name, value in found.items():
        if not checks[name](value):
            raise ValueError(f"{name} of a {owner} is {shown(value)}")
