"""Shapley values: what each part of a sequence adds to its prediction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import validate_params
from sklearn.utils.parallel import Parallel, delayed

from skseq.inspection._kinds import forecaster_of
from skseq.inspection._mixed import Mixed, Question
from skseq.inspection._mixed_forecasts import MixedForecasts
from skseq.inspection._mixed_sequences import MixedSequences
from skseq.parameters import POSITIVE_INTEGER
from skseq.resources import make_random_state

__all__ = ["shapley"]

MOST_BACKGROUND = 50


@validate_params(
    {
        "n_segments": [POSITIVE_INTEGER, None],
        "n_permutations": [POSITIVE_INTEGER],
        "groups": [dict, None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def shapley(
    estimator: Any,
    X: Any,
    background: Any,
    target: Any = None,
    *,
    n_segments: int | None = 10,
    step: int | None = None,
    groups: dict | None = None,
    n_permutations: int = 2,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Share out what a prediction differs from the mean one, among time and features.

    The players are the features within each segment of time, and the static columns of
    a sequence. One after the other, in random order, they pass from a sequence of the
    background to the one that is explained; what the prediction changes by at each is
    its contribution, and the mean over orders and background its Shapley value
    (Štrumbelj and Kononenko, 2014, "Explaining prediction models and individual
    predictions with feature contributions"; Castro et al., 2009, "Polynomial
    calculation of the Shapley value based on sampling"). Every order is followed by its
    reverse, which takes out much of the chance (Mitchell et al., 2022, "Sampling
    Permutations for Shapley Value Estimation").

    Parameters
    ----------
    estimator : estimator
        Any fitted classifier with `predict_proba`, or regressor, of sequences, a
        pipeline or search of such; a tagger, an encoder-decoder or a forecaster of this
        package.
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences to explain, as in `permutation_importance`. Of a forecaster, the
        rows to forecast, as `predict` takes them, at most `horizon`; None stands for
        the next ones.
    background : array-like, DataFrame, list of arrays, SequenceArray or tuple
        Sequences that stand for what is usual, such as a few of those in `fit`, laid
        out as X is. Of a forecaster, rows as in `fit`, a tuple of X and y if it was
        fitted with y, of which every window is one. Of more than 50 so many are drawn.
    target : label, array-like of shape (n_samples,), int or str, default=None
        Which prediction is explained, as in `saliency`. Of a class or label, it is its
        probability.
    n_segments : int or None, default=10
        Into how many segments of about equal length each sequence is cut; None takes
        every step by itself. Those of a forecaster are about as long in the rows ahead.
    step : int, default=None
        Which step of the answer of a tagger, an encoder-decoder or a forecaster, as in
        `saliency`; None stands for the mean over all steps.
    groups : dict, default=None
        Features that play together, lists of names or positions by the name of the
        group, as ``{"acceleration": ["x", "y", "z"]}``. Others play by themselves.
    n_permutations : int, default=2
        How many orders are tried with each sequence of the background; more make the
        values less random. Their sum is exact with any.
    n_jobs : int or None, default=None
        Number of processes, as in scikit-learn.
    random_state : int, RandomState or None, default=None
        Decides the orders, and which of a large background are drawn.

    Returns
    -------
    result : Bunch
        With the attributes

        shapley_values : ndarray of shape (n_samples, n_segments, n_features)
            What each group of features within each segment adds to the prediction. Of a
            forecaster a sample is a series.
        static_shapley_values : ndarray of shape (n_samples, n_static)
            What each static column adds.
        predictions, base_values : ndarray of shape (n_samples,)
            The predictions, and their mean over the background; all values of a sample
            have the difference as their sum.
        steps : ndarray of shape (n_segments,)
            The first step of each segment, of unequal sequences as a share of their
            length. Of a forecaster, 0 is the last row known and 1 the first ahead.
        feature_names, static_names : ndarray of str
            Names of the features, or groups, and of the static columns; with one
            segment, the latter stand behind the former, too, as they do in
        importances : ndarray of shape (n_segments, n_features, n_samples)
            the absolute values, which `ImportanceDisplay` draws.
        importances_mean, importances_std : ndarray of shape (n_segments, n_features)
            Mean and standard deviation over the samples.
        by : str
            "feature" with one segment, else "both".

    Raises
    ------
    TypeError
        If the estimator is a detector, or a pipeline that ends in a forecaster.
    ValueError
        If a target, step, group or parameter is not as described, or the background has
        other features than X.

    See Also
    --------
    saliency : The gradient of a prediction; one pass through a network.
    permutation_importance : What a score loses.

    Notes
    -----
    A sequence is asked for ``n_background * n_permutations * (n_players + 1)``
    predictions. A mixed sequence has the length and the times of the one explained; of
    a background sequence of another length the steps at the same share of its own are
    taken. Only then, or where time gaps are read, `base_values` differ from the mean of
    the predictions of the background.

    Missing values and categories pass over as values do. Rows of a forecaster pass over
    in the scale of their series, and predictions of the background are meant in the
    scale of the series explained. A `Seq2SeqClassifier` is asked for the probability of
    what it writes, each label given those before.

    Parts that a sequence never shows together, such as a high start with a low rest,
    are met here: values tell about the model, there, too.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.inspection import shapley
    >>> X = np.random.default_rng(0).normal(size=(200, 4, 2))
    >>> y = X[:, 2, 0] - 2 * X[:, 3, 1]
    >>> model = RNNRegressor(max_epochs=100, random_state=0).fit(X, y)
    >>> result = shapley(model, X[:3], X[100:110], random_state=0)
    >>> result.shapley_values.shape
    (3, 4, 2)
    >>> total = result.shapley_values.sum(axis=(1, 2))
    >>> np.allclose(total, model.predict(X[:3]) - model.predict(X[100:110]).mean())
    True
    """
    rng = make_random_state(random_state)
    question = Question(X, background, target, step, n_segments, groups)
    forecaster = forecaster_of(estimator, "shapley")
    mixed: Mixed = (
        MixedSequences(estimator, question)
        if forecaster is None
        else MixedForecasts(forecaster, question)
    )
    chosen = np.arange(mixed.n_background)
    if len(chosen) > MOST_BACKGROUND:
        chosen = np.sort(rng.choice(chosen, MOST_BACKGROUND, replace=False))
    seeds = rng.randint(2**31 - 1, size=mixed.n_samples)
    explained = Parallel(n_jobs=n_jobs)(
        delayed(_explained)(mixed, i, chosen, n_permutations, seed)
        for i, seed in enumerate(seeds)
    )
    found, predictions, base_values = map(np.array, zip(*explained, strict=True))
    players = mixed.players
    values, of_static = players.cells(found), players.static(found)
    shown, names, by = values, players.groups, "both"
    if players.n_segments == 1:
        shown, names, by = found[:, None], [*names, *players.static_names], "feature"
    importances = np.moveaxis(np.abs(shown), 0, -1)
    return Bunch(
        shapley_values=values,
        static_shapley_values=of_static,
        predictions=predictions,
        base_values=base_values,
        steps=mixed.steps,
        feature_names=np.array(names, dtype=object),
        static_names=np.array(players.static_names, dtype=object),
        importances=importances,
        importances_mean=importances.mean(axis=2),
        importances_std=importances.std(axis=2),
        by=by,
    )


def _explained(
    mixed: Mixed, i: int, background: np.ndarray, n_permutations: int, seed: int
) -> tuple[np.ndarray, float, float]:
    """Return the values (n_players,) of a sample, its prediction and the mean one."""
    return sampled_values(
        partial(mixed.said, i),
        mixed.players.n,
        background,
        n_permutations,
        np.random.RandomState(seed),
    )


def sampled_values(
    said: Callable[[int, np.ndarray], np.ndarray],
    n_players: int,
    background: np.ndarray,
    n_permutations: int,
    rng: np.random.RandomState,
) -> tuple[np.ndarray, float, float]:
    """Return sampled Shapley values of a game.

    Parameters
    ----------
    said : callable
        Which of the background, masks (n, n_players) of who has passed over -> what is
        said (n,).
    n_players : int
        How many there are.
    background : ndarray of int
        From which ones they pass over.
    n_permutations : int
        How many orders are tried with each.
    rng : RandomState
        Draws them.

    Returns
    -------
    values : ndarray of shape (n_players,)
        The mean contribution of each.
    last, first : float
        What is said on average when all have passed over, and when nobody has.
    """
    values = np.zeros(n_players)
    first = last = 0.0
    for donor in background.tolist():
        order = np.empty(0, dtype=int)
        for k in range(n_permutations):
            order = order[::-1] if k % 2 else rng.permutation(n_players)
            masks = np.zeros((n_players + 1, n_players), dtype=bool)
            masks[:, order] = np.tri(n_players + 1, n_players, -1, dtype=bool)
            answers = said(donor, masks)
            values[order] += np.diff(answers)
            first, last = first + answers[0], last + answers[-1]
    n = len(background) * n_permutations
    return values / n, last / n, first / n
