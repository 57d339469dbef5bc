"""Samples on their way into training: weights, groups, duplicates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skseq.data.sequences import SequenceArray
from skseq.data.stored import as_floats

__all__ = ["Samples"]


@dataclass(frozen=True)
class Samples:
    """Sequences with targets and weights.

    Parameters
    ----------
    sequences : SequenceArray
        The sequences.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    weights : ndarray of shape (n_samples,) or None
        Their weights, None if all are 1.
    groups : ndarray of int of shape (n_samples,) or None, default=None
        Numbers of the groups that are held out as a whole, None if there are none.
    """

    sequences: SequenceArray
    y: np.ndarray
    weights: np.ndarray | None
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, index: Any) -> Samples:
        weights = None if self.weights is None else self.weights[index]
        groups = None if self.groups is None else self.groups[index]
        return Samples(self.sequences[index], self.y[index], weights, groups)

    def usable(self) -> Samples:
        """Remove incomplete windows and samples of weight zero.

        Raises
        ------
        ValueError
            If nothing is left.
        """
        usable = self.sequences.complete
        if not usable.any():
            raise ValueError(
                f"X holds {len(self)} windows, none of which has all "
                f"{self.sequences.window_length} steps; window_length + lag must not "
                "exceed the number of rows."
            )
        if self.weights is not None:
            usable = usable & (self.weights > 0)
            if not usable.any():
                raise ValueError(
                    "sample_weight is zero for every complete window of X; at least "
                    "one must have a positive weight."
                )
        return self if usable.all() else self[usable]

    def with_mean_weight_one(self) -> Samples:
        """Make the weights relative, so that only their ratios matter."""
        if self.weights is None:
            return self
        weights = self.weights / self.weights.max()  # their sum cannot overflow
        return replace(self, weights=weights / weights.mean())

    def weighted_like(self, other: Samples) -> Samples:
        """Write weights of 1 down if other samples have weights."""
        if self.weights is not None or other.weights is None:
            return self
        return replace(self, weights=np.ones(len(self)))

    def merged(self) -> Samples:
        """Merge equal samples, add up their weights and order them canonically.

        A mean over all samples stays what it was, while "weight k" becomes the very
        same numbers as "k copies", and the order of the rows does not matter.
        """
        weights = np.ones(len(self)) if self.weights is None else self.weights
        total: dict[tuple, float] = {}
        first: dict[tuple, int] = {}
        for i, sequence in enumerate(self.sequences):
            key = (
                as_floats(sequence).tobytes(),
                repr(np.asarray(self.y[i]).tolist()),
                _beside(self.sequences, i),
            )
            first.setdefault(key, i)
            total[key] = total.get(key, 0.0) + weights[i]
        keys = sorted(first)
        distinct = self[[first[key] for key in keys]]
        return Samples(
            distinct.sequences.apart(),
            distinct.y,
            np.array([total[key] for key in keys]),
        )


def _beside(sequences: SequenceArray, i: int) -> bytes:
    """Return what tells equal sequences apart: their gaps, and what is static."""
    parts = []
    if sequences.times is not None:
        times = sequences.times[sequences.starts[i] :][: sequences.lengths[i]]
        gaps = times[1:] - times[:-1] if len(times) else ()
        parts.append(np.asarray(gaps, dtype=float).tobytes())
    if sequences.static is not None:
        parts.append(sequences.static.values[i].tobytes())
    return b"|".join(parts)
