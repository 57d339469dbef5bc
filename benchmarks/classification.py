"""Accuracy of the default estimators on UCR and UEA data, beside published figures.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/classification.py run results.csv [--models CNN] [--data GunPoint]
    python benchmarks/classification.py table results.csv

`run` trains each estimator with its default settings on the training part of the
official split and appends its test accuracy and time, one thread. `table` prints all
results beside the published ones, with mean accuracy and mean rank over the data sets
that every column has.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from noisy import aggregates
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import CNNClassifier, CNNLSTMClassifier, RNNClassifier

FORWARDS = {"bidirectional": False, "pooling": "last", "normalize": "feature"}
MODELS = {
    "RNNClassifier": RNNClassifier(),
    "RNN": RNNClassifier(cell="rnn", **FORWARDS),
    "GRU": RNNClassifier(cell="gru", **FORWARDS),
    "LSTM": RNNClassifier(cell="lstm", **FORWARDS),
    "CNN": CNNClassifier(),
    "CNN-LSTM": CNNLSTMClassifier(),
    "five CNNs": CNNClassifier(n_networks=5),
    "five CNN-LSTMs": CNNLSTMClassifier(n_networks=5),
    # A small search on the training part:
    "LSTM searched": GridSearchCV(
        RNNClassifier(**FORWARDS),
        {"hidden_size": [32, 64], "pooling": ["last", "mean"]},
        cv=3,
    ),
    "CNN searched": GridSearchCV(CNNClassifier(), {"kernel_size": [10, 40]}, cv=3),
    # The lectures' comparisons, first without a network or an order of steps:
    "logistic regression": make_pipeline(
        FunctionTransformer(aggregates),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    ),
    "LSTM 64": RNNClassifier(hidden_size=64, **FORWARDS),
    "LSTM 64x64": RNNClassifier(hidden_size=(64, 64), **FORWARDS),
    "LSTM 32x32": RNNClassifier(hidden_size=(32, 32), **FORWARDS),
    "LSTM 64x64 regularised": RNNClassifier(
        hidden_size=(64, 64), dropout=0.2, recurrent_dropout=0.2, l2=1e-5, **FORWARDS
    ),
    "LSTM bidirectional": RNNClassifier(**{**FORWARDS, "bidirectional": True}),
}
UEA = ["BasicMotions", "ERing", "JapaneseVowels", "Libras"]
PUBLISHED = {  # name: columns of the reference table, the first that is there
    "FCN": ["dl4tsc_fcn_mean5"],
    "ResNet": ["dl4tsc_resnet_mean5", "tsmleval_ResNet_r0"],
    "LSTM-FCN": ["LSTM-FCN_titu1994"],
    "InceptionTime": [
        "InceptionTime_ens5_hfawaz",
        "tsmleval_InceptionTime_r0",
        "tsmleval_InceptionT_r0",
    ],
    "MiniROCKET": ["tsmleval_MiniROCKET_r0"],
    "HC2": ["tsmleval_HC2_r0"],
}


def names() -> list[str]:
    """Return all data sets, small ones first."""
    folders = list(Path(os.environ["SKSEQ_DATA"]).glob("u[ce][ra]_*"))
    size = {f.name[4:]: sum(p.stat().st_size for p in f.iterdir()) for f in folders}
    return sorted(size, key=size.get)


def load(name: str):
    """Return (X_train, y_train, X_test, y_test) of the official split."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load as loaders

    return loaders.uea(name) if name in UEA else loaders.ucr(name)


def run(path: Path, models: list[str], data: list[str], seeds: list[int]) -> None:
    """Train, test, append; what the file has already is not run again."""
    torch.set_num_threads(1)
    done = set()
    if path.exists():
        results = pd.read_csv(path)
        done = set(zip(results["data"], results["model"], results["seed"], strict=True))
    for seed, name, model in product(seeds, data or names(), models):
        if (name, model, seed) not in done:
            row = {
                "data": name,
                "model": model,
                "seed": seed,
                **trial(name, model, seed),
            }
            frame = pd.DataFrame([row])
            frame.to_csv(path, mode="a", header=not path.exists(), index=False)
            print(row, flush=True)


def trial(name: str, model: str, seed: int) -> dict:
    """Return the test accuracy and the time of one fit."""
    X_train, y_train, X_test, y_test = load(name)
    estimator = clone(MODELS[model])
    network = getattr(estimator, "estimator", estimator)
    if "n_threads" in network.get_params():  # it is one
        network.set_params(random_state=seed, n_threads=1)
    start = time.perf_counter()
    estimator.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    return {"accuracy": estimator.score(X_test, y_test), "seconds": seconds}


def published() -> pd.DataFrame:
    """Return published accuracies, a row per data set and a column per method."""
    folder = Path(os.environ["SKSEQ_DATA"]) / "reference"
    reference = pd.read_csv(folder / "ucr_uea_accuracy.csv", index_col="dataset")
    return pd.DataFrame(
        {
            name: reference[columns].bfill(axis=1).iloc[:, 0]
            for name, columns in PUBLISHED.items()
        }
    )


def table(path: Path) -> None:
    """Print our results beside the published ones."""
    results = pd.read_csv(path).groupby(["data", "model"]).mean().unstack("model")
    ours = results["accuracy"]
    both = ours.join(published())
    both["s a fit"] = results["seconds"].max(axis=1).round()
    print_table(both)
    print()
    for name in PUBLISHED:
        shared = both.dropna(subset=[*ours.columns, name])
        columns = [*ours.columns, name]
        summary = pd.DataFrame(
            {
                "mean accuracy": shared[columns].mean(),
                "mean rank": shared[columns].rank(axis=1, ascending=False).mean(),
            }
        )
        print(f"On the {len(shared)} data sets with a figure for {name}:\n")
        print_table(summary)
        print()


def print_table(frame: pd.DataFrame) -> None:
    """Print a frame as Markdown."""
    print("| | " + " | ".join(map(str, frame.columns)) + " |")
    print("|---" * (len(frame.columns) + 1) + "|")
    for name, row in frame.iterrows():
        cells = ("" if pd.isna(value) else f"{value:.3f}" for value in row)
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> None:
    """Run or print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--models", nargs="+", default=["CNN", "CNN-LSTM"])
    parser.add_argument("--data", nargs="+", default=[])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    options = parser.parse_args()
    if options.what == "run":
        run(options.path, options.models, options.data, options.seeds)
    else:
        table(options.path)


if __name__ == "__main__":
    main()
