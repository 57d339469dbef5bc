"""Sample paths: what may come, all rows and targets of a series at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skseq.core.conformal import Units
from skseq.forecasting._ahead import Asked, SeriesModel
from skseq.forecasting._table import Table

__all__ = ["PathModel"]

N_PATHS = 500  # that tell quantiles of rows beyond the horizon


class PathModel(SeriesModel):
    """`SeriesModel`, and paths through the rows it says something of."""

    def _quantiles(self, asked: Asked, levels: np.ndarray) -> np.ndarray:
        """Forecast quantiles (n_rows, n_targets, n_levels).

        Beyond the horizon they are those of paths.
        """
        if asked.n_rows.max() <= self._horizon:
            return super()._quantiles(asked, levels)
        within = asked.n_rows.clip(max=self._horizon)
        step = np.concatenate([np.arange(n) for n in asked.n_rows])
        is_near = step < self._horizon
        near = asked._replace(known=asked.known[is_near], n_rows=within)
        paths = self._sampled(asked, N_PATHS, np.random.RandomState(0))
        values = np.moveaxis(np.quantile(paths, levels, axis=2), 0, 2)
        values[is_near] = super()._quantiles(near, levels)
        return values

    def _sampled(
        self, asked: Asked, n_paths: int, rng: np.random.RandomState
    ) -> np.ndarray:
        """Return paths (n_rows, n_targets, n_paths), those of each series by itself."""
        names, n_rows = asked.context.names, asked.n_rows
        table = self._scaler.transform(asked.context)
        ahead = self._rows_ahead(table, asked.known, n_rows)
        means, scales = (part[:, :, None] for part in self._scaler.target_scales(names))
        parts = []
        for i, name in enumerate(names):
            length = -(-n_rows[i] // self._horizon) * self._horizon
            rows = table.select((name,))
            paths = self._paths_of(rows, ahead[i, :length], n_paths, rng)[: n_rows[i]]
            parts.append(paths * scales[i] + means[i])
        return self._mapped_back(np.concatenate(parts), asked)

    def _paths_of(
        self, table: Table, ahead: np.ndarray, n_paths: int, rng: np.random.RandomState
    ) -> np.ndarray:
        """Return scaled paths (n_rows, n_targets, n_paths) of one series.

        Horizon by horizon, each goes on from its own rows.
        """
        horizon, n_targets = self._horizon, self._columns.n_targets
        errors: Any = self._errors
        paths = np.empty((len(ahead), n_targets, n_paths))
        for start in range(0, len(ahead), horizon):
            known = table.tail(self._window_length)
            later = ahead[start : start + horizon]
            table = known.with_series(
                [np.concatenate([rows, later]) for rows in known.series()]
            )
            local = self._local_units(known)[:, None]
            units = Units.of(self._loss, self._outputs(table), local)
            drawn = units.values(errors.draw(n_paths, rng)[..., None])[..., 0]
            paths[start : start + horizon] = np.moveaxis(drawn, 0, 2)
            if start == 0:  # up to here, what is known is the same for all
                table = _repeated(table, n_paths)
            for rows, path in zip(table.series(), drawn, strict=True):
                rows[-horizon:, :n_targets] = path
        return paths


def _repeated(table: Table, n: int) -> Table:
    """Return one series as many times."""
    return replace(
        table,
        values=np.tile(table.values, (n, 1)),
        edges=len(table.values) * np.arange(n + 1),
        names=tuple(range(n)),
        spans=(None,) * n,
        before=np.tile(table.filled_before(), (n, 1)),
        first=np.tile(table.firsts(), n),
    )
