"""Many series, one model: M4 weekly and hourly, and stallion."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from forecasting_problems import REFERENCE, Problem, load
from sktime.forecasting.naive import NaiveForecaster

from skseq import CNNLSTMForecaster

EVENTS = (
    "easter_day",
    "good_friday",
    "new_year",
    "christmas",
    "labor_day",
    "independence_day",
    "revolution_day_memorial",
    "regional_games",
    "football_gold_cup",
    "beer_capital",
    "music_fest",
)
PRICES = ("price_regular", "price_actual", "discount")
STATIC = ("avg_population_2017", "avg_yearly_household_income_2017")
PAST = ("industry_volume", "soda_volume", "avg_max_temp")


def m4(loader, validate: bool) -> tuple[dict, pd.Series]:
    """Return the series with what is to be forecast, and all that is known below."""
    series = loader()
    if validate:
        n = len(next(iter(series.values()))[1])
        series = {name: (rows[:-n], rows[-n:]) for name, (rows, _) in series.items()}
    known = pd.concat({name: pd.Series(rows) for name, (rows, _) in series.items()})
    return series, known


def measuring_m4(loader, frequency: str, season: int, *, logarithm: bool = False):
    """Return a function that forecasts all series of M4 with one model."""
    into, back = (np.log, np.exp) if logarithm else (np.asarray, np.asarray)

    def measure(forecaster, validate: bool) -> dict:
        series, known = m4(loader, validate)
        forecasts = forecaster.fit(known.transform(into)).predict().transform(back)
        smape, mase = np.mean(
            [
                (
                    load.smape(y, forecasts[name]),
                    load.mase(rows, y, forecasts[name], season),
                )
                for name, (rows, y) in series.items()
            ],
            axis=0,
        )
        published = pd.read_csv(REFERENCE / "m4_weekly_hourly.csv", index_col="method")
        naive2 = published.loc["Naive2"]
        owa = smape / naive2[f"smape_{frequency}"] + mase / naive2[f"mase_{frequency}"]
        return {"OWA": owa / 2, "sMAPE": smape, "MASE": mase}

    return measure


def m4_hourly_coverage(forecaster) -> float:
    """Return the share of the test values within their 80 % interval."""
    series, known = m4(load.m4_hourly, validate=False)
    bounds = forecaster.fit(known).predict_interval(coverage=0.8)
    y = np.concatenate([series[name][1] for name in series])
    low, high = bounds.loc[list(series)].to_numpy().T
    return np.mean((low <= y) & (y <= high))


def stallion(validate: bool) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Return X, y, and which rows are before the six months to be forecast."""
    frame = load.stallion()
    frame["series"] = frame["agency"] + " " + frame["sku"]
    frame["date"] = frame["date"].dt.to_period("M")
    frame = frame.set_index(["series", "date"]).sort_index()
    month = frame.index.get_level_values("date")
    last = month.max() - 6 * validate
    frame, month = frame[month <= last], month[month <= last]
    X = frame[[*PAST, *PRICES, *EVENTS, *STATIC]]
    return X, frame["volume"], month <= last - 6


def measure_stallion(forecaster, validate: bool) -> dict:
    """Forecast the last six months of 350 series."""
    X, y, known = stallion(validate)
    forecasts = forecaster.fit(X[known], y[known]).predict(X[~known])
    return {"MAE": np.abs(forecasts - y[~known]).mean()}


def naive_on_stallion() -> dict:
    """Repeat the last month."""
    _, y, known = stallion(validate=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forecaster = NaiveForecaster().fit(y[known].to_frame())
        forecasts = forecaster.predict(list(range(1, 7)))["volume"]
    return {"naive, last value": np.abs(forecasts - y[~known]).mean()}


PROBLEMS = {
    "m4_weekly": Problem(
        CNNLSTMForecaster,
        given={"window_length": 52, "horizon": 13, "seasonality": 1},
        tuned={"batch_size": 512, "max_epochs": 4},
        measure=measuring_m4(load.m4_weekly, "weekly", 1, logarithm=True),
        published="ES-RNN (winner of all) .851, naive 1.000, the competition's RNN "
        "1.755",
    ),
    "m4_hourly": Problem(
        CNNLSTMForecaster,
        given={"window_length": 168, "horizon": 48, "seasonality": 24},
        tuned={
            "kernel_size": 24,
            "n_filters": 128,
            "hidden_size": 128,
            "cell": "gru",
            "normalize": "window",
            "batch_size": 512,
            "max_epochs": 12,
        },
        measure=measuring_m4(load.m4_hourly, "hourly", 24),
        coverage=m4_hourly_coverage,
        published="ES-RNN (winner) .440, seasonal naive .627, the competition's RNN "
        "1.036",
    ),
    "stallion": Problem(
        CNNLSTMForecaster,
        given={
            "window_length": 24,
            "horizon": 6,
            "known_future": (*PRICES, *EVENTS),
            "static": STATIC,
        },
        tuned={"linear_skip": False},
        measure=measure_stallion,
        baselines=naive_on_stallion,
        published="TFT 262",
    ),
}
