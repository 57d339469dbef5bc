"""The cells of recurrent layers: what a step makes of its input and the state."""

from __future__ import annotations

import math

import torch
from torch import nn

from skseq.networks.bptt import ElmanSteps, GRUSteps, LSTMSteps
from skseq.networks.recurrent import RecurrentLayer

__all__ = ["ElmanLayer", "GRULayer", "LSTMLayer", "PeepholeLSTMLayer"]


class ElmanLayer(RecurrentLayer):
    r"""Simple recurrent layer (Elman, 1990, "Finding Structure in Time").

    With f the hyperbolic tangent or the rectifier:

    .. math:: h_t = f(W x_t + U h_{t-1} + b)
    """

    faster_by_hand = True

    def _make_kernel(self, input_size):
        return nn.RNN(
            input_size,
            self.hidden_size,
            nonlinearity=self.nonlinearity,
            batch_first=True,
        )

    def _step(self, gates, recurrent, state):
        activation = torch.tanh if self.nonlinearity == "tanh" else torch.relu
        return (activation(gates + recurrent),)

    def _steps(self, x, h, mask, weights):
        is_relu = self.nonlinearity == "relu"
        weights = weights.kernel.parameters()
        return (ElmanSteps.apply(x, h, *weights, mask, is_relu),)


class GRULayer(RecurrentLayer):
    r"""Gated recurrent unit (Cho et al., 2014, "Learning Phrase Representations").

    With the reset gate applied after the recurrent product, as cuDNN does:

    .. math::

        r_t &= \sigma(W_r x_t + U_r h_{t-1} + b_r) \\
        z_t &= \sigma(W_z x_t + U_z h_{t-1} + b_z) \\
        n_t &= \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + b_u)) \\
        h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}
    """

    faster_by_hand = True

    def _make_kernel(self, input_size):
        return nn.GRU(input_size, self.hidden_size, batch_first=True)

    def _step(self, gates, recurrent, state):
        r, z, n = gates.chunk(3, dim=1)
        r_h, z_h, n_h = recurrent.chunk(3, dim=1)
        update = torch.sigmoid(z + z_h)
        candidate = torch.tanh(n + torch.sigmoid(r + r_h) * n_h)
        return (torch.lerp(candidate, state[0], update),)

    def _steps(self, x, h, mask, weights):
        return (GRUSteps.apply(x, h, *weights.kernel.parameters(), mask),)


class LSTMLayer(RecurrentLayer):
    r"""Long short-term memory (Hochreiter and Schmidhuber, 1997).

    With the forget gate of Gers et al. (2000), whose bias starts at 1 (Jozefowicz
    et al., 2015):

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
        f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
        g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
        h_t &= o_t \odot \tanh(c_t)
    """

    n_states = 2

    def _make_kernel(self, input_size):
        return nn.LSTM(input_size, self.hidden_size, batch_first=True)

    def reset_parameters(self):
        super().reset_parameters()
        forget = slice(self.hidden_size, 2 * self.hidden_size)  # gates i, f, g, o
        nn.init.ones_(self.kernel.bias_ih_l0.data[forget])

    def _step(self, gates, recurrent, state):
        i, f, g, o = (gates + recurrent).chunk(4, dim=1)
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def _steps(self, x, h, c, mask, weights):
        return LSTMSteps.apply(x, h, c, *weights.kernel.parameters(), None, mask)


class PeepholeLSTMLayer(LSTMLayer):
    r"""LSTM whose gates see the cell (Gers et al., 2002, JMLR 3, 115-143).

    All else is as in `LSTMLayer`:

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + p_i \odot c_{t-1} + b_i) \\
        f_t &= \sigma(W_f x_t + U_f h_{t-1} + p_f \odot c_{t-1} + b_f) \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + p_o \odot c_t + b_o)

    The peephole weights p are vectors, which start uniform within
    :math:`1 / \sqrt{H}` of zero.
    """

    has_kernel = False

    def reset_parameters(self):
        super().reset_parameters()
        bound = 1 / math.sqrt(self.hidden_size)
        peepholes = torch.empty(3, self.hidden_size).uniform_(-bound, bound)
        self.weight_peephole = nn.Parameter(peepholes)  # rows i, f, o

    def _step(self, gates, recurrent, state):
        p_i, p_f, p_o = self.weight_peephole
        i, f, g, o = (gates + recurrent).chunk(4, dim=1)
        remembered = torch.sigmoid(f + p_f * state[1]) * state[1]
        c = remembered + torch.sigmoid(i + p_i * state[1]) * torch.tanh(g)
        return torch.sigmoid(o + p_o * c) * torch.tanh(c), c

    def _steps(self, x, h, c, mask, weights):
        peepholes = weights.weight_peephole
        weights = weights.kernel.parameters()
        return LSTMSteps.apply(x, h, c, *weights, peepholes, mask)
