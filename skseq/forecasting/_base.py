"""What all forecasters share: fit, predict, update."""

from __future__ import annotations

import copy
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skseq.estimator import NetworkEstimator
from skseq.forecasting._losses import LOSSES
from skseq.forecasting._reading import read_rows, read_table
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Table, check_continues, ends_of
from skseq.forecasting._time import following
from skseq.forecasting._windows import WindowDataset
from skseq.networks import WINDOW_SCALES, ForecastNetwork
from skseq.resources import (
    make_random_state,
    resolve_device,
    seeded_torch,
    torch_threads,
    unchanged_on_error,
)
from skseq.training import predict_batch, train

__all__ = ["BaseForecaster"]

PREDICTION_VALUES = 2**22  # values within the windows of one prediction batch


class BaseForecaster(RegressorMixin, NetworkEstimator):
    """Base of the forecasters.

    An architecture adds the constructor, the constraints of its own parameters and
    `_make_encoder`.
    """

    _parameter_constraints: ClassVar[dict] = {
        **NetworkEstimator._parameter_constraints,
        "window_length": [Interval(Integral, 1, None, closed="left")],
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "known_future": [tuple, list],
        "static": [tuple, list],
        "loss": [StrOptions(set(LOSSES))],
        "quantiles": [tuple, list],
        "channels": [StrOptions({"shared", "joint"})],
        "linear_skip": ["boolean"],
        "normalize": [StrOptions({"last", "window", "feature"}), None],
        "seasonality": [Interval(Integral, 1, None, closed="left"), None],
        "missing": [StrOptions({"error", "mask"})],
    }

    def _make_encoder(self, n_features: int) -> tuple[nn.Module, int]:
        """Return a module (B, L, F), None -> (B, T', D), None, and D."""
        raise NotImplementedError

    # Fitting ----------------------------------------------------------------

    def fit(self, X: Any, y: Any = None):
        """Train on one series, or on many.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Rows in the order of time. Columns named in `known_future` or `static` are
            that, all others covariates of which only the past is known, or without y
            the targets. A 2-level index (series, time) holds several series.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The targets; None takes them from X.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, there are too few rows,
            or training diverges. A fitted forecaster then stays as it was.
        """
        self._validate_params()
        quantiles = self._check_quantiles(self.quantiles)
        device = resolve_device(self.device)
        with unchanged_on_error(self):
            table, self._roles, self._columns, self._kind = read_table(
                self, X, y, reset=True
            )
            n_train = self._n_training_rows(table)
            learned = table.with_series(
                [rows[:n] for rows, n in zip(table.series(), n_train, strict=True)]
            )
            self._scaler = SeriesScaler(
                self._columns, self.normalize is not None, self.seasonality
            ).fit(learned)
            scaled = self._scaler.transform(table)
            nothing, n_rows = np.zeros_like(n_train), table.lengths
            data = self._to_dataset(scaled, nothing, n_train, device)
            held_out = None
            if self.early_stopping:
                first = n_train - self.window_length
                held_out = self._to_dataset(scaled, first, n_rows, device)
            rng = make_random_state(self.random_state)
            init_seed, train_seed = rng.randint(2**31 - 1, size=2).tolist()
            self._loss = LOSSES[self.loss](quantiles)
            module = self._make_network(init_seed)
            with torch_threads(self.n_threads, work=self._work(module)):
                self.net_ = train(
                    module,
                    type(self._loss),
                    data,
                    held_out,
                    device=device,
                    seed=train_seed,
                    max_epochs=self._n_epochs(self.max_epochs, len(data)),
                    criterion__quantiles=quantiles,
                    **self._training_parameters(),
                )
            self._publish_history()
            self._context = table.tail(self.window_length)
        return self

    def _n_training_rows(self, table: Table) -> np.ndarray:
        """Return how many rows of each series are for training; the rest validates."""
        n_rows = table.lengths
        n_held_out = np.zeros_like(n_rows)
        if self.early_stopping:
            n_held_out = np.round(self.validation_fraction * n_rows).astype(int)
            n_held_out = n_held_out.clip(min=self.horizon)
        needed = self.window_length + self.horizon
        short = n_rows - n_held_out < needed
        if short.any():
            i = int(np.argmax(short))
            series = "" if table.names[i] is None else f" of series {table.names[i]!r}"
            held_out = f", {n_held_out[i]} of them held out" if n_held_out[i] else ""
            raise ValueError(
                f"X has {n_rows[i]} rows{series}{held_out} (n_samples = {n_rows[i]}); "
                f"window_length={self.window_length} and horizon={self.horizon} need "
                f"{needed} at least to learn from."
            )
        return n_rows - n_held_out

    def _to_dataset(self, table, first, last, device) -> WindowDataset:
        """Return the windows whose rows are within [first, last) of each series."""
        length = self.window_length + self.horizon
        starts = table.starts(length, first, last)
        return WindowDataset(
            table,
            self._columns,
            starts,
            window_length=self.window_length,
            horizon=self.horizon,
            device=device,
        )

    def _make_network(self, seed: int) -> ForecastNetwork:
        n_targets, n_past, n_future, n_static = self._columns
        shared = self.channels == "shared"
        masked = self.missing == "mask"
        n_features = (1 if shared else n_targets) + n_past + n_future
        with seeded_torch(seed):
            encoder, size = self._make_encoder(n_features * (1 + masked))
            return ForecastNetwork(
                encoder,
                size,
                window_length=self.window_length,
                horizon=self.horizon,
                n_targets=n_targets,
                n_future=n_future,
                n_static=n_static,
                n_locations=self._loss.n_locations,
                n_log_scales=self._loss.n_log_scales,
                shared=shared,
                skip=self.linear_skip,
                masked=masked,
                window_scale=WINDOW_SCALES[self.normalize],
                dropout=self.dropout,
            )

    def _check_quantiles(self, quantiles: Any) -> tuple[float, ...]:
        """Return increasing numbers between 0 and 1."""
        levels = np.atleast_1d(quantiles)
        valid = levels.ndim == 1 and len(levels) and levels.dtype.kind == "f"
        if not (
            valid and (np.diff(levels) > 0).all() and levels[0] > 0 and levels[-1] < 1
        ):
            raise ValueError(
                f"quantiles={quantiles!r} must be increasing numbers between 0 and 1."
            )
        return tuple(levels.tolist())

    # Knowing more rows --------------------------------------------------------

    def update(self, X: Any, y: Any = None):
        """Take note of rows that followed, without training.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            The rows after those known so far, as in `fit`. Of a series that was not
            there in `fit`, all rows.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their targets, if `fit` was given y.

        Returns
        -------
        self : object
            The forecaster, whose forecasts now start after these rows.
        """
        check_is_fitted(self, "net_")
        with unchanged_on_error(self):
            known = self._context.extended(self._read_later(X, y))
            short = known.lengths < self.window_length
            if short.any():
                i = int(np.argmax(short))
                raise ValueError(
                    f"Series {known.names[i]!r} has {known.lengths[i]} rows; a "
                    f"forecast needs window_length={self.window_length}."
                )
            self._scaler = copy.deepcopy(self._scaler).add(known)
            self._context = known.tail(self.window_length)
        return self

    def _read_later(self, X: Any, y: Any) -> Table:
        table, _, columns, _ = read_table(self, X, y, reset=False)
        if columns != self._columns:
            raise ValueError(
                f"y has {columns.n_targets} targets, but fit had "
                f"{self._columns.n_targets}."
            )
        return table

    # Forecasting --------------------------------------------------------------

    def predict(self, X: Any = None, *, n_steps: int | None = None) -> Any:
        """Forecast the rows that follow those known so far.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns), default=None
            The rows to forecast, with the columns of `fit`; only those named in
            `known_future` are looked at. None stands for the next rows.
        n_steps : int, default=None
            How many rows to forecast without X; None stands for `horizon`. More than
            `horizon` are forecast by feeding forecasts back; past covariates then
            keep their last value.

        Returns
        -------
        y : ndarray, Series or DataFrame of n_rows rows
            Forecasts, of the kind of the targets in `fit`.

        Raises
        ------
        ValueError
            If the index of X does not continue the rows known so far, or a column
            known ahead is missing.
        """
        outputs, index = self._forecast(X, n_steps)
        return self._kind.wrap(self._loss.point(outputs), index)

    def predict_quantiles(
        self,
        X: Any = None,
        *,
        quantiles: tuple[float, ...] | None = None,
        n_steps: int | None = None,
    ) -> Any:
        """Forecast quantiles.

        Parameters
        ----------
        X, n_steps
            As in `predict`.
        quantiles : tuple of float, default=None
            Increasing numbers between 0 and 1; None stands for the parameter.

        Returns
        -------
        q : ndarray of shape (n_rows, n_quantiles) or DataFrame
            One row per forecast row; for several targets of shape
            (n_rows, n_targets, n_quantiles) or with columns (target, quantile).

        Raises
        ------
        ValueError
            If the loss is neither "quantile" nor "gaussian", or a quantile lies
            outside of those that were learned.
        """
        levels = self._check_quantiles(
            self.quantiles if quantiles is None else quantiles
        )
        outputs, index = self._forecast(X, n_steps)
        values = self._loss.quantile(outputs, np.array(levels))
        return self._kind.wrap_quantiles(values, levels, index)

    def predict_interval(
        self, X: Any = None, *, coverage: float = 0.9, n_steps: int | None = None
    ) -> Any:
        """Forecast intervals.

        Parameters
        ----------
        X, n_steps
            As in `predict`.
        coverage : float, default=0.9
            Probability with which a value is to lie within its interval.

        Returns
        -------
        interval : ndarray of shape (n_rows, 2) or DataFrame
            Lower and upper bounds, laid out as by `predict_quantiles`.

        Raises
        ------
        ValueError
            As in `predict_quantiles`.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"coverage={coverage!r} must be between 0 and 1.")
        bounds = (0.5 - coverage / 2, 0.5 + coverage / 2)
        return self.predict_quantiles(X, quantiles=bounds, n_steps=n_steps)

    def rolling_forecast(self, X: Any, y: Any = None) -> np.ndarray:
        """Forecast later rows again and again, each time with all rows before known.

        Neither trains nor changes the forecaster.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Rows that follow those known so far, as in `fit`.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their targets, if `fit` was given y.

        Returns
        -------
        paths : ndarray of shape (n_origins, horizon, n_targets)
            Path i forecasts the rows i to i + horizon - 1; n_origins is
            n_rows - horizon + 1. Several series follow one another.

        Raises
        ------
        ValueError
            If there are fewer rows than `horizon`, or they do not continue those
            known so far.
        """
        check_is_fitted(self, "net_")
        later = self._read_later(X, y)
        short = later.lengths < self.horizon
        if short.any():
            raise ValueError(
                f"X has {later.lengths[np.argmax(short)]} rows; a rolling forecast "
                f"needs horizon={self.horizon} at least."
            )
        names = later.names
        table = self._known_series(names).extended(later)
        outputs, n_origins = self._outputs(self._scaler.transform(table))
        means, scales = (
            np.repeat(part, n_origins, axis=0)
            for part in self._scaler.target_scales(names)
        )
        return self._loss.point(self._in_units(outputs, means, scales))

    def score(self, X: Any, y: Any = None) -> float:
        """Return R² of the forecasts of rows that follow those known so far.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            The rows to forecast.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their true targets; None takes them from X if `fit` did.

        Returns
        -------
        score : float
        """
        forecast = self.predict(X)
        if y is None:
            y = np.asarray(X).reshape(len(X), -1)[:, self._roles.targets]
        return r2_score(y, forecast)

    def _known_series(self, names: tuple) -> Table:
        unknown = [name for name in names if name not in self._context.names]
        if unknown:
            raise ValueError(
                f"X holds the series {unknown[0]!r}, of which no rows are known; "
                "give them to update first."
            )
        return self._context.select(names)

    def _forecast(
        self, X: Any, n_steps: int | None
    ) -> tuple[np.ndarray, pd.Index | None]:
        """Return outputs (n_rows, n_targets, n_outputs) and their index."""
        check_is_fitted(self, "net_")
        names, n_future = self._context.names, self._columns.n_future
        if X is None:
            if n_future:
                raise ValueError(
                    "predict needs X, as known_future="
                    f"{self.known_future!r} names columns known ahead."
                )
            n_rows = np.full(len(names), self.horizon if n_steps is None else n_steps)
            known = np.empty((n_rows.sum(), 0))
        else:
            if n_steps is not None:
                raise ValueError(
                    f"n_steps={n_steps} is for forecasts without X, but X has {len(X)} "
                    "rows."
                )
            known, edges, names, indices = read_rows(self, X, self._roles)
            n_rows = np.diff(edges)
            ends = ends_of(names, indices)
        context = self._known_series(names)
        if X is not None:
            for before, index, end, n, name in zip(
                context.ends, indices, ends, n_rows, names, strict=True
            ):
                if before is not None:
                    first = None if index is None else index[0]
                    check_continues(before, first, end, n, name)
        outputs = self._fed_back(context, known, n_rows)
        return outputs, _index_after(context, n_rows)

    def _fed_back(
        self, context: Table, known: np.ndarray, n_rows: np.ndarray
    ) -> np.ndarray:
        """Forecast as many rows as asked for, horizon by horizon."""
        n_targets, n_past, n_future, _ = self._columns
        own, n_most = (
            n_targets + n_past,
            -(-n_rows.max() // self.horizon) * self.horizon,
        )
        scaled = self._scaler.transform(context)
        ahead = np.repeat([rows[-1:] for rows in scaled.series()], n_most, axis=1)
        mean, scale = (part[own : own + n_future] for part in self._scaler.common)
        edges = np.cumsum(n_rows)[:-1]
        for rows, values in zip(ahead, np.split(known, edges), strict=True):
            rows[: len(values), own : own + n_future] = (values - mean) / scale
        table, outputs = scaled, []
        for start in range(0, n_most, self.horizon):
            later = ahead[:, start : start + self.horizon]
            grown = [
                np.concatenate(pair) for pair in zip(table.series(), later, strict=True)
            ]
            outputs.append(self._outputs(table.with_series(grown))[0])
            for rows, path in zip(grown, self._loss.point(outputs[-1]), strict=True):
                rows[-self.horizon :, :n_targets] = path
            table = table.with_series(grown).tail(self.window_length)
        paths = self._in_units(
            np.concatenate(outputs, axis=1), *self._scaler.target_scales(context.names)
        )
        return np.concatenate([path[:n] for path, n in zip(paths, n_rows, strict=True)])

    def _outputs(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on every window of a scaled table.

        Returns outputs (n_windows, horizon, n_targets, n_outputs) and the number of
        windows of each series.
        """
        module = self.module_
        device = next(module.parameters()).device
        n_windows = table.lengths - self.window_length - self.horizon + 1
        data = self._to_dataset(table, 0 * n_windows, table.lengths, device)
        size = max(1, PREDICTION_VALUES // (self.window_length * table.values.shape[1]))
        with torch_threads(self.n_threads, work=self._work(module)):
            outputs = [
                predict_batch(module, data.gather(index))
                for index in torch.arange(len(data)).split(size)
            ]
        return np.concatenate(outputs), n_windows

    def _in_units(
        self, outputs: np.ndarray, means: np.ndarray, scales: np.ndarray
    ) -> np.ndarray:
        """Give outputs (n, horizon, n_targets, n_outputs) the units of the targets."""
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # of rows it learned from
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags


def _index_after(context: Table, n_rows: np.ndarray) -> pd.Index | None:
    """Return the index of the rows that follow those of a table."""
    if context.ends[0] is None:
        return None
    times = [following(end, n) for end, n in zip(context.ends, n_rows, strict=True)]
    if context.names == (None,):
        return times[0]
    pairs = [
        (name, time)
        for name, index in zip(context.names, times, strict=True)
        for time in index
    ]
    return pd.MultiIndex.from_tuples(pairs)
