"""Targets that are forecast in other units."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.preprocessing import (
    FunctionTransformer,
    PowerTransformer,
    QuantileTransformer,
)

from skseq import (
    CNNLSTMForecaster,
    RNNForecaster,
    Seq2SeqForecaster,
    SequenceAnomalyDetector,
)
from skseq.forecasting._explaining import windows_rolled
from skseq.forecasting._target_maps import BoxCoxMap, learn_map, map_targets
from skseq.persistence import load, save
from skseq.sktime import SktimeForecaster

QUICK = {
    "window_length": 6,
    "horizon": 3,
    "hidden_size": 4,
    "max_epochs": 2,
    "random_state": 0,
}
rng = np.random.RandomState(0)
DAYS = pd.date_range("2024-01-01", periods=70, freq="D", name="day")
GROWTH = (3 + np.arange(70)[:, None] / 30 + rng.normal(size=(70, 2)) / 4) ** 2
SALES = pd.Series(GROWTH[:, 0], DAYS, name="sales")
EVERY = ["log1p", "box-cox", PowerTransformer()]


def panel():
    """Two series of two targets with holes, of which one also has a covariate."""
    table = pd.DataFrame(GROWTH, DAYS, ["a", "b"]).assign(known=np.arange(70) % 7)
    table.loc[DAYS[::13], "a"] = np.nan
    return pd.concat({"n": table[:60], "s": table[:50] * [1, 9, 1]}, names=["shop"])


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6)


# Maps -----------------------------------------------------------------------------


@pytest.mark.parametrize("power", [0.2, 0.5, 0.9])
def test_the_power_is_the_most_likely_one(power):
    y = (5 + np.random.RandomState(0).randn(500)).clip(1) ** (1 / power)
    learned = BoxCoxMap.learned(y)
    expected, found = stats.boxcox(y)
    assert learned.power == pytest.approx(found, abs=1e-4)
    # but for a unit and what is subtracted
    slope, _, r, _, _ = stats.linregress(learned.forward(y), expected)
    assert r == pytest.approx(1)
    assert slope == pytest.approx(learned.unit**found, rel=1e-3)
    np.testing.assert_allclose(learned.back(learned.forward(y)), y)


def test_powers_end_where_every_number_has_a_way_back():
    y = 5 + np.random.RandomState(0).randn(200).clip(-4)
    assert BoxCoxMap.learned(1 / y).power == 0
    assert BoxCoxMap.learned(np.sqrt(y)).power == 1
    assert BoxCoxMap.learned(np.full(5, 3.0)).power == 1
    z = np.array([-1e9, -2.0, 0.0, 2.0])
    for power in (0.0, 0.3, 1.0):
        back = map_targets([BoxCoxMap(power, 2.0)], z[:, None], "", back=True)[:, 0]
        assert (np.diff(back) >= 0).all()
        assert back[0] == 0
        assert back[2] == 2
    far = 1e9 + np.arange(3.0)  # no digit is lost
    found = BoxCoxMap(0.5, 1e9)
    np.testing.assert_allclose(
        found.back(found.forward(far)) - 1e9, [0, 1, 2], atol=1e-6
    )


@pytest.mark.parametrize(
    ("transformer", "match"),
    [
        (FunctionTransformer(np.negative, np.negative), "must not become smaller"),
        (FunctionTransformer(np.log1p), "must lead back"),
        (
            FunctionTransformer(
                lambda y: np.hstack([y, y]), np.abs, check_inverse=False
            ),
            r"transform makes \(9, 2\) of",
        ),
        (PowerTransformer("box-cox"), "strictly positive"),
    ],
)
def test_transformers_that_are_none_for_targets(transformer, match):
    with pytest.raises(ValueError, match=rf"transformer=.* target 1 .*: .*{match}"):
        learn_map(transformer, np.linspace(-0.5, 2, 9), "target 1 of X")


# Forecasts -------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster])
@pytest.mark.parametrize("loss", ["quantile", "squared_error"])
def test_forecasts_are_those_of_logarithms_by_hand(cls, loss):
    """Also drawn towards the naive forecast, behind gaps, fed back and rolled."""
    options = {**QUICK, "loss": loss, "missing": "mask", "known_future": ("known",)}
    rows, names = panel(), ["a", "b"]
    logs = rows.assign(**np.log1p(rows[names]))
    known, later = rows.groupby(level=0).head(-10), rows.groupby(level=0).tail(10)
    model = cls(transformer="log1p", **options).fit(known)
    by_hand = cls(**options).fit(logs.loc[known.index])
    assert_same(model.predict(later), np.expm1(by_hand.predict(later)))
    np.testing.assert_array_equal(model.naive_weight_, by_hand.naive_weight_)
    paths = model.rolling_forecast(later)
    assert_same(paths, np.expm1(by_hand.rolling_forecast(logs.loc[later.index])))
    again = model.rolling_forecast(rows, restart=True)
    assert_same(again, np.expm1(by_hand.rolling_forecast(logs, restart=True)))
    if loss == "quantile":
        ahead = later.groupby(level=0).head(3)
        quantiles = model.predict_quantiles(ahead, (0.2, 0.5))
        expected = np.expm1(by_hand.predict_quantiles(ahead, (0.2, 0.5)))
        assert_same(quantiles, expected)
    first = later.groupby(level=0).head(5)
    model.update(first), by_hand.update(logs.loc[first.index])
    rest = later.groupby(level=0).tail(5)
    assert_same(model.predict(rest), np.expm1(by_hand.predict(rest)))


@pytest.fixture(scope="module", params=EVERY, ids=["log1p", "box-cox", "transformer"])
def fitted(request):
    model = RNNForecaster(transformer=request.param, loss="gaussian", **QUICK)
    return model.fit(SALES[:60])


def test_what_goes_along(fitted, tmp_path):
    save(fitted, tmp_path / "model.skseq")
    forecast = fitted.predict(n_steps=9)
    assert forecast.index.equals(DAYS[60:69])
    assert forecast.name == "sales"
    for model in (load(tmp_path / "model.skseq"), pickle.loads(pickle.dumps(fitted))):
        pd.testing.assert_series_equal(model.predict(n_steps=9), forecast)
        pd.testing.assert_frame_equal(
            model.update(SALES[60:65]).predict_interval(),
            copy.deepcopy(fitted).update(SALES[60:65]).predict_interval(),
        )
    again = clone(fitted).fit(SALES[:60].to_frame("x"), SALES[:60])
    pd.testing.assert_series_equal(again.predict(n_steps=9), forecast)
    low, middle, high = fitted.predict_quantiles(quantiles=(0.1, 0.5, 0.9)).to_numpy().T
    assert ((low < middle) & (middle < high)).all()
    np.testing.assert_allclose(middle, fitted.predict())
    adapted = SktimeForecaster(clone(fitted)).fit(SALES[:60])
    np.testing.assert_allclose(adapted.predict([1, 2]), forecast[:2])


def test_deviations_are_those_of_what_comes_back(fitted):
    """Of 200 000 draws of the normal distribution that the network foretells."""
    outputs = fitted._fed_back(fitted._asked(None, None))
    mean, deviation = outputs[0, 0, 0], np.exp(outputs[0, 0, 1])
    draws = mean + deviation * np.random.RandomState(0).randn(200_000)
    (learned,) = fitted._scaler.maps[None]
    expected = learned.back(draws).std()
    assert fitted.predict_std().iloc[0] == pytest.approx(expected, rel=0.02)
    if fitted.transformer == "log1p":
        variance = (np.exp(deviation**2) - 1) * np.exp(2 * mean + deviation**2)
        assert fitted.predict_std().iloc[0] == pytest.approx(variance**0.5, rel=1e-3)


@pytest.mark.parametrize("transform", ["box-cox", QuantileTransformer(n_quantiles=5)])
def test_training_rows_alone_tell_the_map(transform):
    options = {**QUICK, "early_stopping": True, "transformer": transform}
    rows = pd.concat({"n": SALES[:60], "s": SALES[10:] ** 2})
    model = RNNForecaster(**options).fit(rows)
    z = np.linspace(3, 40, 9)
    for name in ("n", "s"):
        own = learn_map(transform, rows[name][:54].to_numpy(), "")
        np.testing.assert_array_equal(
            model._scaler.maps[name][0].forward(z), own.forward(z)
        )
    new = pd.concat({"w": SALES[:8] * 3})
    model.update(new)
    own = learn_map(transform, new.to_numpy(), "")
    np.testing.assert_array_equal(model._scaler.maps["w"][0].forward(z), own.forward(z))
    assert np.isfinite(model.predict()).all()


def test_a_detector_judges_what_is_mapped():
    sales = SALES.to_numpy().copy()
    sales[50] = 100.0
    options = {**QUICK, "horizon": 1}
    mapped, by_hand = (
        SequenceAnomalyDetector(RNNForecaster(transformer=transform, **options)).fit(
            rows
        )
        for transform, rows in (("log1p", sales[:60]), (None, np.log1p(sales[:60])))
    )
    np.testing.assert_allclose(
        mapped.score_samples(sales), by_hand.score_samples(np.log1p(sales)), rtol=1e-6
    )
    np.testing.assert_allclose(
        mapped.update(sales[60:]), by_hand.update(np.log1p(sales[60:])), rtol=1e-6
    )


@pytest.mark.parametrize("restart", [False, True])
def test_windows_that_are_explained_come_back_too(restart):
    rows = panel()[["a", "b"]]
    options = {**QUICK, "missing": "mask", "loss": "quantile"}
    known, later = rows.groupby(level=0).head(-10), rows.groupby(level=0).tail(10)
    model = RNNForecaster(transformer="box-cox", **options).fit(known)
    later = rows if restart else later
    windows, _, targets = windows_rolled(model, later, None, restart)
    paths = model.rolling_forecast(later, restart=restart)
    np.testing.assert_allclose(windows.paths(model).reshape(-1, 2), paths)
    assert np.nanmean(targets[-1, :, 1]) > 100  # nine times as large
    order = np.arange(len(targets))[::-1]
    turned = windows.holding(windows.values[order], windows.before[order], order)
    np.testing.assert_allclose(turned.paths(model)[::-1].reshape(-1, 2), paths)


# Errors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transform", "least", "value"), [("log1p", -1, -1.0), ("box-cox", 0, 0.0)]
)
def test_values_without_an_image_are_named(transform, least, value):
    wrong = SALES.copy()
    wrong.iloc[62] = value
    match = (
        rf"transformer=.{transform}' needs targets of more than {least}, got {value:g} "
        r"in row {}, column 'sales' \(2024-03-03"
    )
    model = RNNForecaster(transformer=transform, **QUICK)
    with pytest.raises(ValueError, match=match.format(62)):
        model.fit(wrong)
    forecast = model.fit(SALES[:60]).predict()
    for method in (model.update, model.rolling_forecast):
        with pytest.raises(ValueError, match=match.format(2)):
            method(wrong[60:])
    with pytest.raises(ValueError, match=match.format(62)):
        model.fit(SALES.to_frame("x"), wrong)
    pd.testing.assert_series_equal(model.predict(), forecast)


def test_what_cannot_be():
    with pytest.raises(ValueError, match=r"loss=.poisson. is about the mean.*log1p"):
        RNNForecaster(loss="poisson", transformer="log1p", **QUICK).fit(SALES)
    with pytest.raises(ValueError, match="'transformer' parameter"):
        RNNForecaster(transformer="log", **QUICK).fit(SALES)
    roots = FunctionTransformer(np.sqrt, np.square)
    with pytest.raises(ValueError, match="value -4 of target 0 has no value by the"):
        RNNForecaster(transformer=roots, **QUICK).fit(SALES[:60]).update(
            -4 + 0 * SALES[60:]
        )
    unlike = pd.concat({"n": panel().loc["n"], "s": panel().loc["s"].assign(b=np.nan)})
    model = RNNForecaster(transformer=PowerTransformer(), missing="mask", **QUICK)
    with pytest.raises(ValueError, match="target 1 of series 's': it has no value to"):
        model.fit(unlike)
