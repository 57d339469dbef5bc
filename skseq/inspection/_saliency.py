"""Saliency: what would change a network's prediction, step by step."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq._showing import shown
from skseq.core.mixins import SequenceClassifierMixin, SequenceRegressorMixin
from skseq.core.tasks import Classification, Regression
from skseq.data.instances import check_instances
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.data.steps import unflatten_steps
from skseq.inspection._gradients import Gradients, IntegratedGradients

__all__ = ["saliency"]


@validate_params(
    {
        "method": [StrOptions({"gradient", "integrated_gradients"})],
        "n_points": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def saliency(
    estimator: Any,
    X: Any,
    target: Any = None,
    *,
    method: str = "gradient",
    n_points: int = 32,
) -> Any:
    """Return how a network's prediction depends on each step of each sequence.

    Parameters
    ----------
    estimator : classifier or regressor of sequences
        A fitted one of this package: RNN, CNN or CNN-LSTM, of numbers, not of tokens.
        It stays as it is.
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences, as in `fit`, of any length.
    target : label, array-like of shape (n_samples,) or int, default=None
        Which prediction is looked at. Classes: a label, or one for each sequence; None
        stands for the one that is predicted. Label indicators, and regressors of
        several outputs: the number of a column.
    method : {"gradient", "integrated_gradients"}, default="gradient"
        The gradient (Simonyan et al., 2014, "Deep Inside Convolutional Networks") tells
        what a small change of a value changes. Integrated gradients (Sundararajan et
        al., 2017, "Axiomatic Attribution for Deep Networks") share out the difference
        between the prediction and that for a sequence whose every step is average.
    n_points : int, default=32
        Number of gradients of which each integral is made.

    Returns
    -------
    saliency : ndarray, list of ndarray, DataFrame or SequenceArray
        A number for each feature of each step: of an array (n_samples, n_timesteps,
        n_features), of a list or a SequenceArray a list of (n_timesteps_i, n_features)
        arrays, of a DataFrame with two levels a DataFrame like it. A SequenceArray with
        static columns gives a SequenceArray like it, whose `static` has a number for
        each static column. For a class or label these are about its log-odds, else
        about a number in the units of y; gradients are per unit of X.

    Raises
    ------
    TypeError
        If an estimator of this kind has no such gradient.
    ValueError
        If the target is unknown, or X or a parameter is not as described.

    See Also
    --------
    permutation_importance : What a score depends on, for any estimator.

    Notes
    -----
    Gradients include what a value changes in the mean and the deviation of its sequence
    where `normalize` takes these, and are zero where it clips a value. Integrated
    gradients take all of that as given and start from zero in what the network sees:
    the mean over the training data (``normalize="feature"``) or over the sequence, and
    zero itself with ``normalize=None``. Their sum is the difference of the predictions,
    but for the error of the integral, which `n_points` makes smaller.

    Categories, time gaps and what is missing have no small change: they are zero, in
    integrated gradients, too, where both sequences have the same of them. What they
    matter is told by `permutation_importance`.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.inspection import saliency
    >>> X = np.random.default_rng(0).normal(size=(200, 4, 1))
    >>> y = X[:, 1, 0] - 2 * X[:, 3, 0]
    >>> model = RNNRegressor(max_epochs=50, random_state=0).fit(X, y)
    >>> saliency(model, X).mean(axis=0).ravel().round() + 0.0
    array([ 0.,  1.,  0., -2.])
    """
    _check_kind(estimator)
    sequences = estimator._check_X(X, reset=False)
    check_instances(X, target, "target", one_each=True)
    columns = _columns(estimator, X, target, len(sequences))
    explain = Gradients(estimator, sequences, columns)
    if method == "integrated_gradients":
        explain = IntegratedGradients(estimator, sequences, columns, n_points)
    steps: list[Any] = [None] * len(sequences)
    of_static = np.zeros((len(sequences), explain.places.n_static))
    n_features = sequences.n_features
    with torch.inference_mode(False), torch.enable_grad():  # whatever the caller set
        for index, found in estimator._predict_batches(sequences, explain):
            of_static[index] = found[:, 0, n_features:]
            for i, values in zip(index, found, strict=True):
                steps[i] = values[: sequences.lengths[i], :n_features]
    if sequences.static is not None:
        table = StaticTable(of_static, sequences.static.names)
        return _with_static(X, np.concatenate(steps), table)
    return unflatten_steps(np.concatenate(steps), X, getattr(X, "columns", None))


def _with_static(
    X: SequenceArray, values: np.ndarray, table: StaticTable
) -> SequenceArray:
    """Return numbers for each value of sequences, and of static columns."""
    apart = X.apart()
    return SequenceArray(
        values,
        apart.starts,
        apart.lengths,
        apart.window_length,
        feature_names=apart.feature_names,
        instances=apart.instances,
        times=apart.times,
        static=table,
    )


def _check_kind(estimator: Any) -> None:
    """Raise unless an estimator is fitted, and has gradients with respect to X."""
    name = type(estimator).__name__
    if not isinstance(estimator, (SequenceClassifierMixin, SequenceRegressorMixin)):
        raise TypeError(
            f"saliency knows classifiers and regressors of sequences, got {name}. Of "
            "a search, give best_estimator_; of a pipeline, the last step and what the "
            "others make of X."
        )
    check_is_fitted(estimator, "net_")
    if estimator._known_tokens is not None:
        raise TypeError(f"This {name} reads tokens, which have no gradient.")
    if getattr(estimator, "_is_stateful", False):
        raise TypeError(
            f"This {name} carries a state; give the one whose stateful() made it."
        )


def _columns(estimator: Any, X: Any, target: Any, n_samples: int) -> np.ndarray:
    """Return the column (n_samples,) of the outputs that a target stands for."""
    task = estimator._task
    if isinstance(task, Classification):
        if target is None:
            return estimator._predict_outputs(X).argmax(axis=1)
        labels = np.asarray(target)
        if labels.shape not in ((), (n_samples,)):
            raise ValueError(
                f"target has the shape {labels.shape}; expected a label, or one for "
                f"each of the {n_samples} sequences."
            )
        unknown = labels[~np.isin(labels, task.classes)].tolist()
        if unknown:
            raise ValueError(
                f"target={unknown[0]!r} is not among the classes "
                f"{task.classes.tolist()}."
            )
        return np.broadcast_to(np.searchsorted(task.classes, labels), n_samples)
    n_targets = task.n_targets if isinstance(task, Regression) else task.n_outputs
    if target is None and n_targets == 1:
        target = 0
    if not isinstance(target, Integral) or not 0 <= int(target) < n_targets:
        raise ValueError(
            f"target={shown(target)} must be the number of a column of y, 0 to "
            f"{n_targets - 1}."
        )
    return np.full(n_samples, target)
