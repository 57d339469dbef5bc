"""Networks whose encoder may be frozen, so that training changes only what follows."""

from __future__ import annotations

from typing import Self

from torch import nn

__all__ = ["FreezesEncoder"]


class FreezesEncoder(nn.Module):
    """A network of an embedding, an encoder, and what follows."""

    embedding: nn.Module
    encoder: nn.Module
    _is_frozen = False

    def freeze_encoder(self) -> None:
        """Keep training from changing the encoder, and the embedding before it.

        They stay in evaluation, too: statistics of batches are those that were learned,
        and nothing is dropped or hidden.
        """
        self._is_frozen = True
        for part in (self.embedding, self.encoder):
            part.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation, of what is not frozen."""
        super().train(mode)
        if self._is_frozen:
            self.embedding.eval()
            self.encoder.eval()
        return self
