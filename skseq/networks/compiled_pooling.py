"""Pooling over steps by compiled code: the last one, maximum and mean in one pass.

The code is in `_kernels`, as that of recurrent layers.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from skseq.networks import compiled
from skseq.networks.compiled import address, padded, with_rows

__all__ = ["pays", "pool"]

SIZE = "skseq_pooling_size"  # the function that tells it
LEAST = 2**14  # numbers, of which a maximum alone pays
PARTS = ("last", "max", "mean")  # in the order in which they stand


class _Call(ctypes.Structure):
    """The arguments; the same names in the same order as in `_kernels/pooling.h`."""

    _fields_ = compiled.integers(
        *("instructions", "is_double", "n_samples", "n_timesteps", "n_features"),
        *("n_forwards", "has_last", "has_max", "has_mean", "x", "x_sample"),
        *("x_step", "lengths", "y", "places", "line", "d_y", "d_x"),
    )


def pays(x: Tensor, lengths: Tensor | None, asked: Sequence[str]) -> bool:
    """Return whether compiled code can pool steps x (B, T, D), and is the fastest.

    Parameters
    ----------
    x, lengths, asked
        As of `pool`.
    """
    is_one = lengths is None and len(asked) == 1  # operation of torch
    if is_one and (asked[0] == "mean" or x.numel() < LEAST):
        return False
    return compiled.can_read(x) and compiled.can_call(_Call, SIZE)


def pool(
    x: Tensor,
    lengths: Tensor | None,
    asked: Sequence[str],
    n_forwards: int,
    plainly: Callable[[Tensor], Tensor],
) -> Tensor:
    """Return what is asked for of the real steps of sequences, side by side.

    Parameters
    ----------
    x : Tensor of shape (B, T, D)
    lengths : Tensor of int of shape (B,), optional
    asked : sequence of {"last", "max", "mean"}
        In this order.
    n_forwards : int
        Number of features whose last step is the last one; of the others it is the
        first, as they were read backwards.
    plainly : callable
        The same by torch, of x, for gradients of gradients.

    Returns
    -------
    y : Tensor of shape (B, parts D)
    """
    how = lengths, asked, n_forwards, plainly
    if torch.is_grad_enabled() and x.requires_grad:
        return _Pooled.apply(how, x)
    return _forwards(x, lengths, asked, n_forwards)[0]


class _Pooled(Function):
    """Pooling as one node of the autograd graph."""

    @staticmethod
    def forward(ctx: Any, how: Any, x: Tensor) -> Tensor:
        ctx.how = how
        y, places = _forwards(x, *how[:3])
        ctx.save_for_backward(x, places)
        return y

    @staticmethod
    def backward(ctx: Any, d_y: Tensor) -> Any:
        x, places = ctx.saved_tensors
        *how, plainly = ctx.how
        if torch.is_grad_enabled() or not compiled.lies_in_memory(d_y):
            return None, *compiled.by_torch(plainly, [True], [x], d_y)
        d_y, d_x = d_y.contiguous(), x.new_empty(x.shape)
        call, _held = _call(x, places, *how)
        call.d_y, call.d_x = address(d_y), address(d_x)
        compiled.call("skseq_pool_back", call)
        return None, d_x


def _forwards(
    x: Tensor, lengths: Tensor | None, asked: Sequence[str], n_forwards: int
) -> tuple[Tensor, Tensor | None]:
    """Return what was asked for, and the steps of the maxima."""
    x = with_rows(x)
    n_samples, _, n_features = x.shape
    y, places = x.new_empty(n_samples, len(asked) * n_features), None
    if "max" in asked:
        whole = torch.int64 if x.dtype == torch.float64 else torch.int32
        size = n_samples, padded(n_features)
        places = torch.empty(size, dtype=whole)
    call, _held = _call(x, places, lengths, asked, n_forwards)
    call.y = address(y)
    compiled.call("skseq_pool", call)
    return y, places


def _call(
    x: Tensor,
    places: Tensor | None,
    lengths: Tensor | None,
    asked: Sequence[str],
    n_forwards: int,
) -> tuple[_Call, Any]:
    """Return the call, and what has to live as long as it is in use."""
    if lengths is not None:
        lengths = lengths.to(torch.int64).contiguous()
    call = _Call(
        *(compiled.instructions(), x.dtype == torch.float64, *x.shape, n_forwards),
        *(part in asked for part in PARTS),
        *(address(x), *x.stride()[:2], address(lengths), 0),
        *(address(places), padded(x.shape[2])),
    )
    return call, lengths
