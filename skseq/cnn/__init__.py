"""Convolutional networks."""

from skseq.cnn._architecture import (
    BaseCNN,
    make_conv_encoder,
)
from skseq.cnn._classifier import CNNClassifier
from skseq.cnn._regressor import CNNRegressor
from skseq.cnn._tagger import CNNTagger

__all__ = [
    "BaseCNN",
    "CNNClassifier",
    "CNNRegressor",
    "CNNTagger",
    "make_conv_encoder",
]
