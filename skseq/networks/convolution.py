"""Convolutional layers over sequences with padding: masks follow."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from skseq.networks import branches, compiled_convolving
from skseq.networks.compiled import is_looked_into
from skseq.networks.compiled_convolving import Convolutions, Normalization
from skseq.networks.dropout import Dropout

__all__ = [
    "ChannelsLastConv1d",
    "ConvLayer",
    "MaskedBatchNorm",
    "Shortcut",
    "highest_of",
]


LEAST_PLACES = 4  # samples and steps from which what takes more calls pays


class ChannelsLastConv1d(nn.Conv1d):
    """torch's convolution, fastest where the channels of a step lie side by side.

    So they do in batches (B, T, C), of which its input (B, C, T) is a view. On the CPU
    torch has kernels for it, twice as fast, but in two dimensions only, of which one
    has size 1 here, and not in double precision. Gradients of a single sample take them
    up to seventy times as long (torch 2.13), so that channels then lie one by one.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype == torch.float64 or not x.is_cpu:
            return super().forward(x)
        if self.kernel_size == self.stride == (1,) and self.groups == 1:
            y = functional.linear(x.mT, self.weight.squeeze(2), self.bias)
            return y.mT
        if len(x) == 1 and torch.is_grad_enabled():
            return super().forward(x.contiguous())
        y = functional.conv2d(
            x.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            (1, self.stride[0]),
            groups=self.groups,
        )
        return y.squeeze(2)


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation (Ioffe and Szegedy, 2015) over the real steps only.

    What is no real step becomes zero.
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x.transpose(1, 2)  # (B, T, C)
        rows = x.flatten(0, 1)
        if mask is None:
            y = self._normalised(rows)
        else:
            real = mask.flatten().nonzero().squeeze(1)
            found = self._normalised(rows.index_select(0, real))
            y = found.new_zeros(rows.shape).index_copy_(0, real, found)
        return y.view(x.shape).transpose(1, 2)

    def _normalised(self, rows: Tensor) -> Tensor:
        if not self.training:
            return super().forward(rows)
        rows = rows.to(self.weight.dtype)  # statistics need more than bfloat16
        y, mean, inverse = torch.native_batch_norm(
            rows, self.weight, self.bias, None, None, True, 0.0, self.eps
        )
        with torch.no_grad():
            self.learn(mean, inverse.pow(-2).sub_(self.eps).clamp_(min=0))
        return y

    @torch.no_grad()
    def learn(self, mean: Tensor, variance: Tensor) -> None:
        """Learn of a batch, whose variance is its own, unlike torch's."""
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


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

    n_networks = 1  # whose channels lie side by side

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
            self.pooled = ChannelsLastConv1d(n_channels, least, 1, stride, bias=False)
            if n_channels > least:
                self.bottleneck = ChannelsLastConv1d(n_channels, least, 1, bias=False)
                n_channels = least
        self.convolutions = nn.ModuleList(
            ChannelsLastConv1d(
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
        _initialize(self)

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
        # x: (B, C, T), zero where the mask (B, 1, T) is False; the real steps of a
        # sequence side by side, `reach` apart from those of others
        x = x.transpose(1, 2)  # as it lies in memory
        after = None if mask is None else self._convolved(mask)
        y = self._at_once(x, after)
        if y is None:
            y = self._one_by_one(x, mask, after)  # (B, T', n_filters)
        mask = after
        if self.pool_size > 1:  # zero padding is neutral after ReLU
            y = highest_of(y, self.pool_size, self.pool_size, ceil_mode=True)
            mask = None if mask is None else mask[:, :, :: self.pool_size]
        return self.dropout(y).transpose(1, 2), mask

    def _one_by_one(
        self, x: Tensor, mask: Tensor | None, after: Tensor | None
    ) -> Tensor:
        """Return what is above 0, by torch; `after` is the mask of what is found."""
        near = None if self.pooled is None else self._neighbours(x, mask)
        y = self._branch(x, near)
        if self.norm is not None:
            y = self.norm(y.transpose(1, 2), after).transpose(1, 2)
        elif after is not None:
            y = y * after.transpose(1, 2)
        return torch.relu(y)

    def _at_once(self, x: Tensor, mask: Tensor | None) -> Tensor | None:
        """Return what is above 0, by compiled code; None if it does not pay."""
        norm, k = self.norm, self.n_networks
        parts = (*self.convolutions, self.pooled, self.bottleneck, norm)
        if norm is None or not self._is_plain(*filter(None, parts)):
            return None
        first = self.bottleneck or self.convolutions[0]
        convolutions = Convolutions(
            [convolution.weight for convolution in self.convolutions],
            [self._pads(convolution, x) for convolution in self.convolutions],
            None if self.bottleneck is None else self.bottleneck.weight,
            None if self.pooled is None else self.pooled.weight,
            self.padding == "causal",
            k,
            first.groups < k,
        )
        how = Normalization(norm.weight, norm.bias, norm.eps)
        if not norm.training:
            how = how._replace(mean=norm.running_mean, variance=norm.running_var)
        if not compiled_convolving.pays(x, convolutions, how):
            return None
        by_torch = partial(self._with_weights, mask)
        y, *statistics = compiled_convolving.convolved(
            x, mask, convolutions, how, by_torch
        )
        if norm.training:
            norm.learn(*statistics)
        return y

    def _with_weights(self, mask: Tensor | None, x: Tensor, *weights: Tensor) -> Tensor:
        """Return what is above 0, by torch, of weights as compiled code is given."""
        parts = (*self.convolutions, self.pooled, self.bottleneck)
        own = [self.norm.weight, self.norm.bias]
        own += [part.weight for part in parts if part is not None]
        given = {id(one): other for one, other in zip(own, weights, strict=True)}
        layer = copy.deepcopy(self, given)  # whose statistics are its own
        layer.norm.train()
        return layer._one_by_one(x, mask, mask)

    def _branch(self, x: Tensor, near: Tensor | None) -> Tensor:
        """Return what all convolutions find, (B, T', n_filters)."""
        features = x if self.bottleneck is None else self._convolve(self.bottleneck, x)
        found = self._found_at_once(features)
        if found is None:
            whole = (self._convolve(c, features) for c in self.convolutions)
            found = [y.chunk(self.n_networks, dim=2) for y in whole]
        if self.pooled is not None:
            found.append(
                self._convolve(self.pooled, near).chunk(self.n_networks, dim=2)
            )
        parts = [part for network in zip(*found, strict=True) for part in network]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)

    def _found_at_once(self, x: Tensor) -> list[Sequence[Tensor]] | None:
        """Return what each convolution finds, by networks; None if it does not pay."""
        if not self._is_plain(*self.convolutions):
            return None
        n_groups = self.convolutions[0].groups  # 1: all networks read the same
        given = x.chunk(n_groups, dim=2)
        weights = [c.weight.chunk(n_groups) for c in self.convolutions]
        of_groups = list(zip(*weights, strict=True))
        if not branches.pays(given[0], of_groups[0]):
            return None
        pads = [self._pads(convolution, x) for convolution in self.convolutions]
        found = [
            branches.convolved(part, own, pads)
            for part, own in zip(given, of_groups, strict=True)
        ]
        if n_groups < self.n_networks:
            return [y.chunk(self.n_networks, dim=2) for y in found[0]]
        return list(zip(*found, strict=True))

    def _is_plain(self, *parts: nn.Module) -> bool:
        """Whether weights and padding say all of some parts, and none is heard."""
        if self.stride > 1 or nn.modules.module._has_any_global_hook():
            return False
        return all(
            type(part) in (ChannelsLastConv1d, MaskedBatchNorm)
            and (isinstance(part, MaskedBatchNorm) or part.bias is None)
            and not (part._forward_hooks or part._forward_pre_hooks)
            and not (part._backward_hooks or part._backward_pre_hooks)
            for part in parts
        )

    def _pads(self, convolution: nn.Conv1d, x: Tensor) -> tuple[int, int]:
        """Return how many zeros a convolution is shown before and behind (B, T, C)."""
        missing = convolution.kernel_size[0] - 1
        if self.padding == "same":
            return missing // 2, missing - missing // 2
        if self.padding == "causal":
            return missing, 0
        return 0, max(0, missing + 1 - x.shape[1])

    def _convolve(self, convolution: nn.Conv1d, x: Tensor) -> Tensor:
        pads = self._pads(convolution, x)
        if any(pads):
            x = functional.pad(x, (0, 0, *pads))
        return convolution(x.transpose(1, 2)).transpose(1, 2)

    def _convolved(self, mask: Tensor) -> Tensor:
        """Return which of the convolutions' outputs are real; one at least."""
        if self.padding == "valid":
            complete = mask[:, :, self.convolutions[0].kernel_size[0] - 1 :]
            mask = torch.cat([torch.ones_like(mask[:, :, :1]), complete[:, :, 1:]], 2)
        return mask[:, :, :: self.stride]

    def _neighbours(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return the maximum of three steps around each, causal ones up to it."""
        if mask is not None:
            mask = mask.transpose(1, 2)
            x = x + (~mask).to(x.dtype) * torch.finfo(x.dtype).min  # padding is zero
        if self.padding == "causal":
            x = highest_of(functional.pad(x, (0, 0, 2, 0), value=-torch.inf), 3, 1)
        else:
            x = _highest_of_three(x)
        return x if mask is None else x * mask


class Shortcut(nn.Module):
    """What goes into some layers, as it is added to what comes out of them.

    A convolution of width 1 and batch normalisation: a projection shortcut (He et al.,
    2016, "Deep Residual Learning for Image Recognition").

    Parameters
    ----------
    n_channels, n_filters : int
        Number of channels of the input and of the output.
    batch_norm : bool, default=True
        Whether to normalise.
    """

    def __init__(self, n_channels: int, n_filters: int, batch_norm: bool = True):
        super().__init__()
        self.convolution = ChannelsLastConv1d(
            n_channels, n_filters, 1, bias=not batch_norm
        )
        self.norm = MaskedBatchNorm(n_filters) if batch_norm else None
        _initialize(self)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        y = self.convolution(x)  # (B, C, T)
        if self.norm is not None:
            return self.norm(y, mask)
        return y if mask is None else y * mask


def _initialize(module: nn.Module) -> None:
    """Draw the first weights of all convolutions within a module."""
    for part in module.modules():
        if isinstance(part, nn.Conv1d):
            nn.init.kaiming_uniform_(part.weight, nonlinearity="relu")


def highest_of(x: Tensor, width: int, stride: int, **options: Any) -> Tensor:
    """Return maxima of neighbouring steps of (B, T, C)."""
    x = x.transpose(1, 2).unsqueeze(2)
    x = functional.max_pool2d(x, (1, width), (1, stride), **options)
    return x.squeeze(2).transpose(1, 2)


def _highest_of_three(x: Tensor) -> Tensor:
    """Return the maximum of each step of (B, T, C) and its neighbours.

    Pooling in torch also remembers where each maximum was, for gradients, and takes
    twice as long, of two channels ten times.
    """
    if x.requires_grad or is_looked_into(x) or min(len(x), x.shape[1]) < LEAST_PLACES:
        return highest_of(x, 3, 1, padding=(0, 1))
    pairs = torch.maximum(x[:, :-1], x[:, 1:])
    found = torch.empty_like(x)
    torch.maximum(pairs[:, :-1], pairs[:, 1:], out=found[:, 1:-1])
    found[:, 0], found[:, -1] = pairs[:, 0], pairs[:, -1]
    return found
