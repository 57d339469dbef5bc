"""Settings that must hold before scikit-learn and SciPy are imported."""

import os
import signal

import pytest

os.environ["SCIPY_ARRAY_API"] = "1"  # else scikit-learn skips its array API checks
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(autouse=True)
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, which background jobs of shells ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
