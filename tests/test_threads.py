"""Fits of different estimators at once, in threads, end as they do alone."""

import pickle
import threading
import warnings

import numpy as np
import torch

from skseq import (
    CNNClassifier,
    CNNLSTMForecaster,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)

rng = np.random.RandomState(0)
X = rng.randn(60, 6, 2)
RAGGED = [x[: 1 + i % 6] for i, x in enumerate(X)]
Y = X.sum(axis=(1, 2))
TABLE = np.sin(np.arange(80) / 3) + rng.randn(80) / 10
NAMES = ["anna", "hanna", "johanna", "ann"] * 5
DROPPING = {"dropout": 0.3, "recurrent_dropout": 0.3}


def fits():
    """Return estimators, some with the threads of their own, and their data."""
    common = {"max_epochs": 4, "random_state": 3, "batch_size": 16}
    recurrent = {**common, **DROPPING, "hidden_size": 6}
    windows = {**recurrent, "window_length": 8}
    return [
        (RNNClassifier(**recurrent, n_threads=1), (RAGGED, Y > 0)),
        (CNNClassifier(**common, n_filters=(6,), dropout=0.2), (RAGGED, Y > 0)),
        (RNNTagger(**recurrent), (X, X[..., 0] > 0)),
        (Seq2SeqRegressor(**recurrent, teacher_forcing=0.5), (X, X[..., 0])),
        (RNNForecaster(**windows, early_stopping=True), (TABLE,)),
        (CNNLSTMForecaster(**windows, stride=2, n_filters=4), (TABLE,)),
        (SequenceGenerator(**windows), (NAMES,)),
        (SequenceAnomalyDetector(RNNForecaster(**windows)), (TABLE,)),
    ]


def found(model):
    """Return what a fit found, and what follows from it."""
    inner = getattr(model, "forecaster_", model)
    parts = [part.numpy().tobytes() for part in inner.module_.state_dict().values()]
    return inner.loss_curve_, parts


def surroundings():
    return (
        torch.get_rng_state().numpy().tobytes(),
        pickle.dumps(np.random.get_state()),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        list(warnings.filters),
    )


def test_fits_of_different_estimators_at_once_end_as_they_do_alone():
    expected = [found(model.fit(*data)) for model, data in fits()]
    before, errors = surroundings(), []
    together = [*fits(), *fits()]
    start = threading.Barrier(len(together))

    def train(model, data):
        start.wait()
        try:
            model.fit(*data)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=train, args=fit) for fit in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [found(model) for model, _ in together] == expected * 2
    assert surroundings() == before


def test_one_failing_fit_disturbs_no_other():
    model, data = fits()[0]
    expected = found(model.fit(*data))
    before, errors = surroundings(), []
    other, _ = fits()[0]
    diverging = {"cell": "rnn", "nonlinearity": "relu", "optimizer": "sgd"}
    diverging |= {"lr": 1e30, "clip_norm": None, "max_epochs": 3}

    def fail():
        for _ in range(5):
            try:
                RNNRegressor(**diverging).fit(X, Y)
            except ValueError as error:
                errors.append(str(error))

    thread = threading.Thread(target=fail)
    thread.start()
    other.fit(*data)
    thread.join()
    assert len(errors) == 5
    assert all("diverged" in error for error in errors)
    assert found(other) == expected
    assert surroundings() == before


def test_any_number_of_threads_may_ask_one_estimator():
    model = RNNRegressor(max_epochs=2, random_state=0).fit(RAGGED, Y)
    questions = [RAGGED, RAGGED[::-1], RAGGED[:7], X] * 3
    expected = [model.predict(question).tolist() for question in questions]
    before, answers = surroundings(), {}

    def ask(i):
        answers[i] = [model.predict(questions[i]).tolist() for _ in range(5)]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[i] for i in range(len(questions))] == [[a] * 5 for a in expected]
    assert surroundings() == before
