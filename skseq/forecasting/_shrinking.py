"""How far forecasts are shrunk towards the naive one, as held-out origins tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import t as student_t
from torch import Tensor

from skseq.core.losses import NumberLoss
from skseq.forecasting._origins import told_at
from skseq.forecasting._windows import WindowDataset
from skseq.networks import ForecastNetwork, NaiveShrinkage
from skseq.training import predict_batch

__all__ = [
    "Forecasts",
    "best_weights",
    "block_edges",
    "forecasts_at_origins",
    "learn_shrinkage",
    "least",
    "towards_mean",
    "units_of_errors",
]

WEIGHTS = np.linspace(0, 1, 21)
SPREADS = np.geomspace(0.5, 4, 19)
N_BLOCKS = 10  # of origins, from which is told how sure a weight is
FEW_BLOCKS = 3  # from which nobody can tell that intervals are too wide
SURE = 1.5  # standard errors
LEAST_ERROR = 1e-30  # of a naive forecast that is right
MOST_VALUES = 2**21  # forecast for this, from origins evenly apart
LEAST_ORIGINS, ENOUGH_VALUES = 2**10, 2**18  # of a table that is not in memory


class Forecasts(NamedTuple):
    """What a network said at held-out origins, and what was right."""

    outputs: Tensor  # (n, H, C, n_outputs)
    naive: Tensor  # (n, H, C)
    targets: Tensor  # (n, H, C), NaN where missing
    weights: Tensor  # (n, H, 1)
    chosen: np.ndarray  # (n,), which origins these are, of all
    edges: list[np.ndarray]  # H of int of shape (n_blocks + 1,): where blocks start


def learn_shrinkage(
    shrinkage: NaiveShrinkage,
    said: Forecasts | None,
    loss: NumberLoss,
) -> None:
    """Give a network's shrinkage the weights and spreads that held-out origins ask for.

    Each step and target gets the weight of `best_weights`, by absolute and squared
    errors, each in units of those of the naive forecast; then the spread of the least
    loss.

    Parameters
    ----------
    shrinkage : NaiveShrinkage
        The part of a trained network that has the rows of the naive forecast.
    said : Forecasts or None
        What it said where it did not learn; None if there is nothing, and half of
        either forecast is best.
    loss : NumberLoss
        What was minimised.
    """
    if said is None:
        shrinkage.weight.fill_(0.5)
        return
    edges = said.edges
    n_blocks = np.array([len(between) - 1 for between in edges])[:, None]
    device = shrinkage.weight.device
    shrinkage.cpu()

    def distance(weight: float) -> np.ndarray:
        shrinkage.weight.fill_(weight)
        point = loss.point(shrinkage(said.outputs, said.naive).numpy())
        return np.abs(point - said.targets.numpy())

    weights = said.weights.double().numpy()
    unit = units_of_errors(distance(0.0), weights)

    def error(weight: float) -> np.ndarray:
        apart = distance(weight)
        return apart / unit[0] + apart**2 / unit[1]

    def cost(spread: float) -> np.ndarray:
        shrinkage.spread.fill_(spread)
        outputs = shrinkage(said.outputs, said.naive)
        losses = loss.pointwise(outputs, said.targets.unsqueeze(3))
        return losses.mean(dim=3).numpy()

    weight = best_weights(error, edges, weights)
    shrinkage.weight.copy_(torch.as_tensor(towards_mean(weight, n_blocks)))
    if loss.has_spread:
        n_errors = np.zeros(n_blocks.shape)
        spread = least(cost, SPREADS, edges, 1.0, n_errors, weights)
        spread = np.where(n_blocks > FEW_BLOCKS, spread, spread.clip(min=1.0))
        shrinkage.spread.copy_(torch.as_tensor(spread))
    shrinkage.to(device)


def best_weights(
    error: Callable[[float], np.ndarray],
    edges: Sequence[np.ndarray],
    weights: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Return the weight of the network that has the least error.

    Where the network is sure to be ahead of the naive forecast in all steps and targets
    together, as it may be where it is in none by itself, one weight is that of all;
    else it is zero. Of few blocks Student's distribution says how many standard errors
    make sure. Each step and target departs from that weight only as far as it is sure
    to be better.

    Parameters
    ----------
    error : callable
        weight -> errors (n_origins, H, C), NaN where unknown.
    edges : sequence of H ndarray of int of shape (n_blocks + 1,)
        From `block_edges`, for each step.
    weights : ndarray of shape (n_origins, H, 1), default=1.0
        What each error counts.

    Returns
    -------
    chosen : ndarray of shape (H, C)
    """
    n_errors = np.array([[SURE if len(between) > 2 else 0.0] for between in edges])
    level, n_blocks = student_t.cdf(SURE, N_BLOCKS), max(1, len(edges[-1]) - 1)
    of_few = np.array([[student_t.ppf(level, n_blocks)]])
    there = ~np.isnan(error(0.0)) * weights
    total = there.sum(axis=(1, 2), keepdims=True)

    def of_all(weight: float) -> np.ndarray:
        sums = np.nansum(error(weight) * there, axis=(1, 2), keepdims=True)
        return np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)

    def common(choices: np.ndarray) -> float:
        return least(of_all, choices, edges[-1:], 0.0, of_few, total).item()

    is_ahead = common(np.array([0.0, 1.0])) > 0
    reference = common(WEIGHTS) if is_ahead else 0.0
    return least(error, WEIGHTS, edges, reference, n_errors, weights)


def block_edges(n_origins: np.ndarray, step: int) -> np.ndarray:
    """Return where blocks of held-out origins start and end.

    Parameters
    ----------
    n_origins : ndarray of int of shape (n_series,)
        How many each series has.
    step : int
        How many rows ahead is forecast. From origins closer than that, what comes
        between is much the same (Diebold and Mariano, 1995).

    Returns
    -------
    edges : ndarray of int of shape (n_blocks + 1,)
    """
    n_rows = n_origins[n_origins > 0] + step - 1
    n_blocks = int((n_rows // step).sum().clip(max=N_BLOCKS))
    return np.linspace(0, n_origins.sum(), n_blocks + 1).round().astype(int)


def least(
    loss: Callable[[float], np.ndarray],
    choices: np.ndarray,
    edges: Sequence[np.ndarray],
    reference: float,
    n_errors: np.ndarray,
    weights: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Return for each step and target the choice of the least loss.

    The loss of a choice is its mean over blocks, less that of a reference, and some
    standard errors of this difference. One more block, in which nothing differs, keeps
    to the reference what only few blocks tell. Of equals, the nearest to it is chosen.

    Parameters
    ----------
    loss : callable
        choice -> losses (n_origins, H, C), NaN where unknown.
    choices : ndarray of shape (n_choices,)
        What to choose from.
    edges : sequence of H ndarray of int of shape (n_blocks + 1,)
        From `block_edges`, for each step.
    reference : float
        What others are compared with.
    n_errors : ndarray of shape (H, 1)
        How many standard errors to add.
    weights : ndarray of shape (n_origins, H, 1), default=1.0
        What each loss counts.

    Returns
    -------
    chosen : ndarray of shape (H, C)
    """
    before, uppers = loss(reference), []
    choices = choices[np.argsort(np.abs(choices - reference), kind="stable")]
    for choice in choices:
        sums, counts = _near_sums(loss(choice) - before, weights)
        upper = np.empty(sums.shape[1:])
        for step, (between, n) in enumerate(zip(edges, n_errors, strict=True)):
            total, n_there = (
                np.add.reduceat(part[:, step], between[:-1]) for part in (sums, counts)
            )
            blocks = np.zeros_like(total)  # (n_blocks, C)
            np.divide(total, n_there, out=blocks, where=n_there > 0)
            blocks = np.append(blocks, np.zeros_like(blocks[:1]), axis=0)
            error = np.std(blocks, axis=0, ddof=1) / len(blocks) ** 0.5
            upper[step] = np.mean(blocks, axis=0) + n * error
        uppers.append(upper)
    return choices[np.argmin(uppers, axis=0)]


def towards_mean(weight: np.ndarray, n_blocks: np.ndarray) -> np.ndarray:
    """Return weights of which each is moved to the mean as far as few blocks tell it.

    Parameters
    ----------
    weight : ndarray of shape (H, C)
        What the blocks of each step ask for.
    n_blocks : ndarray of int of shape (H, 1)
        How many these are, and so how much a step counts for the mean of a target: of
        single rows ahead there are many blocks, of a whole horizon perhaps one.
    """
    mean = (n_blocks * weight).sum(axis=0) / n_blocks.sum()
    own = (n_blocks - 1) / (N_BLOCKS - 1)
    return own * weight + (1 - own) * mean


def units_of_errors(
    errors: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return means (C,) of absolute errors (n, H, C) and of their squares."""
    return _mean(errors, weights), _mean(errors**2, weights)


def _mean(errors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return means (C,) of what is there, (n, H, C), and no zeros to divide by."""
    n_there = (~np.isnan(errors) * weights).sum(axis=(0, 1))
    total = np.nansum(errors * weights, axis=(0, 1))
    return (total / np.where(n_there > 0, n_there, 1)).clip(min=LEAST_ERROR)


def _near_sums(
    losses: np.ndarray, weights: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Return sums (n, H, C) over steps near by, and of what is there the weights."""
    n_steps = losses.shape[1]
    reach = n_steps // 8
    low = (np.arange(n_steps) - reach).clip(min=0)
    high = (np.arange(n_steps) + reach + 1).clip(max=n_steps)
    sums, counts = (
        np.pad(part, ((0, 0), (1, 0), (0, 0))).cumsum(axis=1)
        for part in (np.nan_to_num(losses) * weights, ~np.isnan(losses) * weights)
    )
    return sums[:, high] - sums[:, low], counts[:, high] - counts[:, low]


def forecasts_at_origins(
    module: ForecastNetwork,
    shrinkage: NaiveShrinkage,
    data: WindowDataset,
    n_origins: np.ndarray,
) -> Forecasts:
    """Return what is said at some held-out origins, of so many in each series."""
    n_targets = data.columns.n_targets
    n_values, most = module.horizon * n_targets, MOST_VALUES
    if data.is_stored:  # what costs more than all else there
        most = min(most, max(LEAST_ORIGINS * n_values, ENOUGH_VALUES))
    every = -(-len(data) * n_values // most)
    chosen = np.arange(0, len(data), every)

    def read(batch: Any) -> list[np.ndarray]:
        outputs = predict_batch(module, batch)
        naive = shrinkage.naive(batch.x.past[:, :, :n_targets])
        weights = torch.ones(outputs.shape[:2])
        if batch.weights is not None:
            weights = batch.weights
        found = naive, batch.y, weights.unsqueeze(2)
        return [outputs, *(part.cpu().numpy() for part in found)]

    edges = [
        np.unique(np.searchsorted(chosen, block_edges(n_origins, step)))
        for step in range(1, module.horizon + 1)
    ]
    device = next(module.parameters()).device
    outputs, naive, targets, weights = map(
        torch.from_numpy, told_at(data, chosen, device, read)
    )
    return Forecasts(outputs, naive, targets, weights, chosen, edges)
