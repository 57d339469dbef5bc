"""A number that tells one training from another, and what it is made of."""

from __future__ import annotations

import hashlib
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from skseq.training._net import SequenceNet

__all__ = ["fingerprint", "plain_attributes", "settings"]

_PENALTIES = ("l1", "l2", "clip_norm", "clip_value")
_PLAIN = (int, float, str, tuple, FunctionType, BuiltinFunctionType)


def fingerprint(*values: Any) -> str:
    """Return what values of equal content share, in any process.

    Parameters
    ----------
    *values : object
        Numbers, texts, arrays, tensors, and whatever holds such.

    Returns
    -------
    digest : str
    """
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
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
    elif isinstance(value, dict):
        _feed(digest, list(value.items()))
    elif isinstance(value, (list, tuple, np.ndarray)):
        digest.update(repr(len(value)).encode())
        for item in value:
            _feed(digest, item)
    elif hasattr(value, "__dict__") and not callable(value):
        _feed(digest, vars(value))
    else:
        digest.update(repr(value).encode())


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
    ]
