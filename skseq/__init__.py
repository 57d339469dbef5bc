"""scikit-learn estimators for sequences."""

from skseq.cnn import CNNClassifier, CNNRegressor
from skseq.cnn_lstm import CNNLSTMClassifier, CNNLSTMRegressor
from skseq.forecasting import CNNLSTMForecaster, RNNForecaster
from skseq.rnn import RNNClassifier, RNNRegressor
from skseq.sequences import SequenceArray

__all__ = [
    "CNNClassifier",
    "CNNLSTMClassifier",
    "CNNLSTMForecaster",
    "CNNLSTMRegressor",
    "CNNRegressor",
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "SequenceArray",
]

__version__ = "0.1.0.dev0"
