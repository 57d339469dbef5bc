"""Pickles open in the version that wrote them, small and without a GPU."""

import copy
import pickle
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator

import skseq
from skseq import RNNClassifier, RNNForecaster, SequenceAnomalyDetector, preprocessing
from skseq.preprocessing import SequenceSplitter, Tokenizer
from skseq.versioning import STATE_FORMAT, VersionedState, check_format, package_version

X = np.random.default_rng(0).normal(size=(20, 5, 2))
SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
PUBLIC = [
    cls
    for module in (skseq, preprocessing)
    for cls in (getattr(module, name) for name in module.__all__)
    if isinstance(cls, type) and issubclass(cls, BaseEstimator)
]


@cache
def models():
    splitter = SequenceSplitter(length=2)
    splitter.split(X)
    return [
        RNNClassifier(**SMALL).fit(X, X[:, 0, 0] > 0),
        SequenceAnomalyDetector(RNNForecaster(**SMALL, window_length=4)).fit(
            X.reshape(-1, 2)
        ),
        Tokenizer().fit(["a b"]),
        splitter,
    ]


@pytest.mark.parametrize("cls", PUBLIC)
def test_every_public_estimator_marks_its_pickles(cls):
    assert issubclass(cls, VersionedState)
    state = cls().__getstate__()
    assert state["_skseq_format"] == (cls._pickle_format, skseq.__version__)
    assert cls._pickle_format >= STATE_FORMAT
    assert "_skseq_format" not in vars(pickle.loads(pickle.dumps(cls())))


@pytest.mark.parametrize("i", range(4))
@pytest.mark.parametrize(
    ("written", "advice"),
    [(0, "fit the estimator again"), (99, "install that version")],
)
def test_a_pickle_of_another_format_is_refused(i, written, advice, monkeypatch):
    model = models()[i]
    for cls in (type(model), RNNForecaster):
        monkeypatch.setattr(cls, "_pickle_format", written)
    data = pickle.dumps(model)
    monkeypatch.undo()
    name = type(model).__name__
    version = f"written by skseq {skseq.__version__} in format {written}"
    with pytest.raises(ValueError, match=f"pickle of {name} was {version}.*{advice}"):
        pickle.loads(data)


def test_the_format_is_told_before_what_is_looked_for(monkeypatch):
    """A module that moved since would be another error, and say less."""
    model = RNNClassifier(**SMALL).fit(X, X[:, 0, 0] > 0)
    monkeypatch.setattr(RNNClassifier, "_pickle_format", 1)
    data = pickle.dumps(model)
    monkeypatch.undo()
    assert b"skseq.core.tasks" in data
    with pytest.raises(ValueError, match="pickle of RNNClassifier was written"):
        pickle.loads(data.replace(b"skseq.core.tasks", b"skseq.gone.tasks"))


class OwnState(RNNClassifier):
    def __getstate__(self):
        return vars(self).copy()

    def __setstate__(self, state):
        vars(self).update(state)


def test_a_derived_class_may_make_a_state_of_its_own():
    model = OwnState(**SMALL).fit(X, X[:, 0, 0] > 0)
    for copied in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))


def test_a_pickle_without_a_format_is_refused():
    model = RNNClassifier(**SMALL)
    with pytest.raises(ValueError, match=r"\(unknown\) in format None.*fit the est"):
        model.__setstate__(vars(model).copy())


@pytest.mark.parametrize("found", [True, 1.0, "1", None, -1])
def test_a_format_is_a_whole_number(found):
    with pytest.raises(ValueError, match=f"reads format {STATE_FORMAT}"):
        check_format(found, "0.1", "It")
    check_format(STATE_FORMAT, package_version(), "It")


def test_copies_are_not_marked():
    for model in models():
        for other in (copy.copy(model), copy.deepcopy(model)):
            assert vars(other).keys() == vars(model).keys()


def test_a_pickle_holds_weights_on_the_cpu_and_no_data():
    X = np.random.default_rng(0).normal(size=(2000, 30, 2))  # 960 kB
    model = RNNClassifier(**SMALL, batch_size=500).fit(X, X[:, 0, 0] > 0)
    data = pickle.dumps(model)
    assert len(data) < 30_000
    devices = {p.device for p in pickle.loads(data).module_.parameters()}
    assert devices == {torch.device("cpu")}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_pickle_opens_where_there_is_no_gpu():
    """As if it had been fitted on one: its parameter says so."""
    model = RNNClassifier(**SMALL).fit(X, X[:, 0, 0] > 0)
    data = pickle.dumps(copy.deepcopy(model).set_params(device="cuda"))
    np.testing.assert_array_equal(pickle.loads(data).predict(X), model.predict(X))
