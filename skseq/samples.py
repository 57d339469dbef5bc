"""Samples on their way into training: weights, duplicates, a held-out part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from skseq.sequences import SequenceArray

__all__ = ["Samples", "split_for_validation"]


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
    """

    sequences: SequenceArray
    y: np.ndarray
    weights: np.ndarray | None

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, index: Any) -> Samples:
        weights = None if self.weights is None else self.weights[index]
        return Samples(self.sequences[index], self.y[index], weights)

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
        return Samples(self.sequences, self.y, weights / weights.mean())

    def merged(self) -> Samples:
        """Merge equal samples, add up their weights and order them canonically.

        A mean over all samples stays what it was, while "weight k" becomes the very
        same numbers as "k copies", and the order of the rows does not matter.
        """
        weights = np.ones(len(self)) if self.weights is None else self.weights
        total: dict[tuple, float] = {}
        first: dict[tuple, int] = {}
        for i, sequence in enumerate(self.sequences):
            key = (sequence.tobytes(), repr(np.asarray(self.y[i]).tolist()))
            first.setdefault(key, i)
            total[key] = total.get(key, 0.0) + weights[i]
        keys = sorted(first)
        distinct = self[[first[key] for key in keys]]
        return Samples(
            SequenceArray.from_list(distinct.sequences.to_list()),
            distinct.y,
            np.array([total[key] for key in keys]),
        )


def split_for_validation(
    samples: Samples,
    fraction: float,
    random_state: np.random.RandomState,
    *,
    stratify: bool,
) -> tuple[Samples, Samples]:
    """Hold out some samples.

    Parameters
    ----------
    samples : Samples
        What to split.
    fraction : float
        How many to hold out, at least one.
    random_state : RandomState
        Decides which.
    stratify : bool
        Whether both parts shall have the same share of every class; without
        enough samples of a class the split is a plain one.

    Returns
    -------
    train, valid : Samples
        Both parts.

    Raises
    ------
    ValueError
        If there is only one sample.
    """
    n_samples = len(samples)
    if n_samples < 2:
        raise ValueError(
            "early_stopping=True holds out a part of the samples and needs at least "
            f"2 distinct ones; got n_samples={n_samples}."
        )
    n_valid = min(max(1, round(fraction * n_samples)), n_samples - 1)
    if stratify:
        counts = np.unique(samples.y, return_counts=True)[1]
        n_least = min(n_valid, n_samples - n_valid)
        stratify = counts.min() > 1 and n_least >= len(counts)
    train, valid = train_test_split(
        np.arange(n_samples),
        test_size=n_valid,
        stratify=samples.y if stratify else None,
        random_state=random_state,
    )
    return samples[train], samples[valid]
