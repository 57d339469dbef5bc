"""The forecaster for sktime: later rows, panels, and sktime's tools around it."""

import numpy as np
import pandas as pd
import pytest
from sales import GAUSSIAN, LEARNS, MONTHS, RNN, TINY, X, X_later, X_train, y, y_train
from sktime.datasets import load_airline
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.boxcox import LogTransformer
from sktime.transformations.detrend import Detrender

from skseq import RNNForecaster
from skseq.sktime import SktimeForecaster


@pytest.fixture(autouse=True)
def _next_default_of_sktime(monkeypatch):
    """sktime's own forecasters warn that they will not keep data."""
    monkeypatch.setitem(BaseForecaster._config, "remember_data", False)


def panel(n_series=4, n_rows=30, seed=0):
    """Series of sktime's layout of panels, with exogenous variables."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [list("abcdefgh")[:n_series], MONTHS[:n_rows]], names=["shop", "month"]
    )
    X = pd.DataFrame({"event": rng.normal(size=len(index))}, index)
    return pd.DataFrame({"sales": 3 * X["event"]}), X


# Further rows ----------------------------------------------------------------


def test_update_without_training():
    model = SktimeForecaster(RNN).fit(y_train, X_train)
    network = model.estimator_.net_
    model.update(y[100:110], X, update_params=False)
    assert model.estimator_.net_ is network
    known = RNNForecaster(known_future=("event", "other"), **TINY)
    known.fit(X_train, y_train).update(X[100:110], y[100:110])
    expected = known.predict(X[110:113])
    pd.testing.assert_series_equal(model.predict([1, 2, 3], X), expected)
    # rows known already are left out
    model.update(y[90:112], X, update_params=False)
    known.update(X[110:112], y[110:112])
    pd.testing.assert_series_equal(
        model.predict([1, 2], X), known.predict(X[112:114]), check_freq=False
    )
    model.update(y[90:112], X, update_params=False)
    assert model.cutoff == MONTHS[111]


def test_update_with_training():
    model = SktimeForecaster(RNN).fit(y_train, X_train).update(y[100:110], X)
    expected = SktimeForecaster(RNN).fit(y[:110], X).predict([1, 2], X)
    pd.testing.assert_series_equal(model.predict([1, 2], X), expected)


@pytest.mark.parametrize("update_params", [True, False])
def test_a_failed_update_changes_nothing(update_params):
    model = SktimeForecaster(RNN).fit(y_train)
    expected = model.predict([1])
    for later, message in ((y[50:60], "go back in time"), (y[105:110], "not regular")):
        message = message if update_params else r"go back in time|where 2008-05"
        with pytest.raises(ValueError, match=message):
            model.update(later, update_params=update_params)
        pd.testing.assert_series_equal(model.predict([1]), expected)


# One network for many series -------------------------------------------------


def test_pretrained_on_a_panel():
    """The rule learned from a panel holds for a series too short to learn from."""
    y_panel, X_panel = panel(n_rows=60)
    model = SktimeForecaster(RNNForecaster(normalize="feature", **LEARNS))
    model.pretrain(y_panel, X_panel)
    expected = RNNForecaster(
        normalize="feature", known_future=("event",), **LEARNS
    ).fit(X_panel, y_panel)
    for mine, other in zip(
        model.pretrained_.module_.parameters(),
        expected.module_.parameters(),
        strict=True,
    ):
        assert mine.equal(other)

    target = 3 * X[["event"]].rename(columns={"event": "elsewhere"})
    model = model.clone().fit(target[92:100], X_train[["event"]])
    forecast = model.predict([1, 2, 10], X_later[["event"]])
    assert list(forecast) == ["elsewhere"]
    truth = target.iloc[[100, 101, 109]]
    assert np.abs(forecast - truth).to_numpy().mean() < 0.5
    assert model.estimator_.net_.history == model.pretrained_.net_.history

    model.update(target[100:101], X[["event"]])  # no training here, either
    assert model.estimator_.net_.history == model.pretrained_.net_.history
    assert model.predict([1], X[["event"]]).index[0] == MONTHS[101]


def test_pretrained_without_exogenous_variables():
    y_panel, _ = panel()
    levels = pd.concat({"north": y_panel, "south": -y_panel}, names=["region"])
    for series in (y_panel, levels):
        model = SktimeForecaster(GAUSSIAN).pretrain(series).fit(y[:7])
        assert model.predict([1, 5]).index.equals(MONTHS[[7, 11]])
        assert model.predict_interval([2], coverage=0.8).shape == (1, 2)
    expected = GAUSSIAN.fit(
        y_panel.reset_index(level=0, drop=True)
        .set_index(
            pd.MultiIndex.from_product([range(4), MONTHS[:30]]),
        )
        .set_axis([0], axis=1)
    ).update(pd.concat({"new": y[:7].to_frame(0)}))
    model = SktimeForecaster(GAUSSIAN).pretrain(y_panel).fit(y[:7])
    forecast = model.predict([1, 2, 3])
    np.testing.assert_allclose(forecast, expected.predict().loc["new", 0], rtol=1e-6)


# Tools of sktime -------------------------------------------------------------


def test_search():
    splits = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=90, step_length=12)
    grid = {"estimator__cell": ["gru", "lstm", "rnn"]}
    search = ForecastingGridSearchCV(SktimeForecaster(RNN), splits, grid, backend=None)
    search.fit(y_train, X_train)
    assert set(search.cv_results_["params"].map(lambda p: p["estimator__cell"])) == {
        "gru",
        "lstm",
        "rnn",
    }
    best = search.best_forecaster_.estimator.cell
    assert {"estimator__cell": best} == search.best_params_
    assert search.predict([1, 2, 3], X).index.equals(MONTHS[100:103])


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_backtest(strategy):
    splits = ExpandingWindowSplitter(fh=[1, 2], initial_window=90, step_length=9)
    scores = evaluate(
        SktimeForecaster(RNN),
        splits,
        y[:115],
        X=X[:115],
        strategy=strategy,
        error_score="raise",
        return_data=True,
    )
    assert len(scores) == 3
    for i, forecast in enumerate(scores["y_pred"]):
        assert forecast.index.equals(MONTHS[[90 + 9 * i, 91 + 9 * i]])


def test_transformed_targets():
    series = load_airline()
    steps = [LogTransformer(), Detrender(), SktimeForecaster(RNN)]
    forecast = TransformedTargetForecaster(steps).fit(series[:-12]).predict([1, 6, 12])
    truth = series.iloc[[-12, -7, -1]]
    assert forecast.index.equals(truth.index)
    assert (forecast / truth - 1).abs().max() < 0.25
    pipeline = Detrender() * SktimeForecaster(RNN)
    pipeline.fit(series[:-12]).update(series[-12:], update_params=False)
    assert pipeline.predict([1]).index[0] == pd.Period("1961-01")


def test_rolling_predictions():
    model = SktimeForecaster(RNN).fit(y_train)
    splits = ExpandingWindowSplitter(fh=1, initial_window=1, step_length=1)
    rolled = model.update_predict(y[100:], splits, update_params=False)
    paths = RNNForecaster(**TINY).fit(y_train).rolling_forecast(y[100:])
    np.testing.assert_allclose(
        rolled[:17], paths.xs(1, level="step").iloc[1:, 0], rtol=1e-5
    )
    assert model.cutoff == MONTHS[99]
