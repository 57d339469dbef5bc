"""Heads: what an encoder found -> the outputs of a task."""

from __future__ import annotations

from typing import Any

from torch import Tensor, cat, nn

from skseq._describing import described
from skseq.networks.dropout import Dropout
from skseq.networks.freezing import FreezesEncoder
from skseq.networks.initialization import initialize_linear, zero_linear
from skseq.networks.inputs import static_of, steps_of
from skseq.networks.standardization import Standardization

__all__ = ["PooledHead", "SequenceNetwork", "StepHead"]

with_dense = described(
    dense="""
    input_size : int
        Number of features D.
    dense_size : tuple of int
        Number of units of each fully connected ReLU layer before the output.
    n_outputs : int
        Number of outputs.
    dropout : float, default=0.0
        Dropout before every linear layer.
    """
)


def dense_layers(
    input_size: int,
    dense_size: tuple[int, ...],
    n_outputs: int,
    dropout: float,
    standardizes: bool = False,
) -> nn.Sequential:
    """Return fully connected ReLU layers and a linear one, dropout before each.

    Parameters
    ----------
    input_size : int
        Number of features of the input.
    dense_size : tuple of int
        Number of units of each ReLU layer.
    n_outputs : int
        Number of outputs.
    dropout : float
        Probability of dropping a value.
    standardizes : bool, default=False
        As in `StepHead`.

    Returns
    -------
    layers : nn.Sequential
    """
    layers: list[nn.Module] = []
    if standardizes:
        layers.append(Standardization(input_size))
    for size in dense_size:
        linear = initialize_linear(nn.Linear(input_size, size))
        layers += [Dropout(dropout), linear, nn.ReLU()]
        input_size = size
    if standardizes:
        linear = zero_linear(input_size, n_outputs)
    else:
        linear = initialize_linear(nn.Linear(input_size, n_outputs))
    return nn.Sequential(*layers, Dropout(dropout), linear)


class PooledHead(nn.Module):
    """One output vector per sequence: pooling, dense layers, a linear layer.

    Parameters
    ----------
    pooling : nn.Module
        (B, T, D) and lengths -> (B, D'); D' is its `output_size`.
    dense_size, n_outputs, dropout, static_size, standardizes
        As in `StepHead`.
    """

    def __init__(
        self,
        pooling: Any,
        dense_size: tuple[int, ...],
        n_outputs: int,
        dropout: float = 0.0,
        static_size: int = 0,
        standardizes: bool = False,
    ):
        super().__init__()
        self.pooling = pooling
        size = pooling.output_size + static_size
        self.dense = dense_layers(size, dense_size, n_outputs, dropout, standardizes)

    def forward(
        self, x: Tensor, lengths: Tensor | None, static: Tensor | None = None
    ) -> Tensor:
        pooled = self.pooling(x, lengths)
        if static is not None:
            pooled = cat([pooled, static], dim=1)
        return self.dense(pooled)  # (B, n_outputs)


@with_dense
class StepHead(nn.Module):
    """One output vector per time step: the same dense layers for every step.

    Parameters
    ----------
    {dense}
    static_size : int, default=0
        Number of features that are known of a sequence as a whole.
    standardizes : bool, default=False
        Whether features are standardised before, and the last layer starts with
        weights of zero: for features that do not learn.
    """

    def __init__(
        self,
        input_size: int,
        dense_size: tuple[int, ...],
        n_outputs: int,
        dropout: float = 0.0,
        static_size: int = 0,
        standardizes: bool = False,
    ):
        super().__init__()
        input_size += static_size
        self.dense = dense_layers(
            input_size, dense_size, n_outputs, dropout, standardizes
        )

    def forward(
        self, x: Tensor, lengths: Tensor | None, static: Tensor | None = None
    ) -> Tensor:
        if static is not None:
            static = static.unsqueeze(1).expand(-1, x.shape[1], -1)
            x = cat([x, static], dim=2)
        return self.dense(x)  # (B, T, n_outputs)


class SequenceNetwork(FreezesEncoder):
    """Embedding, encoder and head in a row.

    Parameters
    ----------
    encoder : nn.Module
        (B, T, F) and lengths -> (B, T', D) and lengths.
    head : nn.Module
        (B, T', D) and lengths, and what is known of sequences as a whole -> outputs.
    embedding : nn.Module, optional
        What steps are, such as tokens (B, T, 1) -> (B, T, F); None: x holds features
        already.

    Attributes
    ----------
    beside : nn.Module or None
        (B, T, F) and lengths -> outputs that are added.
    """

    def __init__(
        self, encoder: nn.Module, head: nn.Module, embedding: nn.Module | None = None
    ):
        super().__init__()
        self.embedding = nn.Identity() if embedding is None else embedding
        self.encoder = encoder
        self.head = head
        self.beside: nn.Module | None = None

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.answer(*self.read(x, lengths), x, lengths)

    def read(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the steps that the encoder makes, and their lengths."""
        return self.encoder(steps_of(self.embedding, x, lengths), lengths)

    def pool(self, steps: Tensor, lengths: Tensor | None) -> Tensor:
        """Return the vector that steps become."""
        return self.head.pooling(steps, lengths)

    def answer(
        self,
        steps: Tensor,
        n_steps: Tensor | None,
        x: Tensor,
        lengths: Tensor | None,
    ) -> Tensor:
        """Return the outputs for what was read of x, steps and their lengths."""
        outputs = self.head(steps, n_steps, *self._static(x))
        if self.beside is None:
            return outputs
        return outputs + self._said_beside(x, lengths)

    def _static(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what is known of sequences as a whole, if anything is."""
        static = static_of(self.embedding, x)
        return () if static is None else (static,)

    def _said_beside(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Return what the model beside says."""
        plain = getattr(self.embedding, "plain", None)
        return self.beside(x if plain is None else plain(x), lengths)
