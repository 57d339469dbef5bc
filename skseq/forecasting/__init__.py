"""Forecasters: the rows that follow."""

from skseq.forecasting._cnn_lstm import CNNLSTMForecaster
from skseq.forecasting._rnn import RNNForecaster

__all__ = ["CNNLSTMForecaster", "RNNForecaster"]
