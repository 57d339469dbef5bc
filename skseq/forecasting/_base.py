"""What all forecasters share: forecasts of the rows that follow."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skseq._showing import naming, shown
from skseq._sklearn import RegressorMixin
from skseq.core.losses import check_coverage, check_quantiles
from skseq.core.mixins._spread import learns
from skseq.data.foreign import check_container
from skseq.forecasting._folds import check_fold, warn_of_no_index
from skseq.forecasting._paths import PathModel
from skseq.forecasting._reading import check_same_index
from skseq.forecasting._rolling import (
    labelled,
    origins_behind,
    origins_within,
    scaled_as_known,
)
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Table
from skseq.forecasting._weights import read_weights
from skseq.parameters import is_positive_integer
from skseq.resources import make_random_state

__all__ = ["BaseForecaster"]


class BaseForecaster(RegressorMixin, PathModel):
    """Base of the forecasters: what users ask them for."""

    def predict(self, X: Any = None, *, n_steps: int | None = None) -> Any:
        """Forecast the rows that follow those known so far.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns), default=None
            The rows to forecast, with the columns of `fit`; only the values of those
            named in `known_future` are used, others may be missing. Rows without an
            index are believed to follow those known so far. None stands for the next
            rows.
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
        asked = self._asked(X, n_steps)
        return self._kind.wrap(self._points(asked), asked.times)

    def _learned_loss(self):
        return self._loss

    @available_if(learns("has_spread"))
    def predict_quantiles(
        self,
        X: Any = None,
        quantiles: tuple[float, ...] | None = None,
        *,
        n_steps: int | None = None,
    ) -> Any:
        """Forecast quantiles, with `conformal`, or a loss that learns a distribution.

        With ``conformal=True`` they are as far from the forecast as the errors at
        held-out origins, and of each row by itself a value is below a quantile with
        the probability asked for, if later errors are like those. Else
        ``loss="quantile"`` or ``loss="gaussian"`` says what it learned.

        Parameters
        ----------
        X, n_steps
            As in `predict`, `horizon` rows at most: what is fed back beyond is one
            path, of which the spread is not known. With ``conformal=True`` further rows
            have the quantiles of 500 paths, as `sample` draws them.
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
            If a quantile lies outside of those that ``loss="quantile"`` learned,
            or more than `horizon` rows are asked for, both without `conformal`.
        """
        levels = check_quantiles(self.quantiles if quantiles is None else quantiles)
        check_is_fitted(self, "net_")
        if self._errors is None:
            nothing = np.zeros(self._loss.n_outputs)
            self._loss.quantile(nothing, np.array(levels))  # are they known?
        ends = self._errors is None
        asked = self._asked(X, n_steps, spread=ends, is_doubted=True)
        values = self._quantiles(asked, np.array(levels))
        return self._kind.wrap_several(values, levels, asked.times, "quantile")

    @available_if(learns("has_spread"))
    def predict_interval(
        self, X: Any = None, coverage: float = 0.8, *, n_steps: int | None = None
    ) -> Any:
        """Forecast intervals, with `conformal`, or a loss that learns a distribution.

        Parameters
        ----------
        X, n_steps
            As in `predict`.
        coverage : float, default=0.8
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
        return self.predict_quantiles(X, check_coverage(coverage), n_steps=n_steps)

    @available_if(learns("errors"))
    def sample(
        self,
        X: Any = None,
        *,
        n_paths: int = 100,
        n_steps: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> Any:
        """Draw paths that the rows that follow may take, with ``conformal=True``.

        Steps and targets of a path belong together, so that sums, least and largest
        values along a path are as probable as they look. Each row has the quantiles of
        `predict_quantiles`; ranks go together as those of the errors at held-out
        origins, a Gaussian copula. A decoder (`Seq2SeqForecaster`) draws row by row:
        it is told each row of its path, and goes on from it, as far as that was right
        at held-out origins. Series of a panel are drawn each by itself.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns), default=None
            As in `predict`.
        n_paths : int, default=100
            How many to draw.
        n_steps : int, default=None
            As in `predict`. Beyond `horizon` each path goes on from itself.
        random_state : int, RandomState or None, default=None
            Decides which; further rows, paths or series change none of those before.

        Returns
        -------
        paths : ndarray of shape (n_rows, n_paths) or DataFrame
            One row per forecast row; for several targets of shape
            (n_rows, n_targets, n_paths) or with columns (target, path).

        Raises
        ------
        ValueError
            If `n_paths` is no positive integer, or as in `predict`.
        """
        check_is_fitted(self, "net_")
        if not is_positive_integer(n_paths):
            raise ValueError(f"n_paths={shown(n_paths)} must be a positive integer.")
        with naming("random_state"):
            rng = make_random_state(random_state)
        asked = self._asked(X, n_steps)
        paths = self._sampled(asked, int(n_paths), rng)
        names = tuple(range(int(n_paths)))
        return self._kind.wrap_several(paths, names, asked.times, "path")

    @available_if(learns("has_deviation"))
    def predict_std(self, X: Any = None, *, n_steps: int | None = None) -> Any:
        """Forecast standard deviations, with ``loss="gaussian"``.

        Parameters
        ----------
        X, n_steps
            As in `predict_quantiles`.

        Returns
        -------
        std : ndarray, Series or DataFrame of n_rows rows
            How far values are from the forecast, in units of the targets. With
            `transformer`, those of what a normal distribution is mapped back to.

        Raises
        ------
        ValueError
            If more than `horizon` rows are asked for, or as in `predict`.
        """
        asked = self._asked(X, n_steps, spread=True)
        return self._kind.wrap(self._deviations(asked), asked.times)

    def rolling_forecast(
        self, X: Any, y: Any = None, *, restart: bool = False
    ) -> pd.DataFrame | np.ndarray:
        """Forecast later rows again and again, each time with all rows before known.

        Neither trains nor changes the forecaster. A scale that `update` would learn
        again is that of the rows before each path.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Rows that follow those known so far, as in `fit`.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their targets, if `fit` was given y.
        restart : bool, default=False
            Whether to forget the rows known so far: X may start anywhere, and its first
            `window_length` rows are those that the first path looks back at.

        Returns
        -------
        paths : DataFrame, or ndarray of shape (n_origins, horizon, n_targets)
            Path i forecasts the rows i to i + horizon - 1, with `restart` as many rows
            later as a window is long; n_origins is the number of rows to forecast less
            horizon - 1. Of a table or panel a DataFrame with a column for each target,
            indexed by "origin", the last row known before a path, and "step", 1 for the
            row behind it; of a panel, the series comes first.

        Raises
        ------
        ValueError
            If there are fewer rows than `horizon`, with `restart` behind the first
            window, or they do not continue those known so far.
        """
        scaled, means, scales, later, scaler = self._rows_rolled(X, y, restart)
        paths = self._loss.point(self._in_units(self._outputs(scaled), means, scales))
        n_before = self._window_length if restart else 0
        n_origins = later.lengths - n_before - self._horizon + 1
        paths = scaler.mapped_back(paths.swapaxes(1, 2), later.names, n_origins)
        paths = paths.swapaxes(1, 2)
        given = X if hasattr(X, "iloc") else y
        if not hasattr(given, "iloc"):
            return paths
        if restart:
            origins: list | None = origins_within(
                given.index, later.edges, self._window_length, n_origins
            )
        else:
            origins = origins_behind(self._context.select(later.names), n_origins)
        if origins is None:
            return paths
        return labelled(paths, origins, later.names, self._kind, given)

    def _rows_rolled(
        self, X: Any, y: Any, restart: bool
    ) -> tuple[Table, np.ndarray, np.ndarray, Table, SeriesScaler]:
        """Return the scaled rows of all paths, their scales, X, and its scaler."""
        check_is_fitted(self, "net_")
        later = self._read_later(X, y, follows=not restart)
        if not restart:
            check_fold(self._learned_until, later)
        self._check_static_stays(later)
        n_before = self._window_length if restart else 0
        short = later.lengths < n_before + self._horizon
        if short.any():
            window = f"window_length={n_before} and " if restart else ""
            raise ValueError(
                f"X has {later.lengths[np.argmax(short)]} rows; a rolling forecast "
                f"needs {window}horizon={self._horizon} at least."
            )
        names = later.names
        table, scaler = later, self._scaler
        if restart:
            first = np.full(len(names), n_before)
            scaler = copy.copy(scaler).add(later.head(first))
        else:
            table = self._known(names).extended(later)
        scaled, means, scales = scaled_as_known(
            scaler, table, self._window_length, self._horizon
        )
        return scaled, means, scales, later, scaler

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R² of the forecasts of rows that follow those known so far.

        R² of a single row is not defined: back-test with ``test_size`` of 2 or more.
        With ``missing="mask"``, rows without all targets do not count.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            The rows to forecast.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their true targets; None takes them from X if `fit` did.
        sample_weight : array-like of shape (n_rows,), default=None
            What each row counts.

        Returns
        -------
        score : float

        Warns
        -----
        UserWarning
            If neither X nor y has an index that says which rows they are.
        """
        check_is_fitted(self, "net_")
        if X is None:
            raise ValueError("X is None; expected the rows to forecast.")
        if y is None and self._has_own_y:
            raise ValueError("y is missing, but fit was with one.")
        if hasattr(y, "iloc"):
            if not hasattr(X, "iloc") and len(X) == len(y):
                X = pd.DataFrame(np.asarray(X), y.index)
            elif hasattr(X, "iloc"):
                check_same_index(X, y)
        weights = read_weights(sample_weight, X, y)
        forecast = self._points(self._asked(X, None, is_doubted=True))
        if y is None:
            y = np.asarray(X).reshape(len(X), -1)[:, self._roles.targets]
        y = self._check_scored(y, forecast.shape)
        if not hasattr(X, "iloc"):
            warn_of_no_index()
        there = ~np.isnan(y).any(axis=1)
        if weights is not None:
            weights = weights[there]
        return r2_score(y[there], forecast[there], sample_weight=weights)

    def _check_scored(self, y: Any, shape: tuple[int, int]) -> np.ndarray:
        """Return targets of the shape (n_rows, n_targets)."""
        with naming("y"):
            check_container(y, "y", time_axis=0)
            y = check_array(
                y,
                ensure_2d=False,
                dtype=np.float64,
                ensure_all_finite="allow-nan" if self.missing == "mask" else True,
                input_name="y",
            )
        y = y.reshape(len(y), -1)
        if y.shape != shape:
            raise ValueError(f"y has the shape {y.shape}, but {shape} was forecast.")
        return y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # of rows it learned from
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags
