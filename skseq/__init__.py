"""scikit-learn estimators for sequences."""

from skseq.rnn import RNNClassifier, RNNRegressor
from skseq.sequences import SequenceArray

__all__ = ["RNNClassifier", "RNNRegressor", "SequenceArray"]

__version__ = "0.1.0.dev0"
