"""Sections of docstrings, composed from what classes declare."""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
from typing import Any

from sklearn.utils._param_validation import StrOptions

from skseq.parameters._annotations import annotations_of

__all__ = ["composed", "type_in_words"]

WIDTH = 84  # of a line of a section; the docstring of a class is indented by four
PLACE = re.compile(r"^( *)\{(parameters|attributes|notes)\}$", re.MULTILINE)


class Docstring:
    """The docstring of a class, composed whenever it is asked for.

    So `import skseq` need not wait for what is hardly ever read.

    Parameters
    ----------
    template : str
        The docstring as written, with the names of sections in their places.
    """

    def __init__(self, template: str):
        self.template = template

    def __get__(self, instance: Any, owner: Any) -> str:
        return PLACE.sub(lambda place: _section(owner, *place.groups()), self.template)


def composed(docstring: str | None) -> Any:
    """Return a docstring, or what composes it where it has names of sections."""
    return Docstring(docstring) if docstring and PLACE.search(docstring) else docstring


def _section(cls: Any, indent: str, name: str) -> str:
    """Return what is said of parameters or attributes, or the notes of all bases."""
    if name == "parameters":
        entries = [_entry(name, said) for name, said in cls._declared.items()]
    elif name == "attributes":
        told = {name: said for name, said in cls._attributes.items() if "text" in said}
        told = {**_properties(cls), **told}
        entries = [_entry(name, said) for name, said in told.items()]
    else:
        owners = [base for base in cls.__mro__ if "_notes" in vars(base)]
        entries = ["\n\n".join(inspect.cleandoc(base._notes) for base in owners)]
    title = name.capitalize()
    text = "\n".join([title, "-" * len(title), *entries])
    return textwrap.indent(text, indent)


def _properties(cls: type) -> dict[str, dict]:
    """Return what the fitted attributes that are properties say of themselves."""
    found: dict[str, dict] = {}
    for base in cls.__mro__:
        for name, value in vars(base).items():
            if isinstance(value, property) and re.fullmatch("[a-z].*_", name):
                kind = annotations_of(value.fget).get("return", Any)
                said = {"text": value.__doc__ or "", "annotation": kind}
                found.setdefault(name, said)
    return found


def _entry(name: str, said: dict) -> str:
    """Return the lines of a parameter or an attribute."""
    options = next(
        (c for c in said.get("constraint", ()) if isinstance(c, StrOptions)), None
    )
    kind = said.get("type") or type_in_words(said.get("annotation", Any), options)
    head = f"{name} : {kind}"
    if "default" in said:
        head += f", default={_shown(said['default'])}"
    text = _wrapped(f"{said.get('text', '')} {said.get('more', '')}")
    return f"{head}\n{text}"


@functools.cache  # most texts are those of many classes
def _wrapped(text: str) -> str:
    return "\n\n".join(
        textwrap.fill(
            " ".join(paragraph.split()),
            WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
            initial_indent="    ",
            subsequent_indent="    ",
        )
        for paragraph in text.split("\n\n")
    )


def _shown(default: Any) -> str:
    if isinstance(default, str):
        return f'r"{default}"' if "\\" in default else f'"{default}"'
    return repr(default).replace("'", '"')


def type_in_words(annotation: Any, options: StrOptions | None = None) -> str:
    """Return a type as numpydoc has it.

    Parameters
    ----------
    annotation : str or type
        The annotation, such as ``"int | tuple[int, ...]"``.
    options : StrOptions, default=None
        What a str must be one of.

    Returns
    -------
    words : str
        Such as "int or tuple of int".

    Examples
    --------
    >>> from skseq.parameters._docstrings import type_in_words
    >>> type_in_words("int | tuple[int, ...] | None")
    'int, tuple of int or None'
    """
    if not isinstance(annotation, str):
        annotation = inspect.formatannotation(annotation)
    return _text_in_words(annotation, options)


@functools.cache
def _text_in_words(annotation: str, options: StrOptions | None) -> str:
    terms = re.split(r"\s*\|\s*(?![^[]*\])", annotation)
    words = [_in_words(term, options) for term in terms]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _in_words(term: str, options: StrOptions | None) -> str:
    if term == "str" and options is not None:
        ordered = getattr(options, "ordered", sorted(options.options))
        names = ", ".join(f'"{name}"' for name in ordered)
        return names if len(ordered) == 1 else f"{{{names}}}"
    if several := re.fullmatch(r"(list|tuple)\[(.+?)(, \.\.\.)?\]", term):
        return f"{several[1]} of {_text_in_words(several[2], None)}"
    if term.startswith("type["):
        return "class"
    return {"Callable": "callable", "Any": "object", "type": "class"}.get(
        term, term.removeprefix("np.")
    )
