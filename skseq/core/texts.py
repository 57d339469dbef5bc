"""What methods of estimators of sequences say alike, for `described`."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS = {
    "takes_sequences": """
        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of any length.
        """,
    "sample_weight": """
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.
        """,
    "fitted": """
        Returns
        -------
        self : object
            The fitted estimator.
        """,
    "by_instance": """
        Of a panel, or a SequenceArray that knows its instances, a Series or
        DataFrame by instance if `fit` was given such, too.
        """,
    "unscored": """
        Raises
        ------
        ValueError
            If X, y or the weights are not as described, or y or the weights are
            indexed by the instances of X in another order.
        """,
    "one_epoch_of_labels": """
        The scale of the inputs is learned in the first call and kept. Nothing is held
        out, so `early_stopping` does not apply, nor does `lr_schedule`; weights are
        taken as they are, not relative to their mean.
        """,
    "classes": """
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed in the first call unless y holds
            them all.
        """,
    "unlearned_labels": """
        Raises
        ------
        ValueError
            If a parameter or the data are not as described, y holds a label that is
            not among the classes, or `classes` are others than in the first call. A
            fitted estimator then stays as it was.
        """,
}
