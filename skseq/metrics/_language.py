"""How well symbols are told from those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length

from skseq._showing import shown

__all__ = ["bits_per_character"]


def bits_per_character(
    symbols: Sequence[str], probabilities: Any, *, classes: Sequence[str]
) -> float:
    """Return the mean number of bits that it takes to tell which symbols came.

    A symbol costs minus the binary logarithm of the probability that a language model
    gave it, before it was known; a model that knows nothing needs ``log2(n_classes)``,
    a certain one none (Shannon, 1951, "Prediction and Entropy of Printed English").

    Parameters
    ----------
    symbols : sequence of str of length n_symbols
        What came: characters, or whatever the model tells one by one.
    probabilities : array-like of shape (n_symbols, n_classes)
        What each symbol was thought to be, each row adding up to 1.
    classes : sequence of str of length n_classes
        The symbols that the columns are about, in any order.

    Returns
    -------
    bits : float
        0 at least, the lower the better; infinite if something came of which the
        probability was 0.

    Raises
    ------
    ValueError
        If a symbol is not among the classes, the shapes do not fit, or a row is no
        distribution.
    TypeError
        If `symbols` or `classes` is no sequence, or holds what cannot be looked up.

    See Also
    --------
    skseq.SequenceGenerator : Its `score` is minus this of texts.

    Examples
    --------
    >>> from skseq.metrics import bits_per_character
    >>> told = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]
    >>> bits_per_character("ac", told, classes="abc")  # 1 bit and 2 bits
    1.5
    """
    for name, given in (("symbols", symbols), ("classes", classes)):
        if not np.iterable(given):
            raise TypeError(f"{name} must be a sequence of str, got {shown(given)}.")
    probabilities = check_array(probabilities, input_name="probabilities")
    check_consistent_length(probabilities, symbols)
    try:
        column = {symbol: i for i, symbol in enumerate(classes)}
        unknown = set(symbols).difference(column)
    except TypeError as error:
        raise TypeError(f"symbols and classes must hold str: {error}.") from None
    if probabilities.shape[1] != len(column):
        raise ValueError(
            f"probabilities has {probabilities.shape[1]} columns, but there are "
            f"{len(column)} classes."
        )
    sums = probabilities.sum(axis=1)
    if (probabilities < 0).any() or not np.allclose(sums, 1):
        raise ValueError(
            "Every row of probabilities must hold numbers from 0 on that add up to 1."
        )
    if unknown:
        names = sorted(unknown, key=str)
        raise ValueError(f"symbols holds {names}, which are not in classes.")
    given = probabilities[np.arange(len(symbols)), [column[s] for s in symbols]]
    with np.errstate(divide="ignore"):
        return float(-np.log2(given).mean())
