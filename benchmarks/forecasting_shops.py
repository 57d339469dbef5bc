"""A simulated panel of shops: what reaches beyond its day, five-day weeks, new shops.

    python benchmarks/forecasting_shops.py
    PYTHONPATH=/path/to/another/version python benchmarks/forecasting_shops.py

Two years of business days of 30 shops. Sales rise on the eve of a holiday and fall on
the day after, promotions take away from the day behind them, and both are known ahead.
A fifth of the shops opens late, with zeros before. Two more are told after `fit`, one
with its last five weeks, the other with six weeks of zeros before those. Prints the
mean absolute error of the two weeks that follow, in units of a shop's sales on a usual
day, by default settings; and how many of the days forecast for a shop of which one week
is known are business days that follow it.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from sklearn.base import clone

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster

N_SHOPS, HORIZON, WINDOW = 32, 10, 20
DAYS = pd.Index(pd.bdate_range("2022-01-03", periods=520).to_numpy())  # no freq
NEW, ZEROS = N_SHOPS - 2, N_SHOPS - 1  # told after fit
KNOWN = ("holiday", "promotion", "weekday")
COLUMNS = ["all days", "eves and days after", "new", "new, zeros before", "days right"]


def simulate(seed: int) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return what is known ahead, sales in units of a usual day, and those units."""
    rng = np.random.default_rng(seed)
    holiday = pd.Series(rng.random(len(DAYS)) < 0.08, DAYS).astype(float)
    holiday.iloc[-7] = 1.0  # one at least among the days to forecast
    weekday = pd.Series(DAYS.dayofweek / 4, DAYS)
    X, y = {}, {}
    for shop in range(N_SHOPS):
        promotion = pd.Series(rng.random(len(DAYS)) < 0.08, DAYS).astype(float)
        sales = 1 + rng.normal(0, 0.004, len(DAYS)).cumsum() + 0.3 * weekday
        sales += 0.5 * holiday.shift(-1, fill_value=0) - 0.7 * holiday
        sales -= 0.3 * holiday.shift(1, fill_value=0)
        sales += 0.6 * promotion - 0.2 * promotion.shift(1, fill_value=0)
        sales = (sales + rng.normal(0, 0.05, len(DAYS))).clip(0)
        if shop % 5 == 4:
            sales[: rng.integers(100, 400)] = 0
        X[shop] = pd.concat([holiday, promotion, weekday], axis=1, keys=KNOWN)
        y[shop] = sales
    y[ZEROS][: -HORIZON - 25] = 0
    X, y = (pd.concat(part, names=["shop", "day"]) for part in (X, y))
    sizes = pd.Series(rng.lognormal(4, 1, N_SHOPS))
    return X, y, sizes


def told_after_fit(forecaster, X: pd.DataFrame, y: pd.Series) -> dict:
    """Return errors of shops that a fitted forecaster hears of by `update`."""
    day, shop = (y.index.get_level_values(level) for level in ("day", "shop"))
    later = day >= DAYS[-HORIZON]
    found = {}
    for name, number, ends in (
        ("new", NEW, [25]),
        ("new, zeros before", ZEROS, [55, 25]),
    ):
        try:
            for first, last in zip(ends, [*ends[1:], 0], strict=True):
                start, stop = DAYS[-HORIZON - first], DAYS[-HORIZON - last]
                rows = (shop == number) & (day >= start) & (day < stop)
                forecaster.update(X[rows], y[rows])
            rows = (shop == number) & later
            error = np.abs(forecaster.predict(X[rows]) - y[rows])
            found[name] = f"{error.mean() / y[rows].mean():.3f}"
        except ValueError as error:
            found[name] = f"refused: {str(error)[:50]}"
    return found


def measure(forecaster, X: pd.DataFrame, y: pd.Series, sizes: pd.Series) -> dict:
    """Return the errors of one forecaster."""
    day, shop = (y.index.get_level_values(level) for level in ("day", "shop"))
    unit = sizes.loc[shop].to_numpy()
    there, later = shop < NEW, day >= DAYS[-HORIZON]
    known, rows = there & ~later, there & later
    forecaster.fit(X[known], (y * unit)[known])
    error = np.abs(forecaster.predict(X[rows]) / unit[rows] - y[rows])
    found = split(error, X)
    found["days right"] = f"{days_right(forecaster, y):.0%}"
    return {**found, **told_after_fit(forecaster, X, y * unit)}


def days_right(forecaster, y: pd.Series) -> float:
    """Return the share of right days in the forecast for a shop one week old."""
    options = {"known_future": (), "window_length": 5, "max_epochs": 1}
    forecaster = clone(forecaster).set_params(**options)
    day, shop = (y.index.get_level_values(level) for level in ("day", "shop"))
    known = day < DAYS[-HORIZON]
    forecaster.fit(y[known & (shop < NEW)].to_frame())
    forecaster.update(y[known & (shop == NEW) & (day >= DAYS[-HORIZON - 5])].to_frame())
    days = forecaster.predict().loc[NEW].index
    return np.isin(DAYS[-HORIZON:], days).mean()


def split(error: pd.Series, X: pd.DataFrame) -> dict:
    """Return the mean of all days, and of those around a holiday."""
    holiday = X["holiday"].groupby(level="shop")
    around = [holiday.shift(lag, fill_value=0)[error.index] for lag in (-1, 1)]
    near = (sum(around) > 0) & (X["holiday"][error.index] == 0)
    return {
        "all days": f"{error.mean():.3f}",
        "eves and days after": f"{error[near].mean():.3f}",
    }


def week_before(X: pd.DataFrame, y: pd.Series) -> dict:
    """Return the errors of repeating the last week."""
    known = y.unstack("shop").iloc[:, :NEW]
    last = known.iloc[-HORIZON - 5 : -HORIZON].to_numpy()
    forecast = np.concatenate([last] * (HORIZON // 5))
    return split((known.iloc[-HORIZON:] - forecast).abs().unstack(), X)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    X, y, sizes = simulate(seed)
    print("| | " + " | ".join(COLUMNS) + " |\n" + "|---" * (len(COLUMNS) + 1) + "|")
    rows = {"the week before": week_before(X, y)}
    for cls in (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster):
        options = {"window_length": WINDOW, "horizon": HORIZON, "random_state": seed}
        rows[cls.__name__] = measure(cls(known_future=KNOWN, **options), X, y, sizes)
    for name, found in rows.items():
        print(f"| {name} | " + " | ".join(found.get(c, "") for c in COLUMNS) + " |")


if __name__ == "__main__":
    main()
