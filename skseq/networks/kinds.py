"""The kinds of recurrent layers, by the names that users give them."""

from __future__ import annotations

from skseq.networks.cells import ElmanLayer, GRULayer, LSTMLayer, PeepholeLSTMLayer
from skseq.networks.gru_d import GRUDLayer
from skseq.networks.recurrent import RecurrentLayer

__all__ = ["CELLS"]

CELLS: dict[str, type[RecurrentLayer]] = {
    "rnn": ElmanLayer,
    "gru": GRULayer,
    "gru_d": GRUDLayer,
    "lstm": LSTMLayer,
    "peephole_lstm": PeepholeLSTMLayer,
}
