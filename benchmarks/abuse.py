"""Every public estimator, transformer and function under random calls.

    python benchmarks/abuse.py [--cases 20000] [--seed 0] [--subject RNNClassifier]
                               [--large]

A case makes an object with random parameters and calls it several times with random
data, good and broken (`tests/abusing`). Each call must succeed as documented or raise
a ValueError or TypeError that names what is wrong; it must change neither its arguments
nor, if it fails, the estimator. Prints every distinct failure with a program that
repeats it, and the numbers of cases and calls. With `--large`, memory maps are read a
batch at a time, as those of more than 32 MB are, and unequal sequences trained on part
by part, as batches of more than 131 072 steps are.
"""

from __future__ import annotations

import argparse
import faulthandler
import re
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from abusing.contract import Violation
from abusing.running import SUBJECTS, cases, run, snippet

from skseq.data import large_batches, stored


def kind_of(violation: Violation) -> str:
    """Return what failures of one cause have in common."""
    text = str(violation).splitlines()[0]
    return re.sub(r"\d+|'[^']*'", "·", text)[:160]


def abuse(subject: str, n_cases: int, chosen_seed: int) -> tuple[Counter, dict]:
    """Run cases of a subject; return the outcomes of calls and a case per failure."""
    outcomes, failures = Counter(), {}

    @seed(chosen_seed)
    @settings(
        max_examples=n_cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(subject))
    def one(case):
        outcomes["cases"] += 1
        try:
            outcomes.update(run(case))
        except Violation as violation:
            outcomes["failures"] += 1
            failures.setdefault(kind_of(violation), (violation, case))

    one()
    return outcomes, failures


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--subject", choices=SUBJECTS, nargs="*", default=SUBJECTS)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    if options.large:
        stored.LARGE, large_batches.TRAINING_STEPS = 8, 8
    faulthandler.enable()
    started, total, n_kinds = time.time(), Counter(), 0
    print(f"seed {options.seed}, {options.cases} cases of {len(options.subject)} names")
    for i, subject in enumerate(options.subject):
        n_cases = options.cases * (i + 1) // len(options.subject)
        n_cases -= options.cases * i // len(options.subject)
        outcomes, failures = abuse(subject, n_cases, options.seed)
        total += outcomes
        n_kinds += len(failures)
        print(f"{subject}: {dict(outcomes)} after {time.time() - started:.0f} s")
        for violation, case in failures.values():
            print(f"\nFAILURE {violation}\n{snippet(case)}\n")
        sys.stdout.flush()
    print(f"seed {options.seed}: {dict(total)}, {n_kinds} distinct failures")
    sys.exit(bool(n_kinds))


if __name__ == "__main__":
    main()
