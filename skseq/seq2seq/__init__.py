"""Encoder-decoder networks: from sequences to sequences of another length."""

from skseq.seq2seq._classifier import Seq2SeqClassifier
from skseq.seq2seq._regressor import Seq2SeqRegressor

__all__ = ["Seq2SeqClassifier", "Seq2SeqRegressor"]
