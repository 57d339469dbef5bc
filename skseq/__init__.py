"""scikit-learn estimators for sequences."""

from skseq.anomaly import SequenceAnomalyDetector
from skseq.cnn import CNNClassifier, CNNRegressor, CNNTagger
from skseq.cnn_lstm import CNNLSTMClassifier, CNNLSTMRegressor, CNNLSTMTagger
from skseq.core.summary import summary
from skseq.core.transfer import load_by as _load_by
from skseq.core.versions import show_versions
from skseq.data.sequences import SequenceArray
from skseq.forecasting import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.generation import SequenceGenerator
from skseq.rnn import RNNClassifier, RNNRegressor, RNNTagger
from skseq.seq2seq import Seq2SeqClassifier, Seq2SeqRegressor

__all__ = [
    "CNNClassifier",
    "CNNLSTMClassifier",
    "CNNLSTMForecaster",
    "CNNLSTMRegressor",
    "CNNLSTMTagger",
    "CNNRegressor",
    "CNNTagger",
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "RNNTagger",
    "Seq2SeqClassifier",
    "Seq2SeqForecaster",
    "Seq2SeqRegressor",
    "SequenceAnomalyDetector",
    "SequenceArray",
    "SequenceGenerator",
    "show_versions",
    "summary",
]

__version__ = "0.1.0.dev0"


def _load(path):
    from skseq.persistence import load

    return load(path)


_load_by(_load)
