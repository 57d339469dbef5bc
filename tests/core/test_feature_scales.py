"""Heads see what a frozen encoder finds with mean zero and deviation one."""

import pickle

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.base import clone

from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNRegressor,
    CNNTagger,
    RNNTagger,
    SequenceArray,
)
from skseq.core.feature_scales import learn_feature_scales
from skseq.data.batching import SequenceDataset
from skseq.networks import POOLINGS, PooledHead, SequenceNetwork
from skseq.networks.standardization import Standardization
from skseq.persistence import export_onnx, load, save

rng = np.random.default_rng(0)
X = rng.normal(size=(14, 9, 2)).cumsum(axis=1)
RAGGED = [x[: 3 + i % 7] for i, x in enumerate(X)]
CLASSES = np.arange(14) % 3
WEIGHTS = 1 + np.arange(14) % 4
CNN = {"n_filters": (3,), "kernel_size": 3, "n_branches": 1, "normalize": "feature"}
CNN |= {"max_epochs": 1, "random_state": 0}


class Same(torch.nn.Module):
    def forward(self, x, lengths):
        return x, lengths


def shown(model, x):
    """Return what the head's first layers are shown of a sequence, in rows."""
    seen = []
    part = model.module_.head.dense[0]
    hook = part.register_forward_hook(lambda *given: seen.append(given[2]))
    model.predict([x.astype(str(part.mean.dtype).removeprefix("torch."))])
    hook.remove()
    return seen[0].flatten(0, -2).double().numpy()


def frozen(cls, **options):
    model = cls(**CNN, **options)
    return clone(model).set_params(init_from=model.pretrain(RAGGED), freeze="encoder")


# What is learned --------------------------------------------------------------------


def test_scales_by_hand():
    """Of weights 1, 1, 2: a plain feature, one that is constant, one that is nearly."""
    steps = np.array([[0.0, 7, 5], [4, 7, 5 + 1e-4], [6, 7, 5]])
    network = SequenceNetwork(
        Same(), PooledHead(POOLINGS["last"](3), (2,), 1, standardizes=True)
    ).double()
    sequences = SequenceArray(steps, np.arange(3), np.ones(3, int))
    weights = np.array([1.0, 1, 2])
    device = torch.device("cpu")
    data = SequenceDataset(sequences, device, None, weights, dtype=torch.float64)
    learn_feature_scales(network.train(), data)
    part = network.head.dense[0]
    np.testing.assert_allclose(part.mean, [4, 7, 5 + 1e-4 / 4])
    std = np.sqrt((4**2 + 2 * 2**2) / 4)
    np.testing.assert_allclose(part.scale, [std, 1, 0.01 * std / np.sqrt(3)])
    assert network.training
    assert not list(part.parameters())


@pytest.mark.parametrize("pooling", ["last", "concat"])
def test_samples_count_by_their_weights(pooling):
    model = frozen(CNNClassifier, pooling=pooling).fit(RAGGED, CLASSES, WEIGHTS)
    rows = np.concatenate([shown(model, x) for x in RAGGED])
    mean = np.average(rows, axis=0, weights=WEIGHTS)
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    deviation = np.average(rows**2, axis=0, weights=WEIGHTS)
    np.testing.assert_allclose(deviation, 1, rtol=1e-5)


@pytest.mark.parametrize("cls", [CNNTagger, RNNTagger])
def test_steps_count_alike_and_padding_never(cls):
    options = CNN if cls is CNNTagger else {"hidden_size": 2, "random_state": 0}
    source = cls(**options, batch_size=5).set_params(max_epochs=1).pretrain(RAGGED)
    model = clone(source).set_params(init_from=source, freeze="encoder")
    model.fit(RAGGED, [np.arange(len(x)) % 2 for x in RAGGED])
    rows = np.concatenate([shown(model, x) for x in RAGGED])
    assert len(rows) == sum(map(len, RAGGED))
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, rtol=1e-4)


def test_each_of_several_networks_has_its_own():
    model = frozen(CNNClassifier, n_networks=2).fit(RAGGED, CLASSES)
    for one in model.estimators_:
        rows = np.concatenate([shown(one, x) for x in RAGGED])
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(rows.std(axis=0), 1, rtol=1e-5)
    each = np.mean([one.predict_proba(RAGGED) for one in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict_proba(RAGGED), each, rtol=1e-5)


def test_answers_do_not_depend_on_the_scale_of_features():
    """Nor on their level: here no ReLU cuts off anything, so they are linear."""
    model = frozen(CNNRegressor).set_params(max_epochs=3, lr=0.1)
    learned = model.init_from.pretrained_.weights
    found = []
    for scale, level in ((1, 20), (0.02, 3)):
        learned["encoder.layers.0.norm.weight"][:] = scale
        learned["encoder.layers.0.norm.bias"][:] = level
        found.append(model.fit(X, X[:, 0, 0]).predict(X))
    assert model.transform(X).std(axis=0).max() < 0.1
    assert found[0].std() > 0.1
    np.testing.assert_allclose(*found, rtol=1e-4)


# Where it goes ----------------------------------------------------------------------


def test_features_themselves_stay_what_they_are():
    model = frozen(CNNClassifier).fit(RAGGED, CLASSES)
    free = clone(model).set_params(freeze=None, lr=1e-30).fit(RAGGED, CLASSES)
    source = model.init_from.pretrained_.weights
    assert not any(isinstance(p, Standardization) for p in free.module_.modules())
    statistics = "encoder.layers.0.norm.running_mean"
    state = {n: torch.from_numpy(w) for n, w in source.items()}
    free.module_.load_state_dict(state, strict=False)
    assert statistics in state
    np.testing.assert_array_equal(model.transform(RAGGED), free.transform(RAGGED))


def test_scales_are_those_of_the_first_fit():
    """Which its weights are made for: until a fit begins anew."""
    model = frozen(CNNClassifier).partial_fit(X[:7], CLASSES[:7], classes=[0, 1, 2])
    first = model.module_.head.dense[0].mean.clone()
    model.partial_fit(X[7:], CLASSES[7:])
    assert torch.equal(model.module_.head.dense[0].mean, first)
    model.set_params(freeze=None, warm_start=True).fit(X[7:], CLASSES[7:])
    assert torch.equal(model.module_.head.dense[0].mean, first)
    model.set_params(init_from=None, warm_start=False).fit(X, CLASSES)
    assert not isinstance(model.module_.head.dense[0], Standardization)


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor, CNNLSTMClassifier])
def test_files_pickles_and_graphs(cls, tmp_path):
    options = {"n_networks": 2} if cls is CNNClassifier else {}
    model = frozen(cls, **options).fit(X, CLASSES)
    expected = model.predict(X)
    save(model, tmp_path / "model.skseq")
    for other in (load(tmp_path / "model.skseq"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(X), expected)
        assert np.isfinite(other.partial_fit(X, CLASSES).loss_curve_).all()
    export_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    lengths = np.full(14, 9)
    found, *_ = session.run(None, {"X": np.float32(X), "lengths": lengths})
    if cls is not CNNRegressor:
        expected = model.predict_proba(X)
    np.testing.assert_allclose(np.squeeze(found), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [{"conformal": True}, {"max_epochs": "auto"}])
def test_networks_beside_have_scales_of_their_own_samples(options, monkeypatch):
    sizes = []

    def counted(network, data):
        sizes.append(len(data))
        learn_feature_scales(network, data)

    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 10)
    monkeypatch.setattr("skseq.core.transfer.learn_feature_scales", counted)
    many = np.concatenate([X, X[::-1, ::-1]])
    frozen(CNNRegressor).set_params(**options).fit(many, many[:, 0, 0])
    assert sorted(sizes) == [22, 22, 22, 23, 23, 28]
