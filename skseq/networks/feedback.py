"""What a decoder goes on from: its own last output, or what a teacher tells."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skseq.networks.dropout import Dropout
from skseq.networks.embedding import TokenEmbedding

__all__ = [
    "TeacherForcing",
    "TokenFeedback",
    "ValueFeedback",
    "depends_on_progress",
    "set_progress",
]


class ValueFeedback(nn.Module):
    """Numbers are fed back as they are.

    Parameters
    ----------
    n_values : int
        Number of values C per step.
    weights : sequence of float, default=(1.0,)
        How much of each output for a value its feedback is made of.
    positive : bool, default=False
        Whether outputs are logarithms of the values.

    Attributes
    ----------
    output_size : int
        Number of features fed back.
    """

    weights: Tensor

    def __init__(
        self,
        n_values: int,
        weights: Sequence[float] = (1.0,),
        positive: bool = False,
    ):
        super().__init__()
        self.positive = positive
        # On the CPU, also where a network is laid out without memory: no file holds it.
        shares = torch.tensor(weights, dtype=torch.float32, device="cpu")
        self.register_buffer("weights", shares, persistent=False)
        self.output_size = n_values

    def choose(self, outputs: Tensor) -> Tensor:
        """Return the values (B, U, C) that outputs (B, U, C * n_weights) stand for."""
        if self.positive:
            return outputs.exp()
        if len(self.weights) == 1:
            return outputs
        return outputs.unflatten(2, (-1, len(self.weights))) @ self.weights

    def forward(self, chosen: Tensor) -> Tensor:
        return chosen

    def is_end(self, chosen: Tensor) -> Tensor:
        """Return whether sequences (B,) end with a step; numbers never do."""
        return chosen.new_zeros(len(chosen), dtype=torch.bool)


class TokenFeedback(nn.Module):
    """The most probable token is fed back as a vector.

    Parameters
    ----------
    n_tokens : int
        Number of tokens; the last one ends a sequence.
    size : int
        Number of features of the vectors.

    Attributes
    ----------
    output_size : int
        Number of features fed back.
    """

    def __init__(self, n_tokens: int, size: int):
        super().__init__()
        self.end = n_tokens - 1
        known = torch.ones(n_tokens, dtype=torch.bool)
        self.embedding = TokenEmbedding(TokenEmbedding.draw(known, size))
        self.output_size = size

    def choose(self, outputs: Tensor) -> Tensor:
        """Return the most probable token (B, U, 1) of outputs (B, U, n_tokens)."""
        return outputs.argmax(dim=2, keepdim=True)

    def forward(self, chosen: Tensor) -> Tensor:
        return self.embedding(chosen)

    def is_end(self, chosen: Tensor) -> Tensor:
        """Return whether sequences (B,) end with a step (B, 1, 1)."""
        return chosen[:, 0, 0] == self.end


class TeacherForcing(Dropout):
    """How often a decoder in training is told the true previous step.

    Else it goes on from its own output (Bengio et al., 2015, "Scheduled Sampling for
    Sequence Prediction with Recurrent Neural Networks").

    Parameters
    ----------
    first, last : float
        Probability in the first and in the last epoch; in between it is linear.
    """

    def __init__(self, first: float, last: float):
        super().__init__(1 - first)
        self.first = first
        self.last = last

    @property
    def never(self) -> bool:
        """Whether nothing is told at present."""
        return not self.training or self.p == 1

    def draw(self, taught: Tensor) -> Tensor:
        """Return which steps (B, U) of (B, U, C) are told; missing ones never are."""
        told = torch.ones(taught.shape[:2], dtype=torch.bool, device=taught.device)
        if self.p > 0:
            p = torch.full(told.shape, 1 - self.p, device=taught.device)
            told = torch.bernoulli(p, generator=self.generator).bool()
        if taught.is_floating_point():
            told = told & ~torch.isnan(taught).any(dim=2)
        return told


def set_progress(module: nn.Module, share: float) -> None:
    """Tell what is scheduled within a module which share of the training is over."""
    for part in module.modules():
        if isinstance(part, TeacherForcing):
            part.p = 1 - (part.first + share * (part.last - part.first))


def depends_on_progress(module: nn.Module) -> bool:
    """Return whether anything within a module is scheduled over the training."""
    parts = (part for part in module.modules() if isinstance(part, TeacherForcing))
    return any(part.first != part.last for part in parts)
