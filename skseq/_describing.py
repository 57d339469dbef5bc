"""What several docstrings say alike, said in one place."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from textwrap import dedent
from typing import Any, TypeVar

__all__ = ["described"]

Described = TypeVar("Described", bound=Callable)


def described(**texts: str) -> Callable[[Described], Described]:
    """Return a decorator that puts texts into the docstring of what it decorates.

    Parameters
    ----------
    **texts : str
        What is put in place of each line that holds nothing but its ``{name}``,
        indented as that line is. Those without such a line are left out.

    Returns
    -------
    decorator : callable
        From a function to itself, or from a class, whose methods are described, too.

    Raises
    ------
    KeyError
        When used, if a line has no text.

    Examples
    --------
    >>> from skseq._describing import described
    >>> @described(number="x : float")
    ... def twice(x):
    ...     '''Return twice a number:
    ...
    ...     {number}
    ...         Which one.
    ...     '''
    ...     return 2 * x
    >>> print(twice.__doc__)
    Return twice a number:
    <BLANKLINE>
    x : float
        Which one.
    """

    def text_of(line: re.Match) -> str:
        indent, name = line.groups()
        lines = dedent(texts[name]).strip().splitlines()
        return "\n".join(indent + line if line else "" for line in lines)

    def fill(what: Any) -> None:
        if what.__doc__:  # there is none with python -OO
            doc = inspect.cleandoc(what.__doc__)
            what.__doc__ = re.sub(r"^( *)\{(\w+)\}$", text_of, doc, flags=re.M)

    def describe(what: Described) -> Described:
        fill(what)
        for member in vars(what).values() if inspect.isclass(what) else ():
            if isinstance(member, classmethod | staticmethod):  # has a copy of its own
                fill(member)
                member = member.__func__
            if inspect.isfunction(member):
                fill(member)
        return what

    return describe
