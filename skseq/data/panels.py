"""Panels: long tables with a 2-level index (instance, time)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.written import readings

__all__ = ["check_dates_rise", "panel_starts"]


def panel_starts(index: pd.MultiIndex) -> np.ndarray:
    """Return the row at which each instance of a panel starts.

    Parameters
    ----------
    index : MultiIndex of two levels (instance, time)
        Index of a long table.

    Returns
    -------
    starts : ndarray of int of shape (n_instances,)

    Raises
    ------
    ValueError
        If the index has not two levels, a row has no instance, an instance is
        interrupted by another or the time of an instance does not increase.
    """
    if index.nlevels != 2:
        raise ValueError(
            "frame must have a 2-level index (instance, time), "
            f"got {index.nlevels} level(s); columns become one by "
            "frame.set_index([instance, time])."
        )
    instances, times = (index.get_level_values(level) for level in (0, 1))
    codes = instances.factorize()[0]
    if (codes < 0).any():
        row = int(np.argmin(codes))
        raise ValueError(
            f"The label of instance is missing in the index of row {row}, of time "
            f"{times[row]!r}; leave such rows out, or give them one."
        )
    changes = np.flatnonzero(np.diff(codes)) + 1
    starts = np.append(0, changes)[: len(index)]
    firsts = instances[starts]
    if firsts.has_duplicates:
        name = firsts[firsts.duplicated()][0]
        raise ValueError(
            f"The rows of instance {name!r} are interrupted by another instance; "
            "sort the table by its index first."
        )
    for increases in map(_increase, readings(times) or [times]):
        increases[changes - 1] = True
        if increases.all():
            break
    else:
        i = int(np.argmin(increases))
        raise ValueError(
            f"The time index of instance {instances[i]!r} does not increase at "
            f"{times[i + 1]!r}, which follows {times[i]!r}."
        )
    return starts


def _increase(times: pd.Index) -> np.ndarray:
    """Return whether each entry but the first one is behind the entry before."""
    try:
        return np.array(times[1:] > times[:-1])
    except TypeError as error:
        raise ValueError(
            f"The times of the index are of several kinds: {error}; expected numbers, "
            "or dates."
        ) from error


def check_dates_rise(sequence: Any, name: str) -> None:
    """Refuse a sequence whose dates show that it is not in the order of time.

    Parameters
    ----------
    sequence : Series, DataFrame or array-like
        One of a list. Only an index of dates, periods or time spans is looked at:
        numbers may be those of the rows of a table before it was sorted.
    name : str
        What to call it in errors.

    Raises
    ------
    ValueError
        If a time falls, repeats or is missing.
    """
    index = getattr(sequence, "index", None) if hasattr(sequence, "iloc") else None
    times = getattr(index, "asi8", None)
    if index is None or times is None:
        return
    falls = np.diff(times) <= 0
    if falls.any():
        i = int(np.argmax(falls))
        raise ValueError(
            f"The time index of {name} does not increase at {index[i + 1]!r}, which "
            f"follows {index[i]!r}; sort it first, {name}.sort_index()."
        )
