"""Sequences parts of which are those of others, and what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq._showing import naming, shown
from skseq.core.sequence_network import SMALL_STEPS
from skseq.core.tasks import MultilabelClassification
from skseq.data.categories import extended, recode
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.inspection._answers import Answers
from skseq.inspection._layouts import lay_out, names_of_features, names_with_static
from skseq.inspection._mixed import Question
from skseq.inspection._players import Players, segment_of_steps
from skseq.inspection._targets import class_columns, number_column, step_shares

__all__ = ["MixedSequences"]


class MixedSequences:
    """`Mixed` sequences. Those of unequal lengths have shares of them as `steps`.

    Parameters
    ----------
    estimator : estimator
        It is fitted.
    question : Question
        What is asked.
    """

    def __init__(self, estimator: Any, question: Question):
        X, background, target, step, n_segments, groups = question
        n_channels = getattr(estimator, "n_channels", 1)
        self.x, self.usual = _alike(
            _read(X, n_channels, "X"), _read(background, n_channels, "background")
        )
        self.shape, self.columns = None, None  # of arrays, and of tables
        if not isinstance(X, SequenceArray) and not (
            is_panel(X) or is_list_of_sequences(X)
        ):
            self.shape = np.shape(X)[1:]
            self.columns = getattr(X, "columns", None)
        self.n_samples, self.n_background = len(self.x), len(self.usual)
        n_features = self.x.n_features
        names: Any = names_of_features(X, estimator, n_features)
        static = self.x.static
        if static is not None:
            names = names_with_static(names, n_features, static)
        if names is None:
            names = [f"x{i}" for i in range(n_features)]
        names = list(names)
        longest = int(self.x.lengths.max())
        n_segments = min(n_segments or longest, longest)
        self.steps = np.ceil(np.arange(n_segments) * longest / n_segments).astype(int)
        if self.x.n_timesteps is None:
            self.steps = np.arange(n_segments) / n_segments
        self.players = Players(
            names[:n_features], names[n_features:], groups, n_segments
        )
        self.answers = Answers(estimator, self.x)
        self._choose(target, step)

    def _choose(self, target: Any, step: Any) -> None:
        """Decide which of the answers is looked at."""
        whole = np.ones((1, self.players.n), dtype=bool)
        said = [self._answers(i, 0, whole)[0] for i in range(self.n_samples)]
        lengths = np.array([len(answer) for answer in said])
        predicted = np.zeros((len(said), lengths.max()), dtype=int)
        for i, answer in enumerate(said):
            predicted[i, : len(answer)] = answer.argmax(axis=1)
        if not self.answers.has_steps and step is not None:
            raise ValueError(
                f"step={shown(step)} is for estimators that answer step by step."
            )
        self.shares = step_shares(step, lengths)
        task = getattr(self.answers.last, "_task", None)
        if self.answers.are_numbers or isinstance(task, MultilabelClassification):
            column = number_column(target, said[0].shape[1])
            self.chosen = np.full(predicted.shape, column)
        else:
            predicted = self.answers.predicted(predicted)
            classes = np.asarray(self.answers.classes)
            self.chosen = class_columns(classes, target, predicted)

    def said(self, i: int, donor: int, masks: np.ndarray) -> np.ndarray:
        """Return what is said (n,) of mixtures, as `Mixed.said` does."""
        size = max(1, SMALL_STEPS // max(1, int(self.x.lengths[i])))
        with naming("background"):  # X alone was no error
            parts = [
                self._answers(i, donor, masks[first : first + size])
                for first in range(0, len(masks), size)
            ]
        answers = np.concatenate(parts)  # (n, U, C)
        n_steps = answers.shape[1]
        chosen = answers[:, np.arange(n_steps), self.chosen[i, :n_steps]]
        return chosen @ self.shares[i, :n_steps]

    def _answers(self, i: int, donor: int, masks: np.ndarray) -> np.ndarray:
        mixed = self._mixed(i, donor, masks)
        if self.shape is None:
            return self.answers(mixed, i)
        X: Any = mixed.values.reshape(len(masks), *self.shape)
        if self.columns is not None:
            X = pd.DataFrame(X, columns=self.columns)
        return self.answers(X, i)

    def _mixed(self, i: int, donor: int, masks: np.ndarray) -> SequenceArray:
        """Return sequences with the length and the times of a sample."""
        n, own, other = len(masks), self.x[i], self.usual[donor]
        n_steps = len(own)
        at = ((np.arange(n_steps) + 0.5) * len(other) / max(n_steps, 1)).astype(int)
        segment = segment_of_steps(n_steps, self.players.n_segments)
        cells = self.players.at_steps(masks, segment)
        values = np.where(cells, own, other[at]).reshape(-1, self.x.n_features)
        static, usual, times = self.x.static, self.usual.static, self.x.times
        if static is not None and usual is not None:
            rows = static.values[i], usual.values[donor]
            static = StaticTable(
                np.where(self.players.static(masks), *rows),
                static.names,
                static.categories,
            )
        if times is not None:
            start = self.x.starts[i]
            times = times[np.tile(np.arange(start, start + n_steps), n)]
        return SequenceArray(
            values,
            np.arange(n) * n_steps,
            np.full(n, n_steps),
            self.x.window_length,
            feature_names=self.x.feature_names,
            times=times,
            categories=self.x.categories,
            static=static,
        )


def _read(X: Any, n_channels: int, name: str) -> SequenceArray:
    """Return sequences of any layout, with their names, categories and times."""
    if isinstance(X, SequenceArray) and len(X):
        return X
    sequences = lay_out(X, n_channels, name)
    if is_panel(X):
        return SequenceArray.from_frame(X.to_frame() if X.ndim == 1 else X)
    return SequenceArray.from_list(X) if is_list_of_sequences(X) else sequences


def _alike(
    x: SequenceArray, other: SequenceArray
) -> tuple[SequenceArray, SequenceArray]:
    """Return sequences and a background with the same categories."""
    n_static = [0 if s.static is None else s.static.values.shape[1] for s in (other, x)]
    if other.n_features != x.n_features or n_static[0] != n_static[1]:
        raise ValueError(
            f"background has {other.n_features} features and {n_static[0]} static "
            f"columns, X has {x.n_features} and {n_static[1]}."
        )
    if not other.lengths.all():
        raise ValueError(
            f"background[{int(np.argmin(other.lengths))}] has no step; expected one at "
            "least."
        )
    values, known = _recoded(other, x)
    static, of_x = other.static, x.static
    if of_x is not None:
        table, of_static = _recoded(static, of_x)
        static = StaticTable(table)
        of_x = StaticTable(of_x.values, of_x.names, of_static)
    x = x._replace(categories=known, static=of_x)
    return x, other._replace(values=values, static=static)


def _recoded(other: Any, x: Any) -> tuple[np.ndarray, Any]:
    """Return values by the categories of both, and these, which begin with those of x.

    Parameters
    ----------
    other, x : SequenceArray or StaticTable
        What has values and categories.
    """
    nothing = (None,) * x.values.shape[1]
    pairs = list(zip(other.categories or nothing, x.categories or nothing, strict=True))
    if all(one is None and two is None for one, two in pairs):
        return other.values, x.categories
    values = np.array(other.values, dtype=float)
    known: list[pd.Index | None] = []
    for column, (own, of_x) in enumerate(pairs):
        if own is None or of_x is None:
            if own is not of_x:
                raise ValueError(
                    f"Column {column} holds categories in one of X and background, and "
                    "numbers in the other."
                )
            known.append(None)
            continue
        known.append(extended(of_x, own))
        codes = recode(values[:, column], own, known[-1])
        values[:, column] = np.where(codes < 0, np.nan, codes)
    return values, tuple(known)
