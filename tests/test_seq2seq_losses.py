"""Writers of numbers by what they minimise."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from torch import nn

from skseq import Seq2SeqRegressor
from skseq.core.losses import LOSSES
from skseq.persistence import load, save

rng = np.random.RandomState(0)
X = rng.randn(40, 5, 2)
Y = rng.gamma(2.0, size=(40, 4, 2))
RAGGED = [y[: 1 + i % 4] for i, y in enumerate(Y)]
QUICK = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


@pytest.mark.parametrize("loss", [*LOSSES, nn.SmoothL1Loss])
@pytest.mark.parametrize("y", [Y, Y[:, :, 0], Y[:, 0, 0], RAGGED])
def test_each_loss_writes_in_the_layout_of_the_targets(loss, y, tmp_path):
    model = Seq2SeqRegressor(loss=loss, early_stopping=True, **QUICK)
    found = model.fit(X, y, sample_weight=np.arange(40.0)).predict(X)
    assert np.shape(found) == np.shape(Y if y is RAGGED else y)
    assert np.isfinite(np.asarray(found)).all()
    if loss in ("poisson", "gamma", "tweedie"):
        assert (np.asarray(found) > 0).all()
    others = [pickle.loads(pickle.dumps(model))]
    if isinstance(loss, str):
        save(model, tmp_path / "model")
        others.append(load(tmp_path / "model"))
    for other in others:
        np.testing.assert_array_equal(other.predict(X), found)


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_quantiles_have_an_axis_more(loss):
    model = Seq2SeqRegressor(loss=loss, **QUICK).fit(X, Y)
    found = model.predict_quantiles(X)
    assert found.shape == (40, 4, 2, 3)
    assert (np.diff(found) >= 0).all()
    np.testing.assert_allclose(found[..., 1], model.predict(X))
    interval = model.predict_interval(X, n_steps=6)
    assert interval.shape == (40, 6, 2, 2)
    np.testing.assert_array_equal(interval[:, :4], found[..., ::2])
    one = clone(model).fit(X, Y[:, :, 0])
    assert one.predict_quantiles(X, (0.2, 0.5)).shape == (40, 4, 2)
    assert clone(model).fit(X, Y[:, 0, 0]).predict_interval(X, 0.5).shape == (40, 2)
    ragged = (
        clone(model).fit(X, RAGGED).predict_interval(X, n_steps=np.arange(40) % 3 + 1)
    )
    assert [len(rows) for rows in ragged[:3]] == [1, 2, 3]
    assert ragged[2].shape == (3, 2, 2)


def test_deviations_are_those_of_intervals():
    model = Seq2SeqRegressor(loss="gaussian", **QUICK).fit(X, Y)
    low, high = np.moveaxis(model.predict_interval(X, 0.6826895), -1, 0)
    np.testing.assert_allclose(model.predict_std(X), (high - low) / 2, rtol=1e-5)
    assert not hasattr(Seq2SeqRegressor(loss="quantile"), "predict_std")
    assert not hasattr(Seq2SeqRegressor(loss="poisson"), "predict_interval")


def test_who_learns_a_spread_is_told_nothing():
    for loss, told in (("squared_error", 1.0), ("poisson", 1.0), ("quantile", 0.0)):
        model = Seq2SeqRegressor(loss=loss, **QUICK).fit(X, Y)
        forcing = model.module_.decoder.forcing
        assert (forcing.first, forcing.last) == (told, told)
    model = Seq2SeqRegressor(loss="quantile", teacher_forcing=0.5, **QUICK).fit(X, Y)
    assert model.module_.decoder.forcing.first == 0.5


def test_rates_are_learned_step_by_step():
    """The mean of each step, of counts that say nothing else."""
    rates = np.array([0.5, 2.0, 6.0])
    counts = np.random.RandomState(0).poisson(rates, size=(400, 3))
    model = Seq2SeqRegressor(
        loss="poisson", hidden_size=4, max_epochs=25, lr=0.03, teacher_forcing=0.0,
        random_state=0,
    )  # fmt: skip
    found = model.fit(np.ones((400, 2, 1)), counts).predict(np.ones((1, 2, 1)))
    np.testing.assert_allclose(found[0], counts.mean(axis=0), rtol=0.1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"loss": "poisson"}, r"loss='poisson' .* got -1 in y\[39\], step 3, target 1"),
        ({"loss": "quantile", "quantiles": (0.8, 0.9)}, "surround the median"),
        ({"loss": "tweedie", "tweedie_power": 1.0}, "'tweedie_power' parameter"),
    ],
)
def test_mistakes_are_told_before_training(params, message, monkeypatch):
    monkeypatch.setattr("skseq.core.sequence_estimator.train", None)
    wrong = Y.copy()
    wrong[-1, -1, -1] = -1
    with pytest.raises(ValueError, match=message):
        Seq2SeqRegressor(**params).fit(X, wrong)


def test_a_fit_goes_on_with_its_loss_only():
    model = Seq2SeqRegressor(loss="poisson", **QUICK).partial_fit(X, Y)
    with pytest.raises(ValueError, match="loss='gamma' and what it needs"):
        model.set_params(loss="gamma").partial_fit(X, Y)
