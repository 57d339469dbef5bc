"""Whether rows without an index come from a table that had one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from skseq.data.panels import panel_starts
from skseq.preprocessing._order import check_order

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["check_lost_index", "check_lost_series"]


def check_lost_index(X: Any, n_rows: int, y: Any = None) -> None:
    """Refuse an array whose rows had several series, or another order, as a table.

    Most transformers of scikit-learn turn a table into an array, so that the step
    behind them in a pipeline cannot know where a series ends. The targets may still
    have the index. Where there are none, as in `transform`, the table is only to be
    found where it was handed to the pipeline: in the calls that led here. Those of
    scikit-learn hand X on as it is, and every one of its transformers keeps the rows,
    so an X with as many rows is the table that this array was made from.

    Parameters
    ----------
    X : array-like or DataFrame of n_rows
        What the transformer was given. With an index of its own nothing is lost.
    n_rows : int
        Its number of rows.
    y : object, default=None
        The targets, if there are any.

    Raises
    ------
    ValueError
        If the table has a 2-level index of several series, or one of time that does not
        increase.
    """
    check_lost_series(X, n_rows, y)
    if hasattr(X, "iloc"):
        return
    for table in _tables(n_rows, y):
        if table.index.nlevels == 1:
            check_order(table.index, "X")


def check_lost_series(X: Any, n_rows: int, y: Any = None) -> None:
    """Refuse rows whose table had several series, of which an array says nothing.

    Parameters
    ----------
    X : array-like or DataFrame of n_rows
        As in `check_lost_index`. A table whose rows are just numbered has lost its
        index, too.
    n_rows, y : int, object
        Likewise.

    Raises
    ------
    ValueError
        If the table has a 2-level index of several series.
    """
    if hasattr(X, "iloc") and not _is_numbered(X.index):
        return
    for table in _tables(n_rows, y):
        n_levels = table.index.nlevels
        if n_levels > 2 or (n_levels == 2 and len(panel_starts(table.index)) > 1):
            raise ValueError(
                f"X has {n_rows} rows without an index of time, but the table it was "
                f"made from has an index of {n_levels} levels, (series, time): without "
                "it, one series would go on in the next. Keep the index on its way "
                'through a pipeline by pipeline.set_output(transform="pandas"). If '
                "rows are no time steps of series, give X.to_numpy()."
            )


def _is_numbered(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _tables(n_rows: int, y: Any) -> Iterator[Any]:
    """Yield tables of so many rows that X may have been made from."""
    for table in (y, *_callers_tables()):
        if hasattr(table, "iloc") and len(table) == n_rows:
            yield table


def _callers_tables() -> Iterator[Any]:
    """Yield what functions and methods of scikit-learn that led here call X."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("sklearn."):
            yield frame.f_locals.get("X")
        frame = frame.f_back
