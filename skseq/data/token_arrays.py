"""Tokens: whole numbers that stand for words, and are no quantities."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq.data.foreign import holds_sequences

__all__ = ["TokenArray", "holds_tokens", "refuse_tokens"]


class TokenArray(np.ndarray):
    """An array of tokens, to know them from numbers that measure or count.

    Parts and copies of it are tokens, too; what is computed of it is not, nor is
    `numpy.asarray` of it.
    """

    def __array_wrap__(self, array, context=None, return_scalar=False):
        array = np.asarray(array)
        return array[()] if return_scalar else array

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def holds_tokens(X: Any) -> bool:
    """Whether X is what a Tokenizer made, or parts of that.

    Parameters
    ----------
    X : object
        Sequences in any layout.

    Returns
    -------
    holds_tokens : bool
    """
    if holds_sequences(X):
        return len(X) > 0 and isinstance(next(iter(X)), TokenArray)
    values = getattr(X, "values", X)  # of a SequenceArray
    return isinstance(values, TokenArray)


def refuse_tokens(X: Any, name: str, advice: str) -> None:
    """Refuse tokens where they would be read as quantities.

    Parameters
    ----------
    X : object
        Sequences in any layout.
    name : str
        What to call them in errors.
    advice : str
        What to do instead.

    Raises
    ------
    ValueError
        If X holds tokens.
    """
    if holds_tokens(X):
        raise ValueError(
            f"{name} holds the tokens of a Tokenizer, numbers that stand for words, "
            f"which would be read as quantities. {advice} Where they are quantities, "
            f"make arrays of them by numpy.asarray."
        )
