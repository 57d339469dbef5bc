"""Forecasters: the rows that follow."""

from skseq.forecasting._cnn_lstm import CNNLSTMForecaster
from skseq.forecasting._rnn import RNNForecaster
from skseq.forecasting._seq2seq import Seq2SeqForecaster

__all__ = ["CNNLSTMForecaster", "RNNForecaster", "Seq2SeqForecaster"]
