"""How much a method without networks loses where values are removed.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/holes_elsewhere.py [--data GunPoint] [--seeds 0 1]

Values are removed as by `incomplete.py holes`. Lines lead from each value to the next
one; 600 random convolutions, of which the share of positive values and the largest one
are kept (Dempster et al., 2020, "ROCKET"), besides mean and deviation of each channel,
are read by a ridge classifier. What it loses, the holes took from the data rather than
from the network.
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np
import pandas as pd
import torch
from classification import load, print_table
from incomplete import DATA, SHARES, holes_of
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.nn import functional

N_KERNELS = 600


def with_lines(X: list, means: np.ndarray) -> list:
    """Return sequences with lines from value to value, level before and behind them."""
    lines = [pd.DataFrame(x).interpolate(limit_direction="both") for x in X]
    return [np.where(np.isnan(x), means, x) for x in lines]


def draw_kernels(n_steps: int, n_channels: int) -> list[tuple]:
    """Return channels, weights, bias, dilation and padding of each convolution."""
    rng = np.random.default_rng(0)
    kernels = []
    for _ in range(N_KERNELS):
        size = min(rng.choice([7, 9, 11]), max(3, n_steps // 2))
        n = int(2 ** rng.uniform(0, np.log2(min(n_channels, size) + 1)))
        channels = rng.choice(n_channels, size=min(n_channels, n), replace=False)
        weights = rng.normal(size=(len(channels), size))
        weights -= weights.mean(axis=1, keepdims=True)
        most = max(1, (n_steps - 1) / (size - 1))
        dilation = int(2 ** rng.uniform(0, np.log2(most)))
        padding = (size - 1) * dilation // 2 if rng.random() < 0.5 else 0
        bias = rng.uniform(-1, 1)
        kernels.append((channels, torch.tensor(weights)[None], bias, dilation, padding))
    return kernels


def stretched(x: np.ndarray, n_steps: int) -> np.ndarray:
    """Return a sequence of another length."""
    if len(x) == n_steps:
        return x
    where, there = np.linspace(0, 1, n_steps), np.linspace(0, 1, len(x))
    return np.column_stack([np.interp(where, there, column) for column in x.T])


def features_of(X: list, kernels: list[tuple], n_steps: int) -> np.ndarray:
    """Return what convolutions find, and where sequences lie."""
    level = np.array([np.append(x.mean(axis=0), x.std(axis=0)) for x in X])
    array = np.stack([stretched(x, n_steps) for x in X]).astype(float)
    array -= array.mean(axis=1, keepdims=True)
    array /= array.std(axis=1, keepdims=True) + 1e-8
    x = torch.tensor(array).transpose(1, 2)
    found = []
    for channels, weights, bias, dilation, padding in kernels:
        options = {"dilation": dilation, "padding": padding}
        z = functional.conv1d(x[:, channels], weights, **options)[:, 0] + bias
        found += [(z > 0).double().mean(dim=1), z.amax(dim=1)]
    return np.c_[torch.stack(found, dim=1).numpy(), level]


def accuracy(data: str, how: str, share: float, seed: int) -> float:
    """Return the accuracy on the test part."""
    train, y, test, y_test = load(data)
    train, test = list(train), list(test)
    n_steps = max(map(len, train))
    if share:
        rng = np.random.default_rng([seed, round(100 * share)])
        train, test = (holes_of(part, share, how, rng) for part in (train, test))
        means = np.nanmean(np.concatenate(train), axis=0)
        train, test = with_lines(train, means), with_lines(test, means)
    kernels = draw_kernels(n_steps, train[0].shape[-1])
    train, test = (features_of(part, kernels, n_steps) for part in (train, test))
    ridge = RidgeClassifierCV(np.logspace(-3, 4, 12))
    return make_pipeline(StandardScaler(), ridge).fit(train, y).score(test, y_test)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=DATA)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = {}
    for how, share in [("complete", 0.0), *product(["random", "blocks"], SHARES)]:
        rows[f"{how}, {share:.0%}"] = {
            name: np.mean([accuracy(name, how, share, seed) for seed in options.seeds])
            for name in options.data
        }
    table = pd.DataFrame(rows).T
    print_table(table.assign(mean=table.mean(axis=1)))


if __name__ == "__main__":
    main()
