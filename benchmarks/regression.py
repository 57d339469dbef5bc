"""Errors of the default regressors on TSER data, beside published figures.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/regression.py [--data Covid3Month Tecator] [--seeds 2]

Trains each regressor with its default settings on the training part of the official
split, one thread, and prints root mean squared errors on the test part, their mean
over the seeds, beside the mean of the training part and the best published network
and model.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import root_mean_squared_error

from skseq import CNNLSTMRegressor, CNNRegressor, RNNRegressor

MODELS = (RNNRegressor, CNNRegressor, CNNLSTMRegressor)
NETWORKS = ["CNN", "FCN", "ResNet", "InceptionT"]  # columns of the published table


def published(name: str) -> tuple[str, str]:
    """Return the best published network and the best model of any kind."""
    path = Path(os.environ["SKSEQ_DATA"], "reference", "tser_rmse_resample0.csv")
    table = pd.read_csv(path, index_col="dataset")
    if name not in table.index:
        return "", ""
    errors = table.loc[name]
    best = (errors[NETWORKS], errors)
    return tuple(f"{each.min():.4f} {each.idxmin()}" for each in best)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["Covid3Month", "Tecator"])
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load as loaders

    heads = ["mean", *(model.__name__ for model in MODELS), "network", "any model"]
    print(f"| data | {' | '.join(heads)} |")
    print("|---" * (1 + len(heads)) + "|")
    for name in options.data:
        X, y, X_test, y_test = loaders.tser(name)
        errors = [root_mean_squared_error(y_test, np.full(len(y_test), y.mean()))]
        for model in MODELS:
            found = []
            for seed in range(options.seeds):
                fitted = model(n_threads=1, random_state=seed).fit(X, y)
                found.append(root_mean_squared_error(y_test, fitted.predict(X_test)))
            errors.append(np.mean(found))
        figures = [f"{error:.4f}" for error in errors]
        print(f"| {name} | {' | '.join([*figures, *published(name)])} |", flush=True)


if __name__ == "__main__":
    main()
