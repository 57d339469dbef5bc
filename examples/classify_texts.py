"""
Classify texts
==============

Which package does a sentence of documentation come from?

The first sentences of docstrings of pandas, scipy.stats and scikit-learn, real texts
of every installation, go into pipelines of a `Tokenizer` and a network with an
embedding. Their cross-validated accuracy stands beside tf-idf with logistic regression;
then the better network reads sentences of yours. Takes about half a minute::

    python examples/classify_texts.py ["A sentence." ...]
"""

import inspect
import sys
import warnings

import numpy as np
import pandas as pd
import scipy.stats
from matplotlib import pyplot as plt
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.discovery import all_estimators, all_functions

from skseq import CNNClassifier, RNNClassifier
from skseq.preprocessing import Tokenizer

SENTENCES = [
    "Return the mean of each column, skipping missing values.",
    "Gradient boosting with decision trees.",
    "Kolmogorov-Smirnov test of two distributions.",
]


def documented_objects():
    """Yield (package, documented object)."""
    for owner in (pd, pd.DataFrame, pd.Series, pd.Index, pd.Timestamp):
        for name in dir(owner):
            yield "pandas", inspect.getattr_static(owner, name)
    for name in scipy.stats.__all__:
        yield "scipy.stats", getattr(scipy.stats, name)
    for _, thing in [*all_estimators(), *all_functions()]:
        yield "scikit-learn", thing


def load_sentences() -> tuple[np.ndarray, np.ndarray]:
    """Return distinct first sentences of docstrings, and their packages."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of deprecated names
        for package, thing in documented_objects():
            text = inspect.getdoc(thing) or ""
            sentence = " ".join(text.split("\n\n")[0].split())
            if len(sentence.split()) >= 3:
                found[sentence] = package
    return np.array(list(found)), np.array(list(found.values()))


def main(sentences: list[str]) -> None:
    """Compare, choose, and classify the given sentences."""
    X, y = load_sentences()
    packages, counts = np.unique(y, return_counts=True)
    print(
        f"{len(X)} sentences:",
        dict(zip(packages.tolist(), counts.tolist(), strict=True)),
    )

    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    baseline = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
    print("\n| model | accuracy |\n|---|---|")
    print(f"| tf-idf + LR | {cross_val_score(baseline, X, y, cv=folds).mean():.3f} |")

    options = {"embedding_dim": 32, "dropout": 0.3, "max_epochs": 8, "random_state": 0}
    rnn = RNNClassifier(cell="gru", bidirectional=True, pooling="max", **options)
    cnn = CNNClassifier(
        n_filters=(64,),
        kernel_size=3,  # words
        n_branches=1,
        batch_norm=False,
        pooling="max",
        lr=0.01,
        **options,
    )
    searches = {}
    for name, network in {"GRU": rnn, "CNN": cnn}.items():
        grid = {"tokenizer__min_count": [1, 2]}
        search = GridSearchCV(make_pipeline(Tokenizer(), network), grid, cv=folds)
        searches[name] = search.fit(X, y)
        print(f"| {name}, {search.best_params_} | {search.best_score_:.3f} |")

    best = max(searches.values(), key=lambda search: search.best_score_)
    print()
    for sentence, proba in zip(sentences, best.predict_proba(sentences), strict=True):
        package = best.classes_[proba.argmax()]
        print(f"{proba.max():4.0%} {package:12s} {sentence}")
    draw_words(searches["GRU"].best_estimator_, X, y)
    plt.show()


def draw_words(model, X: np.ndarray, y: np.ndarray) -> None:
    """Show where the vectors of words lie that speak of one package."""
    tokenizer, network = model
    words = np.array(list(tokenizer.vocabulary_))
    packages = np.unique(y)
    counts = np.zeros((len(packages), len(words)))
    for tokens, package in zip(tokenizer.transform(X), y, strict=True):
        np.add.at(counts, (np.searchsorted(packages, package), np.asarray(tokens)), 1)
    vectors = network.module_.embedding.table.weight.detach().numpy()
    places = PCA(2).fit_transform(vectors)
    named = np.char.isalpha(words) & (counts.sum(axis=0) >= 10)
    spoken_of = counts.max(axis=0) / counts.sum(axis=0).clip(1)

    _, ax = plt.subplots(figsize=(7, 6), layout="constrained")
    for i, package in enumerate(packages):
        own = np.flatnonzero(named & (spoken_of > 0.8) & (counts.argmax(axis=0) == i))
        ax.scatter(*places[own].T, s=12, color=f"C{i}", label=package)
        for word in own[np.argsort(-counts[i, own])][:12]:
            ax.annotate(words[word], places[word], color=f"C{i}", fontsize=9)
    ax.set_title("Words that speak of one package, as the network sees them")
    ax.set_xlabel("first principal component of the embedding")
    ax.set_ylabel("second")
    ax.legend()


if __name__ == "__main__":
    main(sys.argv[1:] or SENTENCES)
