"""Attention: what a decoder takes from the steps of an encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skseq.networks.initialization import initialize_linear
from skseq.networks.masking import valid_steps

__all__ = ["ATTENTIONS", "Attention"]

ATTENTIONS = ("dot", "general", "additive")


class Attention(nn.Module):
    r"""A weighted mean of the encoder's steps for every step of a decoder.

    The weights are a softmax over the encoder's real steps :math:`m_s` of a score of
    the decoder's step :math:`h_t`: :math:`h_t^\top m_s` ("dot"),
    :math:`h_t^\top W m_s` ("general"; Luong et al., 2015, "Effective Approaches to
    Attention-based Neural Machine Translation") or
    :math:`v^\top \tanh(U h_t + W m_s + b)` ("additive"; Bahdanau et al., 2015).

    Parameters
    ----------
    score : {"dot", "general", "additive"}
        The score.
    size : int
        Number of features H of the decoder's steps.
    memory_size : int
        Number of features D of the encoder's steps, for "dot" equal to H.
    """

    def __init__(self, score: str, size: int, memory_size: int):
        super().__init__()
        if score == "dot" and size != memory_size:
            raise ValueError(
                f"attention='dot' compares steps of equal size, but the encoder's have "
                f"{memory_size} features, the decoder's {size}; use 'general'."
            )
        self.score = score
        if score != "dot":
            key = nn.Linear(memory_size, size, bias=score == "additive")
            self.key = initialize_linear(key)
        if score == "additive":
            self.query = initialize_linear(nn.Linear(size, size, bias=False))
            self.value = initialize_linear(nn.Linear(size, 1, bias=False))

    def keys(self, memory: Tensor) -> Tensor:
        """Return what steps (B, S, D) are compared by, (B, S, H)."""
        return memory if self.score == "dot" else self.key(memory)

    def weights(self, queries: Tensor, keys: Tensor, lengths: Tensor | None) -> Tensor:
        """Return weights (B, T, S), which sum to one over the real steps.

        Parameters
        ----------
        queries : Tensor of shape (B, T, H)
            Steps of the decoder.
        keys : Tensor of shape (B, S, H)
            What `keys` made of the encoder's steps.
        lengths : Tensor of int of shape (B,) or None
            How many of these are real; None if all are.
        """
        if self.score == "additive":
            sums = self.query(queries).unsqueeze(2) + keys.unsqueeze(1)  # (B, T, S, H)
            scores = self.value(torch.tanh(sums)).squeeze(3)
        else:
            scores = queries @ keys.transpose(1, 2)
        if lengths is not None:
            padding = ~valid_steps(lengths, keys.shape[1])
            scores = scores.masked_fill(padding.unsqueeze(1), -torch.inf)
        return scores.softmax(dim=2)

    def forward(
        self, queries: Tensor, keys: Tensor, memory: Tensor, lengths: Tensor | None
    ) -> Tensor:
        return self.weights(queries, keys, lengths) @ memory  # (B, T, D)
