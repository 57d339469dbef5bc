"""Wild values: what lies so far from all others that it says nothing but that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["ERROR", "FENCE", "Bounds", "refuse_huge", "spread"]

FEW = 1000  # rows, for which pieces do not pay
CHUNK = 2**16  # rows looked at a time
WIDE = 64  # rows compared at once: a reduction along few features is slow
LEAST = 20  # values below which none can be told to be wild
MOST = 2**17  # rows that decide about the bounds of a large table
GOLDEN = (5**0.5 - 1) / 2  # its multiples, modulo 1, are spread out without a period
TAIL = 0.02  # share of the values on either side that do not count
FENCE = 4.0  # ranges of the others beyond which values are clipped
ERROR = 100.0  # and beyond which they say nothing but that they are wrong
HUGE = 1e150  # whose square is finite, and a sum of many


@dataclass(frozen=True)
class Bounds:
    """Between what nearly all values of each feature lie.

    A value further away than four times their range is clipped to that distance, where
    a rare event still shows. One further away than a hundred times their range is taken
    for an error and winsorised: it counts as the nearer bound. All others stay as they
    are.

    Parameters
    ----------
    low, high : ndarray of float64 of shape (n_features,)
        The bounds, infinite where there are none; (1,) for all features alike.
    """

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def none(cls) -> Bounds:
        """Return bounds that nothing is outside of, for any number of features."""
        return cls(np.array([-np.inf]), np.array([np.inf]))

    @classmethod
    def of(cls, values: np.ndarray) -> Bounds:
        """Learn the bounds of a table: quantiles, of 2 % and 98 %.

        A feature of which nearly all values are equal has no bounds, since its few
        other values may be what it is about.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_features)
            The table. Of a large one, rows that are `spread` over it decide.

        Returns
        -------
        bounds : Bounds
        """
        if len(values) < LEAST:
            return cls.none()
        if len(values) > MOST:
            values = values[spread(len(values))]
        low, high = _ends(values) if has_all(values) else _ends_of_each(values)
        is_spread = low < high  # not where nothing is known
        return cls(np.where(is_spread, low, -np.inf), np.where(is_spread, high, np.inf))

    @property
    def exist(self) -> bool:
        """Whether anything is bounded."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    def beyond(self, n_ranges: float) -> tuple[np.ndarray, np.ndarray]:
        """Return values so many ranges outside, each of shape (n_features,)."""
        with np.errstate(over="ignore"):  # then nothing is so far
            reach = n_ranges * (self.high - self.low)
            return self.low - reach, self.high + reach

    def clip(self, values: np.ndarray) -> np.ndarray:
        """Return a table without wild values: the very same if it has none.

        Parameters
        ----------
        values : ndarray of float of shape (n_rows, n_features)
            The table.
        """
        # Of a sample to be predicted, the answer is found sooner than that they exist.
        if len(values) == 0 or (len(values) >= FEW and not self.exist):
            return values
        smallest, largest = extremes(values)
        least, most = self.beyond(FENCE)
        if not ((smallest < least) | (largest > most)).any():
            return values
        lowest, highest = self.beyond(ERROR)
        clipped = np.empty(values.shape, values.dtype)
        for start in range(0, len(values), CHUNK):
            rows = slice(start, start + CHUNK)
            part = np.clip(values[rows], least, most)
            part = np.where(values[rows] < lowest, self.low, part)
            clipped[rows] = np.where(values[rows] > highest, self.high, part)
        return clipped


def spread(n_rows: int) -> np.ndarray:
    """Return which rows, in their order, decide about the bounds of a large table."""
    if n_rows <= MOST:
        return np.arange(n_rows)
    return np.sort((np.arange(MOST) * GOLDEN % 1 * n_rows).astype(np.intp))


def has_all(values: np.ndarray) -> bool:
    """Return whether no value is missing."""
    return not np.isnan(np.min(values, initial=0))


def _ends(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return between what nearly all values of each feature lie."""
    low = np.quantile(values, TAIL, axis=0, method="higher").astype(np.float64)
    high = np.quantile(values, 1 - TAIL, axis=0, method="lower").astype(np.float64)
    return low, high


def _ends_of_each(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Do so where values are missing, of a feature with enough others."""
    low, high = np.full((2, values.shape[1]), np.nan)
    for i, column in enumerate(values.T):
        there = column[~np.isnan(column)]
        if len(there) >= LEAST:
            low[i], high[i] = _ends(there)
    return low, high


def extremes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest value of each feature of a table with rows.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        The table.

    Returns
    -------
    smallest, largest : ndarray of shape (n_features,)
    """
    if len(values) < FEW:  # as a sample to be predicted has
        return np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    found = []
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        whole = len(part) - len(part) % WIDE
        for extreme in (np.fmin.reduce, np.fmax.reduce):  # of what is not missing
            if whole:
                wide = extreme(part[:whole].reshape(WIDE, -1), axis=0)
                found.append(extreme(wide.reshape(-1, values.shape[1]), axis=0))
            if whole < len(part):
                found.append(extreme(part[whole:], axis=0))
    return np.fmin.reduce(found, axis=0), np.fmax.reduce(found, axis=0)


def refuse_huge(values: np.ndarray, name: str) -> None:
    """Raise if values are so large that their squares overflow.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        The values.
    name : str
        What they are, for the error.

    Raises
    ------
    ValueError
        If so.
    """
    if float(np.finfo(values.dtype).max) < HUGE or values.size == 0:
        return
    ends = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    largest = max(-ends[0], ends[1])
    if largest > HUGE:
        raise ValueError(
            f"{name} holds values as large as {largest:.2g}, too large to be "
            f"standardised; expected at most {HUGE:.0e}. Divide {name} by a constant."
        )
