"""What a report of an error says of the machine."""

import re
from importlib.metadata import version

import sklearn

import skseq
from skseq.networks import compiled


def test_versions_and_the_code_that_runs_are_shown(capsys, monkeypatch):
    monkeypatch.setattr(compiled, "library", lambda: None)
    skseq.show_versions()
    text = capsys.readouterr().out
    said = dict(re.findall(r"^ *([\w' ]+): (.*)$", text, re.MULTILINE))
    assert said["sklearn"] == sklearn.__version__
    assert said["torch"] == version("torch")
    assert said["skseq"] == version("skseq")
    assert said["skseq's layers"].startswith("PyTorch")
    monkeypatch.undo()
    skseq.show_versions()
    assert compiled.describe() in capsys.readouterr().out
