"""Paths of a rolling forecast with their origins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.forecasting._reading import Kind
from skseq.forecasting._table import Table
from skseq.forecasting._time import following

__all__ = ["labelled", "origins_behind", "origins_within"]


def origins_behind(known: Table, n_origins: np.ndarray) -> list[pd.Index] | None:
    """Return the last row known before each path, None if there is no index.

    Parameters
    ----------
    known : Table
        The rows known before the first path.
    n_origins : ndarray of int of shape (n_series,)
        Number of paths of each series.

    Returns
    -------
    origins : list of Index or None
    """
    origins = []
    for span, n in zip(known.spans, n_origins, strict=True):
        if span is None:
            return None
        if n == 1:
            origins.append(pd.Index([span.last]))
        else:
            later = following(span, int(n) - 1)
            origins.append(later.insert(0, span.last))
    return origins


def origins_within(
    index: pd.Index, edges: np.ndarray, n_before: int, n_origins: np.ndarray
) -> list[pd.Index]:
    """Return the last row known before each path, of series that start anew.

    Parameters
    ----------
    index : Index of n_rows entries
        That of the series.
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts, and n_rows.
    n_before : int
        Number of rows of each that the first path looks back at.
    n_origins : ndarray of int of shape (n_series,)
        Number of paths of each series.

    Returns
    -------
    origins : list of Index
    """
    times = index.get_level_values(-1)
    firsts = edges[:-1] + n_before - 1
    return [times[i : i + n] for i, n in zip(firsts, n_origins, strict=True)]


def labelled(
    paths: np.ndarray, origins: list[pd.Index], names: tuple, kind: Kind, given: Any
) -> pd.DataFrame:
    """Return paths as a table.

    Parameters
    ----------
    paths : ndarray of shape (n_paths, horizon, n_targets)
        Those of all series.
    origins : list of Index
        The last row known before each path, series by series.
    names : tuple
        What the series are called.
    kind : Kind
        What forecasts are returned as.
    given : Series or DataFrame
        What says how the first level is called.

    Returns
    -------
    table : DataFrame of n_paths * horizon rows, n_targets columns
        Indexed by (series,) origin and step.
    """
    n_paths, horizon, n_targets = paths.shape
    levels = [
        origins[0].append(origins[1:]).repeat(horizon),
        pd.Index(np.tile(np.arange(1, horizon + 1), n_paths)),
    ]
    level_names = ["origin", "step"]
    if names != (None,):
        of_path = pd.Index(names).repeat([len(times) for times in origins])
        levels.insert(0, of_path.repeat(horizon))
        level_names.insert(0, given.index.names[0])
    columns: Any = range(n_targets)
    if kind.is_pandas:
        columns = kind.columns
        if kind.is_flat:
            columns = [0 if kind.columns is None else kind.columns]
    index = pd.MultiIndex.from_arrays(levels, names=level_names)
    return pd.DataFrame(paths.reshape(-1, n_targets), index, columns)
