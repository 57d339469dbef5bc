"""
Temperature in Jena, a day ahead
================================

The example of a well-known textbook (Chollet, "Deep Learning with Python"): from the
weather of the last days, how warm will it be tomorrow? One model after the other, in
the book's order, and beside all of them common sense: tomorrow will be like today.
"""

# %%
# Settings
# --------
#
# Small, so that all of this takes seconds.
EPOCHS = 15
ROWS = 2921

# %%
import numpy as np
import pandas as pd
import sktime.datasets
from matplotlib import pyplot as plt
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import CNNRegressor, RNNForecaster, RNNRegressor
from skseq.datasets import fetch_jena
from skseq.preprocessing import make_windows

# %%
# The data
# --------
#
# Daily means of temperature, humidity and wind in Jena, eight years of them, are
# downloaded once (80 kB). Three values are missing; the day before takes their place.
# Without a network, a series that ships with sktime stands in: traffic of a web site by
# the hour, with the same question for the next hour. The line below says which it is.
try:
    table = fetch_jena(n_retries=0).asfreq("D").ffill()
    unit = "°C"
    print("Weather of Jena, day by day")
except OSError:
    path = sktime.datasets.__path__[0] + "/data/yahoo/yahoo.csv"
    table = pd.read_csv(path)[["data"]].set_axis(["traffic"], axis=1)
    unit = "visits"
    print(
        "Not Jena, which could not be downloaded: traffic of a web site, hour by hour"
    )
table = table.iloc[:ROWS]
series = table.iloc[:, 0].rename(f"{table.columns[0]}, {unit}")
print(f"{len(table)} rows of {', '.join(table)}")

# %%
# Half of the rows are for learning, a quarter for decisions (how long to train), and
# the last quarter for the judgement. Time runs on: nothing that is learned from lies
# behind what is judged.
n = len(table)
fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
parts = {
    "learning": (0, n // 2),
    "validation": (n // 2, 3 * n // 4),
    "test": (3 * n // 4, n),
}
for name, (start, stop) in parts.items():
    ax.plot(series.iloc[start:stop], lw=0.8, label=name)
ax.set(title="What there is to learn from", ylabel=series.name)
ax.margins(y=0.2)  # room for the legend
ax.legend(loc="upper left", ncols=3)

# %%
# Each sample is a window of 14 rows, its target the value after it.
WINDOW = 14
windows, targets = make_windows(table, series, window_length=WINDOW)
windows = np.asarray(windows)
train = slice(0, n // 2 - WINDOW)
valid = slice(n // 2 - WINDOW, 3 * n // 4 - WINDOW)
test = slice(3 * n // 4 - WINDOW, None)
print(windows.shape, targets.shape)

# %%
# Common sense
# ------------
#
# The last value of the window is the forecast. Whatever follows has to beat that, in
# mean absolute error.
errors = {}


def judge(name, predicted):
    """Keep a model's errors on the validation and the test part, and print them."""
    errors[name] = [
        mean_absolute_error(targets[part], predicted[part]) for part in (valid, test)
    ]
    print(
        f"{name:28} validation {errors[name][0]:.2f}, test {errors[name][1]:.2f} {unit}"
    )


judge("common sense", windows[:, -1, 0])

# %%
# Dense, and linear
# -----------------
#
# A dense network sees all values of the window side by side and does not know which are
# neighbours. The book leaves it at that; a linear model, which is plainer still,
# belongs beside it.
flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
linear = make_pipeline(flatten, StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
dense = TransformedTargetRegressor(
    make_pipeline(
        flatten,
        StandardScaler(),
        MLPRegressor(
            hidden_layer_sizes=(16,), early_stopping=True, max_iter=2000, random_state=0
        ),
    ),
    transformer=StandardScaler(),
)
for name, model in {"linear": linear, "dense": dense}.items():
    judge(name, model.fit(windows[train], targets[train]).predict(windows))

# %%
# Networks for sequences
# ----------------------
#
# Now the book's ladder: a convolution, an LSTM of 16 units, one of 32 with dropout
# (recurrent, too), two stacked GRU layers with dropout, and an LSTM that reads both
# ways. Each stops when the validation part's loss falls no more, and goes back to its
# best weights. The linear model that our regressors put beside a network by default is
# switched off, so that we see what the networks are worth.
NETWORKS = {
    "convolution": CNNRegressor(
        n_filters=(16, 16), kernel_size=5, n_branches=1, lr=0.005
    ),
    "LSTM": RNNRegressor(cell="lstm", hidden_size=16),
    "LSTM, dropout": RNNRegressor(
        cell="lstm", hidden_size=32, dropout=0.5, recurrent_dropout=0.25
    ),
    "stacked GRU, dropout": RNNRegressor(
        cell="gru", hidden_size=(32, 32), dropout=0.5, recurrent_dropout=0.25
    ),
    "bidirectional LSTM": RNNRegressor(cell="lstm", hidden_size=16),
}
for name, network in NETWORKS.items():
    network.set_params(
        normalize="feature",
        shrink_to_linear=False,
        early_stopping=True,
        max_epochs=EPOCHS,
        random_state=0,
    )
    if isinstance(network, RNNRegressor):
        network.set_params(bidirectional=name.startswith("bi"), pooling="last")
    network.fit(
        windows[train], targets[train], X_val=windows[valid], y_val=targets[valid]
    )
    judge(name, network.predict(windows))

# %%
# Start from common sense
# -----------------------
#
# A network that has to say tomorrow's value from nothing spends its strength on
# learning to say today's. ``RNNForecaster`` starts from the last value, learns what to
# add, and takes back of it what held-out rows do not confirm. ``rolling_forecast`` goes
# through the later rows one by one, each from those before it.
forecaster = RNNForecaster(window_length=WINDOW, max_epochs=EPOCHS, random_state=0)
forecaster.fit(series.iloc[: n // 2])
ahead = forecaster.rolling_forecast(series.iloc[n // 2 :])
late = np.concatenate([targets[train], np.ravel(ahead)])
judge("forecaster", late)
print(f"of which common sense: {forecaster.naive_weight_.item():.2f}")

# %%
# What was gained
# ---------------
#
# Dots are test errors, rings validation errors, the dashed line is common sense on the
# test part. Rings to the left mean little if the dots do not follow. Of the traffic, a
# network that says levels fails where they are higher than all it learned from.
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
places = -np.arange(len(errors))
for place, (validation, judged) in zip(places, errors.values(), strict=True):
    (ring,) = ax.plot(validation, place, "o", color="C0", mfc="none")
    (dot,) = ax.plot(judged, place, "o", color="C0")
ax.axvline(errors["common sense"][1], color="C0", ls="--", lw=1)
fig.legend([ring, dot], ["validation", "test"], loc="outside lower right", ncols=2)
ax.set_yticks(places, errors)
ax.set(title="One step ahead", xlabel=f"Mean absolute error, {unit}")
best = min(errors, key=lambda name: errors[name][1])
gain = 1 - errors[best][1] / errors["common sense"][1]
print(f"least on the test part: {best}, {gain:.1%} below common sense")

# %%
# Sixty rows of the test part. Of the weather, the forecast follows the line one step
# late, as common sense does, and is a little nearer to the mean; traffic has a rhythm
# that can be known ahead.
some = slice(-60, None)
fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
ax.plot(targets[some], color="black", label="what came")
ax.plot(windows[some, -1, 0], color="grey", ls=":", label="common sense")
ax.plot(late[some], color="C1", label="forecaster")
ax.set(title="The last sixty rows", xlabel="Row", ylabel=series.name)
ax.legend(ncols=3)

# %%
# In the full setting
# -------------------
#
# On the weather of Jena, with the settings above, the test errors are, in degrees::
#
#     common sense            1.87
#     linear                  1.83
#     dense                   2.30
#     convolution             2.41
#     LSTM                    1.88
#     LSTM, dropout           1.97
#     stacked GRU, dropout    1.93
#     bidirectional LSTM      1.93
#     forecaster              1.81
#
# So no network that says tomorrow's level beats common sense, and what starts from it
# gains 3 %. The book has hourly values of 2009 to 2016 and windows of five days; its
# own figures are 2.62 for common sense, 2.55 for an LSTM of 16 units and 2.45 for one
# of 32 with recurrent dropout. We have measured the same question on hourly values of
# 2020 (``python benchmarks/forecasting.py jena``)::
#
#     the same hour of the day before    2.084
#     ridge regression                   2.142
#     gradient boosting                  2.337
#     CNNLSTMForecaster, by default      2.10
#     CNNLSTMForecaster, tuned           2.11
#
# There, nothing beats common sense. Weather a day ahead is not in the weather of one
# place: even a ridge regression that is fitted to the test rows themselves is only 5 %
# better.
#
# Try it: windows of 30 rows, more epochs, other units. Decide by the validation part,
# and look at the test part last.
plt.show()
