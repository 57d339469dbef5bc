"""Parameters of recurrent layers."""

from __future__ import annotations

from skseq.networks import CELLS, RecurrentLayer
from skseq.parameters import (
    POSITIVE_INTEGER,
    PROBABILITY,
    Declared,
    Options,
    amended,
    parameter,
)

__all__ = ["BidirectionalRecurrence", "Recurrence", "WindowRecurrence"]


class Recurrence(Declared, about="layers"):
    """The parameters of recurrent layers."""

    cell: str | type[RecurrentLayer] = parameter(
        default="lstm",
        constraint=[Options(*CELLS), callable],
        text="""Kind of the recurrent layers; "gru_d", with ``missing="mask"``, forgets
        what was not measured for long, and else is a GRU; a subclass of
        `skseq.networks.RecurrentLayer` brings a kind of your own.""",
    )
    hidden_size: int | tuple[int, ...] = parameter(
        default=64,
        constraint=[POSITIVE_INTEGER, tuple],
        text="""Number of units of every recurrent layer, or of each in turn.""",
    )
    num_layers: int = parameter(
        default=1,
        constraint=[POSITIVE_INTEGER],
        text="""Number of stacked recurrent layers; implied by a tuple
        `hidden_size`.""",
    )
    nonlinearity: str = parameter(
        default="tanh",
        constraint=[Options("tanh", "relu")],
        text="""Activation of ``cell="rnn"``; the other cells ignore it.""",
    )
    recurrent_dropout: float = parameter(
        default=0.0,
        constraint=[PROBABILITY],
        text="""Probability of dropping a unit's state on its way into the next step,
        with one mask per sequence for all its steps (Gal and Ghahramani, 2016).""",
    )
    initial_state: str = parameter(
        default="zeros",
        constraint=[Options("zeros", "learned")],
        text="""What the state is before the first step of a sequence, and read
        backwards before its last: zeros, or a vector that is learned, one for each
        layer and direction (two of LSTM cells), which starts at zero and which, like
        biases, `l1` and `l2` leave alone.""",
    )


ENCODER_DROPOUT = """Probability of dropping a unit's state on its way into the next
step of the encoder, with one mask for all steps (Gal and Ghahramani, 2016)."""


class BidirectionalRecurrence(Recurrence, about="layers"):
    """The parameters of recurrent layers that may read backwards, too."""

    bidirectional: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether every layer also reads the sequence backwards.""",
    )


class WindowRecurrence(Recurrence, about="layers"):
    """The parameters of recurrent layers that read windows."""

    recurrent_dropout = amended(
        text="""Probability of dropping a unit's state on its way into the next step,
        with one mask for all steps of a window (Gal and Ghahramani, 2016)."""
    )
