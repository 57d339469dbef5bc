"""Cost of a fit against a bare torch loop over the same module and batches.

    python benchmarks/overhead.py [--epochs 5] [--repeats 15] [--threads 1]

Both train the same module with the same optimiser on the same number of batches of
the same shuffled data, in turn within one process; skorch's default net, too.
Prints medians in milliseconds per batch and the ratios of each pair's times.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
import skorch
import torch
from torch import nn

from skseq import RNNClassifier

CASES = [(2000, 20, 3, 32), (2000, 50, 3, 128)]


def bare_loop(module: nn.Module, X: np.ndarray, y: np.ndarray, epochs, batch_size, lr):
    """Train as one would by hand."""
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    optimizer = torch.optim.Adam(module.parameters(), lr=lr, fused=True)
    criterion = nn.CrossEntropyLoss()
    module.train()
    for _ in range(epochs):
        for index in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = criterion(module(X[index]), y[index])
            loss.backward()
            optimizer.step()


def skorch_default(module, X, y, epochs, batch_size, lr):
    """Train as skorch does by default."""
    net = skorch.NeuralNetClassifier(
        module,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=lr,
        max_epochs=epochs,
        batch_size=batch_size,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    net.fit(X, y)


def seconds(function, *args) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")
    print(f"torch {torch.__version__}, {options.threads} thread(s), LSTM hidden 32")
    print("| samples x steps x features | batch | bare ms | skseq | skorch default |")
    print("|---|---|---|---|---|")
    for n, n_timesteps, n_features, batch_size in CASES:
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n, n_timesteps, n_features)).astype(np.float32)
        y = (X.sum(axis=(1, 2)) > 0).astype(np.int64)
        estimator = RNNClassifier(
            max_epochs=options.epochs,
            batch_size=batch_size,
            lr_schedule=None,  # the same training as the bare loop
            clip_norm=None,
            n_threads=options.threads,
            random_state=0,
        )
        module = estimator.fit(X, y).module_
        args = (X, y, options.epochs, batch_size, estimator.lr)
        times = {"bare": [], "skseq": [], "skorch": []}
        for _ in range(options.repeats):
            times["bare"].append(seconds(bare_loop, module, *args))
            times["skseq"].append(seconds(estimator.fit, X, y))
            times["skorch"].append(seconds(skorch_default, module, *args))
        n_batches = options.epochs * -(-n // batch_size)
        bare = 1000 * statistics.median(times["bare"]) / n_batches
        ratios = [
            statistics.median(
                other / own
                for other, own in zip(times[name], times["bare"], strict=True)
            )
            for name in ("skseq", "skorch")
        ]
        print(
            f"| {n} x {n_timesteps} x {n_features} | {batch_size} | {bare:.3f} "
            f"| {ratios[0]:.3f} | {ratios[1]:.3f} |"
        )


if __name__ == "__main__":
    main()
