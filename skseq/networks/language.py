"""Language models: which symbol follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from skseq.networks.dropout import Dropout
from skseq.networks.embedding import TokenEmbedding
from skseq.networks.encoders import RecurrentEncoder
from skseq.networks.initialization import initialize_linear
from skseq.networks.recurrent import State

__all__ = ["LanguageNetwork", "Passage"]


class Passage(NamedTuple):
    """A window of texts that are read one window after the other."""

    tokens: Tensor  # (B, T)
    begins: bool  # whether the texts begin here, else they go on


class LanguageNetwork(nn.Module):
    """Read tokens and tell, after each of them, what may follow.

    It takes a `Passage` and returns log-odds (B, n_outputs, T). A passage that goes on
    is read from the state in which the last one ended; gradients do not pass from one
    into the other, which is back-propagation through time, truncated.

    Parameters
    ----------
    embedding : TokenEmbedding
        Tokens -> vectors.
    encoder : RecurrentEncoder
        Reads the vectors, forwards.
    n_outputs : int
        Number of symbols V that may follow.
    dropout : float, default=0.0
        Dropout before the output.
    """

    def __init__(
        self,
        embedding: TokenEmbedding,
        encoder: RecurrentEncoder,
        n_outputs: int,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.embedding = embedding
        self.encoder = encoder
        self.dropout = Dropout(dropout)
        self.output = initialize_linear(nn.Linear(encoder.output_size, n_outputs))
        self._carried: tuple[State, ...] | None = None

    def forward(self, passage: Passage, lengths: None = None) -> Tensor:
        before = None if passage.begins else self._carried
        log_odds, after = self.run(passage.tokens, before)
        self._carried = tuple(tuple(part.detach() for part in state) for state in after)
        if before is not None:  # several processes wait for every gradient, be it zero
            for layer in self.encoder.layers:
                for part in layer.first_state(1, layer) or ():
                    log_odds = log_odds + 0 * part.sum()
        return log_odds.transpose(1, 2)

    def run(
        self, tokens: Tensor, states: Sequence[State] | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Read tokens from given states on.

        Parameters
        ----------
        tokens : Tensor of int of shape (B, T)
            What is read.
        states : sequence of State, optional
            The state of each recurrent layer before it; by default what it starts
            from.

        Returns
        -------
        log_odds : Tensor of shape (B, T, V)
            What may follow each token.
        states : tuple of State
            The state of each layer afterwards.
        """
        vectors = self.embedding(tokens.unsqueeze(2))
        read, states = self.encoder.run(vectors, states=states)
        return self.output(self.dropout(read)), states

    def __getstate__(self) -> dict:
        return {**super().__getstate__(), "_carried": None}
