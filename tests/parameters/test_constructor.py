"""The constructor that is made of declarations."""

import inspect

import pytest

from skseq.parameters import Declared, parameter


class Point(Declared):
    x: float = parameter(default=0.0, kw_only=False)
    y: float = parameter(default=1.0)


def test_it_looks_as_if_it_were_written():
    assert str(inspect.signature(Point.__init__)) == (
        "(self, x: float = 0.0, *, y: float = 1.0)"
    )
    assert str(inspect.signature(Point)) == "(x: float = 0.0, *, y: float = 1.0)"
    assert Point.__init__.__qualname__ == "Point.__init__"
    assert Point.__init__.__module__ == __name__


def test_it_sets_what_is_given_and_the_defaults():
    assert vars(Point(2.0)) == {"x": 2.0, "y": 1.0}
    assert vars(Point(y=3.0)) == {"x": 0.0, "y": 3.0}


def test_it_may_be_called_again():
    point = Point(2.0, y=3.0)
    point.__init__(y=4.0)
    assert vars(point) == {"x": 0.0, "y": 4.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Point(z=1), r"got an unexpected keyword argument 'z'$"),
        (lambda: Point(xx=1), r"keyword argument 'xx'\. Did you mean 'x'\?$"),
        (lambda: Point(1, 2), r"too many positional arguments"),
        (lambda: Point(1, x=2), r"multiple values for argument 'x'"),
    ],
)
def test_a_wrong_call_names_the_class(call, message):
    with pytest.raises(TypeError, match=rf"^Point\.__init__\(\) .*{message}"):
        call()
