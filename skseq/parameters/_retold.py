"""A method with another text for some of its arguments."""

from __future__ import annotations

import inspect
import re
from types import FunctionType
from typing import TypeVar

__all__ = ["retold"]

Method = TypeVar("Method")


def retold(method: Method, **texts: str) -> Method:
    """Return a copy of a method whose docstring says something else of arguments.

    Parameters
    ----------
    method : function
        The method of a base class; it does not call `super`.
    **texts : str
        Of each argument its type and, in further lines, what it means.

    Returns
    -------
    method : function
        To stand in the body of a derived class.

    Examples
    --------
    >>> from skseq.parameters import retold
    >>> def add(x, y):
    ...     '''Add.
    ...
    ...     Parameters
    ...     ----------
    ...     x, y : int
    ...         Summands.
    ...     '''
    ...     return x + y
    """
    told: FunctionType = method  # type: ignore[assignment]
    if told.__doc__ is None:  # as under python -OO
        return method
    docstring = inspect.cleandoc(told.__doc__)
    for name, text in texts.items():
        entry = f"{name} : {inspect.cleandoc(text)}".replace("\n", "\n    ")
        place = re.search(rf"^{name} : .*(\n    .*)+", docstring, re.MULTILINE)
        docstring = docstring.replace(place[0], entry)  # type: ignore[index]
    copy = FunctionType(
        told.__code__, told.__globals__, told.__name__, told.__defaults__
    )
    copy.__dict__.update(told.__dict__)
    copy.__kwdefaults__ = told.__kwdefaults__
    copy.__annotations__ = told.__annotations__
    copy.__qualname__ = told.__qualname__
    copy.__doc__ = docstring
    return copy  # type: ignore[return-value]
