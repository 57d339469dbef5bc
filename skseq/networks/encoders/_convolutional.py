"""A stack of convolutional layers, and one convolution that makes segments."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

from torch import Tensor, nn, relu

from skseq.networks.convolution import ChannelsLastConv1d, ConvLayer, Shortcut
from skseq.networks.encoders._texts import as_encoder
from skseq.networks.masking import valid_steps
from skseq.networks.packing import Packing

__all__ = ["ConvEncoder", "SegmentEncoder"]

LEAST_SAVING = 0.8  # share of the rows below which packing pays


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
    def stride(self) -> int:
        """How many steps of the input lie between those of the output."""
        return prod(layer.stride * layer.pool_size for layer in self.layers)

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
