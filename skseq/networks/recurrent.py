"""A recurrent layer: one direction, one layer, any cell.

A layer maps inputs (B, T, F) and a state to outputs (B, T, H) and the state after
the last step, or with lengths after each sequence's own last step. Without a state it
starts from zeros, or from what it has learned. Its weights live in a torch.nn layer.
On a CPU compiled code runs nearly all layers (`compiled_recurrent`). Without, training
goes back through time by hand in Python (`bptt`) where that is faster than torch.nn's
kernel, which is used wherever else the equations allow. Else the steps are unrolled.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skseq.networks import compiled_recurrent
from skseq.networks.dropout import Dropout
from skseq.networks.masking import reverse_sequences

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "RecurrentLayer",
    "State",
    "read_backwards",
    "reads_in_place",
    "unmixed_on_cpu",
]

State = tuple[Tensor, ...]  # one (B, H) tensor for rnn and gru, (h, c) for lstm


def unmixed_on_cpu(forward: Callable) -> Callable:
    """Let a layer compute in the precision of its weights on a CPU, autocast or not.

    Torch has no LSTM in bfloat16 for processors without AVX-512, and compiled code has
    none for any.

    Parameters
    ----------
    forward : callable
        That of the layer: (layer, x, state, ...) -> outputs and state.

    Returns
    -------
    forward : callable
    """

    @wraps(forward)
    def in_full(
        self: Any, x: Tensor, state: State | None = None, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, State]:
        if not x.is_cpu or not torch.is_autocast_enabled("cpu"):
            return forward(self, x, state, *args, **kwargs)
        dtype = self.kernel.weight_ih_l0.dtype
        if state is not None:
            state = tuple(part.to(dtype) for part in state)
        with torch.autocast("cpu", enabled=False):
            return forward(self, x.to(dtype), state, *args, **kwargs)

    return in_full


class RecurrentLayer(nn.Module):
    """Base of the recurrent layers.

    Parameters
    ----------
    input_size : int
        Number of features F per time step.
    hidden_size : int
        Number of units H.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of the simple recurrent layer; the others ignore it.
    recurrent_dropout : float, default=0.0
        Probability of dropping a unit's state on its way into the next step. One
        mask is drawn per sequence and kept for all its steps (Gal and Ghahramani,
        2016, "A Theoretically Grounded Application of Dropout in Recurrent Neural
        Networks").

    Attributes
    ----------
    initial_state : ParameterList of n_states vectors of size H
        What it starts from; there only after `learn_initial_state`.

    Notes
    -----
    Input weights start Glorot-uniform (Glorot and Bengio, 2010), recurrent weights
    orthogonal (Saxe et al., 2014), each gate on its own; biases start at zero, but for
    the forget gate of an LSTM, at one.
    """

    n_states = 1
    has_kernel = True  # whether torch.nn computes the same
    faster_by_hand = False  # whether `bptt` in Python is faster than the kernel
    reads_elapsed = False  # whether an argument n_elapsed says which inputs are times

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        nonlinearity: str = "tanh",
        recurrent_dropout: float = 0.0,
    ):
        super().__init__()
        self.hidden_size = hidden_size
        self.nonlinearity = nonlinearity
        self.recurrent_dropout = Dropout(recurrent_dropout)
        self.kernel = self._make_kernel(input_size)
        self.reset_parameters()

    def _make_kernel(self, input_size: int) -> nn.RNNBase:
        """Return the torch.nn layer that holds the parameters."""
        raise NotImplementedError

    def _step(self, gates: Tensor, recurrent: Tensor, state: State) -> State:
        """Return the next state from both halves of the gates' inputs."""
        raise NotImplementedError

    def reset_parameters(self) -> None:
        """Draw new weights."""
        kernel = self.kernel
        for block in kernel.weight_ih_l0.data.split(self.hidden_size):
            nn.init.xavier_uniform_(block)
        for block in kernel.weight_hh_l0.data.split(self.hidden_size):
            nn.init.orthogonal_(block)
        nn.init.zeros_(kernel.bias_ih_l0)
        nn.init.zeros_(kernel.bias_hh_l0)
        for part in getattr(self, "initial_state", ()):
            nn.init.zeros_(part)

    def learn_initial_state(self) -> None:
        """Let training say what state sequences start from, zero at first."""
        zeros = [torch.zeros(self.hidden_size) for _ in range(self.n_states)]
        self.initial_state = nn.ParameterList(zeros)

    @unmixed_on_cpu
    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        reverse: bool = False,
    ) -> tuple[Tensor, State]:
        if reverse and not reads_in_place(self, x, lengths):
            return read_backwards(self, x, lengths, state)
        if self.pays_by_hand(x, lengths):
            return self.run_by_hand(x, state, lengths, self, reverse=reverse)
        if self.recurrent_dropout.active or not self.has_kernel:
            with torch.autocast(x.device.type, enabled=False):
                return self._unroll(x, state, lengths)
        if state is None:
            state = self.first_state(len(x), self)
        if state is not None:
            state = tuple(part.unsqueeze(0) for part in state)
            state = state if self.n_states > 1 else state[0]
        if lengths is None:
            outputs, last = self.kernel(x, state)
        else:
            packed = pack_padded_sequence(
                x, lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            packed, last = self.kernel(packed, state)
            outputs, _ = pad_packed_sequence(
                packed, batch_first=True, total_length=x.shape[1]
            )
        last = last if self.n_states > 1 else (last,)
        return outputs, tuple(part.squeeze(0) for part in last)

    def _unroll(
        self, x: Tensor, state: State | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        kernel = self.kernel
        weight, bias = kernel.weight_hh_l0, kernel.bias_hh_l0
        x, state, mask = self._begin(x, state, self)
        x, decays = self._decays(x, self)
        inputs = functional.linear(x, kernel.weight_ih_l0, kernel.bias_ih_l0)
        outputs = []
        for step, gates in enumerate(inputs.unbind(1)):  # (B, n_gates * H)
            before = state
            if decays is not None:
                before = state[0] * decays[:, step], *state[1:]
            h = before[0] if mask is None else before[0] * mask
            after = self._step(gates, functional.linear(h, weight, bias), before)
            outputs.append(after[0])
            if lengths is not None:
                goes_on = (step < lengths).unsqueeze(1)
                after = tuple(
                    torch.where(goes_on, new, old)
                    for new, old in zip(after, state, strict=True)
                )
            state = after
        return torch.stack(outputs, dim=1), state  # (B, T, H)

    def _decays(self, x: Tensor, weights: Any) -> tuple[Tensor, Tensor | None]:
        """Return what the gates read of inputs, and by what h is multiplied before.

        Factors (B, T, H), or None where the state does not decay. Weights are those of
        this layer, or of k networks.
        """
        return x, None

    def first_state(self, n_samples: int, weights: Any) -> State | None:
        """Return what sequences start from that are given no state.

        Parameters
        ----------
        n_samples : int
            Number of sequences, k B of k networks.
        weights : nn.Module
            This layer, or what has the parameters of k of them.

        Returns
        -------
        state : State or None
            None if it is zero.
        """
        learned = getattr(weights, "initial_state", None)
        if learned is None:
            return None
        vectors = (part.view(-1, self.hidden_size) for part in learned.parameters())
        return tuple(v.repeat_interleave(n_samples // len(v), dim=0) for v in vectors)

    def _begin(
        self, x: Tensor, state: State | None, weights: Any
    ) -> tuple[Tensor, State, Tensor | None]:
        """Return inputs, the state before them, and the mask of dropout (B, H)."""
        dtype = weights.kernel.weight_ih_l0.dtype
        x = x.to(dtype)
        if state is None:
            state = self.first_state(len(x), weights)
        if state is None:
            zeros = x.new_zeros(x.shape[0], self.hidden_size)
            state = (zeros,) * self.n_states
        state = tuple(part.to(dtype) for part in state)
        if not self.recurrent_dropout.active:
            return x, state, None
        return x, state, self.recurrent_dropout.mask(state[0])

    def run_by_hand(
        self,
        x: Tensor,
        state: State | None,
        lengths: Tensor | None,
        weights: Any,
        *,
        reverse: bool = False,
    ) -> tuple[Tensor, State]:
        """Return what `forward` does without torch.nn, of k networks, too.

        Parameters
        ----------
        x, state, lengths
            As in `forward`; of k networks one behind the other, (k B, ...).
        weights : nn.Module
            Has the parameters of this layer, those of k networks shaped (k, ...).
        reverse : bool, default=False
            As `read_backwards`, where compiled code is used.

        Returns
        -------
        outputs : Tensor of shape (k B, T, H)
        state : State
        """
        first = weights.kernel.weight_ih_l0
        networks = first.shape[:-2]  # () or (k,)
        with _as_is(x.device.type):
            x, state, mask = self._begin(x, state, weights)
            if compiled_recurrent.pays(x, self.hidden_size):
                return compiled_recurrent.run(
                    self.kernel.mode,
                    x,
                    state,
                    tuple(weights.kernel._parameters.values()),  # a fast way
                    peepholes=getattr(weights, "weight_peephole", None),
                    mask=mask,
                    decay=(
                        getattr(weights, "weight_gamma", None),
                        getattr(weights, "bias_gamma", None),
                    ),
                    lengths=lengths,
                    reverse=reverse,
                )
            given = (x.permute(1, 2, 0), *(part.t() for part in state))
            if mask is not None:
                mask = _apart(mask.t(), networks).contiguous()
            states = self._steps(*(_apart(p, networks) for p in given), mask, weights)
        if networks:
            states = tuple(part.transpose(1, 2).flatten(2) for part in states)
        if lengths is None:
            last = (part[-1].t() for part in states)
        else:  # steps of padding do not reach the states before them
            index = lengths - 1, slice(None), torch.arange(len(x), device=x.device)
            last = (part[index] for part in states)
        return states[0].permute(2, 0, 1), tuple(last)

    def pays_by_hand(self, x: Tensor, lengths: Tensor | None) -> bool:
        """Return whether steps written by hand are faster than torch.nn, or needed."""
        # A subclass of another's own, whose steps may differ, is never replaced.
        if "_steps" not in vars(type(self)):
            return False
        if compiled_recurrent.pays(x, self.hidden_size):
            return True
        if not torch.is_grad_enabled():
            return False
        if not self.has_kernel or self.recurrent_dropout.active:
            return True
        if lengths is not None:  # packed sequences take two to eight times as long
            return x.is_cpu
        wide = len(x) >= 16 or self.hidden_size <= 64
        return self.faster_by_hand and wide and x.is_cpu

    def _steps(self, *given: Any) -> tuple[Tensor, ...]:
        """Return the states after all steps by `bptt`; all tensors are (T, H, B).

        Given are inputs, a state, a mask or None, and what has the weights.
        """
        raise NotImplementedError


def _as_is(device: str) -> AbstractContextManager[Any]:
    """Return a block in which nothing is rounded to fewer digits."""
    if torch.is_autocast_enabled(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()  # takes less time


def _apart(x: Tensor, networks: torch.Size) -> Tensor:
    """Return (..., k, H, B) of (..., H, k B), or what there is of one network."""
    return x.unflatten(-1, (*networks, -1)).transpose(-3, -2) if networks else x


def reads_in_place(form: Any, x: Tensor, lengths: Tensor | None) -> bool:
    """Return whether a layer can read backwards what lies forwards."""
    by_hand = isinstance(form, RecurrentLayer) and form.pays_by_hand(x, lengths)
    return by_hand and compiled_recurrent.pays(x, form.hidden_size)


def read_backwards(
    layer: Any,
    x: Tensor,
    lengths: Tensor | None,
    state: State | None = None,
    *,
    needs_state: bool = True,
) -> tuple[Tensor, State]:
    """Return what a layer says of sequences that it reads from their ends.

    Parameters
    ----------
    layer : nn.Module
        A recurrent layer, or those of k networks side by side.
    x, lengths, state
        As of the layer.
    needs_state : bool, default=True
        Whether the state after the first step of each sequence is asked for.

    Returns
    -------
    outputs : Tensor of shape (B, T, H)
        In the order of x.
    state : State
    """
    if reads_in_place(getattr(layer, "form", layer), x, lengths):
        return layer(x, state, lengths, True)
    turned = reverse_sequences(x, lengths)
    outputs, state = layer(turned, state, lengths if needs_state else None)
    return reverse_sequences(outputs, lengths), state
