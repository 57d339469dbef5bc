"""Batches: tensors gathered from a SequenceArray."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from skseq.data.large_batches import LargeBatch, n_fitting, parted
from skseq.data.sequences import SequenceArray
from skseq.data.shuffling import shuffled_batches
from skseq.networks import StepCrossEntropy
from skseq.networks.masking import valid_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "Batch",
    "BatchIterator",
    "PartOfDataset",
    "SequenceDataset",
    "StepTargets",
    "prediction_batches",
    "targets_on",
    "window_view",
]

BUCKET = 50  # batches among which unequal sequences are sorted by length
PREDICTION_STEPS = 2**13  # time steps, padding included, of one prediction batch
PREDICTION_STEPS_ON_GPU = 2**17  # a CPU loses more where no cache holds what it makes
PREDICTION_NUMBERS = 2**20  # in these steps
PREDICTION_SAMPLES = 4096


class Batch(NamedTuple):
    """Some samples as tensors."""

    x: Tensor  # (B, T, F), shorter sequences repeat their last step
    lengths: Tensor | None  # (B,), None if all are T
    y: Tensor | None  # (B,), (B, n_outputs) or, of labels per step, (B, T)
    weights: Tensor | None  # (B,), or of each step that is forecast (B, H)
    index: Tensor | None = None  # (B,), which samples these are

    def __len__(self) -> int:
        return len(self.x)


class SequenceDataset:
    """Sequences, targets and weights on a device.

    Parameters
    ----------
    sequences : SequenceArray
        The samples; overlapping ones stay overlapping. An empty window becomes one
        step, of which nothing is known but what is static.
    device : torch.device
        Where the tensors live.
    targets : ndarray of shape (n_samples, ...) or SequenceArray, optional
        What to learn: of each sequence, or one class of each of its steps.
    weights : ndarray of shape (n_samples,), optional
        Weight of each sample in the loss.
    scales : list of tuple of two ndarrays, default=()
        What to subtract from, then to divide by, the features of each sequence; arrays
        of shape (n_samples, n_features), or (1, n_features) for all alike. Several
        scales give several views of every feature, side by side.
    dtype : torch.dtype, default=torch.float32
        Type of the batches; integers, which are tokens, stay what they are.
    beside : ndarray of shape (n_steps, n_columns), optional
        Further columns of the rows of `sequences.values`, which have no scale.
    static : ndarray of shape (n_samples, n_static), optional
        The last columns, those of sequences, the same in all of their steps.
    unknown : float, default=0.0
        The values of a step of which nothing is known. Zero is the mean after scaling;
        NaN is missing, where values may be.
    """

    def __init__(
        self,
        sequences: SequenceArray,
        device: torch.device,
        targets: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        scales: Sequence[tuple[np.ndarray, np.ndarray]] = (),
        dtype: torch.dtype = torch.float32,
        beside: np.ndarray | None = None,
        static: np.ndarray | None = None,
        unknown: float = 0.0,
    ):
        self.dtype = dtype
        self._unknown = unknown
        self.lengths = sequences.lengths
        self.n_timesteps = sequences.n_timesteps or None  # None of empty windows, too
        self._values = _on(device, np.ascontiguousarray(sequences.values))
        self._starts = _on(device, np.ascontiguousarray(sequences.starts))
        self._lengths = _on(device, np.ascontiguousarray(self.lengths))
        self._has_empty = not self.lengths.all()
        self.y = targets_on(device, targets)
        self.weights = None
        if weights is not None:
            self.weights = torch.as_tensor(weights, device=device).to(dtype)
        self._scales = [[_on(device, part[:, None]) for part in s] for s in scales]
        self._tables = [self._values]
        if beside is not None:
            self._tables.append(_on(device, beside))
        self._static = None
        if static is not None:
            self._static = _on(device, static)

    def __len__(self) -> int:
        return len(self.lengths)

    def gather(self, index: Tensor) -> Batch:
        """Return the samples at an index tensor (B,)."""
        here = index.to(self._starts.device)
        starts = self._starts.index_select(0, here)
        lengths = None
        if self.n_timesteps is not None:
            n_steps = self.n_timesteps
            x, *others = [
                window_view(table, n_steps).index_select(0, starts)
                for table in self._tables
            ]
        else:
            lengths = self._lengths.index_select(0, here).clamp_min(1)
            steps = torch.arange(int(lengths.max()), device=starts.device)
            steps = torch.minimum(steps, lengths.unsqueeze(1) - 1)  # (B, T)
            rows = starts.unsqueeze(1) + steps
            x, *others = (table[rows] for table in self._tables)
        if self._scales:
            x = torch.cat([self._scaled(x, here, *s) for s in self._scales], dim=2)
        if x.is_floating_point():
            x = x.to(self.dtype)
        if self._has_empty:
            is_empty = self._lengths.index_select(0, here) == 0
            x[is_empty] = self._unknown
            for part in others:
                part[is_empty] = 0
        if self._static is not None:
            static = self._static.index_select(0, here).unsqueeze(1)
            others.append(static.expand(-1, x.shape[1], -1))
        if others:
            x = torch.cat([x, *(part.to(x.dtype) for part in others)], dim=2)
        y = None if self.y is None else self.y[index]
        weights = None if self.weights is None else self.weights[index]
        return Batch(x, lengths, y, weights, index)

    def _scaled(self, x: Tensor, index: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        if len(mean) > 1:
            mean, std = mean.index_select(0, index), std.index_select(0, index)
        return (x - mean).div_(std).to(self.dtype)


class PartOfDataset:
    """Some samples of a dataset, which are not copied.

    Parameters
    ----------
    whole : SequenceDataset
        The data.
    rows : ndarray of int of shape (n_samples,)
        Which samples; batches number them from zero.
    """

    def __init__(self, whole: SequenceDataset, rows: np.ndarray):
        self.whole = whole
        self.rows = torch.as_tensor(rows)
        self.lengths = whole.lengths[rows]
        self.n_timesteps = whole.n_timesteps
        self.weights = whole.weights

    def __len__(self) -> int:
        return len(self.rows)

    def gather(self, index: Tensor) -> Batch:
        """Return the samples at an index tensor (B,)."""
        x, lengths, y, weights, _ = self.whole.gather(self.rows[index])
        return Batch(x, lengths, y, weights, index)


def _on(device: torch.device, array: np.ndarray) -> Tensor:
    """Return an array on a device; on a CPU it is not copied, if it may be written."""
    # torch.as_tensor(array, device=device) takes three times as long for one sample.
    array = array if array.flags.writeable else array.copy()
    return torch.from_numpy(array).to(device)


def targets_on(
    device: torch.device, targets: np.ndarray | SequenceArray | None
) -> Tensor | StepTargets | None:
    """Return targets on a device, of sequences or of their steps.

    Parameters
    ----------
    device : torch.device
        Where they shall be.
    targets : ndarray, SequenceArray or None
        As in SequenceDataset.
    """
    if targets is None:
        return None
    if isinstance(targets, SequenceArray):
        return StepTargets(targets, device)
    return torch.as_tensor(targets, device=device)


class StepTargets:
    """Classes of the steps of sequences, gathered as the sequences are.

    Parameters
    ----------
    targets : SequenceArray of int, one feature
        The classes; overlapping ones stay overlapping.
    device : torch.device
        Where the tensors live.
    """

    def __init__(self, targets: SequenceArray, device: torch.device):
        self._sequences = SequenceDataset(targets, device)

    def __getitem__(self, index: Tensor) -> Tensor:
        batch = self._sequences.gather(index)
        classes = batch.x.squeeze(2)  # (B, T)
        if batch.lengths is None:
            return classes
        real = valid_steps(batch.lengths, classes.shape[1])
        return classes.masked_fill(~real, StepCrossEntropy.padding)


def window_view(values: Tensor, length: int) -> Tensor:
    """View every window of a table.

    Parameters
    ----------
    values : Tensor of shape (n_steps, n_features), contiguous
        The table.
    length : int
        Number of steps in a window.

    Returns
    -------
    windows : Tensor of shape (n_steps - length + 1, length, n_features)
    """
    n_steps, n_features = values.shape
    return values.as_strided(
        (n_steps - length + 1, length, n_features), (n_features, n_features, 1)
    )


class BatchIterator:
    """Mini-batches of a data set, again and again.

    Unequal sequences can be batched with others of about their length, so that
    little is computed on padding. Batches of too many steps come as a `LargeBatch`.

    Parameters
    ----------
    dataset : SequenceDataset
        The data.
    batch_size : int
        Samples per batch; the last batch may be smaller.
    generator : torch.Generator, optional
        Shuffles anew in every iteration; None keeps the order.
    by_length : bool, default=True
        Whether a shuffled batch holds sequences of about one length.
    """

    def __init__(
        self,
        dataset: SequenceDataset,
        batch_size: int,
        generator: torch.Generator | None = None,
        by_length: bool = True,
    ):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.by_length = by_length

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Batch | LargeBatch]:
        for index in self.indices():
            parts = self.parts(index)
            if len(parts) > 1:
                yield LargeBatch(self.dataset.gather, parts)
            else:
                yield self.dataset.gather(index)

    def parts(self, index: Tensor) -> list[Tensor]:
        """Return which samples of a batch are laid out together."""
        if self.dataset.n_timesteps is not None:
            return [index]
        return parted(index, self.dataset.lengths)

    def indices(self) -> Iterable[Tensor]:
        """Return the samples of every batch, in a new order if it shuffles."""
        n, size = len(self.dataset), self.batch_size
        if self.generator is None:
            firsts = range(0, n, size)
            return (torch.arange(first, min(first + size, n)) for first in firsts)
        if self.dataset.n_timesteps is not None or not self.by_length:
            return shuffled_batches(n, size, self.generator)
        order = torch.randperm(n, generator=self.generator)
        lengths = torch.as_tensor(self.dataset.lengths)
        buckets = order.split(BUCKET * size)
        sorted_order = torch.cat([b[lengths[b].argsort(stable=True)] for b in buckets])
        batches = sorted_order.split(size)
        shuffled = torch.randperm(len(batches), generator=self.generator)
        return tuple(batches[i] for i in shuffled.tolist())


def prediction_batches(
    dataset: SequenceDataset | PartOfDataset,
    n_features: int = 1,
    n_outputs: int = 1,
    per_step: bool = False,
) -> Iterator[tuple[Tensor, Batch]]:
    """Yield large batches of similar lengths together with their samples' index.

    Parameters
    ----------
    dataset : SequenceDataset
        The data.
    n_features : int, default=1
        How many numbers are read at a step.
    n_outputs : int, default=1
        How many are answered.
    per_step : bool, default=False
        Whether at every step, rather than once per sample.
    """
    width = max(n_features, n_outputs * per_step)
    most_steps = min(PREDICTION_STEPS, PREDICTION_NUMBERS // width)
    most_samples = min(PREDICTION_SAMPLES, max(1, PREDICTION_NUMBERS // n_outputs))
    order = dataset.lengths.argsort(kind="stable")
    position = 0
    while position < len(order):
        # The longest of the next samples decides how many of them fit.
        candidates = order[position : position + most_samples]
        n = n_fitting(dataset.lengths[candidates], most_steps)
        index = torch.from_numpy(candidates[:n])
        batch = dataset.gather(index)
        yield index, batch
        if not batch.x.is_cpu:
            most_steps = min(PREDICTION_STEPS_ON_GPU, PREDICTION_NUMBERS // width)
        position += n
