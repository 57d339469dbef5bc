"""A search of 12 candidates on five folds: two workers, a neighbour, halving.

    python benchmarks/speed_search.py [--rounds 3]

Each round times the search with n_jobs=1, with n_jobs=2 once the workers are up, and
with n_jobs=2 while another process trains (with the threads that OMP_NUM_THREADS
says); then successive halving over the epochs, from the start in every round and going
on.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

from skseq import RNNClassifier
from skseq.callbacks import Continuation
from skseq.datasets import load_italy_power_demand

GRID = {"cell": ["rnn", "gru", "lstm"], "hidden_size": [16, 32], "lr": [2e-3, 5e-3]}
NEIGHBOUR = """
import torch
layer = torch.nn.LSTM(32, 128, batch_first=True)
x = torch.randn(64, 100, 32)
while True:
    layer(x)[0].sum().backward()
"""


def search(n_jobs: int) -> float:
    """Return the seconds of a search."""
    X, y = load_italy_power_demand(split="train")
    model = RNNClassifier(max_epochs=60, batch_size=16, random_state=0)
    start = time.perf_counter()
    GridSearchCV(model, GRID, cv=5, scoring="roc_auc", n_jobs=n_jobs).fit(X, y)
    return time.perf_counter() - start


def halve(callbacks: list | None) -> float:
    """Return the seconds of successive halving from 8 to 64 epochs."""
    X, y = load_italy_power_demand(split="train")
    model = RNNClassifier(
        lr_schedule=None, batch_size=16, callbacks=callbacks, random_state=0
    )
    epochs = {"resource": "max_epochs", "min_resources": 8, "max_resources": 64}
    halving = HalvingGridSearchCV(
        model, GRID, **epochs, factor=2, cv=5, scoring="roc_auc", random_state=0
    )
    start = time.perf_counter()
    halving.fit(X, y)
    return time.perf_counter() - start


def main() -> None:
    """Print the medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    search(2)  # workers start, modules are loaded
    times = {"n_jobs=1": [], "n_jobs=2": [], "n_jobs=2, busy neighbour": []}
    halving = {"from the start": [], "going on": []}
    for _ in range(parser.parse_args().rounds):
        times["n_jobs=1"].append(search(1))
        times["n_jobs=2"].append(search(2))
        with subprocess.Popen([sys.executable, "-c", NEIGHBOUR]) as neighbour:
            time.sleep(3)
            times["n_jobs=2, busy neighbour"].append(search(2))
            neighbour.kill()
        halving["from the start"].append(halve(None))
        with tempfile.TemporaryDirectory() as directory:
            halving["going on"].append(halve([Continuation(directory)]))
    print_gains("search", times)
    print_gains("halving, n_jobs=1", halving)


def print_gains(title: str, times: dict[str, list[float]]) -> None:
    """Print medians, and how many times faster than the first each is."""
    first = next(iter(times))
    print(f"| {title} | seconds | faster than {first} |\n|---|---|---|")
    for name, found in times.items():
        gain = statistics.median(
            one / other for one, other in zip(times[first], found, strict=True)
        )
        print(f"| {name} | {statistics.median(found):.1f} | {gain:.2f} |")


if __name__ == "__main__":
    main()
