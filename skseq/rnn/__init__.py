"""Recurrent networks: simple RNN, GRU, LSTM and peephole LSTM."""

from skseq.rnn._architecture import (
    BaseRNN,
    BidirectionalRecurrence,
    Recurrence,
    make_recurrent_encoder,
)
from skseq.rnn._classifier import RNNClassifier
from skseq.rnn._regressor import RNNRegressor
from skseq.rnn._tagger import RNNTagger

__all__ = [
    "BaseRNN",
    "BidirectionalRecurrence",
    "RNNClassifier",
    "RNNRegressor",
    "RNNTagger",
    "Recurrence",
    "make_recurrent_encoder",
]
