"""Recurrent layers by compiled code: all steps of a layer in one call.

Without it, `bptt` and torch.nn do the same.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from skseq.networks import compiled
from skseq.networks.compiled import address, dense, with_rows
from skseq.resources import SMALL_WORK

__all__ = ["pays", "run"]

SIZE = "skseq_call_size"  # the function that tells it
MODES = ("RNN_TANH", "RNN_RELU", "GRU", "LSTM")  # of torch.nn; as in recurrent.h
N_GATES = (0, 0, 4, 4)  # that are kept of a step
HELD = ("h", "c", "w_x", "w_h", "b_x", "b_h", "peepholes", "w_decay", "b_decay")
N_FOUND = len(HELD)  # of these the way back finds gradients
HELD += ("mask", "lengths", "x", "given", "gates", "cells", "states", "decays")

State = tuple[Tensor, ...]


class _Call(ctypes.Structure):
    """The arguments; the same names in the same order as in `_kernels/recurrent.h`."""

    _fields_ = compiled.integers(
        *("cell", "instructions", "is_double"),
        *("n_networks", "n_timesteps", "n_samples"),
        *("n_inputs", "n_elapsed", "n_units"),
        *("padded", "offset", "reverse", "keeps"),
        *("x", "x_sample", "x_step"),
        *("h", "c", "w_x", "w_h", "b_x", "b_h", "peepholes"),
        *("w_decay", "b_decay", "mask", "lengths"),
        *("given", "gates", "cells", "states", "decays", "last_h", "last_c"),
        *("d_outputs", "d_sample", "d_step", "d_last_h", "d_last_c"),
        *("d_x", "d_h", "d_c", "d_w_x", "d_w_h", "d_b_x", "d_b_h"),
        *("d_peepholes", "d_w_decay", "d_b_decay"),
    )


def pays(x: Tensor, n_units: int) -> bool:
    """Return whether compiled code can read inputs (B, T, F), and is the fastest.

    Torch's kernels win where weights are read once or twice, as they lie, and where
    large layers may use several threads.
    """
    if not compiled.can_read(x) or not compiled.can_call(_Call, SIZE):
        return False
    n_samples, n_steps, n_inputs = x.shape
    work = 4 * n_samples * n_units * (n_units + n_inputs)
    if work > SMALL_WORK and torch.get_num_threads() > 1:
        return False
    return n_units <= 64 or n_samples * n_steps >= 4


def run(
    mode: str,
    x: Tensor,
    state: State,
    weights: tuple[Tensor, ...],
    *,
    peepholes: Tensor | None = None,
    decay: tuple[Tensor | None, Tensor | None] = (None, None),
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run all steps of a layer, of k networks one behind the other.

    Parameters
    ----------
    mode : str
        The mode of a torch.nn layer.
    x : Tensor of shape (k B, T, F), or (k B, T, F + E) of a state that decays
    state : tuple of Tensor of shape (k B, H)
    weights : tuple of Tensor
        As of a torch.nn layer; those of k networks are shaped (k, ...).
    peepholes : Tensor of shape (3, H) or (k, 3, H), optional
    decay : tuple of two Tensor of shape (H, E) and (H,), or (k, H, E) and (k, H)
        Weights and bias of what the state loses before each step, by elapsed times,
        the last E inputs (`GRUDLayer`).
    mask : Tensor of shape (k B, H), optional
        Of recurrent dropout.
    lengths : Tensor of shape (k B,), optional
    reverse : bool, default=False
        Whether to read each sequence from its last step to its first.

    Returns
    -------
    outputs : Tensor of shape (k B, T, H)
    state : tuple of Tensor of shape (k B, H)
        After each sequence's own last step.

    Raises
    ------
    ValueError
        If a tensor has another shape or type: compiled code would not notice.
    """
    h, c = (*state, None)[:2]
    tensors = (x, h, c, *weights, peepholes, *decay, mask, lengths)
    _check_tensors(mode, *tensors)
    asked = any(t.requires_grad for t in tensors if t is not None)
    if asked and torch.is_grad_enabled():
        outputs, *after = CompiledSteps.apply(mode, reverse, *tensors)
    else:
        outputs, *after = _forwards(mode, reverse, False, *tensors)[0]
    return outputs, tuple(after[: len(state)])


def _check_tensors(mode: str, x: Tensor, *tensors: Tensor | None) -> None:
    """Refuse what compiled code would read beyond its end, or as something else."""
    n_samples, _, n_inputs = x.shape
    parts = dict(zip(HELD, tensors, strict=False))
    w_x = parts["w_x"]
    networks, n_rows = w_x.shape[:-2], w_x.shape[-2]
    n_units = n_rows // {"GRU": 3, "LSTM": 4}.get(mode, 1)
    rows = (n_samples, n_units)
    n_elapsed = _n_elapsed(parts["w_decay"])
    expected = {
        "h": rows,
        "c": rows,
        "w_x": (*networks, n_rows, n_inputs - n_elapsed),
        "w_h": (*networks, n_rows, n_units),
        "b_x": (*networks, n_rows),
        "b_h": (*networks, n_rows),
        "peepholes": (*networks, 3, n_units),
        "w_decay": (*networks, n_units, n_elapsed),
        "b_decay": (*networks, n_units),
        "mask": rows,
        "lengths": (n_samples,),
    }
    for name, part in parts.items():
        if part is None:
            continue
        dtype = torch.int64 if name == "lengths" else x.dtype
        if part.shape != expected[name] or part.dtype != dtype or not part.is_cpu:
            raise ValueError(
                f"{name} of a recurrent layer is {tuple(part.shape)}, {part.dtype}, on "
                f"{part.device}; inputs of shape {tuple(x.shape)} need "
                f"{expected[name]}, {dtype}, on cpu."
            )


def _forwards(mode: str, reverse: bool, keeps: bool, *tensors: Tensor | None) -> Any:
    """Return outputs and states, the call, and the tensors whose addresses it holds."""
    cell = MODES.index(mode)
    x = with_rows(tensors[0])
    held = [dense(t) for t in tensors[1:]]
    parts = dict(zip(HELD, held, strict=False))
    h, c, w_x, mask = (parts[name] for name in ("h", "c", "w_x", "mask"))
    (n_samples, n_steps, n_inputs), n_units = x.shape, h.shape[1]
    n_elapsed = _n_elapsed(parts["w_decay"])
    n_inputs -= n_elapsed
    n_networks = len(w_x) if w_x.ndim == 3 else 1
    padded, offset = compiled.padded(n_units), compiled.padded(n_inputs + 1)
    n_kept = n_steps + 1 if keeps else 1
    apart = mask is not None or n_elapsed > 0  # states are not what steps see

    def room(needed: bool, n_rows: int, size: int) -> Tensor | None:
        return x.new_empty(n_rows, n_samples, size) if needed else None

    given = room(True, n_kept if apart else n_steps + 1, offset + padded)
    gates = room(N_GATES[cell] > 0, n_kept, N_GATES[cell] * padded)
    cells = room(c is not None, n_kept, padded)
    states = room(apart, n_steps + 1, padded)
    decays = room(n_elapsed > 0, n_steps, padded)
    last = [None if t is None else torch.empty_like(t) for t in held[:2]]
    call = _Call(
        *(cell, compiled.instructions(), x.dtype == torch.float64),
        *(n_networks, n_steps, n_samples // n_networks, n_inputs, n_elapsed, n_units),
        *(padded, offset, reverse, keeps),
        *(address(x), *x.stride()[:2]),
        *map(address, [*held, given, gates, cells, states, decays, *last]),
    )
    compiled.call("skseq_forwards", call)
    outputs = states if apart else given[..., offset:]
    outputs = outputs[:-1] if reverse else outputs[1:]
    outputs = outputs[..., :n_units].transpose(0, 1)
    read_again = x if n_elapsed else None
    held += [read_again, given, gates, cells, states, decays]
    return (outputs, *last), call, held


class CompiledSteps(Function):
    """All steps of a layer as one node of the autograd graph."""

    @staticmethod
    def forward(ctx, mode, reverse, *tensors):
        results, ctx.call, held = _forwards(mode, reverse, True, *tensors)
        ctx.save_for_backward(*held)
        ctx.x_shape = tensors[0].shape
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs, d_last_h, d_last_c):
        call, held = ctx.call, ctx.saved_tensors
        for name, tensor in zip(HELD, held, strict=True):
            setattr(call, name, address(tensor))  # they may have been moved since
        d_outputs, d_last_h, d_last_c = (
            with_rows(d_outputs),
            dense(d_last_h),
            dense(d_last_c),
        )
        found = [None if t is None else torch.empty_like(t) for t in held[:N_FOUND]]
        x = held[HELD.index("x")]
        if x is not None:
            call.x_sample, call.x_step = x.stride()[:2]
        d_x = held[0].new_empty(ctx.x_shape) if ctx.needs_input_grad[2] else None
        call.d_outputs = address(d_outputs)
        if d_outputs is not None:
            call.d_sample, call.d_step = d_outputs.stride()[:2]
        call.d_last_h, call.d_last_c = address(d_last_h), address(d_last_c)
        call.d_x = address(d_x)
        for name, tensor in zip(HELD, found, strict=False):
            setattr(call, f"d_{name}", address(tensor))
        compiled.call("skseq_back", call)
        return None, None, d_x, *found, None, None


def _n_elapsed(w_decay: Tensor | None) -> int:
    return 0 if w_decay is None else w_decay.shape[-1]
