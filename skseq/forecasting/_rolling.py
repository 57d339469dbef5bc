"""Paths of a rolling forecast with their origins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from skseq.forecasting._kind import Kind
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Table
from skseq.forecasting._time import following

__all__ = ["labelled", "origins_behind", "origins_within", "scaled_as_known"]


def scaled_as_known(
    scaler: SeriesScaler, table: Table, window_length: int, horizon: int
) -> tuple[Table, np.ndarray, np.ndarray]:
    """Scale series as the rows before each path tell.

    Parameters
    ----------
    scaler : SeriesScaler
        What is known of the rows before the first path.
    table : Table
        The windows of all paths, and what follows them.
    window_length, horizon : int
        Number of rows that a path looks back at, and of its own.

    Returns
    -------
    scaled : Table
        Where the scale of a series is still learned, each of its paths is one of its
        own.
    means, deviations : ndarray of shape (n_paths, n_targets)
        The scales of the targets.
    """
    n_paths = table.lengths - window_length - horizon + 1
    if not any(name in scaler.moments for name in table.names):
        mean, deviation = scaler.target_scales(table.names)
        scaled = scaler.transform(table)
        return scaled, np.repeat(mean, n_paths, 0), np.repeat(deviation, n_paths, 0)
    parts, means, deviations = [], [], []
    for name, n in zip(table.names, n_paths, strict=True):
        rows = table.select((name,))
        known: Iterable[tuple[Table, SeriesScaler]] = [(rows, scaler)]
        if name in scaler.moments:
            known, n = _row_by_row(scaler.only(name), rows, window_length, horizon), 1
        for part, scale in known:
            parts.append(scale.transform(part))
            mean, deviation = scale.target_scales((name,))
            means.append(np.repeat(mean, n, 0))
            deviations.append(np.repeat(deviation, n, 0))
    scaled = replace(
        table,
        names=tuple(range(len(parts))),
        spans=(None,) * len(parts),
        before=np.concatenate([part.filled_before() for part in parts]),
        first=np.concatenate([part.firsts() for part in parts]),
    ).with_series([part.values for part in parts])
    return scaled, np.concatenate(means), np.concatenate(deviations)


def _row_by_row(
    scaler: SeriesScaler, rows: Table, window_length: int, horizon: int
) -> Iterator[tuple[Table, SeriesScaler]]:
    """Yield the rows of each path of a series, and the scale known before it."""
    for end in range(window_length, int(rows.lengths[0]) - horizon + 1):
        yield rows.head([end + horizon]).tail(window_length + horizon), scaler
        following_row = rows.head([end + 1]).tail(1)
        scaler = scaler.only(rows.names[0]).update(following_row)


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
