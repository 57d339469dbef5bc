"""Torch modules from which the estimators build their networks."""

from skseq.networks.attention import ATTENTIONS, Attention
from skseq.networks.cells import ElmanLayer, GRULayer, LSTMLayer, PeepholeLSTMLayer
from skseq.networks.convolution import ConvLayer, Shortcut
from skseq.networks.cycle import Cycle
from skseq.networks.dropout import Dropout
from skseq.networks.embedding import TokenEmbedding
from skseq.networks.encoders import (
    BidirectionalLayer,
    ConvEncoder,
    ConvRecurrentEncoder,
    RecurrentEncoder,
    SegmentEncoder,
)
from skseq.networks.feedback import TokenFeedback, ValueFeedback
from skseq.networks.forecasting import N_NEAR, ForecastNetwork, InputGate, Window
from skseq.networks.gru_d import GRUDLayer
from skseq.networks.heads import PooledHead, SequenceNetwork, StepHead
from skseq.networks.inputs import Inputs, StepColumns
from skseq.networks.kinds import CELLS
from skseq.networks.language import LanguageNetwork, Passage
from skseq.networks.losses import (
    KnownSquaredError,
    LabelCrossEntropy,
    StepCrossEntropy,
    StepSquaredError,
)
from skseq.networks.normalization import WINDOW_SCALES, WindowScale
from skseq.networks.pooling import POOLINGS
from skseq.networks.recurrent import RecurrentLayer
from skseq.networks.seeing import Before
from skseq.networks.segment_decoder import SegmentDecoder
from skseq.networks.seq2seq import Decoder, Pair, Seq2SeqNetwork
from skseq.networks.several import SequenceNetworks
from skseq.networks.shrinkage import NaiveShrinkage

__all__ = [
    "ATTENTIONS",
    "CELLS",
    "N_NEAR",
    "POOLINGS",
    "WINDOW_SCALES",
    "Attention",
    "Before",
    "BidirectionalLayer",
    "ConvEncoder",
    "ConvLayer",
    "ConvRecurrentEncoder",
    "Cycle",
    "Decoder",
    "Dropout",
    "ElmanLayer",
    "ForecastNetwork",
    "GRUDLayer",
    "GRULayer",
    "InputGate",
    "Inputs",
    "KnownSquaredError",
    "LSTMLayer",
    "LabelCrossEntropy",
    "LanguageNetwork",
    "NaiveShrinkage",
    "Pair",
    "Passage",
    "PeepholeLSTMLayer",
    "PooledHead",
    "RecurrentEncoder",
    "RecurrentLayer",
    "SegmentDecoder",
    "SegmentEncoder",
    "Seq2SeqNetwork",
    "SequenceNetwork",
    "SequenceNetworks",
    "Shortcut",
    "StepColumns",
    "StepCrossEntropy",
    "StepHead",
    "StepSquaredError",
    "TokenEmbedding",
    "TokenFeedback",
    "ValueFeedback",
    "Window",
    "WindowScale",
]
