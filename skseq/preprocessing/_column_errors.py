"""Errors of transformers of columns, which know columns by their position alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from skseq._showing import shown

__all__ = ["check_columns_of", "naming_columns"]


def check_columns_of(transformers: Any, frame: pd.DataFrame) -> None:
    """Refuse transformers of columns that are not there.

    Parameters
    ----------
    transformers : list of (name, transformer, columns)
        The transformers.
    frame : DataFrame
        The table.

    Raises
    ------
    ValueError
        With the name of the column.
    """
    for item in transformers:
        if not isinstance(item, (list, tuple)) or len(item) != 3:
            raise ValueError(
                "transformers must be a list of (name, transformer, columns), got "
                f"{shown(item)}."
            )
        name, _, columns = item
        names = [columns] if isinstance(columns, str) else columns
        if not isinstance(names, (list, tuple, np.ndarray, pd.Index)):
            continue
        for column in names:
            if isinstance(column, str) and column not in frame.columns:
                raise ValueError(
                    f"Transformer {name!r} takes the column {column!r}, but X has "
                    f"the columns {list(frame.columns)!r:.300}."
                )


@contextmanager
def naming_columns(
    transformers: Any, frame: pd.DataFrame, y: Any, *, to_fit: bool
) -> Iterator[None]:
    """Put the transformer and its column before an error, once there is one.

    Parameters
    ----------
    transformers : list of (name, transformer, columns)
        The transformers, fitted ones unless they are to be.
    frame : DataFrame
        What they were given.
    y : array-like or None
        The targets.
    to_fit : bool
        Whether they were fitted or asked.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        found = _find(transformers, frame, y, to_fit)
        if found is None:
            raise
        name, columns, cause = found
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"Transformer {name!r} refuses {_called(columns)} of X: {cause}"
        ) from error


def _called(columns: list) -> str:
    if len(columns) == 1:
        return f"column {columns[0]!r}"
    return f"columns {columns!r:.300}"


def _find(
    transformers: Any, frame: pd.DataFrame, y: Any, to_fit: bool
) -> tuple[str, list, Exception] | None:
    """Return the first transformer that refuses columns, or one column alone."""
    for name, one, columns in transformers:
        if isinstance(one, str):
            continue
        try:
            part = _safe_indexing(
                frame, columns(frame) if callable(columns) else columns, axis=1
            )
        except (TypeError, ValueError, LookupError):
            return None
        cause = _refusal(one, part, y, to_fit)
        if cause is None:
            continue
        if part.ndim == 1:
            return name, [part.name], cause
        for i, column in enumerate(part.columns):
            alone = _refusal(one, part.iloc[:, [i]], y, to_fit=True) if to_fit else None
            if alone is not None:
                return name, [column], alone
        return name, list(part.columns), cause
    return None


def _refusal(one: Any, part: Any, y: Any, to_fit: bool) -> Exception | None:
    """Return the error of a transformer that is given some columns."""
    try:
        if to_fit:
            clone(one).fit(part, y)
        else:
            one.transform(part)
    except (TypeError, ValueError) as error:
        return error
    return None
