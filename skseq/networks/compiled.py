"""Recurrent layers by compiled code: all steps of a layer in one call.

The code is plain C (`_kernels`), built when the package is installed where a compiler
is at hand, and called on the addresses of tensors; the interpreter's lock is released
meanwhile. It keeps nothing between calls and runs on one thread, so that the same
numbers give the same bits in any thread or process. Without it, `bptt` and torch.nn do
the same.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function, forward_ad
from torch.autograd.function import once_differentiable
from torch.nn import Parameter

from skseq.resources import SMALL_WORK

__all__ = ["describe", "is_looked_into", "library", "pays", "run"]

SWITCH = "SKSEQ_KERNELS"  # an environment variable; 0 is off
PATH = Path(__file__).with_name("_kernels") / "recurrent.so"
INSTRUCTIONS = ("plain", "AVX2", "AVX-512")
MODES = ("RNN_TANH", "RNN_RELU", "GRU", "LSTM")  # of torch.nn; as in recurrent.h
N_GATES = (0, 0, 4, 4)  # that are kept of a step
HELD = ("h", "c", "w_x", "w_h", "b_x", "b_h", "peepholes", "w_decay", "b_decay")
N_FOUND = len(HELD)  # of these the way back finds gradients
HELD += ("mask", "lengths", "x", "given", "gates", "cells", "states", "decays")
PADDING = 16  # units are padded to multiples

# Whether torch.func transforms a function; torch.autograd asks so, too.
_TRANSFORMED = getattr(torch._C, "_are_functorch_transforms_active", bool)

State = tuple[Tensor, ...]


class _Call(ctypes.Structure):
    """The arguments; the same names in the same order as in `_kernels/recurrent.h`."""

    _fields_ = [
        (name, ctypes.c_int64)
        for name in (
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
    ]


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled code, or None where there is none."""
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        found = ctypes.CDLL(str(PATH))
        found.skseq_call_size.restype = ctypes.c_int64
    except (OSError, AttributeError):
        return None
    if found.skseq_call_size() != ctypes.sizeof(_Call):  # built from other sources
        return None
    found.skseq_instructions.restype = ctypes.c_int64
    for function in (found.skseq_forwards, found.skseq_back):
        function.argtypes = [ctypes.POINTER(_Call)]
        function.restype = ctypes.c_int64
    return found


@cache
def instructions() -> int:
    """Return the newest set of instructions that code and processor have."""
    return library().skseq_instructions()


def describe() -> str:
    """Say which code recurrent layers run on a CPU."""
    if library() is not None:
        return f"compiled ({INSTRUCTIONS[instructions()]})"
    if os.environ.get(SWITCH) == "0":
        return f"PyTorch ({SWITCH}=0)"
    return "PyTorch (no compiled code: no compiler was found at installation)"


def pays(x: Tensor, n_units: int) -> bool:
    """Return whether compiled code can read inputs (B, T, F), and is the fastest.

    Torch's kernels win where weights are read once or twice, as they lie, and where
    large layers may use several threads. Nothing that looks into a computation instead
    of running it, such as a trace, sees what compiled code does.
    """
    if library() is None or not x.is_cpu or is_looked_into(x):
        return False
    if x.dtype not in (torch.float32, torch.float64) or x.numel() == 0:
        return False
    n_samples, n_steps, n_inputs = x.shape
    work = 4 * n_samples * n_units * (n_units + n_inputs)
    if work > SMALL_WORK and torch.get_num_threads() > 1:
        return False
    return n_units <= 64 or n_samples * n_steps >= 4


def is_looked_into(x: Tensor) -> bool:
    """Return whether more is asked of a computation on x than to run it."""
    if type(x) not in (Tensor, Parameter) or x.is_neg():  # memory has the other sign
        return True
    if getattr(forward_ad, "_current_level", -1) >= 0:  # tangents go along
        return True
    return torch.compiler.is_compiling() or torch.jit.is_tracing() or _TRANSFORMED()


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
    x = _with_rows(tensors[0])
    held = [_dense(t) for t in tensors[1:]]
    parts = dict(zip(HELD, held, strict=False))
    h, c, w_x, mask = (parts[name] for name in ("h", "c", "w_x", "mask"))
    (n_samples, n_steps, n_inputs), n_units = x.shape, h.shape[1]
    n_elapsed = _n_elapsed(parts["w_decay"])
    n_inputs -= n_elapsed
    n_networks = len(w_x) if w_x.ndim == 3 else 1
    padded, offset = _padded(n_units), _padded(n_inputs + 1)
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
        *(cell, instructions(), x.dtype == torch.float64),
        *(n_networks, n_steps, n_samples // n_networks, n_inputs, n_elapsed, n_units),
        *(padded, offset, reverse, keeps),
        *(_address(x), *x.stride()[:2]),
        *map(_address, [*held, given, gates, cells, states, decays, *last]),
    )
    _check(library().skseq_forwards(call))
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
            setattr(call, name, _address(tensor))  # they may have been moved since
        d_outputs, d_last_h, d_last_c = (
            _with_rows(d_outputs),
            _dense(d_last_h),
            _dense(d_last_c),
        )
        found = [None if t is None else torch.empty_like(t) for t in held[:N_FOUND]]
        x = held[HELD.index("x")]
        if x is not None:
            call.x_sample, call.x_step = x.stride()[:2]
        d_x = held[0].new_empty(ctx.x_shape) if ctx.needs_input_grad[2] else None
        call.d_outputs = _address(d_outputs)
        if d_outputs is not None:
            call.d_sample, call.d_step = d_outputs.stride()[:2]
        call.d_last_h, call.d_last_c = _address(d_last_h), _address(d_last_c)
        call.d_x = _address(d_x)
        for name, tensor in zip(HELD, found, strict=False):
            setattr(call, f"d_{name}", _address(tensor))
        _check(library().skseq_back(call))
        return None, None, d_x, *found, None, None


def _n_elapsed(w_decay: Tensor | None) -> int:
    return 0 if w_decay is None else w_decay.shape[-1]


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def _dense(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.contiguous()


def _with_rows(tensor: Tensor | None) -> Tensor | None:
    """Return a tensor whose last dimension is contiguous."""
    if tensor is None or tensor.shape[-1] == 1 or tensor.stride(-1) == 1:
        return tensor
    return tensor.contiguous()


def _padded(n: int) -> int:
    return -(-n // PADDING) * PADDING


def _check(failed: int) -> None:
    if failed:
        raise MemoryError("no memory for what compiled code needs")


def _lies_in_memory(tensor: Tensor) -> bool:
    """Return whether a tensor is one, and no batch of gradients that looks like it."""
    try:
        tensor.data_ptr()
    except RuntimeError:
        return False
    return not is_looked_into(tensor)


def _by_torch(
    plainly: Callable[..., Tensor],
    asked: Sequence[bool],
    tensors: Sequence[Tensor],
    d_y: Tensor,
) -> list[Tensor | None]:
    """Return gradients, of which gradients may be asked for in turn."""
    with torch.enable_grad():
        y = plainly(*tensors)
    wanted = [one for one, is_asked in zip(tensors, asked, strict=True) if is_asked]
    found = torch.autograd.grad(y, wanted, d_y, create_graph=torch.is_grad_enabled())
    rest = iter(found)
    return [next(rest) if is_asked else None for is_asked in asked]
