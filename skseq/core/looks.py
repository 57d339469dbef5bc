"""What held-out samples say of networks after some epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from torch import Tensor

from skseq.core.calibration import Calibration
from skseq.networks import StepCrossEntropy
from skseq.training import Watcher

__all__ = ["SURELY", "Look", "look"]

SURELY = 2.0  # standard errors


class Look(NamedTuple):
    """Calibrated losses of samples that are held out."""

    n_epochs: int
    trust: np.ndarray  # (1,) in the networks; (2,) in a model beside them, too
    losses: np.ndarray  # (n_held_out,)
    base: np.ndarray  # those without a network
    weights: np.ndarray
    said: np.ndarray | None = None  # (m, n_held_out, n_outputs), if these are kept

    def loss(self) -> float:
        """Return the mean loss."""
        return float(np.average(self.losses, weights=self.weights))

    def excess(self, other: Look) -> tuple[float, float]:
        """Return how much larger the loss is than another's, and its standard error."""
        difference = self.losses - other.losses
        mean = float(np.average(difference, weights=self.weights))
        scaled = self.weights * (difference - mean)
        return mean, float(np.sqrt(np.square(scaled).sum()) / self.weights.sum())

    def says_nothing(self) -> bool:
        """Return whether the loss without a network is as small, by an error."""
        excess, error = self.excess(self._replace(losses=self.base))
        return -excess <= error

    def leaves(self, share: float) -> bool:
        """Return whether surely less than a share is left of the loss without one."""
        excess, error = self.excess(self._replace(losses=share * self.base))
        return excess < -SURELY * error


def look(
    watchers: Sequence[Watcher],
    calibration: Calibration,
    n_epochs: int,
    keeps_outputs: bool = False,
) -> list[Look]:
    """Ask all watchers for what they have not seen.

    Parameters
    ----------
    watchers : list of Watcher
        They train without a fold each.
    calibration : Calibration
        How outputs may be trusted.
    n_epochs : int
        How long they have trained.
    keeps_outputs : bool, default=False
        Whether to keep what is said of held-out samples, of which each has one row.

    Returns
    -------
    looks : list of Look
        At the networks alone and, where they have a model beside them, at both.

    Raises
    ------
    ValueError
        If training diverged.
    """
    found: dict[str, list[np.ndarray]] = {}
    n_samples = 0
    for watcher in watchers:
        for index, batch, outputs in watcher.predict():
            rows = index.cpu().numpy()
            y = cast(Tensor, batch.y).cpu().numpy()
            weights = np.ones(len(rows))
            if batch.weights is not None:
                weights = batch.weights.double().cpu().numpy()
            owners = n_samples + rows
            said = outputs.double().cpu().numpy()
            if watcher.beside is not None:
                found.setdefault("beside", []).append(watcher.beside[rows])
            if said.ndim == 3:  # of every step
                real = y != StepCrossEntropy.padding
                n_steps = real.sum(axis=1)
                said, y = said[real], y[real]
                weights, owners = (
                    np.repeat(weights, n_steps),
                    np.repeat(owners, n_steps),
                )
            parts = {"said": said, "y": y, "weights": weights, "owners": owners}
            for name, part in parts.items():
                found.setdefault(name, []).append(part)
        n_samples += len(watcher.held_out)
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    if not np.isfinite(joined["said"]).all():
        raise ValueError(
            "Training diverged: a held-out prediction is not finite. Lower lr, bound "
            "the gradient with clip_norm, or scale the data with normalize='feature'."
        )
    y, weights, owners = (joined[name] for name in ("y", "weights", "owners"))
    total = np.bincount(owners, weights, n_samples)

    def of_samples(losses: np.ndarray) -> np.ndarray:
        weighted = np.bincount(owners, weights * losses, n_samples)
        return weighted / np.where(total > 0, total, 1)

    alone = joined["said"][None]
    base = of_samples(calibration.losses(alone, y, np.zeros(1)))
    asked = [alone]
    if "beside" in joined:
        asked.append(np.stack([joined["said"], joined["beside"]]))
    looks = []
    for models in asked:
        trust, losses = calibration.learn(models, y, weights)
        kept = models[:, np.argsort(owners)] if keeps_outputs else None
        looks.append(Look(n_epochs, trust, of_samples(losses), base, total, kept))
    return looks
