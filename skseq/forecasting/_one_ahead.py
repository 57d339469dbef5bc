"""Forecasts of the rows of one series from the rows before, a piece at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skseq.data import stored
from skseq.forecasting._known import mapped_targets
from skseq.forecasting._table import Table

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = ["Forecasts", "OneAhead"]


class Forecasts(NamedTuple):
    """Rows of a series, and what was expected of them.

    Targets are as `transformer` has them.
    """

    targets: np.ndarray  # (window_length + n, n_targets), of these and those before
    before: np.ndarray  # (n_targets,), the last values seen before all of them
    rows: np.ndarray  # (n, n_targets), forecasts of the last n


class OneAhead:
    """Rows of one series, each of which is forecast from those before.

    No more than a piece of them is looked at together. Scales stay what they are.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted on one series, with ``horizon=1``.
    X : array or DataFrame of shape (n_rows, n_columns)
        The rows; large ones stay where they are.
    follows : bool
        Whether they follow those known so far. Else they are a series of their own, of
        which a first window cannot be forecast.

    Raises
    ------
    ValueError
        If values or the index are not as the forecaster expects.
    """

    def __init__(self, forecaster: BaseForecaster, X: Any, *, follows: bool):
        self._forecaster = forecaster
        self._table = forecaster._read_later(X, None, follows=follows, in_place="all")
        forecaster._check_static_stays(self._table)
        self._known = forecaster._known(self._table.names) if follows else None
        self._scaler = copy.copy(forecaster._scaler)
        self._scaler.moments = {}

    def __len__(self) -> int:
        return len(self._table.values)

    @property
    def first(self) -> int:
        """The first row that can be forecast."""
        return self._forecaster._window_length if self._known is None else 0

    @property
    def all(self) -> tuple[int, int]:
        """The first row that can be forecast, and the number of rows."""
        return self.first, len(self)

    def targets(self, first: int, last: int) -> np.ndarray:
        """Return targets of the rows [first, last), as `transformer` has them."""
        return self._mapped(self._between(first, last).values)

    def extents(self) -> tuple[np.ndarray, np.ndarray]:
        """Return least and largest targets; inf and -inf of a column without any."""
        low, high = np.inf, -np.inf
        for _, rows in self._table.pieces():
            rows = self._mapped(rows)
            there = ~np.isnan(rows)
            low = np.minimum(low, rows.min(axis=0, where=there, initial=np.inf))
            high = np.maximum(high, rows.max(axis=0, where=there, initial=-np.inf))
        return np.asarray(low), np.asarray(high)

    def pieces(self, first: int, last: int, n_hidden: int = 0) -> Iterator[Forecasts]:
        """Yield the rows [first, last), piece by piece.

        Parameters
        ----------
        first, last : int
            Which; from `first` on, and of rows that follow all.
        n_hidden : int, default=0
            How many last rows of each window the network does not see.
        """
        forecaster, length = self._forecaster, self._forecaster._window_length
        known = self._known
        if known is None:
            known = self._between(first - length, first)
        n_rows = stored.n_rows_of_piece(self._table.values.shape[1])
        for start in range(first, last, n_rows):
            later = self._between(start, min(start + n_rows, last))
            rows = known.extended(later)
            outputs = forecaster._outputs(self._scaler.transform(rows), n_hidden)
            scales = self._scaler.target_scales(rows.names)
            outputs = forecaster._in_units(outputs, *scales)
            yield Forecasts(
                self._mapped(rows.values),
                self._mapped(rows.filled_before())[0],
                forecaster._loss.point(outputs)[:, 0],
            )
            known = rows.tail(length)

    def _between(self, first: int, last: int) -> Table:
        return self._table.between(np.array([first]), np.array([last]))

    def _mapped(self, rows: np.ndarray) -> np.ndarray:
        """Return the targets of rows of the table, as `transformer` has them."""
        n_targets = self._forecaster._columns.n_targets
        return mapped_targets(self._forecaster, rows[:, :n_targets])
