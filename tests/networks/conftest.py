"""Which code computes recurrent layers."""

import pytest

from skseq.networks import compiled


@pytest.fixture
def no_compiled_code(monkeypatch):
    """Leave layers to PyTorch, as where no compiler was at hand."""
    monkeypatch.setattr(compiled, "library", lambda: None)


@pytest.fixture(params=["compiled", "PyTorch"])
def code(request):
    """Let a test run with both."""
    if request.param == "PyTorch":
        request.getfixturevalue("no_compiled_code")
    elif compiled.library() is None:
        pytest.skip("no compiled code")
    return request.param
