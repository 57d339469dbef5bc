"""A stack of recurrent layers, in one direction or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, cat, nn

from skseq.networks.dropout import Dropout
from skseq.networks.encoders._texts import as_encoder
from skseq.networks.recurrent import RecurrentLayer, State, read_backwards

__all__ = ["BidirectionalLayer", "RecurrentEncoder"]


class BidirectionalLayer(nn.Module):
    """Two recurrent layers, the second reading backwards (Schuster, 1997).

    Parameters
    ----------
    forwards, backwards : RecurrentLayer
        Their outputs are joined, so that a step knows its past and its future.
    apart : bool, default=False
        Whether each is given inputs of its own, which lie side by side.
    """

    def __init__(
        self, forwards: RecurrentLayer, backwards: RecurrentLayer, apart: bool = False
    ):
        super().__init__()
        self.forwards = forwards
        self.backwards = backwards
        self.apart = apart

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        x, other = self._inputs(x)
        past, _ = self.forwards(x)  # (B, T, H)
        future, _ = read_backwards(self.backwards, other, lengths, needs_state=False)
        return cat([past, future], dim=2)  # (B, T, 2 H)

    def run(
        self, x: Tensor, state: State | None, lengths: Tensor | None
    ) -> tuple[Tensor, State]:
        """Return outputs (B, T, 2 H) and the last state of both directions, joined."""
        halves = [None, None]
        if state is not None:
            halves = zip(*(part.chunk(2, dim=1) for part in state), strict=True)
        first, second = halves
        x, other = self._inputs(x)
        past, first = self.forwards(x, first, lengths)
        future, second = read_backwards(self.backwards, other, lengths, second)
        outputs = cat([past, future], dim=2)
        joined = (cat(parts, dim=1) for parts in zip(first, second, strict=True))
        return outputs, tuple(joined)

    def _inputs(self, x: Tensor) -> Sequence[Tensor]:
        """Return what is read forwards, and what backwards."""
        return x.chunk(2, dim=2) if self.apart else (x, x)


@as_encoder
class RecurrentEncoder(nn.Module):
    """A stack of recurrent layers.

    Parameters
    ----------
    {n_features}
    layer : type of RecurrentLayer
        The class of every layer.
    hidden_sizes : tuple of int
        Number of units of each layer, and so the number of layers.
    bidirectional : bool, default=False
        Whether every layer also reads backwards.
    dropout : float, default=0.0
        Dropout between the layers.
    n_elapsed : int, default=0
        How many features, the last ones, say how long ago something was seen. The first
        layer is told, if its class has `reads_elapsed`; to others they are features
        like any other.
    apart : bool, default=False
        Whether the first layer is given n_features of its own in each direction, side
        by side.
    initial_state : {"zeros", "learned"}, default="zeros"
        What every layer starts from, in each direction.
    **layer_options
        Further arguments of every layer.

    Attributes
    ----------
    {output_size}
    {n_backwards}
    """

    def __init__(
        self,
        n_features: int,
        layer: type[RecurrentLayer],
        hidden_sizes: tuple[int, ...],
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        n_elapsed: int = 0,
        apart: bool = False,
        initial_state: str = "zeros",
        **layer_options: Any,
    ):
        super().__init__()
        self.bidirectional = bidirectional
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList()
        size = n_features
        options = dict(layer_options)  # of the first layer
        if n_elapsed and layer.reads_elapsed:
            options["n_elapsed"] = n_elapsed
        for hidden_size in hidden_sizes:
            forwards = layer(size, hidden_size, **options)
            if bidirectional:
                backwards = layer(size, hidden_size, **options)
                both = BidirectionalLayer(forwards, backwards, apart)
                self.layers.append(both)
            else:
                self.layers.append(forwards)
            size = hidden_size * (1 + bidirectional)
            options, apart = layer_options, False
        self.output_size = size
        self.n_backwards = hidden_sizes[-1] * bidirectional
        if initial_state == "learned":
            for part in self.modules():
                if isinstance(part, RecurrentLayer):
                    part.learn_initial_state()

    def forward(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        for i, layer in enumerate(self.layers):
            if i > 0:
                x = self.dropout(x)
            x = layer(x, lengths) if self.bidirectional else layer(x)[0]
        return x, lengths  # (B, T, D)

    def run(
        self,
        x: Tensor,
        lengths: Tensor | None = None,
        states: Sequence[State] | None = None,
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Read sequences from given states on.

        Parameters
        ----------
        x : Tensor of shape (B, T, F)
            The sequences.
        lengths : Tensor of shape (B,), optional
            Their lengths, None if all are T.
        states : sequence of State, optional
            The state of each layer before the first step; by default what it starts
            from.

        Returns
        -------
        x : Tensor of shape (B, T, D)
            The outputs of the last layer.
        states : tuple of State
            The state of each layer after the last step of each sequence; of both
            directions side by side if bidirectional.
        """
        after = []
        for i, layer in enumerate(self.layers):
            if i > 0:
                x = self.dropout(x)
            state = None if states is None else states[i]
            read = layer.run if self.bidirectional else layer
            x, state = read(x, state, lengths)
            after.append(state)
        return x, tuple(after)
