"""How far rows lie from what a forecaster, and windows of one season, expect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from skseq.anomaly._errors import ForecastErrors
from skseq.anomaly._surprise import SMALLEST, ErrorScale
from skseq.anomaly._windows import SeasonWindows, season_length
from skseq.data import stored
from skseq.forecasting._one_ahead import OneAhead
from skseq.parameters import attribute, checks

__all__ = ["Opinions", "telling"]

LARGE = 10.0  # distance about which oddity turns from linear to logarithmic
MOST_ERRORS = 2**20  # that tell what is usual, of all columns
N_STRETCHES = 64  # in which these rows lie, where there are more


class Opinions(ForecastErrors):
    """Tells the oddity of rows in the opinion of each, (n_rows, n_opinions).

    Logarithms of distances, so that one row beyond all measure does not hide those
    after it, in deviations from the mean of the training rows.
    """

    seasonality: int | str | None

    _scale: ErrorScale = attribute(check=checks.instance(ErrorScale))
    _windows: SeasonWindows | None = attribute(
        check=checks.optional(checks.instance(SeasonWindows))
    )
    _last: np.ndarray | None = attribute(check=checks.optional(checks.array(1, "f")))
    _moments: np.ndarray = attribute(check=checks.array(2, "f"))

    def _season(self, X: Any) -> int | None:
        """Return how many rows windows have, or None if no windows are asked."""
        season = self.seasonality
        if season is None:
            return None
        lacking = _lacking(X, 0 if isinstance(season, str) else season)
        if not isinstance(season, str):
            if lacking:
                raise ValueError(f"seasonality={season} needs {lacking}.")
            return int(season)
        if lacking:
            return None
        stretches = telling(0, len(X), 1)
        found = season_length([_column(X, *stretch) for stretch in stretches])
        return found if found > 1 else None

    def _learn_opinions(self, series: OneAhead, season: int | None) -> np.ndarray:
        """Learn what is usual, and return the oddity of the rows that told it.

        Those are all behind the first window, if they are not too many.
        """
        low, high = series.extents()
        self._constant = np.where(low == high, low, np.nan)
        stretches = telling(*series.all, len(low))
        found = [self._errors_within(series, *stretch) for stretch in stretches]
        errors = np.concatenate([errors for errors, _ in found])
        self._check_errors(errors)
        size = np.maximum(np.abs(low), np.abs(high))
        behind = self._errors_behind(series, stretches)
        self._scale = ErrorScale(errors, size, behind)
        n_before = max(series.first, (season or 1) - 1)
        columns = [
            series.targets(max(0, first - n_before), last)[:, 0]
            for first, last in stretches
        ]
        self._windows = None
        if season:  # of no window that is of two stretches
            parted = [part for rows in columns for part in (rows, [np.nan])]
            self._windows = SeasonWindows(np.concatenate(parted[:-1]), season)
        logs = np.concatenate(
            [
                self._log_distances(errors, gaps, rows)
                for (errors, gaps), rows in zip(found, columns, strict=True)
            ]
        )
        deviations = logs.std(axis=0).clip(min=SMALLEST)
        self._moments = np.stack([logs.mean(axis=0), deviations])
        return self._standardised(logs)

    def _oddity(self, series: OneAhead, first: int, last: int) -> Iterator[np.ndarray]:
        """Yield the oddity of the rows [first, last), piece by piece."""
        before = self._ends(series, first)
        for rows in series.pieces(first, last):
            column = rows.targets[-len(rows.rows) :, 0]
            if before is not None:
                column = np.concatenate([before, column])
                before = self._ends_of(column)
            logs = self._log_distances(*self._errors_of(rows), column)
            yield self._standardised(logs)

    def _ends(self, series: OneAhead, end: int) -> np.ndarray | None:
        """Return the rows before one, to which windows that end later go back."""
        if self._windows is None:
            return None
        first = max(0, end - len(self._windows.mean) + 1)
        rows = series.targets(first, end)[:, 0]
        if series.first == 0 and self._last is not None:
            rows = np.concatenate([self._last, rows])
        return self._ends_of(rows)

    def _ends_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the last rows, as many as a window has but for one."""
        windows: Any = self._windows
        return rows[max(0, len(rows) - len(windows.mean) + 1) :]

    def _log_distances(
        self, errors: np.ndarray, gaps: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        distances = [self._scale.distance(errors, gaps)]
        if self._windows is not None:
            distances.append(self._windows.distance(rows)[-len(errors) :])
        return np.log1p(np.stack(distances, axis=1) / LARGE)

    def _standardised(self, logs: np.ndarray) -> np.ndarray:
        means, deviations = self._moments
        return (logs - means) / deviations


def telling(first: int, last: int, n_columns: int) -> list[tuple[int, int]]:
    """Return which rows of [first, last) tell what is usual: some stretches, or all."""
    n_rows = max(1, MOST_ERRORS // n_columns)
    if last - first <= n_rows:
        return [(first, last)]
    length = max(1, n_rows // N_STRETCHES)
    begins = np.linspace(first, last - length, N_STRETCHES).astype(int).tolist()
    return [(begin, begin + length) for begin in begins]


def _column(X: Any, first: int, last: int) -> np.ndarray:
    """Return rows of a table of one column as float64, (n_rows,)."""
    rows = np.asarray(X.iloc[first:last] if hasattr(X, "iloc") else X[first:last])
    column = rows[:, 0].astype(np.float64)
    stored.let_go(rows)
    return column


def _lacking(X: Any, season: int) -> str | None:
    """Return what windows of a season would need, None if it is there."""
    n_rows, n_columns = X.shape
    if n_columns > 1:
        return f"a single column, got {n_columns}"
    varies, n_looked = False, stored.n_rows_of_piece(1)
    first = _column(X, 0, 1)
    for start in range(0, n_rows, n_looked):
        rows = _column(X, start, start + n_looked)
        if not np.isfinite(rows).all():
            return "a finite value in every row"
        varies |= bool((rows != first).any())
    if not varies:
        return "a column that varies"
    if n_rows < 2 * season:
        return f"{2 * season} rows at least, got {n_rows}"
    return None
