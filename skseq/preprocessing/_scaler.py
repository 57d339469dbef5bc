"""Scaling of sequences by any scaler of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq.data.reading import SequenceReader
from skseq.data.sequences import SequenceArray
from skseq.data.token_arrays import refuse_tokens
from skseq.data.validation import check_sequences
from skseq.parameters import Options, attribute, parameter
from skseq.preprocessing._base import TEXTS, SequenceTransformer, in_layout_of
from skseq.resources import unchanged_on_error

__all__ = ["SequenceScaler"]


@described(**TEXTS)
class SequenceScaler(SequenceReader, SequenceTransformer, kw_only=False):
    """Scale the features of sequences.

    {parameters}

    {attributes}

    Notes
    -----
    A table (2-D X) is univariate sequences, so all its columns share one scale. The
    result has the layout of the input; windows stay unlaid with ``per="feature"``.
    Missing values stay missing, as scalers of scikit-learn leave them.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.preprocessing import SequenceScaler
    >>> X = [np.array([1.0, 3.0]), np.array([5.0])]
    >>> SequenceScaler().fit_transform(X)
    [array([-1.22474487,  0.        ]), array([1.22474487])]
    >>> SequenceScaler(per="sequence").fit_transform(X)
    [array([-1.,  1.]), array([0.])]
    """

    _passes_holes = True

    scaler: Any = parameter(
        default=None,
        constraint=[HasMethods(["fit", "transform"]), None],
        text="""What scales a table (n_steps, n_features): StandardScaler (None),
        RobustScaler, MinMaxScaler, QuantileTransformer and so on.""",
        type="scaler of scikit-learn or None",
    )
    per: str = parameter(
        default="feature",
        constraint=[Options("feature", "sequence")],
        text="""Whether each feature has one scale, learned in `fit` from the steps of
        all sequences, or each sequence its own, learned from its own steps.""",
    )

    scaler_: Any = attribute(
        check=lambda value: hasattr(value, "transform"),
        required=False,
        text="""The fitted scaler, if ``per="feature"``.""",
        type="scaler",
    )

    def fit(self, X: Any, y: Any = None) -> SequenceScaler:
        """Learn the scale of each feature.

        {fits_sequences}
        """
        self._validate_params()
        refuse_tokens(X, "X", "They have no scale: leave the scaler out.")
        with unchanged_on_error(self):
            sequences = check_sequences(self, X, reset=True)
            if self.per == "feature":
                self.scaler_ = self._fitted(sequences.compact().values)
        return self

    def transform(self, X: Any) -> Any:
        """Scale sequences.

        {takes_sequences}

        Returns
        -------
        X : object
            Scaled sequences in the same layout.
        """
        self._check_fit()
        sequences = check_sequences(self, X, reset=False)
        if self.per == "feature":
            scaled = sequences.map_values(self.scaler_.transform)
        else:
            scaled = _laid_out(
                sequences,
                [
                    self._fitted(sequence).transform(sequence)
                    if len(sequence)
                    else sequence
                    for sequence in sequences
                ],
            )
        return in_layout_of(X, scaled)

    def inverse_transform(self, X: Any, reference: Any = None) -> Any:
        """Bring scaled sequences back to their units.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            Scaled sequences.
        reference : like X, default=None
            With ``per="sequence"``: the unscaled sequences whose scales to restore,
            one for each of X, of any lengths.

        Returns
        -------
        X : object
            The sequences in the same layout.

        Raises
        ------
        ValueError
            If `reference` is missing or holds another number of sequences.
        """
        self._check_fit()
        sequences = check_sequences(self, X, reset=False)
        if self.per == "feature":
            unscaled = sequences.map_values(self.scaler_.inverse_transform)
            return in_layout_of(X, unscaled)
        if reference is None:
            raise ValueError(
                "per='sequence' needs reference, the unscaled sequences whose scales "
                "to restore."
            )
        originals = check_sequences(self, reference, reset=False)
        if len(originals) != len(sequences):
            raise ValueError(
                f"reference holds {len(originals)} sequences, X {len(sequences)}."
            )
        restored = [
            self._fitted(original).inverse_transform(sequence)
            if len(sequence)
            else sequence
            for original, sequence in zip(originals, sequences, strict=True)
        ]
        return in_layout_of(X, _laid_out(sequences, restored))

    def _check_fit(self) -> None:
        """Raise unless `fit` was called with the parameters of the present."""
        check_is_fitted(self, "n_features_in_")
        self._validate_params()
        if self.per == "feature":
            check_is_fitted(self, "scaler_")

    def _fitted(self, table: np.ndarray) -> Any:
        """Return a scaler that has learned from a table (n_steps, n_features)."""
        scaler = StandardScaler() if self.scaler is None else clone(self.scaler)
        if hasattr(scaler, "set_output"):
            scaler.set_output(transform="default")  # arrays, whatever is configured
        with np.errstate(invalid="ignore"):  # of columns that are never there
            return scaler.fit(table)


def _laid_out(sequences: SequenceArray, tables: list[np.ndarray]) -> SequenceArray:
    """Return sequences of the same lengths with other values."""
    values = np.concatenate(tables)
    return sequences.apart().map_values(lambda own: values if len(values) else own)
