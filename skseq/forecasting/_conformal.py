"""Intervals as wide as errors at held-out origins ask for, step by step."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from scipy.stats import norm, rankdata

from skseq.core.conformal import Units, quantiles_of_errors
from skseq.core.losses import NumberLoss
from skseq.data.batching import Batch
from skseq.forecasting._credibility import Factors
from skseq.forecasting._origins import told_at
from skseq.forecasting._table import Table
from skseq.forecasting._windows import WindowDataset
from skseq.networks import ForecastNetwork
from skseq.training import predict_batch

__all__ = [
    "LEVELS",
    "Errors",
    "Seen",
    "change_of",
    "local_unit",
    "normal_scores",
    "seen_at",
    "trust_in",
]

ENOUGH = 40  # scores of a step; of fewer, steps near by count for it, too
MOST_ORIGINS = 500  # of a series that are remembered
FEWEST_ORIGINS = 100  # that are remembered as rows come, whatever fit held out
MOST_VALUES = 2**21  # remembered of all series
LEVELS = np.arange(1, 400) / 400  # between which paths are interpolated
LEAST_CHANGE = 0.1  # of the usual one


class Seen(NamedTuple):
    """What was said at some origins, the oldest first, and what came."""

    outputs: np.ndarray  # (n, H, C, n_outputs), standardised
    targets: np.ndarray  # (n, H, C), NaN where missing
    change: np.ndarray  # (n, C), mean from row to row in the window
    shifts: np.ndarray | None = None  # (n, H, C), from `shifts_of`
    series: np.ndarray | None = None  # (n,), which of the table; None: there is one

    def scores(
        self, loss: NumberLoss, usual: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return errors, and shifts of a decoder, (n, H, C) in units of their own."""
        local = local_unit(self.change, usual)[:, None]
        units, shifts = Units.of(loss, self.outputs, local), self.shifts
        if shifts is not None:
            shifts = units.scores(units.point + shifts)
        return units.scores(self.targets), shifts


@dataclass(frozen=True)
class Errors:
    """What forecasts missed at origins whose rows were not learned from.

    Parameters
    ----------
    scores : ndarray of shape (n, H, C)
        Errors in units of their window, the oldest origin first, NaN where unknown.
    n_series : int
        How many series they are of.
    usual : ndarray of shape (C,)
        The usual change from row to row, standardised.
    recent : Table
        The last rows known, one less than an origin needs with its whole horizon.
    shifts : ndarray of shape (n, H, C), optional
        How far a decoder moved each row when it was told the true ones before, in units
        of the errors.
    series : ndarray of int of shape (n,), optional
        Which of `recent` each is of; None: errors of all series are alike.
    """

    scores: np.ndarray
    n_series: int
    usual: np.ndarray
    recent: Table
    shifts: np.ndarray | None = None
    series: np.ndarray | None = None

    @classmethod
    def of(cls, seen: Seen, loss: NumberLoss, n_series: int, recent: Table) -> Self:
        """Return what held-out origins tell."""
        usual = seen.change.mean(axis=0)
        usual = np.where(usual > 0, usual, 1.0)
        scores, shifts = seen.scores(loss, usual)
        return cls(scores, n_series, usual, recent, shifts, seen.series)

    def beside(self, recent: Table) -> Errors:
        """Return the same errors, with the last rows of further series."""
        if self.series is None:
            return replace(self, recent=recent)
        series = recent.positions(self.recent.names)[self.series]
        return replace(self, recent=recent, series=series)

    def followed_by(self, seen: Seen, loss: NumberLoss) -> Errors:
        """Return the last errors: as many come, as many of the first are forgotten.

        Those that come are of series in `recent`.
        """
        n_most = max(len(self.scores), FEWEST_ORIGINS * self.n_series)

        def joined(before: np.ndarray | None, later: np.ndarray | None) -> Any:
            if before is None or later is None:
                return None
            return np.concatenate([before, later])[-n_most:]

        scores, shifts = seen.scores(loss, self.usual)
        return replace(
            self,
            scores=joined(self.scores, scores),
            shifts=joined(self.shifts, shifts),
            series=joined(self.series, seen.series),
        )

    def are_known(self, names: tuple) -> np.ndarray:
        """Return of which series is known how large their errors are, (n_series,)."""
        if self.series is None:
            return np.ones(len(names), dtype=bool)
        return self._factors.are_known[self.recent.positions(names)]

    def relative(self) -> Self:
        """Return these errors in units of what is usual in their series, too."""
        if self.series is None:
            return self
        of_errors, shifts = self._factors.of_errors, self.shifts
        if shifts is not None:
            shifts = shifts / of_errors
        return replace(self, scores=self.scores / of_errors, shifts=shifts, series=None)

    def factors(self, names: tuple) -> np.ndarray:
        """Return what is usual in series, (n_series, C), in units of what all have."""
        if self.series is None:
            return np.ones((len(names), self.scores.shape[2]))
        return self._factors.of_series[self.recent.positions(names)]

    @cached_property
    def _factors(self) -> Factors:
        series: Any = self.series
        return Factors.learned(self.scores, series, len(self.recent.names))

    def __getstate__(self) -> dict[str, Any]:
        """Return what was given: whoever asks for intervals changes no pickle."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Return quantiles of the scores, (H, C, n_levels)."""
        n, horizon, _ = self.scores.shape
        n_series = min(self.n_series, n)
        # of origins closer than a forecast reaches, much of the error is the same
        worth = n_series + (n - n_series) / np.arange(1, horizon + 1)[:, None]
        there = ~np.isnan(self.scores)
        if there.sum(axis=0).min() >= ENOUGH:
            return quantiles_of_errors(self.scores, levels, worth)
        reach = 0
        while reach < horizon and _near(there, reach).sum(axis=0).min() < ENOUGH:
            reach += 1
        usual = _mean(_near(np.abs(self.scores), max(1, horizon // 8)))
        scores, n_near = _near(self.scores / usual, reach), min(2 * reach + 1, horizon)
        return usual[..., None] * quantiles_of_errors(scores, levels, n_near * worth)

    def draw(self, n_paths: int, rng: np.random.RandomState) -> np.ndarray:
        """Return joint scores (n_paths, H, C), each of its own distribution.

        A Gaussian copula: the normal scores of the ranks, in sums that have their
        correlations. Few origins tell little of these; as far as they are few, errors
        go together as those of a walk, whose steps add up.
        """
        n, horizon, n_targets = self.scores.shape
        shape = n_paths, horizon, n_targets
        steps = np.arange(1, horizon + 1)[:, None]
        walk = rng.standard_normal(shape).cumsum(axis=1) / np.sqrt(steps)
        normal = np.nan_to_num(normal_scores(self.scores)).reshape(n, -1)
        size = np.sqrt((normal**2).sum(axis=0))
        told = rng.standard_normal((n_paths, n)) @ (normal / np.where(size, size, 1))
        trust = np.where(size, trust_in(n, horizon), 0).reshape(shape[1:])
        told = told.reshape(shape)
        levels = norm.cdf(np.sqrt(trust) * told + np.sqrt(1 - trust) * walk)
        known, scores = self.quantiles(LEVELS), np.empty(shape)
        for place in np.ndindex(shape[1:]):
            own = (slice(None), *place)
            scores[own] = np.interp(levels[own], LEVELS, known[place])
        return scores


def normal_scores(scores: np.ndarray) -> np.ndarray:
    """Return what a normal distribution has of the ranks of errors (n, H, C)."""
    ranks = rankdata(scores, axis=0, nan_policy="omit")
    return norm.ppf(ranks / (1 + (~np.isnan(scores)).sum(axis=0)))


def trust_in(n_origins: int, horizon: int) -> float:
    """Return how far so many origins tell how errors go together."""
    return 1 - 1 / (1 + n_origins / horizon)


def _near(values: np.ndarray, reach: int) -> np.ndarray:
    """Return values of near steps beside each other, (n * (2 reach + 1), H, C)."""
    horizon = values.shape[1]
    unknown: Any = False if values.dtype == bool else np.nan
    around = ((0, 0), (reach, reach), (0, 0))
    values = np.pad(values, around, constant_values=unknown)
    return np.concatenate([values[:, i : i + horizon] for i in range(2 * reach + 1)])


def _mean(values: np.ndarray) -> np.ndarray:
    """Return means (H, C) of what is there; 1 where nothing is, or only zeros."""
    sums, n = np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0)
    return np.where(sums > 0, sums / n.clip(min=1), 1.0)


def local_unit(change: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Return the unit of errors where a loss learns none.

    It is the geometric mean of the usual change from row to row and that in a window,
    which tells calm from wild times, and small values from large ones, as they come; of
    few rows it tells no more than half of it.

    Parameters
    ----------
    change : ndarray of shape (n, C)
        From `change_of`.
    usual : ndarray of shape (C,)
        Its mean at held-out origins, more than 0.
    """
    return np.sqrt(np.maximum(change, LEAST_CHANGE * usual) * usual)


def change_of(past: np.ndarray) -> np.ndarray:
    """Return the mean change from row to row in windows (n, L, C), zero of one row."""
    if past.shape[1] == 1:
        return np.zeros(past[:, 0].shape)
    return np.abs(np.diff(past, axis=1)).mean(axis=1)


def seen_at(
    module: ForecastNetwork, data: WindowDataset, n_origins: np.ndarray
) -> Seen:
    """Return what a network says at the last origins of each series.

    Parameters
    ----------
    module : ForecastNetwork
        Trained.
    data : WindowDataset
        Windows with the rows that followed, series by series.
    n_origins : ndarray of int of shape (n_series,)
        How many of them each series has.
    """
    n_targets, has_decoder = data.columns.n_targets, module.decoder is not None
    n_values = module.horizon * n_targets * max(1, (n_origins > 0).sum())
    most = int(np.clip(MOST_VALUES // n_values, 1, MOST_ORIGINS))
    n_kept = np.minimum(n_origins, most)
    age = np.concatenate([np.arange(n)[::-1] for n in n_kept])
    kept = np.repeat(np.cumsum(n_origins), n_kept) - 1 - age
    order = np.argsort(-age, kind="stable")
    series = np.repeat(np.arange(len(n_kept)), n_kept)[order]

    def read(batch: Any) -> list[np.ndarray]:
        past = batch.x.past[:, :, :n_targets].double().cpu().numpy()
        targets = batch.y
        if batch.weights is not None:
            targets = targets.masked_fill(batch.weights.unsqueeze(2) == 0, torch.nan)
        outputs = predict_batch(module, batch)
        found = [outputs, targets.cpu().numpy(), change_of(past)]
        return [*found, shifts_of(module, batch)] if has_decoder else found

    device = next(module.parameters()).device
    seen = Seen(*told_at(data, kept[order], device, read))
    return seen._replace(series=series)


@torch.inference_mode()
def shifts_of(module: ForecastNetwork, batch: Batch) -> np.ndarray:
    """Return how far a decoder moves each row (B, H, C) when told the true ones before.

    Parameters
    ----------
    module : ForecastNetwork
        Trained.
    batch : Batch
        Windows, and the rows that followed; what is missing is not told.
    """
    truth: Any = batch.y
    said: list[list[np.ndarray]] = []

    def tell(step: int, value: torch.Tensor) -> torch.Tensor:
        said[-1].append(value.cpu().numpy())
        return value

    def tell_truth(step: int, value: torch.Tensor) -> torch.Tensor:
        known = truth[:, step].to(value.dtype)
        return torch.where(known.isnan(), tell(step, value), known)

    for choose in (tell, tell_truth):
        said.append([])
        window: Any = batch.x
        module.follow(window, choose)
    free, told = (np.stack(rows, axis=1) for rows in said)
    return told - free
