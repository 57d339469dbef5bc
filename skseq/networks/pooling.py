"""Pooling: features (B, T, D) of each step -> one vector (B, D) per sequence."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from skseq._describing import described
from skseq.networks import compiled_pooling
from skseq.networks.initialization import initialize_linear
from skseq.networks.masking import valid_steps

__all__ = [
    "POOLINGS",
    "AttentionPooling",
    "ConcatPooling",
    "LastPooling",
    "MaxPooling",
    "MeanPooling",
]

of_features = described(
    features="""
    size : int
        Number of features D per step.
    n_backwards : int, default=0
        How many of them, the last ones, come from reading backwards.
    """
)


class _Pooling(nn.Module):
    def __init__(self, size: int, n_backwards: int = 0):
        super().__init__()
        self.output_size = size


class _Pooled(_Pooling):
    """What compiled code does in one pass over the steps, where there is any."""

    asked: tuple[str, ...]  # of `compiled_pooling.PARTS`

    @property
    def n_forwards(self) -> int:
        """How many features' last step is the last one, if that is asked for."""
        return 0

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        by_torch = partial(self._by_torch, lengths)
        if not compiled_pooling.pays(x, lengths, self.asked):
            return by_torch(x)
        return compiled_pooling.pool(x, lengths, self.asked, self.n_forwards, by_torch)

    def _by_torch(self, lengths: Tensor | None, x: Tensor) -> Tensor:
        raise NotImplementedError


@of_features
class LastPooling(_Pooling):
    """What a recurrent layer holds when it has read the whole sequence.

    That is its last real step; of what was read backwards, the first one.

    Parameters
    ----------
    {features}
    """

    def __init__(self, size: int, n_backwards: int = 0):
        super().__init__(size, n_backwards)
        self.n_forwards = size - n_backwards

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        if lengths is None:
            last = x[:, -1]
        else:
            last = x[torch.arange(len(x), device=x.device), lengths - 1]
        if self.n_forwards == x.shape[2]:
            return last
        n = self.n_forwards
        return torch.cat([last[:, :n], x[:, 0, n:]], dim=1)


@of_features
class MeanPooling(_Pooled):
    """The mean over the real steps.

    Parameters
    ----------
    {features}
    """

    asked = ("mean",)

    def _by_torch(self, lengths: Tensor | None, x: Tensor) -> Tensor:
        if lengths is None:
            return x.mean(dim=1)
        mask = valid_steps(lengths, x.shape[1]).unsqueeze(2)  # (B, T, 1)
        return x.masked_fill(~mask, 0).sum(dim=1) / lengths.unsqueeze(1)


@of_features
class MaxPooling(_Pooled):
    """The maximum over the real steps, feature by feature.

    Parameters
    ----------
    {features}
    """

    asked = ("max",)

    def _by_torch(self, lengths: Tensor | None, x: Tensor) -> Tensor:
        if lengths is not None:
            mask = valid_steps(lengths, x.shape[1]).unsqueeze(2)  # (B, T, 1)
            x = x.masked_fill(~mask, -torch.inf)
        return x.max(dim=1).values


@of_features
class AttentionPooling(_Pooling):
    r"""A weighted mean over the real steps; the weights are learned.

    .. math:: a_t = \mathrm{softmax}_t(v^\top \tanh(W h_t + b))

    The feed-forward attention of Raffel and Ellis (2016), with the score network of
    Bahdanau et al. (2015).

    Parameters
    ----------
    {features}
    """

    def __init__(self, size: int, n_backwards: int = 0):
        super().__init__(size, n_backwards)
        self.hidden = initialize_linear(nn.Linear(size, size))
        self.score = initialize_linear(nn.Linear(size, 1, bias=False))

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        scores = self.score(torch.tanh(self.hidden(x)))  # (B, T, 1)
        if lengths is not None:
            mask = valid_steps(lengths, x.shape[1]).unsqueeze(2)
            scores = scores.masked_fill(~mask, -torch.inf)
            x = x.masked_fill(~mask, 0)
        return (scores.softmax(dim=1) * x).sum(dim=1)  # (B, D)


@of_features
class ConcatPooling(_Pooled):
    """The last step, the maximum and the mean side by side.

    "Concat pooling" of Howard and Ruder (2018, "Universal Language Model Fine-tuning",
    eq. 4): what is said at the end, somewhere, or all along is never lost.

    Parameters
    ----------
    {features}
    """

    asked = compiled_pooling.PARTS

    def __init__(self, size: int, n_backwards: int = 0):
        super().__init__(3 * size)
        self.parts = nn.ModuleList(
            pooling(size, n_backwards)
            for pooling in (LastPooling, MaxPooling, MeanPooling)
        )

    @property
    def n_forwards(self) -> int:
        return self.parts[0].n_forwards

    def _by_torch(self, lengths: Tensor | None, x: Tensor) -> Tensor:
        first, *others = self.parts
        parts = [first(x, lengths), *(one._by_torch(lengths, x) for one in others)]
        return torch.cat(parts, dim=1)  # (B, 3 D)


POOLINGS: dict[str, type[nn.Module]] = {
    "last": LastPooling,
    "mean": MeanPooling,
    "max": MaxPooling,
    "concat": ConcatPooling,
    "attention": AttentionPooling,
}
