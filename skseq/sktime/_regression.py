"""A regressor for sktime."""

from __future__ import annotations

from typing import ClassVar

from sklearn.base import is_regressor
from sktime.regression.base import BaseRegressor

from skseq.cnn import CNNRegressor
from skseq.rnn import RNNRegressor
from skseq.sktime._adapter import PanelAdapter, of_panels

__all__ = ["SktimeRegressor"]


@of_panels
class SktimeRegressor(PanelAdapter, BaseRegressor):
    """A regressor of numbers from sequences for sktime.

    Wraps an estimator of this package, or a pipeline or search around one, for
    sktime's pipelines, searches and reductions of forecasting. It takes every layout
    of panels that sktime knows, with several channels and with unequal lengths, and
    puts time before channels. One network predicts all columns of y.

    Parameters
    ----------
    estimator : estimator or None, default=None
        The regressor to clone and fit. None takes `RNNRegressor()`.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone. It takes sequences of shape (n_timesteps, n_channels).

    Raises
    ------
    TypeError
        In `fit`, if `estimator` is not a regressor.
    {other_columns}

    See Also
    --------
    SktimeClassifier : Predicts classes.

    Notes
    -----
    In `sktime.forecasting.compose.make_reduction`, this adapter reads a window of a
    series and its exogenous variables as time steps of several channels. Without it,
    an estimator is handed each window as one flat row, channel after channel, which is
    right for a series without exogenous variables only.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.sktime import SktimeRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2, 8))  # instances, channels, time steps
    >>> y = X[:, 0, -1] - X[:, 1, -2]
    >>> network = RNNRegressor(cell="gru", max_epochs=30, random_state=0)
    >>> model = SktimeRegressor(network)
    >>> model.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.9
    True
    """

    _default = RNNRegressor
    _is_kind = staticmethod(is_regressor)
    _tags: ClassVar[dict] = {
        "capability:multioutput": True,
        "y_inner_mtype": "numpy2D",
    }

    def _fit(self, X, y):
        return super()._fit(X, y[:, 0] if y.shape[1] == 1 else y)

    @classmethod
    def _quick_ones(cls) -> list:
        return [
            RNNRegressor(hidden_size=4, max_epochs=1),
            CNNRegressor(n_filters=(4,), max_epochs=1),
        ]
