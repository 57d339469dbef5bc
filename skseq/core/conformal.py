"""Quantiles from the errors of what was held out.

Errors are divided by a unit of their own, what was expected of them (Lei et al., 2018,
"Distribution-Free Predictive Inference for Regression", section 5.2), below the
prediction and above it: with the unit of a loss that learns quantiles, as conformalised
quantile regression asks for (Romano et al., 2019). If later errors are exchangeable
with those held out, a value is below its quantile with the probability asked for, or
more nearly in the middle, whatever the network is like.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.stats import norm

from skseq.core.losses import NumberLoss

__all__ = ["Units", "quantiles_of_errors", "quantiles_of_steps"]

LEAST_KNOWN = 1.5  # errors, of which at least a tail is made
ENOUGH = 20  # scores of a step; of fewer, steps near by count for it, too
ROUNDING = 1e-9


class Units:
    """What predictions are in the middle of, and the units of errors.

    Parameters
    ----------
    point : ndarray of shape (...)
        Predictions.
    below, above : ndarray of shape (...)
        Units of errors, more than 0.
    lowest : float, optional
        What no target is below.
    """

    def __init__(
        self,
        point: np.ndarray,
        below: np.ndarray,
        above: np.ndarray,
        lowest: float | None = None,
    ):
        self.point, self.below, self.above = point, below, above
        self.lowest = lowest

    @classmethod
    def of(
        cls, loss: NumberLoss, outputs: np.ndarray, usual: np.ndarray | None = None
    ) -> Self:
        """Return the units that a loss learned.

        Parameters
        ----------
        loss : NumberLoss
            What was minimised.
        outputs : ndarray of shape (..., n_outputs)
            What a network says, in the units of the targets.
        usual : ndarray, broadcast to shape (...), optional
            The unit where a loss learns no spread; None: as its mean asks for.
        """
        point = loss.point(outputs)
        halves = loss.halves(outputs)
        if usual is not None and not loss.has_spread:
            halves = (np.broadcast_to(usual, point.shape),) * 2
        return cls(point, *halves, None if loss.lowest is None else loss.lowest[0])

    def times(self, factors: np.ndarray) -> Self:
        """Return units that are so many times as large."""
        halves = self.below * factors, self.above * factors
        return type(self)(self.point, *halves, self.lowest)

    def scores(self, y: np.ndarray) -> np.ndarray:
        """Return errors of targets in these units."""
        error = y - self.point
        return error / np.where(error < 0, self.below, self.above)

    def values(self, scores: np.ndarray) -> np.ndarray:
        """Return what has such scores, (..., n_scores)."""
        below, above, point = (
            part[..., None] for part in (self.below, self.above, self.point)
        )
        values = point + scores * np.where(scores < 0, below, above)
        return values if self.lowest is None else values.clip(self.lowest)


def quantiles_of_errors(
    scores: np.ndarray,
    levels: np.ndarray,
    n_known: np.ndarray | float | None = None,
) -> np.ndarray:
    """Return quantiles that a further score is below with a probability, or surely.

    Of n exchangeable scores, that is the k-th in order of size with k = (n + 1) level,
    rounded away from the median (Vovk et al., 2005). Of scores that depend on each
    other, as many independent ones as they are worth say how far away from the level a
    quantile must be. Beyond the largest of them a tail goes on as that of normal errors
    around the prediction.

    Parameters
    ----------
    scores : ndarray of shape (n, ...)
        Those held out, NaN where unknown.
    levels : ndarray of shape (n_levels,)
        Between 0 and 1.
    n_known : ndarray of shape (...) or float, optional
        How many independent scores they are worth, n at most; None: as many as there
        are.

    Returns
    -------
    quantiles : ndarray of shape (..., n_levels)
    """
    ordered = np.sort(scores, axis=0)
    n = (~np.isnan(scores)).sum(axis=0)
    worth = n if n_known is None else np.minimum(n, n_known)
    worth = np.maximum(worth, LEAST_KNOWN)
    largest = np.nan_to_num(np.abs(scores)).max(axis=0)

    def ranked(rank: np.ndarray) -> np.ndarray:
        rank = np.clip(rank, 1, n).astype(int) - 1
        return np.take_along_axis(ordered, rank[None], axis=0)[0]

    def of(level: float) -> np.ndarray:
        if np.isclose(level, 0.5, atol=ROUNDING):
            middle = (n + 1) / 2
            return (ranked(np.floor(middle)) + ranked(np.ceil(middle))) / 2
        far = max(level, 1 - level)
        rank = np.ceil(far * n * (worth + 1) / worth - ROUNDING)
        inside = ranked(rank if level > 0.5 else n + 1 - rank)
        tail = largest * norm.ppf(far) / norm.ppf(worth / (worth + 1))
        return np.where(rank <= n, inside, np.copysign(tail, level - 0.5))

    return np.stack([of(level) for level in levels], axis=-1)


def quantiles_of_steps(scores: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return quantiles of each step of sequences, as `quantiles_of_errors` does.

    A step that fewer than 20 sequences have takes the scores of those near by, too.

    Parameters
    ----------
    scores : ndarray of shape (n, U, C)
        Those held out, NaN behind the end of a sequence.
    levels : ndarray of shape (n_levels,)
        Between 0 and 1.

    Returns
    -------
    quantiles : ndarray of shape (U, C, n_levels)
    """
    n_steps, n_targets = scores.shape[1:]
    n_known = (~np.isnan(scores)).sum(axis=0).min(axis=1)
    found = []
    for step in range(n_steps):
        reach, near = 0, slice(step, step + 1)
        while n_known[near].sum() < ENOUGH and reach < n_steps:
            reach += 1
            near = slice(max(0, step - reach), step + reach + 1)
        rows = scores[:, near]
        worth = (~np.isnan(rows)).any(axis=1).sum(axis=0)
        found.append(quantiles_of_errors(rows.reshape(-1, n_targets), levels, worth))
    return np.stack(found)
