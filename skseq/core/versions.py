"""What is installed here, for a report of an error."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import sklearn
import torch

from skseq.networks import compiled

__all__ = ["show_versions"]

PACKAGES = ["skseq", "torch", "skorch", "sktime"]


def show_versions() -> None:
    """Print versions, and which code runs layers on this processor.

    What scikit-learn prints comes first; such a report belongs into an issue.

    See Also
    --------
    sklearn.show_versions : The first part.

    Examples
    --------
    >>> from skseq import show_versions
    >>> show_versions()
    <BLANKLINE>
    System:
    ...
    skseq's layers: ...
    """
    sklearn.show_versions()
    print("\nskseq:")
    for name in PACKAGES:
        print(f"{name:>16}: {_version(name)}")
    for what, value in {
        "torch's code": f"{torch.backends.cpu.get_cpu_capability()}, "
        f"{torch.get_num_threads()} threads",
        "skseq's layers": compiled.describe(),
    }.items():
        print(f"{what:>16}: {value}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
