"""Few labels, many sequences: what pre-training without labels is worth.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/few_labels.py run few.csv [--models CNN] [--seeds 0 1 2]
    python benchmarks/few_labels.py run chosen.csv --choose    # asks no test part
    python benchmarks/few_labels.py table few.csv

Of the training part of each set all sequences are known, and the labels of 5, 10 or 20
sequences a class, drawn at random. Every way of learning from them has the same network
and makes 300 steps of the optimiser:

- scratch: from random weights, on the scales of the labelled sequences;
- all: from the pre-trained encoder, everything at once;
- frozen: the pre-trained encoder stays as it is;
- head, then all: half of the steps with a frozen encoder, then everything, at a fifth
  of the rate.

Pre-training makes 1000 steps. With `--choose` the accuracy is that on the other
sequences of the training part. What a file has
already is not run again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from classification import load, print_table
from incomplete import append
from sklearn.base import clone

from skseq import CNNClassifier, RNNClassifier, SequenceArray

DATA = [
    "ItalyPowerDemand",
    "MelbournePedestrian",
    "SyntheticControl",
    "JapaneseVowels",
    "ECG200",
]
MODELS = {
    "CNN": CNNClassifier(n_filters=(32, 32), kernel_size=10, n_threads=1),
    "LSTM": RNNClassifier(n_threads=1),
}
N_LABELS = [5, 10, 20]
WAYS = ["scratch", "all", "frozen", "head, then all"]
N_STEPS, N_STEPS_BEFORE = 300, 1000
LOWER = 0.2  # the rate at which all is trained after the head


def epochs(model, n_samples: int, n_steps: int) -> int:
    """Return how many epochs make so many steps."""
    return -(-n_steps // -(-n_samples // model.batch_size))


def few_of(y: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the positions of n samples of each class."""
    return np.concatenate(
        [rng.permutation(np.flatnonzero(y == label))[:n] for label in np.unique(y)]
    )


def learn(model, way: str, pretrained, X: np.ndarray, y: np.ndarray):
    """Return a model that has learned from few labels."""
    model = clone(model)
    if way == "scratch":
        return model.set_params(max_epochs=epochs(model, len(X), N_STEPS)).fit(X, y)
    model.set_params(init_from=pretrained)
    if way != "head, then all":
        model.set_params(
            max_epochs=epochs(model, len(X), N_STEPS),
            freeze="encoder" if way == "frozen" else None,
        )
        return model.fit(X, y)
    half = epochs(model, len(X), N_STEPS // 2)
    model.set_params(max_epochs=half, freeze="encoder", warm_start=True).fit(X, y)
    return model.set_params(freeze=None, lr=LOWER * model.lr).fit(X, y)


def trials(model, data: str, seed: int, chooses: bool):
    """Yield the accuracy of each way with each number of labels."""
    X, y, X_test, y_test = load(data)
    if isinstance(X, list):
        X = SequenceArray.from_list(X)
    model = clone(model).set_params(random_state=seed)
    pretrained = clone(model).set_params(
        max_epochs=epochs(model, len(X), N_STEPS_BEFORE)
    )
    start = time.process_time()
    pretrained.pretrain(X)
    before = time.process_time() - start
    for n in N_LABELS:
        known = few_of(y, n, np.random.default_rng([seed, n]))
        rest = np.setdiff1d(np.arange(len(y)), known)
        asked = (X[rest], y[rest]) if chooses else (X_test, y_test)
        for way in WAYS:
            start = time.process_time()
            learned = learn(model, way, pretrained, X[known], y[known])
            seconds = time.process_time() - start
            accuracy = learned.score(*asked)
            yield {
                **{"n_labels": n, "way": way, "accuracy": accuracy},
                **{"seconds": seconds, "seconds_before": before},
            }


def run(path: Path, models: list[str], seeds: list[int], chooses: bool) -> None:
    """Train, test, append."""
    done = set()
    names = ["data", "model", "seed"]
    if path.exists():
        done = set(pd.read_csv(path)[names].itertuples(index=False, name=None))
    for seed in seeds:
        for model in models:
            for data in DATA:
                key = data, model, seed
                if key in done:
                    continue
                rows = list(trials(MODELS[model], data, seed, chooses))
                for row in rows:
                    append(path, dict(zip(names, key, strict=True)) | row)


def print_results(paths: list[Path]) -> None:
    """Print mean accuracies, and how often pre-training was better."""
    found = pd.concat(pd.read_csv(path) for path in paths)
    for model, own in found.groupby("model", sort=False):
        rows = own.pivot_table(
            "accuracy", ["data", "n_labels"], "way", observed=True, sort=False
        )[WAYS]
        rows.loc[("mean", ""), :] = rows.mean()
        rows.index = [f"{data} {n}".strip() for data, n in rows.index]
        print(f"\n{model}, {own.seed.nunique()} seeds")
        print_table(rows)
        runs = own.pivot_table("accuracy", ["data", "seed", "n_labels"], "way")
        for way in WAYS[1:]:
            gain = runs[way] - runs["scratch"]
            by_set = gain.groupby(["data", "seed"]).mean()
            print(
                f"{way}: {gain.mean():+.3f} (standard error {by_set.sem():.3f}), "
                f"better in {(gain > 0).sum()}, worse in {(gain < 0).sum()} of "
                f"{len(gain)}"
            )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--choose", action="store_true")
    given = parser.parse_args()
    if given.what == "table":
        print_results(given.files)
    else:
        run(given.files[0], given.models, given.seeds, given.choose)


if __name__ == "__main__":
    main()
