"""Standardisation of the time steps, learned once per step and not per window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from skseq.data.bounds import Bounds, refuse_huge, spread
from skseq.data.rows import UsedRows
from skseq.data.sequences import SequenceArray
from skseq.data.stored import as_floats, n_rows_of_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "StepScaler",
    "fit_scaler",
    "mean_of_steps",
    "sequence_scale",
    "standard_scaler",
]


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
    scaler: StandardScaler, pieces: Iterable[tuple[np.ndarray, np.ndarray | None]]
) -> None:
    """Learn mean and deviation of columns, of which some values are missing.

    Parameters
    ----------
    scaler : StandardScaler
        It leaves a column alone that is never there, of which nothing is known.
    pieces : iterable of tuple of two ndarrays
        Rows of shape (n_rows, n_columns), and the weight of each, None for 1.
    """
    learn = scaler.fit
    known: Any = 0.0, 1.0, 1.0
    for values, weights in pieces:
        with np.errstate(invalid="ignore"):  # of columns that are not in this piece
            learn(values, sample_weight=weights)
        learn = scaler.partial_fit
        if scaler.mean_ is not None:
            is_there = ~np.isnan(scaler.var_)
            found = scaler.mean_, scaler.var_, scaler.scale_
            known = tuple(
                np.where(is_there, *pair) for pair in zip(found, known, strict=True)
            )
            scaler.mean_, scaler.var_, scaler.scale_ = known


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
        chosen: Callable[[np.ndarray], np.ndarray] | None = None,
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
        chosen : callable, optional
            Takes rows of the table and returns the columns whose scales to learn, by
            default all.

        Raises
        ------
        ValueError
            If usual values are too large to be standardised.
        """
        table = sequences.values
        if chosen is None:
            chosen = as_floats
        rows = UsedRows(sequences.starts, sequences.lengths)
        self.bounds = Bounds.none()
        if clip:
            self.bounds = Bounds.of(chosen(rows.take(table, spread(len(rows)))))

        def pieces() -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
            for part, counts in rows.pieces(table, weights):
                values = self.bounds.clip(chosen(part))
                if clip:
                    refuse_huge(values, name)
                yield values, counts

        n_columns = chosen(as_floats(table[:1])).shape[1]
        if len(rows) and n_columns and self.scaler.with_mean:
            fit_scaler(self.scaler, pieces())
        else:  # there is nothing to learn
            self.scaler.fit(np.zeros((1, max(1, n_columns))))
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
        rows = UsedRows(sequences.starts, sequences.lengths)
        if not len(rows):
            return sequences.compact().map_values(lambda values: values.astype(dtype))
        scaled = np.empty((len(rows), sequences.n_features), dtype)
        n_done = 0
        for part, _ in rows.pieces(sequences.values):
            part = self.bounds.clip(part)
            own = slice(n_done, n_done + len(part))
            scaled[own] = part if mean is None else (part - mean) / std
            n_done += len(part)
        return sequences._replace(
            values=scaled, starts=rows.before(sequences.starts), times=None
        )

    def clip(self, sequences: SequenceArray) -> SequenceArray:
        """Return sequences without wild values, as they are if they have none.

        Parameters
        ----------
        sequences : SequenceArray
            Sequences with as many features as in `fit`.
        """
        values = self.bounds.clip(sequences.values)
        if values is sequences.values:
            return sequences
        return sequences._replace(values=values)

    def scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation, each of shape (1, n_features)."""
        return self.scaler.mean_[None], self.scaler.scale_[None]


def mean_of_steps(
    sequences: SequenceArray,
    weights: np.ndarray | None,
    chosen: Callable[[np.ndarray], np.ndarray] | None,
) -> np.ndarray:
    """Return the mean of every feature over the steps that have it.

    Parameters
    ----------
    sequences, weights, chosen
        As in `StepScaler.fit`.

    Returns
    -------
    mean : ndarray of float64 of shape (n_features,)
        Zero where it is missing in all.
    """
    scaler = StepScaler(normalize=True).fit(sequences, weights, chosen=chosen)
    return scaler.scaler.mean_


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
    lengths = np.maximum(sequences.lengths, 1)  # an empty window is given any step
    ends = lengths.cumsum()
    most = n_rows_of_piece(sequences.n_features)
    first = 0
    while first < n_samples:
        done = ends[first] - lengths[first]
        last = max(first + 1, int(ends.searchsorted(done + most, side="right")))
        part = slice(first, last)
        n = lengths[part, None]
        offsets = ends[part] - lengths[part] - done
        rows = (sequences.starts[part] - offsets).repeat(lengths[part])
        values = sequences.values[rows + np.arange(len(rows))]
        refuse_huge(values, "X")
        values = values.astype(np.float64, copy=False)
        is_missing = np.isnan(values)
        has_all = not is_missing.any()
        if not has_all:
            values[is_missing] = 0
            n = np.add.reduceat(~is_missing, offsets, dtype=np.intp).clip(min=1)
        mean[part] = np.add.reduceat(values, offsets) / n
        centred = values - mean[part].repeat(lengths[part], axis=0)
        if not has_all:
            centred[is_missing] = 0
        std[part] = np.sqrt(np.add.reduceat(np.square(centred), offsets) / n)
        first = last
    rounding = 10 * np.finfo(sequences.dtype).eps * np.abs(mean)
    std[std <= rounding] = 1
    return mean, std
