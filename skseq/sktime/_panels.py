"""Panels of sktime become sequences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from skseq.data.doubts import TimeFirst

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def to_sequences(X: Sequence[pd.DataFrame]) -> TimeFirst:
    """Return a panel of sktime as arrays, time first.

    Names of columns are dropped, as sktime makes some up for the layouts without;
    `check_names` compares them.

    Parameters
    ----------
    X : list of DataFrame of shape (n_timesteps_i, n_channels)
        sktime's "df-list".

    Returns
    -------
    sequences : list of ndarray of shape (n_timesteps_i, n_channels)
    """
    return TimeFirst(np.ascontiguousarray(frame.to_numpy()) for frame in X)


def check_names(names: list, known: list) -> None:
    """Refuse columns that are called otherwise, or stand in another order, than in fit.

    Parameters
    ----------
    names : list
        What the columns are called.
    known : list
        What those of `fit` were called.

    Raises
    ------
    ValueError
        If they differ, and sktime did not make either up.
    """
    if names == known or len(names) != len(known):  # the estimator counts them
        return
    reordered = set(names) == set(known)
    if reordered or not (_are_made_up(names) or _are_made_up(known)):
        order = " in another order" if reordered else ""
        raise ValueError(
            f"X has the columns {names}{order}, but fit had {known}. The feature names "
            "should match those that were passed during fit, in the same order."
        )


def _are_made_up(names: list) -> bool:
    """Whether names only count: 0, 1, 2 or var_0, var_1, var_2."""
    kinds = [re.fullmatch(r"(.*?)_?(\d+)", str(name)) for name in names]
    numbers = [int(kind[2]) for kind in kinds if kind]
    first = numbers[:1] == [1]
    stems = {kind[1] for kind in kinds if kind}
    return numbers == list(range(first, len(names) + first)) and len(stems) == 1
