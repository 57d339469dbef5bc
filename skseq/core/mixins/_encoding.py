"""What an estimator knows of a sequence as a whole: features for other models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq._sklearn import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from skseq.core.parameters import LinearParameters, PoolingParameters
from skseq.core.texts import TEXTS
from skseq.data.batching import Batch
from skseq.data.instances import instances_of

__all__ = ["EncodingMixin"]


@described(**TEXTS)
class EncodingMixin(
    LinearParameters,
    PoolingParameters,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
):
    """Turns sequences into vectors that any model of scikit-learn can learn from."""

    def transform(self, X: Any) -> np.ndarray:
        """Return what the trained network makes of each sequence as a whole.

        That is its pooled steps, before the fully connected layers: with
        ``pooling="last"`` the final state h of the last recurrent layer.

        {takes_sequences}

        Returns
        -------
        encoding : ndarray or DataFrame of shape (n_samples, n_encoded)
            Of a DataFrame with two levels, or a SequenceArray that knows its
            instances, a DataFrame with a row per instance.
        """
        check_is_fitted(self, "net_")
        sequences = self._check_X(X, reset=False)
        encoding = np.empty((len(sequences), self._n_features_out))
        for index, found in self._predict_batches(sequences, self._encode, X):
            encoding[index] = found
        instances = instances_of(X)
        if instances is not None:  # scikit-learn would take the index of the steps
            return pd.DataFrame(encoding, instances, self.get_feature_names_out())
        return encoding

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored.

        Returns
        -------
        names : ndarray of str
            The name of the class in small letters, with a number.
        """
        return super().get_feature_names_out()

    @torch.inference_mode()
    def _encode(self, module: Any, batch: Batch) -> np.ndarray:
        """Return the pooled steps (B, D) of a batch."""
        return module.pool(*self._read(module, batch)).double().cpu().numpy()

    @property
    def _n_features_out(self) -> int:
        size = self.module_.head.pooling.output_size
        return size * getattr(self.module_, "n_networks", 1)
