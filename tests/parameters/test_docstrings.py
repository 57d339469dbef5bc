"""Sections of docstrings, by hand-written ones."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from sklearn.utils._param_validation import StrOptions

from skseq.parameters import Declared, Options, attribute, parameter
from skseq.parameters._docstrings import type_in_words


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ("int", "int"),
        ("int | None", "int or None"),
        ("int | tuple[int, ...]", "int or tuple of int"),
        ("tuple[str | int, ...] | None", "tuple of str or int or None"),
        ("dict | list[dict] | None", "dict, list of dict or None"),
        ("str | Callable", "str or callable"),
        ("str | type[RecurrentLayer]", "str or class"),
        ("np.ndarray", "ndarray"),
        ("torch.nn.Module", "torch.nn.Module"),
        ("Any", "object"),
        (float, "float"),
        (int | None, "int or None"),
        (list[float], "list of float"),
        (Any, "object"),
    ],
)
def test_types_in_words(annotation, words):
    assert type_in_words(annotation) == words


def test_a_type_may_have_no_hash():
    assert "Annotated[int, {'unit': 's'}]" in type_in_words(
        Annotated[int, {"unit": "s"}]
    )


def test_options_take_the_place_of_a_string():
    assert type_in_words("int | str", Options("auto")) == 'int or "auto"'
    both = Options("b", "a")
    assert type_in_words("str | None", both) == '{"b", "a"} or None'
    assert type_in_words("str", StrOptions({"b", "a"})) == '{"a", "b"}'
    assert type_in_words(str | Callable, both).startswith('{"b", "a"} or ')


class Model(Declared):
    """A model.

    Braces such as {parameters} within a line, or {1: 2.0}, stay.

    {parameters}

    {attributes}

    See Also
    --------
    other : Another.

    {notes}
    """

    _notes = """
    A note on models,
    of two lines.
    """
    kind: str = parameter(
        default="a",
        constraint=[Options("b", "a")],
        text="""What kind
        it is.""",
    )
    pattern: str = parameter(default=r"\w+", text="A pattern.", more="And more.")
    pair: tuple = parameter(default=("a", 2), text="Two.", type="tuple of two")
    state_: int = attribute(text="A state.")
    _hidden: int = attribute()

    @property
    def found_(self) -> float:
        """What was found."""
        return 1.0


class Derived(Model):
    """Derived.

    {notes}
    """

    _notes = "A note on derived ones."


def test_sections_are_as_written_by_hand():
    assert (
        inspect.getdoc(Model)
        == r"""A model.

Braces such as {parameters} within a line, or {1: 2.0}, stay.

Parameters
----------
kind : {"b", "a"}, default="a"
    What kind it is.
pattern : str, default=r"\w+"
    A pattern. And more.
pair : tuple of two, default=("a", 2)
    Two.

Attributes
----------
found_ : float
    What was found.
state_ : int
    A state.

See Also
--------
other : Another.

Notes
-----
A note on models,
of two lines."""
    )


def test_notes_of_a_class_come_first():
    assert inspect.getdoc(Derived) == (
        "Derived.\n\nNotes\n-----\nA note on derived ones.\n\n"
        "A note on models,\nof two lines."
    )


def test_a_class_without_a_docstring_has_that_of_its_base():
    class Silent(Model):
        pass

    assert vars(Silent)["__doc__"] is None
    assert inspect.getdoc(Silent) == inspect.getdoc(Model)


def test_long_texts_are_wrapped():
    class Talkative(Model):
        """{parameters}."""

    class Long(Model):
        """A long one.

        {parameters}
        """

        other: int = parameter(default=1, text="word " * 60)

    assert max(map(len, inspect.getdoc(Long).splitlines())) <= 84
    assert "word word" in inspect.getdoc(Long)
    assert Talkative.__doc__ == "{parameters}."
