"""Accuracy on raw texts: sentiment of sentences, languages of surnames.

    SKSEQ_DATA=/path/to/data python benchmarks/text.py [--seeds 3] [--folds 10]
        [--validation] [names]

SST-2 has an official split; Rotten Tomatoes is cross-validated, stratified and
shuffled, of which `--folds` runs the first ones; surnames are split 80/20. Each row
stands beside tf-idf and logistic regression, fitted to the same texts. `seeds` is the
mean over single networks, `voted` the mean of their probabilities, as in
`VotingClassifier(voting="soft")`. The settings were chosen with `--validation`, which
prints scores on SST-2's development part and on a fifth of the training part of
surnames; those of SST-2 serve Rotten Tomatoes, too.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline

from skseq import RNNClassifier
from skseq.preprocessing import Tokenizer

# What matters for so few sentences: unknown words in training (min_count), much
# dropout, few epochs, and pooling of all steps.
SENTENCES = (
    Tokenizer(token_pattern=None, min_count=2),
    {
        "cell": "gru",
        "bidirectional": True,
        "pooling": "attention",
        "embedding_dim": 64,
        "dropout": 0.5,
        "lr": 3e-3,
        "max_epochs": 3,
    },
)
NAMES = (
    Tokenizer(level="char", lowercase=False),
    {
        "cell": "gru",
        "hidden_size": 96,
        "bidirectional": True,
        "pooling": "max",
        "embedding_dim": 32,
        "dropout": 0.2,
        "batch_size": 64,
        "max_epochs": 15,
    },
)
SETTINGS = {"sst2": SENTENCES, "rotten_tomatoes": SENTENCES, "surnames": NAMES}
BASELINES = {
    "sst2": TfidfVectorizer(ngram_range=(1, 2)),
    "rotten_tomatoes": TfidfVectorizer(ngram_range=(1, 2)),
    "surnames": TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4)),
}
TO_REACH = {
    ("sst2", "accuracy"): 0.80,
    ("rotten_tomatoes", "accuracy"): 0.779,
    ("surnames", "accuracy"): 0.80,
    ("surnames", "macro F1"): 0.52,
}
SCORERS = {
    "accuracy": accuracy_score,
    "macro F1": lambda y, predicted: f1_score(y, predicted, average="macro"),
}


def splits(name: str, n_folds: int, validation: bool):
    """Yield (texts, labels) of training and of test parts."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load

    if name == "sst2":
        parts = load.sst2()
        yield *parts["train"], *parts["dev" if validation else "test"]
        return
    X, y = getattr(load, name)()
    X = np.array(X, dtype=object)
    if name == "surnames":
        train, test = train_test_split(
            np.arange(len(y)), test_size=0.2, stratify=y, random_state=0
        )
        if validation:
            train, test = train_test_split(
                train, test_size=0.2, stratify=y[train], random_state=1
            )
        yield X[train], y[train], X[test], y[test]
    elif not validation:
        folds = StratifiedKFold(10, shuffle=True, random_state=0)
        for train, test in list(folds.split(X, y))[:n_folds]:
            yield X[train], y[train], X[test], y[test]


def root_weights(y: np.ndarray) -> dict:
    """Weigh classes halfway between as they are and balanced, for accuracy and F1."""
    labels, counts = np.unique(y, return_counts=True)
    return dict(zip(labels, np.sqrt(counts.mean() / counts), strict=True))


def evaluate(name: str, n_seeds: int, n_folds: int, validation: bool) -> None:
    """Print a row per score of a data set."""
    found: dict[str, list] = {}
    seconds = []
    for X, y, X_test, y_test in splits(name, n_folds, validation):
        baseline = make_pipeline(
            BASELINES[name], LogisticRegression(C=10, max_iter=1000)
        )
        predictions = {"baseline": [baseline.fit(X, y).predict(X_test)]}
        tokenizer, options = SETTINGS[name]
        if name == "surnames":
            options = {**options, "class_weight": root_weights(y)}
        probabilities = []
        for seed in range(n_seeds):
            start = time.perf_counter()
            model = make_pipeline(
                tokenizer, RNNClassifier(**options, random_state=seed)
            )
            probabilities.append(model.fit(X, y).predict_proba(X_test))
            seconds.append(time.perf_counter() - start)
        labels = model.classes_
        predictions["seeds"] = [labels[p.argmax(axis=1)] for p in probabilities]
        voted = np.mean(probabilities, axis=0)
        predictions["voted"] = [labels[voted.argmax(axis=1)]]
        for kind, several in predictions.items():
            for score, scorer in SCORERS.items():
                scores = [scorer(y_test, predicted) for predicted in several]
                found.setdefault((kind, score), []).append(np.mean(scores))
    for (row, score), figure in TO_REACH.items():
        if row == name and seconds:
            means = (np.mean(found[kind, score]) for kind in predictions)
            columns = " | ".join(f"{mean:.4f}" for mean in means)
            print(
                f"| {name} | {score} | {figure} | {columns} | {np.mean(seconds):.0f} |",
                flush=True,
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--validation", action="store_true", help="no test parts")
    options = parser.parse_args()
    heads = [
        "data set",
        "score",
        "to reach",
        "tf-idf + LR",
        "seeds",
        "voted",
        "s a fit",
    ]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for name in options.names:
        evaluate(name, options.seeds, options.folds, options.validation)


if __name__ == "__main__":
    main()
