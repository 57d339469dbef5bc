"""
Search on a cluster
===================

Let the workers of a Dask cluster search for the best network.

Days of electrical power demand in Italy are told to be from winter or from summer
(Keogh et al., ItalyPowerDemand). scikit-learn's searches hand their fits to joblib, and
joblib to whoever is at work: here two processes that Dask starts on this machine, and
with the address of a scheduler as many as there are on others. First successive halving
trains many candidates for a few epochs and the better ones for more; then Optuna
suggests values from a range, each of which is cross-validated on the cluster. Takes
about 30 seconds::

    pip install "skseq[search]"
    python examples/search_on_a_cluster.py

.. image:: /_static/halving.png
   :alt: Nine candidates after two epochs, three of them after six, one after 18
"""

# sphinx_gallery_thumbnail_path = '_static/halving.png'

from __future__ import annotations

import logging

import joblib
import optuna
import pandas as pd
from dask.distributed import Client, LocalCluster
from matplotlib import pyplot as plt
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    HalvingGridSearchCV,
    cross_val_score,
    train_test_split,
)

from skseq import RNNClassifier, SequenceArray
from skseq.datasets import load_italy_power_demand

GRID = {"cell": ["rnn", "gru", "lstm"], "lr": [0.003, 0.01, 0.03]}


def halve(X: SequenceArray, y) -> HalvingGridSearchCV:
    """Search a grid, with more epochs for fewer and fewer candidates."""
    return HalvingGridSearchCV(
        RNNClassifier(hidden_size=16, random_state=0),
        GRID,
        resource="max_epochs",
        min_resources=2,
        max_resources=18,
        factor=3,
        scoring="roc_auc",
        cv=3,
    ).fit(X, y)


def suggest(X: SequenceArray, y, cell: str) -> optuna.Study:
    """Search a range of learning rates and sizes for one kind of cell."""

    def score(trial: optuna.Trial) -> float:
        model = RNNClassifier(
            cell=cell,
            lr=trial.suggest_float("lr", 0.001, 0.1, log=True),
            hidden_size=trial.suggest_int("hidden_size", 4, 32, log=True),
            max_epochs=8,
            random_state=0,
        )
        return cross_val_score(model, X, y, scoring="roc_auc", cv=3).mean()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(score, n_trials=6)
    return study


def draw(results: dict) -> None:
    """Show how candidates do with more and more epochs, and which are left."""
    table = pd.DataFrame(results["params"]).join(
        pd.DataFrame({k: results[k] for k in ("n_resources", "mean_test_score")})
    )
    _, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for (cell, lr), tried in table.groupby(["cell", "lr"], sort=False):
        color = f"C{GRID['cell'].index(cell)}"
        size = 3 + 3 * GRID["lr"].index(lr)
        error = 1 - tried["mean_test_score"]
        options = {"color": color, "markersize": size, "label": f"{cell}, lr={lr}"}
        ax.plot(tried["n_resources"], error, "o-", **options)
    ax.set_xscale("log", base=3)
    ax.set_yscale("log")
    ax.set_xticks([2, 6, 18], ["2", "6", "18"])
    ax.set(xlabel="epochs", ylabel="1 - ROC AUC, cross-validated")
    ax.set_title("Successive halving: the better third goes on, three times as long")
    ax.legend(ncols=3, fontsize=8)


def main() -> None:
    """Start a cluster, search twice, print what was found."""
    days, is_winter = load_italy_power_demand()
    X, X_test, y, y_test = train_test_split(
        days, is_winter, test_size=0.5, stratify=is_winter, random_state=0
    )
    X = SequenceArray.from_array(X)  # sent once to each worker, not with each fit

    # Of a cluster that runs elsewhere, the scheduler's address is all it takes; skseq
    # must be installed there, too: Client("tcp://scheduler.example.org:8786").
    cluster = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        silence_logs=logging.ERROR,  # of workers that take their time to end
    )
    with cluster, Client(cluster) as client, joblib.parallel_config("dask"):
        print(f"{len(client.scheduler_info()['workers'])} worker processes\n")
        search = halve(X, y)
        study = suggest(X, y, search.best_params_["cell"])

    results = search.cv_results_
    print("| epochs | candidates | best of them | ROC AUC |")
    print("|---|---|---|---|")
    for round_, (epochs, n) in enumerate(
        zip(search.n_resources_, search.n_candidates_, strict=True)
    ):
        tried = results["iter"] == round_
        best = max(tried.nonzero()[0], key=lambda i: results["mean_test_score"][i])
        params = results["params"][best]
        print(
            f"| {epochs} | {n} | {params['cell']}, lr={params['lr']} "
            f"| {results['mean_test_score'][best]:.4f} |"
        )
    area = roc_auc_score(y_test, search.predict_proba(X_test)[:, 1])
    print(f"\nOn the other half of the days: {area:.4f}")
    print(f"\nOptuna, {len(study.trials)} trials of 8 epochs: {study.best_value:.4f}")
    print(", ".join(f"{k}={v:.3g}" for k, v in study.best_params.items()))

    draw(results)
    plt.show()


if __name__ == "__main__":
    main()
