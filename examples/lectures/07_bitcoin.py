"""
Bitcoin by CNN-LSTM, and how a leak looks
=========================================

What will a bitcoin cost tomorrow? The best known forecast is: as much as today. Here a
network of convolutions and an LSTM reads 29 indicators of the last 30 days and does not
beat it. Then we make, one by one, the mistakes by which it seems to, so that they are
known when they are met.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 8

# %%
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skseq import CNNLSTMForecaster, CNNLSTMRegressor
from skseq.datasets import fetch_bitcoin
from skseq.preprocessing import make_windows

# %%
# The price
# ---------
#
# Each day has its first, highest, lowest and last price, and what was traded. We take
# the last 2000 days. Without a connection to the web, the price of a Google share from
# 2004 to 2008 stands in, which matplotlib brings along; all that follows is true of it,
# too.
try:
    bars = fetch_bitcoin(n_retries=0).rename(columns=str.lower)[-2000:]
    name = "A bitcoin"
except OSError:
    folder = Path(mpl.get_data_path(), "sample_data")
    rows = np.load(folder / "goog.npz")["price_data"]
    bars = pd.DataFrame(
        {column: rows[column] for column in rows.dtype.names[1:]}, rows["date"]
    )
    name = "A share of Google"
bars = bars[["open", "high", "low", "close", "volume"]]
bars.tail(3)

# %%
# The last fifth of the days is kept for testing. In time: what is to be told lies
# behind what is learned, as it will in use.
start = int(0.8 * len(bars))
fig, ax = plt.subplots(figsize=(8.5, 3.2), layout="constrained")
ax.semilogy(bars["close"][:start], label="to learn from")
ax.semilogy(bars["close"][start:], label="to be told")
ax.set(title=f"{name}, day by day", ylabel="Dollars")
ax.yaxis.set_major_formatter("{x:,.0f}")
ax.yaxis.set_minor_formatter("{x:,.0f}")
ax.grid(alpha=0.3)
ax.legend()

# %%
# 29 indicators
# -------------
#
# What traders look at: returns over one day to a month, the shape of the day, volumes,
# volatility, distance to moving averages, oscillators. Each is computed of a day and
# those before it. None is a price: a network that has only seen prices below 20 000
# knows nothing of 60 000, while a return of 3 % is as usual as ever.


def indicators(bars):
    """Return 29 columns, each of which looks backwards only."""
    log, volume = np.log(bars[["open", "high", "low", "close"]]), np.log(bars["volume"])
    close, high, low = log["close"], log["high"], log["low"]
    body = log[["open", "close"]]
    change = close.diff()
    found = {f"return {n}": close.diff(n) for n in (1, 2, 3, 5, 7, 14, 30)}
    found["day"], found["range"] = close - log["open"], high - low
    found["upper shadow"] = high - body.max(axis=1)
    found["lower shadow"] = body.min(axis=1) - low
    found["volume 1"] = volume.diff()
    found |= {f"volume {n}": volume - volume.rolling(n).mean() for n in (7, 30)}
    found |= {f"volatility {n}": change.rolling(n).std() for n in (7, 14, 30)}
    found |= {f"mean {n}": close - close.rolling(n).mean() for n in (5, 10, 20, 50)}
    up, down = (
        side.ewm(alpha=1 / 14).mean()
        for side in (change.clip(0), -change.clip(None, 0))
    )
    found["relative strength"] = up / (up + down)
    convergence = close.ewm(span=12).mean() - close.ewm(span=26).mean()
    found["MACD"], found["signal"] = convergence, convergence.ewm(span=9).mean()
    found["histogram"] = convergence - found["signal"]
    found["Bollinger"] = found["mean 20"] / close.rolling(20).std()
    lowest, highest = low.rolling(14).min(), high.rolling(14).max()
    found["stochastic %K"] = (close - lowest) / (highest - lowest)
    found["stochastic %D"] = found["stochastic %K"].rolling(3).mean()
    before = close.shift()
    true_range = np.maximum(high, before) - np.minimum(low, before)
    found["true range"] = true_range.rolling(14).mean()
    return pd.DataFrame(found)


def table_of(bars):
    """Return indicators and returns of the days that have all of them."""
    columns = indicators(bars).dropna()
    return columns, np.log(bars["close"]).diff().loc[columns.index]


features, returns = table_of(bars)
print(features.shape[1], "indicators of", len(features), "days")
features.tail(3).round(3)

# %%
# The honest way
# --------------
#
# `make_windows` pairs the 29 indicators of 30 days with the return of the day behind
# them. The network: a convolution of five days' width, halved by pooling, then an LSTM.
# Persistence says that nothing changes; errors are mean absolute ones, in percent of
# the price.


def network():
    """Return a small CNN-LSTM."""
    return CNNLSTMRegressor(
        n_filters=(32,),
        kernel_size=5,
        n_branches=1,
        residual=False,
        pool_size=2,
        hidden_size=32,
        bidirectional=False,
        pooling="last",
        dropout=0.2,
        normalize="feature",
        shrink_to_linear=False,
        lr=0.002,
        max_epochs=EPOCHS,
        random_state=0,
    )


def in_time(n_samples, gap):
    """Return the first four fifths, less a gap, and the last fifth."""
    start = int(0.8 * n_samples)
    return np.arange(start - gap), np.arange(start, n_samples)


def in_any_order(n_samples, gap):
    """Return a random split, as one makes it where samples have no order."""
    return train_test_split(np.arange(n_samples), test_size=0.2, random_state=0)


def study(features, returns, days=1, split=in_time):
    """Return what happened in the test part, and what the network said."""
    windows, targets = make_windows(features, returns, window_length=30, horizon=days)
    targets = targets.reshape(len(targets), -1).sum(axis=1)
    train, test = split(len(targets), gap=days - 1)
    model = network().fit(windows[train], targets[train])
    return targets[test], model.predict(windows[test])


def percent(error):
    """Return the mean absolute error of a price, from errors of its logarithm."""
    return 100 * np.abs(np.expm1(error)).mean()


truth, told = study(features, returns)
right = np.mean(np.sign(told) == np.sign(truth))
print(f"persistence {percent(-truth):.2f} %")
print(f"CNN-LSTM    {percent(told - truth):.2f} %")
print(f"up or down, right on {right:.0%} of the days")

# %%
# On the left is what such studies like to show: sixty days of the price and its
# forecasts, one day ahead, which follow it beautifully. So does persistence. Both are
# the price, drawn a day late. On the right is what they do not show: the return that
# the network forecast and the one that came. It has no idea.
closes = bars["close"].loc[returns.index].to_numpy()
yesterday = closes[-len(truth) - 1 : -1]
days = returns.index[-60:]
fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 3.6), width_ratios=(2, 1), layout="constrained"
)
axes[0].plot(days, closes[-60:], "k", lw=2, label="price")
axes[0].plot(days, (yesterday * np.exp(told))[-60:], "C1", label="CNN-LSTM")
axes[0].plot(days, yesterday[-60:], "C0:", label="persistence")
axes[0].set(title="Beautiful: forecasts of the price", ylabel="Dollars")
axes[0].tick_params(axis="x", rotation=30)
axes[0].legend()
axes[1].scatter(100 * told, 100 * truth, s=8, alpha=0.5, color="C1")
axes[1].axline((0, 0), slope=1, color="black", lw=0.8)
axes[1].set(title="Sober: of the return", xlabel="Forecast, %", ylabel="Came, %")
axes[1].set_aspect("equal", adjustable="datalim")

# %%
# Now the leaks
# -------------
#
# If a stranger's network has half the error of persistence, it would be worth billions.
# It is far more likely that something of tomorrow got into it. Four ways:
#
# *A scaler fitted on all days.* The usual suspect. It tells the network the mean and
# the deviation of days to come.
results = {"honest": (truth, told)}
scaled = pd.DataFrame(
    StandardScaler().fit_transform(features), features.index, features.columns
)
results["scaler fitted on all"] = study(scaled, returns)

# %%
# *A filter over all days.* Prices are noisy, so they are smoothed first, by wavelets,
# by an empirical mode decomposition or, as here, by a centred mean of five days. The
# smooth value of today contains tomorrow and the day after.
smooth = np.log(bars["close"].rolling(5, center=True, min_periods=1).mean())
distance = (smooth - np.log(bars["close"])).loc[features.index]
results["smoothed over all"] = study(features.assign(smooth=distance), returns)

# %%
# *The target within the window.* A shift by one row too many or too few, and the last
# row of the window is the day to be forecast.
results["target in the window"] = study(features.shift(-1).ffill(), returns)

# %%
# *A random split of windows that overlap.* Here the question is the return over the
# next ten days. Split at random, nearly every window to be told has neighbours among
# those learned that begin a day earlier or later, and share nine of the ten days. The
# network remembers what came then. Beside it the same question, split in time.
results["ten days, honest"] = study(features, returns, days=10)
results["ten days, random split"] = study(
    features, returns, days=10, split=in_any_order
)

# %%
# The error beside that of persistence on the same days: below 1 is better, and every
# time it is a mistake of ours. The scaler, of which every textbook warns, does little
# here. It is a mistake all the same, as nobody knows beforehand that it does little.


def beside_persistence(results):
    """Return errors as multiples of persistence's on the same days."""
    return pd.Series(
        {way: percent(told - y) / percent(-y) for way, (y, told) in results.items()}
    )


ratios = beside_persistence(results)
ratios.round(2).to_frame("error / persistence's")

# %%
# Which is a leak, and how sure can one be? The cure for all doubts is a series of which
# one *knows* that nothing can be forecast: the same days, shuffled, and joined to a new
# price. Whatever beats persistence there cannot be skill. The picture shows both: what
# leaks does so on either price, what is honest on neither.


def shuffle(bars, seed=0):
    """Return a price whose days follow each other by chance."""
    order = np.random.default_rng(seed).permutation(np.arange(1, len(bars)))
    log = np.log(bars[["open", "high", "low", "close"]])
    moves = log.sub(log["close"].shift(), axis=0).iloc[order]  # from the close before
    closes = moves["close"].cumsum()
    prices = np.exp(moves.add(closes - moves["close"], axis=0))
    return prices.assign(volume=bars["volume"].iloc[order]).set_axis(bars.index[1:])


walk = shuffle(bars)
features, returns = table_of(walk)
smooth = np.log(walk["close"].rolling(5, center=True, min_periods=1).mean())
distance = (smooth - np.log(walk["close"])).loc[features.index]
by_chance = {
    "honest": study(features, returns),
    "smoothed over all": study(features.assign(smooth=distance), returns),
    "target in the window": study(features.shift(-1).ffill(), returns),
    "ten days, random split": study(features, returns, 10, in_any_order),
}
shuffled = beside_persistence(by_chance)

fig, ax = plt.subplots(figsize=(8.5, 4), layout="constrained")
places = pd.Series(np.arange(len(ratios))[::-1], ratios.index)
ax.barh(places, ratios, height=0.4, label=name)
ax.barh(
    places[shuffled.index] - 0.32,
    shuffled,
    height=0.22,
    label="Its days shuffled, so that there is nothing to know",
)
ax.set_yticks(places - 0.1, places.index)
ax.axvline(1, color="black", lw=1)
ax.set(title="Error beside persistence: what is left of the line is a leak")
ax.set_xlabel("Error, as a multiple of persistence's")
fig.legend(loc="outside lower center", ncols=2)

# %%
# What skseq does by itself
# -------------------------
#
# A forecaster splits in time, scales by what it learned from, and asks the last of
# these days whether it is better than persistence. Where it is not, it says what
# persistence says: ``naive_weight_`` is how far it moved there, 1 all the way.
prices = np.log(bars["close"]).to_numpy()
forecaster = CNNLSTMForecaster(window_length=30, max_epochs=EPOCHS, random_state=0)
forecaster.fit(pd.Series(prices[:start]))
paths = forecaster.rolling_forecast(
    pd.Series(prices[start:], range(start, len(prices)))
)
errors = paths.xs(1, level="step").iloc[:, 0].to_numpy() - prices[start:]
print(f"persistence       {percent(-np.diff(prices)[start - 1 :]):.3f} %")
print(f"CNNLSTMForecaster {percent(errors):.3f} %")
print("naive weight     ", forecaster.naive_weight_.item())

# %%
# In the full setting
# -------------------
#
# From the benchmarks, of 3483 days of Bitcoin, the last fifth to be told; the network
# trains as long as it wants. ``python benchmarks/forecasting.py bitcoin``:
#
# ============================  ==================
# the next day                  mean error, % of the price
# ============================  ==================
# persistence                   1.867
# `CNNLSTMForecaster`           1.867
# linear regression on 30 days  1.895
# ============================  ==================
#
# And the leaks, where Bitcoin can be fetched: errors as multiples of persistence's, as
# this notebook found them with eight epochs and one seed.
#
# ======================  =====
# way                     error
# ======================  =====
# honest                  1.02
# scaler fitted on all    1.02
# smoothed over all       0.58
# target in the window    0.35
# ten days, honest        1.29
# ten days, random split  0.80
# ======================  =====
#
# Try it: leave out the gap between the days learned and told in `in_time`, or fit
# the scaler to each window together with its target. Which way do the bars move?
plt.show()
