"""A regressor for sktime."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_regressor
from sktime.regression.base import BaseRegressor

from skseq.cnn import CNNRegressor
from skseq.rnn import RNNRegressor
from skseq.sktime._panels import (
    TAGS,
    check_names,
    fresh,
    has_random_state,
    to_sequences,
)

__all__ = ["SktimeRegressor"]


class SktimeRegressor(BaseRegressor):
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
    ValueError
        In `predict`, if columns have other names than in `fit` or stand in another
        order.

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
    >>> model = SktimeRegressor(RNNRegressor(cell="gru", random_state=0))
    >>> model.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.9
    True
    """

    _tags: ClassVar[dict] = {
        **TAGS,
        "capability:multioutput": True,
        "y_inner_mtype": "numpy2D",
    }

    def __init__(self, estimator: Any = None):
        self.estimator = estimator
        super().__init__()

    def __dynamic_tags__(self):
        """Tell sktime that an estimator given with a random state is repeatable."""
        if has_random_state(self):
            self.set_tags(**{"property:randomness": "derandomized"})

    def _fit(self, X, y):
        estimator = fresh(self.estimator, RNNRegressor, is_regressor)
        y = y[:, 0] if y.shape[1] == 1 else y
        self._names = list(X[0].columns)
        self.estimator_ = estimator.fit(to_sequences(X), y)
        return self

    def _read(self, X: Any) -> list[np.ndarray]:
        check_names(list(X[0].columns), self._names)
        return to_sequences(X)

    def _predict(self, X: Any) -> np.ndarray:
        return self.estimator_.predict(self._read(X))

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Return parameters for the tests of sktime.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored.

        Returns
        -------
        parameters : list of dict
        """
        return [
            {"estimator": RNNRegressor(hidden_size=4, max_epochs=2)},
            {"estimator": CNNRegressor(n_filters=(4,), max_epochs=2)},
        ]
