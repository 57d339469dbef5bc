"""Windows of a forecaster parts of which are those of others, and their forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skseq._showing import naming
from skseq.forecasting._explaining import (
    column_names,
    windows_ahead,
    windows_rolled,
)
from skseq.inspection._forecast_gradients import asked_of_forecast
from skseq.inspection._mixed import Question
from skseq.inspection._players import Players, segment_of_steps

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = ["MixedForecasts"]


class MixedForecasts:
    """`Mixed` windows of a forecaster; a sample is a series.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted.
    question : Question
        What is asked.
    """

    def __init__(self, forecaster: BaseForecaster, question: Question):
        X, background, target, step, n_segments, groups = question
        self.forecaster = forecaster
        n_before, n_behind = forecaster._window_length, forecaster._horizon
        self.x, n_rows, _ = windows_ahead(forecaster, X)
        self.column, self.shares = asked_of_forecast(forecaster, target, step, n_rows)
        rows = background if isinstance(background, tuple) else (background, None)
        if len(rows) != 2:
            raise ValueError(
                f"background is a tuple of {len(rows)}; expected X and y of a "
                "forecaster that was fitted with y."
            )
        with naming("background"):
            self.usual, _, _ = windows_rolled(forecaster, *rows, restart=True)
        self.n_samples, self.n_background = len(self.x.means), len(self.usual.means)
        names = column_names(forecaster)
        n_future, n_static = forecaster._columns[2:]
        n_of_time = len(names) - n_static
        n_segments = min(n_segments or n_before, n_before)
        n_ahead = -(-n_behind * n_segments // n_before) if n_future else 0
        ahead = segment_of_steps(n_behind, max(n_ahead, 1))
        past = segment_of_steps(n_before, n_segments)
        self.segment = np.concatenate([past, n_segments + ahead * (n_ahead > 0)])
        if not n_ahead:  # which nobody sees
            self.segment[n_before:] = n_segments - 1
        _, firsts = np.unique(self.segment, return_index=True)
        self.steps = firsts + 1 - n_before
        self.players = Players(
            names[:n_of_time], names[n_of_time:], groups, len(self.steps)
        )

    def said(self, i: int, donor: int, masks: np.ndarray) -> np.ndarray:
        """Return forecasts (n,) of mixtures, as `Mixed.said` does."""
        n, n_rows = len(masks), len(self.segment)
        of_static = self.players.static(masks)[:, None].repeat(n_rows, axis=1)
        cells = self.players.at_steps(masks, self.segment)
        cells = np.concatenate([cells, of_static], axis=2)
        values = np.where(cells, self.x.values[i], self.usual.values[donor])
        before = np.where(cells[:, 0], self.x.before[i], self.usual.before[donor])
        paths = self.x.holding(values, before, np.full(n, i)).paths(self.forecaster)
        return paths[:, :, self.column] @ self.shares[i]
