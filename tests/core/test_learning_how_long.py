"""Estimators learn how long to train, from what they hold out."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import brier_score_loss, log_loss, r2_score, roc_auc_score
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, EpochTimer

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    SequenceGenerator,
)
from skseq.callbacks import Checkpoint, Continuation
from skseq.core.holdout import split_into_folds
from skseq.data.samples import Samples
from skseq.data.sequences import SequenceArray
from skseq.preprocessing import SlidingWindow
from skseq.training import SequenceNet

SMALL = {"cell": "gru", "hidden_size": 8, "lr": 0.02, "random_state": 0}


@pytest.fixture(autouse=True)
def _fewer_steps(monkeypatch):
    """Make "auto" 100 steps, so that tests are quick."""
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 100)


def noisy(n, seed):
    """Return sequences whose mean makes a label likely, and that likelihood."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 12, 2))
    p = 1 / (1 + np.exp(-1.5 * X[:, :, 0].mean(axis=1) * 12**0.5))
    return X, (rng.random(n) < p).astype(int), p


def folds_of(samples, stratify=False):
    return split_into_folds(samples, np.random.RandomState(0), stratify=stratify)


def samples(n, y=None, groups=None):
    X = SequenceArray.from_array(np.arange(2.0 * n).reshape(n, 2, 1))
    return Samples(X, np.zeros(n) if y is None else y, None, groups)


# What is learned --------------------------------------------------------------------


@pytest.mark.parametrize("cls", [RNNClassifier, CNNClassifier])
def test_noise_is_not_memorised(cls):
    X, y, _ = noisy(200, 0)
    X_test, y_test, p = noisy(2000, 1)
    small = SMALL
    if cls is CNNClassifier:
        small = {"n_filters": (8,), "kernel_size": 5, "random_state": 0}
    model = cls(**small).fit(X, y)
    said = model.predict_proba(X_test)[:, 1]
    assert log_loss(y_test, said) < 0.9 * np.log(2)
    assert brier_score_loss(y_test, said) < 0.9 * 0.25
    assert roc_auc_score(y_test, said) > roc_auc_score(y_test, p) - 0.05
    assert model.n_iter_ == model.duration_["n_epochs"]


def test_where_there_is_nothing_to_learn_nothing_is_said():
    rng = np.random.default_rng(0)
    X, y, target = (
        rng.normal(size=(100, 5, 1)),
        np.arange(100) % 2,
        rng.normal(size=100),
    )
    X_test, y_test = rng.normal(size=(500, 5, 1)), np.arange(500) % 2
    said = RNNClassifier(**SMALL).fit(X, y).predict_proba(X_test)
    assert log_loss(y_test, said) < 1.02 * np.log(2)
    predicted = RNNRegressor(**SMALL).fit(X, target).predict(X_test)
    assert r2_score(rng.normal(size=500), predicted) > -0.02


def test_clean_data_are_learned_to_the_end(monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 300)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 6, 1))
    y = (X.sum(axis=(1, 2)) > 0).astype(int)
    X[y == 1] += 1
    model = RNNClassifier(**SMALL).fit(X, y)
    assert model.duration_["reason"] == "nothing left to learn"
    assert model.n_iter_ >= 75  # 300 steps


def test_taggers_learn_how_long_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 10, 1))
    y = np.where(rng.random((60, 10)) < 0.2, 1, 0)  # nothing to do with X
    model = RNNTagger(**SMALL).fit(X, y)
    assert model.duration_["reason"] == "nothing learned"
    said = model.predict_proba(X)[..., 1]
    np.testing.assert_allclose(said, y.mean(), atol=0.02)


def test_the_number_of_epochs_and_the_loss_are_those_of_what_was_held_out():
    X, y, _ = noisy(60, 0)
    told = RNNClassifier(**SMALL).fit(X, y).duration_
    assert told["n_held_out"] == 60  # every fifth once, as 60 are fewer than 200
    assert told["temperature"] >= 1
    assert len(told["epochs"]) == len(told["losses"])
    assert min(told["losses"]) < np.log(2)


# What stays as it was ---------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{"max_epochs": 3}, {"early_stopping": True, "patience": 1}]
)
def test_a_number_of_epochs_is_taken_as_it_is(options):
    X, y, _ = noisy(60, 0)
    model = RNNClassifier(**SMALL, **options).fit(X, y)
    assert model.duration_ is None
    if "max_epochs" in options:
        assert model.n_iter_ == 3


def test_few_samples_are_learned_as_before():
    X, y, _ = noisy(19, 0)
    model = RNNClassifier(**SMALL, batch_size=5).fit(X, y)
    assert model.duration_ is None
    assert model.n_iter_ == 25  # 100 steps of 4 an epoch


def test_the_same_twice(monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 30)
    X, y, _ = noisy(60, 0)
    first, second = (RNNClassifier(**SMALL).fit(X, y) for _ in range(2))
    assert first.duration_ == second.duration_
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_weights_are_copies(monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 40)
    X = noisy(24, 0)[0]
    weights = np.arange(24) % 3 + 1
    weighed = RNNRegressor(**SMALL, max_epochs="auto").fit(X, X.sum((1, 2)), weights)
    many = np.repeat(np.arange(24), weights)
    copied = RNNRegressor(**SMALL, batch_size=64).fit(X[many], X[many].sum((1, 2)))
    assert copied.duration_ == weighed.duration_ is not None
    np.testing.assert_array_equal(weighed.predict(X), copied.predict(X))


# Before, and in the middle of it ----------------------------------------------------

SERIES = np.sin(np.arange(80.0) / 3)
TEXTS = ["anna", "hanna", "johanna", "ann"] * 40
BESIDE = {
    "classifier": (RNNClassifier(**SMALL), noisy(40, 0)[:2]),
    "forecaster": (RNNForecaster(**SMALL, window_length=6), (SERIES,)),
    "forecaster for so long": (
        RNNForecaster(**SMALL, window_length=6, max_epochs=2),
        (SERIES,),
    ),
    "generator": (SequenceGenerator(**SMALL), (TEXTS,)),
}


def forbidden(*args, **kwargs):
    raise AssertionError("a network is trained")


WRONG = {
    "no callback": (3, "callbacks must hold skorch callbacks, got 3"),
    "scores": (EpochScoring("r2"), "holds EpochScoring, which scores the net's raw"),
    "monitors": (EarlyStopping(), r"EarlyStopping\(monitor='valid_loss'\)"),
    "path": (Checkpoint("nowhere/fit.pt"), "path='nowhere/fit.pt' of the Checkpoint"),
    "every": (Checkpoint("fit.pt", every=0), "every=0 of the Checkpoint must be a pos"),
    "continuation": (
        Continuation("."),
        "Continuation.*(max_epochs='auto'|lr_schedule)",
    ),
    "name": (("epoch_timer", EpochTimer()), "duplicate user-set callback name"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("kind", BESIDE)
def test_wrong_callbacks_are_told_before_any_network_trains(
    kind, wrong, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SequenceNet, "fit_loop", forbidden)
    callback, message = WRONG[wrong]
    model, data = BESIDE[kind]
    with pytest.raises(ValueError, match=message):
        clone(model).set_params(callbacks=[callback]).fit(*data)
    with pytest.raises(AssertionError, match="a network is trained"):
        clone(model).fit(*data)


class Pressed(Callback):
    """Counts epochs, of which there must be none."""

    def on_epoch_begin(self, net, **kwargs):
        raise AssertionError("the network itself is trained")


def press(monkeypatch, n_steps):
    """Press Ctrl-C in a later step of the optimiser."""
    steps, step = iter(range(n_steps)), SequenceNet.train_step

    def interrupted(self, *args, **kwargs):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(SequenceNet, "train_step", interrupted)


@pytest.mark.parametrize("n_steps", [0, 7])
def test_ctrl_c_while_it_is_learned_leaves_no_fit(n_steps, monkeypatch):
    X, y, _ = noisy(60, 0)
    model = RNNClassifier(**SMALL, callbacks=[Pressed()])
    before = vars(model).copy()
    press(monkeypatch, n_steps)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert vars(model) == before
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_ctrl_c_while_it_is_learned_leaves_the_fit_before(monkeypatch):
    X, y, _ = noisy(60, 0)
    model = RNNClassifier(**SMALL, max_epochs=2).fit(X, y)
    expected = model.predict_proba(X)
    model.set_params(max_epochs="auto", callbacks=[Pressed()])
    before = vars(model).copy()
    press(monkeypatch, 7)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:40, :, :1], y[:40])
    assert vars(model) == before
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("n_steps", [0, 20])
@pytest.mark.parametrize("kind", ["forecaster", "generator"])
def test_ctrl_c_beside_keeps_the_network_beside(kind, n_steps, monkeypatch):
    model, data = BESIDE[kind]
    press(monkeypatch, n_steps)
    with pytest.warns(UserWarning, match="Training was interrupted after"):
        fitted = clone(model).set_params(callbacks=[Pressed()]).fit(*data)
    assert fitted.n_iter_ == len(fitted.validation_scores_ or ())
    if kind == "forecaster":
        assert np.isfinite(fitted.predict()).all()
    else:
        assert np.isfinite(fitted.score(*data))


# What is held out -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "n_folds"), [(19, 0), (20, 5), (200, 5), (300, 4), (500, 2), (1000, 1)]
)
def test_as_many_fifths_as_make_two_hundred(n, n_folds):
    folds = folds_of(samples(n))
    assert len(folds) == n_folds
    for train, valid in folds:
        assert sorted([*train, *valid]) == list(range(n))
        assert len(valid) == pytest.approx(n / 5, abs=1)
    held_out = [i for _, valid in folds for i in valid]
    assert len(set(held_out)) == len(held_out)


def test_classes_have_their_share():
    y = np.repeat(["a", "b"], [80, 20])
    for _, valid in folds_of(samples(100, y), stratify=True):
        assert np.sum(y[valid] == "b") == 4


def test_groups_stay_together():
    groups = np.arange(60) // 6
    folds = folds_of(samples(60, groups=groups))
    assert len(folds) == 5
    for train, valid in folds:
        assert not set(groups[train]) & set(groups[valid])
    assert folds_of(samples(60, groups=np.arange(60) % 3)) == []  # of too few


def test_of_overlapping_windows_the_last_are_held_out_and_none_shares_a_row():
    windows = SlidingWindow(5).fit_transform(np.arange(100.0)[:, None])
    complete = Samples(windows, np.zeros(100), None).usable()
    ((train, valid),) = folds_of(complete)
    np.testing.assert_array_equal(valid, np.arange(96)[-19:])
    ends = complete.sequences.starts[train] + 5
    assert ends.max() <= complete.sequences.starts[valid].min()
