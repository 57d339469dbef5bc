"""What several networks as one cost beside one.

    python benchmarks/speed_networks.py [--networks 5]

A row is a whole fit of few epochs by default settings; both take turns in one process
on one thread, and the figure is the median over the rounds of the ratio within a round.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
from sklearn.base import clone
from speed import ratios, rounds

from skseq import CNNClassifier, CNNLSTMClassifier, RNNClassifier

SIZES = [(24, 1), (100, 3), (150, 12)]  # steps, features
MODELS = {
    "RNNClassifier, lstm": RNNClassifier(),
    "RNNClassifier, gru": RNNClassifier(cell="gru"),
    "CNNClassifier": CNNClassifier(),
    "CNNLSTMClassifier": CNNLSTMClassifier(),
}
N_SAMPLES, N_EPOCHS, N_ROUNDS = 256, 4, 7


def main() -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=5)
    n_networks = parser.parse_args().networks
    rng = np.random.default_rng(0)
    print(
        "| estimator |", " | ".join(f"{t} steps, {f} features" for t, f in SIZES), "|"
    )
    print("|---" * (1 + len(SIZES)) + "|")
    for name, model in MODELS.items():
        cells = []
        for n_timesteps, n_features in SIZES:
            X = rng.normal(size=(N_SAMPLES, n_timesteps, n_features))
            y = X[:, :, 0].sum(axis=1) > 0
            model.set_params(max_epochs=N_EPOCHS, n_threads=1, random_state=0)
            several = clone(model).set_params(n_networks=n_networks)
            fits = {"1": partial(model.fit, X, y)}
            fits[str(n_networks)] = partial(several.fit, X, y)
            found = ratios(rounds(fits, N_ROUNDS), "1")
            cells.append(f"{found[str(n_networks)]:.1f}")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
