"""Convolutions that extract, recurrent layers that remember."""

from skseq.cnn_lstm._architecture import BaseCNNLSTM
from skseq.cnn_lstm._classifier import CNNLSTMClassifier
from skseq.cnn_lstm._regressor import CNNLSTMRegressor
from skseq.cnn_lstm._tagger import CNNLSTMTagger

__all__ = ["BaseCNNLSTM", "CNNLSTMClassifier", "CNNLSTMRegressor", "CNNLSTMTagger"]
