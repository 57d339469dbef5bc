"""Splits and scores of one series that hand over the rows before a test fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_method_params, _num_samples

from skseq._showing import naming, shown
from skseq.data.layouts import is_panel
from skseq.metrics._scorers import Answering, WrappedScorer, as_scorer
from skseq.preprocessing._order import check_order

__all__ = ["ContextTimeSeriesSplit", "context_scorer"]


class ContextTimeSeriesSplit(TimeSeriesSplit):
    """TimeSeriesSplit whose test folds begin with the rows right before them.

    The windows at the start of a test fold reach back into rows that are known, but
    that an ordinary split does not hand over. Here they come first in every test
    fold; a scorer made by `context_scorer` leaves them out of the score.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.
    context : int, default=0
        Number of rows before each test fold: at least `window_length` - 1 + `lag`, the
        same for all candidates of a search, so that all are scored on the same rows.
    max_train_size : int or None, default=None
        Largest number of training rows.
    test_size : int or None, default=None
        Number of rows of each test fold, the context not counted.
    gap : int, default=0
        Number of rows left out between training and test fold. The context may lie in
        the gap: it is input, never a target.

    See Also
    --------
    context_scorer : The scorer to use with it.
    PanelTimeSeriesSplit : For many series.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.model_selection import ContextTimeSeriesSplit
    >>> for train, test in ContextTimeSeriesSplit(2, context=2).split(np.zeros(9)):
    ...     print(train, test)
    [0 1 2] [1 2 3 4 5]
    [0 1 2 3 4 5] [4 5 6 7 8]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        context: int = 0,
        max_train_size: int | None = None,
        test_size: int | None = None,
        gap: int = 0,
    ):
        super().__init__(
            n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap
        )
        self.context = context

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows of each training and each test fold.

        Parameters
        ----------
        X : array-like of n_rows
            The rows, in the order of time.
        y, groups : object, default=None
            Ignored.

        Yields
        ------
        train, test : ndarray of int
            The first `context` entries of `test` are the context.

        Raises
        ------
        ValueError
            If the index of X shows that its rows are not in the order of time, there
            are fewer than `context` rows before a test fold, or a parameter is not as
            described.
        """
        _check_count("context", self.context)
        _check_count("gap", self.gap)
        for name in ("max_train_size", "test_size"):
            if getattr(self, name) is not None:
                _check_count(name, getattr(self, name), least=1)
        if is_panel(X):
            raise ValueError(
                "X has an index of two levels, (series, time), but rows of one series "
                "are counted here: PanelTimeSeriesSplit cuts all series of a panel at "
                "the same times."
            )
        if hasattr(X, "iloc") and X.index.nlevels == 1:
            check_order(X.index, "X")
        with naming("X"):
            folds = list(super().split(X, y, groups))
        for train, test in folds:
            start = test[0] - self.context
            if start < 0:
                raise ValueError(
                    f"context={self.context} is more than the {test[0]} rows before "
                    "the first test fold."
                )
            yield train, np.arange(start, test[-1] + 1)


def context_scorer(scoring: str | Callable, context: int) -> Callable:
    """Make a scorer that leaves the first rows of a test fold out of the score.

    Parameters
    ----------
    scoring : str or callable
        Any scorer of scikit-learn, or its name.
    context : int
        Number of rows to leave out, as in `ContextTimeSeriesSplit`.

    Returns
    -------
    scorer : callable
        (estimator, X, y, sample_weight=None) -> score, for `scoring` in GridSearchCV
        and cross_val_score, alone or among others. The weights of the context are left
        out, too. As of scikit-learn's own scorers, its `set_score_request` asks for
        weights where metadata are routed.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from skseq.model_selection import ContextTimeSeriesSplit, context_scorer
    >>> X = np.arange(20.0)[:, None]
    >>> cross_val_score(
    ...     LinearRegression(), X, 2 * X[:, 0],
    ...     cv=ContextTimeSeriesSplit(3, context=4), scoring=context_scorer("r2", 4),
    ... )
    array([1., 1., 1.])
    """
    _check_count("context", context)
    with naming("scoring"):
        return _ContextScorer(as_scorer(scoring), context)


def _check_count(name: str, value: Any, least: int = 0) -> None:
    if not isinstance(value, Integral) or value < least:
        raise ValueError(
            f"{name} must be an integer of at least {least}, got {shown(value)}."
        )


class _ContextScorer(WrappedScorer):
    """Scores all predictions but the first `context`."""

    def __init__(self, scorer: Callable, context: int):
        super().__init__(scorer)
        self.context = context

    def _score(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, metadata: dict
    ) -> float:
        n_rows = _num_samples(y)
        if n_rows <= self.context:
            raise ValueError(
                f"context={self.context} leaves none of {n_rows} rows to score."
            )
        if sample_weight is not None:
            metadata["sample_weight"] = sample_weight
        rest = slice(self.context, None)
        return self.scorer(
            _WithoutContext(estimator, self.context),
            X,
            _safe_indexing(y, rest),
            **_check_method_params(X, metadata, rest),
        )


class _WithoutContext(Answering):
    """An estimator that predicts from all rows and shows the later predictions only."""

    _changed = ("predict", "predict_proba", "predict_log_proba", "decision_function")

    def __init__(self, estimator: Any, context: int):
        super().__init__(estimator)
        self._context = context

    def _change(self, answer: Any) -> Any:
        return answer[self._context :]
