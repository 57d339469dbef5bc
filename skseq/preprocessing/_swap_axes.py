"""Time before channels, for what other packages hand over."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq._showing import naming
from skseq.data.doubts import refuse_texts
from skseq.data.foreign import check_container
from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.reading import SequenceReader
from skseq.data.sequences import SequenceArray
from skseq.data.validation import check_sequences
from skseq.parameters import amended
from skseq.preprocessing._base import SequenceTransformer, in_layout_of

__all__ = ["SwapAxes"]


class SwapAxes(SequenceReader, SequenceTransformer):
    """Put time before channels.

    Other packages for time series hold (n_samples, n_channels, n_timesteps), this one
    (n_samples, n_timesteps, n_channels). A table of univariate sequences is the same
    in both orders.

    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.preprocessing import SwapAxes
    >>> SwapAxes().fit_transform(np.zeros((10, 3, 500))).shape
    (10, 500, 3)
    """

    _swaps_axes = True  # so that their order is no doubt
    _passes_holes = True

    n_features_in_ = amended(
        text="Number of channels; of columns, if `fit` was given a table."
    )

    def fit(self, X: Any, y: Any = None) -> SwapAxes:
        """Count the channels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_timesteps), or list of arrays
            The sequences; in a list each of shape (n_channels, n_timesteps_i).
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer.
        """
        check_sequences(self, _swap(X), reset=True)
        return self

    def transform(self, X: Any) -> Any:
        """Swap the last two axes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels, n_timesteps), or list of arrays
            The sequences; in a list each of shape (n_channels, n_timesteps_i).

        Returns
        -------
        X : ndarray or list of ndarray
            With time before channels; a table as it is.
        """
        check_is_fitted(self, "n_features_in_")
        swapped = _swap(X)
        return in_layout_of(swapped, check_sequences(self, swapped, reset=False))


@naming("X")
def _swap(X: Any) -> Any:
    if isinstance(X, SequenceArray) or is_panel(X):
        raise ValueError(
            f"X is a {type(X).__name__}, in which time comes first already."
        )
    check_container(X, "X", time_axis=getattr(X, "ndim", 3) - 1)
    refuse_texts(X)
    if is_list_of_sequences(X):
        return [np.asarray(sequence).T for sequence in X]
    array = np.asarray(X)
    return array.swapaxes(1, 2) if array.ndim == 3 else X
