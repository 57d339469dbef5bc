"""Pickles and files of one estimator are equal, and open in other processes."""

import copy
import io
import multiprocessing
import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback, EarlyStopping, LRScheduler

from persistence.test_files import (
    CLASSES,
    NUMBERS,
    TEXTS,
    X,
    cases,
    fitted,
    small,
    through_file,
)
from skseq import RNNClassifier, RNNRegressor
from skseq.networks import LSTMLayer
from skseq.persistence import load, save
from skseq.preprocessing import Tokenizer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


class WithoutTensors(pickle.Pickler):
    def reducer_override(self, value):
        assert not isinstance(value, torch.Tensor), value
        return NotImplemented


def assert_no_tensor(model):
    WithoutTensors(io.BytesIO()).dump(model)


def bytes_of(model, path):
    save(model, path)
    return path.read_bytes()


@cases(object)
def test_pickles_hold_no_tensors_and_are_equal(i):
    model = fitted(i)
    assert_no_tensor(model)
    assert pickle.dumps(model) == pickle.dumps(model)


def test_a_parameter_that_was_not_there_yet_is_as_by_default():
    """As a version adds some, and opens all pickles of one format."""
    model = RNNRegressor(hidden_size=2, max_epochs=1, random_state=0).fit(X, NUMBERS)
    earlier = copy.copy(model)
    del earlier.dropout, earlier.freeze
    found = pickle.loads(pickle.dumps(earlier))
    assert found.get_params()["freeze"] is None
    assert found.dropout == 0.0
    np.testing.assert_array_equal(found.predict(X), model.predict(X))


@cases(object)
def test_a_hash_finds_a_model_again(i, path):
    model = fitted(i)
    assert joblib.hash(model) == joblib.hash(model)
    assert joblib.hash(pickle.loads(pickle.dumps(model))) == joblib.hash(model)
    loaded = through_file(model, path)
    assert joblib.hash(load(path)) == joblib.hash(loaded)


@cases(object)
def test_files_are_equal(i, path):
    model = fitted(i)
    once = bytes_of(model, path)
    for other in (model, load(path), pickle.loads(pickle.dumps(model))):
        assert bytes_of(other, path) == once


def test_a_pipeline_has_one_file_and_one_hash(path):
    model = make_pipeline(
        Tokenizer(level="char"), RNNClassifier(**small(embedding_dim=2))
    ).fit(TEXTS[:3], [0, 1, 1])
    assert_no_tensor(model)
    assert bytes_of(model, path) == bytes_of(load(path), path)
    assert joblib.hash(model) == joblib.hash(pickle.loads(pickle.dumps(model)))


def test_memory_finds_a_fitted_model(tmp_path):
    calls = []

    def ask(model):
        calls.append(1)
        return model.predict(X)

    model = RNNRegressor(**small()).fit(X, NUMBERS)
    ask = joblib.Memory(tmp_path, verbose=0).cache(ask)
    answers = [ask(model), ask(model), ask(pickle.loads(pickle.dumps(model)))]
    assert len(calls) == 1
    np.testing.assert_array_equal(answers, [model.predict(X)] * 3)


def test_two_fits_differ_in_durations_alone(path):
    models = [RNNRegressor(**small()).fit(X, NUMBERS) for _ in range(2)]
    for model in models:
        for row in (*model.net_.history, *model.history_):
            row["dur"] = 1.0
    assert joblib.hash(models[0]) == joblib.hash(models[1])
    assert len({bytes_of(model, path) for model in models}) == 1


def test_another_process_takes_a_model_and_writes_the_same_file(path, monkeypatch):
    """A process is given a temporary copy, which is gone when it starts to read."""
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    model = RNNClassifier(**small()).fit(X, CLASSES)
    process = multiprocessing.get_context("spawn").Process(
        target=save, args=(model, path)
    )
    process.start()
    process.join()
    assert process.exitcode == 0
    written = path.read_bytes()
    assert bytes_of(model, path) == written


def test_what_opens_a_model_makes_no_optimiser(path, monkeypatch):
    """With the first one torch imports its compiler, which takes seconds."""
    model = RNNRegressor(**small()).fit(X, NUMBERS)
    save(model, path)
    held = pickle.dumps(model)
    monkeypatch.setattr(torch.optim.Optimizer, "__init__", pytest.fail)
    for opened in (load(path), pickle.loads(held), copy.deepcopy(model)):
        np.testing.assert_array_equal(opened.predict(X), model.predict(X))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.partial_fit(X, NUMBERS),
        lambda model: model.stateful().partial_fit(X[:, :3], NUMBERS),
        lambda model: model.set_params(warm_start=True).fit(X, NUMBERS),
    ],
)
def test_what_goes_on_holds_no_tensors(change):
    forwards = {"bidirectional": False, "pooling": "last", "normalize": "feature"}
    model = change(RNNRegressor(**small(), **forwards).fit(X, NUMBERS))
    model.predict(X)
    model.predict(X.astype(np.float32))
    assert_no_tensor(model)


class Listener(Callback):
    def on_epoch_end(self, net, **kwargs):
        self.heard_ = len(net.history)


def test_callbacks_of_skorch_leave_their_training_behind():
    callbacks = [LRScheduler(), ("stop", EarlyStopping("train_loss")), Listener()]
    model = RNNRegressor(**small(max_epochs=12), callbacks=callbacks).fit(X, NUMBERS)
    assert hasattr(callbacks[0], "lr_scheduler_")
    assert_no_tensor(model)
    rate, (name, stop), listener = pickle.loads(pickle.dumps(model)).callbacks
    assert not hasattr(rate, "lr_scheduler_")
    assert (name, stop.monitor, listener.heard_) == ("stop", "train_loss", 12)
    assert hasattr(callbacks[0], "lr_scheduler_")  # which is still the user's own


class MyLayer(LSTMLayer):
    """A layer with what torch does not list, and types that NumPy has not."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.note = torch.tensor([1.0, 2.0])
        self.register_buffer("scale", torch.tensor(1.5, dtype=torch.bfloat16))
        self.kernel.bias_ih_l0.requires_grad_(False)


def test_tensors_come_back_as_they_were():
    model = RNNRegressor(**small(cell=MyLayer), bidirectional=False).fit(X, NUMBERS)
    assert_no_tensor(model)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        layer, mine = (m.module_.encoder.layers[0] for m in (other, model))
        for name in ("note", "scale"):
            one, two = getattr(layer, name), getattr(mine, name)
            assert one.dtype == two.dtype
            assert one.shape == two.shape
            assert torch.equal(one, two)
        for one, two in zip(layer.parameters(), mine.parameters(), strict=True):
            assert type(one) is type(two)
            assert one.requires_grad == two.requires_grad
            assert torch.equal(one, two)
        assert layer.kernel._flat_weights[0] is layer.kernel.weight_ih_l0
        np.testing.assert_array_equal(other.predict(X), model.predict(X))


def test_copies_share_no_weights():
    net = RNNRegressor(**small()).fit(X, NUMBERS).net_
    for other in (copy.copy(net), copy.deepcopy(net)):
        weights = next(other.module_.parameters())
        assert torch.equal(weights, next(net.module_.parameters()))
        assert weights.data_ptr() != next(net.module_.parameters()).data_ptr()


def test_a_pickle_opens_from_memory_that_must_not_be_written(tmp_path):
    """As joblib hands large arrays to its workers."""
    model = RNNRegressor(**small()).fit(X, NUMBERS)
    joblib.dump(model, tmp_path / "model")
    other = joblib.load(tmp_path / "model", mmap_mode="r")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert other.partial_fit(X, NUMBERS).n_iter_ == 3
