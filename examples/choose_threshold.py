"""
Choose a threshold
==================

One half is no good threshold for classes of unequal size.

Days of power demand in Italy, of the warm half-year and, one in ten, of the cold: a
network that says "cold" where that is more likely than not overlooks many of the rare
days. scikit-learn's TunedThresholdClassifierCV chooses the threshold that balances both
classes, by cross-validation of the training part; a ROC curve of the test part shows
where both thresholds lie. Takes about 20 seconds::

    python examples/choose_threshold.py [folder for the picture]
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import RocCurveDisplay, balanced_accuracy_score, recall_score
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from skseq import RNNClassifier
from skseq.datasets import load_italy_power_demand


def main(folder: Path) -> None:
    """Train, tune, draw the curve, print the table."""
    X, y = load_italy_power_demand()
    is_cold = y == "1"
    kept = ~is_cold | (np.cumsum(is_cold) % 9 == 0)
    X, is_cold = X[kept], is_cold[kept]
    print(f"{len(X)} days, {is_cold.sum()} of them of the rare class\n")
    X, X_test, y, y_test = train_test_split(
        X, is_cold, test_size=0.5, stratify=is_cold, random_state=0
    )

    network = RNNClassifier(hidden_size=8, max_epochs=40, lr=0.01, random_state=0)
    tuned = TunedThresholdClassifierCV(network, scoring="balanced_accuracy", cv=5)
    models = {"one half": network.fit(X, y), "tuned": tuned.fit(X, y)}

    display = RocCurveDisplay.from_estimator(
        network, X_test, y_test, name="RNN", plot_chance_level=True
    )
    print("| threshold | balanced accuracy | rare days found | false alarms |")
    print("|---|---|---|---|")
    for name, model in models.items():
        predicted = model.predict(X_test)
        found = recall_score(y_test, predicted)
        false = 1 - recall_score(y_test, predicted, pos_label=False)
        threshold = getattr(model, "best_threshold_", 0.5)
        name = f"{name}, {threshold:.2f}"
        display.ax_.plot(false, found, "o", label=name)
        balanced = balanced_accuracy_score(y_test, predicted)
        print(f"| {name} | {balanced:.3f} | {found:.1%} | {false:.1%} |")

    display.ax_.legend()
    display.ax_.set_title("Cold days among warm ones by power demand")
    display.figure_.set_size_inches(6, 6)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "threshold.png"
    display.figure_.savefig(path, dpi=150, bbox_inches="tight")
    print(f"\nROC curve: {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
