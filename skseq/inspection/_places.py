"""Which columns of what a network is given are numbers of X."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from skseq.data.columns import InputColumns
from skseq.data.sequences import SequenceArray

__all__ = ["Places"]


class Places:
    """Where the numbers of X stand in steps (B, T, C), and back.

    A network is given numbers, in two views perhaps, and behind them what has no
    gradient: gaps, codes of categories, whether a static number is there.

    Parameters
    ----------
    columns : InputColumns or None
        What `fit` learned; None of an estimator of numbers alone.
    sequences : SequenceArray
        The sequences.
    has_two_views : bool
        Whether each number is given twice, in two scales.

    Attributes
    ----------
    numbers : SequenceArray
        The columns of numbers alone.
    n_views : int
        How often each is given.
    n_features : int
        Number of columns of X.
    static_scale : ndarray of shape (S,)
        What static numbers are divided by.
    static_is_missing : ndarray of bool of shape (n_samples, S)
        Which of them are not there.
    """

    def __init__(
        self,
        columns: InputColumns | None,
        sequences: SequenceArray,
        has_two_views: bool,
    ):
        self.numbers = sequences
        self.n_views = 1 + has_two_views
        self.n_features = sequences.n_features
        self.numeric = np.arange(self.n_features)
        self.static_numeric = np.empty(0, dtype=int)
        self.n_static = self.n_codes = 0
        self.static_scale = np.empty(0)
        self.static_is_missing = np.empty((len(sequences), 0), dtype=bool)
        if columns is not None:
            self.numbers = columns.numbers(sequences)
            self.numeric = columns.numeric
            self.static_numeric = columns.static_numeric
            self.n_static = columns.n_static
            self.static_scale = np.array(columns.static_scale)
            step = columns.of_step(self.n_views)
            self.n_codes = step.n_static - len(self.static_numeric)
            self.n_codes += len(step.n_static_categories)
        if sequences.static is not None and columns is not None:
            numbers = sequences.static.values[:, self.static_numeric]
            self.static_is_missing = np.isnan(numbers)

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is about numbers (B, T, V F), and about static ones (B, S).

        Parameters
        ----------
        x : ndarray of shape (B, T, C)
            A number for each column. What is static is the same in all steps, and a
            network may read it at any of them.
        """
        first = x.shape[2] - self.n_codes - len(self.static_numeric)
        of_static = x[:, :, first : first + len(self.static_numeric)]
        return x[:, :, : self._n_seen], of_static.sum(axis=1)

    def join(self, of_numbers: np.ndarray, of_static: np.ndarray) -> np.ndarray:
        """Return numbers for each column of X, then for each static column at step 0.

        Parameters
        ----------
        of_numbers : ndarray of shape (B, T, F)
            Those of numbers; categories have zero.
        of_static : ndarray of shape (B, S)
            Those of static numbers.
        """
        n_samples, n_steps, _ = of_numbers.shape
        found = np.zeros((n_samples, n_steps, self.n_features + self.n_static))
        found[:, :, self.numeric] = of_numbers
        found[:, 0, self.n_features + self.static_numeric] = of_static
        return found

    def last_view(self, x: Tensor) -> Tensor:
        """Return numbers in the last of their scales, (B, T, F)."""
        return x[:, :, self._n_seen - len(self.numeric) : self._n_seen]

    def are_numbers(self, x: Tensor) -> Tensor:
        """Return a mask (C,) of the columns that are numbers, static ones, too."""
        places = torch.arange(x.shape[2], device=x.device)
        last = x.shape[2] - self.n_codes
        are_static = (places >= last - len(self.static_numeric)) & (places < last)
        return (places < self._n_seen) | are_static

    @property
    def _n_seen(self) -> int:
        return self.n_views * len(self.numeric)
