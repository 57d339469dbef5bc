"""Tokens -> vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skseq.networks.dropout import Dropout

__all__ = ["TokenEmbedding"]

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
