"""Convolutions that extract, recurrent layers that remember."""

from __future__ import annotations

from skseq.cnn import make_conv_encoder
from skseq.cnn._parameters import Convolution
from skseq.core.ensemble import EnsembleMixin
from skseq.core.parameters import DenseParameters
from skseq.networks import ConvRecurrentEncoder
from skseq.parameters import parameter
from skseq.rnn import make_recurrent_encoder
from skseq.rnn._parameters import BidirectionalRecurrence

__all__ = ["BaseCNNLSTM"]


class BaseCNNLSTM(
    BidirectionalRecurrence,
    Convolution,
    DenseParameters,
    EnsembleMixin,
    about="layers",
):
    """Both architectures in series: their parameters and their encoder.

    {parameters}
    """

    n_filters: tuple[int, ...] = (64, 64)
    bidirectional: bool = True
    skip: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether the head sees what the convolutions found, too, beside what the
        recurrent layers made of it.""",
    )
    normalize: str | None = "both"
    lr: float = 3e-3

    def _make_encoder(self, n_features):
        convolution = make_conv_encoder(self, n_features)
        recurrence = make_recurrent_encoder(self, convolution.output_size)
        return ConvRecurrentEncoder(convolution, recurrence, skip=self.skip)
