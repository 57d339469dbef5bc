"""How much holes take from those who are asked, and how much from those who learn.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/holes_known.py [--data GunPoint] [--seeds 0 1]

Values are removed in blocks, as by `incomplete.py holes`, from the test part, and the
training part is known completely: by the default network with 400 steps of the
optimiser; by the nearest neighbour, scikit-learn's, by what was observed of the
sequence that is asked; and by a ridge classifier of random convolutions
(`holes_elsewhere.py`), which learns anew for each of 40 sequences, from training
sequences that lack just what this one lacks. Then the neighbour where the training
part has holes of its own: what it loses beyond, these took from those who learn.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import torch
from classification import load, print_table
from holes_elsewhere import draw_kernels, features_of, stretched, with_lines
from incomplete import DATA, N_STEPS, SHARES, holes_of
from sklearn.linear_model import RidgeClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import RNNClassifier

N_ASKED = 40  # of convolutions
N_KERNELS = 300


class OfConvolutions:
    """A ridge classifier for each pattern of holes."""

    def __init__(self, train: list, y: np.ndarray):
        self.n_steps, self.n_channels = max(map(len, train)), train[0].shape[-1]
        self.kernels = draw_kernels(self.n_steps, self.n_channels)[:N_KERNELS]
        self.means = np.concatenate(train).mean(axis=0)
        self.train, self.y = [stretched(x, self.n_steps) for x in train], y
        self.models = {}

    def label(self, x: np.ndarray, is_hole: np.ndarray):
        """Return that of a sequence of which the values at holes are not looked at."""
        where = np.linspace(0, len(x) - 1, self.n_steps).round().astype(int)
        is_hole = is_hole[where]
        key = is_hole.tobytes()
        if key not in self.models:
            ridge = RidgeClassifierCV(np.logspace(-3, 4, 12))
            model = make_pipeline(StandardScaler(), ridge)
            self.models[key] = model.fit(self.features(self.train, is_hole), self.y)
        asked = self.features([stretched(x, self.n_steps)], is_hole)
        return self.models[key].predict(asked)[0]

    def features(self, X: list, is_hole: np.ndarray) -> np.ndarray:
        """Return what is found in sequences that all have the same holes."""
        holed = np.stack([np.where(is_hole, np.nan, x) for x in X])
        columns = holed.transpose(1, 0, 2).reshape(self.n_steps, -1)  # all at once
        columns = with_lines([columns], np.tile(self.means, len(X)))[0]
        lines = columns.reshape(self.n_steps, -1, self.n_channels).transpose(1, 0, 2)
        return features_of(lines, self.kernels, self.n_steps)


def of_neighbours(train: list, y: np.ndarray, test: list) -> np.ndarray:
    """Return the label of each one's nearest neighbour by what was observed of both."""
    n_steps = max(map(len, [*train, *test]))
    values = np.concatenate(train)
    mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    tables = []
    for part in (train, test):
        table = np.full((len(part), n_steps, len(mean)), np.nan)
        for row, x in zip(table, part, strict=True):
            row[: len(x)] = (x - mean) / deviation
        tables.append(table.reshape(len(part), -1))
    model = KNeighborsClassifier(1, metric="nan_euclidean")
    return model.fit(tables[0], y).predict(tables[1])


def accuracies(data: str, seed: int) -> list[dict]:
    """Return those on the test part, for each share of values that are missing."""
    train, y, test, y_test = load(data)
    train, test = list(train), list(test)
    network = RNNClassifier(missing="mask", random_state=seed, n_threads=1)
    n_batches = -(-len(train) // network.batch_size)
    network.set_params(max_epochs=-(-N_STEPS // n_batches)).fit(train, y)
    convolutions = OfConvolutions(train, y)
    some = np.linspace(0, len(test) - 1, N_ASKED).astype(int)  # many are sorted by y
    rows = []
    for share in [0.0, *SHARES]:
        rng = np.random.default_rng([seed, round(100 * share)])
        own, asked = train, test
        if share:
            own, asked = (holes_of(part, share, "blocks", rng) for part in (own, asked))
        labels = [convolutions.label(test[i], np.isnan(asked[i])) for i in some]
        found = {
            "network": np.mean(network.predict(asked) == y_test),
            "convolutions": np.mean(labels == y_test[some]),
            "neighbour": np.mean(of_neighbours(train, y, asked) == y_test),
            "neighbour, holes in training": np.mean(
                of_neighbours(own, y, asked) == y_test
            ),
        }
        rows.append({"data": data, "share": share, **found})
    return rows


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=DATA)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for data in options.data:
        for seed in options.seeds:
            rows += accuracies(data, seed)
        print(pd.DataFrame(rows).tail(1 + len(SHARES)).round(3), flush=True)
    table = pd.DataFrame(rows).groupby(["share", "data"], sort=False).mean()
    table = table.stack().unstack("data")
    table.index = [f"{share:.0%}, {name}" for share, name in table.index]
    print_table(table.assign(mean=table.mean(axis=1)))


if __name__ == "__main__":
    main()
