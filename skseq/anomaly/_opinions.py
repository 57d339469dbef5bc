"""How far rows lie from what a forecaster, and windows of one season, expect."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq.anomaly._errors import ForecastErrors
from skseq.anomaly._surprise import SMALLEST, ErrorScale
from skseq.anomaly._windows import SeasonWindows, season_length
from skseq.parameters import attribute, checks

__all__ = ["Opinions"]

LARGE = 10.0  # distance about which oddity turns from linear to logarithmic


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
        rows = np.asarray(X)
        if rows.shape[1] == 1:
            rows = rows.astype(np.float64)
        lacking = _lacking(rows, 0 if isinstance(season, str) else season)
        if isinstance(season, str):
            found = 0 if lacking else season_length(rows[:, 0])
            return found if found > 1 else None
        if lacking:
            raise ValueError(f"seasonality={season} needs {lacking}.")
        return int(season)

    def _learn_oddity(self, X: Any, season: int | None) -> np.ndarray:
        """Learn what is usual, and return the oddity behind the first window."""
        targets = self._targets(X)
        self._constant = self._constants(targets)
        errors, gaps = self._errors(X)
        self._check_errors(errors)
        size = np.nanmax(np.abs(targets), axis=0)
        self._scale = ErrorScale(errors, size, self._errors_behind(X))
        self._windows = SeasonWindows(targets[:, 0], season) if season else None
        self._last = self._ends(targets[:, 0])
        logs = self._log_distances(errors, gaps, targets[:, 0])
        deviations = logs.std(axis=0).clip(min=SMALLEST)
        self._moments = np.stack([logs.mean(axis=0), deviations])
        return self._standardised(logs)

    def _oddity(self, X: Any) -> np.ndarray:
        """Return the oddity behind the first window of a series of its own."""
        logs = self._log_distances(*self._errors(X), self._targets(X)[:, 0])
        return self._standardised(logs)

    def _later_oddity(self, X: Any) -> np.ndarray:
        """Return the oddity of rows that follow those known so far."""
        logs = self._log_distances(*self._later_errors(X), self._since(X))
        return self._standardised(logs)

    def _since(self, X: Any) -> np.ndarray:
        """Return rows that follow, behind those to which their windows go back."""
        rows = self._targets(X)[:, 0]
        return rows if self._last is None else np.concatenate([self._last, rows])

    def _ends(self, rows: np.ndarray) -> np.ndarray | None:
        """Return the last rows, to which windows of later ones go back."""
        if self._windows is None:
            return None
        return rows[len(rows) - len(self._windows.mean) + 1 :].copy()

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


def _lacking(rows: np.ndarray, season: int) -> str | None:
    """Return what windows of a season would need, None if it is there."""
    n_rows, n_columns = rows.shape
    if n_columns > 1:
        return f"a single column, got {n_columns}"
    if not np.isfinite(rows).all():
        return "a finite value in every row"
    if (rows == rows[:1]).all():
        return "a column that varies"
    if n_rows < 2 * season:
        return f"{2 * season} rows at least, got {n_rows}"
    return None
