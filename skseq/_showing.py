"""How errors show values that may be anything, and name the argument at fault."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["naming", "shown"]

MOST = 80  # characters


def shown(value: Any) -> str:
    """Return what a value looks like, on one line and not too long.

    Parameters
    ----------
    value : object
        Such as an estimator or a table, which print themselves in several lines.

    Returns
    -------
    text : str

    Examples
    --------
    >>> import numpy as np
    >>> from skseq._showing import shown
    >>> shown(np.eye(2))
    'array([[1., 0.], [0., 1.]])'
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


@contextmanager
def naming(argument: str) -> Iterator[None]:
    """Put an argument's name before an error about what it holds, if it lacks that.

    Parameters
    ----------
    argument : str
        Its name.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if re.search(rf"\b{argument}\b", str(error)):
            raise
        message = f"{argument}: {error}"
        if type(error).__str__ is BaseException.__str__:
            error.args = (message, *error.args[1:])
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(message) from error  # NumPy's own kinds write their text themselves
