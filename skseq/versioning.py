"""Which versions of the package understand what an estimator holds."""

from __future__ import annotations

import sys
from functools import cache
from inspect import signature
from typing import Any, ClassVar

__all__ = ["STATE_FORMAT", "VersionedState", "check_format", "package_version"]

STATE_FORMAT = 2  # raised whenever fitted attributes change their names or meaning


def package_version() -> str:
    """Return the version of the package.

    Returns
    -------
    version : str
    """
    return sys.modules[__package__].__version__


def check_format(
    found: Any, version: Any, what: str, expected: int = STATE_FORMAT
) -> None:
    """Refuse what another format was written in.

    Parameters
    ----------
    found : object
        The format, an int.
    version : object
        The version of the package that wrote it.
    what : str
        What was written, for the error.
    expected : int, default=STATE_FORMAT
        The format that this version of the package reads.

    Raises
    ------
    ValueError
        If it is another format.
    """
    if type(found) is int and found == expected:
        return
    is_newer = type(found) is int and found > expected
    advice = "install that version or a later one"
    if not is_newer:
        advice = "open it with that version, or fit the estimator again"
    raise ValueError(
        f"{what} was written by skseq {version!s:.40} in format {found!s:.40}, but "
        f"skseq {package_version()} reads format {expected}: {advice}."
    )


class VersionedState:
    """Marks the pickles of an estimator with their format, and opens no others."""

    _pickle_format: ClassVar[int] = STATE_FORMAT  # raised where modules move, too

    def __reduce__(self) -> tuple:
        return _begun, (type(self), *self._written_by()), self.__getstate__()

    def __getstate__(self) -> dict:
        state: Any = super().__getstate__()
        return {**state, "_skseq_format": self._written_by()}

    def _written_by(self) -> tuple[int, str]:
        return self._pickle_format, package_version()

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        _check(type(self), *state.pop("_skseq_format", (None, "(unknown)")))
        cls: Any = type(self)  # of a type that is hashable for mypy, too
        # A parameter that an earlier version had not yet is as by default.
        super().__setstate__({**_defaults(cls), **state})


@cache
def _defaults(cls: type) -> dict[str, Any]:
    """Return the parameters of a class that have a default."""
    parameters = signature(cls).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _begun(cls: type[VersionedState], found: int, version: str) -> VersionedState:
    """Return an estimator without a state, before what is in that is looked for."""
    _check(cls, found, version)
    return cls.__new__(cls)


def _check(cls: type[VersionedState], found: Any, version: Any) -> None:
    check_format(found, version, f"This pickle of {cls.__name__}", cls._pickle_format)
