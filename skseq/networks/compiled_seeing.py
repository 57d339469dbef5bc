"""What was seen last by compiled code: all that `seeing` and fading do in one call.

Small operations of torch on few columns take most of the time of a step of training
where values are missing. The code is in `_kernels`, as that of recurrent layers.
"""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from skseq.networks import compiled
from skseq.networks.compiled import address, dense, with_rows
from skseq.networks.seeing import Before

__all__ = ["Measured", "pays", "see"]

SIZE = "skseq_seeing_size"  # the function that tells it


class Measured(NamedTuple):
    """Measurements, and what is known of them."""

    x: Tensor  # (B, T, V F), NaN where they are missing
    n_values: int  # F
    usual: Tensor  # (V F,), what they are taken for before the first one
    gaps: Tensor | None = None  # (B, T, 1), times since the step before; None: one each
    hidden: Tensor | None = None  # bool (B, T, F), which are missing as well
    lengths: Tensor | None = None  # (B,)
    before: Before | None = None  # what was known before
    rescales: bool = False  # whether hiding changes the scale of the last view


class _Call(ctypes.Structure):
    """The arguments; the same names in the same order as in `_kernels/seeing.h`."""

    _fields_ = compiled.integers(
        *("instructions", "is_double", "n_networks", "n_samples", "n_timesteps"),
        *("n_values", "n_views", "n_directions", "x", "x_sample", "x_step"),
        *("gaps", "gaps_sample", "gaps_step", "hidden", "rescales"),
        *("lengths", "usual"),
        *("values", "waited", "gap", "rates", "biases"),
        *("found", "last_values", "last_waited"),
        *("d_found", "d_sample", "d_step", "d_rates", "d_biases"),
    )


def pays(x: Tensor) -> bool:
    """Return whether compiled code can read steps x (B, T, C).

    It has no gradient of measurements.
    """
    if x.requires_grad or not compiled.can_read(x):
        return False
    return compiled.can_call(_Call, SIZE)


def see(
    measured: Measured,
    rates: Tensor | None = None,
    biases: Tensor | None = None,
    *,
    both_ways: bool = False,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Return what is known of measurements at each step.

    Parameters
    ----------
    measured : Measured
    rates, biases : Tensor of shape (F,) or (k, F), optional
        By which values fade to what is usual while they are not measured; of k
        networks, whose sequences are one behind the other. Without, they stay.
    both_ways : bool, default=False
        Whether to look from the end as well.

    Returns
    -------
    found : Tensor of shape (B, T, D) or (B, T, 2 D)
        Values, which of them are there, and how long before each something was: of
        values that do not fade its logarithm, after adding one.
    after : tuple of two Tensors
        The last values seen (B, V F), and the time since they were (B, F).
    """
    if rates is not None and torch.is_grad_enabled() and rates.requires_grad:
        found, *after = _Seen.apply(measured, both_ways, rates, biases)
    else:
        (found, *after), _ = _forwards(measured, both_ways, rates, biases)
    return found, tuple(after)


class _Seen(Function):
    """What is known of measurements that fade, as one node of the autograd graph."""

    @staticmethod
    def forward(ctx, measured, both_ways, rates, biases):
        results, ctx.call = _forwards(measured, both_ways, rates, biases)
        ctx.save_for_backward(results[0], measured.usual, rates, biases)
        ctx.mark_non_differentiable(*results[1:])
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    @once_differentiable
    def backward(ctx, d_found, *_):
        if d_found is None:
            return None, None, None, None
        call, d_found = ctx.call, with_rows(d_found)
        found, usual, *kept = (part.contiguous() for part in ctx.saved_tensors)
        call.lengths = 0  # not asked for, and by now of nobody
        call.found, call.usual = address(found), address(usual)
        call.rates, call.biases = map(address, kept)
        call.d_found, call.d_sample, call.d_step = _with_strides(d_found)
        sums = [torch.zeros_like(part, dtype=torch.float64) for part in kept]
        call.d_rates, call.d_biases = map(address, sums)
        compiled.call("skseq_see_back", call)
        return None, None, *(part.to(d_found.dtype) for part in sums)


def _forwards(
    measured: Measured, both_ways: bool, rates: Tensor | None, biases: Tensor | None
) -> tuple[tuple[Tensor, Tensor, Tensor], _Call]:
    """Return what was found, and the call."""
    x, n_values, usual, gaps, hidden, lengths, before, rescales = measured
    x = with_rows(x)
    n_samples, n_steps, n_columns = x.shape
    size = (1 + both_ways) * (n_columns + 2 * n_values)
    known = (None,) * 3 if before is None else (part.to(x.dtype) for part in before)
    hidden = dense(hidden)
    held = [dense(part) for part in (lengths, usual, *known, rates, biases)]
    found = x.new_empty(n_samples, n_steps, size)
    after = x.new_empty(n_samples, n_columns), x.new_empty(n_samples, n_values)
    call = _Call(
        *(compiled.instructions(), x.dtype == torch.float64),
        1 if rates is None or rates.ndim == 1 else len(rates),
        *(n_samples, n_steps, n_values, n_columns // n_values, 1 + both_ways),
        *_with_strides(x),
        *_with_strides(gaps),
        *(address(hidden), rescales and hidden is not None),
        *map(address, [*held, found, *after]),
    )
    compiled.call("skseq_see", call)
    return (found, *after), call


def _with_strides(tensor: Tensor | None) -> tuple[int, int, int]:
    """Return the address of (B, T, F), and how far samples and steps lie apart."""
    if tensor is None:
        return 0, 0, 0
    return address(tensor), *tensor.stride()[:2]
