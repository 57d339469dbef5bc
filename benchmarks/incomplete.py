"""Data with holes, irregular and mixed: what masks, gaps and the rest are worth.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/incomplete.py holes holes.csv [--models LSTM] [--seeds 0 1]
    python benchmarks/incomplete.py ward ward.csv [--seeds 0 1 2 3 4]
    python benchmarks/incomplete.py time
    python benchmarks/incomplete.py table holes.csv ward.csv

`holes` removes values of the training and the test part of nine sets, each by itself or
in blocks of a tenth of the longest series, and prints how much is lost beside complete
data: with ``missing="mask"``, and by the same network where holes are filled with the
last value (before that the training mean) or with the mean. Networks are the default
ones but for `max_epochs`, which makes about 400 steps, so that a fit takes seconds.

`ward` asks the default estimator about a simulated ward (`ward.py`), 400 and 2000
patients of training, 1000 others for the test, beside the oracle and beside gradient
boosting on aggregates made by hand; then, of 2000, with one source of signal covered.
`time` fits complete data, then the same with holes and masks, in turn.

What a file has already is not run again.
"""

from __future__ import annotations

import argparse
import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import ward_models
from classification import load, print_table
from sklearn.metrics import roc_auc_score
from ward import NAMES, SOURCES, Ward, make_ward

from skseq import CNNClassifier, RNNClassifier

N_STEPS = 400
DATA = [
    "JapaneseVowels",
    "BasicMotions",
    "Libras",
    "ERing",
    "ItalyPowerDemand",
    "Chinatown",
    "SyntheticControl",
    "CBF",
    "GunPoint",
]
MODELS = {
    "LSTM": RNNClassifier(),
    "GRU-D": RNNClassifier(cell="gru_d"),
    "CNN": CNNClassifier(),
}
WAYS = ["mask", "last value", "mean"]
SHARES = [0.3, 0.5, 0.7]
SIZES = [400, 2000]
FIRST_TEST = 10_000  # seeds of wards for the test


def holes_of(X: list, share: float, how: str, rng: np.random.Generator) -> list:
    """Return sequences of which a share of values is missing.

    In blocks, each value of a channel decides whether the next one is there, such that
    as many are missing and they are so for a tenth of the longest sequence on average.
    """
    length = max(3, max(map(len, X)) // 10) if how == "blocks" else 1 / (1 - share)
    begins, ends = share / (1 - share) / length, 1 / length
    found = []
    for x in X:
        is_hole = rng.random(x.shape) < share
        draws = rng.random(x.shape)
        for t in range(1, len(x)):
            stays, starts = draws[t] >= ends, draws[t] < begins
            is_hole[t] = np.where(is_hole[t - 1], stays, starts)
        found.append(np.where(is_hole, np.nan, x))
    return found


def filled(X: list, means: np.ndarray, way: str) -> list:
    """Return sequences without holes."""
    if way == "last value":
        X = [pd.DataFrame(x).ffill().to_numpy() for x in X]
    return [np.where(np.isnan(x), means, x) for x in X]


def holes_trial(data: str, model: str, how: str, share: float, way: str, seed: int):
    """Return the accuracy on the test part."""
    train, y, test, y_test = load(data)
    estimator = MODELS[model].set_params(random_state=seed, n_threads=1)
    n_batches = -(-len(train) // estimator.batch_size)
    estimator.set_params(max_epochs=-(-N_STEPS // n_batches), missing="error")
    if share:
        rng = np.random.default_rng([seed, round(100 * share)])
        train = holes_of(list(train), share, how, rng)
        test = holes_of(list(test), share, how, rng)
        if way == "mask":
            estimator.set_params(missing="mask")
        else:
            means = np.nanmean(np.concatenate(train), axis=0)
            train, test = filled(train, means, way), filled(test, means, way)
    start = time.perf_counter()
    estimator.fit(train, y)
    seconds = time.perf_counter() - start
    return {"accuracy": estimator.score(test, y_test), "seconds": seconds}


def ward_trial(
    model: str, without: str, n_patients: int, train: Ward, test: Ward, seed: int
) -> dict:
    """Return the AUC on the test part, one source of signal covered."""
    y, truth = train.in_danger[:n_patients], test.in_danger
    start = time.perf_counter()
    if model == "oracle":
        scores = test.oracle(without)
    elif model in ward_models.OTHERS:
        X, X_test = map(ward_models.aggregates, (train, test))
        asked = ward_models.other(model, seed).fit(X[:n_patients], y)
        scores = asked.predict_proba(X_test)[:, 1]
    else:
        chosen = train.patients.index[:n_patients]
        means = train.vitals.loc[chosen, NAMES].mean()
        X, X_test = (
            ward_models.sequences(ward, means, without) for ward in (train, test)
        )
        asked = ward_models.network(model, seed, without).fit(X[:n_patients], y)
        scores = asked.predict_proba(X_test)[:, 1]
    seconds = time.perf_counter() - start
    return {"auc": roc_auc_score(truth, scores), "seconds": seconds}


def run_holes(path: Path, models: list[str], data: list[str], seeds: list[int]) -> None:
    """Train, test, append."""
    names = ["seed", "data", "model", "how", "share", "way"]
    done = set()
    if path.exists():
        done = set(pd.read_csv(path)[names].itertuples(index=False, name=None))
    kinds = [("complete", 0.0, "complete")]
    kinds += product(["random", "blocks"], SHARES, WAYS)
    for seed, model, name, kind in product(seeds, models, data, kinds):
        if (seed, name, model, *kind) not in done:
            row = dict(zip(names, (seed, name, model, *kind), strict=True))
            append(path, row | holes_trial(name, model, *kind, seed))


def run_ward(path: Path, models: list[str], seeds: list[int]) -> None:
    """Train, test, append."""
    names = ["seed", "n_patients", "model", "without"]
    done = set()
    if path.exists():
        done = set(pd.read_csv(path)[names].itertuples(index=False, name=None))
    every = ["nothing", *SOURCES]
    asked = [*product(["oracle"], every), *product(ward_models.OTHERS, every[:1])]
    asked += product(models, every[:1])
    covered = list(product(models[:1], SOURCES))  # of the larger size
    for seed in seeds:
        train = make_ward(max(SIZES), seed)  # smaller ones are its beginning
        test = make_ward(1000, FIRST_TEST + seed)
        trials = [*product(SIZES, asked), *product(SIZES[-1:], covered)]
        for n, (model, without) in trials:
            if (seed, n, model, without) not in done:
                row = dict(zip(names, (seed, n, model, without), strict=True))
                append(path, row | ward_trial(model, without, n, train, test, seed))


def append(path: Path, row: dict) -> None:
    """Write a result, and show it."""
    frame = pd.DataFrame([row])
    frame.to_csv(path, mode="a", header=not path.exists(), index=False)
    print(row, flush=True)


def print_times(n_rounds: int = 7) -> None:
    """Print how much longer a fit takes with masks, on data of several shapes."""
    rng = np.random.default_rng(0)
    rows = {}
    for n_steps, n_features in ((24, 1), (24, 8), (100, 3)):
        X = rng.normal(size=(256, n_steps, n_features))
        y = rng.integers(2, size=256)
        holes = np.where(rng.random(X.shape) < 0.5, np.nan, X)
        found = {}
        for name, model in MODELS.items():
            model.set_params(max_epochs=5, n_threads=1, random_state=0)
            ratios = []
            for _ in range(n_rounds):
                plain = seconds_of(model.set_params(missing="error"), X, y)
                masked = seconds_of(model.set_params(missing="mask"), holes, y)
                ratios.append(masked / plain)
            found[name] = np.median(ratios)
        rows[f"{n_steps} steps, {n_features} features"] = found
    print_table(pd.DataFrame(rows).T)


def seconds_of(model, X: np.ndarray, y: np.ndarray) -> float:
    """Return how long a fit takes."""
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


def print_results(path: Path) -> None:
    """Print what a file holds, as Markdown."""
    results = pd.read_csv(path).drop(columns=["seconds"])
    if "auc" in results:
        for n, part in results.groupby("n_patients"):
            print(f"\n{n} patients, {part['seed'].nunique()} wards\n")
            print_table(part.pivot_table("auc", "model", "without", sort=False))
        return
    results = results.drop(columns="seed")
    for model, part in results.groupby("model", sort=False):
        means = part.groupby(["data", "how", "share", "way"]).mean(numeric_only=True)
        means = means["accuracy"].unstack("data")[part["data"].unique()]
        means["mean"] = means.mean(axis=1)
        means.index = [f"{h}, {s:.0%}, {w}" if s else w for h, s, w in means.index]
        print(f"\n{model}\n")
        print_table(means)


def main() -> None:
    """Run or print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["holes", "ward", "time", "table"])
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--models", nargs="+", default=["GRU-D", "LSTM"])
    parser.add_argument("--data", nargs="+", default=DATA)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "time":
        print_times()
    for path in options.paths:
        if options.what == "holes":
            run_holes(path, options.models, options.data, options.seeds)
        elif options.what == "ward":
            run_ward(path, options.models, options.seeds)
        else:
            print_results(path)


if __name__ == "__main__":
    main()
