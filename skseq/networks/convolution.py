"""Convolutional layers over sequences with padding: masks follow."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from skseq.networks.dropout import Dropout

__all__ = ["ConvLayer", "MaskedBatchNorm"]


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation (Ioffe and Szegedy, 2015) over the real steps only."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        if not self.training:
            return super().forward(x)
        x = x.to(self.weight.dtype)  # statistics need more than bfloat16
        if mask is None:
            n = x.shape[0] * x.shape[2]
            variance, mean = torch.var_mean(x, dim=(0, 2), correction=0)
        else:
            n = mask.sum()
            mean = (x * mask).sum(dim=(0, 2)) / n
            centred = (x - mean[:, None]) * mask
            variance = centred.square().sum(dim=(0, 2)) / n
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return x * scale[:, None] + (self.bias - mean * scale)[:, None]


class ConvLayer(nn.Module):
    """Convolution, batch normalisation, ReLU and pooling.

    With several branches, convolutions of decreasing widths run side by side, behind a
    bottleneck if there are more channels than each has filters, beside a maximum of
    three neighbours: an Inception module (Szegedy et al., 2015; for time series Ismail
    Fawaz et al., 2020).

    Parameters
    ----------
    n_channels : int
        Number of channels C of the input.
    n_filters : int
        Number of channels of the output.
    kernel_size : int
        Width of the (widest) kernel; each further branch has half the width.
    stride : int, default=1
        Steps from one position of the kernel to the next.
    padding : {"same", "valid", "causal"}, default="same"
        Zeros on both sides, none, or on the left only, so that nothing of the future
        is seen.
    n_branches : int, default=1
        Number of convolutions side by side; several do not go with "valid".
    pool_size : int, default=1
        Width of the maximum pooling at the end.
    dropout : float, default=0.0
        Dropout at the end.
    batch_norm : bool, default=True
        Whether to normalise.
    """

    def __init__(
        self,
        n_channels: int,
        n_filters: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: str = "same",
        n_branches: int = 1,
        pool_size: int = 1,
        dropout: float = 0.0,
        batch_norm: bool = True,
    ):
        super().__init__()
        self.padding = padding
        self.stride = stride
        self.pool_size = pool_size
        self.bottleneck = self.pooled = None
        sizes = [n_filters]
        if n_branches > 1:
            least, more = divmod(n_filters, n_branches + 1)
            sizes = [least + (i < more) for i in range(n_branches)]
            self.pooled = nn.Conv1d(n_channels, least, 1, stride, bias=False)
            if n_channels > least:
                self.bottleneck = nn.Conv1d(n_channels, least, 1, bias=False)
                n_channels = least
        self.convolutions = nn.ModuleList(
            nn.Conv1d(
                n_channels,
                size,
                max(1, kernel_size // 2**i),
                stride,
                bias=not batch_norm,
            )
            for i, size in enumerate(sizes)
        )
        self.norm = MaskedBatchNorm(n_filters) if batch_norm else None
        self.dropout = Dropout(dropout)
        for part in self.modules():
            if isinstance(part, nn.Conv1d):
                nn.init.kaiming_uniform_(part.weight, nonlinearity="relu")

    @property
    def keeps_steps(self) -> bool:
        """Whether as many steps come out as go in."""
        return self.padding != "valid" and self.stride == self.pool_size == 1

    @property
    def reach(self) -> int:
        """How many steps beyond a step are looked at, on either side at most."""
        missing = max(c.kernel_size[0] for c in self.convolutions) - 1
        if self.padding == "causal":
            return max(missing, 2)
        return max(missing - missing // 2, 1)

    def forward(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        # x: (B, C, T), zero where the mask (B, 1, T) is False
        features = x if self.bottleneck is None else self.bottleneck(x)
        branches = [self._convolve(c, features) for c in self.convolutions]
        if self.pooled is not None:
            branches.append(self.pooled(self._neighbours(x, mask)))
        y = torch.cat(branches, dim=1)  # (B, n_filters, T')
        if mask is not None:
            mask = self._convolved(mask)
        if self.norm is not None:
            y = self.norm(y, mask)
        y = torch.relu(y)
        if mask is not None:
            y = y * mask
        if self.pool_size > 1:  # zero padding is neutral after ReLU
            y = functional.max_pool1d(y, self.pool_size, ceil_mode=True)
            mask = None if mask is None else mask[:, :, :: self.pool_size]
        return self.dropout(y), mask

    def _convolve(self, convolution: nn.Conv1d, x: Tensor) -> Tensor:
        missing = convolution.kernel_size[0] - 1
        if self.padding == "same":
            x = functional.pad(x, (missing // 2, missing - missing // 2))
        elif self.padding == "causal":
            x = functional.pad(x, (missing, 0))
        elif x.shape[2] <= missing:
            x = functional.pad(x, (0, missing + 1 - x.shape[2]))
        return convolution(x)

    def _convolved(self, mask: Tensor) -> Tensor:
        """Return which of the convolutions' outputs are real; one at least."""
        if self.padding == "valid":
            complete = mask[:, :, self.convolutions[0].kernel_size[0] - 1 :]
            mask = torch.cat([torch.ones_like(mask[:, :, :1]), complete[:, :, 1:]], 2)
        return mask[:, :, :: self.stride]

    def _neighbours(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return the maximum of three steps around each, causal ones up to it."""
        if mask is not None:
            x = x.masked_fill(~mask, -torch.inf)
        before = 2 if self.padding == "causal" else 1
        x = functional.pad(x, (before, 2 - before), value=-torch.inf)
        x = functional.max_pool1d(x, 3, stride=1)
        return x if mask is None else x.masked_fill(~mask, 0)
