"""What a user's type checker knows: `make lint` reads this, nothing runs it."""

from typing import Any, assert_type

import numpy as np

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceArray,
    SequenceGenerator,
)
from skseq.parameters import parameter
from skseq.preprocessing import SequenceScaler, SlidingWindow, Tokenizer


class OwnClassifier(RNNClassifier):
    """A class of the user's own, with a parameter of its own and another default."""

    width: int = parameter(default=3)
    cell: str = "gru"


def estimators_are_what_fit_returns(X: np.ndarray, y: np.ndarray) -> None:
    assert_type(RNNClassifier(hidden_size=8).fit(X, y), RNNClassifier)
    assert_type(RNNClassifier().partial_fit(X, y, classes=[0, 1]), RNNClassifier)
    assert_type(RNNRegressor().fit(X, y).stateful(), RNNRegressor)
    assert_type(RNNTagger().fit(X, y), RNNTagger)
    assert_type(Seq2SeqRegressor().fit(X, y), Seq2SeqRegressor)
    assert_type(RNNForecaster(horizon=3).fit(y).update(y), RNNForecaster)
    assert_type(SequenceAnomalyDetector().fit(X), SequenceAnomalyDetector)
    assert_type(SequenceGenerator().fit(["abc"]), SequenceGenerator)
    assert_type(Tokenizer().fit(["a b"]).set_output(transform="default"), Tokenizer)
    assert_type(SequenceScaler().fit(X), SequenceScaler)
    assert_type(OwnClassifier(width=8, lr=0.1).fit(X, y), OwnClassifier)
    assert_type(OwnClassifier().width, int)
    assert_type(CNNClassifier().kernel_size, int | tuple[int, ...])


def answers_have_a_type(X: np.ndarray, y: np.ndarray) -> None:
    clf = RNNClassifier().fit(X, y)
    assert_type(clf.predict(X), Any)  # a Series where instances have names
    assert_type(clf.predict_proba(X), np.ndarray)
    assert_type(clf.transform(X), np.ndarray)
    assert_type(clf.classes_, np.ndarray)
    assert_type(SlidingWindow(3).fit(X).transform(X), SequenceArray)
    assert_type(RNNTagger().fit(X, y).predict(X), Any)  # in the layout of X


def mistakes_are_found(X: np.ndarray) -> None:
    RNNClassifier(hidden_sise=8)  # type: ignore[call-arg]
    RNNClassifier(cell=3)  # type: ignore[arg-type]
    RNNClassifier().fit(X)  # type: ignore[call-arg]
    OwnClassifier(widht=8)  # type: ignore[call-arg]
    OwnClassifier(width="8")  # type: ignore[arg-type]
