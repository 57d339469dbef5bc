import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import EpochScoring
from torch import nn

from skseq import RNNClassifier, RNNRegressor
from skseq.networks import CELLS, RecurrentLayer

rng = np.random.RandomState(0)
X = rng.randn(60, 8, 2)
Y = (X[:, 1, 0] + X[:, 6, 1] > 0).astype(int)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_learns_a_sum_over_time(cell):
    X = rng.randn(300, 10, 1)
    y = X.sum(axis=(1, 2))
    model = RNNRegressor(cell=cell, max_epochs=30, lr=0.01, random_state=0)
    assert model.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.9


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"hidden_size": 5}, [(2, 5)]),
        ({"hidden_size": 5, "num_layers": 3}, [(2, 5), (5, 5), (5, 5)]),
        ({"hidden_size": (6, 4)}, [(2, 6), (6, 4)]),
        ({"hidden_size": (6, 4), "num_layers": 2}, [(2, 6), (6, 4)]),
    ],
)
def test_any_stack_of_sizes(options, sizes):
    model = RNNClassifier(
        cell="gru", bidirectional=False, normalize=None, max_epochs=1, **options
    ).fit(X, Y)
    kernels = [layer.kernel for layer in model.module_.encoder.layers]
    assert [(k.input_size, k.hidden_size) for k in kernels] == sizes
    assert model.module_.head.dense[-1].in_features == 3 * sizes[-1][1]


def test_options_reach_the_network():
    model = RNNClassifier(
        cell="rnn",
        nonlinearity="relu",
        bidirectional=True,
        hidden_size=(4, 3),
        recurrent_dropout=0.25,
        dropout=0.5,
        dense_size=(7, 5),
        pooling="max",
        max_epochs=1,
    ).fit(X, Y)
    encoder, head = model.module_.encoder, model.module_.head
    assert encoder.output_size == 6
    assert encoder.layers[1].backwards.kernel.nonlinearity == "relu"
    assert encoder.layers[0].forwards.recurrent_dropout.p == 0.25
    assert encoder.dropout.p == head.dense[0].p == 0.5
    linears = [part for part in head.dense if isinstance(part, nn.Linear)]
    assert [(p.in_features, p.out_features) for p in linears] == [
        (6, 7),
        (7, 5),
        (5, 2),
    ]
    assert type(head.pooling).__name__ == "MaxPooling"


class LeakyLayer(RecurrentLayer):
    """h_t = h_{t-1} / 2 + tanh(W x_t + U h_{t-1} + b), a user's own cell."""

    def _make_kernel(self, input_size):
        return nn.RNN(input_size, self.hidden_size, batch_first=True)

    def forward(self, x, state=None):
        return self._unroll(x, state)

    def _step(self, gates, recurrent, state):
        return (state[0] / 2 + torch.tanh(gates + recurrent),)


def test_a_cell_of_ones_own():
    model = RNNClassifier(
        cell=LeakyLayer, bidirectional=False, lr=0.02, max_epochs=15, random_state=0
    )
    model.fit(X, Y)
    assert isinstance(model.module_.encoder.layers[0], LeakyLayer)
    assert model.score(X, Y) > 0.9


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"cell": "lstmm"}, "'cell' parameter"),
        ({"hidden_size": 0}, "'hidden_size' parameter"),
        (
            {"hidden_size": (4, 0)},
            r"hidden_size must hold positive integers, got \(4, 0",
        ),
        ({"hidden_size": ()}, r"hidden_size=\(\) names 0 layers"),
        ({"hidden_size": (4, 3), "num_layers": 3}, "names 2 layers, but num_layers=3"),
        ({"dense_size": (3, 1.5)}, "dense_size must hold positive integers"),
        ({"pooling": "median"}, "'pooling' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"recurrent_dropout": -0.1}, "'recurrent_dropout' parameter"),
        ({"normalize": "batch"}, "'normalize' parameter"),
        ({"optimizer": "adamm"}, "'optimizer' parameter"),
        ({"lr": 0}, "'lr' parameter"),
        ({"lr_schedule": "step"}, "'lr_schedule' parameter"),
        ({"max_epochs": 0}, "'max_epochs' parameter"),
        ({"batch_size": 2.5}, "'batch_size' parameter"),
        ({"batch_size": 2**63}, "'batch_size' parameter"),
        ({"n_threads": 2**31}, "'n_threads' parameter"),
        ({"warm_start": np.array([True, False])}, "'warm_start' parameter"),
        ({"clip_norm": 0}, "'clip_norm' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"class_weight": "equal"}, "'class_weight' parameter"),
        ({"class_weight": {5: 2.0}}, "not in class_weight|class_weight"),
        ({"n_threads": 0}, "'n_threads' parameter"),
        ({"device": "gpu"}, "device='gpu' is unknown"),
        ({"random_state": "a"}, "'random_state' parameter"),
        ({"callbacks": 3}, "'callbacks' parameter"),
        ({"callbacks": [3]}, "callbacks must hold skorch callbacks, got 3"),
        ({"callbacks": [EpochScoring("roc_auc")]}, "callbacks holds EpochScoring"),
        ({"cell": torch.nn.LSTM}, "cell must be one of .* or a subclass of"),
        ({"cell": len}, "cell must be one of .* got <built-in function len>"),
        ({"hidden_size": True}, "'hidden_size' parameter"),
        (
            {"class_weight": {0: -1.0, 1: 1.0}},
            "finite numbers from 0 on, got {0: -1.0}",
        ),
        ({"class_weight": {0: 0.0, 1: 0.0}}, "gives all samples the weight zero"),
        ({"device": "mps"}, "device='mps' is unknown"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_bad_parameters(options, match):
    model = RNNClassifier(max_epochs=1).set_params(**options)
    with pytest.raises(ValueError, match=match):
        model.fit(X, Y)
    assert not hasattr(model, "net_")


def test_numbers_of_numpy_are_numbers():
    for name, value in {
        "hidden_size": np.int64(4),
        "dense_size": (np.int64(4), np.int32(3)),
        "num_layers": np.int64(2),
        "batch_size": np.int64(16),
        "max_epochs": np.int64(2),
        "lr": np.float64(0.01),
    }.items():
        options = {"max_epochs": 2, "lr_schedule": "onecycle", name: value}
        model = RNNClassifier(random_state=0, **options)
        expected = clone(model).set_params(**{name: plain(value)}).fit(X, Y)
        np.testing.assert_array_equal(
            model.fit(X, Y).predict_proba(X), expected.predict_proba(X)
        )


def plain(value):
    return tuple(map(int, value)) if isinstance(value, tuple) else value.item()
