"""Compiled code: whether there is any, what it can read, and how it is called.

It is plain C (`_kernels`), built when the package is installed where a compiler is at
hand, and called on the addresses of tensors; the interpreter's lock is released
meanwhile. It keeps nothing between calls and runs on one thread, so that the same
numbers give the same bits in any thread or process. Each kind of call is a module of
its own, and torch does the same without it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import Parameter

__all__ = [
    "INSTRUCTIONS",
    "SWITCH",
    "address",
    "by_torch",
    "call",
    "can_call",
    "can_read",
    "dense",
    "describe",
    "instructions",
    "integers",
    "is_looked_into",
    "library",
    "lies_in_memory",
    "padded",
    "with_rows",
]

SWITCH = "SKSEQ_KERNELS"  # an environment variable; 0 is off
PATH = Path(__file__).with_name("_kernels") / "recurrent.so"
INSTRUCTIONS = ("plain", "AVX2", "AVX-512")
PADDING = 16  # numbers, to multiples of which rows are padded

# Whether torch.func transforms a function; torch.autograd asks so, too.
_TRANSFORMED = getattr(torch._C, "_are_functorch_transforms_active", bool)


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled code, or None where there is none."""
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        return ctypes.CDLL(str(PATH))
    except OSError:
        return None


@cache
def instructions() -> int:
    """Return the newest set of instructions that code and processor have."""
    return library().skseq_instructions()


def describe() -> str:
    """Say which code layers run on a CPU."""
    if library() is not None:
        return f"compiled ({INSTRUCTIONS[instructions()]})"
    if os.environ.get(SWITCH) == "0":
        return f"PyTorch ({SWITCH}=0)"
    return "PyTorch (no compiled code: no compiler was found at installation)"


def integers(*names: str) -> list[tuple[str, type]]:
    """Return fields of a structure that are numbers of 64 bits, or addresses."""
    return [(name, ctypes.c_int64) for name in names]


def can_call(arguments: type[ctypes.Structure], size: str) -> bool:
    """Return whether there is compiled code that takes these arguments.

    Parameters
    ----------
    arguments : type of ctypes.Structure
    size : str
        The function that tells how large compiled code takes them to be: code built
        from other sources is not called.
    """
    found = library()
    return found is not None and _takes(found, arguments, size)


@cache
def _takes(found: ctypes.CDLL, arguments: type[ctypes.Structure], size: str) -> bool:
    return hasattr(found, size) and getattr(found, size)() == ctypes.sizeof(arguments)


def call(function: str, arguments: ctypes.Structure) -> None:
    """Call compiled code.

    Raises
    ------
    MemoryError
        If there is no room for what it keeps meanwhile.
    """
    if getattr(library(), function)(ctypes.byref(arguments)):
        raise MemoryError("no memory for what compiled code needs")


def can_read(x: Tensor) -> bool:
    """Return whether compiled code can read a tensor."""
    if not x.is_cpu or x.dtype not in (torch.float32, torch.float64):
        return False
    return lies_in_memory(x) and x.numel() > 0


def lies_in_memory(tensor: Tensor) -> bool:
    """Return whether memory holds what a tensor says, as no batch of gradients does."""
    if is_looked_into(tensor) or tensor.is_neg():
        return False
    try:
        tensor.data_ptr()
    except RuntimeError:
        return False
    return True


def is_looked_into(x: Tensor) -> bool:
    """Return whether more is asked of a computation on x than to run it.

    Such as by a trace, which does not see what compiled code does.
    """
    if type(x) not in (Tensor, Parameter):
        return True
    if getattr(forward_ad, "_current_level", -1) >= 0:  # tangents go along
        return True
    return torch.compiler.is_compiling() or torch.jit.is_tracing() or _TRANSFORMED()


def by_torch(
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


def address(tensor: Tensor | None) -> int:
    """Return where a tensor lies; 0 if there is none."""
    return 0 if tensor is None else tensor.data_ptr()


def dense(tensor: Tensor | None) -> Tensor | None:
    """Return a contiguous tensor."""
    return None if tensor is None else tensor.contiguous()


def with_rows(tensor: Tensor | None) -> Tensor | None:
    """Return a tensor whose last dimension is contiguous."""
    if tensor is None or tensor.shape[-1] == 1 or tensor.stride(-1) == 1:
        return tensor
    return tensor.contiguous()


def padded(n: int) -> int:
    """Return how many numbers a row of n takes."""
    return -(-n // PADDING) * PADDING
