"""GRU-D: a gated recurrent unit that forgets what it has not seen for long."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from skseq.networks.bptt import GRUSteps
from skseq.networks.cells import GRULayer

__all__ = ["GRUDLayer"]

RATES = 1e-3, 1e-1  # lowest and highest exponent for one unit of time at first


class GRUDLayer(GRULayer):
    r"""Gated recurrent unit whose state decays with time (Che et al., 2018).

    "Recurrent Neural Networks for Multivariate Time Series with Missing Values",
    Scientific Reports 8:6085. The last inputs, :math:`d_t`, say how long before each
    step each measurement was seen last. Before each step the state decays, eq. 10 and
    12:

    .. math::

        \gamma_t &= \exp(-\max(0, W_\gamma d_t + b_\gamma)) \\
        h_{t-1} &\leftarrow \gamma_t \odot h_{t-1}

    Then follow the equations of `GRULayer`, in which only the other inputs take part:
    values, the mask of what is measured (:math:`W x + V m` of the paper are one product
    here), whatever else there is.

    Parameters
    ----------
    input_size : int
        Number of features F per time step, times included.
    hidden_size : int
        Number of units H.
    nonlinearity : str, default="tanh"
        Ignored.
    recurrent_dropout : float, default=0.0
        Probability of dropping a unit's decayed state on its way into the next step;
        see `RecurrentLayer`.
    n_elapsed : int, default=0
        How many features, the last ones, are times, none of them negative. With 0 the
        state does not decay, and the layer is a `GRULayer`.

    Attributes
    ----------
    weight_gamma : Parameter of shape (H, n_elapsed)
        :math:`W_\gamma`; not there if `n_elapsed` is 0.
    bias_gamma : Parameter of shape (H,)
        :math:`b_\gamma`; not there if `n_elapsed` is 0.

    Raises
    ------
    ValueError
        If n_elapsed is negative or leaves no input for the gates.

    Notes
    -----
    No gradient passes where the maximum is 0, which a start around zero makes it for
    about half of the units. Here all weights start above zero: the exponent of a unit
    where nothing was seen for one unit of time is log-uniform within .001 and .1,
    shared out among the times evenly. As times grow while nothing is seen, such a state
    is down to 1 / e after 45 to 4 steps. Units forget at different rates, since how
    long memory should be, and in which unit times are, is for the data to say.
    :math:`b_\gamma` starts at zero: what was seen just now has not decayed.
    """

    reads_elapsed = True
    n_elapsed = 0

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        nonlinearity: str = "tanh",
        recurrent_dropout: float = 0.0,
        n_elapsed: int = 0,
    ):
        if not 0 <= n_elapsed < input_size:
            raise ValueError(
                f"n_elapsed={n_elapsed}; expected at least 0 and fewer than "
                f"input_size={input_size}, as the gates read the other inputs."
            )
        super().__init__(
            input_size - n_elapsed, hidden_size, nonlinearity, recurrent_dropout
        )
        if n_elapsed:
            self.n_elapsed = n_elapsed
            self.has_kernel = False
            self.weight_gamma = nn.Parameter(torch.empty(hidden_size, n_elapsed))
            self.bias_gamma = nn.Parameter(torch.empty(hidden_size))
            self._reset_decay()

    def reset_parameters(self) -> None:
        super().reset_parameters()
        if self.n_elapsed:
            self._reset_decay()

    def _reset_decay(self) -> None:
        lowest, highest = map(math.log, RATES)
        rates = torch.empty(self.hidden_size, 1).uniform_(lowest, highest).exp_()
        with torch.no_grad():
            self.weight_gamma.copy_(rates / self.n_elapsed)
        nn.init.zeros_(self.bias_gamma)

    def pays_by_hand(self, x: Tensor, lengths: Tensor | None) -> bool:
        """Return whether back-propagation by hand is faster, or needed.

        Without a kernel the same steps are the fastest in evaluation, too.
        """
        if self.n_elapsed and type(self) is GRUDLayer:
            return True
        return super().pays_by_hand(x, lengths)

    def _decays(self, x: Tensor, weights: Any) -> tuple[Tensor, Tensor | None]:
        if not self.n_elapsed:
            return x, None
        x, elapsed = x.tensor_split([-self.n_elapsed], dim=2)
        weight, bias = (
            weights.weight_gamma,
            weights.bias_gamma,
        )  # of k networks: (k, ...)
        rows = elapsed.reshape(*weight.shape[:-2], -1, self.n_elapsed)
        lost = rows @ weight.mT + bias.unsqueeze(-2)
        return x, lost.relu().neg().exp().view(*x.shape[:2], -1)

    def _steps(
        self, x: Tensor, h: Tensor, mask: Tensor | None, weights: Any
    ) -> tuple[Tensor, ...]:
        if not self.n_elapsed:
            return super()._steps(x, h, mask, weights)
        x, elapsed = x.tensor_split([-self.n_elapsed], dim=-2)
        lost = weights.weight_gamma @ elapsed + weights.bias_gamma.unsqueeze(-1)
        decays = lost.relu().neg().exp()  # (T, H, B)
        return (GRUSteps.apply(x, h, *weights.kernel.parameters(), mask, decays),)
