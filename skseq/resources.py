"""Devices, threads and random numbers: what a fit borrows and gives back."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.utils import check_random_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator

__all__ = [
    "make_accelerator",
    "make_random_state",
    "resolve_device",
    "seeded_torch",
    "torch_threads",
    "unchanged_on_error",
]

SMALL_WORK = 1.5e7  # multiplications per step below which one thread is faster

_GLOBAL_GENERATOR = threading.Lock()


def make_random_state(
    random_state: int | np.random.RandomState | None,
) -> np.random.RandomState:
    """Return a RandomState; None takes fresh entropy, not NumPy's global state.

    Parameters
    ----------
    random_state : int, RandomState or None
        As in scikit-learn.

    Returns
    -------
    random_state : RandomState
    """
    if random_state is None:
        return np.random.RandomState(np.random.SeedSequence().generate_state(4))
    return check_random_state(random_state)


@contextmanager
def seeded_torch(seed: int) -> Iterator[None]:
    """Seed torch's global CPU generator within a block and restore it afterwards.

    Threads wait for each other, so that none sees another's generator.

    Parameters
    ----------
    seed : int
        The seed.
    """
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(seed)
        yield


def resolve_device(device: str, *, or_cpu: bool = False) -> torch.device:
    """Return the torch device that a parameter `device` names.

    Parameters
    ----------
    device : str
        "auto" is CUDA where there is one, else the CPU; "accelerate" is what Accelerate
        gives to this process.
    or_cpu : bool, default=False
        Whether to take the CPU instead of what is not there.

    Returns
    -------
    device : torch.device

    Raises
    ------
    ValueError
        If the device is unknown or not available.
    ImportError
        If Accelerate is asked for and not installed.
    """
    if device == "accelerate":
        if not or_cpu:
            return make_accelerator().device
        device = "auto"
    has_gpu = torch.cuda.is_available()
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (number and not number.isdigit()):
        if or_cpu:
            return torch.device("cpu")
        raise ValueError(
            f"device={device!r} is unknown; expected 'auto', 'cpu', 'cuda', 'cuda:1' "
            "or 'accelerate'."
        )
    if kind == "cuda" and not has_gpu and not or_cpu:
        raise ValueError(f"device={device!r} was asked for, but torch sees no GPU.")
    if kind == "auto":
        return torch.device("cuda" if has_gpu else "cpu")
    return torch.device(device if has_gpu else "cpu")


def make_accelerator() -> Any:
    """Return the `accelerate.Accelerator` that knows the processes of a fit.

    Returns
    -------
    accelerator : accelerate.Accelerator

    Raises
    ------
    ValueError
        If the script was launched with options that would change a fit.
    ImportError
        If Accelerate is not installed.
    """
    try:
        from accelerate import Accelerator
    except ImportError as error:
        raise ImportError(
            "device='accelerate' needs Accelerate: pip install 'skseq[accelerate]'."
        ) from error
    on_cpu = not torch.cuda.is_available()  # rather than on what is refused
    accelerator = Accelerator(device_placement=False, cpu=on_cpu)
    kind = accelerator.distributed_type.value
    if (
        kind not in ("NO", "MULTI_CPU", "MULTI_GPU")
        or accelerator.mixed_precision != "no"
        or accelerator.gradient_accumulation_steps != 1
    ):
        raise ValueError(
            "device='accelerate' shares batches out among processes and nothing else, "
            f"but the script was launched as {kind} with mixed_precision="
            f"{accelerator.mixed_precision!r} and gradient_accumulation_steps="
            f"{accelerator.gradient_accumulation_steps}; expected MULTI_GPU or "
            "MULTI_CPU, 'no' and 1. The estimator has a mixed_precision of its own."
        )
    return accelerator


@contextmanager
def torch_threads(n_threads: int | None, *, work: float) -> Iterator[None]:
    """Set the number of torch's CPU threads within a block.

    The setting belongs to a thread. When blocks of several overlap, each restores what
    the first one found.

    Parameters
    ----------
    n_threads : int or None
        None takes one thread for small work, on which several are slower, and the
        user's setting for large.
    work : float
        Multiplications in one step of the recurrence of one batch.
    """
    with _THREADS.lock:
        if _THREADS.n_users == 0:
            _THREADS.before = torch.get_num_threads()
        if n_threads is None:
            n_threads = 1 if work < SMALL_WORK else _THREADS.before
        if n_threads != torch.get_num_threads():
            torch.set_num_threads(n_threads)
        _THREADS.n_users += 1
    try:
        yield
    finally:
        with _THREADS.lock:
            _THREADS.n_users -= 1
            if torch.get_num_threads() != _THREADS.before:
                torch.set_num_threads(_THREADS.before)


class _Threads:
    """Who has borrowed the number of threads, and what it was before."""

    def __init__(self):
        self.lock = threading.Lock()
        self.n_users = 0
        self.before = 1


_THREADS = _Threads()


@contextmanager
def unchanged_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Give an estimator its attributes back when the block fails.

    Parameters
    ----------
    estimator : estimator
        Its attributes may be replaced within the block, but not changed in place.
    """
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
