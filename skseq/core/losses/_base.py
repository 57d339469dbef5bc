"""What a loss is, and one of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from skseq.networks.several import mean_of_values

__all__ = ["Loss", "NumberLoss"]


class Loss:
    """Base of all losses: one is another if it is asked for in the same way.

    Attributes
    ----------
    name : str
        What it is called.
    """

    name: ClassVar[str]

    @property
    def settings(self) -> tuple:
        """What tells it from others of its class: the arguments that make it."""
        return ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.settings == self.settings

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.settings))})"

    def __reduce__(self) -> Any:
        return type(self), self.settings


class NumberLoss(Loss):
    """Base of the losses of numbers.

    Of every target a network has `n_outputs` outputs: locations, which are in the units
    of the target or, of a rate, its logarithms, and logarithms of a scale behind them.

    Attributes
    ----------
    n_locations : int
        How many outputs of a target are in its units.
    n_log_scales : int
        How many further outputs are logarithms of a scale.
    has_spread : bool
        Whether it learns how far values are from the prediction.
    has_deviation : bool
        Whether it learns a standard deviation.
    is_rate : bool
        Whether the one location is the logarithm of a mean that is never negative.
    lowest : tuple of float and bool, or None
        What targets are not below, and whether they may be that; None: anything.
    average : callable
        Outputs of several networks, (k, ..., C * n_outputs) -> those that mean what
        they say on average.
    """

    n_locations: int = 1
    n_log_scales: ClassVar[int] = 0
    has_spread: ClassVar[bool] = False
    has_deviation: ClassVar[bool] = False
    is_rate: ClassVar[bool] = False
    lowest: ClassVar[tuple[float, bool] | None] = None
    average = staticmethod(mean_of_values)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of a target."""
        return self.n_locations + self.n_log_scales

    @classmethod
    def asked_by(cls, estimator: Any) -> Self:
        """Return the loss with what parameters of an estimator say of it."""
        return cls()

    # In training --------------------------------------------------------------------

    def pointwise(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return losses (..., n) of outputs (..., n_outputs) and targets (..., 1)."""
        raise NotImplementedError

    def base(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the outputs (n_outputs,) of least loss that say the same of all.

        Parameters
        ----------
        y : ndarray of float64 of shape (n,)
            Targets in the units of the network.
        weights : ndarray of shape (n,)
            Their weights.
        """
        raise NotImplementedError

    # Afterwards ---------------------------------------------------------------------

    def in_units(
        self, outputs: np.ndarray, mean: np.ndarray, scale: np.ndarray
    ) -> np.ndarray:
        """Give outputs the units of targets; what was the logarithm of a rate is one.

        Parameters
        ----------
        outputs : ndarray of shape (..., C, n_outputs)
            Those of a network.
        mean, scale : ndarray of shape (C,)
            What was taken from targets, and what they were divided by.
        """
        locations, log_scales = np.split(outputs, [self.n_locations], axis=-1)
        if self.is_rate:
            locations = np.exp(locations)
        locations = locations * scale[:, None] + mean[:, None]
        return np.concatenate([locations, log_scales + np.log(scale)[:, None]], axis=-1)

    def point(self, outputs: np.ndarray) -> np.ndarray:
        """Return the prediction (..., n_outputs) -> (...) that the loss is about."""
        return outputs[..., 0]

    @property
    def shares(self) -> list[float]:
        """How much of each location, in order of size, the prediction is made of."""
        return [1.0]

    def quantile(self, outputs: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles (..., n_outputs) -> (..., n_quantiles)."""
        raise NotImplementedError

    def deviation(self, outputs: np.ndarray) -> np.ndarray:
        """Return standard deviations (..., n_outputs) -> (...)."""
        raise NotImplementedError

    def halves(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far values may be expected below and above the prediction.

        Only the proportions count, of one prediction to another: what a loss does not
        learn is 1 throughout.
        """
        ones = np.ones(outputs.shape[:-1])
        return ones, ones

    # What targets may be ------------------------------------------------------------

    def check(self, y: np.ndarray, place: Callable[..., str]) -> None:
        """Refuse targets that the loss has no value for.

        Parameters
        ----------
        y : ndarray of shape (n,) or (n, C)
            The targets, NaN where missing.
        place : callable
            (row,) or (row, column) -> what to call it.

        Raises
        ------
        ValueError
            If there are such.
        """
        if self.lowest is None:
            return
        least, may_be = self.lowest
        is_wrong = y < least if may_be else y <= least
        if is_wrong.any():
            at = np.argwhere(is_wrong)[0].tolist()
            what = f"{least:g} or more" if may_be else f"more than {least:g}"
            raise ValueError(
                f"loss={self.name!r} needs y of {what}, got {float(y[tuple(at)]):g} in "
                f"{place(*at)}."
            )

    def check_sum(self, y: np.ndarray) -> None:
        """Refuse targets (n, C) to learn from of which a rate has nothing to learn."""
        if self.is_rate and not (np.nansum(y, axis=0) > 0).all():
            raise ValueError(
                f"loss={self.name!r} needs y whose sum is above 0; all that is to be "
                "learned from is 0."
            )
