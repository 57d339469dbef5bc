"""Labels per time step: is anybody in the room, and where does punctuation belong.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/tagging.py occupancy
    python benchmarks/tagging.py punctuation

`occupancy` labels every minute of two test parts as occupied or not, without the light
sensor, by taggers trained on pieces of the training part, and prints the ROC AUC over
minutes beside that of logistic regression. Network, scaling and length of the pieces
are chosen on the last 30 % of the training part.

`punctuation` gives a tagger words of tiny Shakespeare without case and punctuation and
asks what stood behind each: nothing, a comma, or the end of a sentence. The last 10 %
of the speeches are the test part. Beside it: always nothing, and logistic regression on
the words around.

One thread, some minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from itertools import product

import numpy as np
import torch
from sklearn.base import clone
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import CNNTagger, RNNTagger
from skseq.metrics import concat_steps
from skseq.preprocessing import SequenceSplitter

SENSORS = ["Temperature", "Humidity", "CO2", "HumidityRatio"]
TRAINING = {"max_epochs": 20, "batch_size": 8, "random_state": 0, "n_threads": 1}
NETWORKS = {
    "GRU": RNNTagger(cell="gru", **TRAINING),
    "GRU, both ways": RNNTagger(cell="gru", bidirectional=True, **TRAINING),
    "CNN": CNNTagger(**TRAINING),
}
SCALES = ["feature", "sequence"]  # the second looks at the whole piece
LENGTHS = [120, 240, 480]  # minutes in a piece


def load():
    """Return the module that loads the data."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load

    return load


# Occupancy ------------------------------------------------------------------------


def occupancy() -> None:
    """Choose a tagger on the training part, then test it on both others."""
    parts = {
        name: (rows[SENSORS].to_numpy(), rows["Occupancy"].to_numpy())
        for name, rows in load().occupancy().groupby("part")
    }
    X, y = parts["datatraining"]
    cut = int(0.7 * len(X))
    print(
        "| network | scale | piece | AUC, held out | seconds |\n|---|---|---|---|---|"
    )
    found = {}
    for chosen in product(NETWORKS, SCALES, LENGTHS):
        begin = time.perf_counter()
        model, splitter = learn(X[:cut], y[:cut], *chosen)
        found[chosen] = auc(model, splitter, X[cut:], y[cut:])
        name, scale, length = chosen
        seconds = time.perf_counter() - begin
        print(f"| {name} | {scale} | {length} | {found[chosen]:.4f} | {seconds:.0f} |")

    best = max(found, key=found.get)
    model, splitter = learn(X, y, *best)
    minutes = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    print(f"\nChosen: {best}\n")
    print("| test part | logistic regression | tagger |\n|---|---|---|")
    for name in ("datatest", "datatest2"):
        X_test, y_test = parts[name]
        plain = roc_auc_score(y_test, minutes.predict_proba(X_test)[:, 1])
        ours = auc(model, splitter, X_test, y_test)
        print(f"| {name} | {plain:.4f} | {ours:.4f} |")


def learn(X: np.ndarray, y: np.ndarray, network: str, scale: str, length: int):
    """Train on overlapping pieces of one stream."""
    splitter = SequenceSplitter(length=length, stride=length // 4)
    pieces, labels, _ = splitter.split([X], [y])
    model = clone(NETWORKS[network]).set_params(normalize=scale)
    return model.fit(pieces, labels), splitter


def auc(model, splitter, X: np.ndarray, y: np.ndarray) -> float:
    """Return the ROC AUC over the steps; pieces that overlap are averaged."""
    pieces, _, _ = splitter.split([X])
    (proba,) = splitter.join(model.predict_proba(pieces))
    return roc_auc_score(y, proba[:, 1])


# Punctuation ----------------------------------------------------------------------

MARKS = {",": "comma", ";": "stop", ":": "stop", ".": "stop", "?": "stop", "!": "stop"}
N_WORDS = 5000


def speeches() -> tuple[list[list[str]], list[np.ndarray]]:
    """Return the words of every speech, and what stood behind each."""
    words, marks = [], []
    for speech in load().tinyshakespeare().split("\n\n"):
        lines = speech.split("\n", 1)[1:]  # without the speaker's name
        found = re.findall(r"([a-z']+)([,;:.?!]?)", " ".join(lines).lower())
        if found:
            words.append([word for word, _ in found])
            marks.append(np.array([MARKS.get(mark, "none") for _, mark in found]))
    return words, marks


def around(words: list[str]) -> list[dict]:
    """Return features of each word: itself, two before and two behind."""
    padded = ["<", "<", *words, ">", ">"]
    return [
        {f"{offset}": padded[i + 2 + offset] for offset in range(-2, 3)}
        for i in range(len(words))
    ]


def punctuation() -> None:
    """Train taggers and baselines, print accuracy and macro F1 over the words."""
    words, marks = speeches()
    cut, end = int(0.8 * len(words)), int(0.9 * len(words))
    counts = Counter(word for speech in words[:cut] for word in speech)
    codes = {w: i for i, (w, _) in enumerate(counts.most_common(N_WORDS), start=1)}
    X = [np.array([codes.get(word, 0) for word in speech]) for speech in words]
    y_test = concat_steps(marks[end:])
    print(f"{end} speeches to learn from, {len(y_test)} words to label\n")
    print("| | accuracy | macro F1 | seconds |\n|---|---|---|---|")

    def report(name, predicted, begin):
        seconds = time.perf_counter() - begin
        accuracy = accuracy_score(y_test, predicted)
        f1 = f1_score(y_test, predicted, average="macro")
        print(f"| {name} | {accuracy:.4f} | {f1:.4f} | {seconds:.0f} |", flush=True)

    begin = time.perf_counter()
    report("always nothing", np.full(len(y_test), "none"), begin)
    flat = [word for speech in words[:end] for word in around(speech)]
    model = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=200))
    model.fit(flat, concat_steps(marks[:end]))
    flat = [word for speech in words[end:] for word in around(speech)]
    report("logistic regression, two words each side", model.predict(flat), begin)
    for name, options in {
        "GRU, causal": {},
        "GRU, both ways": {"bidirectional": True},
    }.items():
        begin = time.perf_counter()
        tagger = RNNTagger(
            cell="gru",
            hidden_size=64,
            embedding_dim=64,
            dropout=0.3,
            max_epochs=5,
            random_state=0,
            n_threads=1,
            **options,
        )
        tagger.fit(X[:end], marks[:end])
        report(name, concat_steps(tagger.predict(X[end:])), begin)


def main() -> None:
    """Run one of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["occupancy", "punctuation"])
    torch.set_num_threads(1)
    {"occupancy": occupancy, "punctuation": punctuation}[parser.parse_args().what]()


if __name__ == "__main__":
    main()
