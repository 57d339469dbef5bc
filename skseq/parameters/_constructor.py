"""A constructor that takes parameters and keeps them."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable
from typing import Any

from skseq.parameters._renamed import with_new_names

__all__ = ["constructor", "is_composed"]

_Parameter = inspect.Parameter


def constructor(cls: type, parameters: dict[str, dict]) -> Callable[..., None]:
    """Return an `__init__` that sets one attribute for each parameter.

    Parameters
    ----------
    cls : type
        The class it is for.
    parameters : dict of str to dict
        Of each parameter its "default" and, perhaps, "kw_only", "annotation" and
        "hint", what `typing.get_type_hints` makes the type of.

    Returns
    -------
    init : callable
        Its signature is explicit; a name that is none of the parameters is a TypeError.
    """
    defaults = {name: said["default"] for name, said in parameters.items()}

    def __init__(self, *args, **given):
        if args or not given.keys() <= defaults.keys():  # a search makes thousands
            given = with_new_names(cls, given)
            try:
                given = signature.bind(self, *args, **given).arguments
            except TypeError as error:
                raise TypeError(_explained(error, cls, list(parameters))) from None
            del given["self"]
        for name, value in {**defaults, **given}.items():
            setattr(self, name, value)

    by_place, by_name = _Parameter.POSITIONAL_OR_KEYWORD, _Parameter.KEYWORD_ONLY
    known = [
        _Parameter(
            name,
            by_name if said.get("kw_only", True) else by_place,
            default=said["default"],
            annotation=said.get("annotation", _Parameter.empty),
        )
        for name, said in parameters.items()
    ]
    known.sort(key=lambda parameter: parameter.kind)
    signature = inspect.Signature([_Parameter("self", by_place), *known])
    init: Any = __init__
    init.__signature__ = signature
    init.__annotations__ = {
        name: said["hint"] for name, said in parameters.items() if "hint" in said
    }
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    init.composed = init
    return init


def is_composed(init: Callable) -> bool:
    """Whether a function came from `constructor`, and is not one that wraps it."""
    return getattr(init, "composed", None) is init


def _explained(error: TypeError, cls: type, names: list[str]) -> str:
    """Return the text of an error of a call, with the name that was meant."""
    text = f"{cls.__name__}.__init__() {error}"
    if unknown := re.search(r"unexpected keyword argument '(\w+)'", text):
        meant = difflib.get_close_matches(unknown[1], names, n=1)
        text += "".join(f". Did you mean {name!r}?" for name in meant)
    return text
