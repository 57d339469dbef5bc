"""A forecaster for sktime."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skseq.forecasting import CNNLSTMForecaster, RNNForecaster
from skseq.forecasting._base import BaseForecaster as Wrapped
from skseq.sktime._adapter import Adapter

__all__ = ["SktimeForecaster"]

NEW = "y"  # what the series in `fit` is called beside those of `pretrain`


def is_forecaster(estimator: Any) -> bool:
    """Whether an estimator is a forecaster of this package."""
    return isinstance(estimator, Wrapped)


class SktimeForecaster(Adapter, BaseForecaster):
    """A forecaster for sktime.

    Wraps a forecaster of this package for sktime's pipelines, searches and backtests.
    One network forecasts all columns of y. A panel given to `fit` becomes one network
    per series, a panel given to `pretrain` one for all.

    Parameters
    ----------
    estimator : forecaster or None, default=None
        The forecaster to clone and fit. None takes `RNNForecaster()`. If it names no
        columns in `known_future`, all of X are known ahead, as usual in sktime, but
        those named in `static`.

    Attributes
    ----------
    estimator_ : forecaster
        The fitted clone. It calls the columns of y 0, 1 and so on.
    exogenous_ : list or None
        The columns of X; None without X.
    pretrained_ : forecaster
        What `pretrain` learned. Later fits take it as it is.

    Raises
    ------
    TypeError
        In `fit`, if `estimator` is not a forecaster of this package.

    See Also
    --------
    SktimeRegressor : Forecasts within `sktime.forecasting.compose.make_reduction`.

    Notes
    -----
    A horizon `fh` beyond the wrapped `horizon` is forecast by feeding forecasts back,
    so that a `horizon` as long as the `fh` in use is better and faster. X holds every
    row up to the last one asked for, with `fh` of gaps, too.

    `update` trains again with all rows; with ``update_params=False``, or after
    `pretrain`, it takes note of the new rows only. Rows known already are left out.
    `pretrain` once more learns from the new panel alone.

    Quantiles and intervals need an estimator with ``loss="gaussian"``, or with
    ``loss="quantile"`` and `quantiles` that reach as far as those asked for, and a
    `horizon` as long as `fh`.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skseq import RNNForecaster
    >>> from skseq.sktime import SktimeForecaster
    >>> y = load_airline()
    >>> estimator = RNNForecaster(
    ...     window_length=24,
    ...     horizon=12,
    ...     linear_skip=True,
    ...     max_epochs=100,
    ...     random_state=0,
    ... )
    >>> model = SktimeForecaster(estimator).fit(y[:-12])
    >>> forecast = model.predict(fh=[1, 6, 12])
    >>> bool((abs(forecast - y[forecast.index]) < 70).all())
    True
    """

    _default = RNNForecaster
    _is_kind = staticmethod(is_forecaster)

    # Rows are kept by this class, as sktime will no longer do.
    _config: ClassVar[dict] = {"remember_data": False}
    _y = None
    _X = None

    _tags: ClassVar[dict] = {
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "capability:exogenous": True,
        "capability:categorical_in_X": True,
        "capability:non_contiguous_X": False,
        "capability:missing_values": True,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:update": True,
        "capability:pretrain": True,
        "requires-fh-in-fit": False,
    }

    def __dynamic_tags__(self):
        """Tell sktime what the estimator given can do."""
        loss, missing, conformal = (
            getattr(self.estimator, name, None)
            for name in ("loss", "missing", "conformal")
        )
        super().__dynamic_tags__()
        self.set_tags(
            **{
                "capability:pred_int": (
                    bool(conformal) or loss in ("quantile", "gaussian")
                ),
                "capability:missing_values": missing == "mask",
            }
        )

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also those of the estimator.

        Parameters
        ----------
        **params : dict
            Parameters by name, as in ``set_params(estimator__hidden_size=32)``.

        Returns
        -------
        self : object
        """
        super().set_params(**params)
        self.__dynamic_tags__()  # which sktime asks for before it sets nested ones
        return self

    # Fitting ----------------------------------------------------------------

    def _fit(self, y, X, fh):
        _check_ones(y.index)
        X = None if X is None else X.loc[y.index]
        if hasattr(self, "pretrained_"):
            self._check_exogenous(X)
            self.estimator_ = deepcopy(self.pretrained_).update(*self._rows(y, X))
        else:
            self.exogenous_ = None if X is None else list(X.columns)
            self.estimator_ = self._unfitted().fit(*self._rows(y, X))
        self._cur_y, self._cur_X = y, X
        return self

    def _update(self, y, X=None, update_params=True):
        try:
            self._check_exogenous(X)
            until = self._cur_y.index[-1]
            if y.index[-1] < until:
                raise ValueError(
                    f"y ends at {y.index[-1]!s}, before {until!s}, the last row known; "
                    "a forecaster does not go back in time."
                )
            y = y.loc[y.index > until]
            if len(y):
                X = None if X is None else X.loc[y.index]
                self._append(y, X, train=update_params)
        finally:  # back if it failed; and one row alone has no frequency
            self._set_cutoff_from_y(self._cur_y)
        return self

    def _append(self, y: pd.DataFrame, X: pd.DataFrame | None, train: bool) -> None:
        """Take note of the rows that follow those known so far."""
        known_y = pd.concat([self._cur_y, y])
        known_X = None if X is None else pd.concat([self._cur_X, X])
        if train and not hasattr(self, "pretrained_"):
            self.estimator_ = self._unfitted().fit(*self._rows(known_y, known_X))
        else:
            self.estimator_.update(*self._rows(y, X))
        self._cur_y, self._cur_X = known_y, known_X

    def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Self:
        """Train one network on a panel.

        Parameters
        ----------
        y : panel or hierarchical data of sktime
            Many series.
        X : panel or hierarchical data of sktime, default=None
            Their exogenous variables.
        fh : forecasting horizon of sktime, default=None
            Ignored; the horizon is that of the estimator.

        Returns
        -------
        self : object
            The forecaster. `fit` then takes note of one series, without training.
        """
        # sktime takes an X of many series apart, but for those who ask for panels
        self.set_tags(
            X_inner_mtype=["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]
        )
        try:
            return super().pretrain(y, X, fh)
        finally:
            self.set_tags(X_inner_mtype="pd.DataFrame")

    def _pretrain(self, y, X=None, fh=None):
        X = None if X is None else X.loc[y.index]
        self.exogenous_ = None if X is None else list(X.columns)
        series, _ = y.index.droplevel(-1).factorize()
        index = pd.MultiIndex.from_arrays([series, y.index.get_level_values(-1)])
        y = y.set_axis(index).set_axis(range(y.shape[1]), axis=1)
        rows = (y, None) if X is None else (X.set_axis(index), y)
        self.pretrained_ = self._unfitted().fit(*rows)
        return self

    def _unfitted(self) -> Wrapped:
        """Return a copy of the estimator that knows which columns are known ahead."""
        estimator = self._fresh()
        if not estimator.known_future:
            names = self.exogenous_ or []
            positions = range(-len(names), len(names))
            static = [
                names[column] if column in positions and column not in names else column
                for column in estimator.static
            ]
            known = tuple(name for name in names if name not in static)
            estimator.set_params(known_future=known)
        return estimator

    def _rows(self, y: pd.DataFrame, X: pd.DataFrame | None) -> tuple:
        """Return the rows of one series as X and y for the estimator."""
        y = self._named(y.set_axis(range(y.shape[1]), axis=1))
        return (y, None) if X is None else (self._named(X), y)

    def _named(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give rows the name of their series, where the estimator knows many."""
        return pd.concat({NEW: rows}) if hasattr(self, "pretrained_") else rows

    def _check_exogenous(self, X: pd.DataFrame | None) -> None:
        columns = None if X is None else list(X.columns)
        if columns != self.exogenous_:
            raise ValueError(
                f"X has the columns {columns}, but the forecaster learned with "
                f"{self.exogenous_}."
            )

    # Forecasting --------------------------------------------------------------

    def _predict(self, fh: Any, X: Any) -> pd.DataFrame:
        forecast = self.estimator_.predict(self._ahead(fh, X)).to_numpy()
        return self._selected(forecast, fh, self._cur_y.columns)

    def _predict_quantiles(self, fh: Any, X: Any, alpha: Any) -> pd.DataFrame:
        levels, order = np.unique(alpha, return_inverse=True)
        quantiles = self.estimator_.predict_quantiles(
            self._ahead(fh, X), quantiles=tuple(levels.tolist())
        )
        values = quantiles.to_numpy().reshape(len(quantiles), -1, len(levels))
        columns = self._get_columns("predict_quantiles", alpha=alpha)
        return self._selected(
            values[:, :, order].reshape(len(quantiles), -1), fh, columns
        )

    def _ahead(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        """Return the rows for the estimator to forecast: all up to the last in fh."""
        steps = np.arange(1, self._positions(fh).max() + 2)
        horizon = ForecastingHorizon(steps, freq=fh.freq)
        index = horizon.to_absolute_index(self.cutoff)
        self._check_exogenous(X)
        if X is None:
            return self._named(pd.DataFrame(np.nan, index, range(self._cur_y.shape[1])))
        missing = index.difference(X.index)
        if len(missing):
            raise ValueError(
                f"X must have all rows up to the last one to forecast, {index[-1]!s}, "
                f"but has none at {missing[0]!s}."
            )
        return self._named(X.loc[index])

    def _positions(self, fh: ForecastingHorizon) -> np.ndarray:
        """Return how many rows behind the next one those in fh are."""
        times = fh.to_absolute_index(self.cutoff)
        if isinstance(fh.to_pandas(), pd.TimedeltaIndex):  # which sktime does not count
            fh = ForecastingHorizon(times, is_relative=False, freq=fh.freq)
        positions = np.asarray(fh.to_indexer(self.cutoff))
        steps = ForecastingHorizon(positions + 1, freq=fh.freq)
        if not steps.to_absolute_index(self.cutoff).equals(times):
            raise ValueError(
                f"fh={list(times)} holds times that are no whole number of steps "
                f"behind {self.cutoff[0]!s}, the last row known."
            )
        return positions

    def _selected(
        self, values: np.ndarray, fh: ForecastingHorizon, columns: pd.Index
    ) -> pd.DataFrame:
        """Return the rows in fh of all that were forecast."""
        return pd.DataFrame(
            values[self._positions(fh)],
            fh.to_absolute_index(self.cutoff),
            columns,
        )

    @classmethod
    def _quick_ones(cls) -> list:
        small: dict[str, Any] = {
            "window_length": 3,
            "horizon": 2,
            "hidden_size": 4,
            "max_epochs": 1,
            "shrink_to_naive": False,
        }
        return [
            CNNLSTMForecaster(n_filters=4, **small),
            RNNForecaster(loss="gaussian", **{**small, "horizon": 5}),
        ]


def _check_ones(index: pd.Index) -> None:
    """Refuse whole numbers at another distance than that of a step of sktime's fh."""
    if pd.api.types.is_integer_dtype(index.dtype) and len(index) > 1:
        step = int(index[1]) - int(index[0])
        if step != 1:
            raise ValueError(
                f"y has an index of whole numbers {step} apart, but sktime counts fh "
                f"in ones: fh=1 is {index[-1] + 1} there, and not {index[-1] + step}. "
                "Number the rows, y.reset_index(drop=True), or give them periods or "
                "dates; X likewise."
            )
