"""Tokens -> vectors."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from skseq.networks.dropout import Dropout

__all__ = ["TokenEmbedding", "copied_to"]

SPREAD = 0.1  # standard deviation of vectors before training


class TokenEmbedding(nn.Module):
    """A table with a vector for each token.

    It reads tokens, integers (B, T, 1), and returns their vectors (B, T, E).

    Parameters
    ----------
    vectors : Tensor of shape (n_tokens, E)
        The vectors to start from.
    trainable : bool, default=True
        Whether training changes them.
    dropout : float, default=0.0
        Dropout of their values.

    Attributes
    ----------
    output_size : int
        Number of features E of a vector.
    """

    def __init__(self, vectors: Tensor, trainable: bool = True, dropout: float = 0.0):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(vectors, freeze=not trainable)
        self.dropout = Dropout(dropout)
        self.output_size = vectors.shape[1]

    @staticmethod
    def draw(known: Tensor, size: int) -> Tensor:
        """Draw vectors to start from, small ones from a normal distribution.

        Parameters
        ----------
        known : Tensor of bool of shape (n_tokens,)
            Which tokens training will meet. The others stay zero, between all others,
            rather than noise that nothing will ever train.
        size : int
            Number of features E of a vector.

        Returns
        -------
        vectors : Tensor of shape (n_tokens, E)
        """
        vectors = SPREAD * torch.randn(len(known), size)
        return vectors * known.unsqueeze(1).to(vectors.device)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.table(x.squeeze(2)))


class _Widened(nn.Module):
    """Looks vectors up in a table of another network, and converts what it found."""

    def __init__(self, table: nn.Embedding, dtype: torch.dtype):
        super().__init__()
        self._table = (table,)  # a tuple, as it is no part of this network
        self.dtype = dtype

    def forward(self, tokens: Tensor) -> Tensor:
        return self._table[0](tokens).to(self.dtype)


def copied_to(module: nn.Module, dtype: torch.dtype) -> Any:
    """Return a copy of a network in another precision.

    A table of vectors, which may be larger than all else, is not copied: the copy looks
    vectors up where they are.

    Parameters
    ----------
    module : nn.Module
        The network.
    dtype : torch.dtype
        The precision.
    """
    tables = [part.table for part in module.modules() if type(part) is TokenEmbedding]
    instead: dict[int, Any] = {id(table): _Widened(table, dtype) for table in tables}
    return copy.deepcopy(module, instead).to(dtype)
