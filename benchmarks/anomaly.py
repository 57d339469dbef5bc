"""Anomalies in series of the Numenta Anomaly Benchmark, beside simple detectors.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/anomaly.py --seeds 0 1 2

As the benchmark asks, a detector learns from the probationary rows of a series (15 %,
750 at most) without labels, then scores the others one after the other; no score
depends on a later row. Networks are not trained again. Prints for each detector

* the NAB score (Lavin and Ahmad, 2015, standard profile) over the five series: 100 is
  the earliest alarm in every labelled window and none elsewhere, 0 no alarm at all. As
  published, one threshold for all series is the best one for the detector, known only
  with the labels; so it is for all detectors here;
* VUS-PR (Paparrizos et al., 2022), the area under the curve of precision and recall,
  averaged over labels that reach 0 to 100 rows beyond their windows, by aeon
  (``pip install aeon``); and the area under the ROC curve of rows within labelled
  windows. Both are means over the four series that have any. Windows are some hundred
  rows wide, most of them usual.

What is new in the defaults was chosen on art_daily_jumpsup and nyc_taxi, which
``numpy.random.RandomState(16).permutation(5)[:2]`` drew of the five, and three series
of other collections that sktime and aeon ship; 8000 rows of memory and 10 of smoothing
are those of Ahmad et al. (2017).
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from skseq import RNNForecaster, SequenceAnomalyDetector

try:
    from aeon.benchmarking.metrics.anomaly_detection import range_pr_vus_score
except ImportError:
    raise SystemExit("VUS-PR is computed by aeon: pip install aeon") from None

sys.path.insert(0, os.environ["SKSEQ_DATA"])
import load

PUBLISHED = {"memory": 8000, "smoothing": 10}
FOR_GOOD = {"memory": None, "seasonality": None}  # the forecaster, by training errors
FARTHEST = 100  # rows beyond a window that VUS-PR still counts, in part
WINDOW = 24  # rows that the forecaster and detectors of windows look at
FALSE_POSITIVE = 0.11  # weight in the standard profile; others are 1


def z_score(window: int):
    """Return a detector: deviations from the mean of the last rows."""

    def score(train: np.ndarray, later: np.ndarray, seed: int) -> np.ndarray:
        rows = pd.Series(np.concatenate([train, later]))
        before = rows.shift(1).rolling(window, min_periods=min(window, len(train)))
        z = (rows - before.mean()).abs() / before.std().clip(lower=1e-9)
        return z.to_numpy()[len(train) :]

    return score


def of_windows(make):
    """Return a detector: one of scikit-learn's, of windows as points."""

    def score(train: np.ndarray, later: np.ndarray, seed: int) -> np.ndarray:
        rows = np.concatenate([train, later])
        windows = np.lib.stride_tricks.sliding_window_view(rows, WINDOW)
        detector = make(seed).fit(windows[: len(train) - WINDOW + 1])
        return -detector.score_samples(windows[-len(later) :])

    return score


def ours(normalize: str, **options):
    """Return a detector of this package, updated row by row as it were."""

    def score(train: np.ndarray, later: np.ndarray, seed: int) -> np.ndarray:
        forecaster = RNNForecaster(window_length=WINDOW, normalize=normalize)
        detector = SequenceAnomalyDetector(forecaster, random_state=seed, **options)
        return -detector.fit(train).update(later) - detector.offset_

    return score


DETECTORS = {
    "skseq, defaults": ours("last"),
    "skseq, seasonality=None": ours("last", seasonality=None),
    "skseq, memory=None": ours("last", memory=None),
    "skseq, memory=None, seasonality=None": ours("last", **FOR_GOOD),
    "skseq, memory=8000, smoothing=10": ours("last", **PUBLISHED),
    'skseq, normalize="feature"': ours("feature"),
    **{f"moving z-score, {n} rows": z_score(n) for n in (24, 100, 200, 288, 1000)},
    "isolation forest of windows": of_windows(
        lambda seed: IsolationForest(random_state=seed)
    ),
    "local outlier factor of windows": of_windows(
        lambda seed: LocalOutlierFactor(novelty=True)
    ),
}


def n_probationary(n_rows: int) -> int:
    """Return how many first rows are not scored."""
    return min(int(0.15 * n_rows), 750)


def sigmoid(position: np.ndarray) -> np.ndarray:
    """Return what an alarm is worth, 0 at the end of a window."""
    return 2 / (1 + np.exp(5 * position)) - 1


def alarm_values(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what an alarm in each row is worth, and its window, -1 outside."""
    n_rows = len(labels)
    edges = np.flatnonzero(np.diff(labels, prepend=0, append=0))
    value, window = np.full(n_rows, -FALSE_POSITIVE), np.full(n_rows, -1)
    rows = np.arange(n_rows)
    for i, (start, stop) in enumerate(edges.reshape(-1, 2)):
        inside, width = slice(start, stop), stop - start
        window[inside] = i
        value[inside] = sigmoid((rows[inside] - stop) / width) / sigmoid(-1.0)
        position = (rows[stop:] - stop + 1) / (width - 1)
        value[stop:] = FALSE_POSITIVE * np.where(position < 3, sigmoid(position), -1)
    return value, window


def nab_score(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, int, int]:
    """Return the best score over all thresholds, its windows found and false alarms.

    Parameters
    ----------
    parts : list of (scores, labels)
        Of each series; the first rows have labels only.
    """
    table = []
    for i, (scores, labels) in enumerate(parts):
        value, window = (part[-len(scores) :] for part in alarm_values(labels))
        table.append(pd.DataFrame({"score": scores, "value": value, "window": window}))
        table[-1]["series"] = i
    table = pd.concat(table).sort_values("score", ascending=False, ignore_index=True)
    outside = table["window"] < 0
    n_windows = table[~outside].groupby(["series", "window"]).ngroups
    best = table[~outside].groupby(["series", "window"])["value"].cummax()
    found = table[~outside].groupby(["series", "window"]).cumcount() == 0
    # What a lower threshold adds: a window found, or an earlier alarm within it.
    gain = table["value"].where(outside, 0.0)
    earlier = best.groupby([table["series"], table["window"]]).diff()
    gain[~outside] = earlier.fillna(best + 1)
    total = gain.cumsum()
    total = total[~table["score"].duplicated(keep="last")]
    i = total.idxmax()
    if total[i] <= 0:
        return 0.0, 0, 0
    return 50 * total[i] / n_windows, found.loc[:i].sum(), outside.loc[:i].sum()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    seeds = parser.parse_args().seeds
    series = [load.nab(name) for name in load.nab_names()]
    print("| detector | seed | NAB | found | false alarms | VUS-PR | ROC AUC | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, detector in DETECTORS.items():
        for seed in seeds if "z-score" not in name and "local" not in name else [0]:
            parts, areas, start = [], [], time.perf_counter()
            for frame in series:
                values, labels = frame[["value", "in_window"]].to_numpy().T
                n_train = n_probationary(len(values))
                scores = detector(values[:n_train], values[n_train:], seed)
                parts.append((scores, labels))
            seconds = time.perf_counter() - start
            for scores, labels in parts:
                truth = labels[-len(scores) :].astype(int)
                if truth.any():
                    vus = range_pr_vus_score(truth, scores, max_buffer_size=FARTHEST)
                    areas.append([vus, roc_auc_score(truth, scores)])
            score, n_found, n_false = nab_score(parts)
            vus, auc = np.mean(areas, axis=0)
            print(
                f"| {name} | {seed} | {score:.1f} | {n_found} | {n_false} "
                f"| {vus:.3f} | {auc:.3f} | {seconds:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
