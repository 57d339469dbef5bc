"""Which versions of the package understand what an estimator holds."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["STATE_FORMAT", "VersionedState", "check_format", "package_version"]

STATE_FORMAT = 2  # raised whenever fitted attributes change their names or meaning


def package_version() -> str:
    """Return the version of the package.

    Returns
    -------
    version : str
    """
    return sys.modules[__package__].__version__


def check_format(found: Any, version: Any, what: str) -> None:
    """Refuse what another format was written in.

    Parameters
    ----------
    found : object
        The format, an int.
    version : object
        The version of the package that wrote it.
    what : str
        What was written, for the error.

    Raises
    ------
    ValueError
        If this version of the package reads another format.
    """
    if type(found) is int and found == STATE_FORMAT:
        return
    is_newer = type(found) is int and found > STATE_FORMAT
    advice = "install that version or a later one"
    if not is_newer:
        advice = "open it with that version, or fit the estimator again"
    raise ValueError(
        f"{what} was written by skseq {version!s:.40} in format {found!s:.40}, but "
        f"skseq {package_version()} reads format {STATE_FORMAT}: {advice}."
    )


class VersionedState:
    """Marks the pickles of an estimator with their format, and opens no others."""

    def __getstate__(self) -> dict:
        state: Any = super().__getstate__()
        return {**state, "_skseq_format": (STATE_FORMAT, package_version())}

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        found, version = state.pop("_skseq_format", (None, "(unknown)"))
        check_format(found, version, f"This pickle of {type(self).__name__}")
        super().__setstate__(state)
