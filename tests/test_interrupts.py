"""Ctrl-C ends a search; a fit that the user called keeps what it has learned."""

import os
import signal

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)
from skseq.core.estimator import NetworkEstimator
from skseq.sktime import SktimeForecaster

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5, 2))
Y = X.sum(axis=(1, 2))
TABLE = rng.normal(size=(60, 1))
NAMES = ["anna", "hanna", "johanna", "ann"] * 5


class Interrupt(Callback):
    """Presses Ctrl-C in the second epoch of one fit, and counts the fits."""

    n_fits = 0
    which = 2

    def on_train_begin(self, net, **kwargs):
        type(self).n_fits += 1

    def on_batch_begin(self, net, **kwargs):
        if self.n_fits == self.which and len(net.history) == 2:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def no_fit_so_far():
    Interrupt.n_fits, Interrupt.which = 0, 2


SHORT = {"max_epochs": 3, "random_state": 0, "callbacks": [Interrupt()]}
RECURRENT = {**SHORT, "hidden_size": 3}
REGRESSOR = RNNRegressor(**RECURRENT)
KINDS = {
    "classifier": (RNNClassifier(**RECURRENT), X, Y > 0),
    "convolutions": (CNNClassifier(**SHORT, n_filters=(4,)), X, Y > 0),
    "regressor": (REGRESSOR, X, Y),
    "tagger": (RNNTagger(**RECURRENT), X, X[..., 0] > 0),
    "seq2seq": (Seq2SeqRegressor(**RECURRENT), X, X[..., 0]),
    "generator": (SequenceGenerator(**RECURRENT), NAMES, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_cross_validation_ends(kind):
    model, data, targets = KINDS[kind]
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(model, data, targets, cv=KFold(5))
    assert Interrupt.n_fits == 2


def test_a_back_test_ends():
    for model in (
        RNNForecaster(**RECURRENT, window_length=5),
        SequenceAnomalyDetector(RNNForecaster(**RECURRENT, window_length=5)),
    ):
        Interrupt.n_fits = 0
        with pytest.raises(KeyboardInterrupt):
            cross_validate(model, TABLE, TABLE, cv=TimeSeriesSplit(4), scoring=zero)
        assert Interrupt.n_fits == 2


def zero(model, X, y):
    return 0


GRID = {"lr": [0.1, 0.01]}
PIPELINE = make_pipeline(FunctionTransformer(), REGRESSOR)
SEARCHES = {
    "grid": lambda: GridSearchCV(REGRESSOR, GRID, cv=2).fit(X, Y),
    "random": lambda: RandomizedSearchCV(REGRESSOR, GRID, n_iter=2).fit(X, Y),
    "halving": lambda: HalvingGridSearchCV(REGRESSOR, GRID, cv=2).fit(X, Y),
    "of a pipeline": lambda: GridSearchCV(
        PIPELINE, {"rnnregressor__lr": [0.1, 0.01]}, cv=2
    ).fit(X, Y),
    "in a pipeline": lambda: make_pipeline(
        FunctionTransformer(), GridSearchCV(REGRESSOR, GRID, cv=2)
    ).fit(X, Y),
    "in a validation": lambda: cross_val_score(
        GridSearchCV(REGRESSOR, GRID, cv=2), X, Y, cv=2
    ),
    "predictions": lambda: cross_val_predict(REGRESSOR, X, Y, cv=3),
    "learning": lambda: learning_curve(REGRESSOR, X, Y, cv=2),
    "in steps": lambda: learning_curve(
        REGRESSOR, X, Y, cv=2, exploit_incremental_learning=True
    ),
    "calibration": lambda: CalibratedClassifierCV(RNNClassifier(**RECURRENT), cv=2).fit(
        X, Y > 0
    ),
    "of one's own": lambda: joblib.Parallel()(
        joblib.delayed(REGRESSOR.fit)(X, Y) for _ in range(3)
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_ends(name):
    with pytest.raises(KeyboardInterrupt):
        SEARCHES[name]()
    assert Interrupt.n_fits == 2


def test_a_search_ends_in_its_last_fit_too():
    Interrupt.which = 5
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(REGRESSOR, GRID, cv=2).fit(X, Y)
    assert Interrupt.n_fits == 5


CALLED = {
    **KINDS,
    "pipeline": (PIPELINE, X, Y),
    "transformed": (TransformedTargetRegressor(PIPELINE), X, Y),
}


@pytest.mark.parametrize("kind", CALLED)
def test_a_fit_that_the_user_called_keeps_what_it_learned(kind):
    Interrupt.which = 1
    model, *data = CALLED[kind]
    model = clone(model)
    with pytest.warns(UserWarning, match="interrupted after 1 complete") as record:
        model.fit(*data)
    assert len(record) == 1
    if isinstance(model, NetworkEstimator):
        assert record[0].filename == __file__
        assert model.n_iter_ == 1
    assert model.score(*data) is not None


def test_a_fit_that_is_lost_leaves_its_estimator_as_it_was():
    model = clone(REGRESSOR).set_params(callbacks=None).fit(X, Y)
    before = vars(model).copy()
    Interrupt.which = 1
    model.set_params(callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        joblib.Parallel()([joblib.delayed(model.fit)(X, Y)])
    assert vars(model) == before | {"callbacks": model.callbacks}


def test_a_study_of_optuna_ends():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study()
    with pytest.raises(KeyboardInterrupt):
        study.optimize(lambda trial: clone(REGRESSOR).fit(X, Y).score(X, Y), 3)
    assert Interrupt.n_fits == 2


def test_an_evaluation_of_sktime_ends():
    evaluation = pytest.importorskip("sktime.forecasting.model_evaluation")
    splits = pytest.importorskip("sktime.split")
    model = SktimeForecaster(RNNForecaster(**RECURRENT, window_length=5))
    cv = splits.ExpandingWindowSplitter(initial_window=40, step_length=5)
    with pytest.raises(KeyboardInterrupt):
        evaluation.evaluate(model, cv, pd.Series(TABLE[:, 0]))
    assert Interrupt.n_fits == 2
