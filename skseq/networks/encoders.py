"""Encoders: sequences (B, T, F) and lengths -> features (B, T', D) and lengths."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, cat, nn, relu

from skseq._describing import described
from skseq.networks.convolution import (
    ChannelsLastConv1d,
    ConvLayer,
    Shortcut,
    highest_of,
)
from skseq.networks.dropout import Dropout, DropPath
from skseq.networks.masking import valid_steps
from skseq.networks.packing import Packing
from skseq.networks.recurrent import RecurrentLayer, State, read_backwards

__all__ = [
    "BidirectionalLayer",
    "ConvEncoder",
    "ConvRecurrentEncoder",
    "RecurrentEncoder",
    "SegmentEncoder",
]

LEAST_SAVING = 0.8  # share of the rows below which packing pays
as_encoder = described(
    n_features="""
    n_features : int
        Number of features F per time step.
    """,
    output_size="""
    output_size : int
        Number of features D per step of the output.
    """,
    n_backwards="""
    n_backwards : int
        How many of them, the last ones, come from reading backwards.
    """,
)


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


@as_encoder
class ConvEncoder(nn.Module):
    """A stack of convolutional layers.

    Parameters
    ----------
    {n_features}
    n_filters : tuple of int
        Number of channels of each layer, and so the number of layers.
    kernel_sizes : tuple of int
        Width of the kernels of each layer.
    residual : bool, default=False
        Whether what goes into two layers is added to what comes out of them, where
        they keep every step.
    **layer_options
        Further arguments of every ConvLayer.

    Attributes
    ----------
    {output_size}
    """

    n_networks = 1
    shares_input = False  # whether all networks are given one batch

    def __init__(
        self,
        n_features: int,
        n_filters: tuple[int, ...],
        kernel_sizes: tuple[int, ...],
        *,
        residual: bool = False,
        **layer_options: Any,
    ):
        super().__init__()
        self.layers = nn.ModuleList()
        size = n_features
        for filters, kernel_size in zip(n_filters, kernel_sizes, strict=True):
            self.layers.append(ConvLayer(size, filters, kernel_size, **layer_options))
            size = filters
        self.output_size = size
        self.shortcuts = nn.ModuleList()  # around two layers each
        if residual and self._keeps_steps:
            batch_norm = self.layers[0].norm is not None
            sizes = [n_features, *n_filters[1::2]]
            self.shortcuts.extend(
                Shortcut(*ends, batch_norm=batch_norm) for ends in pairwise(sizes)
            )

    @property
    def _keeps_steps(self) -> bool:
        return all(layer.keeps_steps for layer in self.layers)

    def share_input(self) -> None:
        """Let all networks read one batch, so that the first layer is not grouped."""
        self.shares_input = True
        layer = self.layers[0]
        first = [layer.bottleneck] if layer.bottleneck else layer.convolutions
        for convolution in filter(None, (*first, layer.pooled)):
            convolution.groups = 1
        for shortcut in self.shortcuts[:1]:
            shortcut.convolution.groups = 1

    def forward(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        if self.n_networks == 1:
            return self._encode(x, lengths)
        n = self.n_networks  # whose channels are to lie side by side
        if not self.shares_input:
            lengths = None if lengths is None else lengths[: len(lengths) // n]
            x = x.unflatten(0, (n, -1)).permute(1, 2, 0, 3).flatten(2)
        x, lengths = self._encode(x, lengths)
        x = x.unflatten(2, (n, -1)).permute(2, 0, 1, 3).flatten(0, 1)
        return x, None if lengths is None else lengths.repeat(n)

    def _encode(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        if lengths is None:
            x, _ = self._convolve(x, None)
            return x, None
        packing = None
        if self._keeps_steps:
            packing = Packing(lengths, x.shape[1], max(c.reach for c in self.layers))
        if packing is not None and len(packing) < LEAST_SAVING * len(x):
            x, _ = self._convolve(packing.pack(x), packing.mask)
            return packing.unpack(x), lengths
        mask = valid_steps(lengths, x.shape[1])
        x, mask = self._convolve(x * mask.unsqueeze(2), mask)
        return x, mask.sum(dim=1)

    def _convolve(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the features of each step and which of them are real, (B, T')."""
        x = x.transpose(1, 2)  # (B, C, T)
        mask = None if mask is None else mask.unsqueeze(1)
        before = x
        for i, layer in enumerate(self.layers):
            x, mask = layer(x, mask)
            if i % 2 and self.shortcuts:
                x = relu(x + self.shortcuts[i // 2](before, mask))
                before = x
        return x.transpose(1, 2), None if mask is None else mask.squeeze(1)


@as_encoder
class SegmentEncoder(nn.Module):
    """One convolution that turns segments of steps into single ones.

    The last segment ends with the last step; steps before the first are left out.

    Parameters
    ----------
    {n_features}
    n_filters : int
        Number of features D per segment.
    kernel_size, stride : int
        Steps in a segment, and from one to the next.

    Attributes
    ----------
    output_size : int
        Number of features D per segment.
    """

    def __init__(self, n_features: int, n_filters: int, kernel_size: int, stride: int):
        super().__init__()
        self.convolution = ChannelsLastConv1d(
            n_features, n_filters, kernel_size, stride
        )
        self.output_size = n_filters

    def forward(self, x: Tensor, lengths: None = None) -> tuple[Tensor, None]:
        (kernel_size,), (stride,) = (
            self.convolution.kernel_size,
            self.convolution.stride,
        )
        x = x[:, (x.shape[1] - kernel_size) % stride :]
        return self.convolution(x.transpose(1, 2)).relu().transpose(1, 2), None


@as_encoder
class ConvRecurrentEncoder(nn.Module):
    """Convolutions extract, recurrent layers remember.

    Parameters
    ----------
    convolution : ConvEncoder or SegmentEncoder
        Reads the sequence.
    recurrence : RecurrentEncoder
        Reads what the convolutions found.
    skip : bool, default=True
        Whether what the convolutions found is passed on, too.
    pool_size : int, default=1
        Width of the maximum pooling between the two.
    drop_path : float, default=0.0
        Probability of dropping all that the recurrent layers remember of a sequence,
        where what the convolutions found is passed on, too.

    Attributes
    ----------
    {output_size}
    {n_backwards}
    """

    def __init__(
        self,
        convolution: ConvEncoder | SegmentEncoder,
        recurrence: RecurrentEncoder,
        skip: bool = True,
        *,
        pool_size: int = 1,
        drop_path: float = 0.0,
    ):
        super().__init__()
        self.convolution = convolution
        self.recurrence = recurrence
        self.skip = skip
        self.pool_size = pool_size
        self.drop_path = DropPath(drop_path)
        self.output_size = recurrence.output_size + skip * convolution.output_size
        self.n_backwards = recurrence.n_backwards

    def forward(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        found, lengths = self.convolution(x, lengths)
        if self.pool_size > 1:  # padding is zero, as after ReLU, or the last step
            n = self.pool_size
            found = highest_of(found, n, n, ceil_mode=True)
            lengths = None if lengths is None else (lengths + n - 1) // n
        remembered, _ = self.recurrence(found, lengths)
        if self.skip:
            remembered = cat([found, self.drop_path(remembered)], dim=2)
        return remembered, lengths  # (B, T', D)
