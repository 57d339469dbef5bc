"""Which instances sequences are of, and whether what belongs to them says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skseq.data.objects import object_array
from skseq.data.panels import panel_starts
from skseq.data.places import label_of
from skseq.data.sequences import SequenceArray

__all__ = [
    "by_instance",
    "check_instances",
    "instances_of",
    "is_named",
    "names_of_sequences",
]


def instances_of(X: Any) -> pd.Index | None:
    """Return what the sequences in X are called, None if they have no names.

    Parameters
    ----------
    X : array, table, list of arrays, panel or SequenceArray
        The sequences.

    Returns
    -------
    instances : Index of n_samples labels or None
        Of a panel the first level of its index.
    """
    if isinstance(X, SequenceArray):
        return X.instances
    if hasattr(X, "iloc") and X.index.nlevels == 2:
        return X.index.get_level_values(0)[panel_starts(X.index)]
    return None


def is_named(X: Any) -> bool:
    """Return whether predictions for X are to be labelled by its instances.

    Parameters
    ----------
    X : array, table, list of arrays, panel or SequenceArray
        The sequences. Pieces of sequences without names, which have their positions as
        instances, are not named: such labels would be taken for positions of pieces.
    """
    instances = instances_of(X)
    if instances is None:
        return False
    are_numbers = instances.name is None and instances.inferred_type == "integer"
    return not (are_numbers and instances.has_duplicates)


def names_of_sequences(X: Any) -> pd.Index | None:
    """Return the instances in X or, of a table, what its index calls the rows.

    Parameters
    ----------
    X : object
        The sequences, as in `instances_of`.

    Returns
    -------
    names : Index of n_samples labels or None
        Integers, which may be positions, do not name the rows of a table.
    """
    is_table = hasattr(X, "iloc") and X.index.nlevels == 1
    if is_table and X.index.inferred_type != "integer":
        return X.index
    return instances_of(X)


def by_instance(values: Any, instances: pd.Index, names: Any) -> Any:
    """Return predictions labelled by the instances they are of.

    Parameters
    ----------
    values : ndarray of shape (n_samples, ...) or list of n_samples arrays
        What is predicted.
    instances : Index of n_samples labels
        What the sequences are called.
    names : Index or object
        The columns of the targets, or the name of the only one.

    Returns
    -------
    predictions : Series or DataFrame
        A DataFrame of a table; of more dimensions, or of unequal lengths, a Series
        of arrays.
    """
    columns = names if isinstance(names, pd.Index) else None
    if not isinstance(values, list) and values.ndim == 2:
        fit = columns is not None and len(columns) == values.shape[1]
        return pd.DataFrame(values, instances, columns if fit else None)
    if columns is not None:
        names = columns[0] if len(columns) == 1 else None
    if not isinstance(values, list) and values.ndim == 1:
        series = pd.Series(values, instances, name=names, copy=False)
        # TransformedTargetRegressor and stacking reshape what is predicted.
        object.__setattr__(series, "reshape", values.reshape)
        return series
    return pd.Series(object_array(values), instances, name=names)


def check_instances(X: Any, values: Any, name: str, *, one_each: bool = False) -> None:
    """Refuse values whose index names other instances than those of X, row by row.

    Parameters
    ----------
    X : array, table, list of arrays, panel or SequenceArray
        The sequences.
    values : object
        What there is one of for each sequence, or for each of its time steps; only an
        index of pandas and the instances of a SequenceArray are looked at.
    name : str
        What to call it in errors.
    one_each : bool, default=False
        Whether an index of two levels, a row per time step, is refused as well.

    Raises
    ------
    ValueError
        If the index names the instances of X in another order, or others that are
        instances, too. Positions, as a reset index holds them, are none.
    """
    labels = names_of_sequences(X)
    index = values.instances if isinstance(values, SequenceArray) else None
    index = values.index if hasattr(values, "iloc") else index
    if labels is None or index is None:
        return
    if index.nlevels == 2:
        if len(index) != len(labels):
            if one_each:
                raise ValueError(
                    f"{name} has an index of two levels and {len(index)} rows, one for "
                    f"each time step, but X holds {len(labels)} sequences; expected "
                    f"one row for each, such as {name}.groupby(level=0, sort=False)"
                    ".first(), or, for labels per step, a tagger like RNNTagger."
                )
            index = index.get_level_values(0).unique()
        else:
            index = index.get_level_values(0)
    if len(index) != len(labels) or index.nlevels != 1 or index.equals(labels):
        return
    if _sorted(index).equals(_sorted(labels)):
        order = "X.index.get_level_values(0).unique()"
        if isinstance(values, SequenceArray):
            use = f"{name}[{name}.instances.get_indexer(instances of X)]"
        elif isinstance(X, SequenceArray):
            use = f"{name}.loc[X.instances], of a DataFrame {name}.loc[{order}]"
        else:
            use = f"{name}.loc[{'X.index' if labels is X.index else order}]"
        raise ValueError(
            f"{name} is indexed by the instances of X but in another order; use {use}. "
            "Without an index, as a permutation test needs it, rows are taken in the "
            "order of X."
        )
    if isinstance(X, SequenceArray) or labels is not X.index:
        _check_same(index, labels, name)


def _check_same(index: pd.Index, labels: pd.Index, name: str) -> None:
    """Refuse an index that names instances, but others."""
    named_alike = index.name is not None and index.name == labels.name
    are_strings = all(
        index_.inferred_type in ("string", "mixed") for index_ in (index, labels)
    )
    if not are_strings and not (named_alike and index.dtype.kind == labels.dtype.kind):
        return
    if labels.dtype.kind == "M":  # a row of y may be called by another day than its X
        return
    known = labels.isin(index)
    if not known.all():
        raise ValueError(
            f"{name} is indexed by other instances than X: it has no row of "
            f"{label_of(labels[np.argmin(known)])}. Without an index, as "
            f"{name}.to_numpy(), rows are taken in the order of X."
        )


def _sorted(index: pd.Index) -> pd.Index:
    try:
        return index.sort_values()
    except TypeError:  # labels of several types
        return index.take(index.astype(str).argsort())
