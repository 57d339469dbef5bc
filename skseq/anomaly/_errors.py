"""Errors of the forecasts of rows, from the rows before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq._showing import naming
from skseq.anomaly._before import gap_lengths, unmoved_errors
from skseq.data.foreign import check_container
from skseq.data.reading import RowReader
from skseq.data.tables import check_rows
from skseq.forecasting._base import BaseForecaster
from skseq.forecasting._dates import check_no_dates
from skseq.forecasting._known import target_columns
from skseq.forecasting._one_ahead import Forecasts, OneAhead
from skseq.forecasting._reading import has_columns, learn_parts, plain_table
from skseq.forecasting._stored import rows_in_place
from skseq.parameters import attribute, checks

__all__ = ["ForecastErrors"]


class ForecastErrors(RowReader):
    """Reads rows, and tells how far they lie from what was forecast."""

    forecaster_: BaseForecaster = attribute(
        check=checks.instance(BaseForecaster),
        text="The trained forecaster.",
        type="forecaster",
    )
    _takes_flat: bool = attribute(check=checks.flag)
    _constant: np.ndarray = attribute(check=checks.array(1, "f"))

    @naming("X")
    def _read(self, X: Any, forecaster: BaseForecaster, *, reset: bool) -> Any:
        """Return a table for a forecaster; a flat series is one of one column."""
        check_container(X, "X", time_axis=0)
        is_pandas = hasattr(X, "iloc")
        if is_pandas and X.index.nlevels > 1:
            raise ValueError(
                f"X has an index of {X.index.nlevels} levels; a detector takes one "
                "series, with one level."
            )
        n_dimensions = len((X if hasattr(X, "shape") else np.asarray(X)).shape)
        if reset:
            self._takes_flat = n_dimensions == 1
        if is_pandas and n_dimensions == 1:
            X = X.to_frame(0 if self._takes_flat else X.name)
        elif self._takes_flat and n_dimensions == 1:
            X = np.asarray(X)[:, None]
        if isinstance(X, (list, tuple)):
            X = np.asarray(X)
        plain = numbers = plain_table(X)
        categories = None
        if has_columns(X):
            categories = getattr(forecaster, "_categories", None)
            if reset:
                _, categories = learn_parts(forecaster, plain, has_y=False)
        is_large = rows_in_place(plain, in_memory=True) is not None
        if is_large:  # the forecaster looks at the values, piece by piece
            check_rows(self, plain[:1], reset=reset, finite=False)
            return plain
        if categories is not None and categories.are_any:
            numbers = categories.coded(plain)
        check_no_dates(numbers)
        values = check_rows(self, numbers, reset=reset, finite=False)
        if numbers is not plain:  # categories, which the forecaster reads, too
            return X
        return pd.DataFrame(values, X.index, X.columns) if is_pandas else values

    def _series(self, X: Any, *, follows: bool) -> OneAhead:
        """Return rows that are forecast, which follow those known so far or do not."""
        return OneAhead(self.forecaster_, X, follows=follows)

    def _errors_of(self, rows: Forecasts) -> tuple[np.ndarray, np.ndarray]:
        """Return errors of forecasts, and behind which gaps, (n_rows, n_columns)."""
        n_rows = len(rows.rows)
        gaps = gap_lengths(rows.targets)[-n_rows:]
        unmoved = unmoved_errors(rows.targets, self._constant, rows.before)[-n_rows:]
        errors = rows.targets[-n_rows:] - rows.rows
        return np.where(np.isnan(self._constant), errors, unmoved), gaps

    def _errors_within(
        self, series: OneAhead, first: int, last: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return errors and gaps of the rows [first, last)."""
        found = [self._errors_of(rows) for rows in series.pieces(first, last)]
        errors, gaps = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return errors, gaps

    def _errors_behind(
        self, series: OneAhead, stretches: list[tuple[int, int]]
    ) -> dict[int, np.ndarray]:
        """Return the errors of training rows behind gaps, made for the purpose.

        Gaps of 1, 2, 4, ... rows; what is longer than a window is like a window's.
        """
        longest = self.forecaster_.window_length - 1
        if self.forecaster_.missing != "mask" or longest < 1:
            return {}
        lengths = [n for n in 2 ** np.arange(31) if n < longest] + [longest]
        behind = {}
        for n in map(int, lengths):
            parts = []
            for stretch in stretches:
                for rows in series.pieces(*stretch, n_hidden=n):
                    errors, _ = self._errors_of(rows)
                    before = rows.targets[longest - n : len(rows.targets) - n - 1]
                    parts.append(np.where(np.isnan(before), np.nan, errors))
            behind[n] = np.concatenate(parts)
        return behind

    def _check_errors(self, errors: np.ndarray) -> None:
        """Refuse columns of which no error tells what is usual."""
        unknown = np.isnan(errors).all(axis=0)
        if unknown.any():
            column = target_columns(self.forecaster_)[np.argmax(unknown)]
            raise ValueError(
                f"Column {column} of X has no value behind the first "
                f"{self.forecaster_.window_length} rows, which cannot be forecast."
            )
