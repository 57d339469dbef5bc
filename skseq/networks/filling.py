"""Steps that are hidden, and a network that fills them in: learning without labels."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from skseq.networks.dropout import Dropout
from skseq.networks.embedding import TokenEmbedding
from skseq.networks.heads import SequenceNetwork
from skseq.networks.inputs import FIRST, MISSING, Inputs
from skseq.networks.masking import valid_steps

__all__ = ["Fillable", "FillingLoss", "FillingNetwork", "HideSteps"]

LEAST_STRETCH = 4  # steps of the shortest stretches of which each has a hidden block


class HideSteps(Dropout):
    """Chooses which steps of each sequence to hide: a block in each of its stretches.

    How many stretches of equal length a sequence is cut into, and so how long blocks
    are, is drawn for each, a few long ones as probably as many short ones: what is
    learned from its neighbours differs from what is learned from afar. A block that
    ends behind its stretch goes on where that begins, so that all steps are hidden
    equally often.

    Parameters
    ----------
    p : float
        Share of the steps to hide.
    """

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return which steps (B, T) of x (B, T, F) to hide, padding never."""
        n, n_steps = x.shape[:2]
        steps = torch.arange(n_steps, device=x.device) + 0.5
        sizes = torch.full((n, 1), float(n_steps), device=x.device)
        if lengths is not None:
            sizes = lengths.to(sizes.dtype).unsqueeze(1)
        most = (sizes / LEAST_STRETCH).clamp_min(1)
        n_stretches = (most ** self._draw(x, n, 1)).floor()
        at = steps / sizes * n_stretches  # (B, T), in stretches
        first = self._draw(x, n, int(most.max()) + 1)
        first = first.gather(1, at.long().clamp(max=first.shape[1] - 1))
        is_hidden = (at - first).remainder(1) < self.p
        return is_hidden if lengths is None else is_hidden & (steps < sizes)

    def _draw(self, x: Tensor, *shape: int) -> Tensor:
        """Draw numbers between 0 and 1."""
        return torch.rand(shape, generator=self.generator, device=x.device)


class Fillable(NamedTuple):
    """What can be hidden, and filled in, of the columns of a step."""

    n_numbers: int  # the first columns
    may_miss: bool = False  # whether NaN tells a network that a number is hidden
    first_label: int = 0  # where columns of labels begin
    n_labels: tuple[int, ...] = ()  # how many labels each of them may hold
    are_tokens: bool = False  # which have no label that tells that they are hidden

    @classmethod
    def of(cls, embedding: nn.Module | None, n_features: int) -> Fillable:
        """Return what can be hidden of steps that a network reads by its embedding.

        Parameters
        ----------
        embedding : nn.Module or None
            As of a `SequenceNetwork`.
        n_features : int
            Number of columns of a step if it has none.
        """
        if isinstance(embedding, TokenEmbedding):
            return cls(0, n_labels=(len(embedding.table.weight),), are_tokens=True)
        if isinstance(embedding, Inputs):
            columns = embedding.columns
            n_numbers = columns.n_values * columns.n_views
            return cls(
                n_numbers,
                embedding.has_holes,
                n_numbers + columns.has_gaps,
                tuple(FIRST + n for n in columns.n_categories),
            )
        return cls(n_features)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of a step: its numbers, and log-odds of its labels."""
        return self.n_numbers + sum(self.n_labels)


class FillingNetwork(nn.Module):
    """A network that is shown sequences with hidden steps, and its loss for these.

    Hidden numbers are zero, their mean, or missing where values may be; categories are
    missing. Tokens have no such value: they are exchanged for others of the batch,
    which serves nearly as well (Devlin et al., 2019, "BERT", appendix C.2).

    Parameters
    ----------
    network : SequenceNetwork
        (B, T, F) and lengths -> (B, T', stride * D), D outputs for each step that an
        output stands for; or several side by side.
    columns : Fillable
        What a step consists of; D is its `n_outputs`.
    stride : int
        How many steps lie between the outputs of the encoder.
    p : float
        Share of the steps to hide.
    """

    def __init__(
        self, network: SequenceNetwork, columns: Fillable, stride: int, p: float
    ):
        super().__init__()
        self.network = network
        self.hide = HideSteps(p)
        self.columns = columns
        self.stride = stride
        self.n_networks = getattr(network, "n_networks", 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return losses of all that was hidden and known, and how many (n_networks, 2).

        Squared errors of numbers, cross entropies of labels; their sum.
        """
        is_hidden = self.hide(x, lengths)
        told = self.without(x, is_hidden, lengths)
        found, n_steps = self.network.read(told, lengths)
        found = self.network.answer(found, n_steps, told, lengths)
        rows, steps = is_hidden.nonzero(as_tuple=True)
        found = self._at(found, n_steps, x.shape[1], lengths, rows, steps)
        total, n_known = self._losses(found, x[rows, steps])
        return torch.stack([total, n_known.expand_as(total)], dim=1)

    def without(self, x: Tensor, is_hidden: Tensor, lengths: Tensor | None) -> Tensor:
        """Return sequences (B, T, F) without what is hidden (B, T)."""
        n, first, n_labels = self.columns.n_numbers, *self.columns[2:4]
        is_hidden = is_hidden.unsqueeze(2)
        if self.columns.are_tokens:
            return torch.where(is_hidden, self._others(x, lengths), x)
        told = x.clone()
        hidden = torch.nan if self.columns.may_miss else 0.0
        told[..., :n].masked_fill_(is_hidden, hidden)
        told[..., first : first + len(n_labels)].masked_fill_(is_hidden, MISSING)
        return told

    def _others(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Return tokens (B, T, 1) of a batch, drawn at random."""
        known = x.flatten()
        if lengths is not None:
            known = known[valid_steps(lengths, x.shape[1]).flatten()]
        drawn = self.hide._draw(x, *x.shape) * len(known)
        return known[drawn.long().clamp(max=len(known) - 1)]

    def _at(
        self,
        found: Tensor,
        n_found: Tensor | None,
        n_steps: int,
        lengths: Tensor | None,
        rows: Tensor,
        steps: Tensor,
    ) -> Tensor:
        """Return the outputs (k, N, D) for N steps, of outputs (k B, T', stride * D).

        Where neither padding nor a stride explains that there are fewer outputs than
        steps, as many steps lie before the first as behind the last.
        """
        found = found.unflatten(0, (self.n_networks, -1))
        size: Tensor | int = n_steps if lengths is None else lengths[rows]
        n_outputs: Tensor | int = found.shape[2]
        if n_found is not None:
            n_outputs = n_found[: found.shape[1]][rows]
        missing = torch.as_tensor(size - self.stride * n_outputs, device=steps.device)
        steps = steps - missing.clamp_min(0) // 2
        places = (steps // self.stride).clamp_min(0)
        last = torch.as_tensor(n_outputs, device=steps.device) - 1
        places = torch.minimum(places, last)
        apart = found.unflatten(3, (self.stride, -1))
        return apart[:, rows, places, steps % self.stride]

    def _losses(self, found: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sum of the losses of each network (k,), and of how many values."""
        n = self.columns.n_numbers
        numbers = true[:, :n]
        is_known = ~torch.isnan(numbers)
        errors = (found[..., :n] - numbers.nan_to_num()).square()
        total = (errors * is_known).sum(dim=(1, 2))
        n_known = is_known.sum()
        first = self.columns.first_label
        for i, n_labels in enumerate(self.columns.n_labels):
            labels = true[:, first + i].long()
            if not self.columns.are_tokens:
                labels = labels.masked_fill(labels == MISSING, -100)
            odds = found[..., n : n + n_labels]
            losses = [
                functional.cross_entropy(own, labels, reduction="sum") for own in odds
            ]
            total = total + torch.stack(losses)
            n_known = n_known + (labels != -100).sum()
            n += n_labels
        return total, n_known


class FillingLoss(nn.Module):
    """The mean of what a `FillingNetwork` returns, which are sums of losses already.

    Parameters
    ----------
    reduction : str
        Ignored.
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__()

    def forward(self, sums: Tensor, targets: Tensor | None = None) -> Tensor:
        return (sums[:, 0] / sums[:, 1].clamp_min(1)).mean()

    def n_counted(self, sums: Tensor, targets: Tensor | None = None) -> Tensor:
        """Return how many hidden values the loss is the mean of."""
        return sums[0, 1].detach()
