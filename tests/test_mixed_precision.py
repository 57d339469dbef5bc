"""Mixed precision never trains another network than the one written down."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from skseq import (
    CNNClassifier,
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    CNNTagger,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)
from skseq.data.batching import Batch
from skseq.networks import CELLS, GRULayer
from skseq.networks.convolution import ChannelsLastConv1d
from skseq.training._precision import wrong_layer

rng = np.random.default_rng(0)
X = rng.normal(size=(70, 6, 2)).astype(np.float32)
RAGGED = [x[: 1 + i % 6] for i, x in enumerate(X)]
Y = X.sum(axis=(1, 2))
TABLE = np.sin(np.arange(60) / 3) + rng.normal(size=60) / 10
NAMES = ["anna", "hanna", "johanna", "ann"] * 5

SHORT = {"max_epochs": 2, "random_state": 0, "batch_size": 16, "device": "cpu"}
RECURRENT = {**SHORT, "hidden_size": 5, "dropout": 0.2}
CONVOLUTIONAL = {**SHORT, "n_filters": (4,), "kernel_size": 3}
WINDOWS = {**RECURRENT, "window_length": 6, "horizon": 2}
FITS = {
    "rnn": (RNNClassifier(**RECURRENT), (RAGGED, Y > 0)),
    "cnn": (CNNClassifier(**CONVOLUTIONAL), (RAGGED, Y > 0)),
    "cnn_lstm": (CNNLSTMRegressor(**SHORT, n_filters=(4,), hidden_size=4), (X, Y)),
    "rnn tagger": (RNNTagger(**RECURRENT), (RAGGED, [x[:, 0] > 0 for x in RAGGED])),
    "cnn tagger": (CNNTagger(**CONVOLUTIONAL), (X, X[..., 0] > 0)),
    "tokens": (
        RNNClassifier(**RECURRENT, embedding_dim=4),
        (rng.integers(0, 9, size=(70, 6)), Y > 0),
    ),
    "early stopping": (RNNRegressor(**RECURRENT, early_stopping=True), (X, Y)),
    "seq2seq": (
        Seq2SeqRegressor(**RECURRENT, teacher_forcing=(1.0, 0.0), attention="dot"),
        (X, X[..., 0]),
    ),
    "seq2seq of tokens": (
        Seq2SeqClassifier(**RECURRENT, teacher_forcing=0.0),
        (RAGGED, [x[:, 0] > 0 for x in RAGGED]),
    ),
    "rnn forecaster": (RNNForecaster(**WINDOWS), (TABLE,)),
    "cnn_lstm forecaster": (
        CNNLSTMForecaster(**WINDOWS, n_filters=2, stride=2),
        (TABLE,),
    ),
    "seq2seq forecaster": (Seq2SeqForecaster(**WINDOWS), (TABLE,)),
    "texts": (SequenceGenerator(**RECURRENT, window_length=8), (NAMES,)),
}
MESSAGE = r"another network.* the layer \S+ \({}\) computes other values.* float32"


def wrong_under_autocast(right, how):
    """Return a method `forward` that is wrong wherever autocast is on."""

    def forward(self, *args, **kwargs):
        outputs = right(self, *args, **kwargs)
        return how(outputs) if torch.is_autocast_enabled("cpu") else outputs

    return forward


def weights(fitted):
    return {name: part.numpy() for name, part in fitted.module_.state_dict().items()}


def assert_same(one, other):
    """The same weights, bit by bit, and the same losses."""
    assert one.loss_curve_ == other.loss_curve_
    for name, value in weights(other).items():
        np.testing.assert_array_equal(weights(one)[name], value)


@pytest.mark.parametrize("name", FITS)
def test_a_fit_with_a_wrong_layer_warns_and_is_one_in_float32(name, monkeypatch):
    model, data = FITS[name]
    plain = clone(model).fit(*data)
    wrong = wrong_under_autocast(nn.Linear.forward, lambda y: y.flip(-1) + 1)
    monkeypatch.setattr(nn.Linear, "forward", wrong)
    mixed = clone(model).set_params(mixed_precision=True)
    with pytest.warns(UserWarning, match=MESSAGE.format("Linear")) as record:
        mixed.fit(*data)
    assert len(record) == 1
    assert record[0].filename == __file__
    assert_same(mixed, plain)
    assert mixed.mixed_precision  # a parameter stays what the user said


@pytest.mark.parametrize(
    "how",
    [
        lambda y: -y,
        lambda y: 3 * y,  # hidden by normalisation
        lambda y: y + 1,  # hidden, too
        lambda y: y.flip(1),  # hidden by pooling
        torch.zeros_like,
        lambda y: y * torch.nan,
        lambda y: y[:, :, :1],
        lambda y: torch.where(torch.arange(y.shape[1])[:, None] == 0, -y, y),
    ],
)
def test_a_wrong_convolution_is_found_whatever_hides_it(how, monkeypatch):
    wrong = wrong_under_autocast(ChannelsLastConv1d.forward, how)
    monkeypatch.setattr(ChannelsLastConv1d, "forward", wrong)
    model = CNNClassifier(**CONVOLUTIONAL, n_branches=1, pooling="max")
    model.set_params(mixed_precision=True)
    with pytest.warns(UserWarning, match=MESSAGE.format("ChannelsLastConv1d")):
        model.fit(X, Y > 0)


def test_a_wrong_layer_of_the_user_is_found():
    class Wrong(GRULayer):
        forward = wrong_under_autocast(
            GRULayer.forward, lambda found: (found[0] * 0, found[1])
        )

    options = {**RECURRENT, "recurrent_dropout": 0.3, "mixed_precision": True}
    with pytest.warns(UserWarning, match=MESSAGE.format("Wrong")):
        RNNClassifier(cell=Wrong, **options).fit(X, Y > 0)


def test_every_call_that_trains_looks(monkeypatch):
    wrong = wrong_under_autocast(nn.Linear.forward, torch.neg)
    monkeypatch.setattr(nn.Linear, "forward", wrong)
    model = RNNRegressor(**RECURRENT, mixed_precision=True, warm_start=True)
    detector = SequenceAnomalyDetector(RNNForecaster(**WINDOWS | {"horizon": 1}))
    detector.set_params(forecaster__mixed_precision=True)
    fits = [
        lambda: model.fit(X, Y),
        lambda: model.fit(X, Y),
        lambda: model.partial_fit(X, Y),
        lambda: detector.fit(TABLE),
    ]
    for fit in fits:
        with pytest.warns(UserWarning, match="another network"):
            fit()


def test_no_wrong_layer_is_looked_for_where_nothing_runs_in_bfloat16(monkeypatch):
    small = X[:20].astype(float), Y[:20]  # and so trained in float64
    model = RNNRegressor(**RECURRENT | {"batch_size": 20})
    mixed = clone(model).set_params(mixed_precision=True)
    assert_same(mixed.fit(*small), model.fit(*small))
    wrong = wrong_under_autocast(nn.Linear.forward, torch.neg)
    monkeypatch.setattr(nn.Linear, "forward", wrong)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        RNNRegressor(**RECURRENT).fit(X, Y)
        mixed.fit(*small)
    assert caught == []
    with pytest.warns(UserWarning, match="another network"):
        mixed.fit(X[:20], Y[:20])  # in float32


class Rounding(nn.Linear):
    """A linear layer whose bfloat16 is right, on any processor."""

    def forward(self, x):
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            x, weight, bias = (
                part.bfloat16().float() for part in (x, self.weight, self.bias)
            )
            return nn.functional.linear(x, weight, bias).bfloat16()


class Saturating(Rounding):
    def forward(self, x):
        return torch.tanh(super().forward(x))


class Reading(nn.Module):
    """Calls layers as a network of the package does."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x, lengths):
        return self.layers(x), lengths


def batch(x):
    return Batch(x, None, None, None)


def small_differences(x):
    """Values far from zero, whose differences a layer takes."""
    layer = Rounding(8, 8)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(8) - torch.eye(8).roll(1, 0))
        layer.bias.zero_()
    return Reading(layer), x + 100


@pytest.mark.parametrize(
    "make",
    [
        lambda x: (Reading(Rounding(8, 8)), x),
        lambda x: (Reading(*(Rounding(8, 8) for _ in range(12))), x),
        lambda x: (
            Reading(
                *(f() for _ in range(6) for f in (lambda: Rounding(8, 8), nn.Tanh))
            ),
            x * 30,
        ),
        lambda x: (Reading(Rounding(8, 8), nn.Dropout(0.5), nn.BatchNorm1d(6)), x),
        small_differences,
        lambda x: (Reading(Rounding(8, 8)), x * 0),
        lambda x: (Reading(Rounding(8, 8), nn.ReLU()), x * 1e30),
    ],
)
def test_rounding_is_not_taken_for_a_wrong_layer(make):
    torch.manual_seed(0)
    module, x = make(torch.randn(16, 6, 8))
    assert wrong_layer(module, batch(x)) is None


class Quarter(Rounding):
    """One of its eight outputs is a quarter too large."""

    def forward(self, x):
        y = super().forward(x)
        if torch.is_autocast_enabled("cpu"):
            y = y * torch.tensor([1.25] + [1] * 7)
        return y


def test_a_part_of_the_outputs_that_is_wrong_is_found():
    torch.manual_seed(0)
    layers = [Rounding(8, 8), Quarter(8, 8), Rounding(8, 8)]
    found = wrong_layer(Reading(*layers), batch(torch.randn(16, 6, 8)))
    assert found == "layers.1 (Quarter)"


def test_weights_of_zero_hide_nothing():
    wrong = Quarter(8, 8)
    nn.init.zeros_(wrong.weight)
    nn.init.zeros_(wrong.bias)
    found = wrong_layer(Reading(wrong), batch(torch.randn(16, 6, 8)))
    assert found == "layers.0 (Quarter)"


@pytest.mark.parametrize("cell", CELLS)
def test_looking_leaves_no_trace(cell):
    """Neither in weights, statistics, modes nor in anyone's random numbers."""
    options = {**SHORT, "n_filters": (4,), "hidden_size": 4, "dropout": 0.2}
    module = CNNLSTMRegressor(**options, cell=cell).fit(X, Y).module_
    for part in module.modules():
        part.train()
    before = {name: part.clone() for name, part in module.state_dict().items()}
    generator, modes = torch.get_rng_state(), [m.training for m in module.modules()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wrong_layer(module, batch(torch.from_numpy(X).repeat(1, 1, 2)))
    assert torch.equal(torch.get_rng_state(), generator)
    assert [m.training for m in module.modules()] == modes
    assert not any(m._forward_hooks for m in module.modules())
    for name, part in module.state_dict().items():
        assert torch.equal(part, before[name])


def test_a_layer_that_has_no_kernel_is_not_asked_to_train():
    class WithoutKernel(nn.Linear):
        def forward(self, x):
            if torch.is_autocast_enabled("cpu"):  # as oneDNN's LSTM on some processors
                raise RuntimeError("could not create a primitive descriptor")
            return super().forward(x)

    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = WithoutKernel(2, 1)

        def forward(self, x, lengths):
            return self.linear(x)

    batch = Batch(torch.ones(3, 4, 2), None, None, None, torch.arange(3))
    assert wrong_layer(Module(), batch) == "linear (WithoutKernel)"
