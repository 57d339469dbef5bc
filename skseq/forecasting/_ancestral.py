"""Paths that a decoder writes row by row, each row told the one that was drawn.

What comes next depends on what was drawn twice: on what the decoder makes of it, and on
how far it is from what was forecast. How much either counts is a regression at held-out
origins, in normal scores of the errors; what remains is drawn. Ranks decide the rows,
so that each has the quantiles that held-out errors ask for, whatever the decoder is.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import torch
from scipy.stats import norm

from skseq.core.conformal import Units
from skseq.forecasting._conformal import LEVELS, normal_scores, trust_in

__all__ = ["Drawn", "Following"]


class Following(NamedTuple):
    """What the rows before tell of the error of a row, in normal scores.

    Parameters
    ----------
    moved : ndarray of shape (H, C)
        Weight of how far the decoder moved the row, in units of the error.
    before : ndarray of shape (H, C)
        Weight of the score of the row before.
    noise : ndarray of shape (H, C, C)
        What independent normal numbers are multiplied by, to be what remains.
    """

    moved: np.ndarray
    before: np.ndarray
    noise: np.ndarray

    @classmethod
    def learned(cls, scores: np.ndarray, shifts: np.ndarray) -> Self:
        """Learn from errors and shifts (n, H, C) at held-out origins, in equal units.

        As far as origins are few, errors go together as those of a walk.
        """
        n, horizon, n_targets = scores.shape
        normal, trust = normal_scores(scores), trust_in(n, horizon)
        moves = shifts / _sizes(scores, normal)
        share = np.arange(horizon) / np.arange(1, horizon + 1)  # of a walk
        moved = np.zeros((horizon, n_targets))
        before = np.repeat((1 - trust) * np.sqrt(share)[:, None], n_targets, axis=1)
        left = normal.copy()
        for step in range(1, horizon):
            for i in range(n_targets):
                known = np.stack([moves[:, step, i], normal[:, step - 1, i]], axis=1)
                own = normal[:, step, i]
                there = ~np.isnan(known).any(axis=1) & ~np.isnan(own)
                found = _weights(known[there], own[there])
                moved[step, i] = trust * found[0]
                before[step, i] += trust * found[1]
                left[:, step, i] -= known @ [moved[step, i], before[step, i]]
        moved = moved / _sizes(scores, normal)
        noise = np.empty((horizon, n_targets, n_targets))
        for step in range(horizon):
            rows = left[:, step]
            rows = rows[~np.isnan(rows).any(axis=1)]
            spread = (rows.T @ rows) / max(1, len(rows))
            walk = (1 - share[step]) * np.eye(n_targets)
            noise[step] = np.linalg.cholesky(trust * spread + (1 - trust) * walk)
        return cls(moved, before, noise)


def _sizes(scores: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Return how large an error (H, C) is that has a normal score of 1."""
    sums, squares = np.nansum(scores * normal, axis=0), np.nansum(normal**2, axis=0)
    return np.where(sums > 0, sums / np.where(squares > 0, squares, 1), 1.0)


def _weights(known: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return weights of two columns (n, 2), of which the first is from 0 to 1.

    A move counts for no more than it is: what another network says of the same rows
    may be a little larger.
    """
    found = np.linalg.lstsq(known, own)[0]
    if not 0 <= found[0] <= 1:
        found[0] = np.clip(found[0], 0, 1)
        rest = own - found[0] * known[:, 0]
        found[1] = np.linalg.lstsq(known[:, 1:], rest)[0][0]
    return found


class Drawn:
    """Rows that are drawn one after the other, while a decoder is told of each.

    Parameters
    ----------
    following : Following
        How a row follows from those before.
    units : Units
        Of the rows (n or 1, H, C) that are forecast.
    known : ndarray of shape (H, C, n_levels)
        Quantiles of errors at `LEVELS`.
    free : ndarray of shape (n or 1, H, C)
        What the decoder says when it is told nothing.
    noise : ndarray of shape (n, H, C)
        Independent normal numbers.
    ranks : ndarray of shape (H, C, n_pilots), optional
        What the rows of pilots came to before they got their ranks, in order of size;
        None: these are the pilots.

    Attributes
    ----------
    rows : ndarray of shape (n, H, C)
        What was drawn.
    """

    def __init__(
        self,
        following: Following,
        units: Units,
        known: np.ndarray,
        free: np.ndarray,
        noise: np.ndarray,
        ranks: np.ndarray | None = None,
    ):
        self.following, self.units, self.known = following, units, known
        self.free, self.noise = free, noise
        self._parts = units.point, units.below, units.above
        self.rows = np.empty(noise.shape)
        self.ranks = np.empty((*noise.shape[1:], len(noise)))
        self._are_pilots = ranks is None
        if ranks is not None:
            self.ranks = ranks
        n = self.ranks.shape[2]
        self._expected = norm.ppf((np.arange(n) + 0.5) / n)
        self._before = np.zeros(noise[:, 0].shape)

    def __call__(self, step: int, said: torch.Tensor) -> torch.Tensor:
        """Draw the rows (n, C) of a step, of which so much is said."""
        moved, before, noise = (part[step] for part in self.following)
        point, below, above = (part[:, step] for part in self._parts)
        units = Units(point, below, above, self.units.lowest)
        shift = units.scores(units.point + said.cpu().numpy() - self.free[:, step])
        own = moved * shift + before * self._before + self.noise[:, step] @ noise.T
        if self._are_pilots:
            self.ranks[step] = np.sort(own.T, axis=1)
        scores = np.empty(own.shape)
        for i, order in enumerate(self.ranks[step]):
            self._before[:, i] = np.interp(own[:, i], order, self._expected)
            level = norm.cdf(self._before[:, i])
            scores[:, i] = np.interp(level, LEVELS, self.known[step, i])
        self.rows[:, step] = units.values(scores[..., None])[..., 0]
        return torch.as_tensor(self.rows[:, step], device=said.device)
