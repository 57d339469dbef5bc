"""scikit-learn's own checks of the estimators as they are by default.

    SCIPY_ARRAY_API=1 python benchmarks/scikit_learn_checks.py [CNNClassifier ...]

The suite runs them on small networks (tests/test_common.py); the defaults take minutes
each. Without the environment's SCIPY_ARRAY_API, checks of array libraries are skipped.
Exits with 1 if a check fails.
"""

from __future__ import annotations

import argparse
import collections
import time
import warnings

from sklearn.utils.estimator_checks import check_estimator

import skseq

ESTIMATORS = [
    architecture + task
    for architecture in ("RNN", "CNN", "CNNLSTM")
    for task in ("Classifier", "Regressor")
]


def main() -> None:
    """Print a row per estimator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("estimators", nargs="*", default=ESTIMATORS)
    names = parser.parse_args().estimators
    n_failed = 0
    print("| estimator | passed | skipped | failed | s |")
    print("|---|---|---|---|---|")
    for name in names:
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = check_estimator(
                getattr(skseq, name)(), on_skip=None, on_fail=None
            )
        counts = collections.Counter(result["status"] for result in results)
        seconds = time.perf_counter() - start
        failed = [result for result in results if result["status"] == "failed"]
        n_failed += len(failed)
        print(
            f"| {name} | {counts['passed']} | {counts['skipped']} | "
            f"{', '.join(result['check_name'] for result in failed) or 'none'} | "
            f"{seconds:.0f} |",
            flush=True,
        )
        for result in failed:
            print(f"    {result['check_name']}: {result['exception']!r:.500}")
    raise SystemExit(n_failed > 0)


if __name__ == "__main__":
    main()
