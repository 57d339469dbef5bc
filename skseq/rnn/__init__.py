"""Recurrent networks: simple RNN, GRU, GRU-D, LSTM and peephole LSTM."""

from skseq.rnn._architecture import (
    BaseRNN,
    make_recurrent_encoder,
)
from skseq.rnn._classifier import RNNClassifier
from skseq.rnn._regressor import RNNRegressor
from skseq.rnn._tagger import RNNTagger

__all__ = [
    "BaseRNN",
    "RNNClassifier",
    "RNNRegressor",
    "RNNTagger",
    "make_recurrent_encoder",
]
