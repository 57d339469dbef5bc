"""Windows of a forecaster of which a few rows or columns are permuted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import check_scoring, r2_score
from sklearn.utils.validation import _check_sample_weight

from skseq.forecasting._explaining import Windows, column_names, windows_rolled
from skseq.inspection._permuted import Scoring
from skseq.metrics._scorers import Answering

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = ["PermutedForecasts"]


class PermutedForecasts:
    """`Permuted` windows of a rolling forecast.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted.
    asked : Scoring
        What is scored, and permuted.
    restart : bool
        As in `permutation_importance`.
    """

    def __init__(self, forecaster: BaseForecaster, asked: Scoring, restart: bool):
        X, y, self.scoring, sample_weight, by, step_size = asked
        self.forecaster = forecaster
        self.windows, rows, self.targets = windows_rolled(forecaster, X, y, restart)
        self.there = ~np.isnan(self.targets).any(axis=2)
        self.options = {}
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
            self.options["sample_weight"] = weights[rows][self.there]
        self.baseline = self._score(self.windows)
        n_before, n_behind = self.forecaster._window_length, self.forecaster._horizon
        n_targets, n_past, n_future, n_static = self.forecaster._columns
        self.n_own, n_of_time = n_targets + n_past, n_targets + n_past + n_future
        if by == "feature":
            self.blocks = [range(n_before + n_behind)]
        else:  # counted from the origin
            firsts = range(n_before % -step_size, n_before, step_size)
            self.blocks = [range(max(i, 0), i + step_size) for i in firsts]
            if n_future:
                ends = n_before + n_behind
                firsts = range(n_before, ends, step_size)
                self.blocks += [range(i, min(i + step_size, ends)) for i in firsts]
        self.steps = np.array([block[0] + 1 - n_before for block in self.blocks])
        self.columns = [slice(n_of_time)]
        if by != "step":
            n_columns = n_of_time + n_static * (by == "feature")
            self.columns = [slice(i, i + 1) for i in range(n_columns)]
        self.n_columns = len(self.columns)
        self.names: Any = None
        if by != "step":
            names = column_names(forecaster)[: self.n_columns]
            self.names = np.array(names, dtype=object)

    def _score(self, windows: Windows) -> Any:
        asked: Any = _OfWindows(self.forecaster)
        scorer = check_scoring(asked, scoring=self.scoring)
        asked._there = self.there
        return scorer(asked, windows, _flat(self.targets, self.there), **self.options)

    def scores(self, block: int, column: int, seed: int, n_repeats: int) -> list:
        """Return scores, as `Permuted.scores` does."""
        rng = np.random.RandomState(seed)
        rows, columns = self.blocks[block], self.columns[column]
        is_ahead = rows[0] >= self.forecaster._window_length
        if is_ahead and columns.stop <= self.n_own:  # which no network sees
            return [self.baseline] * n_repeats
        values, before = self.windows.values, self.windows.before
        cell = np.s_[:, rows.start : rows.stop, columns]
        scores, n = [], len(values)
        for _ in range(n_repeats):
            permuted, order = values.copy(), rng.permutation(n)
            permuted[cell] = values[cell][order]
            windows = self.windows.holding(permuted, before, np.arange(n))
            scores.append(self._score(windows))
        return scores


class _OfWindows(Answering):
    """A forecaster as a regressor, every row that it forecasts of a window a sample."""

    _changed = ()
    _there: np.ndarray  # (n_paths, horizon), which rows have targets

    def predict(self, windows: Windows) -> np.ndarray:
        return _flat(windows.paths(self._estimator), self._there)

    def predict_quantiles(self, windows: Windows, quantiles: Any = None) -> np.ndarray:
        loss = self._estimator._loss
        levels = self._estimator.quantiles if quantiles is None else quantiles
        values = loss.quantile(windows.outputs(self._estimator), np.array(levels))
        return _flat(windows.mapped_back(values), self._there)

    def score(
        self, windows: Windows, y: np.ndarray, sample_weight: Any = None
    ) -> float:
        return r2_score(y, self.predict(windows), sample_weight=sample_weight)


def _flat(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return values (n_paths, horizon, n_targets, ...) as rows, flat of one target."""
    rows = values[there]
    return rows[:, 0] if rows.shape[1] == 1 else rows
