"""scikit-learn estimators for sequences."""

from skseq.cnn import CNNClassifier, CNNRegressor
from skseq.cnn_lstm import CNNLSTMClassifier, CNNLSTMRegressor
from skseq.rnn import RNNClassifier, RNNRegressor
from skseq.sequences import SequenceArray

__all__ = [
    "CNNClassifier",
    "CNNLSTMClassifier",
    "CNNLSTMRegressor",
    "CNNRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "SequenceArray",
]

__version__ = "0.1.0.dev0"
