"""Sample paths: what may come, all rows and targets of a series at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from skseq.core.conformal import Units
from skseq.forecasting._ahead import Asked, SeriesModel
from skseq.forecasting._ancestral import Drawn, Following
from skseq.forecasting._conformal import LEVELS, Errors
from skseq.forecasting._table import Table

__all__ = ["PathModel"]

N_PATHS = 500  # that tell quantiles of rows beyond the horizon
N_PILOTS = 250  # with as many of opposite sign, that tell how ranks are spread


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
        seeds = rng.randint(2**31 - 1, size=len(names))
        parts = []
        for i, name in enumerate(names):
            length = -(-n_rows[i] // self._horizon) * self._horizon
            rows, rng = table.select((name,)), np.random.RandomState(seeds[i])
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
        factors = errors.factors(table.names)
        if errors.are_known(table.names).all():
            errors = errors.relative()
        draw: Any = partial(_draw_rows, errors)
        if errors.shifts is not None:
            draw = self._draw_after(errors)
        for start in range(0, len(ahead), horizon):
            known = table.tail(self._window_length)
            later = ahead[start : start + horizon]
            table = known.with_series(
                [np.concatenate([rows, later]) for rows in known.series()]
            )
            local = self._local_units(known)[:, None]
            units = Units.of(self._loss, self._outputs(table), local).times(factors)
            own = np.random.RandomState(rng.randint(2**31 - 1))
            drawn = draw(table, units, n_paths, own)
            paths[start : start + horizon] = np.moveaxis(drawn, 0, 2)
            if start == 0:  # up to here, what is known is the same for all
                table = _repeated(table, n_paths)
            for rows, path in zip(table.series(), drawn, strict=True):
                rows[-horizon:, :n_targets] = path
        return paths

    def _draw_after(self, errors: Errors) -> Any:
        """Return what draws rows as `_draw_rows` does, each after the one before."""
        shifts: Any = errors.shifts
        following = Following.learned(errors.scores, shifts)
        known, ranks = errors.quantiles(LEVELS), None
        shape = self._horizon, self._columns.n_targets

        def draw(
            table: Table, units: Units, n_paths: int, rng: np.random.RandomState
        ) -> np.ndarray:
            nonlocal ranks
            free = self._followed(table, lambda step, said: said)
            if ranks is None:
                noise = np.random.RandomState(0).standard_normal((N_PILOTS, *shape))
                noise = np.concatenate([noise, -noise])
                pilots = Drawn(following, units, known, free, noise)
                self._followed(_repeated(table, len(noise)), pilots)
                ranks = pilots.ranks
            noise = rng.standard_normal((n_paths, *shape))
            drawn = Drawn(following, units, known, free, noise, ranks)
            if len(table.names) == 1:
                table = _repeated(table, n_paths)
            self._followed(table, drawn)
            return drawn.rows

        return draw

    def _followed(self, table: Table, choose: Any) -> np.ndarray:
        """Let the decoder write the last rows of a scaled table, told what is chosen.

        Returns what it says (n_series, H, C) of each.
        """
        module: Any = self.module_
        windows = self._to_windows(table, next(module.parameters()).device)
        data = windows.within(0 * table.lengths, table.lengths)
        said = []

        def tell(step: int, value: torch.Tensor) -> torch.Tensor:
            said.append(value.cpu().numpy())
            return choose(step, value)

        with self._threads(module), torch.inference_mode():
            module.follow(data.gather(torch.arange(len(data))).x, tell)
        return np.stack(said, axis=1)


def _draw_rows(
    errors: Errors,
    table: Table,
    units: Units,
    n_paths: int,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Return the next rows (n_paths, H, C) of paths, all at once."""
    return units.values(errors.draw(n_paths, rng)[..., None])[..., 0]


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
