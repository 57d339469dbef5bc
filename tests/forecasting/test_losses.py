"""Forecasters by what they minimise: names, rates that are never negative, spreads."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import mean_poisson_deviance
from torch import nn

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.core.losses import LOSSES
from skseq.networks import ValueFeedback
from skseq.networks.normalization import LEAST_LEVEL, mean_level
from skseq.networks.seq2seq import Decoder

RATES = ("poisson", "gamma", "tweedie")
CLASSES = (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster)
every_class = pytest.mark.parametrize("cls", CLASSES)
QUICK = {"window_length": 8, "horizon": 3, "hidden_size": 4, "max_epochs": 1}
QUICK |= {"random_state": 0}
rng = np.random.RandomState(0)
SALES = rng.poisson(2.0, size=60).astype(float)
AMOUNTS = rng.gamma(2.0, size=(60, 2))


@every_class
@pytest.mark.parametrize(
    ("old", "new"), [("mse", "squared_error"), ("mae", "absolute_error")]
)
def test_old_names_mean_the_same(cls, old, new):
    one, other = (cls(loss=loss, **QUICK).fit(AMOUNTS) for loss in (old, new))
    np.testing.assert_array_equal(one.predict(), other.predict())
    assert one.loss_curve_ == other.loss_curve_
    assert one._loss == other._loss
    if new == cls().loss:
        np.testing.assert_array_equal(
            cls(**QUICK).fit(AMOUNTS).predict(), one.predict()
        )


@every_class
@pytest.mark.parametrize("loss", RATES)
@pytest.mark.parametrize("normalize", ["last", "window", "feature", None])
def test_a_forecast_of_sales_is_never_negative(cls, loss, normalize):
    """Nor beyond the horizon, nor where series go where they never were."""
    options = {**QUICK, "lr": 0.05, "normalize": normalize}
    model = cls(loss=loss, **options).fit(AMOUNTS)
    assert (model.predict(n_steps=10) >= 0).all()
    falling = np.linspace(1, 0, 20)[:, None] * [1, 1e-9]
    assert (model.update(falling).predict(n_steps=7) >= 0).all()
    assert (model.rolling_forecast(-AMOUNTS[:20]) >= 0).all()


def test_a_rate_that_comes_and_goes_is_told():
    """Seasonal counts: nearer to the rate than counts are, and by the deviance."""
    season = np.exp(0.2 + 1.2 * np.sin(np.arange(400) * np.pi / 6))
    counts = np.random.RandomState(0).poisson(season).astype(float)
    model = RNNForecaster(
        loss="poisson", window_length=24, horizon=12, hidden_size=16, max_epochs=15,
        lr=0.01, random_state=0,
    ).fit(counts[:-24])  # fmt: skip
    said, true, told = model.predict(n_steps=24), season[-24:], counts[-24:]
    assert np.abs(said - true).mean() < 0.5 * np.abs(counts[-48:-24] - true).mean()
    known = mean_poisson_deviance(told, true)
    mean = mean_poisson_deviance(told, np.full(24, counts[:-24].mean()))
    assert mean_poisson_deviance(told, said) < known + 0.2 * (mean - known)


@pytest.mark.parametrize("loss", RATES)
@pytest.mark.parametrize("cls", [RNNForecaster, Seq2SeqForecaster])
def test_units_do_not_matter_to_a_rate(cls, loss):
    one, other = (cls(loss=loss, **QUICK).fit(unit * AMOUNTS) for unit in (1, 1e6))
    np.testing.assert_allclose(other.predict(), 1e6 * one.predict(), rtol=1e-4)


def test_each_series_is_divided_by_its_own_mean():
    panel = pd.concat({"a": pd.Series(SALES), "b": pd.Series(1e4 * SALES)})
    model = RNNForecaster(loss="poisson", **QUICK).fit(panel.rename_axis(["s", "t"]))
    np.testing.assert_allclose(model._scaler.scales["b"], [[0.0], [1e4 * SALES.mean()]])
    said = model.predict()
    np.testing.assert_allclose(said["b"], 1e4 * said["a"], rtol=1e-4)
    nothing = pd.Series(np.zeros(60), pd.MultiIndex.from_product([["c"], range(60)]))
    assert np.isfinite(model.update(nothing.rename_axis(["s", "t"])).predict()).all()


def test_with_a_season_it_is_divided_by_that():
    model = RNNForecaster(loss="poisson", seasonality=2, **QUICK).fit(SALES)
    step = np.abs(SALES[2:] - SALES[:-2]).mean()
    np.testing.assert_allclose(model._scaler.scales[None], [[0.0], [step]])


def test_a_window_is_divided_by_its_level():
    x = torch.tensor([[[1.0, 0.0], [3.0, 0.0], [5.0, 0.0]]])
    center, scale = mean_level(x)
    assert (center == 0).all()
    assert scale[0, 0].tolist() == pytest.approx([3 + LEAST_LEVEL, LEAST_LEVEL])
    holes = torch.tensor([[[False, True], [False, True], [True, True]]])
    assert mean_level(x, holes).scale[0, 0, 0].item() == pytest.approx(2 + LEAST_LEVEL)
    assert mean_level(-x).scale.min() > 0


def test_rates_are_fed_back_as_themselves():
    feedback = ValueFeedback(1, positive=True)
    said = feedback.choose(torch.log(torch.tensor([[[3.0]]])))
    assert said.item() == pytest.approx(3)
    model = Seq2SeqForecaster(loss="poisson", **QUICK).fit(SALES)
    decoder = next(p for p in model.module_.modules() if isinstance(p, Decoder))
    assert decoder.feedback.positive


@pytest.mark.parametrize(
    ("loss", "wrong", "message"),
    [
        (
            "poisson",
            -1.0,
            r"loss='poisson' .* 0 or more, got -1 in target 0 in row",
        ),
        (
            "gamma",
            0.0,
            r"loss='gamma' .* more than 0, got 0 in target 0 in row",
        ),
        ("tweedie", None, r"loss='tweedie' needs y whose sum is above 0"),
    ],
)
def test_targets_that_are_no_rates_are_told_before_training(
    loss, wrong, message, monkeypatch
):
    monkeypatch.setattr("skseq.forecasting._learning.train", None)
    y = np.zeros(60) if wrong is None else np.r_[AMOUNTS[:59, 0], wrong]
    with pytest.raises(ValueError, match=message):
        RNNForecaster(loss=loss, **QUICK).fit(y)
    if wrong is not None:
        index = pd.MultiIndex.from_product([["a", "b"], range(30)], names=["s", "t"])
        with pytest.raises(ValueError, match=r"row 29 of series 'b'\.$"):
            RNNForecaster(loss=loss, **QUICK).fit(pd.Series(y, index))


@pytest.mark.parametrize("loss", RATES)
def test_holes_cost_nothing(loss):
    y = AMOUNTS.copy()
    y[5:9, 0] = y[30] = np.nan
    model = RNNForecaster(loss=loss, missing="mask", **QUICK).fit(y)
    assert (model.predict() > 0).all()
    assert np.isfinite(model.loss_curve_).all()


@every_class
def test_a_loss_of_ones_own(cls):
    named, own = (
        cls(loss=loss, **QUICK, shrink_to_naive=False).fit(AMOUNTS)
        for loss in ("huber", nn.SmoothL1Loss)
    )
    np.testing.assert_allclose(own.predict(), named.predict(), rtol=1e-5)
    with pytest.raises(ValueError, match="must return a loss for every target"):
        cls(loss=lambda a, b: (a - b).mean(), **QUICK).fit(AMOUNTS)


@every_class
def test_deviations_are_those_of_intervals(cls):
    model = cls(loss="gaussian", **QUICK).fit(pd.DataFrame(AMOUNTS, columns=["a", "b"]))
    deviation = model.predict_std()
    interval = model.predict_interval(coverage=0.6826895)
    for name in "ab":
        low, high = interval[name].to_numpy().T
        np.testing.assert_allclose(high - low, 2 * deviation[name], rtol=1e-5)
    with pytest.raises(ValueError, match=r"reach horizon=3 rows ahead"):
        model.predict_std(n_steps=4)


def test_what_a_loss_does_not_learn_is_no_attribute():
    asks = ("predict_quantiles", "predict_interval", "predict_std")
    for loss in [*LOSSES, "mse", "mae"]:
        has = [hasattr(RNNForecaster(loss=loss), ask) for ask in asks]
        spread = loss in ("quantile", "gaussian")
        assert has == [spread, spread, loss == "gaussian"], loss
    with pytest.raises(AttributeError, match="no attribute 'predict_std'"):
        RNNForecaster(loss="quantile", **QUICK).fit(SALES).predict_std()
