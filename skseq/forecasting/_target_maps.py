"""Maps of targets that are forecast in other units: logarithms, powers, transformers.

Each target of each series has its own. It acts on single values and is increasing, so
that quantiles of what is mapped are those of the targets, mapped.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import clone

from skseq._showing import shown

__all__ = [
    "LOWEST",
    "BoxCoxMap",
    "LogMap",
    "TargetMap",
    "TransformerMap",
    "learn_map",
    "map_targets",
]

LOWEST = {"log1p": -1.0, "box-cox": 0.0}  # above which a map by name has values
SAME = 1e-3  # of the range of targets, how near they have to come back


class TargetMap:
    """An increasing map of one target of one series, and the way back.

    Both take and return arrays (n,); NaN stays.
    """

    def forward(self, y: np.ndarray) -> np.ndarray:
        """Return values in the units that are learned."""
        raise NotImplementedError

    def back(self, z: np.ndarray) -> np.ndarray:
        """Return values in the units of the target."""
        raise NotImplementedError


class LogMap(TargetMap):
    """The logarithm of 1 + y."""

    def forward(self, y):
        """Return logarithms."""
        return np.log1p(y)

    def back(self, z):
        """Return what they are the logarithms of."""
        return np.expm1(z)


class BoxCoxMap(TargetMap):
    """The power of Box and Cox (1964, "An Analysis of Transformations") of y / unit.

    Parameters
    ----------
    power : float
        Between 0, the logarithm, and 1, with which every number has a way back.
    unit : float
        The geometric mean, so that no digits are lost.
    """

    def __init__(self, power: float, unit: float):
        self.power, self.unit = power, unit

    @classmethod
    def learned(cls, y: np.ndarray) -> BoxCoxMap:
        """Return the map after which targets are most likely normal.

        SciPy's `boxcox_llf` has the same maximum, and takes a hundred times as long.
        """
        if not len(y):
            return cls(1.0, 1.0)
        logs = np.log(y)
        center = float(logs.mean())
        logs = logs - center
        if np.ptp(logs) < 1e-9:  # nothing tells which power
            return cls(1.0, float(np.exp(center)))

        def loss(power: float) -> float:  # the sum of the logarithms is zero
            return float(np.log(np.var(_powers(logs, power))))

        found = minimize_scalar(loss, bounds=(0, 1), method="bounded")
        power = min((0.0, float(found.x), 1.0), key=loss)
        return cls(power, float(np.exp(center)))

    def forward(self, y):
        """Return powers."""
        return _powers(np.log(y / self.unit), self.power)

    def back(self, z):
        """Return what they are the powers of, 0 at least."""
        if self.power == 0:
            return self.unit * np.exp(z)
        logs = np.log1p(np.maximum(self.power * z, -1)) / self.power
        return self.unit * np.exp(logs)


class TransformerMap(TargetMap):
    """What a fitted transformer of one column does.

    Parameters
    ----------
    transformer : transformer
        Of scikit-learn, with an inverse.
    """

    def __init__(self, transformer: Any):
        self.transformer = transformer

    @classmethod
    def learned(cls, transformer: Any, y: np.ndarray) -> TransformerMap:
        """Return a map by a clone that is fitted to targets.

        Raises
        ------
        ValueError
            If it cannot be, or does not increase, or does not come back.
        """
        if not len(y):
            raise ValueError("it has no value to learn from")
        found = cls(clone(transformer).fit(y[:, None]))
        ordered = np.sort(y)
        mapped = found.forward(ordered)
        if np.isfinite(mapped).all():  # else the caller says where
            if (np.diff(mapped) < -SAME * np.ptp(mapped)).any():
                raise ValueError("larger values must not become smaller")
            apart = np.abs(found.back(mapped) - ordered).max()
            if not apart <= SAME * np.ptp(y) + 1e-9 * np.abs(y).max():
                raise ValueError("inverse_transform must lead back")
        return found

    def forward(self, y):
        """Return what the transformer makes of values."""
        return self._asked("transform", y)

    def back(self, z):
        """Return what the transformer makes of it backwards."""
        return self._asked("inverse_transform", z)

    def _asked(self, method: str, values: np.ndarray) -> np.ndarray:
        answer = np.full(len(values), np.nan)
        there = ~np.isnan(values)
        if there.any():
            with warnings.catch_warnings():  # it is looked at what comes out
                warnings.simplefilter("ignore", RuntimeWarning)
                found = getattr(self.transformer, method)(values[there, None])
            found = np.asarray(found)
            if found.shape != (there.sum(), 1):
                raise ValueError(
                    f"{method} makes {found.shape} of {(int(there.sum()), 1)}"
                )
            answer[there] = found[:, 0]
        return answer


def learn_map(transformer: Any, y: np.ndarray, what: str) -> TargetMap:
    """Return the map that a forecaster's parameter asks for.

    Parameters
    ----------
    transformer : {"log1p", "box-cox"} or transformer
        The parameter.
    y : ndarray of shape (n_rows,)
        Training rows of a target of one series, NaN where missing.
    what : str
        What to call the target in errors.

    Raises
    ------
    ValueError
        If a transformer is none for targets.
    """
    y = y[~np.isnan(y)]
    if transformer == "log1p":
        return LogMap()
    if transformer == "box-cox":
        return BoxCoxMap.learned(y)
    try:
        return TransformerMap.learned(transformer, y)
    except Exception as error:
        raise ValueError(
            f"transformer={shown(transformer)} is of no use for {what}: {error}"
        ) from error


@np.errstate(all="ignore")  # it is looked at what comes out
def map_targets(
    maps: Sequence[TargetMap], values: np.ndarray, what: str, *, back: bool = False
) -> np.ndarray:
    """Return targets (n_rows, n_targets, ...) of one series by their maps.

    Parameters
    ----------
    maps : sequence of n_targets TargetMap
        Learned of the series.
    values : ndarray of shape (n_rows, n_targets, ...)
        Targets, NaN where missing, or what was mapped.
    what : str
        What to call the series in errors.
    back : bool, default=False
        Whether to go back to targets.

    Returns
    -------
    mapped : ndarray of the same shape

    Raises
    ------
    ValueError
        If a value has no finite one, or a transformer fails.
    """
    mapped = np.empty(values.shape)
    for i, own in enumerate(maps):
        given = values[:, i].ravel()
        try:
            found = own.back(given) if back else own.forward(given)
        except Exception as error:
            raise ValueError(
                f"The parameter transformer failed on target {i}{what}: {error}"
            ) from error
        lost = ~np.isfinite(found) & ~np.isnan(given)
        if lost.any():
            which = "The forecast" if back else "The value"
            way = "way back through" if back else "value by"
            raise ValueError(
                f"{which} {given[lost][0]:g} of target {i}{what} has no {way} the "
                "parameter transformer."
            )
        mapped[:, i] = found.reshape(values[:, i].shape)
    return mapped


def _powers(logs: np.ndarray, power: float) -> np.ndarray:
    return logs if power == 0 else np.expm1(power * logs) / power
