"""Scales of the series: each series by its own, what is common by all rows."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from skseq.forecasting._moments import Moments, moments_of
from skseq.forecasting._stored import Scales, StoredRows, pieces_of
from skseq.forecasting._table import Columns, Table
from skseq.forecasting._target_maps import TargetMap, learn_map, map_targets

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
    mapping : str, transformer or None, default=None
        How targets are mapped before: the parameter `transformer` of a forecaster.

    Attributes
    ----------
    maps : dict
        The maps of the targets of each series, if there is a mapping.
    """

    centers = True  # in files of earlier versions
    mapping: Any = None
    maps: dict[Any, tuple[TargetMap, ...]] = {}  # noqa: RUF012

    def __init__(
        self,
        columns: Columns,
        normalize: bool,
        seasonality: int | None,
        codes: np.ndarray | None = None,
        centers: bool = True,
        mapping: Any = None,
    ):
        self.columns = columns
        self.normalize = normalize
        self.seasonality = seasonality
        self.centers = centers
        self.mapping = mapping
        self.maps = {}
        self.codes = np.fromiter([], dtype=np.intp) if codes is None else codes
        self.scales: dict = {}
        self.moments: dict = {}  # of the series whose scales are learned again
        self.common = (np.zeros(sum(columns)), np.ones(sum(columns)))

    def fit(self, table: Table) -> SeriesScaler:
        """Learn what is common to all series, then the scale of each."""
        n_own = self.columns.n_targets + self.columns.n_past
        beside = moments_of((rows[:, n_own:] for _, rows in table.pieces()), 0, 1)
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
                self._learn_map(name, rows)
                moments = self._moments_of(name, rows)
                self.scales[name] = self._scale(moments)
                varies = moments.scale()[1] > 0
                varies[self.codes[self.codes < n_own]] = True
                if not varies.all():
                    self.moments[name] = moments._replace(is_settled=varies)
        return self.add(table)

    def add(self, table: Table) -> SeriesScaler:
        """Learn the scales of series that were not there before."""
        for name, rows in zip(table.names, table.series(), strict=True):
            if name in self.scales:
                continue
            self._learn_map(name, rows)
            self.scales[name] = self.common
            if self.normalize:
                self.moments[name] = self._moments_of(name, rows)
                self.scales[name] = self._scale(self.moments[name])
        return self

    def update(self, later: Table) -> SeriesScaler:
        """Learn from rows that followed.

        Scales that were learned of a constant, or not in `fit`, are those of all rows
        so far; those that the network learned with stay, and so do maps.
        """
        for name, rows in zip(later.names, later.series(), strict=True):
            moments = self.moments.get(name)
            for _, part in pieces_of(rows):
                if name in self.scales:
                    part = self.mapped(name, part)  # an error if there is no such value
                if moments is not None:
                    part = part[:, : len(moments.mean)]
                    moments = moments.joined(part, self.seasonality or 1)
            if moments is not None:
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
            self.columns,
            self.normalize,
            self.seasonality,
            self.codes,
            self.centers,
            self.mapping,
        )
        copied.scales, copied.common = dict(self.scales), self.common
        copied.maps = dict(self.maps)
        copied.moments = dict(self.moments)
        return copied

    def _learn_map(self, name: Any, rows: np.ndarray | StoredRows) -> None:
        """Learn how the targets of a series are mapped."""
        if self.mapping is None:
            return
        maps = []
        for i in range(self.columns.n_targets):
            target = np.concatenate([part[:, i] for _, part in pieces_of(rows)])
            maps.append(learn_map(self.mapping, target, f"target {i}{_of(name)}"))
        self.maps[name] = tuple(maps)

    def mapped(self, name: Any, rows: np.ndarray) -> np.ndarray:
        """Return rows of a series, targets first, in the units that are scaled."""
        if self.mapping is None:
            return rows
        targets, beside = np.split(rows, [self.columns.n_targets], axis=1)
        targets = map_targets(self.maps[name], targets, _of(name))
        return np.concatenate([targets, beside], axis=1)

    def mapped_back(
        self, values: np.ndarray, names: Iterable, n_rows: np.ndarray
    ) -> np.ndarray:
        """Return values in the units of the targets.

        Parameters
        ----------
        values : ndarray of shape (n, ..., n_targets, ...)
            Those of so many rows of each series, one below the other.
        names : iterable of n_series
            What the series are called.
        n_rows : ndarray of int of shape (n_series,)
            How many of the rows each has.
        """
        if self.mapping is None:
            return values
        parts = np.split(values, np.cumsum(n_rows)[:-1])
        return np.concatenate(
            [
                map_targets(self.maps[name], part, _of(name), back=True)
                for name, part in zip(names, parts, strict=True)
            ]
        )

    def _moments_of(self, name: Any, rows: np.ndarray | StoredRows) -> Moments:
        n_own = self.columns.n_targets + self.columns.n_past
        n_seasonal = 0 if self.seasonality is None else self.columns.n_targets
        own = (self.mapped(name, part)[:, :n_own] for _, part in pieces_of(rows))
        return moments_of(own, n_seasonal, self.seasonality or 1)

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
        if isinstance(table.values, StoredRows):
            return replace(table, values=self._scaled_later(table))
        scaled = list(map(self._scaled, table.names, table.series()))
        before = table.before
        if before is not None:
            rows = map(self._scaled, table.names, before[:, None])
            before = np.concatenate(list(rows))
        return replace(table, values=np.concatenate(scaled), before=before)

    def _scaled(self, name: Any, rows: np.ndarray) -> np.ndarray:
        mean, deviation = self.scales[name]
        return (self.mapped(name, rows) - mean) / deviation

    def _scaled_later(self, table: Table) -> StoredRows:
        """Return the rows of a table, which are standardised as they are read."""
        rows = table.values
        names = dict(zip(rows.numbers.tolist(), table.names, strict=True))
        means = np.zeros((max(names) + 1, rows.shape[1]))
        deviations = np.ones_like(means)
        for i, name in names.items():
            means[i], deviations[i] = self.scales[name]

        def mapped(i: int, part: np.ndarray) -> np.ndarray:
            return self.mapped(names[i], part)

        maps = None if self.mapping is None else mapped
        return replace(rows, scales=Scales(means, deviations, maps))

    def target_scales(self, names: tuple) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of the targets, (n_series, n_targets) each."""
        n = self.columns.n_targets
        means, deviations = zip(*(self.scales[name] for name in names), strict=True)
        return np.array(means)[:, :n], np.array(deviations)[:, :n]


def _of(name: Any) -> str:
    return "" if name is None else f" of series {name!r}"


def _check_size(mean: np.ndarray, deviation: np.ndarray) -> None:
    if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
        raise ValueError("X or y hold values too large to be standardised.")
