"""
Compare networks
================

Which network best tells winter from summer by a day's power demand?

A grid search compares recurrent and convolutional networks by cross-validated ROC AUC
on Italian electricity data; then the best one's ROC curves, fold by fold, are drawn.
Takes one to two minutes::

    python examples/compare_networks.py [folder for the picture]

.. image:: /_static/roc.png
   :alt: ROC curves of the best network, fold by fold, close to the upper left corner
"""

# sphinx_gallery_thumbnail_path = '_static/roc.png'

import sys
from pathlib import Path

from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline

from skseq import CNNClassifier, CNNLSTMClassifier, RNNClassifier
from skseq.datasets import load_italy_power_demand

NETWORKS = {
    "RNN": RNNClassifier(cell="rnn", max_epochs=20, random_state=0),
    "GRU": RNNClassifier(cell="gru", max_epochs=20, random_state=0),
    "LSTM": RNNClassifier(cell="lstm", max_epochs=20, random_state=0),
    "CNN": CNNClassifier(max_epochs=20, random_state=0),
    "CNN-LSTM": CNNLSTMClassifier(max_epochs=20, random_state=0),
}


def main(folder: Path) -> None:
    """Search, draw the curves, print the table."""
    X, y = load_italy_power_demand()
    print(f"{len(X)} days of {X.shape[1]} hours, two classes\n")

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(
        Pipeline([("network", None)]),
        {"network": list(NETWORKS.values())},
        scoring="roc_auc",
        cv=folds,
        n_jobs=2,
        verbose=2,  # a line per fit
    )
    search.fit(X, y)

    best = list(NETWORKS)[search.best_index_]
    curves = cross_validate(
        search.best_estimator_,
        X,
        y,
        cv=folds,
        return_estimator=True,
        return_indices=True,
        n_jobs=2,
    )
    display = RocCurveDisplay.from_cv_results(
        curves,
        X,
        y,
        name=[f"Fold {i + 1}" for i in range(5)],
        curve_kwargs=[{"color": f"C{i}", "linestyle": "-"} for i in range(5)],
        plot_chance_level=True,
    )
    figure = display.figure_
    figure.set_size_inches(6, 6)
    display.ax_.set_title(f"Winter or summer by power demand: {best}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "roc.png"
    figure.savefig(path, dpi=150, bbox_inches="tight")

    results = search.cv_results_
    print("\n| network | ROC AUC | spread over folds | seconds a fit |")
    print("|---|---|---|---|")
    for name, mean, spread, seconds in zip(
        NETWORKS,
        results["mean_test_score"],
        results["std_test_score"],
        results["mean_fit_time"],
        strict=True,
    ):
        print(f"| {name} | {mean:.4f} | {spread:.4f} | {seconds:.1f} |")
    print(f"\nBest: {best}. ROC curves of its folds: {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
