"""Scales of the series: each series by its own, what is common by all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skseq.forecasting._table import Columns, Table

__all__ = ["SeriesScaler"]


class SeriesScaler:
    """Standardise targets and past covariates of each series by its own rows.

    Covariates that are known ahead and static ones are standardised over all series.

    Parameters
    ----------
    columns : Columns
        The parts of the columns.
    normalize : bool
        False leaves everything as it is.
    seasonality : int or None
        If given, targets are divided by the mean absolute difference of rows this far
        apart rather than by their standard deviation.
    """

    def __init__(self, columns: Columns, normalize: bool, seasonality: int | None):
        self.columns = columns
        self.normalize = normalize
        self.seasonality = seasonality
        self.scales: dict = {}
        self.common = (np.zeros(sum(columns)), np.ones(sum(columns)))

    def fit(self, table: Table) -> SeriesScaler:
        """Learn what is common to all series, then the scale of each."""
        if self.normalize:
            self.common = _mean_and_deviation(table.values)
        return self.add(table)

    def add(self, table: Table) -> SeriesScaler:
        """Learn the scales of series that were not there before."""
        for name, rows in zip(table.names, table.series(), strict=True):
            self.scales.setdefault(name, self._scale(rows))
        return self

    def _scale(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, deviation = (part.copy() for part in self.common)
        if self.normalize:
            n_own = self.columns.n_targets + self.columns.n_past
            mean[:n_own], deviation[:n_own] = _mean_and_deviation(rows[:, :n_own])
            if self.seasonality is not None and len(rows) > self.seasonality:
                targets = rows[:, : self.columns.n_targets]
                step = np.abs(
                    targets[self.seasonality :] - targets[: -self.seasonality]
                )
                step = _nanmean(step)
                seasonal = np.isfinite(step) & (step > 0)
                deviation[: len(step)][seasonal] = step[seasonal]
        return mean, deviation

    def transform(self, table: Table) -> Table:
        """Return a table of standardised values."""
        scaled = [
            (rows - self.scales[name][0]) / self.scales[name][1]
            for name, rows in zip(table.names, table.series(), strict=True)
        ]
        return replace(table, values=np.concatenate(scaled))

    def target_scales(self, names: tuple) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of the targets, (n_series, n_targets) each."""
        n = self.columns.n_targets
        means, deviations = zip(*(self.scales[name] for name in names), strict=True)
        return np.array(means)[:, :n], np.array(deviations)[:, :n]


def _mean_and_deviation(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of columns, 0 and 1 where there is nothing to see."""
    mean = _nanmean(rows)
    deviation = np.sqrt(_nanmean((rows - mean) ** 2))
    mean = np.nan_to_num(mean)
    constant = ~(deviation > 10 * np.finfo(rows.dtype).eps * np.abs(mean))
    deviation[constant] = 1
    return mean, deviation


def _nanmean(rows: np.ndarray) -> np.ndarray:
    """Return the mean of what is there in each column, NaN where nothing is."""
    there = ~np.isnan(rows)
    with np.errstate(invalid="ignore"):
        return np.where(there, rows, 0).sum(axis=0) / there.sum(axis=0)
