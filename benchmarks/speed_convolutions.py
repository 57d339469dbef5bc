"""Convolutional networks, whole fits: now, at an older commit, and by torch.nn.

    SKSEQ_DATA=/path/to/data python benchmarks/speed_convolutions.py --beside CHECKOUT

CHECKOUT is a folder with another version of skseq, as a git worktree is. Both versions
have a process of their own; all take turns, one thread each, and a figure is the median
over the rounds of the ratio within a round, of the processor's time that a fit, or a
prediction, took. All train the network that 43191cd had by default: three layers of 64
filters with kernels of 40, 20 and 10 steps (CNN-LSTM two, each followed by pooling of
two steps), batches of 32.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from speed import print_head, print_row, ratios

SIZES = list(itertools.product((24, 150, 500, 1500), (1, 12)))  # steps, features
UNEQUAL = ("PLAID", "PickupGestureWiimoteZ")
STEPS_AN_EPOCH, N_EPOCHS = 64 * 500, 4
SHARED = {"normalize": "both", "random_state": 0, "n_threads": 1}
PLAIN = {"n_filters": (64, 64, 64), "residual": False}
BOTH = {"n_filters": (64, 64), "residual": False, "kernel_size": 40, "pool_size": 2}
ROWS = {
    "CNNClassifier": ("CNNClassifier", PLAIN),
    "causal": ("CNNClassifier", {**PLAIN, "padding": "causal"}),
    "CNNTagger": ("CNNTagger", PLAIN),
    "CNNLSTMClassifier": ("CNNLSTMClassifier", {**BOTH, "drop_path": 0.0}),
}


def make_data(n_timesteps: int, n_features: int):
    """Return random sequences and classes, fewer where they are long."""
    rng = np.random.default_rng(0)
    n = int(np.clip(STEPS_AN_EPOCH / n_timesteps, 64, 512))
    X = rng.standard_normal((n, n_timesteps, n_features)).astype(np.float32)
    return X, (X.sum(axis=(1, 2)) > 0).astype(np.int64)


def load(name: str):
    """Return the training part of a real set of unequal lengths."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load as loaders

    return loaders.ucr(name)[:2]


def pool_after_layers(estimator: type) -> None:
    """Let a CNN-LSTM of today pool after each of its layers, as 43191cd did."""
    from skseq.cnn import make_conv_encoder
    from skseq.networks import ConvRecurrentEncoder
    from skseq.rnn import make_recurrent_encoder

    def _make_encoder(self, n_features):
        convolution = make_conv_encoder(self, n_features, self.pool_size)
        recurrence = make_recurrent_encoder(self, convolution.output_size)
        return ConvRecurrentEncoder(convolution, recurrence, skip=self.skip)

    estimator._make_encoder = _make_encoder


class Bare:
    """The network of `CNNClassifier` as written with torch.nn, and a bare loop."""

    def __init__(self, n_features: int):
        import torch
        from torch import nn

        class Layer(nn.Module):
            def __init__(self, size: int):
                super().__init__()
                first = nn.Conv1d(size, 16, 1, bias=False)
                self.first = first if size > 16 else nn.Identity()
                self.wide = nn.ModuleList(
                    nn.Conv1d(min(size, 16), 16, width, padding="same", bias=False)
                    for width in (40, 20, 10)
                )
                self.pooled = nn.Conv1d(size, 16, 1, bias=False)
                self.norm = nn.BatchNorm1d(64)

            def forward(self, x):
                first = self.first(x)
                parts = [layer(first) for layer in self.wide]
                most = nn.functional.max_pool1d(x, 3, 1, 1)
                return self.norm(torch.cat([*parts, self.pooled(most)], 1)).relu()

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                sizes = (2 * n_features, 64, 64)
                self.layers = nn.Sequential(*map(Layer, sizes))
                self.output = nn.Linear(64, 2)

            def forward(self, x):
                return self.output(self.layers(x.transpose(1, 2)).mean(2))

        self.module = Network()

    def fit(self, X, y, n_epochs: int) -> None:
        """Train with the optimiser, the schedule and the clipping of the estimators."""
        import torch

        X, y = torch.from_numpy(np.concatenate([X, X], axis=2)), torch.from_numpy(y)
        parameters = list(self.module.parameters())
        optimizer = torch.optim.AdamW(parameters, lr=3e-3, fused=True)
        n_batches = -(-len(X) // 32)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 3e-3, total_steps=n_epochs * n_batches
        )
        for _ in range(n_epochs):
            for index in torch.randperm(len(X)).split(32):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(
                    self.module(X[index]), y[index]
                )
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                schedule.step()


def work() -> None:
    """Do what each line asks for, and answer with the processor's seconds."""
    import torch

    import skseq

    torch.set_num_threads(1)
    fitted = {}
    for line in sys.stdin:
        way, row, *size, n_epochs = json.loads(line)
        X, y = load(*size) if len(size) == 1 else make_data(*size)
        if way == "torch.nn":
            run = Bare(X.shape[2]).fit
            start = time.process_time()
            run(X, y, n_epochs)
        else:
            name, settings = ROWS[row.removesuffix(", predict")]
            estimator = getattr(skseq, name)
            known = estimator().get_params()
            if name == "CNNLSTMClassifier" and "drop_path" in known:
                pool_after_layers(estimator)
            settings = {k: v for k, v in settings.items() if k in known} | SHARED
            model = estimator(**settings, max_epochs=n_epochs)
            if name.endswith("Tagger"):
                y = (X[..., 0] > 0).astype(int)
            if row.endswith("predict"):
                key = row, *size
                if key not in fitted:
                    fitted[key] = model.fit(X[:64], y[:64])
                X = np.resize(X, (10_000, *X.shape[1:]))
                start = time.process_time()
                fitted[key].predict(X)
            else:
                start = time.process_time()
                model.fit(X, y)
        print(time.process_time() - start, flush=True)


class Worker:
    """A process that trains with one version."""

    def __init__(self, folder: Path):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work"],
            env={**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *what) -> float:
        """Return the seconds of a turn."""
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def main() -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work()
    here = Worker(Path(__file__).parents[1])
    ways = {"now": here, "torch.nn": here}
    if options.beside:
        ways["before"] = Worker(options.beside)
    jobs = [("CNNClassifier", *size) for size in SIZES]
    jobs += [(row, 150, 12) for row in list(ROWS)[1:]]
    jobs += [("CNNClassifier, predict", 150, 1)]
    if "SKSEQ_DATA" in os.environ:
        jobs += itertools.product(("CNNClassifier", "CNNLSTMClassifier"), UNEQUAL)
    print_head("estimator", "steps, features", "ms", "of before", "of torch.nn")
    for row, *size in jobs:
        times = {name: [] for name in ways}
        if row != "CNNClassifier" or len(size) == 1:
            del times["torch.nn"]
        for i in range(options.rounds + 1):
            for name, found in times.items():
                seconds = ways[name](name, row, *size, N_EPOCHS)
                found += [seconds] * (i > 0)  # the first turn warms up
        found = ratios({name: [1 / t for t in ts] for name, ts in times.items()}, "now")
        print_row(
            *(row, ", ".join(map(str, size)), round(1000 * np.median(times["now"]))),
            *(found.get(name, "") for name in ("before", "torch.nn")),
        )


if __name__ == "__main__":
    main()
