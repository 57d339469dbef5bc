"""Fits that have a limit of time, by a clock that ticks whenever it is read."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback

from skseq import (
    CNNClassifier,
    CNNLSTMRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)
from skseq.callbacks import Checkpoint, Continuation
from skseq.persistence import load, save
from skseq.training import Budget

rng = np.random.default_rng(0)
X = rng.normal(size=(44, 5, 2))
Y = X.sum(axis=(1, 2))
TABLE = rng.normal(size=(60, 1)).cumsum(axis=0)
NAMES = ["anna", "hanna", "johanna", "ann"] * 10
SHORT = {"batch_size": 8, "max_epochs": 4, "random_state": 0}
SMALL = {**SHORT, "hidden_size": 3}
WINDOW = {"window_length": 5}
ALONE = {**WINDOW, "shrink_to_naive": False}  # nothing is trained beside
KINDS = {
    "classifier": (RNNClassifier(**SMALL), (X, Y > 0)),
    "convolutions": (CNNClassifier(**SHORT, n_filters=(4,)), (X, Y > 0)),
    "both": (CNNLSTMRegressor(**SMALL, n_filters=(4,)), (X, Y)),
    "networks": (RNNRegressor(**SMALL, n_networks=2, dropout=0.2), (X, Y)),
    "tagger": (RNNTagger(**SMALL), (X, X[..., 0] > 0)),
    "seq2seq": (Seq2SeqRegressor(**SMALL), (X, X[..., 0])),
    "forecaster": (RNNForecaster(**SMALL, **ALONE), (TABLE,)),
    "decoder": (Seq2SeqForecaster(**SMALL, **ALONE), (TABLE,)),
    "generator": (SequenceGenerator(**SMALL, window_length=4), (NAMES,)),
}
REGRESSOR = RNNRegressor(**SMALL, lr_schedule=None)


class Clock:
    """A second later with every reading."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return self.now - 1


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A fit reads it when it begins, and between two batches."""
    clock = Clock()
    monkeypatch.setattr("skseq.training._budget.perf_counter", clock)
    return clock


class Watch(Callback):
    """Keeps what a network has learned after each batch."""

    def on_train_begin(self, net, **kwargs):
        self.states = []

    def on_batch_end(self, net, training=None, **kwargs):
        if training:
            self.states.append(state(net.module_))


def state(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def assert_same(one, other):
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_ends_after_a_batch_and_has_learned_what_it_would_have(kind):
    model, data = KINDS[kind]
    watch = Watch()
    whole = clone(model).set_params(callbacks=[watch]).fit(*data)
    n_batches = len(watch.states) // 4
    assert n_batches > 1
    assert (whole.stop_reason_, whole.n_iter_) == ("max_epochs", 4)
    for max_seconds in (1, n_batches, n_batches + 1):  # at the end of an epoch, too
        model = clone(model).set_params(max_seconds=max_seconds).fit(*data)
        assert model.stop_reason_ == "max_seconds"
        assert model.n_iter_ == -(-max_seconds // n_batches) == len(model.loss_curve_)
        assert_same(state(model.module_), watch.states[max_seconds - 1])


def test_a_fit_that_has_time_is_the_same_as_without_a_limit(clock):
    limited = clone(REGRESSOR).set_params(max_seconds=1000).fit(X, Y)
    assert clock.now == 4 * 6  # its beginning, and between 24 batches
    assert limited.stop_reason_ == "max_epochs"
    assert_same(state(limited.module_), state(clone(REGRESSOR).fit(X, Y).module_))
    assert clock.now == 4 * 6  # which is not asked


def test_the_least_held_out_loss_counts():
    wild = clone(REGRESSOR).set_params(early_stopping=True, lr=3.0, patience=90)
    wild.set_params(max_epochs=50, max_seconds=33)  # within the seventh epoch
    fitted = clone(wild).fit(X, Y)
    assert (fitted.n_iter_, fitted.stop_reason_) == (7, "max_seconds")
    best = int(np.argmax(fitted.validation_scores_)) + 1
    assert best < 7
    until_then = wild.set_params(max_epochs=best, max_seconds=None).fit(X, Y)
    assert_same(state(fitted.module_), state(until_then.module_))


def test_held_out_samples_are_asked_however_short_the_time():
    model = clone(REGRESSOR).set_params(early_stopping=True, max_seconds=1).fit(X, Y)
    assert len(model.validation_scores_) == model.n_iter_ == 1
    assert np.isfinite(model.validation_scores_).all()


def test_what_is_asked_for_how_long_to_train_has_its_share(clock):
    model = RNNClassifier(hidden_size=4, shrink_to_linear=False, random_state=0)
    model.set_params(max_seconds=200).fit(X, Y > 0)
    duration = model.duration_
    assert duration["reason"] == model.stop_reason_ == "max_seconds"
    # Four fifths of the samples five times, and then twice as many epochs of all:
    # 4 / (4 + 2) of the time. Each epoch of theirs is five readings and one more.
    assert duration["epochs"][-1] == pytest.approx(200 * 4 / 6 / 6, abs=1)
    assert model.n_iter_ <= duration["n_epochs"] <= 2 * duration["epochs"][-1]
    assert clock.now <= 200 + 2  # what ends an epoch and training asks once more
    assert model.score(X, Y > 0) > 0.7


def test_without_time_to_ask_a_network_is_trained_alone():
    model = RNNRegressor(batch_size=8, max_seconds=9, random_state=0).fit(X, Y)
    assert model.duration_ is None
    assert (model.stop_reason_, model.n_iter_) == ("max_seconds", 1)


@pytest.mark.parametrize("kind", ["forecaster", "generator"])
def test_two_trainings_share_the_time(kind, clock):
    watch = Watch()
    options = {"hidden_size": 3, "callbacks": [watch], "max_seconds": 80}
    if kind == "forecaster":
        model = RNNForecaster(**SMALL | WINDOW | options).set_params(max_epochs=50)
        model.fit(TABLE)
        # Of 60 rows 48 teach the first one: 48 / 108 of the time.
        assert len(watch.states) == pytest.approx(80 * 60 / 108, abs=3)
    else:
        model = SequenceGenerator(window_length=8, random_state=0, **options)
        model.fit(NAMES * 5)
        assert model.n_iter_ > 1
        assert len(watch.states) <= 80 / 1.9 + 3
    assert model.stop_reason_ == "max_seconds"
    assert clock.now <= 80 + 2


def test_a_detector_has_that_of_its_forecaster():
    forecaster = RNNForecaster(**SMALL, **ALONE, max_seconds=2)
    detector = SequenceAnomalyDetector(forecaster).fit(TABLE)
    assert detector.forecaster_.stop_reason_ == "max_seconds"
    assert np.isfinite(detector.score_samples(TABLE)).all()


def test_every_fit_of_a_search_has_its_own():
    pipeline = make_pipeline(FunctionTransformer(), clone(REGRESSOR))
    grid = {"rnnregressor__max_seconds": [2, None]}
    search = GridSearchCV(pipeline, grid, cv=2, refit=False).fit(X, Y)
    one, other = search.cv_results_["mean_test_score"]
    assert one != other
    fitted = pipeline.set_params(rnnregressor__max_seconds=2).fit(X, Y)[-1]
    assert (fitted.stop_reason_, fitted.n_iter_) == ("max_seconds", 1)


def test_a_further_epoch_may_be_short_as_well():
    model = clone(REGRESSOR).partial_fit(X, Y).set_params(max_seconds=2)
    assert model.stop_reason_ == "max_epochs"
    assert model.partial_fit(X, Y).stop_reason_ == "max_seconds"
    reasons = [row.get("stop_reason") for row in model.history_]
    assert reasons == ["max_epochs", "max_seconds"]


def test_early_stopping_is_told():
    model = clone(REGRESSOR).set_params(early_stopping=True, patience=1, lr=1.0)
    assert model.set_params(max_epochs=50).fit(X, Y).stop_reason_ == "early_stopping"


# Files ------------------------------------------------------------------------------


def test_a_checkpoint_goes_on_from_the_last_whole_epoch(tmp_path):
    whole = clone(REGRESSOR).fit(X, Y)
    callbacks = [Checkpoint(tmp_path / "fit.pt")]
    limited = clone(REGRESSOR).set_params(callbacks=callbacks, max_seconds=8)
    n_iter = [limited.fit(X, Y).n_iter_ for _ in range(4)]
    assert n_iter == [2, 3, 4, 4]  # six batches an epoch: 6 + 2, 6 + 2, 6 + 2, 6
    assert limited.stop_reason_ == "max_epochs"
    assert_same(state(limited.module_), state(whole.module_))


def test_a_continuation_is_left_whole_fits_only(tmp_path):
    model = clone(REGRESSOR).set_params(callbacks=[Continuation(tmp_path)])
    for max_seconds in (6, 22):  # after the first epoch, within the last
        model.set_params(max_seconds=max_seconds).fit(X, Y)
        assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_needs_a_number_of_epochs(tmp_path):
    callbacks = [Checkpoint(tmp_path / "fit.pt")]
    model = RNNRegressor(callbacks=callbacks, max_seconds=1)
    with pytest.raises(ValueError, match=r"Checkpoint.*max_seconds.*max_epochs a num"):
        model.fit(X, Y)
    assert list(tmp_path.iterdir()) == []


def test_a_file_tells_why_and_an_older_one_does_not(tmp_path):
    model = clone(REGRESSOR).set_params(max_seconds=2).fit(X, Y)
    save(model, tmp_path / "model.skseq")
    assert load(tmp_path / "model.skseq").stop_reason_ == "max_seconds"
    del model.net_.history[-1]["stop_reason"]
    save(model, tmp_path / "model.skseq")
    assert load(tmp_path / "model.skseq").stop_reason_ is None


@pytest.mark.parametrize("wrong", [0, -1.0, "1", float("nan"), True])
def test_a_limit_is_a_positive_number(wrong):
    with pytest.raises(ValueError, match="'max_seconds' parameter"):
        clone(REGRESSOR).set_params(max_seconds=wrong).fit(X, Y)


def test_a_limit_in_few_digits_counts_as_exactly_as_any(clock):
    clock.now = 10**6  # seconds, which float16 does not hold
    budget = Budget(np.float16(2))
    assert [budget.is_spent() for _ in range(2)] == [False, True]
