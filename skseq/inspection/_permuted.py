"""What `permutation_importance` is asked, and what answers it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

__all__ = ["Permuted", "Scoring"]


class Scoring(NamedTuple):
    """Parameters of `permutation_importance` that say what is scored, and permuted."""

    X: Any
    y: Any
    scoring: Any
    sample_weight: Any
    by: str
    step_size: int


class Permuted(Protocol):
    """Data of which parts can be permuted, and what scores become then.

    Attributes
    ----------
    baseline : float or dict
        What nothing permuted scores.
    steps : ndarray of int
        The first step of each block of steps that are permuted together.
    n_columns : int
        How many columns, or groups of them, are permuted one after the other.
    names : ndarray of str or None
        Their names.
    """

    baseline: Any
    steps: np.ndarray
    n_columns: int
    names: Any

    def scores(self, block: int, column: int, seed: int, n_repeats: int) -> list:
        """Return the scores after each of several permutations.

        Parameters
        ----------
        block, column : int
            Which block of steps, and which column, or group of them, is permuted.
        seed : int
            Decides the permutations.
        n_repeats : int
            How many there are.
        """
