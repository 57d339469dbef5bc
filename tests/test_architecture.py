"""The floors of docs/architecture.md: imports go down only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skseq

PACKAGE = Path(skseq.__file__).parent
FLOORS = [
    {"_describing", "_showing", "_sklearn", "_writing", "resources", "versioning"},
    {"networks", "parameters"},
    {"data"},
    {"metrics", "preprocessing", "training"},
    {"callbacks", "core"},
    {"cnn", "rnn"},
    {"cnn_lstm", "forecasting", "generation", "seq2seq"},
    {"anomaly"},
    {"datasets", "inspection", "model_selection", "persistence", "plotting", "sktime"},
]
ALONE = {"skorch": {"training"}, "sktime": {"datasets", "sktime"}}
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def room(path):
    """The top-level module that a file belongs to, "" for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imports(path):
    """Yield (imported module, whether at the top of the file)."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module]
            if node.module == "skseq":
                names = [f"skseq.{alias.name}" for alias in node.names]
        for name in names:
            yield name, node in tree.body


def test_every_module_stands_on_a_floor():
    rooms = {room(path) for path in MODULES} - {""}
    assert rooms == set().union(*FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    floor = {name: i for i, names in enumerate(FLOORS) for name in names}
    for name, _ in imports(path):
        parts = name.split(".")
        if parts[0] != "skseq" or room(path) == "":
            continue
        imported = parts[1]
        if imported != room(path):
            assert floor[imported] < floor[room(path)], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_one_file_touches_each_framework(path):
    for name, at_top in imports(path):
        package = name.split(".")[0]
        if package in ALONE:
            assert room(path) in ALONE[package]
            may_wait = package == "skorch" or room(path) == "sktime"
            assert may_wait or not at_top, "sktime is slow to import"


def test_importing_the_package_imports_nothing_slow_that_few_need():
    slow = ("sktime", "matplotlib", "torch.utils.tensorboard", "sklearn.linear_model")
    formats = ("safetensors", "onnx", "onnxruntime")
    code = (
        f"import sys, skseq; found = {{*sys.modules}} & {{*{slow}}};"
        f"import skseq.persistence; print(found | {{*sys.modules}} & {{*{formats}}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
