"""A number that tells one training from another, and what it is made of."""

from __future__ import annotations

import hashlib
import inspect
import re
from functools import partial
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from skorch import callbacks

if TYPE_CHECKING:
    from skseq.training._net import SequenceNet

__all__ = ["fingerprint", "plain_attributes", "settings"]

_PENALTIES = ("l1", "l2", "clip_norm", "clip_value")
_TEXTS = (int, float, str, tuple)
_PLAIN = (*_TEXTS, FunctionType, BuiltinFunctionType)
_LIBRARIES = ("builtins", "functools", "numpy", "skorch", "skseq", "sklearn", "torch")


def fingerprint(*values: Any) -> str:
    """Return what values of equal content share, in any process.

    Parameters
    ----------
    *values : object
        Numbers, texts, arrays, tensors, functions, and whatever holds such; anything
        else counts by its text.

    Returns
    -------
    digest : str
    """
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any, within: tuple[int, ...] = ()) -> None:
    digest.update(type(value).__name__.encode())
    if isinstance(value, torch.Tensor):
        # Windows over a table are many times as large as what they are windows of.
        layout = (value.dtype, value.shape, value.stride(), value.storage_offset())
        digest.update(repr(layout).encode())
        stored = torch.empty(0, dtype=torch.uint8, device=value.device)
        stored.set_(value.detach().untyped_storage())
        digest.update(stored.cpu().numpy().data)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(repr((value.dtype.str, value.shape)).encode())
        digest.update(value.tobytes())
    elif id(value) in within:  # as of what refers to itself
        digest.update(str(within.index(id(value))).encode())
    else:
        parts = _parts(value)
        if parts is None:
            digest.update(re.sub(" at 0x[0-9a-f]+", "", repr(value)).encode())
            return
        digest.update(repr(len(parts)).encode())
        for part in parts:
            _feed(digest, part, (*within, id(value)))


def _parts(value: Any) -> list[Any] | None:
    """Return what makes up a value, or None if its text does."""
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    if isinstance(value, (set, frozenset)):
        return sorted(map(fingerprint, value))
    if isinstance(value, (list, tuple, np.ndarray)):
        return list(value)
    if hasattr(value, "sampled"):  # of what is too large to be read for a name
        return value.sampled()
    if isinstance(value, partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, FunctionType):
        return _parts_of_function(value)
    if isinstance(value, CodeType):
        return [value.co_code, value.co_consts, value.co_names]
    if isinstance(value, torch.Generator):
        return [value.get_state()]
    if isinstance(value, type):
        return [value.__qualname__, *_members(value)]
    if hasattr(value, "__dict__") and not isinstance(value, ModuleType):
        return [type(value), vars(value)]
    return None


def _parts_of_function(function: FunctionType) -> list[Any]:
    """Return what a function does, and the numbers and texts that it refers to."""
    names = function.__code__.co_names
    read = {name: function.__globals__.get(name) for name in names}
    return [
        function.__code__,
        function.__defaults__,
        function.__kwdefaults__,
        [_content(cell) for cell in function.__closure__ or ()],
        {name: value for name, value in read.items() if isinstance(value, _TEXTS)},
    ]


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # of what is not made yet
        return None


def _members(kind: type) -> list[Any]:
    """Return methods and constants of a class of the user's, and of its bases."""
    if kind.__module__.split(".")[0] in _LIBRARIES:
        return []
    members = [
        (name, getattr(value, "__func__", value))
        for name, value in vars(kind).items()
        if isinstance(value, (*_PLAIN, classmethod, staticmethod))
        and name not in ("__doc__", "__module__", "__firstlineno__")
    ]
    return [*members, *kind.__bases__]


def plain_attributes(part: Any) -> dict[str, Any]:
    """Return the numbers, texts and tuples of an object, and the names of functions."""
    return {
        name: getattr(value, "__qualname__", value)
        for name, value in vars(part).items()
        if isinstance(value, _PLAIN)
    }


def settings(net: SequenceNet) -> list[Any]:
    """Return what a training depends on, but does not change."""
    names = ("batch_size", "schedule", "mixed_precision", *_PENALTIES)
    parts = [*net.module_.modules(), net.criterion_, net.optimizer_]
    return [
        *(getattr(net, name) for name in names),
        *net.criterion_.buffers(),  # such as weights of classes
        *((type(part).__name__, plain_attributes(part)) for part in parts),
        net.optimizer,
        *_listeners(net),
    ]


def _listeners(net: SequenceNet) -> list[Any]:
    """Return what callbacks are that may change what is learned."""
    logging = callbacks.EpochTimer.__module__
    return [
        (type(part), _parameters(part))
        for _, part in net.callbacks_
        if type(part).__module__ != logging and not getattr(part, "only_watches", False)
    ]


def _parameters(part: callbacks.Callback) -> dict[str, Any]:
    """Return the parameters of a callback; all it holds, if they are kept otherwise."""
    kept = vars(part)
    names = inspect.signature(type(part)).parameters
    if {*names} <= {*kept}:
        return {name: kept[name] for name in names}
    return {name: value for name, value in kept.items() if name[-1] != "_"}
