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
    SegmentEncoder,
)
from skseq.networks.forecasting import ForecastNetwork, Window
from skseq.networks.heads import PooledHead, SequenceNetwork
from skseq.networks.normalization import WINDOW_SCALES, WindowScale
from skseq.networks.pooling import POOLINGS

__all__ = [
    "CELLS",
    "POOLINGS",
    "WINDOW_SCALES",
    "BidirectionalLayer",
    "ConvEncoder",
    "ConvLayer",
    "ConvRecurrentEncoder",
    "Dropout",
    "ElmanLayer",
    "ForecastNetwork",
    "GRULayer",
    "LSTMLayer",
    "PeepholeLSTMLayer",
    "PooledHead",
    "RecurrentEncoder",
    "RecurrentLayer",
    "SegmentEncoder",
    "SequenceNetwork",
    "Window",
    "WindowScale",
]
