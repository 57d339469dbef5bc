"""Settings that must hold before scikit-learn and SciPy are imported."""

import os
import signal
from functools import partial

import numpy as np
import pytest

os.environ["SCIPY_ARRAY_API"] = "1"  # else scikit-learn skips its array API checks
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(autouse=True)
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, which background jobs of shells ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module", autouse=True)
def draw_anew(request):
    """Return what lets a module's generator draw as right after its import."""
    rng = getattr(request.module, "rng", None) or getattr(request.module, "RNG", None)
    if isinstance(rng, np.random.RandomState):
        return partial(rng.set_state, rng.get_state())
    if isinstance(rng, np.random.Generator):
        return partial(setattr, rng.bit_generator, "state", rng.bit_generator.state)
    return lambda: None


@pytest.fixture(autouse=True)
def same_draws(draw_anew):
    """A test draws the same numbers whatever ran before, in whichever process."""
    draw_anew()
    yield
    draw_anew()


@pytest.fixture
def in_file(tmp_path, monkeypatch):
    """Return what writes an array, and opens it as one too large to be read."""
    from skseq.data import stored  # which imports scikit-learn

    def write(array):
        monkeypatch.setattr(stored, "LARGE", 0)
        monkeypatch.setattr(stored, "ROWS", 50)
        monkeypatch.setattr(stored, "PAGES", 3)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, array)
        return np.load(path, mmap_mode="r")

    return write
