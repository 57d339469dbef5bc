"""Tokens: what a fit learns of them, and the vectors they become."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array

from skseq._showing import naming
from skseq.data.finite import FLOATS, rows_in_use
from skseq.data.rows import UsedRows
from skseq.data.sequences import SequenceArray
from skseq.networks import TokenEmbedding

__all__ = [
    "as_tokens",
    "check_tokens",
    "known_tokens",
    "make_embedding",
    "reads_tokens",
]

MOST_TOKENS = 10_000_000  # more would be measurements rather than tokens


def reads_tokens(estimator: Any) -> bool:
    """Return whether an estimator's parameters ask for vectors of tokens.

    Parameters
    ----------
    estimator : estimator
        Has the parameters `embedding_dim` and `embedding_weights`.

    Returns
    -------
    reads_tokens : bool
    """
    return (
        estimator.embedding_dim is not None or estimator.embedding_weights is not None
    )


def check_tokens(sequences: SequenceArray, n_tokens: int | None = None) -> None:
    """Refuse sequences of anything but one token per time step, each below `n_tokens`.

    Parameters
    ----------
    sequences : SequenceArray
        The sequences.
    n_tokens : int or None, default=None
        How many tokens are known; None if all are.

    Raises
    ------
    ValueError
        If so.
    """
    if sequences.n_features != 1:
        raise ValueError(
            f"X has {sequences.n_features} features per time step; with an embedding "
            "it holds one token per time step."
        )
    largest = (MOST_TOKENS if n_tokens is None else n_tokens) - 1

    def are_wrong(values: np.ndarray) -> np.ndarray:
        values = values[:, 0]
        return (values < 0) | (values > largest) | (values != np.floor(values))

    last = "" if n_tokens is None else ", the last one that is known"
    for i, step, row in rows_in_use(sequences, are_wrong):
        value = sequences.values[row, 0]
        sign = "Negative values in data: " if value < 0 else ""
        raise ValueError(
            f"{sign}X[{i}] holds {value:.15g} at time step {step}; expected a token, a "
            f"whole number from 0 to {largest}{last}."
        )


def as_tokens(sequences: SequenceArray) -> SequenceArray:
    """Return sequences that have passed `check_tokens` as int64."""
    return sequences.compact().map_values(lambda values: values.astype(np.int64))


def known_tokens(estimator: Any, sequences: SequenceArray) -> np.ndarray | None:
    """Return which tokens an estimator's `fit` meets.

    Parameters
    ----------
    estimator : estimator
        Has the parameters `embedding_dim` and `embedding_weights`.
    sequences : SequenceArray
        All that it was given.

    Returns
    -------
    known : ndarray of bool of shape (n_tokens,) or None
        As long as the table of vectors; None if the parameters ask for none.
    """
    if not reads_tokens(estimator):
        return None
    vectors = _check_vectors(estimator.embedding_weights, estimator.embedding_dim)
    n_vectors = None if vectors is None else len(vectors)
    check_tokens(sequences, n_vectors)
    rows = UsedRows(sequences.starts, sequences.lengths)
    parts = (part.astype(np.int64) for part, _ in rows.pieces(sequences.values))
    found = reduce(np.union1d, parts, np.empty(0, dtype=np.int64))
    return np.bincount(found, minlength=n_vectors or 0) > 0


def make_embedding(estimator: Any, known: np.ndarray | None) -> TokenEmbedding | None:
    """Return the table of vectors that an estimator's parameters describe.

    Parameters
    ----------
    estimator : estimator
        Has the parameters that begin with `embedding`, and `dropout`.
    known : ndarray of bool of shape (n_tokens,) or None
        Which tokens training meets, by `known_tokens` of the fit or of the one that it
        continues.

    Returns
    -------
    embedding : TokenEmbedding or None
        None where X holds no tokens.

    Raises
    ------
    ValueError
        If the fit that is continued read tokens and this one does not, or vice versa.
    """
    size, vectors = estimator.embedding_dim, estimator.embedding_weights
    if reads_tokens(estimator) != (known is not None):
        raise ValueError(
            f"embedding_dim={size}, but the fit that warm_start=True or partial_fit "
            f"continues read {'numbers' if known is None else 'tokens'}."
        )
    if known is None:
        return None
    if vectors is None:
        table = TokenEmbedding.draw(torch.from_numpy(known), size)
    else:
        table = torch.tensor(_check_vectors(vectors, size))
    return TokenEmbedding(table, estimator.embedding_trainable, estimator.dropout)


@naming("embedding_weights")
def _check_vectors(vectors: Any, size: int | None) -> np.ndarray | None:
    """Return the vectors (n_tokens, size) given for tokens, None if there are none."""
    if vectors is None:
        return None
    vectors = check_array(
        vectors,
        ensure_2d=False,
        allow_nd=True,
        dtype=FLOATS,
        input_name="embedding_weights",
    )
    if vectors.ndim != 2 or size not in (None, vectors.shape[1]):
        raise ValueError(
            f"embedding_weights has the shape {vectors.shape}; expected (n_tokens, "
            f"embedding_dim), embedding_dim={size}."
        )
    return vectors
