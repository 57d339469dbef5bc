"""Batches of too many steps learn what they would as a whole."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from skseq import RNNClassifier, RNNRegressor, RNNTagger
from skseq.data import large_batches
from skseq.data.batching import SequenceDataset
from skseq.data.large_batches import LargeBatch, n_fitting, parted
from skseq.data.sequences import SequenceArray
from skseq.networks import (
    LSTMLayer,
    RecurrentEncoder,
    SequenceNetwork,
    SequenceNetworks,
    StepHead,
)
from skseq.networks.filling import Fillable, FillingLoss, FillingNetwork
from skseq.networks.hiding import HideValues
from skseq.networks.several import mean_of_values
from skseq.training._net import SequenceNet

rng = np.random.default_rng(0)
X = [rng.normal(size=(n, 2)) for n in [*rng.integers(2, 9, size=23), 60]]
Y = np.array([x[-1, 0] for x in X])
SMALL = {"hidden_size": 3, "bidirectional": False, "max_epochs": 2}
SMALL |= {"batch_size": len(X), "random_state": 0}  # a small fit, in float64
MASKS = {**SMALL, "missing": "mask"}
WEIGHTS = np.linspace(0.5, 2, len(X))
MISSING = np.column_stack([Y, np.where([len(x) > 4 for x in X], np.nan, Y)])
FITS = {
    "classes": (RNNClassifier(**SMALL, l2=0.01, early_stopping=True), Y > 0, WEIGHTS),
    "numbers": (RNNRegressor(**SMALL, n_networks=2), Y, None),
    "missing": (RNNRegressor(**MASKS), MISSING, WEIGHTS),
    "missing, by another loss": (RNNRegressor(**MASKS, loss="huber"), MISSING, None),
    "steps": (RNNTagger(**SMALL, clip_norm=0.1), [x[:, 0] > 0 for x in X], WEIGHTS),
}


def test_samples_are_parted_by_length(monkeypatch):
    monkeypatch.setattr(large_batches, "TRAINING_STEPS", 10)
    lengths = np.array([3, 9, 1, 4, 2, 0])
    parts = parted(torch.tensor([0, 1, 2, 3]), lengths)
    assert [part.tolist() for part in parts] == [[2, 0], [3], [1]]
    assert [part.tolist() for part in parted(torch.tensor([0, 4]), lengths)] == [[0, 4]]
    assert parted(torch.tensor([5]), lengths)[0].tolist() == [5]
    assert [n_fitting(np.array([1, 3, 4]), most) for most in (0, 1, 6, 12)] == [
        1,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("name", FITS)
def test_parts_of_a_batch_learn_as_the_whole(name, monkeypatch):
    monkeypatch.setattr(HideValues, "hidden", lambda self, x, n_values: None)
    model, y, weights = FITS[name]
    whole = model.fit(X, y, weights)
    expected = whole.loss_curve_, whole.module_.state_dict()
    monkeypatch.setattr(large_batches, "TRAINING_STEPS", 30)
    laid_out, gather = [], LargeBatch.parts

    def recorded(batch):
        for part in gather(batch):
            laid_out.append(part.x.shape[:2].numel())
            yield part

    monkeypatch.setattr(LargeBatch, "parts", recorded)
    parts = model.fit(X, y, weights)
    np.testing.assert_allclose(parts.loss_curve_, expected[0], rtol=1e-10)
    for key, value in parts.module_.state_dict().items():
        assert value.dtype == torch.float64
        torch.testing.assert_close(value, expected[1][key], rtol=1e-8, atol=1e-10)
    assert set(laid_out) - set(range(31)) == {60}  # the longest sequence alone


def test_hidden_steps_of_parts_are_filled_in_as_those_of_the_whole():
    """Each of them counts alike, though parts hide other shares of their steps."""
    made = [
        SequenceNetwork(RecurrentEncoder(1, LSTMLayer, (3,)), StepHead(3, (), 1))
        for _ in range(2)
    ]
    networks = SequenceNetworks(made, mean_of_values).double()
    module = FillingNetwork(networks, Fillable(1), 1, 0.5)
    module.hide.forward = lambda x, lengths: (
        (x[..., 0] > 0) & (torch.arange(x.shape[1]) < lengths.unsqueeze(1))
    )
    x = [np.array([[2.0], [-1.0]]), np.array([[1.0], [3.0], [4.0]]), np.array([[-1.0]])]
    sequences = SequenceArray.from_list(x)
    data = SequenceDataset(
        sequences, torch.device("cpu"), np.zeros(3), dtype=torch.float64
    )
    net = SequenceNet(module, criterion=FillingLoss, lr=0.0).initialize()
    net.on_train_begin(net, X=(data, None))
    found = []
    for batch in (
        data.gather(torch.arange(3)),
        LargeBatch(data.gather, [torch.tensor(part) for part in ([2], [0], [1])]),
    ):
        module.zero_grad()
        loss = net.train_step_single(batch)["loss"]
        found.append([loss, *(weights.grad for weights in module.parameters())])
    torch.testing.assert_close(*found, rtol=1e-12, atol=1e-14)
    assert found[0][0] > 0


class Hears(Callback):
    """Notes the losses of batches, and what outputs and targets say that they are."""

    def __init__(self, loss):
        self.loss = loss

    def initialize(self):
        self.told, self.found = [], []
        return self

    def on_batch_begin(self, net, batch, training):
        x, lengths, y, weights, index = batch
        assert batch.x is batch[0] is x
        assert len(x) == len(lengths) == len(y) == len(index) == len(batch)
        assert weights is None
        assert not hasattr(batch, "z")

    def on_batch_end(self, net, batch, training, loss, y_pred):
        self.told.append(loss.item())
        self.found.append(self.loss(y_pred, batch.y).item())


@pytest.mark.parametrize("name", ["numbers", "steps"])
def test_a_callback_sees_samples_and_outputs_of_all_parts(name, monkeypatch):
    monkeypatch.setattr(large_batches, "TRAINING_STEPS", 30)
    model, y, _ = FITS[name]

    def squared(outputs, y):
        return (outputs.unflatten(0, (-1, len(y))) - y).square().mean()

    def entropy(outputs, y):
        costs = torch.nn.functional.cross_entropy(
            outputs.flatten(0, 1), y.flatten(), ignore_index=-100, reduction="sum"
        )
        return costs / sum(map(len, X)) / len(y) * len(X)

    hears = Hears(squared if name == "numbers" else entropy)
    model = type(model)(**{**model.get_params(), "callbacks": [hears]})
    model.set_params(batch_size=20, clip_norm=None).fit(X, y)
    np.testing.assert_allclose(hears.told, hears.found, rtol=1e-5)
    assert len(hears.told) == 4
