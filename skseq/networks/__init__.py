"""Torch modules from which the estimators build their networks."""

from skseq.networks.cells import (
    CELLS,
    ElmanLayer,
    GRULayer,
    LSTMLayer,
    PeepholeLSTMLayer,
    RecurrentLayer,
)
from skseq.networks.convolution import ConvLayer
from skseq.networks.dropout import Dropout
from skseq.networks.encoders import (
    BidirectionalLayer,
    ConvEncoder,
    ConvRecurrentEncoder,
    RecurrentEncoder,
)
from skseq.networks.heads import PooledHead, SequenceNetwork
from skseq.networks.pooling import POOLINGS

__all__ = [
    "CELLS",
    "POOLINGS",
    "BidirectionalLayer",
    "ConvEncoder",
    "ConvLayer",
    "ConvRecurrentEncoder",
    "Dropout",
    "ElmanLayer",
    "GRULayer",
    "LSTMLayer",
    "PeepholeLSTMLayer",
    "PooledHead",
    "RecurrentEncoder",
    "RecurrentLayer",
    "SequenceNetwork",
]
