"""Single series: consumption, a price, a temperature, and the use of bicycles."""

from __future__ import annotations

import numpy as np
import pandas as pd
from forecasting_problems import Problem, load, naive
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge

from skseq import CNNLSTMForecaster
from skseq.preprocessing import make_windows


def split(y: pd.Series, n_test: int, validate: bool) -> tuple[pd.Series, int]:
    """Return a series and where its test rows start; of what is before, to validate."""
    return (y[:-n_test] if validate else y), len(y) - (1 + validate) * n_test


def next_rows(forecaster, y: pd.Series, start: int) -> np.ndarray:
    """Train on the rows before `start`, then forecast each of the others."""
    paths = forecaster.fit(y[:start]).rolling_forecast(y[start:])
    return paths.xs(1, level="step").iloc[:, 0].to_numpy()


def on_windows(regressor, y: pd.Series, start: int, length: int) -> np.ndarray:
    """Return a regressor's forecasts of the same rows, from windows."""
    windows, targets = make_windows(y, window_length=length)
    X = np.asarray(windows)[..., 0]
    n_train = start - length
    return regressor.fit(X[:n_train], targets[:n_train]).predict(X[n_train:])


# Electricity consumption of Germany, the next day -------------------------------------


def opsd(validate: bool) -> tuple[pd.Series, int]:
    """Return consumption and where the last fifth starts."""
    y = load.opsd_germany()["Consumption"].asfreq("D")
    return split(y, round(0.2 * len(y)), validate)


def measure_opsd(forecaster, validate: bool) -> dict:
    """Forecast each day of the last fifth."""
    y, start = opsd(validate)
    return {"MAE": np.abs(next_rows(forecaster, y, start) - y[start:]).mean()}


def opsd_coverage(forecaster) -> float:
    """Return the share of test days within their 80 % interval."""
    y, start = opsd(validate=False)
    forecaster.fit(y[:start])
    inside = []
    for i in range(start, len(y)):
        low, high = forecaster.predict_interval(coverage=0.8).to_numpy()[0]
        inside.append(low <= y.iloc[i] <= high)
        forecaster.update(y[i : i + 1])
    return np.mean(inside)


def opsd_baselines() -> dict:
    """Return errors of a week before, and regressors on 33 days."""
    y, start = opsd(validate=False)
    forecasts = {
        "naive, a week before": naive(y, slice(start, None), sp=7),
        "linear": on_windows(LinearRegression(), y, start, 33),
        "boosting": on_windows(
            HistGradientBoostingRegressor(random_state=0), y, start, 33
        ),
    }
    return {
        name: np.abs(path - y.to_numpy()[start:]).mean()
        for name, path in forecasts.items()
    }


# Bitcoin, the next day ----------------------------------------------------------------


def bitcoin(validate: bool) -> tuple[pd.Series, int]:
    """Return logarithms of the price and where the last fifth starts."""
    y = np.log(load.bitcoin()["Close"].asfreq("D"))
    return split(y, round(0.2 * len(y)), validate)


def percentage(forecasts: np.ndarray, y: pd.Series) -> float:
    """Return the mean absolute error in percent, from logarithms."""
    return 100 * np.abs(np.expm1(forecasts - y.to_numpy())).mean()


def measure_bitcoin(forecaster, validate: bool) -> dict:
    """Forecast each day of the last fifth."""
    y, start = bitcoin(validate)
    return {"MAPE": percentage(next_rows(forecaster, y, start), y[start:])}


def bitcoin_baselines() -> dict:
    """Return errors of the day before and a regression on 30 days."""
    y, start = bitcoin(validate=False)
    return {
        "naive, the day before": percentage(naive(y, slice(start, None)), y[start:]),
        "linear": percentage(on_windows(LinearRegression(), y, start, 30), y[start:]),
    }


# Temperature in Jena, 24 hours ahead --------------------------------------------------

HOURS, AHEAD = 120, 24


def jena(validate: bool) -> tuple[pd.Series, int]:
    """Return hourly temperatures, and the first row after those to train on.

    Half of the 8640 windows is for training, a quarter each to validate and to test.
    Some hours are missing, so the index just counts.
    """
    y = load.jena2020()["T_degC"].iloc[::6]
    y.index = pd.period_range("2020", periods=len(y), freq="h")
    n_windows = len(y) - HOURS - AHEAD + 1
    share, end = (0.5, 0.75) if validate else (0.75, 1)
    start, stop = int(n_windows * share), int(n_windows * end)
    return y[: stop + HOURS + AHEAD - 1], start + HOURS


def measure_jena(forecaster, validate: bool) -> dict:
    """Forecast a day, and look at its last hour."""
    y, start = jena(validate)
    paths = forecaster.fit(y[:start]).rolling_forecast(y[start:])
    forecasts = paths.xs(AHEAD, level="step").iloc[:, 0].to_numpy()
    return {"MAE": np.abs(forecasts - y[start + AHEAD - 1 :]).mean()}


def jena_baselines() -> dict:
    """Return errors of the hour a day before, and of regressors of the change."""
    y, start = jena(validate=False)
    tested = slice(start + AHEAD - 1, None)
    truth = y.to_numpy()[tested]
    errors = {"naive, the day before": np.abs(naive(y, tested, AHEAD) - truth).mean()}
    windows, targets = make_windows(y.to_numpy(), None, HOURS, AHEAD)
    X = np.asarray(windows)[..., 0]
    X, change = X - X[:, -1:], targets[:, -1] - X[:, -1]
    n_test = len(truth)
    n_train = len(X) - n_test - AHEAD + 1  # whose targets are before `start`
    for name, regressor in {
        "Ridge": Ridge(),
        "boosting": HistGradientBoostingRegressor(random_state=0),
    }.items():
        regressor.fit(X[:n_train], change[:n_train])
        error = regressor.predict(X[-n_test:]) - change[-n_test:]
        errors[name] = np.abs(error).mean()
    return errors


# Bicycles, the next day by the hour ---------------------------------------------------

HOUR_COLUMNS = tuple(f"hour_{hour}" for hour in range(24))
CALENDAR = (*HOUR_COLUMNS, "weekday", "workingday", "holiday")


def bike(validate: bool) -> tuple[pd.DataFrame, pd.Series, int]:
    """Return the calendar, counts with missing hours, and where 60 days start."""
    frame = load.bike_sharing()
    hours = pd.date_range(frame.index[0], frame.index[-1], freq="h")
    days = frame.groupby("dteday")[["weekday", "workingday", "holiday"]].first()
    calendar = pd.get_dummies(pd.Series(hours.hour, hours), prefix="hour", dtype=float)
    calendar = calendar.join(days.reindex(hours.normalize()).set_axis(hours))
    y, start = split(frame["cnt"].reindex(hours), 60 * 24, validate)
    return calendar[: len(y)], y, start


def measure_bike(forecaster, validate: bool) -> dict:
    """Forecast 60 days, each at its midnight."""
    X, y, start = bike(validate)
    forecaster.fit(X[:start], y[:start])
    paths = forecaster.rolling_forecast(X[start:], y[start:])
    days = paths.iloc[:, 0].unstack("step").to_numpy()[::24]
    return {"MAE": np.nanmean(np.abs(days.ravel() - y[start:]))}


def bike_baselines() -> dict:
    """Return errors of the day before, and of boosting by calendar and lags."""
    X, y, start = bike(validate=False)
    with_lags = X.assign(day_before=y.shift(24), week_before=y.shift(168))
    there = y[:start].notna()
    boosting = HistGradientBoostingRegressor(loss="absolute_error", random_state=0)
    boosting.fit(with_lags[:start][there], y[:start][there])
    forecasts = {
        "naive, the day before": naive(y, slice(start, None), sp=24),
        "boosting, calendar and lags": boosting.predict(with_lags[start:]),
    }
    return {
        name: np.nanmean(np.abs(path - y[start:])) for name, path in forecasts.items()
    }


PROBLEMS = {
    "opsd": Problem(
        CNNLSTMForecaster,
        given={"window_length": 33, "horizon": 1, "seasonality": 7},
        tuned={"kernel_size": 7},
        measure=measure_opsd,
        baselines=opsd_baselines,
        coverage=opsd_coverage,
        published="",
    ),
    "bitcoin": Problem(
        CNNLSTMForecaster,
        given={"window_length": 30, "horizon": 1},
        tuned={},
        measure=measure_bitcoin,
        baselines=bitcoin_baselines,
        published="",
    ),
    "jena": Problem(
        CNNLSTMForecaster,
        given={"window_length": HOURS, "horizon": AHEAD, "seasonality": 24},
        tuned={"kernel_size": 24, "dropout": 0.5, "max_epochs": 5},
        measure=measure_jena,
        baselines=jena_baselines,
        published="LSTM 3 to 6 % below naive on 2009 to 2016 (Chollet)",
    ),
    "bike": Problem(
        CNNLSTMForecaster,
        given={
            "window_length": 168,
            "horizon": 24,
            "known_future": CALENDAR,
            "missing": "mask",
        },
        tuned={},
        measure=measure_bike,
        baselines=bike_baselines,
        published="",
    ),
}
