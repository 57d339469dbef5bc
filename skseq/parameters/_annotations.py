"""Annotations, as far as what they name is known."""

from __future__ import annotations

import inspect
import sys
from typing import Any, ForwardRef

if sys.version_info >= (3, 14):
    from annotationlib import Format

__all__ = ["annotations_of", "hint"]


def annotations_of(owner: Any) -> dict[str, Any]:
    """Return the annotations of a class or function.

    From Python 3.14 on they may name what is defined later, or for type checkers only.
    """
    if sys.version_info >= (3, 14):
        return inspect.get_annotations(owner, format=Format.FORWARDREF)
    return inspect.get_annotations(owner)


def hint(annotation: Any, module: str) -> Any:
    """Return what `typing.get_type_hints` evaluates by the names of a module."""
    text = getattr(annotation, "__forward_arg__", annotation)
    return ForwardRef(text, module=module) if isinstance(text, str) else annotation
