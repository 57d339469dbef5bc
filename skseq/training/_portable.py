"""What a pickle holds: NumPy arrays in place of tensors, nothing of a training.

torch would pickle a tensor under the address of its memory, so that no two pickles
were equal, and hand it to another process as a piece of shared memory, which a
temporary copy does not keep alive until it is opened.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.base import clone
from torch import Tensor, nn

from skseq.networks.side_by_side import OneByOne

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["forget_steps", "portable", "without_training"]


def portable(module: nn.Module) -> nn.Module:
    """Return a copy to be pickled, which comes back as the module was, on the CPU.

    Parameters
    ----------
    module : nn.Module
        Shares its weights with the copy.

    Returns
    -------
    module : nn.Module
        It holds stand-ins for tensors, and cannot run.
    """
    stand_ins: dict[int, Any] = {}
    parts = list(module.modules())
    parts += [p for m in parts if isinstance(m, OneByOne) for p in m.form.modules()]
    for part in parts:
        held = *part._parameters.values(), *part._buffers.values(), *vars(part).values()
        for tensor in held:
            if type(tensor) in (Tensor, nn.Parameter):
                stand_ins[id(tensor)] = _StandIn(tensor)
    return copy.deepcopy(module, stand_ins)


class _StandIn:
    """Becomes a tensor where its pickle is opened."""

    def __init__(self, tensor: Tensor):
        self.tensor = tensor

    def __reduce__(self) -> tuple:
        kind = nn.Parameter if isinstance(self.tensor, nn.Parameter) else None
        if self.tensor.is_meta:
            about = self.tensor.shape, self.tensor.dtype, kind
            return _as_form, (*about, self.tensor.requires_grad)
        tensor, dtype = self.tensor.detach().cpu(), None
        try:
            array = tensor.numpy()
        except TypeError:  # NumPy has no bfloat16
            dtype, bits = tensor.dtype, {1: torch.uint8, 2: torch.int16}
            array = tensor.view(bits[tensor.itemsize]).numpy()
        return _as_tensor, (array, dtype, kind, self.tensor.requires_grad)


def _as_tensor(
    array: np.ndarray, dtype: torch.dtype | None, kind: type | None, requires_grad: bool
) -> Tensor:
    # In memory of torch's own, whose alignment its kernels expect.
    tensor = torch.from_numpy(array if array.flags.writeable else array.copy()).clone()
    if dtype is not None:
        tensor = tensor.view(dtype)
    if kind is not None:
        return kind(tensor, requires_grad=requires_grad)
    return tensor.requires_grad_(requires_grad)


def _as_form(
    shape: torch.Size, dtype: torch.dtype, kind: type | None, requires_grad: bool
) -> Tensor:
    tensor = torch.empty(shape, dtype=dtype, device="meta")
    if kind is not None:
        return kind(tensor, requires_grad=requires_grad)
    return tensor


def without_training(callbacks: Any) -> Any:
    """Return callbacks to be pickled: those of skorch with their parameters alone.

    After a training a schedule, say, holds the optimiser, and with it all weights.

    Parameters
    ----------
    callbacks : sequence or None
        As in the estimators.

    Returns
    -------
    callbacks : sequence or None
        Of the same type.
    """
    if type(callbacks) not in (list, tuple):
        return callbacks
    return type(callbacks)(map(_untrained, callbacks))


def _untrained(entry: Any) -> Any:
    if isinstance(entry, tuple):
        return tuple(map(_untrained, entry))
    return clone(entry) if _is_of_skorch(entry) else entry


def _is_of_skorch(entry: Any) -> bool:
    module = type(entry).__module__
    return not isinstance(entry, type) and module.startswith("skorch.")


def forget_steps(callbacks: Iterable[Any]) -> None:
    """Let callbacks of skorch forget what they noted of a training in private.

    `MlflowLogger` counts steps so, and `get_params` takes the count for a parameter:
    neither it nor the estimator that has it could be cloned.

    Parameters
    ----------
    callbacks : iterable of Callback
        Those of a net that was trained.
    """
    for callback in filter(_is_of_skorch, callbacks):
        for name in [name for name in vars(callback) if name.startswith("_")]:
            delattr(callback, name)
