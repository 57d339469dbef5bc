"""What the transformers of sequences share."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from skseq._sklearn import BaseEstimator, TransformerMixin
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.sequences import SequenceArray
from skseq.parameters import Declared
from skseq.versioning import VersionedState

__all__ = ["TEXTS", "SequenceTransformer", "in_layout_of"]

TEXTS = {  # what methods of transformers say alike, for `described`
    "fits_sequences": """
        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, in any layout of the estimators.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """,
    "takes_sequences": """
        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences.
        """,
    "fitted": """
        Returns
        -------
        self : object
            The fitted transformer.
        """,
}


class SequenceTransformer(
    Declared,
    TransformerMixin,
    VersionedState,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    """Base of the transformers whose output is no table.

    They accept what the estimators accept, and leave containers alone.
    """

    n_channels = 1  # a row of a table is one univariate sequence
    _passes_holes = False  # where values are missing, to whoever comes behind

    def set_output(self, *, transform: str | None = None) -> Self:
        """Do nothing: sequences are no table, whatever a pipeline asks for.

        Parameters
        ----------
        transform : str or None, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer.
        """
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self._passes_holes
        return tags


def in_layout_of(X: Any, sequences: SequenceArray) -> Any:
    """Return sequences in the layout in which X was given.

    Parameters
    ----------
    X : array, table, list of arrays, panel or SequenceArray
        What the sequences were made from.
    sequences : SequenceArray
        As many sequences of the same lengths.

    Returns
    -------
    X : object
        A panel for a panel, a list for a list, of DataFrames for such, an array of as
        many dimensions for an array or a table.
    """
    if isinstance(X, SequenceArray):
        return sequences
    if is_panel(X) and X.ndim == 1:
        return type(X)(sequences.values[:, 0], index=X.index, name=X.name)
    if is_panel(X):
        return type(X)(sequences.values, index=X.index, columns=X.columns)
    if is_list_of_sequences(X):
        return [_like(x, sequence) for x, sequence in zip(X, sequences, strict=True)]
    array = np.asarray(sequences)
    return array.reshape(len(array), -1) if np.asarray(X).ndim == 2 else array


def _like(x: Any, sequence: np.ndarray) -> Any:
    """Return the steps of a sequence as those of another, which has names perhaps."""
    if hasattr(x, "columns"):
        return type(x)(sequence, index=x.index, columns=x.columns)
    return sequence[:, 0] if np.ndim(x) == 1 else sequence
