"""What `shapley` is asked, and what answers it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from skseq.inspection._players import Players

__all__ = ["Mixed", "Question"]


class Question(NamedTuple):
    """Parameters of `shapley` that say what is explained, by what, among whom."""

    X: Any
    background: Any
    target: Any
    step: Any
    n_segments: int | None
    groups: dict | None


class Mixed(Protocol):
    """What is explained, the background, and what is said of mixtures of both.

    Attributes
    ----------
    n_samples, n_background : int
        How many there are.
    steps : ndarray of shape (n_segments,)
        The first step of each segment.
    players : Players
        Whose parts pass over.
    """

    n_samples: int
    n_background: int
    steps: np.ndarray
    players: Players

    def said(self, i: int, donor: int, masks: np.ndarray) -> np.ndarray:
        """Return what is said of mixtures of a sample and one of the background.

        Parameters
        ----------
        i, donor : int
            Which ones.
        masks : ndarray of bool of shape (n, n_players)
            Whose parts are those of the sample.

        Returns
        -------
        said : ndarray of shape (n,)
        """
