"""Any call succeeds as documented, or says what is wrong and changes nothing.

`python benchmarks/abuse.py` makes many more such cases, from any seed.
"""

import inspect

import hypothesis
import numpy as np
import pytest
from abusing.contract import Violation, check_call
from abusing.parameters import GOOD, SMALL
from abusing.running import CLASSES, NAMES, SUBJECTS, Call, Case, cases, run, snippet
from hypothesis import HealthCheck, Phase

N_CASES = 8  # per name


@pytest.mark.parametrize("subject", SUBJECTS)
def test_any_call_succeeds_or_says_what_is_wrong(subject):
    @hypothesis.seed(0)
    @hypothesis.settings(
        max_examples=N_CASES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(cases(subject))
    def abuse(case):
        run(case)  # raises a Violation unless every call keeps the contract

    abuse()


def test_every_parameter_of_every_class_is_drawn():
    parameters = {
        p for name in CLASSES for p in inspect.signature(NAMES[name]).parameters
    }
    assert parameters == set(GOOD)
    assert parameters > set(SMALL)


class Model:
    """Breaks the contract in every way."""

    def __init__(self, size=1):
        self.size = size
        self.fitted_ = 0

    def leaves_half(self, X):
        self.fitted_ += 1
        raise ValueError("X is wrong.")

    def changes_input(self, X):
        X[0] = 1

    def changes_parameter(self, X):
        self.size = 2

    def names_nothing(self, X):
        raise ValueError("something is wrong")

    def raises_other(self, X):
        raise KeyError("X")

    def draws(self, X):
        np.random.rand()

    def remembers(self, X):
        self.fitted_ += 1


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("leaves_half", "failed and changed the estimator"),
        ("changes_input", "changed the argument X"),
        ("changes_parameter", "changed parameters"),
        ("names_nothing", "names no argument"),
        ("raises_other", "raised KeyError"),
        ("draws", "changed generators"),
        ("remembers", "succeeded and changed the estimator"),
    ],
)
def test_every_violation_is_noticed(method, message):
    model, before = Model(), np.random.get_state()
    with pytest.raises(Violation, match=message):
        check_call(model, getattr(model, method), {"X": np.zeros(2)}, False)
    np.random.set_state(before)


def test_a_wrong_shape_is_noticed(monkeypatch):
    case = Case(
        "RNNRegressor",
        "RNNRegressor(hidden_size=2, max_epochs=1)",
        [
            Call("fit", {"X": "sequences(n=5)", "y": "targets('floats', n=5)"}),
            Call("predict", {"X": "sequences(n=4)"}),
        ],
    )
    assert run(case) == {"succeeded": 2}
    monkeypatch.setattr("skseq.RNNRegressor.predict", lambda self, X: np.zeros(5))
    with pytest.raises(Violation, match=r"predict has the shape \(5,\), not \(4,\)"):
        run(case)


def test_a_snippet_repeats_its_case(capsys):
    call = Call("", {"symbols": "'ab'", "probabilities": "[[1]]", "classes": "'a'"})
    program = snippet(Case("bits_per_character", None, [call]))
    exec(program, {})
    assert "Counter({'refused': 1})" in capsys.readouterr().out
