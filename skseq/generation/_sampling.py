"""Drawing from what a network says may follow."""

from __future__ import annotations

import numpy as np

__all__ = ["draw_columns"]


def draw_columns(
    log_odds: np.ndarray,
    temperature: float,
    top_k: int | None,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Draw a column for every row.

    Parameters
    ----------
    log_odds : ndarray of shape (n, n_columns)
        Unnormalised logarithms of probabilities.
    temperature : float
        What they are divided by; at 0 the most probable column is taken.
    top_k : int or None
        Number of columns that are eligible, the most probable ones; None takes all.
    rng : RandomState
        What is drawn with.

    Returns
    -------
    columns : ndarray of int of shape (n,)
    """
    if temperature == 0 or top_k == 1:
        return log_odds.argmax(axis=1)
    with np.errstate(over="ignore"):  # at a low temperature, to minus infinity
        weights = np.exp((log_odds - log_odds.max(axis=1, keepdims=True)) / temperature)
    if top_k is not None and top_k < weights.shape[1]:
        least = np.partition(weights, -top_k, axis=1)[:, -top_k, None]
        weights[weights < least] = 0
    edges = weights.cumsum(axis=1)
    drawn = rng.random_sample((len(edges), 1)) * edges[:, -1:]
    return (drawn < edges).argmax(axis=1)
