"""Conformal intervals and sample paths on single series.

    export SKSEQ_DATA=/path/to/data
    python benchmarks/intervals.py                      # every series, some minutes
    python benchmarks/intervals.py airline --set "loss='gaussian'"
    python benchmarks/intervals.py "bitcoin, 7 days" --estimator Seq2SeqForecaster
    python benchmarks/intervals.py m4_hourly --series 60   # so many, drawn by seed 0
    python benchmarks/intervals.py m4_hourly --series 60 --origins 6
    python benchmarks/intervals.py stallion --without 6    # as if six months earlier

Airline passengers are forecast from eight yearly origins, by a fit each; other series
from origins a horizon apart in their last fifth, by one fit that is told all rows
before. Prints how many values lie within intervals of 80 and 90 %; how wide these are
in units of the interval around the better naive forecast that, looked at afterwards,
holds as many, step by step; the mean pinball loss of nineteen quantiles, twice (CRPS);
and the energy score of 100 paths beside that of the same values drawn independently.
Of a panel the last rows of each series are forecast, two days of M4 hourly, from one
origin or several, each a horizon after the other, by one fit before the first of them;
widths and CRPS are in units of a series' mean change from row to row, or from day to
day. The last cells are the width of 80 % and its median in these units, and how many
series have less than the nominal share within, by more than 12 points; how many would
if intervals were exact; and how many if origins were dealt out to series at random.
"""

from __future__ import annotations

import argparse
import warnings
from ast import literal_eval
from typing import NamedTuple

import forecasting_panels
import numpy as np
import pandas as pd
from forecasting_naive import GROUPS
from forecasting_problems import load

import skseq

LEVELS = np.arange(1, 20) / 20
NAMES = {
    "airline": "classic",
    "sunspots": "classic",
    "melbourne, 7 days": "classic",
    "jena, 7 days": "jena",
    "opsd, 7 days": "opsd",
    "bitcoin, 7 days": "bitcoin",
}
HEAD = (
    "| series | origins | 80 % | 90 % | width 80 % | width 90 % | CRPS "
    "| energy, paths | energy, independent |\n" + "|---" * 9 + "|"
)


def energy(paths: np.ndarray, y: np.ndarray) -> float:
    """Return the energy score of paths (H, n) (Gneiting and Raftery, 2007)."""
    to_truth = np.linalg.norm(paths - y[:, None], axis=0).mean()
    n = paths.shape[1]
    apart = np.linalg.norm(paths[:, :, None] - paths[:, None], axis=0)
    return to_truth - apart.sum() / (2 * n * (n - 1))


def measured(name: str, cls: type, options: dict) -> str:
    """Return a row of the table."""
    y, window, horizon, season = GROUPS[NAMES[name]]()[name]
    forecaster = cls(
        window_length=window, horizon=horizon, conformal=True, random_state=0, **options
    )
    is_short = name == "airline"
    first = len(y) - 8 * horizon if is_short else int(0.8 * len(y))
    origins = range(first, len(y) - horizon + 1, horizon)
    ahead, rng = np.arange(horizon), np.random.RandomState(0)
    quantiles, truths, scores = [], [], []
    naive: dict[int, list] = {m: [] for m in {1, season or 1}}
    for i in origins:
        if is_short or i == first:
            forecaster.fit(y[:i])
        else:
            forecaster.update(y[i - horizon : i])
        truths.append(y[i : i + horizon])
        quantiles.append(forecaster.predict_quantiles(quantiles=tuple(LEVELS)))
        paths = forecaster.sample(n_paths=100, random_state=i)
        alone = np.stack([rng.permutation(row) for row in paths])
        scores.append([energy(part, truths[-1]) for part in (paths, alone)])
        for m, errors in naive.items():
            errors.append(y[i - m + ahead % m] - truths[-1])
    missed = min(naive.values(), key=lambda errors: np.abs(errors).mean())
    cells = judged(np.array(quantiles), np.array(truths), np.array(missed))
    cells += [f"{value:.4g}" for value in np.mean(scores, axis=0)]
    return f"| {name} | " + " | ".join(cells) + " |"


def judged(said: np.ndarray, truth: np.ndarray, missed: np.ndarray) -> list[str]:
    """Return cells: origins, coverages, widths in units of the naive one's, CRPS."""
    cells = [str(len(truth))]
    ends = {0.8: (1, 17), 0.9: (0, 18)}
    for low, high in ends.values():
        within = (said[..., low] <= truth) & (truth <= said[..., high])
        cells.append(f"{100 * within.mean():.1f} %")
    for low, high in ends.values():
        width = (said[..., high] - said[..., low]).mean()
        holds = np.quantile(missed, LEVELS[[low, high]], axis=0)
        cells.append(f"{width / np.diff(holds, axis=0).mean():.2f}")
    error = truth[..., None] - said
    pinball = np.maximum(LEVELS * error, (LEVELS - 1) * error).mean()
    return [*cells, f"{2 * pinball:.4g}"]


class Panel(NamedTuple):
    """Many series."""

    X: pd.DataFrame | None
    y: pd.Series
    left: np.ndarray  # how many rows of its series follow each row
    horizon: int
    season: int

    def rows(self, chosen: np.ndarray) -> tuple:
        """Return X, if there is one, and y of some rows."""
        y = self.y[chosen]
        return (y,) if self.X is None else (self.X[chosen], y)


def m4(name: str, n_series: int | None) -> Panel:
    """Return series that a seed draws, weekly ones in logarithms."""
    loader, horizon, season = {
        "m4_hourly": (load.m4_hourly, 48, 24),
        "m4_weekly": (load.m4_weekly, 13, 1),
    }[name]
    into = np.log if name == "m4_weekly" else np.asarray
    series = {key: np.concatenate(rows) for key, rows in loader().items()}
    names = sorted(series)
    if n_series is not None and n_series < len(names):
        names = sorted(np.random.RandomState(0).choice(names, n_series, replace=False))
    y = pd.concat({name: pd.Series(into(series[name])) for name in names})
    left = y.groupby(level=0, sort=False).cumcount(ascending=False).to_numpy()
    return Panel(None, y, left, horizon, season)


def stallion(name: str, n_series: int | None) -> Panel:
    """Return all series."""
    X, y, _ = forecasting_panels.stallion(validate=False)
    left = y.groupby(level=0).cumcount(ascending=False).to_numpy()
    return Panel(X, y, left, 6, 1)


PANELS = {"m4_hourly": m4, "m4_weekly": m4, "stallion": stallion}


def panel(
    name: str,
    cls: type,
    options: dict,
    n_series: int | None,
    n_without: int,
    n_origins: int,
) -> str:
    """Return a row of the table for one model of many series."""
    data = PANELS[name](name, n_series)
    horizon, season, names = data.horizon, data.season, data.y.index.unique(0)
    given = forecasting_panels.PROBLEMS[name].given
    forecaster = cls(**{**given, "conformal": True, "random_state": 0, **options})
    known = np.zeros(len(data.y), dtype=bool)
    parts = []
    for n_left in n_without + horizon * np.arange(n_origins)[::-1]:
        later = ~known & (data.left >= n_left + horizon)
        if known.any():
            forecaster.update(*data.rows(later))
        else:
            forecaster.fit(*data.rows(later))
        known |= later
        asked = ~known & (data.left >= n_left)
        found = forecaster.predict_quantiles(
            *data.rows(asked)[:-1], quantiles=tuple(LEVELS)
        )
        truth = data.y[asked].to_numpy().reshape(len(names), horizon)
        rows = [data.y[known].loc[name].to_numpy() for name in names]
        ahead = np.arange(horizon) % season
        naive = np.array([y[len(y) - season + ahead] for y in rows])
        unit = [np.abs(y[season:] - y[:-season]).mean() for y in rows]
        said = found.to_numpy().reshape(*truth.shape, len(LEVELS))
        parts.append((said, truth, naive, np.array(unit)))
    said, truth, naive, units = (np.stack(part) for part in zip(*parts, strict=True))
    unit = np.where(units > 0, units, 1.0)[:, :, None]  # (n_origins, n_series, 1)
    cells = judged(
        np.concatenate(said / unit[..., None]),
        np.concatenate(truth / unit),
        np.concatenate((naive - truth) / unit),
    )
    widths = (said[..., 17] - said[..., 1]) / unit
    cells.append(f"{widths.mean():.2f}, median {np.median(widths):.2f}")
    for low, high, least in ((1, 17, 0.68), (0, 18, 0.78)):
        within = (said[..., low] <= truth) & (truth <= said[..., high])
        held = within.mean(axis=2)
        below = (held.mean(axis=0) < least).mean()
        drawn = np.random.RandomState(0).choice(held.ravel(), (10_000, n_origins))
        alike = (drawn.mean(axis=1) < least).mean()
        ends = LEVELS[[low, high]]
        exact = [
            below_if_exact(y, season, horizon, n_origins, ends, least) for y in rows
        ]
        cells.append(
            f"{below:.0%} below, {np.mean(exact):.0%} if exact, {alike:.0%} if alike"
        )
    return f"| {name} | " + " | ".join(cells) + " |"


def below_if_exact(
    y: np.ndarray,
    season: int,
    horizon: int,
    n_origins: int,
    ends: np.ndarray,
    least: float,
) -> float:
    """Return how often exact intervals, so many one after the other, hold too little.

    Exact is what has the quantiles of the naive forecast's own errors at all origins,
    step by step.
    """
    ahead = np.arange(horizon)
    origins = np.arange(season, len(y) - horizon + 1)[:, None]
    missed = y[origins - season + ahead % season] - y[origins + ahead]
    low, high = np.quantile(missed, ends, axis=0)
    within = ((low <= missed) & (missed <= high)).mean(axis=1)
    n = len(within) - (n_origins - 1) * horizon
    held = [within[i * horizon : i * horizon + n] for i in range(n_origins)]
    return (np.mean(held, axis=0) < least).mean()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = f"of {', '.join([*NAMES, *PANELS])}; all single series if none"
    parser.add_argument("names", nargs="*", help=names)
    parser.add_argument("--series", type=int, help="how many of M4; all if none")
    parser.add_argument(
        "--without", type=int, default=0, help="rows of a panel to leave out at the end"
    )
    parser.add_argument("--origins", type=int, default=1, help="of a panel")
    parser.add_argument("--estimator", default="CNNLSTMForecaster")
    parser.add_argument("--set", nargs="*", default=[], help="settings: a=1 b=\"'x'\"")
    options = parser.parse_args()
    chosen = {k: literal_eval(v) for k, v in (pair.split("=") for pair in options.set)}
    print(HEAD)
    for name in options.names or NAMES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cls = getattr(skseq, options.estimator)
            if name in PANELS:
                row = panel(
                    name, cls, chosen, options.series, options.without, options.origins
                )
            else:
                row = measured(name, cls, chosen)
            print(row, flush=True)


if __name__ == "__main__":
    main()
