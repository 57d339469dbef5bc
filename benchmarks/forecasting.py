"""Accuracy of the forecasters on public data, beside published figures.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/forecasting.py etth1 weather exchange m4_hourly

Every setting was chosen on training and validation rows. Prints a row per data set and
horizon: the error on the test rows, the published ones, and the time of the fit.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from ast import literal_eval
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from skseq import CNNLSTMForecaster

sys.path.insert(0, os.environ["SKSEQ_DATA"])
import load

REFERENCE = Path(os.environ["SKSEQ_DATA"]) / "reference"
SETTINGS = {
    "etth1": {
        "window_length": 720,
        "kernel_size": 48,
        "n_filters": 256,
        "hidden_size": 256,
        "cell": "gru",
        "dropout": 0.5,
        "l2": 1e-4,
        "batch_size": 256,
        "optimizer": "adam",
        "lr": 1e-3,
        "lr_schedule": None,
        "clip_norm": None,
        "max_epochs": 18,
        "patience": 5,
        "early_stopping": True,
    },
    "weather": {
        "window_length": 720,
        "kernel_size": 48,
        "n_filters": 128,
        "hidden_size": 128,
        "cell": "gru",
        "dropout": 0.1,
        "max_epochs": 4,
        "lr": 1e-3,
        "early_stopping": True,
    },
    "exchange": {
        "window_length": 96,
        "kernel_size": 24,
        "n_filters": 32,
        "hidden_size": 32,
        "dropout": 0.5,
        "batch_size": 256,
        "max_epochs": 5,
        "lr": 1e-4,
        "early_stopping": True,
    },
    "m4_hourly": {
        "window_length": 168,
        "kernel_size": 24,
        "n_filters": 128,
        "hidden_size": 128,
        "cell": "gru",
        "normalize": "window",
        "seasonality": 24,
        "linear_skip": True,
        "batch_size": 512,
        "max_epochs": 12,
    },
}
LONG_TERM = {  # name: (loader, kind of split, name in the reference table)
    "etth1": (load.etth1, "ETTh", "ETTh1"),
    "weather": (lambda: load.jena2020(clean=False), "ratio", "jena2020 (weather)"),
    "exchange": (load.exchange_rate, "ratio", "exchange_rate"),
}


def long_term(name: str, horizon: int, options: dict) -> dict:
    """Forecast every test window of a data set of the LTSF papers."""
    loader, kind, _ = LONG_TERM[name]
    frame = loader()
    train, valid, test = load.ltsf_split(frame, kind)
    rows = frame.to_numpy()
    rows = StandardScaler().fit(rows[train]).transform(rows)
    forecaster = CNNLSTMForecaster(
        horizon=horizon,
        validation_fraction=(valid.stop - valid.start) / valid.stop,
        **{**SETTINGS[name], **options},
    )
    start = time.perf_counter()
    forecaster.fit(rows[: valid.stop])
    seconds = time.perf_counter() - start
    later = rows[test]
    # In parts, as all paths at once would not fit into memory.
    squared, absolute, n = 0.0, 0.0, 0
    part = 1000
    for i in range(0, len(later) - horizon + 1, part):
        chunk = later[i : i + part + horizon - 1]
        error = forecaster.rolling_forecast(chunk)
        error -= np.lib.stride_tricks.sliding_window_view(
            chunk, horizon, axis=0
        ).transpose(0, 2, 1)
        squared += np.square(error).sum()
        absolute += np.abs(error).sum()
        n += error.size
        forecaster.update(later[i : i + part])
    valid_loss = -max(forecaster.validation_scores_ or [np.nan])
    return {
        "mse": squared / n,
        "mae": absolute / n,
        "held-out loss": valid_loss,
        "epochs": forecaster.n_iter_,
        "fit s": seconds,
    }


def m4_hourly(horizon: int, options: dict) -> dict:
    """Forecast the 414 hourly series of the M4 competition with one model."""
    series = load.m4_hourly()
    table = pd.concat(
        {name: pd.DataFrame({"y": rows}) for name, (rows, _) in series.items()}
    )
    forecaster = CNNLSTMForecaster(
        horizon=horizon, **{**SETTINGS["m4_hourly"], **options}
    )
    start = time.perf_counter()
    forecaster.fit(table)
    seconds = time.perf_counter() - start
    forecasts = forecaster.predict()["y"]
    paths = {name: forecasts[name].to_numpy() for name in series}
    smape = np.mean([load.smape(y, paths[name]) for name, (_, y) in series.items()])
    mase = np.mean(
        [load.mase(x, y, paths[name], 24) for name, (x, y) in series.items()]
    )
    published = pd.read_csv(REFERENCE / "m4_weekly_hourly.csv", index_col="method")
    naive = published.loc["Naive2"]
    owa = (smape / naive["smape_hourly"] + mase / naive["mase_hourly"]) / 2
    return {"smape": smape, "mase": mase, "owa": owa, "fit s": seconds}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=SETTINGS)
    parser.add_argument("--horizons", nargs="+", type=int, default=[96])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--set", nargs="*", default=[], help="further settings: a=1 b=\"'x'\""
    )
    options = parser.parse_args()
    chosen = {k: literal_eval(v) for k, v in (pair.split("=") for pair in options.set)}
    for name in options.names:
        horizons = [48] if name == "m4_hourly" else options.horizons
        for horizon in horizons:
            for seed in options.seeds:
                settings = {"random_state": seed, **chosen}
                if name == "m4_hourly":
                    row = m4_hourly(horizon, settings)
                else:
                    row = long_term(name, horizon, settings)
                figures = ", ".join(f"{k} {v:.4g}" for k, v in row.items())
                print(f"{name}, horizon {horizon}, seed {seed}: {figures}", flush=True)


if __name__ == "__main__":
    main()
