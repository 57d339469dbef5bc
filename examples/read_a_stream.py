"""
Read a stream
=============

Read sequences as they come in, and hand on what a network makes of them.

Days of electrical power demand in Italy, hour by hour, are told to be from winter or
from summer (Keogh et al., ItalyPowerDemand). A recurrent network that carries its state
reads one hour at a time and says, after each, what it thinks so far: the same as if it
had read all hours anew. Beside it stands a linear model for each number of hours. Then
the network's state after the last hour is what other models learn from::

    python examples/read_a_stream.py
"""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skseq import RNNClassifier
from skseq.datasets import load_italy_power_demand


def with_beginnings(X: np.ndarray, y: np.ndarray) -> tuple[list, np.ndarray]:
    """Add the first hours of every day, so that the network learns to tell early."""
    hours = range(4, X.shape[1] + 1, 4)
    return [x[:hour] for hour in hours for x in X], np.tile(y, len(hours))


def main() -> None:
    """Print the ROC AUC by hour, then that of models behind the network."""
    X, y = load_italy_power_demand(split="train")
    X_test, y_test = load_italy_power_demand(split="test")
    # What comes later is not there yet: read forwards, answer from the last state.
    network = RNNClassifier(
        cell="gru",
        bidirectional=False,
        pooling="last",
        normalize="feature",
        random_state=0,
    )
    model = network.fit(*with_beginnings(X, y))

    print(f"ROC AUC on {len(X_test)} days, as the hours come in:\n")
    print("| hours read | one GRU, hour by hour | a logistic regression for each |")
    print("|---|---|---|")
    curves = []
    stream = model.stateful()
    for hour in range(X_test.shape[1]):
        proba = stream.predict_proba(X_test[:, [hour]])[:, 1]
        if (hour + 1) % 4 == 0:
            known = slice(hour + 1)
            linear = LogisticRegression(max_iter=1000).fit(X[:, known, 0], y)
            other = linear.predict_proba(X_test[:, known, 0])[:, 1]
            curves.append([roc_auc_score(y_test, scores) for scores in (proba, other)])
            print(f"| {hour + 1} | {curves[-1][0]:.3f} | {curves[-1][1]:.3f} |")
    difference = np.abs(proba - model.predict_proba(X_test)[:, 1]).max()
    print(f"\nLargest difference from reading whole days: {difference:.0e}")

    print("\nBehind the network, which turns a day into 32 numbers:\n")
    print("| classifier | accuracy |")
    print("|---|---|")
    for name, classifier in {
        "its own": None,
        "logistic regression": LogisticRegression(max_iter=1000),
        "nearest neighbours": KNeighborsClassifier(),
    }.items():
        behind = network if classifier is None else make_pipeline(network, classifier)
        print(f"| {name} | {behind.fit(X, y).score(X_test, y_test):.3f} |")

    _, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    names = ["one GRU, hour by hour", "six logistic regressions"]
    ax.plot(np.arange(4, 25, 4), curves, "o-", label=names)
    ax.set(title="Winter or summer? What is known as the hours of a day come in")
    ax.set(xlabel="hours read", ylabel="ROC AUC")
    ax.legend()
    plt.show()


if __name__ == "__main__":
    main()
