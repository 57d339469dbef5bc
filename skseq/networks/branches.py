"""Convolutions of several widths beside each other, as one node of the graph.

Back, torch's kernels on the CPU take longer than the arithmetic needs. Towards the
input this is one more convolution, with the kernels turned. Towards the weights it is a
product for each place in a kernel, of what was found and of the steps that the place
saw, which are one block of memory where a step has all samples side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional

from skseq.networks.compiled import is_looked_into

__all__ = ["convolved", "pays"]

LEAST = 8  # channels, without which the products are too thin to be fast
LEAST_SAMPLES = 4

Pads = tuple[int, int]


def pays(x: Tensor, weights: Sequence[Tensor]) -> bool:
    """Return whether `convolved` is the fastest, and can do what is asked for.

    Parameters
    ----------
    x, weights
        As of `convolved`.
    """
    if x.dtype != torch.float32 or not x.is_cpu or is_looked_into(x):
        return False  # torch's convolutions on a step's channels know float32 alone
    if torch.is_autocast_enabled("cpu"):
        return False
    least = min(x.shape[2], *map(len, weights))
    return least >= LEAST and len(x) >= LEAST_SAMPLES


def convolved(
    x: Tensor, weights: Sequence[Tensor], pads: Sequence[Pads]
) -> list[Tensor]:
    """Return what convolutions of stride 1 find in sequences.

    Parameters
    ----------
    x : Tensor of shape (B, T, C)
    weights : sequence of Tensor of shape (n_filters, C, width)
        Of each convolution.
    pads : sequence of (int, int)
        How many zeros each is shown before and behind the steps, less than its width.

    Returns
    -------
    found : list of Tensor of shape (B, T', n_filters)
    """
    return list(_Convolved.apply(pads, x, *weights))


class _Convolved(Function):
    @staticmethod
    def forward(ctx: Any, pads: Any, x: Tensor, *weights: Tensor) -> Any:
        ctx.pads = pads
        ctx.save_for_backward(x, *weights)
        given = zip(weights, pads, strict=True)
        return tuple(_one(x, weight, *ends) for weight, ends in given)

    @staticmethod
    def backward(ctx: Any, *d_found: Tensor) -> Any:
        x, *weights = ctx.saved_tensors
        d_x = None
        if ctx.needs_input_grad[1]:
            for d_y, weight, ends in zip(d_found, weights, ctx.pads, strict=True):
                left = (weight.shape[2] - 1 - n for n in ends)
                found = _one(d_y, weight.flip(2).transpose(0, 1), *left)
                d_x = found if d_x is None else d_x + found
        if not any(ctx.needs_input_grad[2:]):
            return None, d_x, *(None for _ in weights)
        before, behind = map(max, zip(*ctx.pads, strict=True))
        steps = _padded(x, before, behind).transpose(0, 1).contiguous()  # (T, B, C)
        d_weights = []
        for d_y, weight, (first, _) in zip(d_found, weights, ctx.pads, strict=True):
            seen = _seen(steps[before - first :], weight.shape[2], d_y.shape[1])
            made = d_y.transpose(0, 1).reshape(-1, len(weight))  # (T' B, n_filters)
            made = made.expand(len(seen), -1, -1)
            d_weights.append(torch.bmm(seen, made).permute(2, 1, 0))
        return None, d_x, *d_weights


def _one(x: Tensor, weight: Tensor, before: int, behind: int) -> Tensor:
    """Return what one convolution finds."""
    x = _padded(x, before, behind).mT.unsqueeze(2)
    weight = weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    return functional.conv2d(x, weight).squeeze(2).mT


def _padded(x: Tensor, before: int, behind: int) -> Tensor:
    """Return (B, T, C) with zeros around the steps."""
    return functional.pad(x, (0, 0, before, behind)) if before or behind else x


def _seen(steps: Tensor, width: int, n_found: int) -> Tensor:
    """Return what each place in a kernel saw of (T, B, C): views (width, C, T' B)."""
    _, n_samples, n_channels = steps.shape
    row = n_samples * n_channels
    shape = width, n_channels, n_found * n_samples
    return steps.as_strided(shape, (row, 1, n_channels), steps.storage_offset())
