"""Encoder-decoder networks: exact answers, and forecasts beside others.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/seq2seq.py reversal addition bikes [--validate]

`reversal` writes words of one to eight letters backwards, `addition` the digits of the
sum of two numbers of three digits; both report the share of exact answers to new
questions. `bikes` forecasts the hourly rides of the next day from three days, with a
calendar known ahead: mean absolute error over all hours of the last 60 days, or with
--validate of the 60 days before, which is where settings are chosen.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from skseq import (
    CNNLSTMForecaster,
    RNNForecaster,
    Seq2SeqClassifier,
    Seq2SeqForecaster,
)

WINDOW, HORIZON, TEST = 72, 24, 60 * 24
SHAPE = {"window_length": WINDOW, "horizon": HORIZON, "random_state": 0}


def reversal() -> None:
    """Write words backwards."""
    rng = np.random.default_rng(0)
    words = [rng.integers(26, size=rng.integers(1, 9)) for _ in range(12_000)]
    report_exact("reversal", words, [word[::-1] for word in words], 10_000)


def addition() -> None:
    """Add numbers; digits are read and written from the last to the first."""
    rng = np.random.default_rng(0)
    pairs = rng.choice(1_000_000, 22_000, replace=False)
    texts = [f"{pair // 1000:03d}{pair % 1000:03d}"[::-1] for pair in pairs]
    sums = [str(pair // 1000 + pair % 1000)[::-1] for pair in pairs]
    report_exact(
        "addition",
        *([list(map(int, t)) for t in side] for side in (texts, sums)),
        20_000,
    )


def report_exact(name: str, X: list, y: list, n_train: int) -> None:
    """Fit with and without attention and print the share of exact answers."""
    for attention in (None, "general"):
        model = Seq2SeqClassifier(
            embedding_dim=32,
            hidden_size=128,
            attention=attention,
            max_epochs=15,
            batch_size=64,
            random_state=0,
        )
        start = time.perf_counter()
        model.fit(X[:n_train], y[:n_train])
        seconds = time.perf_counter() - start
        score = model.score(X[n_train:], y[n_train:])
        print(f"{name}, attention {attention}: {score:.4f} exact, {seconds:.0f} s")


def bikes(validate: bool) -> None:
    """Forecast a day of rides from three days and the calendar."""
    X, y = rides()
    if validate:
        X, y = X[:-TEST], y[:-TEST]
    known = tuple(X.columns)
    truth = np.lib.stride_tricks.sliding_window_view(y[-TEST:], HORIZON)
    line = linear(X, y)
    week = y.to_numpy()[-TEST - 168 : -168]  # the same hour, a week before
    week = np.lib.stride_tricks.sliding_window_view(week, HORIZON)
    print(f"bikes, a week before: {np.abs(week - truth).mean():.2f}")
    print(f"bikes, linear regression: {np.abs(line - truth).mean():.2f}")
    models = {
        "CNNLSTMForecaster": CNNLSTMForecaster(known_future=known, **SHAPE),
        "RNNForecaster": RNNForecaster(known_future=known, **SHAPE),
    } | {
        f"Seq2SeqForecaster, {options}": Seq2SeqForecaster(
            known_future=known, **SHAPE, **options
        )
        for options in (
            {"teacher_forcing": 0.0},
            {"teacher_forcing": (1.0, 0.0)},
            {"teacher_forcing": 1.0},
            {"teacher_forcing": 0.0, "attention": "general"},
        )
    }
    for name, model in models.items():
        start = time.perf_counter()
        model.fit(X[:-TEST], y[:-TEST])
        seconds = time.perf_counter() - start
        paths = model.rolling_forecast(X[-TEST:], y[-TEST:])
        paths = paths.iloc[:, 0].unstack("step").to_numpy()
        error = np.abs(paths - truth).mean()
        print(f"bikes, {name}: {error:.2f}, {seconds:.0f} s", flush=True)


def rides() -> tuple[pd.DataFrame, pd.Series]:
    """Return the calendar and the rides of every hour; none where none is listed."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load

    frame = load.bike_sharing()
    frame = frame.asfreq("h")
    days = frame.groupby(frame.index.date)[["holiday", "workingday"]]
    calendar = days.transform("max")
    hour, day = frame.index.hour, frame.index.dayofyear
    for name, turns in (("hour", hour / 24), ("half", hour / 12), ("year", day / 365)):
        calendar[f"{name}_sin"] = np.sin(2 * np.pi * turns)
        calendar[f"{name}_cos"] = np.cos(2 * np.pi * turns)
    for weekday in range(7):
        calendar[f"weekday_{weekday}"] = (frame.index.dayofweek == weekday).astype(
            float
        )
    return calendar, frame["cnt"].fillna(0.0)


def linear(X: pd.DataFrame, y: pd.Series) -> np.ndarray:
    """Return what a linear map of window and calendar forecasts, hour by hour."""
    past = np.lib.stride_tricks.sliding_window_view(y.to_numpy()[:-HORIZON], WINDOW)
    later = np.lib.stride_tricks.sliding_window_view(y.to_numpy()[WINDOW:], HORIZON)
    n_test = TEST - HORIZON + 1
    n_train = len(later) - n_test - HORIZON + 1
    forecasts = []
    for step in range(HORIZON):
        rows = X.to_numpy()[WINDOW + step :][: len(past)]
        design = np.hstack([past, rows])
        model = LinearRegression().fit(design[:n_train], later[:n_train, step])
        forecasts.append(model.predict(design[-n_test:]))
    return np.stack(forecasts, axis=1)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=("reversal", "addition", "bikes"))
    parser.add_argument("--validate", action="store_true")
    options = parser.parse_args()
    for name in options.names:
        if name == "bikes":
            bikes(options.validate)
        else:
            {"reversal": reversal, "addition": addition}[name]()


if __name__ == "__main__":
    main()
