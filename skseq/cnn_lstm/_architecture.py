"""Convolutions that extract, recurrent layers that remember."""

from __future__ import annotations

from skseq.cnn import make_conv_encoder
from skseq.cnn._parameters import Convolution, Downsampling
from skseq.core.ensemble import BaseSequenceEnsemble
from skseq.core.parameters import DenseParameters
from skseq.networks import ConvRecurrentEncoder
from skseq.parameters import PROBABILITY, parameter
from skseq.rnn import make_recurrent_encoder
from skseq.rnn._parameters import BidirectionalRecurrence

__all__ = ["BaseCNNLSTM", "Shortening"]


class BaseCNNLSTM(
    BidirectionalRecurrence,
    Convolution,
    DenseParameters,
    BaseSequenceEnsemble,
    about="layers",
):
    """Both architectures in series: their parameters and their encoder.

    {parameters}
    """

    kernel_size: int | tuple[int, ...] = 20
    bidirectional: bool = True
    skip: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether the head sees what the convolutions found, too, beside what the
        recurrent layers made of it.""",
    )
    drop_path: float = parameter(
        default=0.0,
        constraint=[PROBABILITY],
        text="""Probability of leaving out, in training, all that the recurrent layers
        made of a sequence, so that the convolutions, which the head sees with `skip`,
        too, learn to do without (Larsson et al., 2017).""",
    )
    normalize: str | None = "both"
    lr: float = 1e-3

    def _make_encoder(self, n_features):
        convolution = make_conv_encoder(self, n_features)
        recurrence = make_recurrent_encoder(self, convolution.output_size)
        return ConvRecurrentEncoder(
            convolution,
            recurrence,
            skip=self.skip,
            pool_size=int(getattr(self, "pool_size", 1)),
            drop_path=self.drop_path,
        )


class Shortening(Downsampling, about="convolutions"):
    """The parameters of layers that may leave fewer steps to the recurrent ones."""

    pool_size: int = parameter(
        default=4,
        text="""Width of the maximum pooling between convolutions and recurrent
        layers.""",
    )
