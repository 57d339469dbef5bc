"""What users, editors and scikit-learn see of the parameters, of every estimator."""

import inspect
import pydoc
import re
import subprocess
import sys

import mypy.api
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

import skseq
from skseq import preprocessing
from skseq.core.parameters import (
    HoldoutParameters,
    ProgressParameters,
    RunParameters,
    TrainingParameters,
    TransferParameters,
)
from skseq.parameters import Declared
from skseq.parameters._constructor import is_composed

PUBLIC = [
    value
    for module in (skseq, preprocessing)
    for name in module.__all__
    if inspect.isclass(value := getattr(module, name)) and hasattr(value, "get_params")
]
WITH_NETWORK = [cls for cls in PUBLIC if issubclass(cls, TrainingParameters)]
every_class = pytest.mark.parametrize("cls", PUBLIC)
ENTRY = re.compile(r"^(\w+) : (.+?)(?:, default=(.*))?$", re.MULTILINE)


def signature(cls):
    return inspect.signature(cls).parameters


def section(text, title):
    """Return the entries of a section: (name, type, default, what is said)."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=\n\n\S|\Z)", text, re.M | re.S)
    if found is None:
        return []
    heads = list(ENTRY.finditer(found[1]))
    ends = [head.start() for head in heads[1:]] + [len(found[1])]
    return [
        (*head.groups(), found[1][head.end() : end].strip())
        for head, end in zip(heads, ends, strict=True)
    ]


def test_all_estimators_are_here():
    assert len(PUBLIC) == 23
    assert len(WITH_NETWORK) == 15
    assert all(issubclass(cls, Declared) for cls in PUBLIC)


# What is shown ----------------------------------------------------------------------


@every_class
def test_every_parameter_is_shown_with_type_default_and_text(cls):
    shown = section(inspect.getdoc(cls), "Parameters")
    assert [name for name, *_ in shown] == list(signature(cls))
    assert sorted(signature(cls)) == sorted(cls().get_params(deep=False))
    for name, kind, default, text in shown:
        assert kind not in ("", "object", "Any"), name
        value = signature(cls)[name].default
        assert eval(default) == value, name
        assert value is not None or "None" in kind, name
        assert text.endswith(".") or text.endswith(".\n"), name


@every_class
def test_help_shows_what_the_docstring_says(cls):
    text = pydoc.plain(pydoc.render_doc(cls))
    assert f"{cls.__name__}{inspect.signature(cls)}" in text
    for line in inspect.getdoc(cls).splitlines():
        assert f" |  {line}" in text.splitlines() or not line
    assert "{parameters}" not in text
    assert "Said" not in text


@every_class
def test_no_line_is_too_long(cls):
    for line in inspect.getdoc(cls).splitlines():
        assert len(line) <= (87 if " : " in line else 84), line


@every_class
def test_every_public_attribute_is_shown(cls):
    shown = [name for name, *_ in section(inspect.getdoc(cls), "Attributes")]
    assert len(shown) == len(set(shown))
    public = {name for name, said in cls._attributes.items() if "text" in said}
    properties = {
        name
        for name, value in inspect.getmembers(cls)
        if isinstance(value, property) and name[0] != "_" and name.endswith("_")
    }
    assert set(shown) == public | properties
    assert all(name.endswith("_") for name in shown)


@pytest.mark.parametrize("cls", WITH_NETWORK)
def test_what_is_peculiar_comes_first(cls):
    names = list(signature(cls))
    groups = (
        *(TrainingParameters, HoldoutParameters),
        *(ProgressParameters, RunParameters),
    )
    shared = [name for group in groups for name in group._declared]
    if "warm_start" in names:
        shared += [*TransferParameters._declared, "warm_start"]
    assert names[-len(shared) :] == shared
    start = shared.index("early_stopping")
    stopping = ["early_stopping", "validation_fraction", "patience"]
    assert shared[start : start + 3] == stopping
    first = {
        "Forecaster": "window_length",
        "Generator": "level",
        "Seq2Seq": "attention",
        "CNN": "n_filters",
        "RNN": "cell",
    }
    assert names[0] == next(first[kind] for kind in first if kind in cls.__name__)


def test_an_override_is_where_it_was_declared():
    """CNNLSTMClassifier sets another pool_size, and pools by the mean."""
    names = list(signature(skseq.CNNLSTMClassifier))
    assert names[:18] == [
        *("n_filters", "kernel_size", "n_branches", "residual", "padding"),
        *("batch_norm", "stride", "pool_size", "cell", "hidden_size", "num_layers"),
        *("nonlinearity", "recurrent_dropout", "initial_state", "bidirectional"),
        *("skip", "drop_path"),
        "pooling",
    ]
    assert signature(skseq.CNNLSTMClassifier)["pool_size"].default == 4
    assert signature(skseq.CNNClassifier)["pool_size"].default == 1


def test_a_page_speaks_of_its_own_estimator():
    """What is said once for all is said again where it would not be right."""
    pages = {cls.__name__: inspect.getdoc(cls) for cls in PUBLIC}

    def said(kind, title, name):
        texts = {
            " ".join(text.split())
            for page in pages
            if kind in page
            for entry, *_, text in section(pages[page], title)
            if entry == name
        }
        assert len(texts) == 1, texts
        return texts.pop()

    for kind in ("RNNClassifier", "RNNRegressor"):
        assert "one vector: its final state," in said(kind, "Parameters", "pooling")
    for kind in ("CNNClassifier", "CNNLSTMRegressor"):
        assert "one vector: the last step," in said(kind, "Parameters", "pooling")
    held_out = "Decides initial weights, shuffling, dropout and the held-out "
    for kind in ("RNNTagger", "Seq2SeqClassifier"):
        assert f"{held_out}part." in said(kind, "Parameters", "random_state")
    assert f"{held_out}texts." in said("Generator", "Parameters", "random_state")
    # forecasters hold out the last rows
    assert "shuffling and dropout. " in said("Forecaster", "Parameters", "random_state")
    for kind, takes in {
        "RNNClassifier": "tensor (B, T, F)",
        "Tagger": "(n_samples, n_timesteps, n_classes)",
        "Seq2SeqRegressor": "skseq.networks.Pair",
        "Forecaster": "skseq.networks.Window",
        "Generator": "skseq.networks.Passage",
    }.items():
        text = said(kind, "Attributes", "module_")
        assert takes in text
        others = {"Pair", "Window", "Passage"} - {takes.split(".")[-1]}
        assert not any(f"networks.{other}" in text for other in others)
    assert "sorted" in said("Seq2SeqClassifier", "Attributes", "classes_")
    assert "channels" in said("SwapAxes", "Attributes", "n_features_in_")
    assert "`fit`" not in said("Splitter", "Attributes", "n_features_in_")
    assert "`fit`" not in said("Splitter", "Attributes", "feature_names_in_")


# What is told of mistakes -----------------------------------------------------------


@every_class
def test_a_misspelt_parameter_is_told_with_the_name_that_was_meant(cls):
    for name in signature(cls):
        message = re.escape(
            f"{cls.__name__}.__init__() got an unexpected keyword argument '{name}x'. "
            f"Did you mean '{name}'?"
        )
        with pytest.raises(TypeError, match=f"^{message}$"):
            cls(**{f"{name}x": 1})


@pytest.mark.parametrize("cls", WITH_NETWORK)
def test_networks_take_parameters_by_name_only(cls):
    with pytest.raises(TypeError, match=rf"{cls.__name__}.__init__\(\) .*positional"):
        cls("lstm")


def test_type_checkers_know_every_parameter_and_no_other(tmp_path):
    """In a file of calls: of each class one with all parameters, others with a slip."""
    lines, expected = ["import skseq.preprocessing"], []
    for cls in PUBLIC:
        room = "skseq.preprocessing" if cls.__name__ not in skseq.__all__ else "skseq"
        call = f"{room}.{cls.__name__}"
        values = [f"{name}={p.default!r}" for name, p in signature(cls).items()]
        lines.append(f"{call}({', '.join(values)})")
        for name, p in signature(cls).items():
            lines.append(f"{call}({name}x={p.default!r})")
            expected.append((len(lines), "call-arg"))
            if p.annotation != "Any":
                lines.append(f"{call}({name}=skseq)")
                expected.append((len(lines), "arg-type"))
    program = tmp_path / "calls.py"
    program.write_text("\n".join(lines))
    output, *_ = mypy.api.run([str(program)])  # with the cache of `make lint`
    found = re.findall(r"calls.py:(\d+): error: .*\[([\w-]+)\]", output)
    assert [(int(line), kind) for line, kind in found] == expected


@every_class
def test_every_constraint_is_the_one_that_was_declared(cls):
    """Nobody writes constraints or a constructor by hand."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("skseq")]
    for base in ours:
        assert "__init__" not in vars(base) or is_composed(base.__init__), base
    said = {name: said["constraint"] for name, said in cls._declared.items()}
    assert cls._parameter_constraints == said
    cls()._validate_params()


@every_class
def test_a_repr_shows_only_what_differs_from_the_defaults(cls):
    assert repr(cls()) == f"{cls.__name__}()"
    for name, parameter in signature(cls).items():
        other = object() if isinstance(parameter.default, str) else "other"
        assert repr(cls(**{name: other})).startswith(f"{cls.__name__}({name}=")


@every_class
def test_a_clone_has_the_same_parameters(cls):
    given = {name: object() for name in signature(cls)}
    model = cls(**given)
    assert vars(model) == given
    assert model.get_params(deep=False) == given


@every_class
def test_defaults_are_cloned_as_they_are(cls):
    assert clone(cls()).get_params(deep=False) == cls().get_params(deep=False)


# One declaration ---------------------------------------------------------------------

# In a process of its own: the module is run with one more declaration in a class.
PROGRAM = """
import importlib.util, inspect, sys
module, owner, expected = sys.argv[1:]

class Adding:
    def find_spec(self, name, path, target=None):
        if name != module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        get_data = spec.loader.get_data

        def with_one_more(path):
            if path.endswith(".pyc"):
                raise OSError
            source = get_data(path).decode()
            start = source.index(f"class {owner}(")
            place = source.index('\\n\\n', source.index('\"\"\"', start)) + 1
            return (source[:place] + '''
    novelty: bool = parameter(
        default=False, constraint=["boolean"], text="Whether it is new."
    )
''' + source[place:]).encode()

        spec.loader.get_data = with_one_more
        return spec

sys.meta_path.insert(0, Adding())
import skseq
from sklearn.base import clone
found = []
for name in skseq.__all__:
    cls = getattr(skseq, name)
    if "novelty" not in getattr(cls, "_declared", {}):
        continue
    assert inspect.signature(cls).parameters["novelty"].default is False
    entry = "novelty : bool, default=False\\n    Whether it is new."
    assert entry in inspect.getdoc(cls)
    assert clone(cls(novelty=True)).novelty is True
    assert repr(cls(novelty=True)) == f"{name}(novelty=True)"
    y = None if "Forecaster" in name or "Generator" in name else [0, 1]
    try:
        cls(novelty=7).fit([[1.0], [2.0]], y)
    except ValueError as error:
        text = f"The 'novelty' parameter of {name} must be an instance of 'bool'"
        assert text in str(error)
    else:
        raise AssertionError(name)
    found.append(name)
assert sorted(found) == sorted(expected.split(",")), found
"""


def names_with(parameter):
    return [cls.__name__ for cls in PUBLIC if parameter in signature(cls)]


@pytest.mark.parametrize(
    ("module", "owner", "like"),
    [
        ("skseq.core.parameters", "TrainingParameters", "lr"),
        ("skseq.core.parameters", "InputParameters", "n_channels"),
    ],
)
def test_one_declaration_more_is_a_parameter_everywhere(module, owner, like):
    arguments = [module, owner, ",".join(names_with(like))]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_wrong_value_is_told_before_training_starts():
    X = np.zeros((4, 3, 1))
    for cls in (skseq.RNNClassifier, skseq.CNNRegressor, skseq.CNNLSTMTagger):
        message = f"'lr' parameter of {cls.__name__}"
        with pytest.raises(InvalidParameterError, match=message):
            cls(lr=-1.0).fit(X, [0, 1, 0, 1])
