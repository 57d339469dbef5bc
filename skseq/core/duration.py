"""How long to train: until samples that are held out say that learning has ended.

Watchers, networks that each train without a fold of the samples, are asked for it every
few epochs. Their loss is judged after calibration ("refine, then calibrate": Berta et
al., 2025), so that a network that merely grows too sure of itself may go on learning to
tell samples apart. What is learned on noise shows as a loss that rises by more than
chance; on clean data none does, and training goes on to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from torch import Tensor

from skseq.core.calibration import LEAST, Calibration
from skseq.networks import StepCrossEntropy
from skseq.training import Watcher

__all__ = ["Duration", "learn_duration"]

LEAST_STEPS = 150  # of training, before a rising loss ends it
STEPS_APART = 25  # between two looks at the beginning; later a tenth of what is done
SURELY = 2.0  # standard errors


@dataclass(frozen=True)
class Duration:
    """How long to train, and how it was learned.

    Parameters
    ----------
    n_epochs : int
        Number of epochs.
    trust : float
        How far outputs may be trusted then.
    reason : str
        Why not longer.
    n_held_out : int
        How many samples were held out.
    curve : list of tuple of int and float
        Epochs and the loss of what was held out, calibrated.
    """

    n_epochs: int
    trust: float
    reason: str
    n_held_out: int
    curve: list[tuple[int, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return what an estimator tells of it."""
        epochs, losses = zip(*self.curve, strict=True)
        return {
            "n_epochs": self.n_epochs,
            "reason": self.reason,
            "n_held_out": self.n_held_out,
            "epochs": list(epochs),
            "losses": list(losses),
            "temperature": 1 / self.trust,
        }


class _Look(NamedTuple):
    """What held-out samples say after some epochs."""

    n_epochs: int
    trust: float
    losses: np.ndarray  # (n_held_out,)
    base: np.ndarray  # those without a network
    weights: np.ndarray

    def loss(self) -> float:
        """Return the mean loss."""
        return float(np.average(self.losses, weights=self.weights))

    def excess(self, other: _Look) -> tuple[float, float]:
        """Return how much larger the loss is than another's, and its standard error."""
        difference = self.losses - other.losses
        mean = float(np.average(difference, weights=self.weights))
        scaled = self.weights * (difference - mean)
        return mean, float(np.sqrt(np.square(scaled).sum()) / self.weights.sum())


def learn_duration(
    watchers: Sequence[Watcher],
    calibration: Calibration,
    most_epochs: int,
    n_batches: int,
    mean_rate: float,
) -> Duration:
    """Train watchers and return how long to train.

    Of all durations whose held-out loss is, within a standard error, no larger than the
    least, the longest is taken. Watchers stop where it is larger by more than two. If
    it still falls at the end, training may take twice as long.

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

    Returns
    -------
    duration : Duration
    """
    looks: list[_Look] = []
    next_look, stops = 0, False
    last_epoch = max(1, round(mean_rate * most_epochs))
    for n_epochs in range(1, last_epoch + 1):
        for watcher in watchers:
            watcher.train()
        n_steps = n_epochs * n_batches
        if n_steps < next_look and n_epochs < last_epoch:
            continue
        next_look = n_steps + max(STEPS_APART, n_steps // 10)
        looks.append(_look(watchers, calibration, n_epochs))
        best = min(looks, key=_Look.loss)
        stops = n_steps >= LEAST_STEPS and 2 * n_epochs >= 3 * best.n_epochs
        for look in looks[-2:]:
            excess, error = look.excess(best)
            stops &= excess > SURELY * error
        if stops:
            break
    best, last = min(looks, key=_Look.loss), looks[-1]
    chosen = [look for look in looks if np.less_equal(*look.excess(best))][-1]
    gain, error = chosen.excess(chosen._replace(losses=chosen.base))
    n_epochs, reason = chosen.n_epochs, "held-out loss"
    if -gain <= error:
        chosen, reason = best._replace(trust=LEAST), "nothing learned"
        n_epochs = chosen.n_epochs
    elif chosen is last and not stops:
        reason = "max_epochs"
        half = min(looks, key=lambda look: abs(look.n_epochs - n_epochs / 2))
        gain, error = half.excess(chosen)
        n_epochs *= 2 if gain > SURELY * error else 1
    curve = [(look.n_epochs, look.loss()) for look in looks]
    n_epochs = max(1, round(n_epochs / mean_rate))
    return Duration(n_epochs, chosen.trust, reason, len(last.losses), curve)


def _look(
    watchers: Sequence[Watcher], calibration: Calibration, n_epochs: int
) -> _Look:
    """Ask all watchers for what they have not seen."""
    outputs, targets, weights, owners = [], [], [], []
    n_samples = 0
    for watcher in watchers:
        for index, batch, found in watcher.predict():
            y = cast(Tensor, batch.y).cpu().numpy()
            weight = np.ones(len(index))
            if batch.weights is not None:
                weight = batch.weights.double().cpu().numpy()
            owner = n_samples + index.cpu().numpy()
            said = found.double().cpu().numpy()
            if said.ndim == 3:  # of every step
                real = y != StepCrossEntropy.padding
                n_steps = real.sum(axis=1)
                said, y = said[real], y[real]
                weight, owner = np.repeat(weight, n_steps), np.repeat(owner, n_steps)
            outputs.append(said)
            targets.append(y)
            weights.append(weight)
            owners.append(owner)
        n_samples += len(watcher.held_out)
    joined = [np.concatenate(part) for part in (outputs, targets, weights, owners)]
    said, y, weight, owner = joined
    if not np.isfinite(said).all():
        raise ValueError(
            "Training diverged: a held-out prediction is not finite. Lower lr, bound "
            "the gradient with clip_norm, or scale the data with normalize='feature'."
        )
    trust, losses = calibration.learn(said, y, weight)
    total = np.bincount(owner, weight, n_samples)

    def of_samples(losses: np.ndarray) -> np.ndarray:
        weighted = np.bincount(owner, weight * losses, n_samples)
        return weighted / np.where(total > 0, total, 1)

    base = of_samples(calibration.losses(said, y, 0.0))
    return _Look(n_epochs, trust, of_samples(losses), base, total)
