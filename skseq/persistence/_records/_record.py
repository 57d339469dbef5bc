"""How an instance of a class is told in a file, and made of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from skseq.parameters.checks import Check

__all__ = ["Record", "called"]


def _from_attributes(cls: type, attributes: dict[str, Any]) -> Any:
    record: Any = object.__new__(cls)
    vars(record).update(attributes)
    return record


def called(cls: type, attributes: dict[str, Any]) -> Any:
    """Return what a class makes of attributes as arguments."""
    return cls(**attributes)


@dataclass(frozen=True)
class Record:
    """A class whose instances are made from their attributes.

    Parameters
    ----------
    attributes : dict of str to callable
        What each attribute must be.
    make : callable, optional
        (class, attributes) -> instance; by default attributes are set as they are.
    is_sound : callable, optional
        Whether the attributes of an instance fit together.
    further : dict of str to callable, default={}
        What attributes must be that files of earlier versions lack; then the class has
        them.
    """

    attributes: dict[str, Check]
    make: Callable[[type, dict[str, Any]], Any] = _from_attributes
    is_sound: Callable[[Any], bool] = lambda record: True
    further: dict[str, Check] = field(default_factory=dict)
