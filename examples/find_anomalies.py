"""
Find anomalies
==============

Values that do not follow from those before them.

A detector learns from the first 400 rows of a series of web traffic (Yahoo S5, as
shipped by sktime), without labels, and judges the other 600 as they come in. It is
compared with deviations from a moving mean and with scikit-learn's isolation forest of
windows, whose thresholds are drawn as its own is. Takes about 20 seconds::

    python examples/find_anomalies.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
import sktime.datasets
from matplotlib import pyplot as plt
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from skseq import RNNForecaster, SequenceAnomalyDetector

N_TRAIN, WINDOW = 400, 24
LATE = 2  # rows that an alarm may come after its anomaly


def network(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the oddity of training rows and of later rows by forecast errors."""
    forecaster = RNNForecaster(window_length=WINDOW, max_epochs=60)
    # Single rows are looked for; windows would call those behind them odd, too.
    detector = SequenceAnomalyDetector(forecaster, seasonality=None, random_state=0)
    detector.fit(series[:N_TRAIN])
    usual = detector.score_samples(series[:N_TRAIN])[WINDOW:]
    days = np.split(series[N_TRAIN:], range(24, 600, 24))
    scores = np.concatenate([detector.update(day) for day in days])
    return -usual, -scores - detector.offset_


def moving_mean(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return deviations from the last rows' mean, in their standard deviations."""
    rows = pd.Series(series)
    before = rows.shift(1).rolling(WINDOW)
    z = ((rows - before.mean()).abs() / before.std()).to_numpy()
    return z[WINDOW:N_TRAIN], z[N_TRAIN:]


def isolation_forest(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how easily a window of rows is isolated."""
    windows = np.lib.stride_tricks.sliding_window_view(series, WINDOW)
    usual, later = np.split(windows, [N_TRAIN - WINDOW + 1])
    forest = IsolationForest(random_state=0).fit(usual)
    return -forest.score_samples(usual), -forest.score_samples(later)


JUDGES = {
    "SequenceAnomalyDetector": network,
    "moving z-score": moving_mean,
    "isolation forest": isolation_forest,
}


def main() -> None:
    """Judge the later rows by each detector and print what it finds."""
    folder = Path(sktime.datasets.__file__).parent / "data" / "yahoo"
    table = pd.read_csv(folder / "yahoo.csv")
    series, labels = table["data"].to_numpy(), table["label"].to_numpy()
    anomalies = np.flatnonzero(labels[N_TRAIN:])
    print(f"{len(series)} rows, {len(anomalies)} of the last 600 labelled as odd\n")
    print("| detector | found | alarms | of them false | ROC AUC |")
    print("|---|---|---|---|---|")
    figure, axes = plt.subplots(4, sharex=True, figsize=(7, 7), layout="constrained")
    figure.suptitle("Web traffic, what is odd about it, and from where on")
    rows = np.arange(N_TRAIN, len(series))
    axes[0].plot(rows, series[N_TRAIN:], color="0.4")
    axes[0].plot(rows[anomalies], series[N_TRAIN:][anomalies], "o", color="C1")
    axes[0].set_title("traffic; labelled as odd", fontsize="medium")
    for ax, (name, judge) in zip(axes[1:], JUDGES.items(), strict=True):
        usual, oddity = judge(series)
        low, high = np.percentile(usual, [25, 75])
        threshold = high + 3 * (high - low)
        alarms = np.flatnonzero(oddity > threshold)
        ax.plot(rows, oddity, color="C0")
        ax.axhline(threshold, color="C1", linestyle="--")
        ax.set_title(name, fontsize="medium")
        delay = alarms[:, None] - anomalies
        near = (delay >= 0) & (delay <= LATE)
        auc = roc_auc_score(labels[N_TRAIN:], oddity)
        print(
            f"| {name} | {near.any(axis=0).sum()} of {len(anomalies)} "
            f"| {len(alarms)} | {(~near.any(axis=1)).sum()} | {auc:.3f} |"
        )
    plt.show()


if __name__ == "__main__":
    main()
