"""Ridge regression beside a network: as much of a forecast as held-out origins ask for.

Both look at the same window in the same units, and the network has a linear map of it
already, so that what is said together is the same network with other weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from skseq.forecasting._origins import told_at
from skseq.forecasting._shrinking import Forecasts, least, units_of_errors
from skseq.forecasting._windows import WindowDataset
from skseq.networks import ForecastNetwork

__all__ = [
    "NO_RIDGE",
    "RidgeShare",
    "add_ridge",
    "has_place",
    "learn_share",
    "normal_equations",
]

PENALTIES = 10.0 ** np.arange(-4, 1)  # in units of the mean square of what is seen
SHARES = np.linspace(0, 1, 11)
SURE = 0.5  # standard errors: two forecasts together are seldom worse than one
LEAST_BLOCKS = 2  # of origins: one tells of no share
MOST_STEPS = 2048  # of a window beyond which none is tried
MOST_VALUES = 2**25  # in the windows that it is learned of, evenly apart
PART_VALUES = 2**20  # of these at a time
LEAST_SIZE = 1e-12  # of what is seen, if all of it is zero


class RidgeShare(NamedTuple):
    """How strong the penalty of a ridge regression is, and how much it says."""

    penalty: float
    share: float


NO_RIDGE = RidgeShare(float(PENALTIES[-1]), 0.0)


class NormalEquations(NamedTuple):
    """What is needed of windows to regress on them what follows."""

    gram: Tensor  # (L, L), mean products of steps of windows
    cross: Tensor  # (L, H), of these and of what is ahead

    def weight(self, penalty: float) -> Tensor:
        """Return the weights (H, L) of a ridge regression without intercept."""
        size = penalty * self.gram.diagonal().mean().clamp_min(LEAST_SIZE)
        gram = self.gram.clone()
        gram.diagonal().add_(size)
        return torch.linalg.solve(gram, self.cross).T


def has_place(module: ForecastNetwork) -> bool:
    """Return whether a network's forecast is its outputs, a linear map among them.

    One row ahead its linear map is as good as a ridge regression.
    """
    return (
        module.horizon > 1
        and module.skip is not None
        and module.skip.in_features <= MOST_STEPS
        and module.decoder is None
        and module.n_outputs == 1
        and not module.positive
    )


@torch.inference_mode()
def normal_equations(module: ForecastNetwork, data: WindowDataset) -> NormalEquations:
    """Return what windows tell that are as the linear map of a network sees them.

    Those of which a target is missing are left out; of none at all nothing is known.
    """
    n_steps, n_ahead = data.window_length, data.n_timesteps - data.window_length
    gram, cross, total = (
        torch.zeros(shape, dtype=torch.float64)
        for shape in ((n_steps, n_steps), (n_steps, n_ahead), ())
    )
    n_values = data.n_timesteps * data.columns.n_targets
    every = max(1, -(-len(data) * n_values // MOST_VALUES))
    size = max(1, PART_VALUES // n_values)
    device = next(module.parameters()).device
    for index in torch.arange(0, len(data), every).split(size):
        batch: Any = data.gather(index.to(device))
        x, y = module.in_units(batch.x, batch.y)  # (B, C, L), (B, C, H)
        weight = torch.ones_like(y[:, :, :1])
        if batch.weights is not None:
            weight = weight * batch.weights.mean(dim=1)[:, None, None]
        there = ~torch.isnan(y).any(dim=2)
        x, y, weight = x[there], y[there], weight[there]
        gram = gram.to(x) + x.T @ (weight * x)
        cross = cross.to(x) + x.T @ (weight * y)
        total = total.to(x) + weight.sum()
    total = total.clamp_min(LEAST_SIZE)
    return NormalEquations(gram / total, cross / total)


def learn_share(
    module: ForecastNetwork,
    data: WindowDataset,
    held_out: WindowDataset,
    said: Forecasts,
) -> tuple[RidgeShare, Forecasts]:
    """Return how much a ridge regression is to say, and what is said then.

    The penalty is that of the least error; the share has less error than the network
    alone, by absolute and squared errors in units of its own. One block of origins
    (`block_edges`) asks for nothing.

    Parameters
    ----------
    module : ForecastNetwork
        Trained.
    data, held_out : WindowDataset
        Windows that it learned from, and those whose targets it did not learn.
    said : Forecasts
        What it said at some of the latter.
    """
    if len(said.edges[-1]) - 1 < LEAST_BLOCKS:
        return NO_RIDGE, said
    equations = normal_equations(module, data)
    weights = torch.stack([equations.weight(penalty) for penalty in PENALTIES])
    lines = _along_lines(module, weights, held_out, said.chosen)
    network, targets = said.outputs[..., 0].numpy(), said.targets.numpy()
    counts = said.weights.double().numpy()
    unit = units_of_errors(np.abs(network - targets), counts)
    counts = ~np.isnan(targets) * counts
    total = counts.sum(axis=(1, 2), keepdims=True)

    def error(points: np.ndarray) -> np.ndarray:
        """Return mean errors (n, 1, 1) of origins."""
        apart = np.abs(points - targets)
        sums = np.nansum(
            (apart / unit[0] + apart**2 / unit[1]) * counts, axis=(1, 2), keepdims=True
        )
        return np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)

    best = int(np.argmin([np.nansum(error(line) * total) for line in lines]))
    change = lines[best] - network
    share = least(
        lambda share: error(network + share * change),
        SHARES,
        said.edges[-1:],
        0.0,
        np.full((1, 1), SURE),
        total,
    ).item()
    mixed = torch.as_tensor(network + share * change).to(said.outputs)
    return (
        RidgeShare(float(PENALTIES[best]), share),
        said._replace(outputs=mixed.unsqueeze(3)),
    )


@torch.inference_mode()
def _along_lines(
    module: ForecastNetwork, weights: Tensor, data: WindowDataset, chosen: np.ndarray
) -> np.ndarray:
    """Return what linear maps (A, H, L) forecast at some origins, (A, n, H, C)."""

    def read(batch: Any) -> list[np.ndarray]:
        said = module.along_lines(batch.x, weights).float()
        return [said.transpose(0, 1).cpu().numpy()]

    return told_at(data, chosen, weights.device, read)[0].swapaxes(0, 1)


def add_ridge(module: ForecastNetwork, data: WindowDataset, found: RidgeShare) -> None:
    """Let a ridge regression on windows have its share of what a network says."""
    if not found.share:
        return
    maps: list[Any] = [module.head, module.skip]
    if module.ahead is not None:
        maps.append(module.ahead[-1])
    skip = maps[1].weight
    weight = normal_equations(module, data).weight(found.penalty).to(skip)
    with torch.no_grad():
        for linear in maps:
            linear.weight.mul_(1 - found.share)
            linear.bias.mul_(1 - found.share)
        skip.add_(found.share * weight)
