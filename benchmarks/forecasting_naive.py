"""Forecasters by default beside the naive forecast, on single series.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/forecasting_naive.py            # every series, a few minutes
    python benchmarks/forecasting_naive.py bitcoin jena --estimator RNNForecaster

Each series is forecast from every origin of its last fifth by what learned from the
rows before. Prints absolute and squared errors in units of those of the better naive
forecast, which repeats the last value or the last season, over all steps of the
horizon; then the median and the worst. `--validate` drops the last fifth beforehand:
there the settings of the shrinkage were chosen. `--set shrink_to_naive=False` shows the
network alone.
"""

from __future__ import annotations

import argparse
import time
import warnings
from ast import literal_eval

import numpy as np
import pandas as pd
from forecasting_problems import load

import skseq

HEAD = (
    "| series | rows | window | horizon | MAE | MSE | naive weight | epochs | s |\n"
    + "|---" * 9
    + "|"
)


def exchange() -> dict:
    """Eight currencies, tomorrow each and 96 days ahead together."""
    rows = load.exchange_rate().to_numpy()
    series = {f"exchange {i}": (rows[:, i], 30, 1, None) for i in range(8)}
    return {**series, "exchange, 96 days": (rows, 96, 96, None)}


def bitcoin() -> dict:
    """Logarithms of a price, tomorrow and a week ahead."""
    y = np.log(load.bitcoin()["Close"].to_numpy())
    return {"bitcoin": (y, 30, 1, None), "bitcoin, 7 days": (y, 30, 7, 7)}


def jena() -> dict:
    """Temperatures by the hour of one year, and by the day of eight."""
    hours = load.jena2020()["T_degC"].iloc[::6].to_numpy()
    days = load.jena_daily().select_dtypes("number").iloc[:, 0].interpolate()
    return {
        "jena2020, 24 hours": (hours, 120, 24, 24),
        "jena, days": (days.to_numpy(), 30, 1, None),
        "jena, 7 days": (days.to_numpy(), 30, 7, None),
    }


def opsd() -> dict:
    """Consumption of electricity, and what wind and sun give."""
    frame = load.opsd_germany().asfreq("D")
    used = frame["Consumption"].interpolate().to_numpy()
    return {
        "opsd": (used, 33, 1, 7),
        "opsd, 7 days": (used, 33, 7, 7),
        "wind": (frame["Wind"].dropna().to_numpy(), 33, 1, 7),
        "solar": (frame["Solar"].dropna().to_numpy(), 33, 1, 7),
    }


def classic() -> dict:
    """Short and noisy ones."""
    cold = pd.to_numeric(
        load.melbourne_min_temp().astype(str).str.replace("?", ""), errors="coerce"
    )
    cold = cold.interpolate().to_numpy()
    return {
        "airline": (load.airline().to_numpy(float), 24, 12, 12),
        "sunspots": (load.sunspots().to_numpy(float), 36, 12, None),
        "melbourne": (cold, 30, 1, None),
        "melbourne, 7 days": (cold, 30, 7, None),
    }


def bike() -> dict:
    """Bicycles by the hour, a day ahead, without the calendar."""
    y = load.bike_sharing()["cnt"]
    y = y.reindex(pd.date_range(y.index[0], y.index[-1], freq="h")).interpolate()
    return {"bike sharing, 24 hours": (y.to_numpy(), 168, 24, 24)}


def nab() -> dict:
    """Streams with anomalies, 5000 rows of each."""
    return {
        f"NAB {name}": (load.nab(name)["value"].to_numpy(float)[:5000], 48, 12, 48)
        for name in load.nab_names()
    }


def tourism() -> dict:
    """Eight of 96 series of Australian quarters, each alone: five origins."""
    frame = load.australian_tourism()
    numbers = frame.select_dtypes("number")
    chosen = numbers.columns[:: max(1, numbers.shape[1] // 8)][:8]
    return {f"tourism {c}": (numbers[c].to_numpy(float), 8, 4, 4) for c in chosen}


GROUPS = {
    group.__name__: group
    for group in (exchange, bitcoin, jena, opsd, classic, bike, nab, tourism)
}


def measured(forecaster, y: np.ndarray, season: int | None) -> tuple:
    """Return errors (MAE, MSE) in units of the naive one's, and the fitted forecaster.

    Several columns count alike: each in units of its deviation in the training rows.
    """
    y = y.reshape(len(y), -1)
    horizon, start = forecaster.horizon, int(0.8 * len(y))
    forecaster.fit(y[:start])
    paths = forecaster.rolling_forecast(y[start:])
    origins = np.arange(start, start + len(paths))[:, None]
    ahead, scale = np.arange(horizon), y[:start].std(axis=0)
    errors = [paths - y[origins + ahead]]
    for m in {1, season or 1}:
        errors.append(y[origins - m + ahead % m] - y[origins + ahead])
    ratios = []
    for measure in (np.abs, np.square):
        own, *naive = (measure(error / scale).mean() for error in errors)
        ratios.append(own / min(naive))
    return *ratios, forecaster


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(GROUPS)}; all if none")
    parser.add_argument("--estimator", default="CNNLSTMForecaster")
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", nargs="*", default=[], help="settings: a=1 b=\"'x'\"")
    options = parser.parse_args()
    chosen = {k: literal_eval(v) for k, v in (pair.split("=") for pair in options.set)}
    cls, ratios = getattr(skseq, options.estimator), []
    print(HEAD)
    for group in options.names or GROUPS:
        for name, (y, window, horizon, season) in GROUPS[group]().items():
            y = y[: int(0.8 * len(y))] if options.validate else y
            told = {"window_length": window, "horizon": horizon, "seasonality": season}
            forecaster = cls(**{**told, "random_state": options.seed, **chosen})
            start = time.perf_counter()
            mae, mse, forecaster = measured(forecaster, y, season)
            seconds = time.perf_counter() - start
            weight = forecaster.naive_weight_.mean()
            print(
                f"| {name} | {len(y)} | {window} | {horizon} | {mae:.3f} | {mse:.3f} | "
                f"{weight:.2f} | {forecaster.n_iter_} | {seconds:.0f} |",
                flush=True,
            )
            ratios.append((mae, mse))
    middle, worst = np.median(ratios, axis=0), np.max(ratios, axis=0)
    print(f"\n{len(ratios)} series: median {middle.round(3)}, worst {worst.round(3)}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
