"""A network that trains on some samples, to tell how well others are predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from skseq.data.batching import PartOfDataset, prediction_batches
from skseq.networks.dropout import seed_dropout
from skseq.training._making import make_net

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from skseq.data.batching import Batch, SequenceDataset

__all__ = ["Watcher"]

_Tensors = tuple[Tensor, ...] | list[Tensor]
MEMORY = 0.98  # share of the average that a step leaves
_NEITHER = ("max_epochs", "lr_schedule", "patience", "callbacks", "verbose")


class Watcher:
    """Trains at a constant rate, and predicts by the mean of its recent weights.

    The mean (Polyak and Juditsky, 1992; here an exponential one) does what a falling
    rate does, so that every epoch could be the last one.

    Parameters
    ----------
    module : nn.Module
        The network, with weights of its own.
    criterion : type of nn.Module
        The loss, as in `train`.
    data : SequenceDataset
        All samples.
    rows, held_out : ndarray of int
        Which of them it learns from, and which it predicts.
    beside : ndarray of shape (n_held_out, n_outputs), optional
        What another model says of those it predicts.
    device : torch.device
        Where the data live.
    seed : int
        Decides shuffling and dropout.
    n_outputs : int, default=1
        How many numbers the network answers.
    per_step : bool, default=False
        Whether at every step, rather than once per sample.
    **options
        Those of `train`; the schedule of the rate, callbacks and what bounds a
        training do not concern it.
    """

    def __init__(
        self,
        module: nn.Module,
        criterion: Any,
        data: SequenceDataset,
        rows: np.ndarray,
        held_out: np.ndarray,
        *,
        beside: np.ndarray | None = None,
        device: torch.device,
        seed: int,
        n_outputs: int = 1,
        per_step: bool = False,
        **options: Any,
    ):
        options = {name: options[name] for name in options if name not in _NEITHER}
        self.rows = rows
        self.held_out = held_out
        self.beside = beside
        self._answers: dict[str, Any] = {"n_outputs": n_outputs, "per_step": per_step}
        self._learned = PartOfDataset(data, rows)
        self._asked = PartOfDataset(data, held_out)
        self._average = AveragedModel(
            module.to(device),
            multi_avg_fn=_lean_to,  # type: ignore[arg-type]
            use_buffers=True,
        )
        self._dropout = torch.Generator(device).manual_seed(seed)
        self._net = make_net(
            module,
            data,
            criterion=criterion,
            max_epochs=1,
            generator=torch.Generator().manual_seed(seed),
            device=device,
            verbose=0,
            after_step=self._average.update_parameters,
            **{**options, "mixed_precision": False},
        )

    def train(self) -> bool:
        """Train for an epoch, and return whether there was time for all of it.

        Raises
        ------
        ValueError
            If training diverges.
        KeyboardInterrupt
            If the user stops it.
        """
        seed_dropout(self._net.module_, self._dropout)
        self._net.partial_fit((self._learned, None))
        if self._net.interrupted_:
            raise KeyboardInterrupt
        return not self._net.out_of_time_

    @torch.no_grad()
    def predict(self) -> Iterator[tuple[Tensor, Batch, Tensor]]:
        """Yield which held-out samples are in a batch, the batch, and its outputs."""
        module = self._average.eval()
        for index, batch in prediction_batches(self._asked, **self._answers):
            yield index, batch, module(batch.x, batch.lengths)


@torch.no_grad()
def _lean_to(means: list[Tensor], values: list[Tensor], n_steps: Tensor | int) -> None:
    """Move means, all of one type, towards values, the first ones faster."""
    n = int(n_steps)
    share = 1 - min(MEMORY, (1 + n) / (10 + n))
    if means[0].is_floating_point():
        torch._foreach_lerp_(means, values, share)
    else:  # how many batches were counted
        torch._foreach_copy_(means, values)
