"""Accuracy of recurrent networks on real data sets, one recipe for all of them.

    SKSEQ_DATA=/path/to/data python benchmarks/recurrent.py [--seeds 3] [--cv] [names]

The recipe was chosen by cross-validation on the training parts (`--cv` prints such
scores and never reads a test part); the number of epochs follows from the number of
training samples. Without `--cv` it prints the test figures of each data set's
official split beside the figure to reach, for several seeds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score

from skseq import RNNClassifier

RECIPE = {
    "cell": "gru",
    "hidden_size": (64, 64),
    "bidirectional": True,
    "pooling": "max",
    "optimizer": "adamw",
    "lr_schedule": "onecycle",
    "clip_norm": 1.0,
}
TO_REACH = {  # data set: (scorer, figure)
    "GunPoint": ("accuracy", 0.97),
    "ItalyPowerDemand": ("accuracy", 0.95),
    "SyntheticControl": ("accuracy", 0.98),
    "BasicMotions": ("accuracy", 1.0),
    "JapaneseVowels": ("accuracy", 0.97),
    "mnist_rows": ("accuracy", 0.97),
    "Wafer": ("roc_auc", 0.995),
    "PhalangesOutlinesCorrect": ("roc_auc", 0.6806),
}
ABNORMAL = {"Wafer": 0, "PhalangesOutlinesCorrect": 0}  # the positive class of ROC AUC


def load(name: str):
    """Return the official split (X_train, y_train, X_test, y_test)."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load as loaders

    if name == "mnist_rows":
        parts = loaders.mnist_rows()
    elif name in ("BasicMotions", "JapaneseVowels"):
        parts = loaders.uea(name)
    else:
        parts = loaders.ucr(name)
    X_train, y_train, X_test, y_test = parts
    if name in ABNORMAL:
        y_train, y_test = y_train == ABNORMAL[name], y_test == ABNORMAL[name]
    return X_train, y_train, X_test, y_test


def make_model(n_samples: int, **options) -> RNNClassifier:
    """Return the recipe with 10 to 100 epochs, fewer for more samples."""
    max_epochs = int(np.clip(100_000 / n_samples, 10, 100))
    return RNNClassifier(max_epochs=max_epochs, **{**RECIPE, **options})


def main() -> None:
    """Print a row per data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(TO_REACH))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cv", action="store_true", help="training parts only")
    options = parser.parse_args()
    heads = ["data set", "score", "to reach", "mean", "spread", "worst", "s a fit"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for name in options.names or TO_REACH:
        scoring, figure = TO_REACH.get(name, ("accuracy", np.nan))
        X_train, y_train, X_test, y_test = load(name)
        start = time.perf_counter()
        if options.cv:
            n_splits = 5 if len(X_train) < 500 else 3
            folds = RepeatedStratifiedKFold(
                n_splits=n_splits, n_repeats=options.seeds, random_state=0
            )
            model = make_model(len(X_train), random_state=0)
            scores = cross_val_score(model, X_train, y_train, scoring=scoring, cv=folds)
        else:
            scorer = get_scorer(scoring)
            scores = np.array(
                [
                    scorer(
                        make_model(len(X_train), random_state=seed).fit(
                            X_train, y_train
                        ),
                        X_test,
                        y_test,
                    )
                    for seed in range(options.seeds)
                ]
            )
        seconds = (time.perf_counter() - start) / len(scores)
        print(
            f"| {name} | {scoring} | {figure} | {scores.mean():.4f} "
            f"| {scores.std():.4f} | {scores.min():.4f} | {seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
