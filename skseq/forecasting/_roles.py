"""Which columns of X are targets, of the past, known ahead, or static."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skseq._showing import shown

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

__all__ = ["Roles", "roles_of"]


class Roles(NamedTuple):
    """Which columns of X play which part."""

    targets: np.ndarray  # empty if y holds the targets
    past: np.ndarray
    future: np.ndarray
    static: np.ndarray


def roles_of(estimator: BaseEstimator, X: Any, n_columns: int, has_y: bool) -> Roles:
    """Return the parts that a forecaster's parameters give to the columns.

    Parameters
    ----------
    estimator : forecaster
        Its `known_future` and `static` name columns, or say where they stand.
    X : array or DataFrame of shape (n_rows, n_columns)
        Its columns may have names.
    n_columns : int
        Number of columns.
    has_y : bool
        Whether the targets are elsewhere; else they are what is not named.

    Returns
    -------
    roles : Roles

    Raises
    ------
    ValueError
        If a column is not there or named twice, or no column is left for the targets.
    """
    future = _positions("known_future", estimator.known_future, X, n_columns)
    static = _positions("static", estimator.static, X, n_columns)
    both = np.intersect1d(future, static)
    if len(both):
        raise ValueError(
            f"Column {both[0]} of X is named in known_future and in static."
        )
    rest = np.setdiff1d(np.arange(n_columns), np.concatenate([future, static]))
    none = rest[:0]
    if not has_y and not len(rest):
        raise ValueError(
            "known_future and static name all columns of X; without y, those that "
            "they do not name are the targets."
        )
    return Roles(none if has_y else rest, rest if has_y else none, future, static)


def _positions(name: str, chosen: Any, X: Any, n_columns: int) -> np.ndarray:
    """Return the positions of columns given by position or name."""
    names = list(getattr(X, "columns", range(n_columns)))
    positions = []

    def is_position(column: Any) -> bool:
        return isinstance(column, Integral) and not isinstance(column, bool)

    for column in chosen:
        if column in names and not isinstance(column, bool):
            positions.append(names.index(column))
        elif is_position(column) and -n_columns <= column < n_columns:
            positions.append(column % n_columns)
        else:
            raise ValueError(
                f"{name} holds {shown(column)}; X has the columns {names}."
            )
    if len(set(positions)) < len(positions):
        raise ValueError(f"{name}={shown(chosen)} names a column twice.")
    return np.fromiter(positions, dtype=np.intp)
