"""
Show results
============

One picture of each kind, on real data.

Every display is made as scikit-learn's are: `from_estimator` computes and draws, the
artists are attributes. Shown are a forecast with its interval, how a network was
trained, its ROC curve by scikit-learn's own display, which motion a wearer of a smart
watch is in, by what a classifier tells these, and anomalies of web traffic. Takes about
15 seconds. Without a display of your own, name a folder for the files::

    python examples/show_results.py folder
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import sktime.datasets
from matplotlib import pyplot as plt
from sklearn.metrics import RocCurveDisplay

from skseq import (
    RNNClassifier,
    RNNForecaster,
    RNNTagger,
    SequenceAnomalyDetector,
    summary,
)
from skseq.datasets import load_basic_motions, load_italy_power_demand
from skseq.inspection import permutation_importance
from skseq.plotting import (
    AnomalyDisplay,
    ForecastDisplay,
    ImportanceDisplay,
    StepProbabilityDisplay,
    TrainingCurveDisplay,
)

SENSORS = ("accelerometer", "gyroscope")
CHANNELS = [f"{sensor} {axis}" for sensor in SENSORS for axis in "xyz"]


def show_forecast() -> ForecastDisplay:
    """Forecast the last year of airline passengers."""
    passengers = sktime.datasets.load_airline().rename("Airline passengers, thousands")
    forecaster = RNNForecaster(
        window_length=24, horizon=12, loss="gaussian", random_state=0
    ).fit(passengers[:-12])
    return ForecastDisplay.from_estimator(
        forecaster,
        history=passengers[-72:-12],
        y_true=passengers[-12:],
        name="The next year, from a network that learned eleven",
    )


def show_training() -> tuple[TrainingCurveDisplay, RocCurveDisplay]:
    """Tell winter days from summer days by the power demand of Italy."""
    model = RNNClassifier(early_stopping=True, validation_fraction=0.3, random_state=0)
    model.fit(*load_italy_power_demand(split="train"))
    print(summary(model))
    _, ax = plt.subplots(figsize=(4.8, 4.8), layout="constrained")
    X, y = load_italy_power_demand(split="test")
    roc = RocCurveDisplay.from_estimator(model, X, y, plot_chance_level=True, ax=ax)
    return TrainingCurveDisplay.from_estimator(model), roc


def show_steps() -> StepProbabilityDisplay:
    """Label every step of a stream of motions, of which the tagger saw none."""
    tagger = RNNTagger(
        cell="gru", bidirectional=True, max_epochs=20, lr=0.02, random_state=0
    ).fit(*make_streams("train", n_streams=80, seed=0))
    X, y = make_streams("test", n_streams=1, seed=1)
    name = "What the wearer of a smart watch is doing"
    display = StepProbabilityDisplay.from_estimator(tagger, X, y, name=name)
    display.ax_.set_xlabel("Time step, a tenth of a second")
    return display


def make_streams(split: str, n_streams: int, seed: int) -> tuple[list, list]:
    """Join pieces of six recordings each, and their labels."""
    rng = np.random.default_rng(seed)
    X, y = load_basic_motions(split=split)
    streams, labels = [], []
    for _ in range(n_streams):
        chosen, lengths = rng.integers(len(X), size=6), rng.integers(30, 80, size=6)
        pieces = zip(chosen, lengths, strict=True)
        streams.append(np.concatenate([X[i][:length] for i, length in pieces]))
        labels.append(np.repeat(y[chosen], lengths))
    return streams, labels


def show_importance() -> ImportanceDisplay:
    """Find out by which channels, and when, a classifier knows a motion."""
    X, y = load_basic_motions(split="train")
    model = RNNClassifier(cell="gru", pooling="mean", max_epochs=30, random_state=0)
    result = permutation_importance(
        model.fit(X, y),
        *load_basic_motions(split="test"),
        scoring="neg_log_loss",
        step_size=10,
        random_state=0,
    )
    return ImportanceDisplay.from_importances(
        result,
        feature_names=CHANNELS,
        importance_name="Increase of the log loss [nats]",
        name="By what a network tells four motions",
    )


def show_anomalies() -> AnomalyDisplay:
    """Find what was not to be expected in web traffic."""
    folder = Path(sktime.datasets.__file__).parent / "data" / "yahoo"
    table = pd.read_csv(folder / "yahoo.csv")
    series = table["data"].rename("Web traffic")
    truth = np.where(table["label"] == 1, -1, 1)
    forecaster = RNNForecaster(window_length=24, max_epochs=30)
    detector = SequenceAnomalyDetector(forecaster, seasonality=None, random_state=0)
    detector.fit(series[:400])
    return AnomalyDisplay.from_estimator(
        detector, series[400:], truth[400:], name="Six hundred rows never seen before"
    )


def main(folder: str | None = None) -> None:
    """Draw all, on the screen or into files."""
    curve, roc = show_training()
    displays = {
        "forecast": show_forecast(),
        "training": curve,
        "roc": roc,
        "steps": show_steps(),
        "importance": show_importance(),
        "anomalies": show_anomalies(),
    }
    if folder is None:
        plt.show()
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, display in displays.items():
        path = Path(folder) / f"{name}.png"
        display.figure_.savefig(path)
        print(path)


if __name__ == "__main__":
    main(*sys.argv[1:2])
