"""Docstrings that share their texts say all of them."""

import importlib
import inspect
import pkgutil
import re

import pytest

import skseq
from skseq._describing import described


def test_texts_are_indented_as_the_lines_that_they_replace():
    @described(one="one : int\n    First.\n\n    And more.", unused="nothing")
    def function(one):
        """Do it.

        Parameters
        ----------
        {one}

        Deeper:

            {one}
        A {one} in a line, and {"one": 1}, stay.
        """

    text = ["one : int", "    First.", "", "    And more."]
    deeper = ["    one : int", "        First.", "", "        And more."]
    lines = ["Do it.", "", "Parameters", "----------", *text, "", "Deeper:", ""]
    last = 'A {one} in a line, and {"one": 1}, stay.'
    assert function.__doc__.splitlines() == [*lines, *deeper, last]


def test_a_class_is_described_with_its_methods():
    @described(x="x : float")
    class Kind:
        """{x}"""

        size = 3

        def bare(self):
            pass

        def method(self):
            """{x}"""

        @classmethod
        def of_class(cls):
            """{x}"""

        @staticmethod
        def static():
            """{x}"""

    docs = [Kind, Kind.method, Kind.of_class, Kind.static]
    assert [what.__doc__ for what in docs] == ["x : float"] * 4
    assert Kind.bare.__doc__ is None


def test_a_line_without_a_text_is_an_error():
    def function():
        """{missing}"""

    with pytest.raises(KeyError, match="missing"):
        described(other="text")(function)


def test_no_line_of_a_docstring_waits_for_its_text():
    waiting = []
    for module in pkgutil.walk_packages(skseq.__path__, "skseq."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            of = getattr(kind, "__module__", None)
            if not isinstance(of, str) or not of.startswith("skseq."):
                continue
            members = vars(kind).values() if inspect.isclass(kind) else ()
            docs = [getattr(member, "__doc__", None) for member in (kind, *members)]
            if any(re.search(r"^ *\{\w+\}$", str(doc), re.M) for doc in docs):
                waiting.append(f"{of}.{name}")
    assert waiting == []
