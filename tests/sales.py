"""Monthly sales and small forecasters, with which the adapter for sktime is tested."""

import numpy as np
import pandas as pd

from skseq import RNNForecaster

TINY = {
    "window_length": 6,
    "horizon": 3,
    "hidden_size": 4,
    "max_epochs": 2,
    "random_state": 0,
}
RNN = RNNForecaster(**TINY)
GAUSSIAN = RNNForecaster(loss="gaussian", **TINY)
LEARNS = {**TINY, "hidden_size": 16, "max_epochs": 60, "lr": 0.01}

MONTHS = pd.period_range("2000-01", periods=120, freq="M")
X = pd.DataFrame(
    np.random.default_rng(0).normal(size=(120, 2)), MONTHS, ["event", "other"]
)
y = pd.Series(np.sin(np.arange(120) * np.pi / 6) + X["event"], MONTHS, name="sales")
y_train, X_train, X_later = y[:100], X[:100], X[100:]
