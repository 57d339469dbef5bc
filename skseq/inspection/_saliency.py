"""Saliency: what would change a network's prediction, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.utils._param_validation import StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.core.sequence_network import SequenceNetworkEstimator
from skseq.data.instances import check_instances
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.data.steps import unflatten_steps
from skseq.forecasting._base import BaseForecaster
from skseq.inspection._asked import ask
from skseq.inspection._forecast_gradients import forecast_gradients
from skseq.inspection._gradients import Gradients, IntegratedGradients
from skseq.parameters import POSITIVE_INTEGER

__all__ = ["saliency"]


@validate_params(
    {
        "method": [StrOptions({"gradient", "integrated_gradients"})],
        "n_points": [POSITIVE_INTEGER],
    },
    prefer_skip_nested_validation=True,
)
def saliency(
    estimator: Any,
    X: Any,
    target: Any = None,
    *,
    step: int | None = None,
    method: str = "gradient",
    n_points: int = 32,
) -> Any:
    """Return how a network's prediction depends on each step of each sequence.

    Parameters
    ----------
    estimator : estimator
        A fitted network of this package, of numbers, not of tokens: a classifier,
        regressor or tagger, a forecaster, or an encoder-decoder. It stays as it is.
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences, as in `fit`, of any length. Of a forecaster, the rows to
        forecast, as `predict` takes them, at most `horizon`; None stands for the next
        ones.
    target : label, array-like of shape (n_samples,), int or str, default=None
        Which prediction is looked at. Classes: a label, or one for each sequence; None
        stands for the one that is predicted, at each step of its own. Label indicators,
        and numbers of several columns: the number of a column, of a forecaster or its
        name.
    step : int, default=None
        Which step of the answer of a tagger or an encoder-decoder, negative ones from
        the end, or of a forecast, whose first one is 1. None stands for the mean over
        all steps.
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

        Of a forecaster a SequenceArray with a sequence for each series: the rows of its
        window, of which the last one is at the time 0, and if columns are known ahead,
        those that are forecast, from 1 on. Its columns are the targets, then what is of
        the past and known ahead; `static` has the static ones.

    Raises
    ------
    TypeError
        If an estimator of this kind has no such gradient.
    ValueError
        If the target or step is unknown, or X or a parameter is not as described.

    See Also
    --------
    permutation_importance : What a score depends on, for any estimator.
    shapley : What a prediction is made of, for any estimator.

    Notes
    -----
    Gradients include what a value changes in the mean and the deviation of its sequence
    where `normalize` takes these, and are zero where it clips a value. Integrated
    gradients take all of that as given and start from zero in what the network sees:
    the mean over the training data (``normalize="feature"``) or over the sequence, and
    zero itself with ``normalize=None``; in a forecaster the mean of the series. Their
    sum is the difference of the predictions, but for the error of the integral, which
    `n_points` makes smaller.

    Where a forecaster sees the last value in a hole, that value answers for it. Targets
    are as its `transformer` has them, in what is forecast and in what it looks at. What
    an encoder-decoder writes is taken as given where it is fed back as a label, and
    goes into the gradient where it is a number.

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
    if isinstance(estimator, BaseForecaster):
        return forecast_gradients(
            estimator, X, target, step, n_points * (method != "gradient")
        )
    _check_kind(estimator)
    sequences = estimator._check_X(X, reset=False)
    check_instances(X, target, "target", one_each=True)
    asked = ask(estimator, sequences, target, step)
    explain = Gradients(estimator, sequences, asked)
    if method == "integrated_gradients":
        explain = IntegratedGradients(estimator, sequences, asked, n_points)
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
    if not isinstance(estimator, SequenceNetworkEstimator):
        raise TypeError(
            f"saliency knows the networks of this package, got {name}. Of a search, "
            "give best_estimator_; of a pipeline, the last step and what the others "
            "make of X."
        )
    check_is_fitted(estimator, "net_")
    if estimator._known_tokens is not None:
        raise TypeError(f"This {name} reads tokens, which have no gradient.")
    if getattr(estimator, "_is_stateful", False):
        raise TypeError(
            f"This {name} carries a state; give the one whose stateful() made it."
        )
