"""Encoders: sequences (B, T, F) and lengths -> features (B, T', D) and lengths."""

from skseq.networks.encoders._both import ConvRecurrentEncoder
from skseq.networks.encoders._convolutional import ConvEncoder, SegmentEncoder
from skseq.networks.encoders._recurrent import BidirectionalLayer, RecurrentEncoder

__all__ = [
    "BidirectionalLayer",
    "ConvEncoder",
    "ConvRecurrentEncoder",
    "RecurrentEncoder",
    "SegmentEncoder",
]
