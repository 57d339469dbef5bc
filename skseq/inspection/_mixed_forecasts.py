"""Windows of a forecaster parts of which are those of others, and their forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skseq.forecasting._explaining import (
    column_names,
    windows_ahead,
    windows_rolled,
)
from skseq.inspection._forecast_gradients import asked_of_forecast
from skseq.inspection._players import feature_groups, segment_of_steps

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = ["MixedForecasts"]


class MixedForecasts:
    """Windows that are explained, the background, and mixtures of both.

    Parameters
    ----------
    forecaster, X, background, target, step, n_segments, groups
        As in `shapley`.

    Attributes
    ----------
    n_samples, n_background, n_players, steps, names, static_names
        As in `MixedSequences`; a sample is a series.
    """

    def __init__(
        self,
        forecaster: BaseForecaster,
        X: Any,
        background: Any,
        target: Any,
        step: Any,
        n_segments: int | None,
        groups: dict | None,
    ):
        self.forecaster = forecaster
        n_before, n_behind = forecaster._window_length, forecaster._horizon
        self.x, n_rows, _ = windows_ahead(forecaster, X)
        self.column, self.shares = asked_of_forecast(forecaster, target, step, n_rows)
        y = None
        if isinstance(background, tuple):
            background, y = background
        self.usual, _, _ = windows_rolled(forecaster, background, y, True)
        self.n_samples, self.n_background = len(self.x.means), len(self.usual.means)
        names = column_names(forecaster)
        n_future, n_static = forecaster._columns[2:]
        self.n_of_time = len(names) - n_static
        self.static_names = names[self.n_of_time :]
        self.group, self.names = feature_groups(groups, names[: self.n_of_time])
        n_segments = min(n_segments or n_before, n_before)
        n_ahead = -(-n_behind * n_segments // n_before) if n_future else 0
        ahead = segment_of_steps(n_behind, max(n_ahead, 1))
        past = segment_of_steps(n_before, n_segments)
        self.segment = np.concatenate([past, n_segments + ahead * (n_ahead > 0)])
        if not n_ahead:  # which nobody sees
            self.segment[n_before:] = n_segments - 1
        _, firsts = np.unique(self.segment, return_index=True)
        self.steps = firsts + 1 - n_before
        self.n_cells = len(self.steps) * len(self.names)
        self.n_players = self.n_cells + n_static

    def said(self, i: int, donor: int, masks: np.ndarray) -> np.ndarray:
        """Return forecasts (n,) of mixtures, as `MixedSequences.said` does."""
        n = len(masks)
        cells = masks[:, : self.n_cells].reshape(n, len(self.steps), -1)
        of_static = masks[:, None, self.n_cells :]
        cells = cells[:, self.segment][:, :, self.group]
        cells = np.concatenate(
            [cells, np.broadcast_to(of_static, (*cells.shape[:2], of_static.shape[2]))],
            axis=2,
        )
        values = np.where(cells, self.x.values[i], self.usual.values[donor])
        before = np.where(cells[:, 0], self.x.before[i], self.usual.before[donor])
        paths = self.x.holding(values, before, np.full(n, i)).paths(self.forecaster)
        return paths[:, :, self.column] @ self.shares[i]
