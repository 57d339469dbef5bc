"""Windows of a forecaster one by one, for who changes what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skseq.data.objects import object_array
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Table

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = ["Windows", "column_names", "windows_ahead", "windows_rolled"]


class Windows(NamedTuple):
    """What paths of a forecaster are made of, each by itself.

    A path is a series of the table: its window, and the rows of its horizon behind it,
    of which the network sees what is known ahead.
    """

    table: Table  # scaled; each series has window_length + horizon rows
    means: np.ndarray  # (n_paths, n_targets), of the targets
    scales: np.ndarray
    scaler: SeriesScaler  # knows how targets are mapped before,
    series: np.ndarray  # of the series, (n_paths,), that each path is of

    @property
    def values(self) -> np.ndarray:
        """The rows of each path, (n_paths, window_length + horizon, n_columns)."""
        return self.table.values.reshape(
            len(self.means), -1, self.table.values.shape[1]
        )

    @property
    def before(self) -> np.ndarray:
        """The last values seen before each path, (n_paths, n_columns)."""
        return self.table.filled_before()

    def holding(self, values: np.ndarray, before: np.ndarray, scale: Any) -> Windows:
        """Return paths from other rows.

        Parameters
        ----------
        values : ndarray of shape (n, window_length + horizon, n_columns)
            The rows.
        before : ndarray of shape (n, n_columns)
            The last values seen before them.
        scale : array-like of int of shape (n,)
            In the scale of which of these paths each of them is.
        """
        n, n_rows, n_columns = values.shape
        table = Table(
            values.reshape(-1, n_columns),
            n_rows * np.arange(n + 1),
            tuple(range(n)),
            (None,) * n,
            before,
            first=self.table.firsts()[scale],
        )
        return self._replace(
            table=table,
            means=self.means[scale],
            scales=self.scales[scale],
            series=self.series[scale],
        )

    def outputs(self, forecaster: BaseForecaster) -> np.ndarray:
        """Return what the network says in the units before scaling.

        Returns
        -------
        outputs : ndarray of shape (n_paths, horizon, n_targets, n_outputs)
        """
        outputs = forecaster._outputs(self.table)
        return forecaster._in_units(outputs, self.means, self.scales)

    def paths(self, forecaster: BaseForecaster) -> np.ndarray:
        """Return the forecasts (n_paths, horizon, n_targets)."""
        return self.mapped_back(forecaster._loss.point(self.outputs(forecaster)))

    def mapped_back(self, values: np.ndarray) -> np.ndarray:
        """Return values (n_paths, horizon, n_targets, ...) in units of the targets."""
        ones = np.ones(len(values), dtype=int)
        values = self.scaler.mapped_back(values.swapaxes(1, 2), self.series, ones)
        return values.swapaxes(1, 2)


def windows_ahead(
    forecaster: BaseForecaster, X: Any
) -> tuple[Windows, np.ndarray, tuple]:
    """Return the windows of the forecasts that ``predict(X)`` makes.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted.
    X : array-like, DataFrame or None
        The rows to forecast.

    Returns
    -------
    windows, n_rows, names : Windows, ndarray of int, tuple
        Of each series; how many rows of it are to be forecast, and what it is called.

    Raises
    ------
    ValueError
        If they are more than `horizon`, or as `predict` says.
    """
    context, known, n_rows, _ = forecaster._rows_asked(X)
    horizon = forecaster._horizon
    if n_rows.max() > horizon:
        raise ValueError(
            f"X has {n_rows.max()} rows of a series; a forecast is explained up to "
            f"horizon={horizon} rows ahead, as others are fed back."
        )
    table = forecaster._scaler.transform(context)
    ahead = forecaster._rows_ahead(table, known, n_rows)
    pairs = zip(table.series(), ahead, strict=True)
    table = table.with_series([np.concatenate(pair) for pair in pairs])
    scales = forecaster._scaler.target_scales(context.names)
    names = context.names
    series = object_array(names)
    return Windows(table, *scales, forecaster._scaler, series), n_rows, names


def windows_rolled(
    forecaster: BaseForecaster, X: Any, y: Any, restart: bool
) -> tuple[Windows, np.ndarray, np.ndarray]:
    """Return the windows of the paths that ``rolling_forecast(X, y)`` makes.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted.
    X, y, restart
        As `rolling_forecast` takes them.

    Returns
    -------
    windows, rows, targets : Windows, ndarray, ndarray
        Which rows of X each path forecasts, (n_paths, horizon), and the targets that
        they have, (n_paths, horizon, n_targets).

    Raises
    ------
    ValueError
        As `rolling_forecast` does.
    """
    length = forecaster._window_length + forecaster._horizon
    scaled, means, scales, later, scaler = forecaster._rows_rolled(X, y, restart)
    n_before = np.full(len(later.names), forecaster._window_length if restart else 0)
    first = later.starts(forecaster._horizon, n_before, later.lengths)
    rows = first[:, None] + np.arange(forecaster._horizon)
    targets = later.values[:, : forecaster._columns.n_targets][rows]
    n_paths = later.lengths - n_before - forecaster._horizon + 1
    series = object_array(later.names).repeat(n_paths)
    windows = Windows(scaled.cut(length), means, scales, scaler, series)
    return windows, rows, targets


def column_names(forecaster: BaseForecaster) -> list[str]:
    """Return what to call the columns of a table: targets, past, ahead, static.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted. Columns of X without names are x0, x1 and so on, targets of a y
        without y, or y0, y1 and so on.
    """
    known = getattr(forecaster, "feature_names_in_", None)
    n_columns = forecaster.n_features_in_
    of_x = [f"x{i}" for i in range(n_columns)] if known is None else known
    names = [str(of_x[i]) for part in forecaster._roles for i in part]
    kind, n_targets = forecaster._kind, forecaster._columns.n_targets
    if kind.is_pandas and kind.columns is not None:
        own = [kind.columns] if kind.is_flat else kind.columns
        names[: n_targets * (not forecaster._has_own_y)] = map(str, own)
    elif forecaster._has_own_y:
        own = ["y"] if n_targets == 1 else [f"y{i}" for i in range(n_targets)]
        names = [*own, *names]
    return names
