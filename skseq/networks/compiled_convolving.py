"""Layers of convolutions by compiled code: all between two layers in one call.

Of a batch of short sequences, small operations of torch take most of the time. The code
is in `_kernels`, as that of recurrent layers: convolutions of several widths, the
maximum of neighbours, batch normalisation and ReLU, while caches hold a sequence.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from skseq.networks import compiled
from skseq.networks.compiled import address, dense, padded, with_rows
from skseq.resources import SMALL_WORK

__all__ = ["Convolutions", "Normalization", "convolved", "pays"]

SIZE = "skseq_convolving_size"  # the function that tells it
DENSE = torch.contiguous_format


class Convolutions(NamedTuple):
    """Convolutions of stride 1 that read the same steps; weights (k F, C, width)."""

    wide: Sequence[Tensor]
    pads: Sequence[tuple[int, int]]  # zeros that each is shown before and behind
    reduced: Tensor | None = None  # the bottleneck in front of them
    pooled: Tensor | None = None  # what reads the maximum of neighbours
    is_causal: bool = False  # whether neighbours are the two steps before
    n_networks: int = 1  # k, whose channels lie side by side
    shares_input: bool = False  # whether all of them read the same channels

    @property
    def behind(self) -> tuple[Tensor | None, Tensor | None]:
        """Those of width 1."""
        return self.pooled, self.reduced

    @property
    def weights(self) -> list[Tensor]:
        """All of them, in the order of the compiled code."""
        return [*self.wide, *(one for one in self.behind if one is not None)]

    @property
    def line(self) -> int:
        """Numbers that one network finds at a step, with padding."""
        parts = [*self.wide] if self.pooled is None else [*self.wide, self.pooled]
        return sum(padded(one.shape[0] // self.n_networks) for one in parts)


class Normalization(NamedTuple):
    """Weights (k F) and statistics of a batch normalisation."""

    scale: Tensor
    shift: Tensor
    epsilon: float
    mean: Tensor | None = None  # None: those of the batch
    variance: Tensor | None = None


class _Form(ctypes.Structure):
    """A convolution; as in `_kernels/convolving.h`."""

    _fields_ = compiled.integers("n_filters", "width", "before")


class _Call(ctypes.Structure):
    """The arguments; the same names in the same order as in `_kernels/convolving.h`."""

    _fields_ = (
        *compiled.integers(
            *("instructions", "is_double", "n_networks", "n_samples", "n_timesteps"),
            *("n_found", "n_channels", "n_filters", "shares_input", "n_convolutions"),
            *("n_reduced", "n_pooled", "is_causal", "line", "trains"),
        ),
        ("epsilon", ctypes.c_double),
        *compiled.integers(
            *("forms", "x", "x_sample", "x_step", "mask", "weights"),
            *("scale", "shift", "mean", "variance", "found", "y"),
            *("d_y", "d_sample", "d_step", "d_x", "d_weights", "d_scale", "d_shift"),
        ),
    )


def pays(x: Tensor, convolutions: Convolutions, norm: Normalization) -> bool:
    """Return whether compiled code can read steps x (B, T, k C), and is the fastest.

    Parameters
    ----------
    x, convolutions, norm
        As of `convolved`.
    """
    if not compiled.can_read(x):
        return False
    tensors = (norm.scale, norm.shift, *convolutions.weights)
    if any(tensor.dtype != x.dtype or not tensor.is_cpu for tensor in tensors):
        return False
    if x.dtype == torch.float32 and torch.is_autocast_enabled("cpu"):
        return False
    without: tuple[Tensor, ...] = ()  # what there is no gradient of
    if norm.mean is not None:
        without = (x, *tensors)
    elif convolutions.shares_input:
        without = (x,)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in without):
        return False
    if not compiled.can_call(_Call, SIZE):
        return False
    if torch.get_num_threads() == 1:
        return True
    return x.shape[:2].numel() * sum(w.numel() for w in tensors) < SMALL_WORK


def convolved(
    x: Tensor,
    mask: Tensor | None,
    convolutions: Convolutions,
    norm: Normalization,
    plainly: Callable[..., Tensor],
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what convolutions find in sequences, normalised, where it is above 0.

    Parameters
    ----------
    x : Tensor of shape (B, T, k C)
        Zero where no steps are real.
    mask : Tensor of bool of shape (B, T'), optional
        Which steps of what is found are real.
    convolutions : Convolutions
    norm : Normalization
        With statistics no gradient can be asked for.
    plainly : callable
        The same by torch, of x, scale, shift and weights, for gradients of gradients.

    Returns
    -------
    y : Tensor of shape (B, T', k F)
    mean, variance : Tensor of shape (k F,)
        The statistics.
    """
    tensors = (x, norm.scale, norm.shift, *convolutions.weights)
    asked = torch.is_grad_enabled() and any(one.requires_grad for one in tensors)
    if asked and norm.mean is None:
        how = mask, convolutions, norm.epsilon, plainly
        return _Convolved.apply(how, *tensors)
    return _forwards(x, mask, convolutions, norm)[0]


class _Convolved(Function):
    """A layer as one node of the autograd graph, by statistics of the batch."""

    @staticmethod
    def forward(ctx: Any, how: Any, x: Tensor, *weights: Tensor) -> Any:
        mask, convolutions, epsilon, _ = ctx.how = how
        norm = Normalization(weights[0], weights[1], epsilon)
        results, found = _forwards(x, mask, convolutions, norm)
        ctx.save_for_backward(x, *weights, *results, found)
        ctx.mark_non_differentiable(*results[1:])
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    def backward(ctx: Any, d_y: Tensor | None, *_: Any) -> Any:
        x, *weights, y, mean, variance, found = ctx.saved_tensors
        mask, convolutions, epsilon, plainly = ctx.how
        asked = ctx.needs_input_grad[1:]
        if d_y is None:
            return None, *(None for _ in asked)
        if torch.is_grad_enabled() or not compiled.lies_in_memory(d_y):
            return None, *compiled.by_torch(plainly, asked, (x, *weights), d_y)
        norm = Normalization(weights[0], weights[1], epsilon, mean, variance)
        call, held = _call(x, mask, convolutions, norm, found, y)
        d_y = with_rows(d_y)
        d_x = torch.empty_like(x, memory_format=DENSE) if asked[0] else None
        d_weights = [torch.empty_like(w, memory_format=DENSE) for w in weights]
        call.d_x, call.d_y = address(d_x), address(d_y)
        call.d_sample, call.d_step = d_y.stride()[:2]
        call.d_scale, call.d_shift = map(address, d_weights[:2])
        call.d_weights = _addressed(held, d_weights[2:])
        compiled.call("skseq_convolve_back", call)
        return None, d_x, *d_weights


def _forwards(
    x: Tensor, mask: Tensor | None, convolutions: Convolutions, norm: Normalization
) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor | None]:
    """Return y and statistics, and what was found before the normalisation."""
    k, (n_samples, n_steps, _) = convolutions.n_networks, x.shape
    trains = norm.mean is None
    if trains:
        empty = torch.empty_like(norm.scale), torch.empty_like(norm.scale)
        norm = norm._replace(mean=empty[0], variance=empty[1])
    n_found = n_steps + sum(convolutions.pads[0]) + 1 - convolutions.wide[0].shape[2]
    y = x.new_empty(n_samples, n_found, norm.scale.numel())
    found = None
    if trains:
        found = x.new_empty(k, n_samples, n_found, convolutions.line)
    call, _held = _call(x, mask, convolutions, norm, found, y)
    call.trains = trains
    compiled.call("skseq_convolve", call)
    return (y, norm.mean, norm.variance), found


def _call(
    x: Tensor,
    mask: Tensor | None,
    convolutions: Convolutions,
    norm: Normalization,
    found: Tensor | None,
    y: Tensor,
) -> tuple[_Call, list[Any]]:
    """Return the call, and what has to live as long as it is in use."""
    x, mask = with_rows(x), dense(mask)
    k, n_filters = convolutions.n_networks, norm.scale.numel()
    weights = [w.contiguous() for w in convolutions.weights]
    parts = zip(convolutions.wide, convolutions.pads, strict=True)
    forms = (_Form * len(convolutions.wide))(
        *((w.shape[0] // k, w.shape[2], pads[0]) for w, pads in parts)
    )
    numbers = [norm.scale, norm.shift, norm.mean, norm.variance]
    numbers = [one.contiguous() for one in numbers]
    held: list[Any] = [x, mask, weights, forms, numbers]
    n_channels = x.shape[2] if convolutions.shares_input else x.shape[2] // k
    n_behind = [0 if w is None else w.shape[0] // k for w in convolutions.behind]
    call = _Call(
        *(compiled.instructions(), x.dtype == torch.float64),
        *(k, *x.shape[:2], y.shape[1], n_channels, n_filters // k),
        *(convolutions.shares_input, len(forms), *n_behind[::-1]),
        *(convolutions.is_causal, convolutions.line, False, norm.epsilon),
        *(ctypes.addressof(forms), address(x), *x.stride()[:2]),
        *(address(mask), _addressed(held, weights)),
        *map(address, [*numbers, found, y]),
    )
    return call, held


def _addressed(held: list[Any], tensors: Sequence[Tensor]) -> int:
    """Return where the addresses of tensors are listed, while the list is held."""
    addresses = (ctypes.c_int64 * len(tensors))(*(t.data_ptr() for t in tensors))
    held.append(addresses)
    return ctypes.addressof(addresses)
