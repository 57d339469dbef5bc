"""Tokens: what a fit learns of them, and the vectors they become."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array

from skseq.data.finite import FLOATS, rows_in_use
from skseq.data.sequences import SequenceArray
from skseq.data.validation import naming
from skseq.networks import TokenEmbedding

__all__ = ["check_tokens", "known_tokens", "make_embedding", "reads_tokens"]

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


def check_tokens(
    sequences: SequenceArray, n_tokens: int | None = None
) -> SequenceArray:
    """Return sequences of one token per time step as int64, each below `n_tokens`."""
    if sequences.n_features != 1:
        raise ValueError(
            f"X has {sequences.n_features} features per time step; with an embedding "
            "it holds one token per time step."
        )
    sequences = sequences.compact()
    values = sequences.values[:, 0]
    largest = (MOST_TOKENS if n_tokens is None else n_tokens) - 1
    wrong = (values < 0) | (values > largest) | (values != np.floor(values))
    if wrong.any():
        last = "" if n_tokens is None else ", the last one that is known"
        for i, step, row in rows_in_use(sequences, wrong):
            sign = "Negative values in data: " if values[row] < 0 else ""
            raise ValueError(
                f"{sign}X[{i}] holds {values[row]:.15g} at time step {step}; expected "
                f"a token, a whole number from 0 to {largest}{last}."
            )
    return sequences.map_values(lambda values: values.astype(np.int64))


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
    tokens = check_tokens(sequences, n_vectors).values[:, 0]
    return np.bincount(tokens, minlength=n_vectors or 0) > 0


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
