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

__all__ = ["make_random_state", "resolve_device", "seeded_torch", "torch_threads"]

SMALL_WORK = 4e6  # multiplications per step below which one thread is faster

_GLOBAL_GENERATOR = threading.Lock()


def make_random_state(random_state: int | np.random.RandomState | None):
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
        Whether to take the CPU instead of a GPU that is not there.

    Returns
    -------
    device : torch.device

    Raises
    ------
    ValueError
        If the device is unknown or not available.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"device={device!r} is unknown; expected 'auto', 'cpu' or 'cuda'."
        ) from error
    if resolved.type == "cuda" and not torch.cuda.is_available():
        if or_cpu:
            return torch.device("cpu")
        raise ValueError(f"device={device!r} was asked for, but torch sees no GPU.")
    return resolved


@contextmanager
def torch_threads(n_threads: int | None, *, work: float) -> Iterator[None]:
    """Set the number of torch's CPU threads within a block.

    Parameters
    ----------
    n_threads : int or None
        None takes one thread for small work, on which several are slower, and the
        user's setting for large.
    work : float
        Multiplications in one step of the recurrence of one batch.
    """
    before = torch.get_num_threads()
    if n_threads is None:
        n_threads = 1 if work < SMALL_WORK else before
    if n_threads == before:
        yield
        return
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
