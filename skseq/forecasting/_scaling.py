"""Scales of the series: each series by its own, what is common by all rows."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from skseq.forecasting._moments import Moments
from skseq.forecasting._table import Columns, Table

__all__ = ["SeriesScaler"]

LEAST_SEASONAL = 1e-3  # share of the deviation, below which it is a matter of rounding


class SeriesScaler:
    """Standardise targets and past covariates of each series by its own rows.

    Covariates that are known ahead and static ones are standardised over all series;
    one that never varied says nothing to the network, whatever it will be. Codes of
    categories stay as they are.

    Parameters
    ----------
    columns : Columns
        The parts of the columns.
    normalize : bool
        False leaves everything as it is.
    seasonality : int or None
        If given, targets are divided by the mean absolute difference of rows this far
        apart rather than by their standard deviation.
    codes : ndarray of int, optional
        Positions of the columns that hold codes.
    centers : bool, default=True
        Whether the mean of targets is subtracted; else they are divided by it, so that
        zero stays zero.
    """

    centers = True  # in files of earlier versions

    def __init__(
        self,
        columns: Columns,
        normalize: bool,
        seasonality: int | None,
        codes: np.ndarray | None = None,
        centers: bool = True,
    ):
        self.columns = columns
        self.normalize = normalize
        self.seasonality = seasonality
        self.centers = centers
        self.codes = np.fromiter([], dtype=np.intp) if codes is None else codes
        self.scales: dict = {}
        self.moments: dict = {}  # of the series whose scales are learned again
        self.common = (np.zeros(sum(columns)), np.ones(sum(columns)))

    def fit(self, table: Table) -> SeriesScaler:
        """Learn what is common to all series, then the scale of each."""
        n_own = self.columns.n_targets + self.columns.n_past
        beside = Moments.of(table.values[:, n_own:], 0, 1)
        mean, deviation = beside.scale()
        _check_size(mean, deviation)
        never_varies = deviation == 0
        if not self.normalize:
            mean = np.where(never_varies, mean, 0)
            deviation = np.ones_like(deviation)
        deviation[never_varies] = np.inf
        self.common = self._without_codes(
            np.concatenate([np.zeros(n_own), mean]),
            np.concatenate([np.ones(n_own), deviation]),
        )
        if self.normalize:
            for name, rows in zip(table.names, table.series(), strict=True):
                moments = self._moments_of(rows)
                self.scales[name] = self._scale(moments)
                varies = moments.scale()[1] > 0
                varies[self.codes[self.codes < n_own]] = True
                if not varies.all():
                    self.moments[name] = moments._replace(is_settled=varies)
        return self.add(table)

    def add(self, table: Table) -> SeriesScaler:
        """Learn the scales of series that were not there before."""
        for name, rows in zip(table.names, table.series(), strict=True):
            if name not in self.scales and not self.normalize:
                self.scales[name] = self.common
            elif name not in self.scales:
                self.moments[name] = self._moments_of(rows)
                self.scales[name] = self._scale(self.moments[name])
        return self

    def update(self, later: Table) -> SeriesScaler:
        """Learn from rows that followed.

        Scales that were learned of a constant, or not in `fit`, are those of all rows
        so far; those that the network learned with stay.
        """
        for name, rows in zip(later.names, later.series(), strict=True):
            if name in self.moments:
                moments = self.moments[name].joined(
                    self._own(rows), self.seasonality or 1
                )
                stays = np.ones(sum(self.columns), dtype=bool)
                stays[: len(moments.is_settled)] = moments.is_settled
                pairs = zip(self.scales[name], self._scale(moments), strict=True)
                self.moments[name] = moments
                self.scales[name] = tuple(np.where(stays, *pair) for pair in pairs)
        return self.add(later)

    def only(self, name: Any) -> SeriesScaler:
        """Return a copy that knows no series but one."""
        copied = copy.copy(self)
        copied.scales = {name: self.scales[name]}
        copied.moments = {name: self.moments[name]}
        return copied

    def __copy__(self) -> SeriesScaler:
        copied = SeriesScaler(
            self.columns, self.normalize, self.seasonality, self.codes, self.centers
        )
        copied.scales, copied.common = dict(self.scales), self.common
        copied.moments = dict(self.moments)
        return copied

    def _own(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, : self.columns.n_targets + self.columns.n_past]

    def _moments_of(self, rows: np.ndarray) -> Moments:
        n_seasonal = 0 if self.seasonality is None else self.columns.n_targets
        return Moments.of(self._own(rows), n_seasonal, self.seasonality or 1)

    def _scale(self, moments: Moments) -> tuple[np.ndarray, np.ndarray]:
        mean, deviation = (part.copy() for part in self.common)
        n_own = len(moments.mean)
        mean[:n_own], found = moments.scale()
        _check_size(mean, found)
        deviation[:n_own] = np.where(found > 0, found, 1)
        if not self.centers:
            level = mean[: self.columns.n_targets]
            deviation[: len(level)] = np.where(level > 0, level, 1)
            level[:] = 0
        step = moments.seasonal_step()
        n = len(step)
        differs = step > LEAST_SEASONAL * deviation[:n]
        deviation[:n][differs] = step[differs]
        return self._without_codes(mean, deviation)

    def _without_codes(
        self, mean: np.ndarray, deviation: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return scales that leave codes as they are."""
        mean[self.codes], deviation[self.codes] = 0, 1
        return mean, deviation

    def transform(self, table: Table) -> Table:
        """Return a table of standardised values."""
        scaled = [
            (rows - self.scales[name][0]) / self.scales[name][1]
            for name, rows in zip(table.names, table.series(), strict=True)
        ]
        before = table.before
        if before is not None:
            means, scales = zip(*map(self.scales.get, table.names), strict=True)
            before = (before - np.array(means)) / np.array(scales)
        return replace(table, values=np.concatenate(scaled), before=before)

    def target_scales(self, names: tuple) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of the targets, (n_series, n_targets) each."""
        n = self.columns.n_targets
        means, deviations = zip(*(self.scales[name] for name in names), strict=True)
        return np.array(means)[:, :n], np.array(deviations)[:, :n]


def _check_size(mean: np.ndarray, deviation: np.ndarray) -> None:
    if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
        raise ValueError("X or y hold values too large to be standardised.")
