"""Linear models beside networks."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from skseq import CNNClassifier, RNNClassifier, RNNRegressor, RNNTagger
from skseq.core import estimator, linear
from skseq.core.calibration import calibration_of
from skseq.core.linear import learn_linear
from skseq.core.tasks import Classification, MultilabelClassification, Regression
from skseq.data.batching import SequenceDataset
from skseq.data.samples import Samples
from skseq.data.sequences import SequenceArray
from skseq.networks.aggregates import aggregates

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 8, 2))
SIGNAL = X[:, :, 0].mean(axis=1) * 8**0.5
WEIGHTS = RNG.uniform(0.5, 2, size=90)
FOLDS = [(np.arange(60), np.arange(60, 90)), (np.arange(30, 90), np.arange(30))]
TASKS = {
    "classes": (lambda y: Classification(np.unique(y)), SIGNAL > 0.3),
    "three": (lambda y: Classification(np.unique(y)), np.digitize(SIGNAL, [-1, 0.5])),
    "labels": (
        lambda y: MultilabelClassification(2),
        np.column_stack([SIGNAL > 0, SIGNAL > 1]).astype(int),
    ),
    "numbers": (
        lambda y: Regression((2,), normalize=True),
        np.column_stack([SIGNAL, -SIGNAL + RNG.normal(size=90)]),
    ),
}


def learned(name, weights=None):
    make, y = TASKS[name]
    task = make(y)
    samples = Samples(SequenceArray.from_array(X), y, weights)
    task.learn_scale(y, weights)
    data = SequenceDataset(
        samples.sequences,
        torch.device("cpu"),
        task.encode(y, np.dtype(float)),
        weights,
        dtype=torch.float64,
    )
    calibration = calibration_of(task, samples)
    return (
        learn_linear(task, data, lambda x: x, 2, FOLDS, calibration),
        task,
        calibration,
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("name", TASKS)
def test_models_are_scikit_learns(name, weights, monkeypatch):
    monkeypatch.setattr(linear, "STRENGTHS", [0.1])
    found, task, _ = learned(name, weights)
    values = aggregates(torch.from_numpy(X), None).numpy()
    scaled = StandardScaler().fit(values, sample_weight=weights).transform(values)
    y = task.encode(TASKS[name][1], np.dtype(float))
    said = values @ found.weight.T + found.bias
    if name == "numbers":
        expected = Ridge(alpha=10).fit(scaled, y, weights).predict(scaled)
    elif name == "labels":
        models = [LogisticRegression(C=0.1).fit(scaled, part, weights) for part in y.T]
        expected = np.stack([m.decision_function(scaled) for m in models], axis=1)
    else:
        model = LogisticRegression(C=0.1).fit(scaled, y, weights)
        expected = model.predict_log_proba(scaled)
        said = torch.from_numpy(said).log_softmax(dim=1).numpy()
    np.testing.assert_allclose(said, expected, atol=1e-6)


@pytest.mark.parametrize("name", TASKS)
def test_what_is_held_out_is_not_learned(name, monkeypatch):
    monkeypatch.setattr(linear, "STRENGTHS", [0.1])
    before, *_ = learned(name)
    make, y = TASKS[name]
    changed = y.copy()
    changed[:30] = y[:30][::-1]  # which the second fold holds out
    monkeypatch.setitem(TASKS, name, (make, changed))
    after, *_ = learned(name)
    np.testing.assert_allclose(before.held_out[1], after.held_out[1], atol=1e-10)
    assert not np.allclose(before.held_out[0], after.held_out[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_rounding_is_not_learned_from(dtype):
    level = RNG.normal(60, 9, size=90)
    both = np.stack([X[..., 0], np.repeat(level[:, None], 8, axis=1)], axis=2)
    task = Regression((), normalize=True)
    samples = Samples(SequenceArray.from_array(both), SIGNAL, None)
    task.learn_scale(SIGNAL, None)
    y = task.encode(SIGNAL, np.dtype(float))
    data = SequenceDataset(samples.sequences, torch.device("cpu"), y, dtype=dtype)
    calibration = calibration_of(task, samples)
    found = learn_linear(task, data, lambda x: x, 2, FOLDS, calibration)
    deviation, slope = 3, 13  # of the level, the same in all steps
    weight = np.abs(found.weight[0])
    assert weight[[deviation, slope]].tolist() == [0, 0]
    assert np.delete(weight, [deviation, slope]).min() > 0


def test_a_share_is_drawn_to_the_base_rate():
    found, _, calibration = learned("three")
    x = torch.from_numpy(X)
    said = aggregates(x, None).numpy() @ found.weight.T + found.bias
    module = found.module(0.25, calibration).double()
    expected = 0.25 * (said - calibration.base)
    np.testing.assert_allclose(module(x, None), expected, atol=1e-6)


def test_a_class_that_a_fold_lacks_is_improbable():
    y = np.where(np.arange(90) < 30, 2, SIGNAL > 0)  # only what one fold holds out
    weight, bias = linear._fit_classes(
        X[30:, 0], y[30:].astype(int), np.ones(60), 0.1, 3
    )
    assert not weight[2].any()
    assert bias[2] == pytest.approx(np.log(1e-3))
    weight, bias = linear._fit_classes(
        X[:30, 0], y[:30].astype(int), np.ones(30), 0.1, 3
    )
    assert not weight.any()
    assert bias.argmax() == 2


def test_where_it_would_take_long_there_is_none(monkeypatch):
    monkeypatch.setattr(linear, "MOST_WORK", 90 * 7 * 2 * 2 - 1)
    assert learned("classes")[0] is None


def test_where_squares_overflow_there_is_none(monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 10)
    model = RNNRegressor(hidden_size=2, normalize=None, random_state=0)
    huge = np.float32(1e25) * X.astype(np.float32)
    assert model.fit(huge, SIGNAL / 9).module_.beside is None


def noisy(n, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 20, 10))
    return X, X[:, :, 0].mean(axis=1) * 20**0.5 + rng.normal(size=n)


def test_noisy_numbers_are_told_better_with_it(monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 60)  # so that it is soon told
    X, y = noisy(200, 0)
    X_test, y_test = noisy(2000, 1)
    options = {"hidden_size": 8, "batch_size": 100, "random_state": 0}
    model = RNNRegressor(**options).fit(X, y)
    alone = RNNRegressor(**options, shrink_to_linear=False).fit(X, y)
    assert model.duration_["linear"] > 0.5
    assert alone.duration_["linear"] == 0
    assert alone.module_.beside is None
    assert model.score(X_test, y_test) > alone.score(X_test, y_test) + 0.02


def test_where_networks_know_all_it_has_no_say(monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 200)
    X = RNG.normal(size=(100, 20, 1))
    y, places = RNG.integers(2, size=100), RNG.integers(19, size=100)
    for x, up, place in zip(X[:, :, 0], y, places, strict=True):
        x[place : place + 2] = [8, -8] if up else [-8, 8]
    model = CNNClassifier(
        n_filters=(16,), kernel_size=4, lr=0.01, batch_size=50, random_state=0
    ).fit(X, y)
    assert model.score(X, y) > 0.98
    assert model.duration_["linear"] == 0
    assert model.module_.beside is None


@pytest.mark.parametrize(
    "model",
    [
        RNNRegressor(hidden_size=2, pooling="last"),
        RNNRegressor(hidden_size=2, max_epochs=2),
        RNNTagger(hidden_size=2),
        RNNClassifier(hidden_size=2, embedding_dim=2),
    ],
)
def test_steps_streams_tokens_and_fixed_numbers_have_none(model, monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 10)
    X, y = noisy(20, 0)
    X = X[:, :5]
    model.set_params(random_state=0)
    if isinstance(model, RNNTagger):
        y = (X[:, :, 0] > 0).astype(int)
    elif isinstance(model, RNNClassifier):
        X, y = (X[:, :, :1] > 0).astype(int), y > 0
    assert model.fit(X, y).module_.beside is None
