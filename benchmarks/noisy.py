"""Defaults on noisy data, beside baselines that know no order of time.

    python benchmarks/noisy.py --part choosing --estimators RNN CNN CNNLSTM
    python benchmarks/noisy.py --part kept       # once, when all is chosen

Each cell of `benchmarks/noisy_data.py` is drawn, learned by default settings and asked
for 2000 sequences more. Beside it: the base rate (or the mean), and logistic or ridge
regression and gradient boosting on aggregates of each channel (mean, deviation,
extremes, last values, slope). Prints rows for each cell, then how many reach what.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from noisy_data import Cell, draw, make_cells
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import brier_score_loss, log_loss, r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skseq

N_BINS = 10  # of the calibration error


def aggregates(X: list[np.ndarray]) -> np.ndarray:
    """Return (n_samples, 7 * n_channels): what a sequence is without its order."""
    rows = []
    for x in X:
        times = np.arange(len(x)) - (len(x) - 1) / 2
        slope = times @ x / max(1.0, times @ times)
        parts = [x.mean(0), x.std(0), x.min(0), x.max(0), x[-1], x[-3:].mean(0), slope]
        rows.append(np.concatenate(parts))
    return np.array(rows)


def baselines(task: str) -> dict:
    """Return the models that aggregates are given to."""
    if task == "regression":
        return {
            "linear": make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))),
            "boosting": HistGradientBoostingRegressor(random_state=0),
            "base rate": DummyRegressor(),
        }
    return {
        "linear": make_pipeline(
            StandardScaler(),
            LogisticRegressionCV(scoring="neg_log_loss", max_iter=2000),
        ),
        "boosting": HistGradientBoostingClassifier(random_state=0),
        "base rate": DummyClassifier(),
    }


def calibration_error(y: np.ndarray, p: np.ndarray) -> float:
    """Return the expected calibration error over equally many answers per bin."""
    parts = np.array_split(np.argsort(p), N_BINS)
    return float(sum(abs(y[i].mean() - p[i].mean()) * len(i) for i in parts) / len(y))


def scores(model, X, y: np.ndarray, task: str) -> dict[str, float]:
    """Return the scores of a fitted model."""
    if task == "regression":
        return {"R2": r2_score(y, model.predict(X))}
    p = model.predict_proba(X)[:, 1]
    return {
        "AUC": roc_auc_score(y, p),
        "log loss": log_loss(y, p),
        "Brier": brier_score_loss(y, p),
        "ECE": calibration_error(y, p),
    }


def run(cell: Cell, architectures: list[str], seed: int) -> dict[str, dict]:
    """Return the scores of every model on a cell, and the seconds of its fit."""
    X, y, X_test, y_test = draw(cell)
    found = {}
    flat, flat_test = aggregates(X), aggregates(X_test)
    for name, model in baselines(cell.task).items():
        start = time.perf_counter()
        model.fit(flat, y)
        seconds = time.perf_counter() - start
        found[name] = {**scores(model, flat_test, y_test, cell.task), "s": seconds}
    kind = "Classifier" if cell.task == "classification" else "Regressor"
    for architecture in architectures:
        model = getattr(skseq, architecture + kind)(random_state=seed)
        start = time.perf_counter()
        model.fit(X, y)
        seconds = time.perf_counter() - start
        found[architecture] = {**scores(model, X_test, y_test, cell.task), "s": seconds}
    return found


def reached(found: dict[str, dict], name: str, signal: str) -> dict[str, bool]:
    """Return which of the figures to reach a model reaches on a cell."""
    mine, base = found[name], found["base rate"]
    best = "R2" if "R2" in mine else "AUC"
    better = max(found["linear"][best], found["boosting"][best])
    goals = {f"{best} of the better baseline, less .02": mine[best] >= better - 0.02}
    if signal in ("order", "motif"):
        goals[f"{best} above it, of order and motif"] = mine[best] > better
    if best == "R2":
        return {**goals, "R2 at least -.02": mine["R2"] >= -0.02}
    return {
        **goals,
        "log loss at most 1.02 of the base rate's": mine["log loss"]
        <= 1.02 * base["log loss"],
        "Brier at most 1.02 of the base rate's": mine["Brier"] <= 1.02 * base["Brier"],
        "ECE at most .06": mine["ECE"] <= 0.06,
    }


def main() -> None:
    """Print the rows, and what is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=["choosing", "kept"], default="choosing")
    parser.add_argument("--estimators", nargs="+", default=["RNN", "CNN", "CNNLSTM"])
    parser.add_argument("--cells", type=int, default=96)
    parser.add_argument("--most", type=int, help="so many cells of the part only")
    parser.add_argument("--steps", type=int, help="cells of at most so many steps")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of boosting, of rare classes in folds
    choosing, kept = make_cells(options.cells)
    part = choosing if options.part == "choosing" else kept
    names = ["base rate", "linear", "boosting", *options.estimators]
    print(f"| cell | score | {' | '.join(names)} |")
    print("|---|---|" + "--:|" * len(names))
    tally: dict[tuple[str, str], list[bool]] = {}
    if options.steps:
        part = [cell for cell in part if cell.n_samples * cell.length <= options.steps]
    for cell in part[: options.most]:
        found = run(cell, options.estimators, options.seed)
        for score in found["linear"]:
            row = " | ".join(f"{found[name][score]:.3f}" for name in names)
            print(f"| {cell.name} | {score} | {row} |", flush=True)
        for name in names[1:]:
            for goal, is_reached in reached(found, name, cell.signal).items():
                tally.setdefault((goal, name), []).append(is_reached)
    goals = list(dict.fromkeys(goal for goal, _ in tally))
    print(f"\n| cells that reach | of | {' | '.join(names[1:])} |")
    print("|---|--:|" + "--:|" * (len(names) - 1))
    for goal in goals:
        row = [sum(tally[goal, name]) for name in names[1:]]
        print(
            f"| {goal} | {len(tally[goal, names[1]])} | {' | '.join(map(str, row))} |"
        )


if __name__ == "__main__":
    main()
