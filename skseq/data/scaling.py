"""Standardisation of the time steps, learned once per step and not per window."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

from skseq.data.bounds import Bounds, refuse_huge
from skseq.data.sequences import SequenceArray

__all__ = [
    "StepScaler",
    "fit_scaler",
    "mean_of_steps",
    "sequence_scale",
    "standard_scaler",
]

CHUNK = 2**16  # rows transformed at a time, so that no large temporary is made


def standard_scaler(normalize: bool) -> StandardScaler:
    """Return a StandardScaler that gives arrays, whatever output is configured.

    Parameters
    ----------
    normalize : bool
        False makes one that changes nothing.

    Returns
    -------
    scaler : StandardScaler
    """
    scaler = StandardScaler(with_mean=normalize, with_std=normalize)
    return scaler.set_output(transform="default")


def fit_scaler(
    scaler: StandardScaler, values: np.ndarray, weights: np.ndarray | None
) -> None:
    """Learn mean and deviation of columns, of which some values are missing.

    Parameters
    ----------
    scaler : StandardScaler
        It leaves a column alone that is never there, of which nothing is known.
    values : ndarray of shape (n_rows, n_columns)
        The rows.
    weights : ndarray of shape (n_rows,) or None
        Weight of each.
    """
    with np.errstate(invalid="ignore"):  # of columns that are never there
        scaler.fit(values, sample_weight=weights)
    if scaler.mean_ is not None:
        is_unknown = np.isnan(scaler.mean_)
        scaler.mean_[is_unknown] = 0
        scaler.var_[is_unknown] = scaler.scale_[is_unknown] = 1


class StepScaler:
    """scikit-learn's StandardScaler over the time steps of sequences.

    A step counts as often as sequences use it, each with its weight, as if the
    sequences had been laid out one after the other.

    Parameters
    ----------
    normalize : bool
        False passes the values on as they are.

    Attributes
    ----------
    bounds : Bounds
        Tell wild values, which are clipped before anything is standardised.
    """

    bounds = Bounds.none()  # of what an earlier version wrote

    def __init__(self, normalize: bool):
        self.scaler = standard_scaler(normalize)
        self.bounds = Bounds.none()

    def fit(
        self,
        sequences: SequenceArray,
        weights: np.ndarray | None,
        *,
        clip: bool = False,
        name: str = "X",
    ) -> StepScaler:
        """Learn mean and standard deviation per feature, and bounds before.

        Parameters
        ----------
        sequences : SequenceArray
            The training part.
        weights : ndarray of shape (n_samples,) or None
            Weight of each sequence.
        clip : bool, default=False
            Whether to learn bounds; False leaves all values alone.
        name : str, default="X"
            What the sequences are, for errors.

        Raises
        ------
        ValueError
            If usual values are too large to be standardised.
        """
        sequences = sequences.compact()
        ends = sequences.starts + sequences.lengths
        edges = np.zeros(len(sequences.values) + 1)
        np.add.at(edges, sequences.starts, 1 if weights is None else weights)
        np.add.at(edges, ends, -1 if weights is None else -weights)
        uses = np.cumsum(edges[:-1])
        self.bounds = Bounds.of(sequences.values) if clip else Bounds.none()
        values = self.bounds.clip(sequences.values)
        if clip:
            refuse_huge(values, name)
        if not values.shape[1]:  # nothing is a number
            values = np.zeros((len(values), 1))
        fit_scaler(self.scaler, values, uses)
        return self

    def transform(self, sequences: SequenceArray, dtype: np.dtype) -> SequenceArray:
        """Return standardised sequences of a type, without steps that none uses.

        Parameters
        ----------
        sequences : SequenceArray
            Sequences with as many features as in `fit`.
        dtype : dtype
            Type of the result; what is computed is at least as precise.
        """
        mean, std = self.scaler.mean_, self.scaler.scale_  # None: unchanged

        def standardize(values: np.ndarray) -> np.ndarray:
            if mean is None:
                return self.bounds.clip(values).astype(dtype)
            scaled = np.empty(values.shape, dtype)
            for start in range(0, len(values), CHUNK):
                rows = slice(start, start + CHUNK)
                scaled[rows] = (self.bounds.clip(values[rows]) - mean) / std
            return scaled

        return sequences.compact().map_values(standardize)

    def clip(self, sequences: SequenceArray) -> SequenceArray:
        """Return sequences without wild values, as they are if they have none.

        Parameters
        ----------
        sequences : SequenceArray
            Sequences with as many features as in `fit`.
        """
        return sequences.map_values(self.bounds.clip)

    def scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation, each of shape (1, n_features)."""
        return self.scaler.mean_[None], self.scaler.scale_[None]


def mean_of_steps(sequences: SequenceArray, weights: np.ndarray | None) -> np.ndarray:
    """Return the mean of every feature over the steps that have it.

    Parameters
    ----------
    sequences, weights
        As in `StepScaler.fit`.

    Returns
    -------
    mean : ndarray of float64 of shape (n_features,)
        Zero where it is missing in all.
    """
    return StepScaler(normalize=True).fit(sequences, weights).scaler.mean_


def sequence_scale(sequences: SequenceArray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of every feature of every sequence.

    Parameters
    ----------
    sequences : SequenceArray
        The sequences.

    Returns
    -------
    mean, std : ndarray of float64 of shape (n_samples, n_features)
        The deviation is 1 where a feature is constant, but for rounding, or missing in
        every step.

    Raises
    ------
    ValueError
        If values are too large for a deviation.
    """
    n_samples = len(sequences)
    mean, std = np.zeros((2, n_samples, sequences.n_features))
    lengths = sequences.lengths.clip(min=1)  # an empty window is given any step
    ends = np.cumsum(lengths)
    first = 0
    while first < n_samples:
        done = ends[first] - lengths[first]
        last = max(first + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
        part = slice(first, last)
        n = lengths[part, None]
        offsets = ends[part] - lengths[part] - done
        rows = np.repeat(sequences.starts[part] - offsets, lengths[part])
        values = sequences.values[rows + np.arange(len(rows))].astype(np.float64)
        refuse_huge(values, "X")
        is_there = ~np.isnan(values)
        if not is_there.all():
            values[~is_there] = 0
            n = np.add.reduceat(is_there, offsets, dtype=np.intp).clip(min=1)
        mean[part] = np.add.reduceat(values, offsets) / n
        centred = values - np.repeat(mean[part], lengths[part], axis=0)
        centred[~is_there] = 0
        std[part] = np.sqrt(np.add.reduceat(centred**2, offsets) / n)
        first = last
    rounding = 10 * np.finfo(sequences.dtype).eps * np.abs(mean)
    std[std <= rounding] = 1
    return mean, std
