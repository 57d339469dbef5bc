"""Several networks in one estimator."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from skseq import (
    CNNClassifier,
    CNNLSTMRegressor,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
)
from skseq.core import estimator
from skseq.data.sequences import SequenceArray
from skseq.inspection import saliency
from skseq.persistence import export_onnx, load, save

N = 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 9, 2))
RAGGED = [x[: 3 + i % 7] for i, x in enumerate(X)]
CLASSES = np.array(["a", "b", "c"])[np.argmax(X[:, :3, 0], axis=1)]
LABELS = (X[:, 0] > 0).astype(int)
VALUES = X.sum(axis=1)
STEPS = (X[:, :, 0] > 0).astype(int)
WEIGHTS = RNG.uniform(0.1, 2, size=40)

CASES = {
    "classes": (RNNClassifier(), X, CLASSES),
    "gru": (RNNClassifier(cell="gru", pooling="attention"), X, CLASSES),
    "labels": (CNNClassifier(n_filters=(8, 8), kernel_size=5), X, LABELS),
    "values": (CNNLSTMRegressor(n_filters=(8,), hidden_size=6), RAGGED, VALUES),
    "balanced": (CNNClassifier(n_filters=(8,), class_weight="balanced"), X, CLASSES),
    "steps": (RNNTagger(cell="rnn", bidirectional=True), X, STEPS),
    "unequal steps": (
        CNNTagger(n_filters=(8,), kernel_size=3),
        RAGGED,
        [y[: len(x)] for x, y in zip(RAGGED, STEPS, strict=True)],
    ),
}


def fitted(name, **params):
    model, X, y = CASES[name]
    params = {"n_networks": N, "max_epochs": 2, "random_state": 0, **params}
    model = type(model)(**{**model.get_params(), **params})
    return model.fit(X, y), X, y


def answers(model, X):
    ask = getattr(model, "predict_proba", model.predict)
    found = ask(X)
    return np.concatenate(found) if isinstance(found, list) else found


def drawn_alone(kind, i):
    """Return a class of estimators that have one network, the i-th of N."""

    class Alone(kind):
        def _draw_networks(self, seed, dtype):
            seeds = np.random.RandomState(seed).randint(2**31 - 1, size=N)
            return self._draw_network(int(seeds[i]), dtype)

    return Alone


@pytest.mark.parametrize(("batch_size", "weights"), [(40, WEIGHTS), (16, None)])
@pytest.mark.parametrize("name", CASES)
def test_each_network_is_what_it_would_be_alone(name, weights, batch_size):
    model, X, y = CASES[name]
    params = {
        **model.get_params(),
        "batch_size": batch_size,
        "max_epochs": 3,
        "optimizer": "sgd",  # which a gradient of another size would mislead
        "lr": 0.1,
        "l1": 1e-3,
        "l2": 1e-2,
        "clip_norm": 0.05,
        "random_state": 0,
    }
    together = type(model)(**{**params, "n_networks": N}).fit(X, y, weights)
    tolerance = 1e-9 if batch_size == 40 else 1e-4  # in float64, in float32
    losses = []
    for i, one in enumerate(together.estimators_):
        alone = drawn_alone(type(model), i)(**params).fit(X, y, weights)
        np.testing.assert_allclose(
            answers(one, X), answers(alone, X), rtol=tolerance, atol=tolerance
        )
        losses.append(alone.loss_curve_)
    np.testing.assert_allclose(
        together.loss_curve_, np.mean(losses, axis=0), rtol=tolerance
    )


@pytest.mark.parametrize("name", CASES)
def test_answers_are_means_over_the_networks(name):
    model, X, _ = fitted(name)
    each = np.stack([answers(one, X) for one in model.estimators_])
    assert each.shape[0] == N
    assert each.std(axis=0).max() > 1e-3
    np.testing.assert_allclose(answers(model, X), each.mean(axis=0), atol=1e-6)


def test_a_single_network_is_its_own_ensemble():
    model, X, _ = fitted("classes", n_networks=1)
    (one,) = model.estimators_
    np.testing.assert_array_equal(one.predict_proba(X), model.predict_proba(X))


def test_before_fit_there_are_no_networks():
    with pytest.raises(NotFittedError):
        RNNClassifier(n_networks=2).estimators_  # noqa: B018


def test_a_network_apart_shares_nothing():
    model, X, _ = fitted("classes")
    before = model.predict_proba(X)
    one = model.estimators_[0]
    with torch.no_grad():
        for parameter in one.module_.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert model.n_networks == N


def test_encodings_stand_side_by_side():
    model, X, _ = fitted("classes")
    each = [one.transform(X) for one in model.estimators_]
    np.testing.assert_allclose(model.transform(X), np.hstack(each), atol=1e-6)
    assert len(model.get_feature_names_out()) == model.transform(X).shape[1]


def test_how_long_is_learned_by_single_networks(monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 30)  # so that it is soon told
    model, _, _ = fitted("classes", max_epochs="auto", batch_size=20)
    assert model.duration_["n_held_out"] == 40
    assert len(model.estimators_) == N


def test_a_linear_model_answers_beside_all(monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 30)  # so that it is soon told
    X = RNG.normal(size=(60, 8, 6))
    y = X[:, :, 0].sum(axis=1)
    model = RNNRegressor(
        n_networks=N, hidden_size=4, bidirectional=False, batch_size=60, random_state=0
    ).fit(X, y)
    assert model.duration_["linear"] > 0
    each = [one.predict(X) for one in model.estimators_]
    np.testing.assert_allclose(model.predict(X), np.mean(each, axis=0), atol=1e-5)
    linear = model.module_.beside.linear.weight.clone()
    model.partial_fit(X, y)
    torch.testing.assert_close(model.module_.beside.linear.weight, linear)


def test_early_stopping_watches_the_mean():
    model, _, _ = fitted("classes", early_stopping=True, max_epochs=30, patience=3)
    best = np.argmax(model.validation_scores_)
    assert best == len(model.validation_scores_) - 1 - 3 or model.n_iter_ == 30


def test_training_goes_on_with_the_same_networks():
    model, X, y = fitted("classes", warm_start=True, max_epochs=1)
    losses = model.loss_curve_
    model.fit(X, y)
    assert model.loss_curve_[: len(losses)] == losses
    model.partial_fit(X, y)
    assert len(model.loss_curve_) == 3
    with pytest.raises(ValueError, match="parameters that shape it were changed"):
        model.set_params(n_networks=N + 1).fit(X, y)


@pytest.mark.parametrize("name", ["classes", "values", "unequal steps"])
def test_files_and_pickles_keep_all_networks(name, tmp_path):
    model, X, _ = fitted(name)
    save(model, tmp_path / "model.skseq")
    for again in (load(tmp_path / "model.skseq"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(answers(again, X), answers(model, X))
        one, other = again.estimators_[1], model.estimators_[1]
        np.testing.assert_array_equal(answers(one, X), answers(other, X))


@pytest.mark.parametrize("name", ["classes", "labels", "values", "unequal steps"])
def test_exported_graphs_answer_as_all_networks(name, tmp_path):
    runtime = pytest.importorskip("onnxruntime", reason="not on every platform")
    model, X, _ = fitted(name)
    export_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    sequences = SequenceArray.from_list(list(X))
    lengths = sequences.lengths.astype(np.int64)
    padded = np.zeros((len(lengths), lengths.max(), 2), dtype=np.float32)
    for row, x in zip(padded, X, strict=True):
        row[: len(x)] = x
    (found,) = session.run(None, {"X": padded, "lengths": lengths})
    if found.ndim == 3:
        found = np.concatenate([f[:n] for f, n in zip(found, lengths, strict=True)])
    expected = answers(model, [x.astype(np.float32) for x in X])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_saliency_is_that_of_the_mean():
    model, X, y = fitted("values")
    X, y = X[:5], y[:5, 0]
    model = fitted("values")[0].fit(CASES["values"][1], VALUES[:, 0])
    each = [saliency(one, X)[0] for one in model.estimators_]
    np.testing.assert_allclose(saliency(model, X)[0], np.mean(each, axis=0), atol=1e-5)


def test_states_are_carried_by_networks_apart():
    X, y = CASES["classes"][1:]
    model = RNNClassifier(
        n_networks=2,
        bidirectional=False,
        pooling="last",
        normalize="feature",
        max_epochs=1,
        random_state=0,
    ).fit(X, y)
    with pytest.raises(ValueError, match=r"needs n_networks=1 .* has n_networks=2"):
        model.stateful()
    streams = [one.stateful() for one in model.estimators_]
    for piece in np.split(X, 3, axis=1):
        found = np.mean([stream.predict_proba(piece) for stream in streams], axis=0)
    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("wrong", [0, 1.5, "two"])
def test_their_number_is_a_whole_one(wrong):
    with pytest.raises(ValueError, match="n_networks"):
        RNNRegressor(n_networks=wrong).fit(X, VALUES)


def test_more_networks_are_surer_of_less():
    """Of noise, single networks are sure of different things."""
    X = RNG.normal(size=(60, 10, 1))
    y = RNG.integers(2, size=60)
    model = RNNClassifier(n_networks=5, max_epochs=40, random_state=0).fit(X, y)
    new = RNG.normal(size=(200, 10, 1))
    one = np.mean([e.predict_proba(new).max(axis=1) for e in model.estimators_])
    assert model.predict_proba(new).max(axis=1).mean() < one
