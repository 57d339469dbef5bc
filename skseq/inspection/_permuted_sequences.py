"""Sequences of which a few steps or columns are permuted, and what scores become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import check_consistent_length

from skseq.data.instances import check_instances
from skseq.data.layouts import is_panel
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.inspection._layouts import (
    lay_out,
    lay_out_like,
    names_of_features,
    names_with_static,
)
from skseq.inspection._permuted import Scoring

__all__ = ["PermutedSequences"]


class PermutedSequences:
    """`Permuted` sequences in any layout.

    Parameters
    ----------
    estimator : estimator
        It is fitted.
    asked : Scoring
        What is scored, and permuted.
    align : str
        As in `permutation_importance`.
    """

    def __init__(self, estimator: Any, asked: Scoring, align: str):
        X, y, scoring, sample_weight, by, step_size = asked
        self.estimator, self.X, self.y = estimator, X, y
        self.n_channels = getattr(estimator, "n_channels", 1)
        sequences = lay_out(X, self.n_channels)
        check_instances(X, y, "y")
        check_instances(X, sample_weight, "sample_weight")
        if y is not None:
            n_steps = int(sequences.lengths.sum())
            targets, weights = (_one_each(part, n_steps) for part in (y, sample_weight))
            check_consistent_length(sequences.starts, targets, weights)
        self.scorer = check_scoring(estimator, scoring=scoring)
        self.options = {}
        if sample_weight is not None:
            self.options["sample_weight"] = sample_weight
        self.baseline = self._score(X)
        n_steps, n_features = int(sequences.lengths.max()), sequences.n_features
        if by == "feature":
            step_size = n_steps
        firsts = range(0, n_steps, step_size)
        blocks = [range(first, min(first + step_size, n_steps)) for first in firsts]
        self.steps = np.array([block[0] for block in blocks])
        self.from_end = align == "end"
        if self.from_end:  # blocks count backwards
            blocks = blocks[::-1]
            self.steps = np.array([-block[-1] - 1 for block in blocks])
        columns: list[Any] = [slice(None)]
        if by != "step":
            columns = [slice(i, i + 1) for i in range(n_features)]
        self.names = names_of_features(X, estimator, n_features)
        if by == "feature" and sequences.static is not None:
            columns += [_Static(i) for i in range(sequences.static.values.shape[1])]
            self.names = names_with_static(self.names, n_features, sequences.static)
        self.blocks, self.columns = blocks, columns
        self.n_columns = len(columns)

    def _score(self, X: Any) -> Any:
        return self.scorer(self.estimator, X, self.y, **self.options)

    def scores(self, block: int, column: int, seed: int, n_repeats: int) -> list:
        """Return scores, as `Permuted.scores` does."""
        rng = np.random.RandomState(seed)
        sequences = lay_out(self.X, self.n_channels)
        permuted = sequences.map_values(np.copy)
        columns, scores = self.columns[column], []
        for _ in range(n_repeats):
            order = rng.permutation(len(sequences))
            if isinstance(columns, _Static):
                permuted.static = columns.permuted(sequences.static, order)
            else:
                exchanges = _exchanges(
                    sequences, order, self.blocks[block], self.from_end
                )
                for rows, donors in exchanges:
                    permuted.values[rows, columns] = sequences.values[donors, columns]
            scores.append(self._score(lay_out_like(self.X, permuted)))
        return scores


def _one_each(values: Any, n_steps: int) -> Any:
    """Return values of sequences, None if a panel has one for each time step."""
    return None if is_panel(values) and len(values) == n_steps else values


class _Static(NamedTuple):
    """A column of what is known of sequences as a whole."""

    column: int

    def permuted(self, table: Any, order: np.ndarray) -> StaticTable:
        """Return a table with this column in another order."""
        found = table[np.arange(len(order))]
        found.values[:, self.column] = table.values[order, self.column]
        return found


def _exchanges(
    sequences: SequenceArray, order: np.ndarray, block: range, from_end: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for each step of a block, its rows and those whose values they get.

    A sequence follows its cycle of the permutation up to one that has the step: what a
    uniform permutation is to all samples, this is to those that have the step.
    """
    donors = order.copy()
    for step in block:
        has_step = sequences.lengths > step
        seeking = has_step & ~has_step[donors]
        while seeking.any():
            donors[seeking] = donors[donors[seeking]]
            seeking = has_step & ~has_step[donors]
        rows = sequences.starts + step
        if from_end:
            rows = sequences.starts + sequences.lengths - 1 - step
        yield rows[has_step], rows[donors[has_step]]
