"""What choosing a threshold gains on Wafer, where one class in ten is abnormal.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/threshold.py --seeds 0 1 2

A small network, trained briefly, ranks wafers better than it decides at a probability
of one half. scikit-learn's TunedThresholdClassifierCV chooses another threshold by
cross-validation of the training part, for balanced accuracy or for the F1 score of the
abnormal class. The network was chosen by cross-validation of the training part. Prints
scores of the test part.
"""

from __future__ import annotations

import argparse
import os
import sys

from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import TunedThresholdClassifierCV

from skseq import RNNClassifier

sys.path.insert(0, os.environ["SKSEQ_DATA"])
import load

ABNORMAL = 0
SCORINGS = {
    "balanced accuracy": make_scorer(balanced_accuracy_score),
    "F1 of the abnormal": make_scorer(f1_score, pos_label=ABNORMAL),
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    X, y, X_test, y_test = load.ucr("Wafer")
    print("| tuned for | seed | threshold | balanced accuracy | F1 | ROC AUC |")
    print("|---|---|---|---|---|---|")
    for seed in parser.parse_args().seeds:
        network = RNNClassifier(
            hidden_size=8, pooling="mean", max_epochs=40, random_state=seed
        )
        models = {"nothing": network.fit(X, y)}
        for name, scoring in SCORINGS.items():
            tuned = TunedThresholdClassifierCV(network, scoring=scoring, cv=5)
            models[name] = tuned.fit(X, y)
        for name, model in models.items():
            predicted = model.predict(X_test)
            share = model.predict_proba(X_test)[:, ABNORMAL]
            print(
                f"| {name} | {seed} | {getattr(model, 'best_threshold_', 0.5):.3f} "
                f"| {balanced_accuracy_score(y_test, predicted):.4f} "
                f"| {f1_score(y_test, predicted, pos_label=ABNORMAL):.4f} "
                f"| {roc_auc_score(y_test == ABNORMAL, share):.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
