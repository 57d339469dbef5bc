"""Which code computes layers."""

import pytest

from skseq.networks import compiled


@pytest.fixture
def no_compiled_code(monkeypatch):
    """Leave layers to PyTorch, as where no compiler was at hand."""
    monkeypatch.setattr(compiled, "library", lambda: None)


@pytest.fixture(params=range(3), ids=compiled.INSTRUCTIONS)
def instructions(request, monkeypatch):
    """Every set of instructions that this processor has."""
    if compiled.library() is None or request.param > compiled.instructions():
        pytest.skip("not here")
    monkeypatch.setattr(compiled, "instructions", lambda: request.param)


@pytest.fixture
def plainly(monkeypatch):
    """Call something without compiled code."""

    def call(function, *args, **kwargs):
        with monkeypatch.context() as patch:
            patch.setattr(compiled, "library", lambda: None)
            return function(*args, **kwargs)

    return call


@pytest.fixture(params=["compiled", "PyTorch"])
def code(request):
    """Let a test run with both."""
    if request.param == "PyTorch":
        request.getfixturevalue("no_compiled_code")
    elif compiled.library() is None:
        pytest.skip("no compiled code")
    return request.param
