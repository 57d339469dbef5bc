"""
Energy in Germany, the next day
===============================

How much electricity will Germany consume tomorrow, if we know the last 33 days? Weeks
leave their mark, so do summers and holidays. We compare simple rules, linear and
boosted regressions, an LSTM and a forecaster, look at an interval around the forecast,
and then at the days on which all of them are wrong.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds: the last 1500 days, few epochs. A table of
# all days stands at the end.
EPOCHS = 25
ROWS = 1500

# %%
import numpy as np
import pandas as pd
import sktime.datasets
from matplotlib import pyplot as plt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from skseq import CNNLSTMForecaster, RNNRegressor
from skseq.datasets import fetch_opsd
from skseq.preprocessing import make_windows

# %%
# The data
# --------
#
# Daily consumption in gigawatt-hours comes from Open Power System Data and is
# downloaded once (198 kB). Without a network, a series that ships with sktime stands
# in: traffic of a web site by the hour, whose pattern repeats every 12 hours. The line
# below says which it is.
try:
    series = fetch_opsd(n_retries=0)["Consumption"].asfreq("D")
    season, unit = 7, "GWh"
    print("Consumption of electricity in Germany, day by day")
except OSError:
    path = sktime.datasets.__path__[0] + "/data/yahoo/yahoo.csv"
    series = pd.read_csv(path)["data"].rename("Traffic")
    season, unit = 12, "visits"
    print("Not Germany, which could not be downloaded: traffic of a web site")
series = series.iloc[-ROWS:]
n_learned = int(0.8 * len(series))
print(f"{len(series)} rows; the last {len(series) - n_learned} are for the test")

# %%
# Above, all rows; below, the last hundred of those to learn from, with a line wherever
# a season of 7 days (12 hours) begins anew.
fig, axes = plt.subplots(2, 1, figsize=(9, 5), layout="constrained")
axes[0].plot(series.iloc[:n_learned], lw=0.7, label="learning")
axes[0].plot(series.iloc[n_learned:], lw=0.7, label="test")
axes[0].set(title=f"{series.name}, {unit}")
axes[0].legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, frameon=False)
some = series.iloc[n_learned - 100 : n_learned]
axes[1].plot(some, "o-", ms=3)
for start in some.index[::season]:
    axes[1].axvline(start, color="lightgrey", lw=0.8, zorder=0)
axes[1].set(title="A hundred rows, and seasons")

# %%
# Rules and regressions
# ---------------------
#
# Every sample is a window of 33 rows, its target the row after it. The rules: like the
# day before, like the same day a week before. The regressions see the 33 values side by
# side.
WINDOW = 33
windows, targets = make_windows(series, window_length=WINDOW)
values = np.asarray(windows)[..., 0]
first = n_learned - WINDOW  # the first target of the test part
truth = targets[first:]
forecasts = {
    "the day before": values[first:, -1],
    "a season before": values[first:, -season],
}
for name, model in {
    "linear regression": LinearRegression(),
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
}.items():
    model.fit(values[:first], targets[:first])
    forecasts[name] = model.predict(values[first:])

# %%
# An LSTM
# -------
#
# The network of the lecture: it reads the window day by day and says the next value.
lstm = RNNRegressor(
    cell="lstm",
    hidden_size=32,
    bidirectional=False,
    pooling="last",
    normalize="feature",
    shrink_to_linear=False,
    max_epochs=EPOCHS,
    random_state=0,
).fit(windows[:first], targets[:first])
forecasts["LSTM"] = lstm.predict(windows[first:])

# %%
# A forecaster
# ------------
#
# ``CNNLSTMForecaster`` takes the series itself, makes the windows, and starts from the
# last value, to which it learns what to add; it is told the season. ``loss="quantile"``
# makes it say an interval, too. ``rolling_forecast`` goes through the test part row by
# row, each forecast from the rows before it.
forecaster = CNNLSTMForecaster(
    window_length=WINDOW,
    seasonality=season,
    loss="quantile",
    max_epochs=EPOCHS,
    random_state=0,
).fit(series.iloc[:n_learned])
forecasts["forecaster"] = np.ravel(forecaster.rolling_forecast(series.iloc[n_learned:]))

# %%
# What was gained
# ---------------
#
# Mean absolute errors on the test part. A model that does not beat the week before has
# learned nothing that the calendar does not say.
errors = {name: np.abs(said - truth) for name, said in forecasts.items()}
fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
means = [error.mean() for error in errors.values()]
bars = ax.barh(list(errors), means, color=["lightgrey"] * 4 + ["C0"] * 2)
ax.bar_label(bars, fmt="%.1f", padding=3)
ax.invert_yaxis()
ax.margins(x=0.1)
ax.set(title="One step ahead", xlabel=f"Mean absolute error, {unit}")

# %%
# How sure
# --------
#
# The last sixty rows, one by one: ask for an interval that holds the value four times
# out of five, then tell the forecaster what came (``update`` does not train). The plain
# interval: the season before, and how far off that was in four of five rows learned.
LAST = 60
forecaster.update(series.iloc[n_learned:-LAST])
intervals = []
for i in range(len(series) - LAST, len(series)):
    intervals.append(np.ravel(forecaster.predict_interval(coverage=0.8)))
    forecaster.update(series.iloc[i : i + 1])
lower, upper = np.array(intervals).T
came = series.iloc[-LAST:]
usual = np.quantile(targets[:first] - values[:first, -season], [0.1, 0.9])
plain = forecasts["a season before"][-LAST:, None] + usual
for name, bounds in {"forecaster": np.array(intervals), "plain": plain}.items():
    inside = np.mean((bounds[:, 0] <= came) & (came <= bounds[:, 1]))
    width = np.mean(bounds[:, 1] - bounds[:, 0])
    print(f"{name:11} {inside:4.0%} of the values in {width:.0f} {unit} on average")

fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
ax.fill_between(
    came.index, lower, upper, color="C0", alpha=0.25, label="interval, 80 %"
)
ax.plot(came.index, forecasts["forecaster"][-LAST:], color="C0", label="forecaster")
ax.plot(came, "k.-", lw=0.8, label="what came")
ax.set(title="The last sixty rows and their intervals", ylabel=f"{series.name}, {unit}")
ax.legend(ncols=3)

# %%
# Where all are wrong
# -------------------
#
# On the left, errors by the place in the season (of a week, 0 is Monday); on the right,
# those of the forecaster over time, with the largest marked. In Germany these are
# holidays, Christmas, Easter, the first of May, Ascension, Whit Monday, and days behind
# them: whoever sees past consumption only cannot know of a holiday, nor that it is
# over.
places = series.index.dayofweek if season == 7 else np.arange(len(series)) % season
places = np.asarray(places)[n_learned:]
worst = pd.Series(errors["forecaster"], index=series.index[n_learned:]).nlargest(10)
print(worst.round(0).to_string())

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10, 3.6), width_ratios=[1, 1.6], layout="constrained"
)
for name in ("a season before", "gradient boosting", "forecaster"):
    by_place = [errors[name][places == place].mean() for place in range(season)]
    left.plot(by_place, "o-", label=name)
left.set(title="Errors within a season", xlabel="Place in the season")
left.set_ylabel(f"Mean absolute error, {unit}")
left.set_ylim(0, 1.35 * left.get_ylim()[1])  # room for the legend
left.legend(fontsize="small", loc="upper center")
right.plot(series.index[n_learned:], errors["forecaster"], lw=0.8)
right.plot(worst, "o", color="C3", mfc="none", label="the ten largest")
right.set(title="Errors of the forecaster over time", ylim=(0, None))
right.tick_params(axis="x", rotation=30)
right.legend()

# %%
# In the full setting
# -------------------
#
# With all days from 2006 on (the last fifth for the test) and a learned number of
# epochs, the mean absolute errors in GWh are (``python benchmarks/forecasting.py
# opsd``)::
#
#     a week before                     48.95
#     linear regression                 32.92
#     gradient boosting                 25.39
#     CNNLSTMForecaster, by default     21.3
#
# Try it: give the forecaster a column that is one on holidays, and name it in
# ``known_future``.
plt.show()
