"""What is released: one version, bounds that are tested, nothing foreign."""

import re
import tomllib
from importlib.metadata import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import skseq

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
CHECKERS = {"mypy", "ruff"}  # `make lint` runs them as pinned


def bounds():
    """Yield (name, lowest version) of what the package and its tests need."""
    extras = PROJECT["optional-dependencies"]
    tests = [line for line in extras["tests"] if not line.startswith("skseq[")]
    names = ("plots", "files", "onnx", "accelerate", "ray", "search")
    needed = [extras[name] for name in names]
    for line in sum(needed, PROJECT["dependencies"] + tests):
        requirement = Requirement(line)
        if requirement.name not in CHECKERS:
            (bound,) = requirement.specifier
            assert bound.operator == ">="
            yield requirement.name, Version(bound.version)


def pins(name):
    """Return the versions in a file of constraints."""
    lines = (ROOT / name).read_text().splitlines()
    pinned = [line.split("==") for line in lines if line[:1] not in ("", "#")]
    return {package: Version(version) for package, version in pinned}


def test_the_version_stands_in_one_place():
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]
    dynamic = PYPROJECT["tool"]["setuptools"]["dynamic"]
    assert dynamic["version"] == {"attr": "skseq.__version__"}
    assert str(Version(skseq.__version__)) == skseq.__version__


@pytest.mark.parametrize(("name", "bound"), list(bounds()))
def test_lowest_and_newest_versions_are_pinned_for_tests(name, bound):
    assert pins("constraints.txt")[name] >= bound
    if name != "torch":  # the Makefile gives it
        lowest = pins("constraints-lowest.txt")[name]
        assert lowest.release[: len(bound.release)] == bound.release


@pytest.mark.skipif(not WORKFLOW.exists(), reason="not in the sdist")
def test_every_promise_of_a_release_is_a_job_of_the_workflow():
    jobs = re.findall(r"python: \"(.*?)\", target: ([a-z-]+)", WORKFLOW.read_text())
    others = ["check-dist", "check-docs", "coverage", "lint"]
    suites = ["test", "test-lowest", "test-newest"]
    assert sorted(target for _, target in jobs) == sorted(others + suites)
    (lowest,) = (python for python, target in jobs if target == "test-lowest")
    assert PROJECT["requires-python"] == f">={lowest}"
    others = re.findall(r"os: (\w+)-.*, python: \"(.*?)\" }", WORKFLOW.read_text())
    assert {name for name, _ in others} == {"macos", "ubuntu", "windows"}
    assert {lowest, *(python for _, python in others)} == {
        f"3.{minor}" for minor in range(11, 15)
    }


@pytest.mark.skipif(not WORKFLOW.exists(), reason="not in the sdist")
def test_actions_are_pinned_to_a_commit():
    used = [
        line.split("uses:")[1].split("#")[0].strip()
        for file in WORKFLOW.parent.iterdir()
        for line in file.read_text().splitlines()
        if "uses:" in line
    ]
    assert len(used) > 10
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)


@pytest.mark.skipif((ROOT / "skseq").exists(), reason="for `make check-dist`")
def test_an_installed_package_is_typed_and_brings_nothing_else():
    assert Path(skseq.__file__).with_name("py.typed").exists()
    tops = {Path(file).parts[0] for file in files("skseq")}
    assert tops == {"skseq", f"skseq-{skseq.__version__}.dist-info"}
