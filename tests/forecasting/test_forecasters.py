import copy
import inspect
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import (
    CNNLSTMForecaster,
    RNNForecaster,
    Seq2SeqForecaster,
    SequenceAnomalyDetector,
)

FORECASTERS = (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster)
# Told all true steps, it learns in seconds.
TOLD = partial(Seq2SeqForecaster, teacher_forcing=1.0, lr=0.03, max_epochs=30)
LEARNERS = [RNNForecaster, CNNLSTMForecaster, TOLD]
every_class = pytest.mark.parametrize("cls", LEARNERS)
SEGMENTS = partial(CNNLSTMForecaster, decoder="segments", kernel_size=2, cell="gru")
every_kind = pytest.mark.parametrize("cls", [*LEARNERS, SEGMENTS])
# Most of these tests are about the network; test_shrinking.py is about the rest.
SMALL = {
    "window_length": 14,
    "horizon": 7,
    "random_state": 0,
    "hidden_size": 16,
    "shrink_to_naive": False,
}
QUICK = {**SMALL, "max_epochs": 1}
# A season is learned in a fifth of the epochs that the defaults take.
SOON = {**SMALL, "lr": 0.03, "max_epochs": 25}
STEPS = np.arange(300)
DAYS = pd.date_range("2020-01-01", periods=300, freq="D", name="day")
WAVE = pd.Series(10 + np.sin(STEPS * 2 * np.pi / 7), DAYS, name="wave")
rng = np.random.RandomState(0)
NOISE = rng.randn(300)
# What happens today depends on what was announced for today.
EVENTS = pd.DataFrame({"event": NOISE, "other": rng.randn(300)}, DAYS)
DEMAND = pd.Series(3 * NOISE, DAYS, name="demand")


# scikit-learn's own checks ---------------------------------------------------

ORDERED = "predict(X) forecasts the rows that follow those of fit, whatever is in X"
NETWORK = {  # the naive forecast is the same for all rows
    "check_methods_sample_order_invariance": ORDERED,
    "check_methods_subset_invariance": ORDERED,
    "check_sample_weight_equivalence_on_dense_data": "a row twice is another series",
}
EXPECTED = {
    "check_regressor_data_not_an_array": "the DataFrame of fit does not follow itself",
    "check_estimators_nan_inf": "what is not known ahead may be missing in predict",
}


@pytest.mark.filterwarnings("ignore:X has no index")
@parametrize_with_checks(
    [
        cls(
            window_length=4,
            max_epochs=1,
            hidden_size=8,
            horizon=horizon,
            shrink_to_naive=shrinks,
        )
        for cls, horizon, shrinks in (
            (RNNForecaster, 1, True),
            (CNNLSTMForecaster, 3, False),
            (Seq2SeqForecaster, 3, False),
        )
    ],
    expected_failed_checks=lambda estimator: (
        EXPECTED if estimator.shrink_to_naive else EXPECTED | NETWORK
    ),
)
def test_sklearn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", FORECASTERS)
def test_parameters_are_documented_in_order(cls):
    section = inspect.getdoc(cls).split("Parameters\n")[1].split("Attributes\n")[0]
    heads = [line for line in section.splitlines() if ", default=" in line]
    signature = inspect.signature(cls).parameters
    assert [line.split(" : ")[0] for line in heads] == list(signature)
    for line, parameter in zip(heads, signature.values(), strict=True):
        default = line.rsplit("default=", 1)[1].replace('"', "'")
        assert default == repr(parameter.default), parameter


# What is forecast ---------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("normalize", ["last", "window", "feature"])
def test_a_season_is_continued(cls, normalize):
    model = cls(normalize=normalize, **SOON).fit(WAVE[:250])
    forecast = model.predict(n_steps=30)  # four times fed back
    pd.testing.assert_series_equal(
        forecast, WAVE[250:280], check_freq=False, atol=0.05, rtol=0
    )


@every_class
def test_a_level_never_seen_does_not_matter(cls):
    model = cls(**SOON).fit(WAVE[:250])
    model.update(WAVE[250:264] + 1000)
    np.testing.assert_allclose(model.predict(), WAVE[264:271] + 1000, atol=0.05)


@every_kind
def test_columns_known_ahead_are_used_and_others_are_not(cls):
    """The target is three times the event of the same day: R² is 1, or about 0."""
    cv = TimeSeriesSplit(2, test_size=7)
    options = {**SOON, "normalize": "feature", "max_epochs": 25}
    known = cls(known_future=("event",), **options)
    assert (cross_val_score(known, EVENTS, DEMAND, cv=cv) > 0.9).all()
    unknown = clone(known).set_params(known_future=())
    assert (cross_val_score(unknown, EVENTS, DEMAND, cv=cv) < 0.5).all()


@every_kind
def test_rows_around_a_known_one_tell_of_it(cls):
    """Sales fall on the day after a holiday, and rise on its eve."""
    holiday = pd.Series(np.random.RandomState(0).rand(300) < 0.15, DAYS).astype(float)
    X = holiday.to_frame("holiday")
    y = 10 - 5 * holiday.shift(1, fill_value=0) + 3 * holiday.shift(-1, fill_value=0)
    options = {"window_length": 4, "horizon": 4, "random_state": 0, "lr": 0.01}
    model = cls(known_future=("holiday",), max_epochs=15, **options)
    model.fit(X[:250], y[:250])
    forecast = pd.concat(  # by two blocks, of which the second is fed back
        [
            model.update(X[i - 8 : i], y[i - 8 : i]).predict(X[i : i + 8])
            for i in range(258, 292, 8)
        ]
    )
    error = np.abs(forecast - y[forecast.index]).to_numpy().reshape(-1, 4)
    assert (error[:, :3].mean(axis=0) < 0.4).all()  # the deviation is 2.1
    assert 0.3 < error[:, 3].mean() < 1.5  # what comes behind a block is not known


@every_kind
def test_nothing_after_the_training_rows_changes_a_forecast(cls):
    model = cls(known_future=("event",), **QUICK).fit(EVENTS[:200], DEMAND[:200])
    later = EVENTS[200:220]
    forecast = model.predict(later)
    changed = later.assign(other=np.nan)
    pd.testing.assert_series_equal(model.predict(changed), forecast)
    announced = later.assign(event=later["event"] + 1)
    assert not np.allclose(model.predict(announced), forecast)
    # and what is announced for later does not change what comes before
    announced = later.copy()
    announced.iloc[10:] += 5
    np.testing.assert_array_equal(model.predict(announced)[:7], forecast[:7])
    # nor do later targets, of which the table of a rolling forecast holds all
    paths = model.rolling_forecast(later, DEMAND[200:220])
    changed = DEMAND[200:220] + np.where(np.arange(20) < 3, 0, 100)
    moved = np.asarray(model.rolling_forecast(later, changed)) != np.asarray(paths)
    assert moved.reshape(14, -1).any(axis=1).tolist() == 4 * [False] + 10 * [True]


@every_class
def test_past_covariates_are_used(cls):
    """The target is three times what a covariate was the day before."""
    target = pd.Series(3 * np.roll(NOISE, 1), DAYS)
    options = {**SMALL, "window_length": 4, "horizon": 1, "normalize": "feature"}
    model = cls(**options, max_epochs=40, lr=0.02).fit(EVENTS[:250], target[:250])
    paths = model.rolling_forecast(EVENTS[250:], target[250:])
    assert r2_score(target[250:], paths.xs(1, level="step")) > 0.8


@every_class
def test_one_model_learns_many_series(cls):
    sizes = {"a": 1.0, "b": 100.0, "c": 10_000.0}
    table = pd.concat(
        {k: (WAVE[: 150 + i] * v).to_frame() for i, (k, v) in enumerate(sizes.items())},
        names=["series"],
    )
    model = cls(**SOON).fit(table)
    forecast = model.predict()
    assert forecast.index.names == ["series", "day"]
    for i, (name, size) in enumerate(sizes.items()):
        expected = WAVE[150 + i : 157 + i] * size
        pd.testing.assert_series_equal(
            forecast.loc[name, "wave"],
            expected,
            check_freq=False,
            rtol=0,
            atol=0.1 * size,
        )
    # a series that was not there is forecast, too
    new = pd.concat({"new": (WAVE[:60] * 7).to_frame()}, names=["series"])
    with pytest.raises(ValueError, match="series 'new', of which no rows are known"):
        model.predict(new)
    forecast = model.update(new).predict().loc["new", "wave"]
    np.testing.assert_allclose(forecast, WAVE[60:67] * 7, atol=0.35)


@every_class
def test_static_columns_tell_series_apart(cls):
    """Series that look alike go on differently, as a static column says."""
    jump = np.repeat(np.tile([0.0, 1.0], 15), 7)[:200]
    parts = {}
    for sign in (-1.0, 1.0):
        values = np.where(np.arange(200) % 14 < 7, 0, sign * jump)
        parts[sign] = pd.DataFrame({"y": values, "sign": sign})
    table = pd.concat(parts)
    options = {**SMALL, "window_length": 7, "normalize": None, "max_epochs": 60}
    model = cls(static=("sign",), lr=0.02, **options)
    model.fit(table.groupby(level=0).head(189))
    paths = model.predict()["y"]
    assert paths[1.0].mean() > 0.5
    assert paths[-1.0].mean() < -0.5


@every_kind
@pytest.mark.parametrize("channels", ["shared", "joint"])
def test_several_targets(cls, channels):
    table = pd.DataFrame({"a": WAVE, "b": -WAVE * 5})
    model = cls(channels=channels, **SOON).fit(table[:250])
    forecast = model.predict()
    assert list(forecast) == ["a", "b"]
    np.testing.assert_allclose(forecast, table[250:257], atol=0.3)


@every_class
def test_missing_values_are_learned_with(cls):
    holed = WAVE.copy()
    holed.iloc[rng.choice(250, 60, replace=False)] = np.nan
    with pytest.raises(ValueError, match=r"NaN in row .* among the targets"):
        cls(**QUICK).fit(holed)
    model = cls(missing="mask", normalize="feature", **SOON).fit(holed[:250])
    np.testing.assert_allclose(model.predict(), WAVE[250:257], atol=0.3)


# Intervals ------------------------------------------------------------------------


@every_class
@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_intervals_cover_as_often_as_they_say(cls, loss):
    noise = np.random.RandomState(1).randn(6000, 1)
    names, rows = np.repeat(np.arange(300), 20), np.tile(np.arange(20), 300)
    table = pd.DataFrame(noise, [names, rows])
    options = {**SMALL, "window_length": 4, "normalize": None, "max_epochs": 10}
    model = cls(loss=loss, quantiles=(0.05, 0.2, 0.5, 0.8, 0.95), **options).fit(table)
    lower, upper = model.predict_interval(coverage=0.8).to_numpy().T
    coverage = norm.cdf(upper) - norm.cdf(lower)
    assert coverage.mean() == pytest.approx(0.8, abs=0.05)
    np.testing.assert_allclose(
        model.predict_quantiles(quantiles=(0.5,)).iloc[:, 0], model.predict()[0]
    )


def test_quantiles_are_laid_out_like_the_targets():
    model = RNNForecaster(loss="quantile", **QUICK)
    assert model.fit(WAVE).predict_quantiles().columns.tolist() == [0.1, 0.5, 0.9]
    table = pd.DataFrame({"a": WAVE, "b": WAVE})
    columns = model.fit(table).predict_quantiles().columns.tolist()
    assert columns == [(name, q) for name in "ab" for q in (0.1, 0.5, 0.9)]
    assert model.fit(table.to_numpy()).predict_quantiles().shape == (7, 2, 3)
    assert model.fit(WAVE.to_numpy()).predict_interval(coverage=0.5).shape == (7, 2)


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_a_decoder_is_as_unsure_of_the_last_step_as_it_should_be(loss):
    """The deviation of a random walk grows with the root of the steps ahead.

    Told the true row before, the same network covers .93 and .58 at both ends.
    """
    walks = np.random.RandomState(0).randn(50, 60).cumsum(axis=1)
    index = pd.MultiIndex.from_product([range(50), range(60)])
    model = Seq2SeqForecaster(
        window_length=2,
        horizon=12,
        loss=loss,
        hidden_size=8,
        max_epochs=5,
        lr=0.03,
        random_state=0,
    ).fit(pd.DataFrame(walks.reshape(-1, 1), index))
    bounds = model.predict_interval(coverage=0.8).to_numpy().reshape(50, 12, 2)
    low, high = np.moveaxis(bounds - walks[:, -1:, None], 2, 0)
    deviation = np.sqrt(np.arange(1, 13))
    coverage = norm.cdf(high / deviation) - norm.cdf(low / deviation)
    assert (np.abs(coverage.mean(axis=0) - 0.8) < 0.09).all()


@pytest.mark.parametrize(
    ("options", "probabilities"),
    [
        ({}, (1.0, 0.0)),
        ({"loss": "gaussian"}, (0.0, 0.0)),
        ({"loss": "quantile"}, (0.0, 0.0)),
        ({"loss": "quantile", "teacher_forcing": 0.5}, (0.5, 0.5)),
    ],
)
def test_who_learns_a_spread_is_told_nothing_by_default(options, probabilities):
    model = Seq2SeqForecaster(**QUICK, **options).fit(WAVE[:40])
    forcing = model.module_.decoder.forcing
    assert (forcing.first, forcing.last) == probabilities


@every_class
@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
@pytest.mark.parametrize("kind", ["array", "series", "panel"])
def test_intervals_end_with_the_horizon(cls, loss, kind):
    """Beyond, the forecast is fed back, and its spread would start again."""
    given = {
        "array": WAVE.to_numpy(),
        "series": WAVE,
        "panel": pd.concat({"a": WAVE.to_frame(), "b": WAVE.to_frame()}),
    }[kind]
    model = cls(loss=loss, **QUICK).fit(given)
    n_series = 2 if kind == "panel" else 1
    for ask in (model.predict_quantiles, model.predict_interval):
        for n_steps in (1, 7):
            assert len(ask(n_steps=n_steps)) == n_steps * n_series
        with pytest.raises(ValueError, match=r"horizon=7 rows .* 8 rows ahead .*=8"):
            ask(n_steps=8)
    assert len(model.predict(n_steps=8)) == 8 * n_series
    later = model.predict(n_steps=9)
    if kind != "panel":
        later = later.to_frame() if kind == "series" else later
        with pytest.raises(ValueError, match=r"horizon=7 rows .* 9 rows ahead"):
            model.predict_interval(later)
        assert len(model.predict_interval(later[:7])) == 7
        return
    later = later.drop([("a", time) for time in later.loc["a"].index[7:]])  # of b
    assert later.groupby(level=0).size().tolist() == [7, 9]
    with pytest.raises(ValueError, match=r"horizon=7 rows .* 9 rows ahead"):
        model.predict_interval(later)
    assert len(model.predict_interval(later.groupby(level=0).head(7))) == 14


@pytest.mark.filterwarnings("ignore:X has no index")
@every_class
def test_arrays_and_frames_with_columns_of_every_part_say_the_same(cls):
    """A frame may be laid out column by column."""
    frame = pd.DataFrame(
        {"a": WAVE, "b": np.roll(WAVE, 2), "event": NOISE, "other": WAVE, "size": 3.0}
    )
    X, y = frame[["event", "other", "size"]], frame[["a", "b"]]
    options = {**SMALL, "max_epochs": 10}
    as_frame = cls(known_future=("event",), static=("size",), **options)
    as_frame.fit(X[:250], y[:250])
    as_array = cls(known_future=(0,), static=(2,), **options)
    as_array.fit(X[:250].to_numpy().copy(), y[:250].to_numpy().copy())
    expected = as_array.predict(X[250:257].to_numpy())
    np.testing.assert_allclose(as_frame.predict(X[250:257]), expected)
    rolled = as_frame.rolling_forecast(X[250:257], y[250:257])
    np.testing.assert_allclose(rolled, expected, rtol=1e-5)


@every_class
def test_no_digit_of_a_high_level_is_lost(cls):
    model = cls(**QUICK).fit(WAVE[:200])
    model.update(WAVE[200:214] + 1e9)
    forecast = model.predict()
    model.fit(WAVE[:200]).update(WAVE[200:214])
    np.testing.assert_allclose(forecast - 1e9, model.predict(), atol=1e-4)


# In the world of scikit-learn ----------------------------------------------------


@every_class
def test_rolling_forecasts_are_what_updates_would_give(cls):
    model = cls(**QUICK).fit(WAVE[:200])
    paths = model.rolling_forecast(WAVE[200:212])
    assert len(paths) == 6 * 7
    for i in range(6):
        path = paths.loc[DAYS[199 + i], "wave"]
        np.testing.assert_allclose(path, model.predict(), rtol=1e-5)
        model.update(WAVE[200 + i : 201 + i])


@every_class
def test_a_restarted_rolling_forecast_knows_the_rows_of_x_only(cls):
    model = cls(**QUICK).fit(WAVE[:200])
    paths = model.rolling_forecast(WAVE[:34] + 5, restart=True)
    assert len(paths) == 14 * 7
    assert paths.index[0] == (DAYS[13], 1)
    model.update(WAVE[:14].set_axis(DAYS[200:214]) + 5)
    later = WAVE[14:34].set_axis(DAYS[214:234]) + 5
    np.testing.assert_allclose(paths, model.rolling_forecast(later), rtol=1e-5)
    with pytest.raises(ValueError, match=r"20 rows.*window_length=14 and"):
        model.rolling_forecast(WAVE[:20], restart=True)


@every_class
def test_kinds_go_out_as_they_came_in(cls):
    model = cls(**QUICK)
    assert isinstance(model.fit(WAVE).predict(), pd.Series)
    assert isinstance(model.fit(WAVE.to_frame()).predict(), pd.DataFrame)
    assert model.fit(WAVE.to_numpy()).predict().shape == (7,)
    assert model.fit(WAVE.to_numpy()[:, None]).predict().shape == (7, 1)
    forecast = model.fit(EVENTS[:200], DEMAND[:200]).predict(EVENTS[200:210])
    assert forecast.name == "demand"
    assert forecast.index.equals(EVENTS.index[200:210])
    with pytest.warns(UserWarning, match="y is an array without"):
        assert model.fit(EVENTS, DEMAND.to_numpy()).predict().shape == (7,)


@every_class
def test_searches_pipelines_and_target_transformers(cls):
    model = cls(**QUICK)
    cv = TimeSeriesSplit(2, test_size=7)
    search = GridSearchCV(model, {"window_length": [7, 14], "horizon": [1, 7]}, cv=cv)
    search.fit(EVENTS, DEMAND)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), model)
    assert np.isfinite(cross_val_score(pipeline, EVENTS, DEMAND, cv=cv)).all()
    logged = TransformedTargetRegressor(cls(**SOON), func=np.log, inverse_func=np.exp)
    with pytest.warns(UserWarning, match="TransformedTargetRegressor takes it away"):
        logged.fit(EVENTS[:250], WAVE[:250])
    forecast = logged.predict(EVENTS[250:257])
    np.testing.assert_allclose(forecast, WAVE[250:257], atol=0.3)


@pytest.mark.parametrize("kind", ["dates", "periods", "timedeltas", "panel"])
def test_an_index_that_only_X_has_is_missed_in_fit(kind, recwarn):
    """An array of dates is no mistake where X has none, nor one beside mere numbers."""
    index = {
        "dates": DAYS[:40],
        "periods": DAYS[:40].to_period(),
        "timedeltas": pd.timedelta_range("3D", periods=40, freq="D"),
        "panel": pd.MultiIndex.from_product([["a"], range(40)]),
    }[kind]
    table, y = EVENTS[:40].set_axis(index), DEMAND[:40].to_numpy()
    model = RNNForecaster(**QUICK)
    model.fit(table, pd.Series(y, index))
    model.fit(table.to_numpy(), pd.Series(y, index))
    model.fit(table.reset_index(drop=True), y)
    assert not recwarn
    with pytest.warns(UserWarning, match="forecasts will be arrays") as caught:
        model.fit(table, y)
    assert caught[0].filename == __file__


def test_it_beats_the_mean_on_the_airline_data():
    from sktime.datasets import load_airline

    series = load_airline()
    model = RNNForecaster(
        window_length=24,
        horizon=12,
        shrink_to_naive=False,
        lr=0.02,
        max_epochs=50,
        random_state=0,
    ).fit(series[:-12])
    mean = DummyRegressor().fit(np.zeros((132, 1)), series[:-12]).constant_.item()
    error = np.abs(model.predict() - series[-12:])
    seasonal = np.abs(series[-24:-12].to_numpy() - series[-12:])
    assert model.predict().index.equals(series.index[-12:])
    assert error.mean() < 0.7 * seasonal.mean() < np.abs(mean - series[-12:]).mean()


@every_class
def test_a_pickle_forecasts_the_same(cls):
    model = cls(known_future=("event",), **QUICK).fit(EVENTS[:200], DEMAND[:200])
    copy = pickle.loads(pickle.dumps(model))
    later = EVENTS[200:215]
    pd.testing.assert_series_equal(copy.predict(later), model.predict(later))
    pd.testing.assert_series_equal(
        copy.update(later, DEMAND[200:215]).predict(EVENTS[215:220]),
        model.update(later, DEMAND[200:215]).predict(EVENTS[215:220]),
    )


def test_held_out_rows_do_not_overlap_those_learned_from():
    """Values that only held-out rows have must not move the scale or the weights."""
    odd = WAVE.copy()
    odd.iloc[-30:] = 1e3
    options = {**QUICK, "early_stopping": True, "validation_fraction": 0.1}
    models = [RNNForecaster(**options).fit(series) for series in (WAVE, odd)]
    for one, other in zip(*(m.module_.parameters() for m in models), strict=True):
        assert one.equal(other)
    assert models[0].validation_scores_ != models[1].validation_scores_


# Errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({}, WAVE[:20], "20 rows.*window_length=14 and horizon=7 need 21 at least"),
        (
            {"early_stopping": True},
            WAVE[:24],
            "24 rows, 7 of them held out.* 28 ",
        ),
        (
            {"early_stopping": True, "validation_fraction": 0.5},
            WAVE[:30],
            "30 rows, 15 of them held out.* to 43 rows",
        ),
        ({}, WAVE.rename(None).replace(WAVE.iloc[3], np.nan), r"column 0 \(2020-01-04"),
        ({}, WAVE.drop(DAYS[40]), "not regular: row 40, 2020-02-11"),
        ({}, WAVE[::-1], "must increase"),
        ({}, np.zeros((20, 14, 1)), r"\(20, 14, 1\).*use CNNLSTMRegressor"),
        ({"known_future": ("x",)}, EVENTS, "known_future holds 'x'"),
        ({"known_future": (0,), "static": ("event",)}, EVENTS, "in known_future and"),
        ({"known_future": ("event", "other")}, EVENTS, "name all columns of X"),
        ({"known_future": (0, "event")}, EVENTS, "names a column twice"),
        ({"quantiles": (0.5, 0.1)}, WAVE, "must be increasing numbers"),
        ({"quantiles": (0.0, 0.1)}, WAVE, "must be increasing numbers"),
        ({"quantiles": (0.1, 0.3), "loss": "quantile"}, WAVE, "surround the median"),
        ({"horizon": 0}, WAVE, "'horizon' parameter"),
        ({"seasonality": 7, "normalize": None}, WAVE, "normalize=None asks for none"),
        ({"seasonality": 300}, WAVE, "seasonality=300, .* need 301 at least"),
        ({"known_future": (True,)}, EVENTS, "known_future holds True"),
        ({"static": ("event",)}, EVENTS, "Static column 'event' changes within X"),
        ({}, EVENTS.set_axis(["a", "a"], axis=1), "columns of the same name"),
        (
            {"missing": "mask", "early_stopping": True},
            WAVE.where(WAVE.index < DAYS[250]),
            "no value in the 30 rows to hold out",
        ),
        ({}, WAVE.replace(WAVE.iloc[3], np.inf), "infinity in row 3 among the targets"),
        ({"missing": "mask"}, WAVE.replace(WAVE.iloc[3], np.inf), "infinity in row 3"),
    ],
)
def test_bad_fits_say_why(options, X, message):
    model = RNNForecaster(**{**QUICK, **options})
    with pytest.raises(ValueError, match=message):
        model.fit(X)
    assert not hasattr(model, "net_")


def test_a_failed_fit_leaves_a_fitted_forecaster_as_it_was():
    model = RNNForecaster(**QUICK).fit(WAVE)
    before = model.predict()
    with pytest.raises(ValueError, match="20 rows"):
        model.fit(WAVE[:20])
    pd.testing.assert_series_equal(model.predict(), before)


def test_bad_predictions_say_why():
    model = RNNForecaster(known_future=("event",), **QUICK)
    model.fit(EVENTS[:200], DEMAND[:200])
    later = EVENTS[200:210]
    with pytest.raises(ValueError, match=r"2020-07-20 .* where 2020-07-19"):
        model.predict(EVENTS[201:210])
    with pytest.raises(ValueError, match=r"2020-01-01 .* where 2020-07-19"):
        model.predict(EVENTS[:200])  # no in-sample guess
    with pytest.raises(ValueError, match="not regular"):
        model.predict(later.drop(later.index[4]))
    with pytest.raises(ValueError, match="its value in row 3 is nan"):
        model.predict(later.assign(event=[0, 0, 0, np.nan, *range(6)]))
    with pytest.raises(ValueError, match="predict needs X"):
        model.predict()
    with pytest.raises(ValueError, match="X has 10 rows"):
        model.predict(later, n_steps=3)
    with pytest.raises(ValueError, match="y is missing"):
        model.score(later)
    with pytest.raises(ValueError, match="X is None; expected the rows to forecast"):
        model.score(None, DEMAND[200:210])
    with pytest.raises(ValueError, match="y is missing, but fit was with one"):
        model.update(later)
    with pytest.raises(ValueError, match="where 2020-07-19"):
        model.update(EVENTS[201:210], DEMAND[201:210])
    with pytest.raises(ValueError, match="needs horizon=7"):
        model.rolling_forecast(EVENTS[200:203], DEMAND[200:203])
    with pytest.raises(AttributeError, match="no attribute 'predict_interval'") as told:
        model.predict_interval(later)
    assert "learned no distribution" in str(told.value.__cause__)
    model.update(later, DEMAND[200:210])  # nothing was half-changed
    assert model.predict(EVENTS[210:212]).index[0] == DAYS[210]


@pytest.mark.parametrize(
    ("horizon", "sizes"), [(1, [1]), (4, [4]), (5, [3, 2]), (8, [4, 4]), (9, [3, 3, 3])]
)
def test_the_horizon_is_divided_into_segments(horizon, sizes):
    model = CNNLSTMForecaster(decoder="segments", kernel_size=4, **QUICK)
    model.set_params(horizon=horizon).fit(WAVE)
    before = model.predict()
    ends = np.cumsum(sizes)
    for i, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        other = copy.deepcopy(model)
        other.module_.encoder.positions.data[0, i] += 1
        moved = ~np.isclose(other.predict(), before, rtol=1e-6)
        assert moved.nonzero()[0].tolist() == list(range(end - size, end))


@pytest.mark.parametrize("teacher_forcing", [2.0, (1.0, 2.0), (1.0,), "often"])
def test_teacher_forcing_is_a_probability(teacher_forcing):
    model = Seq2SeqForecaster(teacher_forcing=teacher_forcing, **QUICK)
    with pytest.raises(ValueError, match="teacher_forcing"):
        model.fit(WAVE)


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ({}, [1]),
        ({"loss": "gaussian"}, [1, 0]),
        ({"loss": "quantile", "quantiles": (0.1, 0.5, 0.7, 0.9)}, [0, 1, 0, 0]),
        ({"loss": "quantile", "quantiles": (0.1, 0.3, 0.7, 0.9)}, [0, 0.5, 0.5, 0]),
    ],
    ids=str,
)
def test_a_decoder_goes_on_from_the_forecast_it_made(options, weights):
    model = Seq2SeqForecaster(teacher_forcing=0.0, **QUICK, **options).fit(WAVE)
    outputs = torch.rand(5, 3, len(weights)).sort().values
    told = model.module_.decoder.feedback.choose(outputs)[:, :, 0]
    expected = model._loss.point(outputs.numpy())
    np.testing.assert_allclose(told, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(told, outputs.numpy() @ weights, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "season", "length"),
    [
        (None, None, 2),
        (None, 1, 2),
        (None, 5, 5),
        (None, 12, 12),
        (None, 13, 2),
        (3, 5, 3),
        (3, None, 3),
    ],
)
def test_a_segment_is_a_season_of_which_the_window_has_two(given, season, length):
    model = CNNLSTMForecaster(kernel_size=given, seasonality=season, **QUICK)
    model.set_params(window_length=24).fit(WAVE)
    weight = model.module_.encoder.convolution.convolution.weight
    assert weight.shape[-1] == length


def test_segments_must_fit_into_the_window():
    with pytest.raises(ValueError, match="kernel_size=20 is longer than window_length"):
        CNNLSTMForecaster(kernel_size=20, **QUICK).fit(WAVE)


@pytest.mark.parametrize("n_steps", [0, -1, 2.0, True, "a"])
def test_the_number_of_steps_is_checked(n_steps):
    model = RNNForecaster(**QUICK).fit(WAVE)
    with pytest.raises(ValueError, match=f"n_steps={n_steps!r} must be a positive"):
        model.predict(n_steps=n_steps)


def test_panels_and_single_series_are_told_apart():
    panel = pd.concat({"a": WAVE.to_frame(), "b": WAVE.to_frame()})
    model = RNNForecaster(**QUICK).fit(panel[:-20])
    for flat in (WAVE.to_frame(), WAVE[-20:].to_frame()):
        with pytest.raises(ValueError, match="one, but fit had one of two levels"):
            model.update(flat)
        with pytest.raises(ValueError, match="set_output"):
            model.predict(flat)
    model.fit(WAVE.to_frame())
    with pytest.raises(ValueError, match="two, but fit had one of one level"):
        model.update(panel)


def test_parameters_set_after_fit_wait_for_the_next():
    model = RNNForecaster(**QUICK).fit(WAVE)
    before = model.predict()
    model.set_params(horizon=3, window_length=5, known_future=("x",))
    pd.testing.assert_series_equal(model.predict(), before)


def test_predictions_keep_the_index_of_their_rows():
    tenths = pd.Series(WAVE.to_numpy(), np.arange(300) * 0.1)
    model = RNNForecaster(**QUICK).fit(tenths.iloc[:290])
    assert model.predict(tenths.iloc[290:].to_frame()).index.equals(tenths.index[290:])


@pytest.mark.parametrize(
    "layout",
    [
        lambda values: pd.Series(values, DAYS[:60], dtype=object),
        lambda values: pd.Series(values, DAYS[:60], dtype="Float64"),
        lambda values: pd.DataFrame({"a": values}, DAYS[:60], dtype=object),
        lambda values: np.array(values, dtype=object),
        list,
    ],
    ids=["objects", "nullable", "table of objects", "array of objects", "list"],
)
def test_all_ways_to_write_a_missing_value_mean_the_same(layout):
    values = [1.0, pd.NA, 4.0, None, 6.0, np.nan] * 10
    numbers = np.array([1, np.nan, 4, np.nan, 6, np.nan] * 10)
    model = RNNForecaster(missing="mask", **QUICK)
    expected = model.fit(numbers).predict()
    forecast = model.fit(layout(values)).predict()
    assert np.array_equal(np.ravel(forecast), expected)
    beside = pd.DataFrame({"day": np.arange(60.0)}, DAYS[:60])
    of_objects = pd.Series(values, DAYS[:60], dtype=object)
    assert np.isfinite(model.fit(beside, of_objects).predict()).all()


def test_scores_leave_out_what_is_missing():
    model = RNNForecaster(missing="mask", **QUICK).fit(WAVE[:280])
    later = WAVE[280:290].copy()
    later.iloc[3] = np.nan
    there = np.delete(np.arange(10), 3)
    expected = r2_score(later.iloc[there], model.predict(later.to_frame()).iloc[there])
    assert model.score(later.to_frame()) == pytest.approx(expected)


@pytest.fixture(scope="module")
def quick():
    options = {"window_length": 4, "max_epochs": 1, "loss": "gaussian"}
    return RNNForecaster(**options).fit(np.arange(20.0))


def test_series_in_a_list_are_told_the_layout_of_panels():
    short = np.arange(30.0)
    for listed in ([short, short[1:]], [short[:, None], short[:, None]]):
        with pytest.raises(ValueError, match=r"^X .* indexed by \(series, time\)"):
            RNNForecaster(window_length=4).fit(listed)


@pytest.mark.parametrize("coverage", ["x", None, 0, 1, np.nan, [0.5]])
def test_wrong_coverages_are_refused(quick, coverage):
    with pytest.raises(ValueError, match=r"coverage=.* must be between 0 and 1"):
        quick.predict_interval(coverage=coverage)


@pytest.mark.parametrize("quantiles", [(np.nan,), (0.5, np.nan), len, "x", (0.8, 0.2)])
def test_wrong_quantiles_are_refused(quick, quantiles):
    with pytest.raises((ValueError, TypeError), match="quantiles"):
        quick.predict_quantiles(quantiles=quantiles)


@pytest.mark.parametrize("y", [np.ones(3), np.ones((6, 2)), np.ones((3, 2)), "x", None])
def test_a_score_needs_targets_of_the_shape_of_the_forecast(y):
    """Six numbers in three rows are not those of six rows."""
    y_train = np.arange(20.0)
    options = {"window_length": 4, "max_epochs": 1}
    model = RNNForecaster(**options).fit(np.ones((20, 2)), y_train)
    with pytest.raises((ValueError, TypeError), match=r"\by\b"):
        model.score(np.ones((6, 2)), y)


def test_infinity_is_reported_of_the_argument_that_holds_it():
    X, y = np.ones((20, 2)), np.arange(20.0)
    model = RNNForecaster(window_length=4, max_epochs=1)
    for name in ("X", "y"):
        given = {"X": X.copy(), "y": y.copy()}
        given[name][3] = np.inf
        with pytest.raises(
            ValueError, match=f"Input {name} contains infinity in row 3"
        ):
            model.fit(**given)


# Static columns, holes and short series of panels ------------------------------------


def panel_of(**series):
    return pd.concat(series, names=["series"])


def test_static_values_stay_what_they_were():
    """In every call alike, but for the rounding of float32; NaN ahead says nothing."""
    rows = WAVE.to_frame().assign(size=0.1)
    panel = panel_of(a=rows, b=rows.assign(size=0.3))
    known, later = (
        panel.drop(DAYS[-20:], level=1),
        panel.loc[(slice(None), DAYS[-20:]), :],
    )
    model = RNNForecaster(static=("size",), **QUICK)
    message = r"Static column 'size' changes within X, series 'b', .*: from 0.3 to 0.7"
    wrong = [later.copy(), later.copy()]
    wrong[0].loc["b", "size"] = 0.7
    wrong[1].loc[("b", DAYS[-3]), "size"] = 0.7
    inside = known.copy()
    inside.loc[("b", DAYS[100]), "size"] = 0.7
    with pytest.raises(ValueError, match=message):
        model.fit(inside)
    model.fit(known)
    for rows in wrong:
        for method in (model.update, model.rolling_forecast, model.predict):
            with pytest.raises(ValueError, match=message):
                method(rows)
    with pytest.raises(ValueError, match=r"from 0.1 to 0.7"):
        model.rolling_forecast(known.assign(size=0.7), restart=True)
    expected = model.predict(later)
    pd.testing.assert_frame_equal(model.predict(later.assign(size=np.nan)), expected)
    pd.testing.assert_frame_equal(
        model.predict(later.astype({"size": np.float32})), expected
    )
    new = panel_of(c=WAVE.to_frame().assign(size=5.0))
    assert "c" in model.update(pd.concat([later, new])).predict().index.levels[0]


def test_a_static_value_of_one_series_stays_too():
    X = EVENTS.assign(size=2.0)
    model = RNNForecaster(static=(2,), **QUICK).fit(X[:200], DEMAND[:200])
    later = X[200:220].assign(size=3.0)
    for method in (model.update, model.rolling_forecast):
        with pytest.raises(ValueError, match="changes within X which it must not"):
            method(later, DEMAND[200:220])
    with pytest.raises(ValueError, match="changes within X which it must not"):
        model.predict(later)


def test_a_hole_in_what_is_known_ahead_is_named_with_a_way_out():
    holed = EVENTS.copy()
    holed.loc[DAYS[30], "event"] = np.nan
    way = r"known_future, column 'event' \(2020-01-31.*\)\..* fill it first"
    for missing in ("error", "mask"):
        model = RNNForecaster(known_future=("event",), missing=missing, **QUICK)
        with pytest.raises(
            ValueError, match=r"X contains NaN in row 30 among the " + way
        ):
            model.fit(holed, DEMAND)
        with pytest.raises(
            ValueError, match=r"row 30 among the known_.*column 0\..*fill"
        ):
            model.set_params(known_future=(0,)).fit(holed.to_numpy(), DEMAND.to_numpy())
        model.set_params(known_future=("event",)).fit(EVENTS[:30], DEMAND[:30])
        with pytest.raises(
            ValueError, match=r"Column 'event' .* row 0 is nan \(2020-01-31.* fill it"
        ):
            model.predict(holed[30:37])


def test_holes_elsewhere_are_named_too():
    table = pd.DataFrame({"a": WAVE, "b": WAVE, "size": 1.0})
    table.loc[DAYS[4], "b"] = np.nan
    with pytest.raises(
        ValueError, match=r"row 4 among the targets, column 'b' \(2020-01-05.*mask"
    ):
        RNNForecaster(static=("size",), **QUICK).fit(table)
    with pytest.raises(ValueError, match=r"X contains .* past covariates, column 'b'"):
        RNNForecaster(static=("size",), **QUICK).fit(table, WAVE)
    with pytest.raises(ValueError, match=r"y contains NaN .* targets, column 'b'"):
        RNNForecaster(**QUICK).fit(table[["a"]], table["b"])


@every_class
@pytest.mark.parametrize("normalize", ["last", "window", "feature", None])
def test_holes_are_filled_forward_where_none_were_learned(cls, normalize):
    """Trained on whole rows, a network sees in a hole what was seen last."""
    model = cls(missing="mask", normalize=normalize, **QUICK).fit(WAVE[:200])
    later = WAVE[200:240].copy()
    later.iloc[[3, 4, 17]] = np.nan
    paths = np.asarray(model.rolling_forecast(later))
    by_hand = model.rolling_forecast(later.ffill())
    if normalize == "window":  # whose scales are those of what is there
        assert np.isfinite(paths).all()
    else:
        np.testing.assert_allclose(paths, by_hand, rtol=1e-5)


@every_class
def test_the_row_behind_a_gap_of_a_slow_series_is_near_the_last_value(cls):
    """AR(.95): the best forecast g + 1 rows ahead errs by 1.38 behind a gap of one
    row, by 1.86 behind one of three; a hole shown as the mean by 2.6 and 2.8."""
    steps = np.random.RandomState(3).randn(1100)
    series = np.zeros(1100)
    for t in range(1, 1100):
        series[t] = 0.95 * series[t - 1] + steps[t]
    holed, rows = series.copy(), np.arange(20, 1100, 12)
    for size, at in zip([1, 3] * len(rows), rows, strict=False):
        holed[at - size : at] = np.nan
    options = {"window_length": 12, "hidden_size": 16, "loss": "mse"}
    if cls is TOLD:
        options["linear_skip"] = True
    for normalize in ("last", "feature"):
        model = cls(
            missing="mask", normalize=normalize, random_state=0, **options
        ).set_params(max_epochs=8, lr=0.01)
        paths = np.asarray(model.fit(holed[:800]).rolling_forecast(holed[800:]))
        later = rows[rows >= 800]
        errors = series[later] - paths.reshape(-1)[later - 800]
        for start, best in ((0, 1.38), (1, 1.86)):
            of_size = (rows >= 800).nonzero()[0] % 2 == start
            assert np.sqrt(np.mean(errors[of_size] ** 2)) < 1.35 * best


def test_what_was_seen_before_the_window_is_remembered():
    """Rows known in pieces are rows known at once, also behind a long gap."""
    holed = WAVE.copy()
    holed.iloc[190:230] = np.nan  # nearly three windows
    at_once = RNNForecaster(missing="mask", **QUICK).fit(WAVE[:180])
    by_piece = copy.deepcopy(at_once)
    at_once.update(holed[180:240])
    for start in range(180, 240, 5):
        by_piece.update(holed[start : start + 5])
    pd.testing.assert_series_equal(by_piece.predict(), at_once.predict())
    gap = copy.deepcopy(at_once.fit(WAVE[:180])).update(holed[180:225])
    assert gap.predict().to_numpy() == pytest.approx(WAVE.iloc[189], abs=0.5)
    restored = pickle.loads(pickle.dumps(gap))
    pd.testing.assert_series_equal(restored.predict(), gap.predict())


# Scales that are learned again --------------------------------------------------


@every_class
@pytest.mark.parametrize("normalize", ["last", "window", "feature", None])
def test_a_new_series_is_forecast_alike_however_it_was_told(cls, normalize):
    """A product new with zeros that then sells 1000 a day."""
    panel = panel_of(a=WAVE, b=WAVE * 5).to_frame("y")
    model = cls(normalize=normalize, **QUICK).fit(panel)
    zeros = pd.Series(np.zeros(24), DAYS[:24])
    sales = pd.Series(1000 + 90 * np.sin(STEPS[:60] * 2 * np.pi / 7), DAYS[24:84])
    new = pd.concat([zeros, sales])
    at_once = copy.deepcopy(model).update(panel_of(c=new).to_frame("y"))
    in_pieces = model.update(panel_of(c=zeros).to_frame("y"))
    for start in range(0, 60, 15):
        in_pieces.update(panel_of(c=sales[start : start + 15]).to_frame("y"))
    forecasts = [known.predict().loc["c", "y"] for known in (at_once, in_pieces)]
    pd.testing.assert_series_equal(*forecasts, rtol=1e-5)
    if normalize is None:
        return
    mean, deviation = in_pieces._scaler.scales["c"]
    assert (mean[0], deviation[0]) == pytest.approx((new.mean(), new.std(ddof=0)))
    others = in_pieces.predict().drop("c")
    pd.testing.assert_frame_equal(others, at_once.predict().drop("c"))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_series_that_was_constant_in_fit_gets_its_scale_later(early_stopping):
    constant = pd.Series(np.zeros(100), DAYS[:100])
    panel = panel_of(a=WAVE[:100], c=constant).to_frame("y")
    options = {"normalize": "feature", "early_stopping": early_stopping}
    model = RNNForecaster(**QUICK, **options).fit(panel)
    before = model._scaler.scales
    later = panel_of(a=WAVE[100:120] * 9, c=WAVE[100:120] * 100).to_frame("y")
    scales = model.update(later[:1]).update(later[1:])._scaler.scales
    own = np.append(constant, WAVE[100:120] * 100)
    assert scales["c"][0] == pytest.approx(own.mean())
    assert scales["c"][1] == pytest.approx(own.std())
    np.testing.assert_array_equal(scales["a"], before["a"])


# What never varied says nothing --------------------------------------------------


@every_kind
@pytest.mark.parametrize("channels", ["shared", "joint"])
@pytest.mark.parametrize(("cause", "missing"), [(1.5, "error"), (np.nan, "mask")])
def test_what_never_varied_in_fit_says_nothing_later(cls, channels, cause, missing):
    """Weights that nothing taught are not to answer at random."""
    X = EVENTS[["event"]].assign(flag=0.0, cause=cause)
    options = {"known_future": ("flag",), "channels": channels, **QUICK}
    options["missing"] = missing
    model = cls(**options).fit(X[:200], WAVE[:200])
    expected = copy.deepcopy(model).update(X[200:220], WAVE[200:220])
    moved = X.copy()
    moved.loc[DAYS[205:], ["flag", "cause"]] = 7.0
    model.update(moved[200:220], WAVE[200:220])
    pd.testing.assert_series_equal(
        model.predict(moved[220:227]), expected.predict(X[220:227])
    )


def test_a_target_that_never_varied_does_not_move_the_others():
    table = pd.DataFrame({"a": WAVE, "b": 0.1})
    options = {"channels": "joint", **QUICK}
    model = RNNForecaster(**options).fit(table[:200])
    moved = table[200:210].copy()
    moved.iloc[4, 1] = 5.0
    expected = copy.deepcopy(model).update(table[200:210]).predict()
    forecast = model.update(moved).predict()
    pd.testing.assert_series_equal(forecast["a"], expected["a"])


# From zero to sales --------------------------------------------------


def test_a_window_of_zeros_can_leave_zero():
    """Counts that are 0 nine times of ten: their mean is .52 whatever came before."""
    rng = np.random.default_rng(0)
    counts = np.where(rng.random(700) < 0.1, rng.poisson(5.2, 700), 0).astype(float)
    options = {"window_length": 12, "hidden_size": 8, "max_epochs": 20, "lr": 0.02}
    model = RNNForecaster(normalize="window", loss="mse", random_state=0, **options)
    paths = np.asarray(model.fit(counts).rolling_forecast(np.zeros(30)))
    assert paths[20:].mean() == pytest.approx(0.52, abs=0.2)


# Behind transformers that lose the index ----------------------------------------------


def test_series_are_not_joined_behind_what_loses_the_index():
    index = pd.MultiIndex.from_product([["x", "y"], range(30)])
    panel = pd.DataFrame({"a": np.arange(60.0)}, index)
    options = {"window_length": 4, "max_epochs": 1, "random_state": 0}
    pipe = make_pipeline(StandardScaler(), RNNForecaster(**options))
    with pytest.raises(ValueError, match=r'pipeline.set_output\(transform="pandas"\)'):
        pipe.fit(panel)
    detector = SequenceAnomalyDetector(RNNForecaster(**options))
    with pytest.raises(ValueError, match="one series would go on in the next"):
        make_pipeline(StandardScaler(), detector).fit(panel)
    falling = panel.loc["x"][::-1]
    with pytest.raises(ValueError, match="rows of X in the order of time"):
        pipe.fit(falling)
    kept = pipe.fit(panel, panel["a"])[-1]  # the targets have the index
    assert len(kept.predict()) == 2
    kept = pipe.set_output(transform="pandas").fit(panel)[-1]
    assert len(kept.predict()) == 2
