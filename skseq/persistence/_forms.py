"""Values as JSON and arrays, and back.

What JSON has no word for is an object of one key, which names its form: a tuple is
``{"tuple": [1, 2]}``. A form is a few lines in a neighbouring file; there is no way to
name anything else, so that a file decides about data and never about code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skseq._showing import shown

__all__ = ["Form", "Reader", "Writer", "expect"]


@dataclass(frozen=True)
class Form:
    """How values of one kind are written and read.

    Parameters
    ----------
    name : str
        What the form is called in files.
    handles : callable
        Whether a value is of this kind.
    write : callable
        (writer, value, place) -> what JSON can hold.
    read : callable
        (reader, what JSON held) -> value.
    """

    name: str
    handles: Callable[[Any], bool]
    write: Callable[[Writer, Any, str], Any]
    read: Callable[[Reader, Any], Any]


class Writer:
    """Turns values into JSON and collects their arrays.

    Parameters
    ----------
    forms : list of Form
        The forms to choose from, the first one that handles a value.
    """

    def __init__(self, forms: list[Form]):
        self.forms = forms
        self.tensors: dict[str, np.ndarray] = {}

    def write(self, value: Any, place: str) -> Any:
        """Return a value as JSON.

        Parameters
        ----------
        value : object
            The value.
        place : str
            Where it stands, for errors and the names of arrays.

        Returns
        -------
        node : object

        Raises
        ------
        TypeError
            If there is no form for it.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if type(value) is list:
            return [self.write(item, f"{place}.{i}") for i, item in enumerate(value)]
        for form in self.forms:
            if form.handles(value):
                return {form.name: form.write(self, value, place)}
        raise TypeError(
            f"{place}={shown(value)} cannot be saved: a file holds no "
            f"{type(value).__name__}, only data and the classes of skseq. Set it to "
            "something else first, or pickle the estimator."
        )

    def add(self, array: np.ndarray, place: str) -> str:
        """Keep an array and return its name."""
        name, n = place, 1
        while name in self.tensors:
            n += 1
            name = f"{place} ({n})"
        self.tensors[name] = np.require(array, requirements="C")
        return name


class Reader:
    """Turns JSON and arrays into values again.

    Parameters
    ----------
    forms : list of Form
        The forms that may be named.
    tensors : dict of str to ndarray
        The arrays, each of which is used once.
    """

    def __init__(self, forms: list[Form], tensors: dict[str, np.ndarray]):
        self.forms = {form.name: form for form in forms}
        self.tensors = dict(tensors)

    def read(self, node: Any) -> Any:
        """Return the value that JSON stands for.

        Parameters
        ----------
        node : object
            What `Writer.write` returned; it is used up.

        Returns
        -------
        value : object
        """
        if node is None or type(node) in (bool, int, float, str):
            return node
        if type(node) is list:
            for i, item in enumerate(node):  # in place, to take no memory twice
                node[i] = self.read(item)
            return node
        ((name, part),) = expect(node, dict).items()
        if name not in self.forms:
            raise ValueError(f"there is no form {name!r:.80}")
        return self.forms[name].read(self, part)

    def take(self, name: Any) -> np.ndarray:
        """Return an array, which belongs to whoever asked for it."""
        if expect(name, str) not in self.tensors:
            raise ValueError(f"there is no array {name!r:.80}, or it was used before")
        return self.tensors.pop(name)


def expect(value: Any, *kinds: type) -> Any:
    """Return a value if it is of one of these types exactly.

    Parameters
    ----------
    value : object
        The value.
    *kinds : type
        What it may be.

    Returns
    -------
    value : object

    Raises
    ------
    ValueError
        If it is something else.
    """
    if type(value) not in kinds:
        names = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"{shown(value)} stands where {names} is expected")
    return value
