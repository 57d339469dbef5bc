"""Where a network is, and in which precision, by the first of its weights."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from torch import nn

__all__ = ["first_weights"]

_FOUND: WeakKeyDictionary[nn.Module, tuple[dict[str, Any], str]] = WeakKeyDictionary()


def first_weights(module: nn.Module) -> nn.Parameter:
    """Return the first parameter of a module.

    It may lie deep within it, and to walk there anew would take a twentieth of a small
    prediction. What is remembered is its place, as some devices get another parameter.
    """
    place = _FOUND.get(module)
    if place is None:
        place = _FOUND[module] = next(
            (part._parameters, name)
            for part in module.modules()
            for name, weights in part._parameters.items()
            if weights is not None
        )
    parameters, name = place
    return parameters[name]
