"""Settings that must hold before scikit-learn and SciPy are imported."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"  # else scikit-learn skips its array API checks
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
