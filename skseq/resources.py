"""Devices, threads and random numbers: what a fit borrows and gives back."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.utils import check_random_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.base import BaseEstimator

__all__ = [
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
        "auto" is CUDA where there is one, else the CPU.
    or_cpu : bool, default=False
        Whether to take the CPU instead of what is not there.

    Returns
    -------
    device : torch.device

    Raises
    ------
    ValueError
        If the device is unknown or not available.
    """
    has_gpu = torch.cuda.is_available()
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (number and not number.isdigit()):
        if or_cpu:
            return torch.device("cpu")
        raise ValueError(
            f"device={device!r} is unknown; expected 'auto', 'cpu', 'cuda' or 'cuda:1'."
        )
    if kind == "cuda" and not has_gpu and not or_cpu:
        raise ValueError(f"device={device!r} was asked for, but torch sees no GPU.")
    if kind == "auto":
        return torch.device("cuda" if has_gpu else "cpu")
    return torch.device(device if has_gpu else "cpu")


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
