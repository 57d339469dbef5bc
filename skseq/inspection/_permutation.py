"""Permutation importance: what a score loses when steps or features are shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch, check_consistent_length
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.parallel import Parallel, delayed

from skseq.anomaly import SequenceAnomalyDetector
from skseq.data.instances import check_instances
from skseq.data.layouts import is_panel
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.forecasting._base import BaseForecaster
from skseq.inspection._layouts import (
    lay_out,
    lay_out_like,
    names_of_features,
    names_with_static,
)
from skseq.resources import make_random_state

__all__ = ["permutation_importance"]


@validate_params(
    {
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "by": [StrOptions({"both", "step", "feature"})],
        "step_size": [Interval(Integral, 1, None, closed="left")],
        "align": [StrOptions({"start", "end"})],
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
        Any fitted estimator, pipeline or search that takes X.
    X : array-like, DataFrame, list of arrays or SequenceArray
        The sequences: (n_samples, n_timesteps, n_features), a table (n_samples,
        n_timesteps), a list of (n_timesteps_i, n_features) arrays or a DataFrame
        indexed by (instance, time). A flat row holds as many features per step as the
        estimator's parameter `n_channels` says, one without it. Better not the
        sequences of `fit`, of which a model knows the noise, too. The estimator is
        given the same layout; X is not changed.
    y : array-like or None
        The targets, whatever the scorer takes.
    scoring : str, callable, list, tuple, dict or None, default=None
        Any scorer of scikit-learn or its name; None is the estimator's own `score`.
        Several, as in `cross_validate`, give a dict of results.
    n_repeats : int, default=5
        How often each of them is permuted.
    by : {"both", "step", "feature"}, default="both"
        Whether single features of single steps are permuted, all features of a step
        together, or a feature at all steps together.
    step_size : int, default=1
        Number of neighbouring steps permuted together.
    align : {"start", "end"}, default="start"
        Whether steps of unequal sequences are counted from their first or back from
        their last one.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in the score; None does not hand any over.
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
            The first step of each row; with ``align="end"``, -1 is the last step.
        feature_names : ndarray of str or None
            Names of the features, where X or the estimator knows them, and of static
            columns with ``by="feature"``.
        by : str
            What was permuted together, as given.

        Of several scorers a dict with such a result for each.

    Raises
    ------
    TypeError
        If the estimator is a forecaster or a detector, or ends in a forecaster.
    ValueError
        If a parameter or the layout of X is not as described, or X and y are of
        different length or name the instances in another order.

    See Also
    --------
    saliency : What changes a prediction of a network, sequence by sequence.
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
    _check_reads_sequences(estimator)
    n_channels = getattr(estimator, "n_channels", 1)
    sequences = lay_out(X, n_channels)
    check_instances(X, y, "y")
    check_instances(X, sample_weight, "sample_weight")
    if y is not None:
        n_steps = int(sequences.lengths.sum())
        targets, weights = (_one_each(given, n_steps) for given in (y, sample_weight))
        check_consistent_length(sequences.starts, targets, weights)
    score = _Score(check_scoring(estimator, scoring=scoring), y, sample_weight)
    baseline = score(estimator, X)
    n_steps, n_features = int(sequences.lengths.max()), sequences.n_features

    if by == "feature":
        step_size = n_steps
    firsts = range(0, n_steps, step_size)
    blocks = [range(first, min(first + step_size, n_steps)) for first in firsts]
    steps = np.array([block[0] for block in blocks])
    if align == "end":  # blocks count backwards
        blocks = blocks[::-1]
        steps = np.array([-block[-1] - 1 for block in blocks])
    columns: list[Any] = [slice(None)]
    if by != "step":
        columns = [slice(i, i + 1) for i in range(n_features)]
    names = names_of_features(X, estimator, n_features)
    if by == "feature" and sequences.static is not None:
        columns += [_Static(i) for i in range(sequences.static.values.shape[1])]
        names = names_with_static(names, n_features, sequences.static)
    cells = list(product(blocks, columns))
    seeds = make_random_state(random_state).randint(2**31 - 1, size=len(cells))
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_permuted_scores)(
            estimator, X, score, n_channels, *cell, align == "end", seed, n_repeats
        )
        for cell, seed in zip(cells, seeds, strict=True)
    )

    def to_result(baseline, scores):
        lost = baseline - np.reshape(scores, (len(blocks), len(columns), n_repeats))
        return Bunch(
            importances=lost,
            importances_mean=lost.mean(axis=2),
            importances_std=lost.std(axis=2),
            steps=steps,
            feature_names=names,
            by=by,
        )

    if not isinstance(baseline, dict):
        return to_result(baseline, scores)
    return {
        name: to_result(baseline[name], [[s[name] for s in cell] for cell in scores])
        for name in baseline
    }


def _one_each(values: Any, n_steps: int) -> Any:
    """Return values of sequences, None if a panel has one for each time step."""
    return None if is_panel(values) and len(values) == n_steps else values


def _check_reads_sequences(estimator: Any) -> None:
    """Refuse who takes rows in time, alone or at the end of pipelines and searches."""
    last = getattr(estimator, "best_estimator_", estimator)
    if hasattr(last, "steps"):
        last = last.steps[-1][1]
    last = getattr(last, "regressor_", last)  # of a target transformer
    if isinstance(last, BaseForecaster):
        raise TypeError(
            f"permutation_importance is not for forecasters, such as this "
            f"{type(last).__name__}: their X is rows in the order of time, of which "
            "only columns in known_future matter to a forecast. Compare back-tests "
            "with and without a column instead (skseq.model_selection, the guide to "
            "forecasts)."
        )
    if isinstance(last, SequenceAnomalyDetector):
        raise TypeError(
            f"permutation_importance is not for a {type(last).__name__}, which takes "
            "rows in the order of time and has no score of targets."
        )


class _Score:
    """A scorer that knows the targets."""

    def __init__(self, scorer: Callable, y: Any, sample_weight: Any):
        self.scorer = scorer
        self.y = y
        self.options = {}
        if sample_weight is not None:
            self.options["sample_weight"] = sample_weight

    def __call__(self, estimator: Any, X: Any) -> Any:
        return self.scorer(estimator, X, self.y, **self.options)


class _Static(NamedTuple):
    """A column of what is known of sequences as a whole."""

    column: int

    def permuted(self, table: Any, order: np.ndarray) -> StaticTable:
        """Return a table with this column in another order."""
        found = table[np.arange(len(order))]
        found.values[:, self.column] = table.values[order, self.column]
        return found


def _permuted_scores(
    estimator: Any,
    X: Any,
    score: Callable,
    n_channels: int,
    block: range,
    columns: slice | _Static,
    from_end: bool,
    seed: int,
    n_repeats: int,
) -> list:
    """Return the scores after each of several permutations of a block of steps."""
    rng = np.random.RandomState(seed)
    sequences = lay_out(X, n_channels)
    permuted = sequences.map_values(np.copy)
    scores = []
    for _ in range(n_repeats):
        order = rng.permutation(len(sequences))
        if isinstance(columns, _Static):
            permuted.static = columns.permuted(sequences.static, order)
        else:
            for rows, donors in _exchanges(sequences, order, block, from_end):
                permuted.values[rows, columns] = sequences.values[donors, columns]
        scores.append(score(estimator, lay_out_like(X, permuted)))
    return scores


def _exchanges(
    sequences: SequenceArray, order: np.ndarray, block: range, from_end: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for each step of a block, its rows and those whose values they get.

    A sequence follows its cycle of the permutation up to one that has the step: what a
    uniform permutation is to all samples, this is to those that have the step.
    """
    donors = order.copy()
    for step in block:
        has_step = sequences.lengths > step
        seeking = has_step & ~has_step[donors]
        while seeking.any():
            donors[seeking] = donors[donors[seeking]]
            seeking = has_step & ~has_step[donors]
        rows = sequences.starts + step
        if from_end:
            rows = sequences.starts + sequences.lengths - 1 - step
        yield rows[has_step], rows[donors[has_step]]
