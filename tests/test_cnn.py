"""Convolutional estimators and those with recurrent layers behind them."""

import numpy as np
import pytest
from skorch.callbacks import Callback
from torch import nn

from skseq import CNNClassifier, CNNLSTMClassifier, CNNLSTMRegressor, CNNRegressor

rng = np.random.RandomState(0)
X = rng.randn(60, 12, 2)
Y = (X[:, 4, 0] > 0).astype(int)
SMALL = {"n_filters": (8,), "kernel_size": 3, "max_epochs": 2, "random_state": 0}


def pattern_data(n):
    """A bump or a dip at a random place of a noisy series."""
    t = np.arange(40)
    places = rng.randint(5, 35, size=n)
    y = rng.randint(2, size=n)
    bumps = 3 * np.exp(-((t - places[:, None]) ** 2) / 4)
    return 0.5 * rng.randn(n, 40) + bumps * (2 * y - 1)[:, None], y


@pytest.mark.parametrize("cls", [CNNClassifier, CNNLSTMClassifier])
def test_a_pattern_is_found_wherever_it_is(cls):
    data, y = pattern_data(300)
    model = cls(n_filters=(16,), kernel_size=8, n_branches=1, max_epochs=15)
    model.set_params(random_state=0).fit(data[:150], y[:150])
    assert model.score(data[150:], y[150:]) > 0.95


@pytest.mark.parametrize("cls", [CNNRegressor, CNNLSTMRegressor])
def test_numbers_are_learned(cls):
    data = rng.randn(300, 20, 1)
    y = np.maximum(data, 0).sum(axis=(1, 2))
    model = cls(n_filters=(16,), kernel_size=3, n_branches=1, max_epochs=60)
    model.set_params(random_state=0, lr=0.01).fit(data[:200], y[:200])
    assert model.score(data[200:], y[200:]) > 0.8


def test_options_reach_the_network():
    model = CNNLSTMClassifier(
        n_filters=(8, 12),
        kernel_size=(5, 3),
        n_branches=2,
        stride=2,
        padding="causal",
        pool_size=3,
        batch_norm=False,
        cell="gru",
        hidden_size=(7, 6),
        bidirectional=False,
        skip=False,
        drop_path=0.4,
        pooling="last",
        dense_size=4,
        dropout=0.25,
        recurrent_dropout=0.1,
        max_epochs=1,
    ).fit(X, Y)
    encoder, head = model.module_.encoder, model.module_.head
    first, second = encoder.convolution.layers
    assert [c.kernel_size[0] for c in second.convolutions] == [3, 1]
    assert [c.stride[0] for c in first.convolutions] == [2, 2]
    assert (first.padding, first.pool_size, first.norm) == ("causal", 1, None)
    assert (encoder.pool_size, encoder.drop_path.p) == (3, 0.4)
    assert first.dropout.p == encoder.recurrence.dropout.p == 0.25
    kernels = [layer.kernel for layer in encoder.recurrence.layers]
    assert [(k.input_size, k.hidden_size) for k in kernels] == [(12, 7), (7, 6)]
    assert encoder.recurrence.layers[0].recurrent_dropout.p == 0.1
    assert [p.in_features for p in head.dense if isinstance(p, nn.Linear)] == [6, 4]


@pytest.mark.parametrize("residual", [True, False])
def test_every_two_layers_may_have_a_shortcut(residual):
    options = {**SMALL, "n_filters": (8,) * 5, "residual": residual}
    model = CNNClassifier(**options).fit(X, Y)
    assert len(model.module_.encoder.shortcuts) == 2 * residual


@pytest.mark.parametrize(("n", "epochs"), [(20, 400), (160, 200), (4000, 10)])
def test_as_many_epochs_as_make_a_thousand_steps(n, epochs, monkeypatch):
    seen = []

    def train(*args, max_epochs, **options):
        seen.append(max_epochs)
        raise KeyError

    monkeypatch.setattr("skseq.core.sequence_estimator.train", train)
    monkeypatch.setattr(CNNClassifier, "_learns_duration", False)
    with pytest.raises(KeyError):
        CNNClassifier().fit(np.arange(2.0 * n).reshape(n, 2), np.arange(n) % 2)
    assert seen == [epochs]


@pytest.mark.parametrize("cls", [CNNClassifier, CNNLSTMClassifier])
@pytest.mark.parametrize("padding", ["same", "causal"])
def test_one_step_is_enough(cls, padding):
    lengths = [1, 2, 12]
    model = cls(**{**SMALL, "kernel_size": 5, "n_branches": 1, "padding": padding})
    model.fit(X[:, :1], Y)
    assert model.predict([X[i, :n] for i, n in enumerate(lengths)]).shape == (3,)


@pytest.mark.parametrize(
    ("cls", "kernel_size", "stride", "pool_size", "needed"),
    [
        (CNNClassifier, (5,), 1, 1, 5),
        (CNNRegressor, (5,), 3, 2, 5),  # one position is enough
        (CNNClassifier, (3, 2), 1, 1, 4),
        (CNNRegressor, (2, 3), 2, 2, 10),  # 10 steps, 5 positions, pooled 3, 1 position
        (CNNLSTMClassifier, (5,), 3, 2, 5),
        (CNNLSTMRegressor, (2, 3), 2, 2, 6),  # 6 steps, 3 positions, 1 position
    ],
)
def test_valid_kernels_need_a_sequence_that_fills_them(
    cls, kernel_size, stride, pool_size, needed
):
    model = cls(**{**SMALL, "n_filters": (8,) * len(kernel_size), "n_branches": 1})
    model.set_params(kernel_size=kernel_size, stride=stride, pool_size=pool_size)
    model.set_params(padding="valid")
    message = (
        rf"kernel_size=\({kernel_size[0]},.* with padding='valid' needs sequences of "
        rf"{needed} steps .* longest one in X has {needed - 1} \(n_features = 2"
    )
    with pytest.raises(ValueError, match=message):
        model.fit(X[:, : needed - 1], Y)
    assert not hasattr(model, "net_")
    short = [x[: 1 + i % needed] for i, x in enumerate(X)]  # the longest is enough
    together = model.fit(short, Y).transform(short)
    alone = [model.transform([x])[0] for x in short]
    np.testing.assert_allclose(together, alone, rtol=1e-6, atol=1e-8)


def test_a_kernel_that_no_longer_fits_leaves_the_last_fit_alone():
    model = CNNRegressor(**{**SMALL, "n_branches": 1}, padding="valid").fit(X, Y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="kernel_size=13 with padding='valid' needs"):
        model.set_params(kernel_size=13).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"n_filters": 8}, "'n_filters' parameter"),
        ({"n_filters": ()}, "names no layer"),
        ({"n_filters": (8, 0)}, "n_filters must hold positive integers"),
        ({"kernel_size": (3, 3)}, r"kernel_size=\(3, 3\) does not fit the layers that"),
        ({"kernel_size": 0}, "'kernel_size' parameter"),
        ({"n_branches": 3, "padding": "valid"}, "n_branches=3 needs padding='same' or"),
        ({"n_branches": 9}, r"n_filters=\(8,\) are too few to share out among n_branc"),
        ({"stride": 0}, "'stride' parameter"),
        ({"stride": 2**63}, "'stride' parameter"),
        ({"pool_size": 2**31}, "'pool_size' parameter"),
        ({"pool_size": 0}, "'pool_size' parameter"),
        ({"max_epochs": "all"}, "'max_epochs' parameter"),
    ],
)
def test_bad_parameters(options, match):
    with pytest.raises(ValueError, match=match):
        CNNClassifier(**{**SMALL, **options}).fit(X, Y)


def test_changed_statistics_are_noticed():
    """Batch statistics are buffers; float64 data are predicted by a copy."""
    model = CNNRegressor(**{**SMALL, "n_branches": 1}).fit(X[:, :5], Y)
    before = model.predict(X)
    model.module_.encoder.layers[0].norm.running_mean.add_(5.0)
    assert not np.allclose(model.predict(X), before)


class Lengths(Callback):
    """Notes the lengths within each training batch."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.spreads = []

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        self.spreads.append(int(batch.lengths.max() - batch.lengths.min()))


@pytest.mark.parametrize(("batch_norm", "mixed"), [(True, True), (False, False)])
def test_batch_statistics_are_of_all_lengths(batch_norm, mixed):
    """Batches of one length each would have statistics that no prediction meets."""
    ragged = [np.ones((1 + i % 50, 1)) for i in range(400)]
    recorder = Lengths()
    options = {**SMALL, "n_branches": 1, "batch_norm": batch_norm}
    CNNRegressor(callbacks=[recorder], **options).fit(ragged, np.arange(400))
    assert (min(recorder.spreads) > 10) == mixed
