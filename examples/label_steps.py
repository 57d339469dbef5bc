"""
Label every step
================

What is the wearer of a smart watch doing, at every moment of a long stream?

Recordings of four motions (BasicMotions) are cut to pieces of three to eight seconds
and joined to one long stream, in which nothing says where one motion ends and the next
begins. Taggers are trained on windows of the stream and label every step of another
stream, joined from other recordings: as it goes on (causal), or looking back at it.
Takes about 15 seconds::

    python examples/label_steps.py
"""

import time

import numpy as np
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import CNNTagger, RNNTagger
from skseq.datasets import load_basic_motions
from skseq.metrics import concat_steps, step_scorer
from skseq.plotting import StepProbabilityDisplay
from skseq.preprocessing import SequenceSplitter

TAGGERS = {
    "GRU, causal": RNNTagger(cell="gru", max_epochs=15, random_state=0),
    "GRU, both ways": RNNTagger(
        cell="gru", bidirectional=True, max_epochs=15, random_state=0
    ),
    "CNN, causal": CNNTagger(padding="causal", max_epochs=15, random_state=0),
    "CNN, both ways": CNNTagger(max_epochs=15, random_state=0),
}


def make_stream(split: str, n_motions: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Join pieces of recordings to a stream (n_steps, 6) and a label per step."""
    rng = np.random.default_rng(seed)
    X, y = load_basic_motions(split=split)
    pieces, labels = [], []
    for i in rng.integers(len(X), size=n_motions):
        length = rng.integers(30, 80)
        start = rng.integers(len(X[i]) - length)
        pieces.append(X[i][start : start + length])
        labels.append(np.full(length, y[i]))
    return np.concatenate(pieces), np.concatenate(labels)


def main() -> None:
    """Train, label, print the table."""
    stream, labels = make_stream("train", n_motions=150, seed=0)
    new_stream, new_labels = make_stream("test", n_motions=100, seed=1)
    print(f"{len(stream)} steps to learn from, {len(new_stream)} steps to label\n")

    splitter = SequenceSplitter(length=200, stride=100)
    X, y, _ = splitter.split([stream], [labels])

    print("| | accuracy | macro F1 | ROC AUC | seconds to fit |\n|---|---|---|---|---|")
    each_step = make_pipeline(StandardScaler(), LogisticRegression())
    each_step.fit(stream, labels)
    predicted = each_step.predict(new_stream)
    accuracy = np.mean(predicted == new_labels)
    f1 = f1_score(new_labels, predicted, average="macro")
    proba = each_step.predict_proba(new_stream)
    auc = roc_auc_score(new_labels, proba, multi_class="ovr")
    print(f"| logistic regression | {accuracy:.3f} | {f1:.3f} | {auc:.3f} | |")
    for name, tagger in TAGGERS.items():
        begin = time.perf_counter()
        tagger.fit(X, y)
        seconds = time.perf_counter() - begin
        accuracy = tagger.score([new_stream], [new_labels])
        auc = step_scorer("roc_auc_ovr")(tagger, [new_stream], [new_labels])
        predicted = concat_steps(tagger.predict([new_stream]))
        f1 = f1_score(new_labels, predicted, average="macro")
        print(f"| {name} | {accuracy:.3f} | {f1:.3f} | {auc:.3f} | {seconds:.1f} |")
    draw(new_stream[:600], new_labels[:600])
    plt.show()


def draw(stream: np.ndarray, labels: np.ndarray) -> None:
    """Show what a tagger says of a minute, with what has been and with what comes."""
    names = ["GRU, causal", "GRU, both ways"]
    _, axes = plt.subplots(2, sharex=True, figsize=(7, 5), layout="constrained")
    for name, ax in zip(names, axes, strict=True):
        StepProbabilityDisplay.from_estimator(
            TAGGERS[name], [stream], [labels], name=name, ax=ax
        )
    axes[0].set_xlabel("")
    axes[1].set_xlabel("Time step, a tenth of a second")


if __name__ == "__main__":
    main()
