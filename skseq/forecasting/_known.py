"""What a fitted forecaster knows of its rows, for who draws or judges them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.times import leading_to
from skseq.forecasting._base import BaseForecaster

__all__ = ["known_targets", "mapped_targets", "starts_later", "target_columns"]


def target_columns(forecaster: BaseForecaster) -> np.ndarray:
    """Return which columns of X are forecast, none if `fit` was given y."""
    return forecaster._roles.targets


def mapped_targets(forecaster: BaseForecaster, targets: np.ndarray) -> np.ndarray:
    """Return targets of a forecaster of one series as its `transformer` has them."""
    return forecaster._scaler.mapped(None, targets)


def known_targets(
    forecaster: BaseForecaster, series: Any = None
) -> pd.DataFrame | np.ndarray:
    """Return the targets that a forecaster looks back at.

    Parameters
    ----------
    forecaster : forecaster
        It is fitted.
    series : object, default=None
        Which of several series.

    Returns
    -------
    targets : DataFrame or ndarray of shape (window_length, n_targets)
        With their times, if forecasts have some.
    """
    context = forecaster._context.select((series,))
    values = context.values[:, : forecaster._columns.n_targets]
    (span,) = context.spans
    if span is None or not forecaster._kind.is_pandas:
        return values
    if span.step is None:  # of one row
        return pd.DataFrame(values, [span.last])
    return pd.DataFrame(values, leading_to(span.last, span.step, len(values)))


def starts_later(forecaster: BaseForecaster, X: Any) -> bool:
    """Whether the index of a table starts after the rows of the one series known."""
    (span,) = forecaster._context.spans
    if span is None or not hasattr(X, "iloc"):
        return False
    try:
        return bool(X.index[0] > span.last)
    except TypeError:  # an index of another kind
        return False
