"""Asking the network of a forecaster for the rows that follow."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted

from skseq._showing import shown
from skseq.core.conformal import Units
from skseq.forecasting._conformal import change_of, local_unit
from skseq.forecasting._fitting import SeriesLearner
from skseq.forecasting._folds import check_fold
from skseq.forecasting._reading import read_rows
from skseq.forecasting._refusing import check_static
from skseq.forecasting._table import Table
from skseq.forecasting._time import Span, following
from skseq.parameters import is_positive_integer
from skseq.training import predict_batch

__all__ = ["Asked", "SeriesModel"]

PREDICTION_VALUES = 2**16  # values within the windows of one prediction batch
N_NODES = 32  # at which a normal distribution is looked at,
LEAST_WEIGHT = 1e-6  # but for those so far out that they hardly count


class Asked(NamedTuple):
    """What is to be forecast."""

    context: Table  # the last rows known of each series
    known: np.ndarray  # (n_rows, n_future), what is known ahead
    n_rows: np.ndarray  # (n_series,), to be forecast
    times: pd.Index | None  # what all of these are called


class SeriesModel(SeriesLearner):
    """`SeriesLearner`, and what its network says of later rows."""

    def _asked(
        self,
        X: Any,
        n_steps: int | None,
        *,
        spread: bool = False,
        is_doubted: bool = False,
    ) -> Asked:
        """Return what is asked for.

        With `spread`, all outputs are asked for, and not only what is fed back. With
        `is_doubted`, a warning of rows without an index was given before.
        """
        asked = self._rows_asked(X, n_steps, is_doubted=is_doubted or spread)
        most = asked.n_rows.max()
        if spread and most > self._horizon:
            raise ValueError(
                f"Quantiles and intervals reach horizon={self._horizon} rows ahead, "
                f"but those of {most} rows ahead are asked for. Only predict goes "
                f"beyond; fit with horizon={most} or conformal=True for them."
            )
        return asked

    def _rows_asked(
        self, X: Any, n_steps: int | None = None, *, is_doubted: bool = False
    ) -> Asked:
        """Return what is known of the series to forecast."""
        check_is_fitted(self, "net_")
        if X is None:
            n_rows = self._n_rows(n_steps)
            known = np.empty((n_rows.sum(), 0))
            context = self._known(self._context.names)
            index = _index_after(context, n_rows, self._kind.index_names)
        else:
            if n_steps is not None:
                raise ValueError(
                    f"n_steps={n_steps} is for forecasts without X, but X has {len(X)} "
                    "rows."
                )
            static, known = read_rows(self, X, is_doubted=is_doubted)
            n_rows, context = static.lengths, self._known(static.names)
            check_fold(self._learned_until, static)
            before = self._static_of(static.names)
            check_static(self, before, static.values, static.edges)
            index = getattr(X, "index", None)
            if not hasattr(X, "iloc"):
                index = _index_after(context, n_rows, self._kind.index_names)
        return Asked(context, known, n_rows, index)

    def _n_rows(self, n_steps: int | None) -> np.ndarray:
        """Return how many rows of each series to forecast without X."""
        if self._columns.n_future:
            raise ValueError(
                f"predict needs X, as known_future={self.known_future!r} names columns "
                "known ahead."
            )
        if n_steps is None:
            n_steps = self._horizon
        if not is_positive_integer(n_steps):
            raise ValueError(f"n_steps={shown(n_steps)} must be a positive integer.")
        return np.full(len(self._context.names), int(n_steps))

    def _points(self, asked: Asked) -> np.ndarray:
        """Forecast rows (n_rows, n_targets)."""
        return self._mapped_back(self._loss.point(self._fed_back(asked)), asked)

    def _quantiles(self, asked: Asked, levels: np.ndarray) -> np.ndarray:
        """Forecast quantiles (n_rows, n_targets, n_levels)."""
        outputs = self._fed_back(asked)
        if self._errors is None:
            values = self._loss.quantile(outputs, levels)
        else:
            values = self._conformal(outputs, asked, levels)
        return self._mapped_back(values, asked)

    def _conformal(
        self, outputs: np.ndarray, asked: Asked, levels: np.ndarray
    ) -> np.ndarray:
        """Return what misses forecasts as held-out errors do, (n_rows, C, n_levels).

        Of outputs (n_rows, C, n_outputs), as `_fed_back` returns them.
        """
        context = asked.context
        errors: Any = self._errors
        _, scales = self._scaler.target_scales(context.names)
        local = self._local_units(self._scaler.transform(context)) * scales
        units = Units.of(self._loss, outputs, np.repeat(local, asked.n_rows, axis=0))
        factors = errors.factors(context.names)
        units = units.times(np.repeat(factors, asked.n_rows, axis=0))
        steps = np.concatenate([np.arange(n) for n in asked.n_rows])
        are_known = np.repeat(errors.are_known(context.names), asked.n_rows)
        scores = errors.relative().quantiles(levels)[steps]
        if not are_known.all():
            scores[~are_known] = errors.quantiles(levels)[steps[~are_known]]
        return units.values(scores)

    def _local_units(self, table: Table) -> np.ndarray:
        """Return units of errors (n_series, n_targets) behind the rows of a window."""
        errors: Any = self._errors
        past = table.filled()[:, : self._columns.n_targets]
        change = change_of(past.reshape(len(table.names), -1, past.shape[1]))
        return local_unit(change, errors.usual)

    def _deviations(self, asked: Asked) -> np.ndarray:
        """Forecast standard deviations (n_rows, n_targets).

        Of what is mapped back from a normal distribution, by Gauss and Hermite.
        """
        outputs = self._fed_back(asked)
        deviation = self._loss.deviation(outputs)
        if self._scaler.mapping is None:
            return deviation
        nodes, weights = np.polynomial.hermite_e.hermegauss(N_NODES)
        nodes, weights = (part[weights > LEAST_WEIGHT] for part in (nodes, weights))
        weights /= weights.sum()
        values = self._loss.point(outputs)[..., None] + deviation[..., None] * nodes
        values = self._mapped_back(values, asked)
        mean = values @ weights
        return np.sqrt((values - mean[..., None]) ** 2 @ weights)

    def _mapped_back(self, values: np.ndarray, asked: Asked) -> np.ndarray:
        """Return values (n_rows, n_targets, ...) in the units of the targets."""
        names = asked.context.names
        return self._scaler.mapped_back(values, names, asked.n_rows)

    def _fed_back(self, asked: Asked) -> np.ndarray:
        """Forecast outputs (n_rows, n_targets, n_outputs), horizon by horizon.

        They are in the units of the targets as `transformer` has them.
        """
        context, known, n_rows, _ = asked
        horizon, n_targets = self._horizon, self._columns.n_targets
        table = self._scaler.transform(context)
        ahead = self._rows_ahead(table, known, n_rows)
        outputs = []
        for start in range(0, ahead.shape[1], horizon):
            later = ahead[:, start : start + horizon]
            if start > 0:
                table = table.tail(self._window_length)
            table = table.with_series(
                [
                    np.concatenate(pair)
                    for pair in zip(table.series(), later, strict=True)
                ]
            )
            outputs.append(self._outputs(table))
            paths = self._loss.point(outputs[-1])
            for rows, path in zip(table.series(), paths, strict=True):
                rows[-horizon:, :n_targets] = path
        paths = self._in_units(
            np.concatenate(outputs, axis=1), *self._scaler.target_scales(context.names)
        )
        return np.concatenate([path[:n] for path, n in zip(paths, n_rows, strict=True)])

    def _rows_ahead(
        self, table: Table, known: np.ndarray, n_rows: np.ndarray
    ) -> np.ndarray:
        """Return scaled rows (n_series, whole horizons, n_columns) to be forecast.

        Each is the last row of its series, but for what is known ahead.
        """
        n_targets, n_past, n_future, _ = self._columns
        columns = slice(n_targets + n_past, n_targets + n_past + n_future)
        n_most = -(-n_rows.max() // self._horizon) * self._horizon
        ahead = np.repeat([rows[-1:] for rows in table.series()], n_most, axis=1)
        mean, scale = (part[columns] for part in self._scaler.common)
        parts = np.split((known - mean) / scale, np.cumsum(n_rows)[:-1])
        for rows, values in zip(ahead, parts, strict=True):
            rows[: len(values), columns] = values
        return ahead

    def _outputs(self, table: Table, n_hidden: int = 0) -> np.ndarray:
        """Run the network on every window of a scaled table.

        Returns outputs (n_windows, horizon, n_targets, n_outputs).
        """
        module = self.module_
        device = next(module.parameters()).device
        n_windows = table.lengths - self._window_length - self._horizon + 1
        windows = self._to_windows(table, device, n_hidden=n_hidden)
        data = windows.within(0 * n_windows, table.lengths)
        size = PREDICTION_VALUES // (self._window_length * self._indicators.n_values)
        with self._threads(module):
            outputs = [
                predict_batch(module, data.gather(index))
                for index in torch.arange(len(data)).split(max(1, size))
            ]
        return np.concatenate(outputs)

    def _in_units(
        self, outputs: np.ndarray, means: np.ndarray, scales: np.ndarray
    ) -> np.ndarray:
        """Give outputs (n, horizon, n_targets, n_outputs) the units before scaling."""
        means, scales = (part[:, None, :, None] for part in (means, scales))
        locations, log_scales = np.split(outputs, [self._loss.n_locations], axis=3)
        outputs = np.concatenate(
            [locations * scales + means, log_scales + np.log(scales)], axis=3
        )
        if not np.isfinite(outputs).all():
            raise ValueError(
                "A forecast is not finite; the rows known so far are too far from "
                "those in fit."
            )
        return outputs


def _index_after(context: Table, n_rows: np.ndarray, names: tuple) -> pd.Index | None:
    """Return the index of the rows that follow those of a table."""
    spans = [span for span in context.spans if span is not None]
    if len(spans) < len(context.spans) or not names:
        return None
    ahead = functools.cache(lambda last, step, n: following(Span(last, last, step), n))
    times = [
        ahead(span.last, span.step, int(n))
        for span, n in zip(spans, n_rows, strict=True)
    ]
    if context.names == (None,):
        return times[0].rename(*names)
    series = pd.Index(context.names).repeat(n_rows)
    return pd.MultiIndex.from_arrays([series, times[0].append(times[1:])], names=names)
