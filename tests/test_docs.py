"""The API page names all that is public; code on all pages runs or is said not to."""

import doctest
import importlib.util
import inspect
import re
from importlib import import_module
from pathlib import Path
from pydoc import locate

import numpy as np
import pytest
from sktime.datasets import load_airline

from skseq.datasets import load_basic_motions

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
PROGRAMS = sorted((ROOT / "examples").glob("*.py"))
LECTURES = sorted((ROOT / "examples" / "lectures").glob("*.py"))
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
BUILT_UPON = ["skseq.cnn", "skseq.cnn_lstm", "skseq.core.mixins", "skseq.rnn"]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
every_program = pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)


def documented():
    """Yield the full name of every entry of the reference."""
    module = None
    for page in sorted(DOCS.glob("api_*.md")):
        for line in page.read_text().splitlines():
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


@pytest.mark.parametrize("module", PUBLIC)
def test_equations_are_typeset(module):
    """And not typed as code: no block of it stands in a docstring but as a doctest."""
    for name in import_module(module).__all__:
        text = getattr(locate(f"{module}.{name}"), "__doc__", None) or ""
        assert not re.search(r"^(?! *\.\. ).*::$", text, re.M), name
        assert not re.search(r"``[^`]*\b(?:exp|log|sqrt|tanh|sigmoid)\(", text), name


def signatures(entry):
    """Yield (name, signature) of a function, or of what a class of ours defines."""
    thing = locate(entry)
    if inspect.isfunction(thing):
        yield entry, inspect.signature(thing)
        return
    for name, method in inspect.getmembers(thing, inspect.isroutine):
        ours = (getattr(method, "__module__", None) or "").startswith("skseq")
        if ours and (name == "__init__" or name[0] != "_"):
            yield f"{entry}.{name}", inspect.signature(method)


def test_every_public_parameter_has_a_type():
    """As mypy passes over functions without any."""
    found = [pair for entry in documented() for pair in signatures(entry)]
    assert len(found) > 250
    for name, signature in found:
        for parameter in signature.parameters.values():
            if parameter.name not in ("self", "args", "kwargs"):
                assert parameter.annotation is not parameter.empty, (name, parameter)


@pytest.mark.parametrize(
    "path", [*PAGES, *PROGRAMS, *LECTURES], ids=lambda path: path.stem
)
def test_what_pages_import_is_documented(path):
    imports = r"from (skseq[\w.]*) import (?:\(([^)]*)\)|([\w, ]*))"
    for module, within, names in re.findall(imports, path.read_text()):
        for name in re.findall(r"\w+", within or names):
            assert f"{module}.{name}" in {*documented()}


# Blocks -----------------------------------------------------------------------------

SHOWN = {  # and not run: what has no prompt, by the language of the block
    "python": ["coming_from", "guide_search", "guide_trackers"],  # other packages
    "": ["README", "CONTRIBUTING", "architecture", "benchmarks", "install"],
}


@every_page
def test_a_block_runs_or_is_of_others_or_needs_a_cluster(page):
    text = page.read_text()
    assert not re.search(r"\+SKIP|~~~|code-block|literalinclude", text)
    fences = re.findall(r"^ *```(.*)\n((?:.*\n)*?) *```$", text, re.M)
    assert text.count("```") == 2 * len(fences)
    for language, block in fences:
        if language.startswith("{"):
            assert language.split("}")[0] in ("{eval-rst", "{include", "{toctree")
            assert ">>>" not in block
        elif language != "python" or not block.startswith(">>> "):
            assert page.stem in SHOWN[language]
            if language == "python":
                compile(block, page.name, "exec")


@every_page
def test_commands_name_targets_and_programs_that_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(" ".join(re.findall(r"^([a-z -]+):", makefile, re.M)).split())
    text = page.read_text()
    assert set(re.findall(r"(?:`|^|\s{4})make ([a-z-]+)", text, re.M)) <= targets
    for path in re.findall(r"\b(?:benchmarks|examples)/[\w/]+\.py", text):
        assert (ROOT / path).exists()


def test_every_benchmark_is_on_the_page():
    text = (DOCS / "benchmarks.md").read_text()
    for path in (ROOT / "benchmarks").glob("*.py"):
        if "__main__" in path.read_text():
            assert f"python benchmarks/{path.name}" in text


def test_a_reader_sees_numbers():
    """And not that these are as expected, which an assertion says behind the scenes."""
    for page in [*DOCS.glob("tutorial*.md"), *DOCS.glob("guide*.md")]:
        for example in doctest.DocTestParser().get_examples(page.read_text()):
            said = re.sub(r"\w+=(True|False)", "", example.want)  # a parameter's value
            assert not re.search(r"\b(True|False)\b", said), (page.name, example.source)


@every_page
def test_links_within_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text()):
        if target.startswith("gallery/"):  # made by `make docs`
            target = target.replace("gallery/", "../examples/").replace(".rst", ".py")
            target = target.replace("index.py", "GALLERY_HEADER.rst")
        assert (page.parent / target).exists()


@every_program
def test_an_example_can_be_imported(path):
    """`make docs` and `make examples` run them."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    assert callable(program.main)


@pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")
@pytest.mark.parametrize("package", ["skorch", "sktime"])
def test_code_of_other_packages_that_are_here_runs(package):
    section = (DOCS / "coming_from.md").read_text().split(f"\n## {package}\n")[1]
    block = re.search(r"```python\n(.*?)```", section, re.S)[1]
    if package == "skorch":
        X, y = load_basic_motions(split="train")
        names = {"X": X, "y": y}
        exec(block, names)
        found = names["classes"][names["net"].predict(X.astype("float32"))]
        assert np.mean(found == y) > 0.7
    else:
        names = {"y": load_airline()}
        exec(block, names)
        assert names["forecast"].index.equals(names["y"].index[-12:])


# Real output --------------------------------------------------------------------------

DECIMAL = re.compile(r"\b\d+\.\d+\b")


class Nearly(doctest.OutputChecker):
    """Leaves decimals one percent, as processors round differently."""

    def check_output(self, want, got, optionflags):
        numbers = [[float(x) for x in DECIMAL.findall(text)] for text in (want, got)]
        if len(numbers[0]) != len(numbers[1]) or not np.allclose(*numbers, rtol=0.01):
            return False
        want, got = (DECIMAL.sub("#", text) for text in (want, got))
        return super().check_output(want, got, optionflags)


def test_the_readme_shows_real_output():
    text = README.read_text()
    test = doctest.DocTestParser().get_doctest(text, {}, "README", str(README), 0)
    assert not any("..." in example.want for example in test.examples)
    runner = doctest.DocTestRunner(
        checker=Nearly(), optionflags=doctest.NORMALIZE_WHITESPACE
    )
    report = []
    failed, attempted = runner.run(test, out=report.append)
    assert failed == 0, "".join(report)
    assert attempted == len(test.examples) > 15


def test_other_output_would_be_seen():
    check = Nearly().check_output
    assert check("a 0.986\n", "a 0.991\n", 0)
    for other in ("a 0.966\n", "b 0.986\n", "a 0.986 0.986\n", "a\n", "a 1\n"):
        assert not check("a 0.986\n", other, 0)


@every_program
def test_an_example_has_a_picture_of_its_own(path):
    """On its card, instead of a placeholder: drawn by `make docs`, or kept."""
    text, conf = path.read_text(), (DOCS / "conf.py").read_text()
    if f'"{path.stem}",  #' in conf:  # shown, and not run
        (kept,) = re.findall(r"^# sphinx_gallery_thumbnail_path = '(.+)'$", text, re.M)
        assert f".. image:: /{kept}\n   :alt: " in text
        assert (DOCS / kept).exists()
    else:
        assert re.search(r"plt\.subplots\(|Display\.from_", text)
