import pickle

import numpy as np
import pandas as pd
import pytest
from sales import GAUSSIAN, LEARNS, MONTHS, RNN, TINY, X, X_later, X_train, y, y_train
from scipy.stats import norm
from sktime.forecasting.base import ForecastingHorizon

from skseq import CNNLSTMForecaster, RNNForecaster, RNNRegressor
from skseq.sktime import SktimeForecaster

# About classes of sktime itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Forecasters' predict_proba requires skpro"),
    pytest.mark.filterwarnings("ignore:Sorting by default when concatenating all"),
]

CNN_LSTM = CNNLSTMForecaster(n_filters=4, **TINY)


# The same forecasts as those of the estimator --------------------------------


@pytest.mark.parametrize("estimator", [RNN, CNN_LSTM])
def test_adapter_is_its_estimator(estimator):
    forecast = SktimeForecaster(estimator).fit(y_train).predict(fh=range(1, 8))
    expected = estimator.fit(y_train).predict(n_steps=7)
    pd.testing.assert_series_equal(forecast, expected)


def test_adapter_is_its_estimator_with_exogenous_variables():
    forecast = SktimeForecaster(RNN).fit(y_train, X_train).predict([1, 2, 3, 4], X)
    known = RNNForecaster(known_future=("event", "other"), **TINY)
    expected = known.fit(X_train, y_train).predict(X_later[:4])
    pd.testing.assert_series_equal(forecast, expected)


def test_adapter_is_its_estimator_with_categories():
    given = X.assign(event=np.where(X["event"] > 0, "fair", "none"))
    model = SktimeForecaster(RNN).fit(y_train, given[:100])
    forecast = model.predict([1, 2, 3, 4], given)
    known = RNNForecaster(known_future=("event", "other"), **TINY)
    expected = known.fit(given[:100], y_train).predict(given[100:104])
    pd.testing.assert_series_equal(forecast, expected)


def test_one_network_forecasts_all_columns_of_y():
    Y = pd.DataFrame({"b": y_train, "a": -y_train})
    model = SktimeForecaster(RNN).fit(Y)
    forecast = model.predict([1, 2])
    expected = RNNForecaster(**TINY).fit(Y).predict(n_steps=2)
    pd.testing.assert_frame_equal(forecast, expected)
    assert not hasattr(model, "forecasters_")


def test_a_panel_becomes_one_network_per_series():
    y_panel = pd.concat({"a": y.to_frame(), "b": y.to_frame() * 2})
    model = SktimeForecaster(RNN).fit(y_panel)
    alone = SktimeForecaster(RNN).fit(y_panel.loc["b"]).predict([2])
    np.testing.assert_array_equal(model.predict([2]).loc["b"], alone)
    assert model.forecasters_.shape == (2, 1)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(120),
        pd.Index(np.arange(7, 127)),
        MONTHS,
        pd.date_range("2000-01-01", periods=120, freq="MS"),
        pd.DatetimeIndex(pd.date_range("2000-01-01", periods=120, freq="W").to_numpy()),
        pd.date_range("2000-01-01", periods=120, freq="15min"),
    ],
)
def test_horizons(index):
    """Gaps, absolute times, and rows that were taken note of one by one."""
    series, exogenous = y.set_axis(index), X.set_axis(index)
    model = SktimeForecaster(RNN).fit(series[:100], exogenous[:100])
    later = exogenous[100:110]
    full = model.predict(np.arange(1, 11), later)
    assert full.index.equals(index[100:110])
    gaps = model.predict([2, 5, 9], later)
    pd.testing.assert_series_equal(gaps, full.iloc[[1, 4, 8]], check_freq=False)
    absolute = ForecastingHorizon(index[[101, 104, 108]], is_relative=False)
    pd.testing.assert_series_equal(model.predict(absolute, later), gaps)

    model.update(series[100:101], exogenous[100:101], update_params=False)
    pd.testing.assert_index_equal(
        model.predict([1, 4], later).index, index[[101, 104]], exact="equiv"
    )


# Exogenous variables ---------------------------------------------------------


def test_what_is_known_ahead_is_used():
    """y is three times the event of the same month."""
    model = SktimeForecaster(RNNForecaster(normalize="feature", **LEARNS))
    target = 3 * X["event"]
    forecast = model.fit(target[:100], X_train).predict(np.arange(1, 21), X_later)
    assert (forecast - target[100:]).abs().mean() < 0.3
    assert model.estimator_.known_future == ("event", "other")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"known_future": ("other",)}, ("other",)),
        ({"static": ("other",)}, ("event",)),
        ({"static": (0,)}, ("other",)),
        ({"static": (-1,)}, ("event",)),
    ],
)
def test_which_columns_are_known_ahead(options, expected):
    constant = X.assign(**{k: 1.0 for k in X if k not in expected})
    model = SktimeForecaster(RNNForecaster(**TINY, **options))
    model.fit(y_train, constant[:100])
    assert model.estimator_.known_future == expected
    assert model.estimator.known_future == options.get("known_future", ())
    assert model.predict([3], constant).notna().all()


def test_columns_may_be_called_by_numbers():
    numbered = X.set_axis([1, 0], axis=1).copy()
    numbered[0] = 1.0  # static is what does not change
    model = SktimeForecaster(RNNForecaster(static=(0,), **TINY))
    model.fit(y_train, numbered[:100])
    assert model.estimator_.known_future == (1,)


# Intervals -------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["gaussian", "quantile"])
def test_quantiles(loss):
    model = SktimeForecaster(RNNForecaster(loss=loss, **TINY)).fit(y_train)
    alpha = [0.7, 0.2, 0.5]
    quantiles = model.predict_quantiles([1, 3], alpha=alpha)
    assert quantiles.columns.tolist() == [("sales", a) for a in alpha]
    expected = model.estimator_.predict_quantiles(quantiles=(0.2, 0.5, 0.7)).iloc[
        [0, 2], [2, 0, 1]
    ]
    np.testing.assert_array_equal(quantiles, expected)

    interval = model.predict_interval([1, 3], coverage=[0.5, 0.6])
    assert interval.columns.tolist() == [
        ("sales", c, end) for c in (0.5, 0.6) for end in ("lower", "upper")
    ]
    expected = model.estimator_.predict_interval(coverage=0.6).iloc[[0, 2]]
    np.testing.assert_array_equal(interval["sales", 0.6], expected)


def test_intervals_end_with_the_horizon_of_the_estimator():
    model = SktimeForecaster(GAUSSIAN).fit(y_train)
    assert len(model.predict([1, 4])) == 2
    for ask in (
        lambda: model.predict_quantiles([4], alpha=[0.5]),
        lambda: model.predict_interval([1, 4], coverage=0.5),
        lambda: model.predict_var([4]),
    ):
        with pytest.raises(ValueError, match=r"horizon=3 rows .* 4 rows ahead"):
            ask()


def test_quantiles_of_several_columns():
    Y = pd.DataFrame({"a": y_train, "b": 100 + y_train})
    model = SktimeForecaster(GAUSSIAN).fit(Y)
    quantiles = model.predict_quantiles([1, 2], alpha=[0.9, 0.1])
    assert quantiles.columns.tolist() == [(c, a) for c in "ab" for a in (0.9, 0.1)]
    assert (quantiles["b"] > 50).all(axis=None)
    assert (quantiles["a", 0.9] > quantiles["a", 0.1]).all()


def test_variance_of_a_normal_distribution():
    model = SktimeForecaster(GAUSSIAN).fit(y_train)
    low, high = model.predict_quantiles([1], alpha=norm.cdf([-1, 1]).tolist()).iloc[0]
    variance = model.predict_var([1]).to_numpy()
    np.testing.assert_allclose(variance, ((high - low) / 2) ** 2)


def test_tags_follow_the_estimator():
    model = SktimeForecaster()
    for tag in ("pred_int", "missing_values"):
        assert not model.get_tag(f"capability:{tag}")
    assert model.get_tag("property:randomness") == "stochastic"
    model.set_params(estimator=RNNForecaster())
    assert model.get_tag("property:randomness") == "derandomized"
    model.set_params(estimator__loss="quantile", estimator__missing="mask")
    for tag in ("pred_int", "missing_values"):
        assert model.get_tag(f"capability:{tag}")
        assert model.clone().get_tag(f"capability:{tag}")
    with pytest.raises(NotImplementedError, match="prediction intervals"):
        SktimeForecaster(RNN).fit(y_train).predict_interval([1])


def test_missing_values():
    holed = y_train.copy()
    holed.iloc[[5, -2]] = np.nan
    with pytest.raises(ValueError, match="missing data"):
        SktimeForecaster(RNN).fit(holed)
    masks = RNNForecaster(missing="mask", **TINY)
    assert SktimeForecaster(masks).fit(holed).predict([1, 2]).notna().all()


def test_pickle():
    model = SktimeForecaster(RNN).fit(y_train, X_train)
    again = pickle.loads(pickle.dumps(model))
    pd.testing.assert_series_equal(again.predict([2], X), model.predict([2], X))


def test_default():
    model = SktimeForecaster().set_params(estimator=None).fit(y[:26])
    assert model.estimator is None
    assert isinstance(model.estimator_, RNNForecaster)


# Bad input -------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [RNNRegressor(), "rnn", RNNForecaster])
def test_not_a_forecaster(estimator):
    with pytest.raises(TypeError, match=r"None or a forecaster like RNNForecaster\(\)"):
        SktimeForecaster(estimator).fit(y_train)


def test_exogenous_variables_are_missing():
    model = SktimeForecaster(RNN).fit(y_train, X_train)
    with pytest.raises(ValueError, match=r"columns None.* with \['event', 'other'\]"):
        model.predict([1])
    with pytest.raises(ValueError, match=r"columns None.* with \['event', 'other'\]"):
        model.update(y[100:])
    with pytest.raises(ValueError, match="to forecast, 2008-08, but has none at 2008-"):
        model.predict([2, 4], X.iloc[[101, 103]])
    with pytest.raises(ValueError, match=r"columns \['event', 'other'\].* with None"):
        SktimeForecaster(RNN).fit(y_train).predict([1], X)


def test_the_past_cannot_be_forecast():
    with pytest.raises(NotImplementedError, match="in-sample"):
        SktimeForecaster(RNN).fit(y_train).predict([-1, 0, 1])


def test_time_spans_are_a_horizon():
    y = pd.Series(np.sin(np.arange(60.0)), pd.date_range("2024", periods=60, freq="D"))
    model = SktimeForecaster(RNNForecaster(window_length=3, max_epochs=1)).fit(y)
    found = model.predict(fh=pd.to_timedelta([1, 3], unit="D"))
    pd.testing.assert_series_equal(found, model.predict(fh=[1, 3]), check_freq=False)
    with pytest.raises(ValueError, match="no whole number of steps"):
        model.predict(fh=pd.to_timedelta([36], unit="h"))


def test_whole_numbers_count_in_ones():
    y = pd.Series(np.sin(np.arange(60.0)), pd.RangeIndex(0, 120, 2))
    with pytest.raises(ValueError, match=r"2 apart.*fh=1 is 119 there, and not 120"):
        SktimeForecaster(RNNForecaster(window_length=3, max_epochs=1)).fit(y)
