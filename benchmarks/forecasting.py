"""Accuracy of the forecasters on public data, beside baselines and published figures.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/forecasting.py opsd bitcoin jena bike stallion m4_weekly exchange
    python benchmarks/forecasting.py etth1 weather m4_hourly  # slower
    python benchmarks/forecasting.py opsd m4_hourly --coverage  # of 80 % intervals

Every setting was chosen on rows before the test rows; `--validate` measures there.
Prints a row per data set: errors on the test rows with default settings (but for what
the data ask for) and with tuned ones, those of baselines from sktime and scikit-learn
and published ones, and the time it took to fit and forecast.
"""

from __future__ import annotations

import argparse
import resource
import time
from ast import literal_eval

import forecasting_long_term
import forecasting_panels
import forecasting_series

PROBLEMS = {
    **forecasting_long_term.PROBLEMS,
    **forecasting_panels.PROBLEMS,
    **forecasting_series.PROBLEMS,
}
HEAD = (
    "| data | default | tuned | baselines | published | seconds |\n" + "|---" * 6 + "|"
)


def written(figures: dict) -> str:
    """Return named figures in one cell."""
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


def row(name: str, which: list[str], validate: bool, options: dict) -> str:
    """Measure one data set."""
    problem, cells, times = PROBLEMS[name], [], []
    for settings in ("default", "tuned"):
        if settings not in which:
            cells.append("")
            continue
        if settings == "tuned" and not problem.tuned:
            cells.append("as default")
            continue
        forecaster = problem.forecaster(tuned=settings == "tuned", **options)
        start = time.perf_counter()
        cells.append(written(problem.measure(forecaster, validate)))
        times.append(f"{time.perf_counter() - start:.0f}")
    baselines = "" if validate else written(problem.baselines())
    cells += [baselines, problem.published, ", ".join(times)]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=PROBLEMS)
    parser.add_argument(
        "--settings",
        nargs="+",
        choices=("default", "tuned"),
        default=["default", "tuned"],
    )
    parser.add_argument("--horizon", type=int, help="of etth1, weather or exchange")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument(
        "--coverage", action="store_true", help="of 80 %% intervals, of opsd, m4_hourly"
    )
    parser.add_argument(
        "--set", nargs="*", default=[], help="further settings: a=1 b=\"'x'\""
    )
    options = parser.parse_args()
    chosen = {k: literal_eval(v) for k, v in (pair.split("=") for pair in options.set)}
    chosen["random_state"] = options.seed
    if options.horizon:
        chosen["horizon"] = options.horizon
    if options.coverage:
        for name in options.names:
            settings = {"loss": "quantile", **chosen}
            forecaster = PROBLEMS[name].forecaster(tuned=True, **settings)
            share = PROBLEMS[name].coverage(forecaster)
            print(f"{name}, {settings['loss']}: {share:.1%} within", flush=True)
        return
    print(HEAD)
    for name in options.names:
        print(row(name, options.settings, options.validate, chosen), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nPeak memory: {peak:.2f} GB")


if __name__ == "__main__":
    main()
