"""Permutation importance: what a score loses when steps or features are shuffled."""

from __future__ import annotations

from itertools import product
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params
from sklearn.utils.parallel import Parallel, delayed

from skseq.inspection._kinds import forecaster_of
from skseq.inspection._permuted import Permuted, Scoring
from skseq.inspection._permuted_forecasts import PermutedForecasts
from skseq.inspection._permuted_sequences import PermutedSequences
from skseq.parameters import POSITIVE_INTEGER
from skseq.resources import make_random_state

__all__ = ["permutation_importance"]


@validate_params(
    {
        "n_repeats": [POSITIVE_INTEGER],
        "by": [StrOptions({"both", "step", "feature"})],
        "step_size": [POSITIVE_INTEGER],
        "align": [StrOptions({"start", "end"})],
        "restart": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    n_repeats: int = 5,
    by: str = "both",
    step_size: int = 1,
    align: str = "start",
    restart: bool = False,
    sample_weight: Any = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch | dict[str, Bunch]:
    """Measure how much a score depends on each time step and feature.

    The values of one feature at one step, or at a few neighbouring ones, are permuted
    among the sequences, which leaves their distribution as it was and cuts their tie to
    y. What the score loses is their importance (Breiman, 2001, "Random Forests"; Fisher
    et al., 2019, "All Models are Wrong, but Many are Useful"), to this model: values
    that say the same as others may be important and not be needed, or share the
    importance between them.

    Parameters
    ----------
    estimator : estimator
        Any fitted estimator, pipeline or search that takes X; a forecaster, or a search
        of one, too.
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences: (n_samples, n_timesteps, n_features), a table (n_samples,
        n_timesteps), a list of (n_timesteps_i, n_features) arrays or a DataFrame
        indexed by (instance, time). A flat row holds as many features per step as the
        estimator's parameter `n_channels` says, one without it. Better not the
        sequences of `fit`, of which a model knows the noise, too. The estimator is
        given the same layout; X is not changed. Of a forecaster, rows as
        `rolling_forecast` takes them.
    y : array-like or None
        The targets, whatever the scorer takes. Of a forecaster that was fitted with y,
        those of the rows; else None.
    scoring : str, callable, list, tuple, dict or None, default=None
        Any scorer of scikit-learn or its name; None is the estimator's own `score`.
        Several, as in `cross_validate`, give a dict of results. Of a forecaster every
        row of every path of the rolling forecast is a sample; `predict` and, if the
        loss learned them, `predict_quantiles` answer.
    n_repeats : int, default=5
        How often each of them is permuted.
    by : {"both", "step", "feature"}, default="both"
        Whether single features of single steps are permuted, all features of a step
        together, or a feature at all steps together.
    step_size : int, default=1
        Number of neighbouring steps permuted together.
    align : {"start", "end"}, default="start"
        Whether steps of unequal sequences are counted from their first or back from
        their last one. Those of a forecaster are counted both ways from the last row
        known, which is step 0.
    restart : bool, default=False
        Of forecasters, as in `rolling_forecast`: False says that X follows the rows
        known so far, True that it may start anywhere.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples, of a forecaster of the rows of X, in the score; None
        does not hand any over.
    n_jobs : int or None, default=None
        Number of processes, as in scikit-learn.
    random_state : int, RandomState or None, default=None
        Decides the permutations.

    Returns
    -------
    result : Bunch
        With the attributes

        importances : ndarray of shape (n_steps, n_features, n_repeats)
            What the score loses. There is a row for each group of `step_size` steps,
            earlier ones first; only one row with ``by="feature"`` and only one column
            with ``by="step"``. With ``by="feature"``, what X knows of sequences as a
            whole (static columns) stands behind the features, a column for each.
        importances_mean, importances_std : ndarray of shape (n_steps, n_features)
            Mean and standard deviation over the repeats.
        steps : ndarray of int of shape (n_steps,)
            The first step of each row; with ``align="end"``, -1 is the last step. Of a
            forecaster, 0 is the last row known and 1 the first one that is forecast,
            of which columns known ahead matter alone.
        feature_names : ndarray of str or None
            Names of the features, where X or the estimator knows them, and of static
            columns with ``by="feature"``. Of a forecaster targets come first, then what
            is of the past, known ahead, and static.
        by : str
            What was permuted together, as given.

        Of several scorers a dict with such a result for each.

    Raises
    ------
    TypeError
        If the estimator is a detector, or a pipeline that ends in a forecaster.
    ValueError
        If a parameter or the layout of X is not as described, or X and y are of
        different length or name the instances in another order; of a forecaster, as
        its `rolling_forecast` says.

    See Also
    --------
    saliency : What changes a prediction of a network, sequence by sequence.
    shapley : What a prediction is made of, for any estimator.
    sklearn.inspection.permutation_importance : For tables whose rows are no sequences.

    Notes
    -----
    A step is permuted among those sequences that have it, so a step that one alone has
    stays. Each sequence is given the values of one other wherever that is long enough,
    elsewhere of the next one in the same cycle of the permutation, which makes every
    permutation of every step equally probable.

    What is missing is permuted as a value is, and so are categories. Times stay where
    they are, and so do static columns, unless ``by="feature"`` permutes them among the
    sequences, one by one: they have no place in a heat map of steps.

    A forecaster's windows overlap, so each is laid out by itself, and values are
    permuted among all of them, those of a panel in the scale of their series.

    A pipeline that starts with `SlidingWindow` reads rows, not sequences. To permute
    steps within the windows, make these first: ``permutation_importance(pipeline[-1],
    pipeline[:-1].transform(X), y, align="end")``.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.inspection import permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 4, 2))
    >>> y = X[:, 2, 0]  # step 2 of feature 0 is all that matters
    >>> model = RNNRegressor(max_epochs=100, random_state=0).fit(X, y)
    >>> result = permutation_importance(model, X, y, random_state=0)
    >>> result.importances_mean.round() + 0.0
    array([[0., 0.],
           [0., 0.],
           [2., 0.],
           [0., 0.]])
    """
    asked = Scoring(X, y, scoring, sample_weight, by, step_size)
    forecaster = forecaster_of(estimator, "permutation_importance")
    permuted: Permuted = (
        PermutedSequences(estimator, asked, align)
        if forecaster is None
        else PermutedForecasts(forecaster, asked, restart)
    )
    cells = list(product(range(len(permuted.steps)), range(permuted.n_columns)))
    seeds = make_random_state(random_state).randint(2**31 - 1, size=len(cells))
    scores = Parallel(n_jobs=n_jobs)(
        delayed(permuted.scores)(*cell, seed, n_repeats)
        for cell, seed in zip(cells, seeds, strict=True)
    )
    shape = len(permuted.steps), permuted.n_columns, n_repeats

    def to_result(baseline, scores):
        lost = baseline - np.reshape(scores, shape)
        return Bunch(
            importances=lost,
            importances_mean=lost.mean(axis=2),
            importances_std=lost.std(axis=2),
            steps=permuted.steps,
            feature_names=permuted.names,
            by=by,
        )

    baseline = permuted.baseline
    if not isinstance(baseline, dict):
        return to_result(baseline, scores)
    return {
        name: to_result(baseline[name], [[s[name] for s in cell] for cell in scores])
        for name in baseline
    }
