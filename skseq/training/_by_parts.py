"""Batches too large to be laid out whole."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast

import torch
from skorch import NeuralNet
from torch import Tensor, nn

from skseq.data.large_batches import joined_outputs

if TYPE_CHECKING:
    from skseq.data.batching import Batch
    from skseq.data.large_batches import LargeBatch

__all__ = ["TrainsByParts"]


class TrainsByParts(NeuralNet):
    """A net that learns of a `LargeBatch` part by part what it would of the whole."""

    _heard_batches: bool  # whether a callback listens to batches
    _n_networks: int  # side by side
    _trained: list[nn.Parameter]

    def _passed_by_parts(self, batch: LargeBatch, training: bool) -> dict[str, Any]:
        """Return outputs and loss: sums over parts, divided by what is counted there.

        Outputs are kept for callbacks that hear of batches only.
        """
        n_networks, kept = self._n_networks if training else 1, []
        sums = torch.zeros(2)
        for i, part in enumerate(batch.parts()):
            with self._going_on(i + 1 == batch.n_parts):
                outputs = self.infer(part)
                loss = self.get_loss(outputs, part.y, X=part, training=training)
                n = self._n_counted(outputs, part) * batch.counts
                if training:
                    (loss * n * n_networks).backward()
            sums = sums.to(loss) + torch.stack([loss.detach() * n, n.to(loss)])
            if self._heard_batches:
                kept.append(outputs.detach())
        loss, n = self._over_processes(sums)
        n = n.clamp_min(torch.finfo(n.dtype).tiny)
        for weights in self._trained if training else ():
            if weights.grad is not None:
                weights.grad.div_(n)
        y_pred = joined_outputs(kept, n_networks) if kept else None
        return {"loss": loss / n, "y_pred": y_pred}

    def _n_counted(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Return how many values the loss is the mean of: samples, if it says none."""
        counted = getattr(self.criterion_, "n_counted", None)
        if counted is not None:
            return counted(outputs, batch.y)
        return torch.tensor(len(cast(Tensor, batch.y)))

    def _going_on(self, is_last: bool) -> AbstractContextManager:
        """Return what a part of a batch is computed in."""
        return nullcontext()

    def _over_processes(self, sums: Tensor) -> Tensor:
        """Return the mean of sums over all processes that train."""
        return sums
