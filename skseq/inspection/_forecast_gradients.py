"""Gradients of forecasts with respect to the rows that a forecaster looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.forecasting._explaining import Windows, column_names, windows_ahead
from skseq.inspection._asked import location_of
from skseq.inspection._gradients import shares_of_the_way
from skseq.inspection._targets import number_column, step_shares

if TYPE_CHECKING:
    from skseq.forecasting._base import BaseForecaster

__all__ = ["asked_of_forecast", "forecast_gradients"]


def forecast_gradients(
    forecaster: BaseForecaster, X: Any, target: Any, step: Any, n_points: int
) -> SequenceArray:
    """Return what the rows of each series change in its forecast, as `saliency` says.

    Parameters
    ----------
    forecaster, X, target, step
        As in `saliency`.
    n_points : int
        Number of gradients in an integral; 0 stands for the gradient itself.
    """
    windows, n_rows, names = windows_ahead(forecaster, X)
    column, shares = asked_of_forecast(forecaster, target, step, n_rows)
    values = np.nan_to_num(windows.table.filled())
    weights = shares * windows.scales[:, [column]]
    gradients = np.zeros_like(values)
    is_moved = np.ones(values.shape[1], dtype=bool)
    is_moved[forecaster._indicators.codes] = False
    for at, weight in shares_of_the_way(n_points) if n_points else [(1.0, 1.0)]:
        moved = np.where(is_moved, at * values, values)
        gradients += weight * _differentiated(
            forecaster, windows, moved, column, weights
        )
    if n_points:
        gradients *= values
    gradients = gradients.reshape(windows.values.shape)
    _move_to_what_is_seen(gradients, np.isnan(windows.values))
    if not n_points:
        scales = [forecaster._scaler.scales[name][1] for name in names]
        gradients /= np.array(scales)[:, None]
    return _laid_out(forecaster, gradients, names)


def asked_of_forecast(
    forecaster: BaseForecaster, target: Any, step: Any, n_rows: np.ndarray
) -> tuple[int, np.ndarray]:
    """Return which target is looked at, and how much each row ahead counts.

    Parameters
    ----------
    forecaster, target, step
        As in `saliency`.
    n_rows : ndarray of int of shape (n_series,)
        How many rows of each series are forecast.

    Returns
    -------
    column, shares : int, ndarray of shape (n_series, horizon)
    """
    n_targets = forecaster._columns.n_targets
    column = number_column(target, n_targets, column_names(forecaster)[:n_targets])
    shares = step_shares(step, n_rows, first=1)
    n_more = forecaster._horizon - shares.shape[1]
    return column, np.pad(shares, ((0, 0), (0, n_more)))


@torch.inference_mode(False)
@torch.enable_grad()  # whatever the caller set
def _differentiated(
    forecaster: Any,
    windows: Windows,
    values: np.ndarray,
    column: int,
    weights: np.ndarray,
) -> np.ndarray:
    """Return the gradient of weighted forecasts with respect to scaled rows."""
    module = forecaster.module_
    data = forecaster._to_windows(windows.table, next(module.parameters()).device)
    data = data.differentiated(values)
    batch = data.gather(torch.arange(len(data)))
    kernels = torch.backends.cudnn.flags(enabled=not data.rows.is_cuda)
    with forecaster._threads(module), kernels:
        outputs = module(batch.x, None)[:, :, column]
        said = location_of(forecaster._loss, outputs)  # of rates, no logarithm
        total = (said * torch.as_tensor(weights).to(said)).sum()
        (gradients,) = torch.autograd.grad(total, data.rows)
    return gradients.double().cpu().numpy()


def _move_to_what_is_seen(gradients: np.ndarray, missing: np.ndarray) -> None:
    """Give the last value seen what is about the holes behind it that show it."""
    for row in range(gradients.shape[1] - 1, -1, -1):
        moved = np.where(missing[:, row], gradients[:, row], 0)
        gradients[:, row] -= moved
        if row:
            gradients[:, row - 1] += moved


def _laid_out(forecaster: Any, gradients: np.ndarray, names: tuple) -> SequenceArray:
    """Return numbers for each value of each series, and of static columns."""
    n_before = forecaster._window_length
    n_future, n_static = forecaster._columns[2:]
    called = np.array(column_names(forecaster), dtype=object)
    of_static = gradients[:, :, len(called) - n_static :].sum(axis=1)
    n_rows = gradients.shape[1] if n_future else n_before
    values = gradients[:, :n_rows, : len(called) - n_static]
    table = None
    if n_static:
        table = StaticTable(of_static, called[len(called) - n_static :])
    found = SequenceArray.from_array(np.ascontiguousarray(values))
    return SequenceArray(
        found.values,
        found.starts,
        found.lengths,
        feature_names=called[: len(called) - n_static],
        instances=None if names == (None,) else names,
        times=np.tile(np.arange(n_rows) + 1 - n_before, len(names)),
        static=table,
    )
