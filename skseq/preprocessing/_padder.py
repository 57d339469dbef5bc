"""Sequences of unequal lengths as one array."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq.data.reading import SequenceReader
from skseq.data.sequences import SequenceArray
from skseq.data.token_arrays import TokenArray, holds_tokens
from skseq.data.validation import check_sequences
from skseq.parameters import POSITIVE_INTEGER, Options, attribute, parameter
from skseq.parameters.checks import count
from skseq.preprocessing._base import TEXTS, SequenceTransformer

__all__ = ["SequencePadder"]


@described(**TEXTS)
class SequencePadder(SequenceReader, SequenceTransformer, kw_only=False):
    """Fill up or cut sequences to one length.

    The estimators of this package need no padding; other estimators may, and a cut
    bounds the cost of very long sequences.

    {parameters}

    {attributes}

    Examples
    --------
    >>> from skseq.preprocessing import SequencePadder
    >>> X = [[1.0, 2.0, 3.0], [4.0]]
    >>> SequencePadder(length=2, truncating="pre").fit_transform(X)[..., 0]
    array([[2., 3.],
           [4., 0.]])
    """

    _passes_holes = True

    length: int | None = parameter(
        default=None,
        constraint=[POSITIVE_INTEGER, None],
        text="""Number of steps of every result; None takes the longest sequence of
        `fit`.""",
    )
    padding: str = parameter(
        default="post",
        constraint=[Options("post", "pre")],
        text="""Whether the filler stands behind or before a sequence.""",
    )
    truncating: str = parameter(
        default="post",
        constraint=[Options("post", "pre")],
        text="""Whether the last or the first steps are cut.""",
    )
    value: float = parameter(default=0.0, constraint=[Real], text="""The filler.""")

    length_: int = attribute(check=count, text="Number of steps of every result.")

    def fit(self, X: Any, y: Any = None) -> SequencePadder:
        """Find the longest sequence.

        {fits_sequences}
        """
        self._validate_params()
        sequences = self._read(X, reset=True)
        self.length_ = self.length or int(sequences.lengths.max())
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Fill up and cut sequences.

        {takes_sequences}

        Returns
        -------
        X : ndarray of shape (n_samples, n_timesteps, n_features)
            Every sequence has `length_` steps.
        """
        check_is_fitted(self, "length_")
        padded = self._read(X, reset=False).to_padded(
            self.value,
            length=self.length_,
            padding=self.padding,
            truncating=self.truncating,
        )
        return padded.view(TokenArray) if holds_tokens(X) else padded

    def _read(self, X: Any, reset: bool) -> SequenceArray:
        sequences = check_sequences(self, X, reset=reset)
        if sequences.static is not None:
            raise ValueError(
                f"X has static columns, {list(sequences.static.to_frame())}, which the "
                "array that SequencePadder returns cannot hold. Estimators of skseq "
                "need no padding; for others give X without `static`."
            )
        return sequences
