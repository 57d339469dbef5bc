"""Sequences of unequal lengths as one array."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skseq.data.token_arrays import TokenArray, holds_tokens
from skseq.data.validation import check_sequences
from skseq.preprocessing._base import SequenceTransformer

__all__ = ["SequencePadder"]


class SequencePadder(SequenceTransformer):
    """Fill up or cut sequences to one length.

    The estimators of this package need no padding; other estimators may, and a cut
    bounds the cost of very long sequences.

    Parameters
    ----------
    length : int or None, default=None
        Number of steps of every result; None takes the longest sequence of `fit`.
    padding : {"post", "pre"}, default="post"
        Whether the filler stands behind or before a sequence.
    truncating : {"post", "pre"}, default="post"
        Whether the last or the first steps are cut.
    value : float, default=0.0
        The filler.

    Attributes
    ----------
    length_ : int
        Number of steps of every result.
    n_features_in_ : int
        Number of features per time step; of columns, if `fit` was given a table.

    Examples
    --------
    >>> from skseq.preprocessing import SequencePadder
    >>> X = [[1.0, 2.0, 3.0], [4.0]]
    >>> SequencePadder(length=2, truncating="pre").fit_transform(X)[..., 0]
    array([[2., 3.],
           [4., 0.]])
    """

    _parameter_constraints: ClassVar[dict] = {
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "padding": [StrOptions({"post", "pre"})],
        "truncating": [StrOptions({"post", "pre"})],
        "value": [Real],
    }

    def __init__(
        self,
        length: int | None = None,
        padding: str = "post",
        truncating: str = "post",
        value: float = 0.0,
    ):
        self.length = length
        self.padding = padding
        self.truncating = truncating
        self.value = value

    def fit(self, X: Any, y: Any = None) -> SequencePadder:
        """Find the longest sequence.

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
        """
        self._validate_params()
        sequences = check_sequences(self, X, reset=True)
        self.length_ = self.length or int(sequences.lengths.max())
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Fill up and cut sequences.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences.

        Returns
        -------
        X : ndarray of shape (n_samples, n_timesteps, n_features)
            Every sequence has `length_` steps.
        """
        check_is_fitted(self, "length_")
        padded = check_sequences(self, X, reset=False).to_padded(
            self.value,
            length=self.length_,
            padding=self.padding,
            truncating=self.truncating,
        )
        return padded.view(TokenArray) if holds_tokens(X) else padded
