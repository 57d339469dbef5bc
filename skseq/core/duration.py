"""How long to train: until samples that are held out say that learning has ended.

Watchers, networks that each train without a fold of the samples, are asked for it every
few epochs. Their loss is judged after calibration ("refine, then calibrate": Berta et
al., 2025), so that a network that merely grows too sure of itself may go on learning to
tell samples apart. What is learned on noise shows as a loss that rises by more than
chance; on clean data none does, and training goes on to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skseq.core.calibration import LEAST, Calibration
from skseq.core.looks import SURELY, Look, look
from skseq.training import Budget, Watcher

__all__ = ["Duration", "learn_duration"]

LEAST_STEPS = 150  # of training, before a rising loss ends it
STEPS_APART = 25  # between two looks at the beginning; later a tenth of what is done


@dataclass(frozen=True)
class Duration:
    """How long to train, and how it was learned.

    Parameters
    ----------
    n_epochs : int
        Number of epochs.
    trust : ndarray of shape (1,) or (2,)
        How far outputs may be trusted then, and those of a model beside, if it has a
        say.
    reason : str
        Why not longer.
    n_held_out : int
        How many samples were held out.
    curve : list of tuple of int and float
        Epochs and the loss of what was held out, calibrated.
    said : ndarray of shape (m, n_held_out, n_outputs), optional
        What was said then of the samples held out, watcher by watcher, if it was kept.
    """

    n_epochs: int
    trust: np.ndarray
    reason: str
    n_held_out: int
    curve: list[tuple[int, float]]
    said: np.ndarray | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what an estimator tells of it."""
        epochs, losses = zip(*self.curve, strict=True)
        return {
            "n_epochs": self.n_epochs,
            "reason": self.reason,
            "n_held_out": self.n_held_out,
            "epochs": list(epochs),
            "losses": list(losses),
            "temperature": 1 / float(self.trust[0]),
            "linear": float(self.trust[1:].sum()),
        }


def learn_duration(
    watchers: Sequence[Watcher],
    calibration: Calibration,
    most_epochs: int,
    n_batches: int,
    mean_rate: float,
    budget: Budget,
    keeps_outputs: bool = False,
) -> Duration | None:
    """Train watchers and return how long to train.

    Of all durations whose held-out loss is, within a standard error, no larger than the
    least, the longest is taken. Watchers stop where it is larger by more than two, and
    where hardly anything is left to learn: nothing speaks against `most_epochs`.
    If it still falls at the end, they go on for as long again. A model beside them has
    a say if that makes the loss smaller by more than a standard error.

    Parameters
    ----------
    watchers : list of Watcher
        They train without a fold each.
    calibration : Calibration
        How outputs may be trusted.
    most_epochs : int
        How long to train if nothing else is learned.
    n_batches : int
        Steps of the optimiser in an epoch.
    mean_rate : float
        Mean of the learning rate in training, in units of that of the watchers: so
        much of an epoch of training is done in one of theirs.
    budget : Budget
        How long they may train, that of each of them.
    keeps_outputs : bool, default=False
        Whether to keep what is said of held-out samples, of which each has one row.

    Returns
    -------
    duration : Duration or None
        None if no epoch was whole when time was over.
    """
    looks: list[list[Look]] = []
    n_epochs, next_look, stops, ends, is_over = 0, 0, False, False, False
    last_epoch = first_end = max(1, round(mean_rate * most_epochs))
    while n_epochs < last_epoch and not stops and not ends and not is_over:
        is_over = not all(watcher.train() for watcher in watchers)
        if is_over and n_epochs == (looks[-1][0].n_epochs if looks else 0):
            break
        n_epochs += not is_over  # one that is not whole counts for nothing
        is_over = is_over or (n_epochs < last_epoch and budget.is_spent())
        n_steps = n_epochs * n_batches
        if n_steps < next_look and n_epochs < last_epoch and not is_over:
            continue
        next_look = n_steps + max(STEPS_APART, n_steps // 10)
        looks.append(look(watchers, calibration, n_epochs, keeps_outputs))
        alone = [each[0] for each in looks]
        if calibration.nothing_left is not None and n_steps >= LEAST_STEPS:
            ends = alone[-1].leaves(calibration.nothing_left)
        best = min(alone, key=Look.loss)
        stops = n_steps >= LEAST_STEPS and 2 * n_epochs >= 3 * best.n_epochs
        for each in alone[-2:]:
            excess, error = each.excess(best)
            stops &= excess > SURELY * error
        if n_epochs == first_end and not stops and _falls(alone):
            last_epoch = 2 * first_end
    if not looks:
        return None
    ways = [list(way) for way in zip(*looks, strict=True)]  # alone, with a model beside
    chosen = [_longest(way) for way in ways]
    gain, error = chosen[0].excess(chosen[-1])
    helps = gain > error and chosen[-1].trust[-1] > LEAST
    i = -1 if helps or chosen[0].says_nothing() else 0
    most = "max_seconds" if is_over else "max_epochs"
    found = _told(ways[i], chosen[i], None if stops else most, mean_rate)
    if ends:
        n_epochs = max(found.n_epochs, most_epochs)
        return replace(found, n_epochs=n_epochs, reason="nothing left to learn")
    return found


def _longest(looks: Sequence[Look]) -> Look:
    """Return the last look whose loss is no larger than the least by an error."""
    best = min(looks, key=Look.loss)
    return [each for each in looks if np.less_equal(*each.excess(best))][-1]


def _falls(looks: Sequence[Look]) -> bool:
    """Return whether the second half of a training surely made the loss smaller."""
    last = looks[-1]
    half = min(looks, key=lambda each: abs(each.n_epochs - last.n_epochs / 2))
    gain, error = half.excess(last)
    return gain > SURELY * error


def _told(
    looks: Sequence[Look], chosen: Look, most: str | None, mean_rate: float
) -> Duration:
    """Return what follows from looks, the chosen one among them.

    `most` is what ended them, if they did not do so themselves.
    """
    best, last = min(looks, key=Look.loss), looks[-1]
    reason = "held-out loss"
    if chosen.says_nothing():
        least = best.trust * LEAST / best.trust.sum()  # keeps the order of samples
        chosen, reason = best._replace(trust=least), "nothing learned"
    elif chosen is last and most is not None:
        reason = most
    curve = [(each.n_epochs, each.loss()) for each in looks]
    n_epochs = max(1, round(chosen.n_epochs / mean_rate))
    n_held_out = len(last.losses)
    return Duration(n_epochs, chosen.trust, reason, n_held_out, curve, chosen.said)
