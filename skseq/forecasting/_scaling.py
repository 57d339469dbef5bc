"""Scales of the series: each series by its own, what is common by all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skseq.forecasting._table import Columns, Table

__all__ = ["SeriesScaler"]

LEAST_SEASONAL = 1e-3  # share of the deviation, below which it is a matter of rounding


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
            if name not in self.scales:
                self.scales[name] = self._scale(rows)
        return self

    def __copy__(self) -> SeriesScaler:
        copied = SeriesScaler(self.columns, self.normalize, self.seasonality)
        copied.scales, copied.common = dict(self.scales), self.common
        return copied

    def _scale(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, deviation = (part.copy() for part in self.common)
        if self.normalize:
            n_own = self.columns.n_targets + self.columns.n_past
            mean[:n_own], deviation[:n_own] = _mean_and_deviation(rows[:, :n_own])
            if self.seasonality is not None:
                self._take_seasonal(deviation, rows, self.seasonality)
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
            raise ValueError("X or y hold values too large to be standardised.")
        return mean, deviation

    def _take_seasonal(
        self, deviation: np.ndarray, rows: np.ndarray, seasonality: int
    ) -> None:
        """Replace deviations of targets by their seasonal differences."""
        if len(rows) <= seasonality:
            raise ValueError(
                f"seasonality={seasonality} needs more rows than that; a series "
                f"has {len(rows)}."
            )
        targets = rows[:, : self.columns.n_targets]
        before = targets[:-seasonality]
        step = _nanmean(np.abs(targets[seasonality:] - before))
        differs = step > LEAST_SEASONAL * deviation[: len(step)]
        deviation[: len(step)][differs] = step[differs]

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
