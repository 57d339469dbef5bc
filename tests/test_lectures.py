"""The notebooks of the lectures run, in a smaller setting and without the network.

`make docs` makes them of the programs: the same code, cut at every ``# %%``.
"""

import ast
import re
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from skseq.datasets import _remote

ROOT = Path(__file__).parents[1]
LECTURES = sorted((ROOT / "examples" / "lectures").glob("*.py"))
# The plain model beside the networks, as code and table call it.
BASELINES = {
    "01_convolutions": "logistic regression",
    "02_recurrence": "logistic regression",
    "03_regularisation": "logistic regression",
    "04_pipeline": "logistic regression",
    "05_jena": "common sense",
    "06_energy_in_germany": "linear regression",
    "07_bitcoin": "persistence",
    "08_electricity_prices": "as a year ago",
    "09_mnist_by_rows": "logistic regression",
    "10_shakespeare_and_names": "counts of",
    "11_sentiment_and_intents": "bag of words",
    "12_events_in_a_stream": "logistic",
}
# What a lecture may set in its first lines, and what is enough to see that it runs.
QUICK = {"EPOCHS": 1, "SEEDS": 1, "FOLDS": 2, "ROWS": 400, "ROUNDS": 1}


@pytest.fixture
def no_network(monkeypatch):
    """Nothing has been fetched, and nothing can be."""

    def fetch(self, *args, **kwargs):
        raise OSError(f"no network: {self.path}")

    monkeypatch.setattr(_remote.RemoteFile, "fetch", fetch)


def cells(text):
    """Return the code of a notebook's cells."""
    return re.split(r"^# %%.*$", text, flags=re.MULTILINE)


def settings(text):
    """Return the names that the first cell of a lecture sets, and their values."""
    tree = ast.parse(cells(text)[1])
    pairs = [(statement.targets[0].id, statement.value) for statement in tree.body]
    return {name: ast.literal_eval(value) for name, value in pairs}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_runs_cell_by_cell_and_draws(path, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)  # there is no screen
    plt.close("all")  # what other tests left open
    first, _, *others = cells(path.read_text())
    found = settings(path.read_text())
    assert found.keys() <= QUICK.keys()
    names = {"__name__": "__main__"} | {name: QUICK[name] for name in found}
    with plt.rc_context({"figure.max_open_warning": 0}):
        for cell in [first, *others]:
            exec(compile(cell, path.name, "exec"), names)
        pictures = [plt.figure(number) for number in plt.get_fignums()]
        plt.close("all")
    assert len(pictures) >= 2
    for picture in pictures:  # a title is the alternative text on the site
        assert picture.get_suptitle() or any(ax.get_title() for ax in picture.axes)


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_has_a_baseline_pictures_and_a_table_of_the_full_setting(path):
    code, end = path.read_text().split("# In the full setting\n# ---")
    _, *texts = [
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert any(BASELINES[path.stem] in text for text in texts)
    assert len(re.findall(r"plt\.subplots\(|Display\.from_", code)) >= 2
    table = re.findall(r"^# .*\S {2,}\S.*$", end, re.M)  # prose has single blanks
    assert any(BASELINES[path.stem] in row for row in table)
    assert sum(bool(re.search(r" {2,}\.?\d", row)) for row in table) >= 2
    measured = re.findall(r"benchmarks/\w+\.py", end)
    assert measured
    assert all((ROOT / name).exists() for name in measured)


def test_lectures_are_numbered():
    numbers = [int(path.stem[:2]) for path in LECTURES]
    assert numbers == sorted(set(numbers))


def test_the_tutorial_links_to_them_in_their_order():
    text = (ROOT / "docs" / "tutorial.md").read_text()
    links = re.findall(r"\]\(gallery/lectures/(\d\w+)\.rst\)", text)
    assert links == [path.stem for path in LECTURES]
    pages = "".join(page.read_text() for page in (ROOT / "docs").glob("tutorial_*.md"))
    assert all(f"(gallery/lectures/{name}.rst)" in pages for name in links)
