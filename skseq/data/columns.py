"""Which columns of sequences are numbers, which categories, and what else there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from skseq._showing import shown
from skseq.data.bounds import Bounds
from skseq.data.categories import chosen_columns, recode
from skseq.data.compared import (
    check_static_numbers,
    name_of_column,
)
from skseq.data.gaps import check_times_known, gaps, usual_gap
from skseq.data.rows import UsedRows
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.data.stored import pieces
from skseq.networks.inputs import FIRST, MISSING, UNKNOWN, StepColumns

__all__ = ["InputColumns", "learn_columns"]


@dataclass(frozen=True)
class InputColumns:
    """What `fit` learned of the columns of sequences, and of what stands beside them.

    Parameters
    ----------
    numeric, categorical : ndarray of int
        Positions of the columns of numbers and of categories.
    categories : tuple of Index
        The categories of the latter.
    has_holes : bool
        Whether values may be missing.
    gap : float or None
        Median time between two steps; None if times are not looked at.
    static_numeric, static_categorical : ndarray of int
        Positions of such columns in the table of what is known of sequences as a whole.
    static_categories : tuple of Index
        The categories of the latter.
    static_center, static_scale : tuple of float
        What to subtract from the former, then to divide by.
    static_bounds : Bounds
        Tell wild static numbers, which are clipped before.
    static_names : tuple of str, default=()
        Names of all these columns, if they have any.
    unseen, static_unseen : tuple of int, default=()
        Which of the columns of numbers were missing throughout the training part, so
        that networks have learned nothing of them: they are missing later, too.
    has_dates : bool, default=False
        Whether times are dates, or spans of time, and `gap` is in seconds.
    """

    numeric: np.ndarray
    categorical: np.ndarray
    categories: tuple[pd.Index, ...]
    has_holes: bool
    gap: float | None
    static_numeric: np.ndarray
    static_categorical: np.ndarray
    static_categories: tuple[pd.Index, ...]
    static_center: tuple[float, ...]
    static_scale: tuple[float, ...]
    static_bounds: Bounds
    static_names: tuple[str, ...] = ()
    unseen: tuple[int, ...] = ()
    static_unseen: tuple[int, ...] = ()
    has_dates: bool = False

    def fit_together(self) -> bool:
        """Return whether the parts, of a file perhaps, are of one kind."""
        columns = np.sort(np.append(self.numeric, self.categorical))
        static = np.sort(np.append(self.static_numeric, self.static_categorical))
        return (
            len(self.categorical) == len(self.categories)
            and len(self.static_categorical) == len(self.static_categories)
            and len(self.static_center) == len(self.static_numeric)
            and len(self.static_scale) == len(self.static_numeric)
            and len(self.static_names) in (0, len(static))
            and columns.tolist() == list(range(len(columns)))
            and static.tolist() == list(range(len(static)))
            and (self.gap is None or self.gap > 0)
            and (self.has_holes or not (self.unseen or self.static_unseen))
            and set(self.unseen) <= set(range(len(self.numeric)))
            and set(self.static_unseen) <= set(range(len(self.static_numeric)))
        )

    @property
    def are_plain(self) -> bool:
        """Whether all there is are numbers, none of which may be missing."""
        n_others = len(self.categorical) + self.n_static
        return not self.has_holes and self.gap is None and n_others == 0

    @property
    def n_static(self) -> int:
        """Number of columns that are known of sequences as a whole."""
        return len(self.static_numeric) + len(self.static_categorical)

    def of_step(self, n_views: int) -> StepColumns:
        """Return what a network is given of a step, numbers in one or two views."""
        return StepColumns(
            len(self.numeric),
            n_views,
            self.gap is not None,
            tuple(len(known) for known in self.categories),
            len(self.static_numeric) * (1 + self.has_holes),
            tuple(len(known) for known in self.static_categories),
        )

    def example_of_static(self) -> StaticTable:
        """Return a row of what is known of a sequence as a whole."""
        categories: list[pd.Index | None] = [None] * self.n_static
        for i, known in zip(
            self.static_categorical.tolist(), self.static_categories, strict=True
        ):
            categories[i] = known
        names = self.static_names or None
        return StaticTable(np.zeros((1, self.n_static)), names, tuple(categories))

    def scaled(
        self, sequences: SequenceArray, weights: np.ndarray | None
    ) -> InputColumns:
        """Return the same columns with scales of gaps and of static numbers.

        Parameters
        ----------
        sequences : SequenceArray
            The training part.
        weights : ndarray of shape (n_samples,) or None
            Weight of each sequence.
        """
        if self.are_plain:
            return self
        given = np.ones(len(sequences)) if weights is None else weights
        columns = self
        if self.gap is not None:
            columns = replace(columns, gap=usual_gap(sequences, given))
        if self.has_holes:
            rows = UsedRows(sequences.starts, sequences.lengths)
            unseen = set(range(len(self.numeric)))
            for part, _ in rows.pieces(sequences.values):
                unseen.intersection_update(_never_there(part[:, self.numeric]))
            columns = replace(columns, unseen=tuple(sorted(unseen)))
        if sequences.static is None:
            return columns
        numbers = sequences.static.values[:, self.static_numeric]
        columns = replace(columns, static_unseen=_never_there(numbers))
        bounds = Bounds.of(numbers)
        center, scale = _scales(bounds.clip(numbers), given)
        return replace(
            columns,
            static_center=tuple(center.tolist()),
            static_scale=tuple(scale.tolist()),
            static_bounds=bounds,
        )

    def numbers(self, sequences: SequenceArray) -> SequenceArray:
        """Return sequences of the columns of numbers alone, NaN where none is known."""
        return sequences.map_values(self.numbers_of)

    def numbers_of(self, values: np.ndarray) -> np.ndarray:
        """Return the columns of numbers of rows, NaN where none is known."""
        if not len(self.categorical) and not self.unseen:
            return values
        values = values[:, self.numeric]
        values[:, self.unseen] = np.nan
        return values

    def beside(self, sequences: SequenceArray) -> np.ndarray | None:
        """Return what a network is given of each row besides numbers.

        Returns
        -------
        table : ndarray of float of shape (n_steps, n_columns) or None
            Times since the row before, in units of `gap`, and codes of categories. The
            row before a sequence's first one may be another sequence's.
        """
        columns: list[np.ndarray] = []
        if self.gap is not None:
            columns.append(gaps(sequences) / self.gap)
        own = sequences.categories or (None,) * sequences.n_features
        for i, known in zip(self.categorical.tolist(), self.categories, strict=True):
            columns.append(_codes(sequences.values[:, i], own[i], known))
        return np.column_stack(columns).astype(np.float32) if columns else None

    def static(self, sequences: SequenceArray) -> np.ndarray | None:
        """Return what a network is given of each sequence as a whole.

        Returns
        -------
        table : ndarray of float of shape (n_samples, n_columns) or None
            Standardised numbers; where they may be missing, whether they are; and codes
            of categories.
        """
        table = sequences.static
        if table is None or not self.n_static:
            return None
        numbers = self.static_bounds.clip(table.values[:, self.static_numeric])
        is_there = ~np.isnan(numbers)
        is_there[:, self.static_unseen] = False
        center, scale = np.array([self.static_center, self.static_scale])
        scaled = (numbers - center) / scale
        parts = [np.where(is_there, scaled, 0)]
        if self.has_holes:
            parts.append(~is_there)
        pairs = zip(
            self.static_categorical.tolist(), self.static_categories, strict=True
        )
        parts += [
            _codes(table.values[:, i], table.categories[i], known) for i, known in pairs
        ]
        return np.column_stack(parts).astype(np.float32)


def learn_columns(
    sequences: SequenceArray,
    categorical_features: Any,
    *,
    has_holes: bool,
    has_gaps: bool,
) -> InputColumns:
    """Learn what the columns of sequences hold.

    Parameters
    ----------
    sequences : SequenceArray
        Those of `fit`.
    categorical_features : "from_dtype", None, or array-like of str, int or bool
        Which columns hold categories: those that say so themselves; none; or those
        with such names or positions, or a mask.
    has_holes : bool
        Whether values may be missing.
    has_gaps : bool
        Whether the times between steps matter.

    Returns
    -------
    columns : InputColumns

    Raises
    ------
    ValueError
        If a column that is asked for is not there, one that is not asked for holds
        categories, or times are not known.
    """
    own = sequences.categories or (None,) * sequences.n_features
    chosen = chosen_columns(
        categorical_features,
        sequences.n_features,
        sequences.feature_names,
        np.array([known is not None for known in own], dtype=bool),
    )
    for i in np.flatnonzero(~chosen).tolist():
        if own[i] is not None:
            raise ValueError(
                f"{name_of_column(sequences, i)} holds categories, but "
                f"categorical_features={shown(categorical_features)} leaves it out; "
                "numbers are expected then."
            )
    has_dates = check_times_known(sequences) if has_gaps else False
    categories = [
        _categories(sequences.values, i, own[i])
        for i in np.flatnonzero(chosen).tolist()
    ]
    table = sequences.static
    if table is None:
        table = StaticTable(np.empty((len(sequences), 0)))
    of_static = np.array([known is not None for known in table.categories], dtype=bool)
    numeric = np.flatnonzero(~of_static)
    if not has_holes:
        check_static_numbers(table, numeric, sequences.instances)
    n = len(numeric)
    return InputColumns(
        np.flatnonzero(~chosen),
        np.flatnonzero(chosen),
        tuple(categories),
        has_holes,
        1.0 if has_gaps else None,
        numeric,
        np.flatnonzero(of_static),
        tuple(known for known in table.categories if known is not None),
        (0.0,) * n,
        (1.0,) * n,
        Bounds.none(),
        () if table.names is None else tuple(table.names),
        has_dates=has_dates,
    )


def _categories(values: np.ndarray, i: int, own: pd.Index | None) -> pd.Index:
    """Return the categories of a column."""
    if own is not None:
        return own
    parts = [np.unique(part[:, i]) for _, part in pieces(values)]
    found = np.unique(np.concatenate(parts))
    return pd.Index(found[~np.isnan(found)])


def _codes(values: np.ndarray, own: pd.Index | None, known: pd.Index) -> np.ndarray:
    """Return what a network is given of a column of categories."""
    positions = recode(values, own, known)
    return np.select(
        [positions == -2, positions == -1], [MISSING, UNKNOWN], positions + FIRST
    )


def _never_there(values: np.ndarray) -> tuple[int, ...]:
    """Return the positions of columns of which all values are missing."""
    return tuple(np.flatnonzero(np.isnan(values).all(axis=0)).tolist())


def _scales(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of columns, of which some values are missing."""
    shares = np.where(np.isnan(values), 0, weights[:, None])
    total = shares.sum(axis=0)
    shares = shares / np.where(total > 0, total, 1)
    values = np.nan_to_num(values)
    mean = (shares * values).sum(axis=0)
    deviation = np.sqrt((shares * np.square(values - mean)).sum(axis=0))
    is_constant = deviation <= 10 * np.finfo(float).eps * np.abs(mean)
    return mean, np.where(is_constant, 1, deviation)
