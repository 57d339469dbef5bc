"""Pages that draw leave no figure open to the next one."""

import pytest


@pytest.fixture(autouse=True)
def no_open_figures():
    """Close what a page has drawn."""
    yield
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.close("all")
