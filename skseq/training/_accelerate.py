"""A fit by several processes: each trains on its share of every batch."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from skorch.hf import AccelerateMixin
from torch import Tensor

from skseq.data.batching import Batch, BatchIterator
from skseq.data.large_batches import LargeBatch
from skseq.training._fingerprint import fingerprint
from skseq.training._net import SequenceNet

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AcceleratedNet", "check_agreement"]


class AcceleratedNet(AccelerateMixin, SequenceNet):
    """A SequenceNet whose batches are shared out among processes.

    torch's DistributedDataParallel, which Accelerate wraps around the module, averages
    the gradients of all processes before they are clipped.

    Parameters
    ----------
    module : nn.Module
        As in SequenceNet.
    accelerator : accelerate.Accelerator
        Knows the processes.
    device : torch.device
        That of this process.
    **options
        Further parameters of SequenceNet.
    """

    def __init__(self, *args: Any, **options: Any):
        # partial_fit unwraps, as EarlyStopping first loads weights into what it saw.
        super().__init__(*args, unwrap_after_train=False, **options)

    def _initialize_accelerator(self):
        # On CPUs, that of skorch fails with a loss that has nothing to learn.
        prepared = self.accelerator.prepare(self.module_, self.optimizer_)
        self.module_, self.optimizer_ = prepared
        self._wrapped_with_accelerator = True
        return self

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        """Train, and leave all processes with the same bare module."""
        from accelerate.utils import broadcast

        with warnings.catch_warnings():
            # Of weights that have one column; a transposed gradient is no other.
            warnings.filterwarnings("ignore", "Grad strides do not match")
            super().partial_fit(X, y, classes, **fit_params)
        self._unwrap_accelerator()
        for buffer in self.module_.buffers():  # statistics of the last batch
            buffer.copy_(broadcast(buffer))
        return self

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Train or validate on what this process has of every batch."""
        i, n = self.accelerator.process_index, self.accelerator.num_processes
        if n > 1 and isinstance(iterator, BatchIterator):
            iterator = _Shares(iterator, i, n)
        super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)

    def train_step_single(self, batch: Batch | LargeBatch, **fit_params):
        """Compute the gradients of a batch together with the other processes."""
        i, n = self.accelerator.process_index, self.accelerator.num_processes
        if n > 1 and not isinstance(batch, _Share):  # streams, which all go through
            whole, samples = batch, torch.arange(len(cast(Tensor, batch.y)))
            own, counts = _share_of(samples, i, n)
            batch = _Share(lambda index: _rows(whole, index), [own], len(whole), counts)
        return SequenceNet.train_step_single(self, batch)

    def _going_on(self, is_last: bool) -> AbstractContextManager:
        # Processes may have other numbers of parts; gradients meet once a batch.
        return nullcontext() if is_last else self.accelerator.no_sync(self.module_)

    def _over_processes(self, sums: Tensor) -> Tensor:
        return self.accelerator.reduce(sums, "mean")

    def _agreed(self, is_over: bool) -> bool:
        from accelerate.utils import broadcast

        # The clock of one process counts, as all must take the same steps.
        return bool(broadcast(torch.tensor(float(is_over), device=self.device)))

    def _record_loss(self, name: str, loss: float) -> None:
        # No last digit may let one process stop earlier than another.
        here = torch.tensor(loss, dtype=torch.float64, device=self.device)
        super()._record_loss(name, self.accelerator.reduce(here, "mean").item())


class _Share(LargeBatch):
    """What a process has of a batch.

    Parameters
    ----------
    gather, parts
        As in LargeBatch.
    n_samples : int
        Of the whole batch.
    counts : bool
        Whether this process has any of them.
    """

    def __init__(self, gather: Any, parts: list[Tensor], n_samples: int, counts: bool):
        super().__init__(gather, parts)
        self.n_samples, self.counts = n_samples, counts

    def __len__(self) -> int:
        return self.n_samples


class _Shares:
    """What a process has of each batch; it reads nothing else.

    Parameters
    ----------
    batches : BatchIterator
        The batches, the same in all processes.
    i, n : int
        Which process it is, and of how many.
    """

    def __init__(self, batches: BatchIterator, i: int, n: int):
        self.batches = batches
        self.i, self.n = i, n

    def __iter__(self) -> Iterator[_Share]:
        for index in self.batches.indices():
            own, counts = _share_of(index, self.i, self.n)
            parts = self.batches.parts(own)
            yield _Share(self.batches.dataset.gather, parts, len(index), counts)


def _share_of(index: Tensor, i: int, n: int) -> tuple[Tensor, bool]:
    """Return which samples of a batch process i of n has, and whether they count.

    Where there are fewer samples than processes, some compute what another one has, as
    all must go through the network.
    """
    first, last = (len(index) * j // n for j in (i, i + 1))
    return (index[first:last], True) if last > first else (index[:1], False)


def _rows(value: Any, rows: Tensor) -> Any:
    """Return rows of all tensors that a batch holds."""
    if isinstance(value, Tensor):
        return value[rows]
    make: Any = type(value)
    if isinstance(value, tuple):
        return make(*(_rows(part, rows) for part in value))
    if is_dataclass(value):
        parts = vars(value).items()
        return make(**{name: _rows(part, rows) for name, part in parts})
    return value


def check_agreement(*values: Any) -> None:
    """Raise ValueError, in all processes, unless all of them hold equal values."""
    from accelerate.utils import gather_object

    if len(set(gather_object([fingerprint(*values)]))) > 1:
        raise ValueError(
            "device='accelerate' needs the same fit in every process, but their data, "
            "parameters or random numbers differ (random_state must be an int)."
        )
