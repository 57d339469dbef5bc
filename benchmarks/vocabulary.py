"""What a vocabulary costs where the vectors of its tokens are learned.

    python benchmarks/vocabulary.py [--tokens 1000 50000 1000000]

A line for each, in a fresh process of one thread: an LSTM (50 steps, 32 samples,
vectors of 32 values) learns two epochs of 20 batches of random tokens, then predicts
two sequences. Times are those of a step of the optimiser and of the first prediction,
which is in float64; memory is the growth of the peak of what is resident.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import numpy as np
import torch
from memory import peak

from skseq import RNNClassifier
from skseq.training import SequenceNet

MB = 2**20
SIZE = {"embedding_dim": 32, "hidden_size": 32, "batch_size": 32}


def measure(n_tokens: int) -> str:
    """Return a row of the table."""
    torch.set_num_threads(1)
    X = np.random.default_rng(0).integers(0, n_tokens, size=(640, 50, 1))
    X[0, 0], y = n_tokens - 1, np.arange(640) % 2
    model = RNNClassifier(cell="lstm", bidirectional=False, random_state=0, **SIZE)
    model.set_params(max_epochs=1).fit(X[:64] % 100, y[:64])
    took, step = [], SequenceNet.train_step

    def timed(net, batch, **options):
        start = time.perf_counter()
        found = step(net, batch, **options)
        took.append(time.perf_counter() - start)
        return found

    SequenceNet.train_step = timed
    before = peak(reset=True)
    model.set_params(max_epochs=2).fit(X, y)
    fitted = (peak() - before) / MB
    before, start = peak(reset=True), time.perf_counter()
    model.predict(X[:2])
    first = 1000 * (time.perf_counter() - start)
    asked = (peak() - before) / MB
    times = f"{1000 * np.median(took):.1f} | {fitted:.0f} | {first:.1f} | {asked:.0f}"
    return f"| {n_tokens} | {4 * 32 * n_tokens / MB:.0f} | {times} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, nargs="+", default=[1000, 50000, 1000000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(measure(options.one))
        return
    print("| tokens | table, MB | ms a step | fit, MB | ms a prediction | MB |")
    print("|--:|--:|--:|--:|--:|--:|", flush=True)
    for n_tokens in options.tokens:
        subprocess.run([sys.executable, __file__, "--one", str(n_tokens)], check=True)


if __name__ == "__main__":
    main()
