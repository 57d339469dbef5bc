"""Compare recurrent cells: which tells winter from summer by a day's power demand.

A grid search compares the cells by cross-validated ROC AUC on Italian electricity
data; then the best one's ROC curves, fold by fold, are drawn. Takes about a minute.

    python examples/compare_cells.py [folder for the picture]
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate

from skseq import RNNClassifier
from skseq.datasets import load_italy_power_demand

CELLS = ["rnn", "gru", "lstm", "peephole_lstm"]


def main(folder: Path) -> None:
    """Search, print the table, draw the curves."""
    X, y = load_italy_power_demand()
    print(f"{len(X)} days of {X.shape[1]} hours, two classes\n")

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(
        RNNClassifier(max_epochs=20, random_state=0),
        {"cell": CELLS},
        scoring="roc_auc",
        cv=folds,
        n_jobs=2,
        verbose=3,  # a line per fit
    )
    search.fit(X, y)

    best = search.best_estimator_
    curves = cross_validate(
        best, X, y, cv=folds, return_estimator=True, return_indices=True, n_jobs=2
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
    display.ax_.set_title(f"Winter or summer by power demand, cell={best.cell!r}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "roc.png"
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)

    results = search.cv_results_
    print("\n| cell | ROC AUC | spread over folds | seconds a fit |")
    print("|---|---|---|---|")
    for cell, mean, spread, seconds in zip(
        CELLS,
        results["mean_test_score"],
        results["std_test_score"],
        results["mean_fit_time"],
        strict=True,
    ):
        print(f"| {cell} | {mean:.4f} | {spread:.4f} | {seconds:.1f} |")
    print(f"\nBest cell: {best.cell}. ROC curves of its folds: {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
