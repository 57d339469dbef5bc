"""Forecasts by recurrent networks."""

from __future__ import annotations

from skseq.forecasting._base import BaseForecaster
from skseq.networks import RecurrentLayer
from skseq.rnn import make_recurrent_encoder
from skseq.rnn._parameters import WindowRecurrence

__all__ = ["RNNForecaster"]


class RNNForecaster(WindowRecurrence, BaseForecaster):
    """Forecaster of one or many series by a recurrent network.

    Recurrent layers read a window of past rows; what they remember at its end becomes
    all rows of the horizon at once. Every window is normalised and the forecast
    restored, so that a level never seen before does not matter. It forecasts the rows
    that follow the training rows, and tells past covariates from those known ahead.

    {parameters}

    {attributes}

    See Also
    --------
    CNNLSTMForecaster : Reads segments of rows instead of rows, for long windows.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNForecaster
    >>> wave = np.sin(np.arange(206) * np.pi / 6)
    >>> forecaster = RNNForecaster(window_length=12, horizon=6, max_epochs=20)
    >>> forecast = forecaster.fit(wave[:-6]).predict()
    >>> bool(np.abs(forecast - wave[-6:]).max() < 0.05)
    True
    """

    cell: str | type[RecurrentLayer] = "gru"
    lr: float = 2e-3

    def _make_encoder(self, n_features):
        encoder = make_recurrent_encoder(self, n_features)
        return encoder, encoder.output_size
