"""The multivariate data sets of the LTSF papers."""

from __future__ import annotations

import numpy as np
from forecasting_problems import Problem, load
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from skseq import CNNLSTMForecaster
from skseq.preprocessing import make_windows

PART = 1000  # test rows forecast at once: all paths would not fit into memory


def standardised(loader, kind: str, validate: bool) -> tuple[np.ndarray, int, int]:
    """Return rows, where the test rows start, and where the held-out ones did."""
    frame = loader()
    train, valid, test = load.ltsf_split(frame, kind)
    rows = frame.to_numpy()
    rows = StandardScaler().fit(rows[train]).transform(rows)
    if validate:
        return rows[: valid.stop], valid.start, valid.start
    return rows[: test.stop], test.start, valid.start


def measuring(loader, kind: str):
    """Return a function that forecasts every test window."""

    def measure(forecaster, validate: bool) -> dict:
        rows, start, n_train = standardised(loader, kind, validate)
        if start > n_train:
            forecaster.set_params(validation_fraction=(start - n_train) / start)
        forecaster.fit(rows[:start])
        later, horizon = rows[start:], forecaster.horizon
        squared, absolute, n = 0.0, 0.0, 0
        for i in range(0, len(later) - horizon + 1, PART):
            chunk = later[i : i + PART + horizon - 1]
            error = forecaster.rolling_forecast(chunk)
            error -= np.lib.stride_tricks.sliding_window_view(
                chunk, horizon, axis=0
            ).transpose(0, 2, 1)
            squared += np.square(error).sum()
            absolute += np.abs(error).sum()
            n += error.size
            forecaster.update(later[i : i + PART])
        return {"MSE": squared / n, "MAE": absolute / n}

    return measure


def ridge_on_exchange() -> dict:
    """Ridge from 96 days, less the last, to 96: one for all currencies."""
    rows, start, _ = standardised(load.exchange_rate, "ratio", validate=False)
    parts = {"fit": rows[:start], "test": rows[start - 96 :]}
    parts = {
        name: [make_windows(column, None, 96, 96) for column in part.T]
        for name, part in parts.items()
    }
    X, y = {}, {}
    for name, pairs in parts.items():
        X[name] = np.concatenate([np.asarray(windows)[..., 0] for windows, _ in pairs])
        y[name] = np.concatenate([targets for _, targets in pairs])
        y[name] = y[name] - X[name][:, -1:]
        X[name] = X[name] - X[name][:, -1:]
    error = Ridge().fit(X["fit"], y["fit"]).predict(X["test"]) - y["test"]
    return {"Ridge MSE": np.square(error).mean(), "MAE": np.abs(error).mean()}


def weather():
    """Return the weather as the papers have it, with its 81 odd cells."""
    return load.jena2020(clean=False)


def problem(
    loader, kind: str, tuned: dict, published: str, window_length=720, baselines=dict
) -> Problem:
    """Return the forecasts of 96 rows, which the papers compare."""
    return Problem(
        CNNLSTMForecaster,
        given={"window_length": window_length, "horizon": 96},
        tuned={"linear_skip": False, **tuned},
        measure=measuring(loader, kind),
        published=published,
        baselines=baselines,
    )


PROBLEMS = {
    "etth1": problem(
        load.etth1,
        "ETTh",
        {
            "kernel_size": 48,
            "n_filters": 256,
            "hidden_size": 256,
            "cell": "gru",
            "decoder": "segments",
            "dropout": 0.5,
            "batch_size": 112,
            "optimizer": "adam",
            "lr": 1e-3,
            "lr_schedule": "cosine",
            "clip_norm": None,
            "max_epochs": 7,  # the best of 7 by early_stopping=True; without, all rows
        },
        "SegRNN .351 / .392, PatchTST .370 / .400, DLinear .375 / .399, "
        "GRU 1.135 / .844",
    ),
    "weather": problem(
        weather,
        "ratio",
        {
            "kernel_size": 48,
            "n_filters": 128,
            "hidden_size": 128,
            "cell": "gru",
            "dropout": 0.1,
            "max_epochs": 4,
            "lr": 1e-3,
            "early_stopping": True,
        },
        "SegRNN .143 / .198, PatchTST .149 / .198, DLinear .176 / .237, "
        "LSTM .369 / .406",
    ),
    "exchange": problem(
        load.exchange_rate,
        "ratio",
        {
            "kernel_size": 24,
            "n_filters": 32,
            "hidden_size": 32,
            "dropout": 0.5,
            "batch_size": 256,
            "max_epochs": 5,
            "lr": 1e-4,
            "early_stopping": True,
        },
        "repeat last .081 / .196, DLinear .081 / .203, LSTM 1.453 / 1.049",
        window_length=96,
        baselines=ridge_on_exchange,
    ),
}
