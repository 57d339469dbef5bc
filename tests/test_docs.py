"""The API page names all that is public; code on all pages runs or is said not to."""

import re
from importlib import import_module
from pathlib import Path
from pydoc import locate

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PUBLIC = [
    "skseq",
    "skseq.callbacks",
    "skseq.datasets",
    "skseq.inspection",
    "skseq.metrics",
    "skseq.model_selection",
    "skseq.networks",
    "skseq.persistence",
    "skseq.plotting",
    "skseq.preprocessing",
    "skseq.sktime",
]
BUILT_UPON = ["skseq.cnn", "skseq.cnn_lstm", "skseq.mixins", "skseq.rnn"]


def documented():
    """Yield the full name of every entry of the page."""
    module = None
    for line in (DOCS / "api.md").read_text().splitlines():
        if match := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = match[1]
        elif match := re.fullmatch(r" {3}([\w.]+)", line):
            yield f"{module}.{match[1]}"


@pytest.mark.parametrize("module", [*PUBLIC, *BUILT_UPON])
def test_every_public_name_is_on_the_page(module):
    names = import_module(module).__all__
    if module in BUILT_UPON:  # their estimators are those of skseq
        names = set(names) - set(import_module("skseq").__all__)
    expected = {f"{module}.{name}" for name in names if not name.isupper()}
    assert expected <= set(documented())


def test_every_entry_exists_once_and_has_a_docstring():
    entries = list(documented())
    assert len(entries) == len(set(entries)) > 50
    assert [name for name in entries if not getattr(locate(name), "__doc__", "")] == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_code_that_does_not_run_is_of_others_or_needs_a_cluster(page):
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)
    shown_only = [block for block in blocks if not block.startswith(">>> ")]
    for block in shown_only:
        compile(block, page.name, "exec")
    if shown_only:
        assert page.stem in ("coming_from", "guide_search")
