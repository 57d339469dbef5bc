"""Gradients of predictions with respect to the steps of a batch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from skseq.data.batching import Batch
from skseq.data.scaling import sequence_scale
from skseq.data.sequences import SequenceArray
from skseq.inspection._asked import Asked
from skseq.inspection._places import Places

__all__ = ["Gradients", "IntegratedGradients", "shares_of_the_way"]

PART_STEPS = 2**14  # time steps, padding included, whose graph is held at a time


@dataclass(frozen=True)
class _Part:
    """Some sequences of a batch."""

    x: Tensor  # (B, T, C), first the features, or both views of them side by side
    lengths: Tensor | None  # (B,), None if all are T
    index: np.ndarray  # (B,), which sequences these are


class Gradients:
    """Gradients per unit of X, as a function of a module and a batch.

    To be called where torch records gradients.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of sequences.
    sequences : SequenceArray
        What batches are made of.
    asked : Asked
        Which of the outputs of the network are looked at.
    """

    def __init__(self, estimator: Any, sequences: SequenceArray, asked: Asked):
        normalize = estimator._normalize
        self.asked = asked
        self.places = Places(estimator._columns, sequences, normalize == "both")
        numbers = self.places.numbers
        seen = estimator._scaler.clip(numbers)
        is_there = ~np.isnan(numbers.values)
        is_fixed = ~is_there | (seen.values != numbers.values)  # missing, or clipped
        self.is_fixed: SequenceArray | None = None
        if is_fixed.any():
            self.is_fixed = numbers.map_values(lambda _: is_fixed)
        self.lengths = sequences.lengths
        self.scale: Any = None
        self.own_scale: Any = None
        self.n_there: Any = None  # (n_samples, F), steps that have a value
        if normalize in ("feature", "both"):
            self.scale = estimator._scaler.scale()[1]  # (1, F)
        if normalize in ("sequence", "both"):
            self.own_scale = sequence_scale(seen)[1]  # (n_samples, F)
            total = np.pad(is_there.cumsum(axis=0), ((1, 0), (0, 0)))
            starts, ends = numbers.starts, numbers.starts + numbers.lengths
            self.n_there = (total[ends] - total[starts]).clip(min=1)

    def __call__(self, module: nn.Module, batch: Batch) -> np.ndarray:
        """Return a number for each feature of each step, (B, T, F).

        Those of static columns are behind them, at the first step.
        """
        found = []
        size = max(1, PART_STEPS // batch.x.shape[1])
        for first in range(0, len(batch), size):
            rows = slice(first, first + size)
            lengths = None if batch.lengths is None else batch.lengths[rows]
            part = _Part(batch.x[rows], lengths, np.asarray(batch.index)[rows])
            found.append(self._explain(module, part))
        return np.concatenate(found)

    def _explain(self, module: nn.Module, part: _Part) -> np.ndarray:
        gradients = _to_numpy(self._differentiate(module, part, part.x))
        of_numbers, of_static = self.places.split(gradients)
        of_numbers = self._through_scales(of_numbers, part)
        if self.is_fixed is not None:  # there, a small change changes nothing
            for row, i in zip(of_numbers, part.index, strict=True):
                row[: self.lengths[i]][self.is_fixed[i]] = 0
        of_static = of_static / self.places.static_scale
        of_static[self.places.static_is_missing[part.index]] = 0
        return self.places.join(of_numbers, of_static)

    def _through_scales(self, gradients: np.ndarray, part: _Part) -> np.ndarray:
        if self.own_scale is None:
            return gradients if self.scale is None else gradients / self.scale
        if self.scale is None:
            return self._through_own_scale(gradients, part)
        first, second = np.split(gradients, 2, axis=2)
        return first / self.scale + self._through_own_scale(second, part)

    def _through_own_scale(self, gradients: np.ndarray, part: _Part) -> np.ndarray:
        """Take into account that all steps decide their mean and deviation."""
        z = _to_numpy(self.places.last_view(part.x).nan_to_num())
        n_steps = self.n_there[part.index, None]
        mean = gradients.sum(axis=1, keepdims=True) / n_steps
        slope = (gradients * z).sum(axis=1, keepdims=True) / n_steps
        return (gradients - mean - z * slope) / self.own_scale[part.index, None]

    def _differentiate(self, module: nn.Module, part: _Part, x: Tensor) -> Tensor:
        """Return the gradient of the predictions with respect to x in place of part.x.

        Those of padded steps are zero.
        """
        x = x.detach().clone().requires_grad_()
        kernels: AbstractContextManager = nullcontext()
        if x.is_cuda:  # cuDNN goes back through time in training mode only
            kernels = torch.backends.cudnn.flags(enabled=False)
        with kernels:
            said = self.asked.said(module, x, part.lengths, part.index)
            (gradients,) = torch.autograd.grad(said.sum(), x)
        return gradients


class IntegratedGradients(Gradients):
    """Integrals of gradients on the way from zero to what the network sees.

    Parameters
    ----------
    estimator, sequences, asked
        As for `Gradients`.
    n_points : int
        Number of gradients in an integral, by Gauss and Legendre.
    """

    def __init__(
        self,
        estimator: Any,
        sequences: SequenceArray,
        asked: Asked,
        n_points: int,
    ):
        super().__init__(estimator, sequences, asked)
        self.points = shares_of_the_way(n_points)

    def _explain(self, module, part):
        integral = sum(
            weight * self._differentiate(module, part, self._on_the_way(part.x, point))
            for point, weight in self.points
        )
        of_numbers, of_static = self.places.split(
            _to_numpy(integral * part.x.nan_to_num())
        )
        of_numbers = sum(np.split(of_numbers, self.places.n_views, axis=2))
        return self.places.join(of_numbers, of_static)

    def _on_the_way(self, x: Tensor, share: float) -> Tensor:
        """Return x with so much of its numbers; all else is as it is."""
        return torch.where(self.places.are_numbers(x), share * x, x)


def shares_of_the_way(n_points: int) -> list[tuple[float, float]]:
    """Return the points of an integral from 0 to 1, by Gauss and Legendre, and weights.

    Parameters
    ----------
    n_points : int
        How many.
    """
    points, weights = np.polynomial.legendre.leggauss(n_points)
    return list(zip((points + 1) / 2, weights / 2, strict=True))


def _to_numpy(x: Tensor) -> np.ndarray:
    return x.detach().cpu().double().numpy()
