"""Causal windows over the rows of a table, one per row."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq._showing import naming, shown
from skseq.data.categories import Categories
from skseq.data.foreign import columns_of
from skseq.data.reading import RowReader
from skseq.data.sequences import SequenceArray
from skseq.data.tables import MOST_ROWS, check_rows
from skseq.parameters import (
    Interval,
    Options,
    attribute,
    parameter,
)
from skseq.parameters.checks import flag, instance, optional, tuple_of
from skseq.preprocessing._base import TEXTS, SequenceTransformer
from skseq.preprocessing._extents import Extent, extents_of, lie_between
from skseq.preprocessing._lost_index import check_lost_index
from skseq.preprocessing._order import check_order, check_same_order, times_of
from skseq.preprocessing._streams import goes_on
from skseq.preprocessing._tails import called, joined_times, remembered, series_in
from skseq.preprocessing._window_rows import check_rows_finite, encode_rows
from skseq.resources import unchanged_on_error

__all__ = ["SlidingWindow"]


@described(**TEXTS)
class SlidingWindow(RowReader, SequenceTransformer, kw_only=False):
    """Turn every row of a table into the window of rows that ends there.

    The number of rows stays what it was, so y stays aligned, and every scorer,
    splitter and search of scikit-learn works on a pipeline with this step. Window i
    holds the rows i - lag - window_length + 1 to i - lag: nothing of the future. The
    first windows are shorter, as nothing is known from before; the estimators of
    this package learn from complete windows only and predict from any.

    At the start of a test fold, the rows before it are known, but not in the fold.
    They are remembered from `fit` and used where the index of a DataFrame shows that
    the fold continues the training rows: it increases, and the fold starts one step
    after its end, a step being its frequency, given or found as that which makes the
    whole index; a series of few rows goes on as the others of a panel do. In a
    pipeline behind other transformers that takes
    ``pipeline.set_output(transform="pandas")``. For arrays, use
    `skseq.model_selection.ContextTimeSeriesSplit`, and while rows come in, `update`.

    {parameters}

    {attributes}

    See Also
    --------
    make_windows : Pairs of windows and the rows that follow, as plain arrays.

    Notes
    -----
    Windows are not laid out: the result is a `SequenceArray` over the table. As an
    array it is (n_rows, window_length, n_columns) with NaN before the first row.

    In a table with a 2-level index (series, time), no window crosses series. Columns of
    a DataFrame that hold categories stay what they are, and the times of its index go
    along, for the estimators that read them.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.preprocessing import SlidingWindow
    >>> table = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> windows = SlidingWindow(window_length=3).fit_transform(table)
    >>> np.asarray(windows)[..., 0]
    array([[nan, nan,  1.],
           [nan,  1.,  2.],
           [ 1.,  2.,  3.],
           [ 2.,  3.,  4.]])
    """

    window_length: int = parameter(
        default=1,
        constraint=[Interval(Integral, 1, MOST_ROWS, closed="both")],
        text="""Number of rows in a complete window.""",
    )
    lag: int = parameter(
        default=0,
        constraint=[Interval(Integral, 0, MOST_ROWS, closed="both")],
        text="""Number of rows between the end of a window and its row.""",
    )

    missing: str = parameter(
        default="error",
        constraint=[Options("error", "mask")],
        text="""Whether NaN is an error, or a value that was not measured, for an
        estimator with ``missing="mask"`` behind.""",
    )

    _tails: dict = attribute(check=instance(dict))
    _tail_times: dict | None = attribute(
        check=optional(instance(dict)), default=None, required=False
    )  # of the rows in tails, where all are known
    _categories: tuple | None = attribute(
        check=optional(tuple_of(optional(instance(pd.Index)))),
        default=None,
        required=False,
    )  # of each column, None where all are numbers
    _is_updated: bool = attribute(check=flag)
    _extents: dict = attribute(check=instance(dict))

    def fit(self, X: Any, y: Any = None) -> SlidingWindow:
        """Remember the last rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            A table in the order of time, or one with a 2-level index (series, time).
        y : object, default=None
            The targets, of which only the index is looked at.

        {fitted}

        Raises
        ------
        ValueError
            If an index shows that rows are not in the order of time, or that X holds
            several series whose index was lost on the way through a pipeline.
        """
        self._validate_params()
        with unchanged_on_error(self):
            values, categories = self._read(X, reset=True)
            check_lost_index(X, len(values), y)
            check_same_order(X, y)
            self._categories = categories
            self._tail_times = None
            self._is_updated = False
            self._extents = _extents(X)
            self._tails: dict[Any, tuple] = {}
            self._remember(X, values)
        return self

    def update(self, X: Any) -> SlidingWindow:
        """Take note of later rows, so that the windows of the next ones reach back.

        While rows come in, predict for them first and then let the windows know:

        >>> import numpy as np
        >>> from skseq.preprocessing import SlidingWindow
        >>> window = SlidingWindow(3).fit(np.array([[1.0], [2.0], [3.0]]))
        >>> window.update([[4.0]]).transform([[5.0]])[0].tolist()
        [[3.0], [4.0], [5.0]]

        From then on, rows without an index are taken for the next ones, until another
        `fit`. With an index nothing is taken on trust: rows continue those known if
        they start one step after them, or, where the rows known are at no regular
        distance, if they are later.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            The rows that follow those known so far, of one series or of several. New
            series may begin. No row at all says that rows without an index follow.

        Returns
        -------
        self : object
            The transformer.

        Raises
        ------
        ValueError
            If the index of X does not go on where that of the rows known ends. Nothing
            is noted then.
        """
        check_is_fitted(self, "_tails")
        self._validate_params()
        with unchanged_on_error(self):
            values, categories = self._read(X, reset=False, least=0)
            check_lost_index(X, len(values))
            self._categories = categories
            self._is_updated = True
            self._remember(X, values)
        return self

    def transform(self, X: Any) -> SequenceArray:
        """Return the window that ends at each row.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            A table like the one in `fit`.

        Returns
        -------
        windows : SequenceArray of n_rows sequences

        Raises
        ------
        ValueError
            If an index shows that rows are not in the order of time; or if no row of a
            series has a complete window, though enough rows came before.
        """
        check_is_fitted(self, "_tails")
        self._validate_params()  # which may have been set since
        values, categories = self._read(X, reset=False)
        check_lost_index(X, len(values))
        _warn_of_rows_between(self._extents, _extents(X))
        tables, starts, lengths, n_above = [], [], [], 0
        times: list[Any] = []
        for name, start, stop, index in series_in(X, len(values)):
            table = values[start:stop]
            known = self._known_before(name, index)
            ends = np.arange(len(known) + 1, len(known) + len(table) + 1) - self.lag
            ends = ends.clip(min=0)
            first = (ends - self.window_length).clip(min=0)
            if ends[-1] < self.window_length and self._has_seen_enough(name):
                raise ValueError(self._no_window(name, len(table), index))
            starts.append(n_above + first)
            lengths.append(ends - first)
            tables += [known, table] if len(known) else [table]
            if len(known):
                before = (self._tail_times or {}).get(name)
                times.append(None if before is None else before[-len(known) :])
            times.append(index if len(index) else None)
            n_above += len(known) + len(table)
        return SequenceArray(
            tables[0] if len(tables) == 1 else np.concatenate(tables),
            np.concatenate(starts),
            np.concatenate(lengths),
            window_length=self.window_length,
            feature_names=getattr(self, "feature_names_in_", None),
            times=joined_times(times),
            categories=categories,
        )

    def _read(
        self, X: Any, *, reset: bool, least: int = 1
    ) -> tuple[np.ndarray, Categories | None]:
        """Return rows as numbers, and the categories of each column."""
        names = getattr(self, "feature_names_in_", None)
        # Other columns are refused by their names, whatever they hold.
        are_others = names is not None and list(names) != list(columns_of(X))
        is_first = reset or are_others
        known = None if is_first else self._categories
        with naming("X"):
            rows = encode_rows(X, known, is_first=is_first)
        values = check_rows(self, rows.table, reset=reset, finite=False, least=least)
        if not reset and self._categories is not None and rows.categories is None:
            raise ValueError(
                f"X is {shown(X)}, which says nothing of categories; columns held some "
                "in fit, so give a DataFrame with the same columns."
            )
        check_rows_finite(values, X, rows.categories, self.missing)
        return values, rows.categories

    @property
    def _context(self) -> int:
        """How many rows before a row its window reaches back."""
        return self.window_length - 1 + self.lag

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = False
        tags.input_tags.allow_nan = self.missing == "mask"
        return tags

    def _remember(self, X: Any, values: np.ndarray) -> None:
        """Keep the last rows of every series, and where they end."""
        self._tails, self._tail_times = remembered(
            self._tails, self._tail_times or {}, X, values, self._context + 1
        )

    def _known_before(self, name: Any, index: Any) -> np.ndarray:
        """Return the remembered rows that end right before an index starts."""
        rows, end = self._tails.get(name, (None, None))
        if rows is not None and goes_on(end, index, self._is_updated):
            return rows[max(0, len(rows) - self._context) :]
        return np.empty((0, self.n_features_in_))

    def _has_seen_enough(self, name: Any) -> bool:
        """Whether a series had complete windows before."""
        tails = self._tails
        if name is None and name not in tails:  # an array, but fit had a panel
            return all(len(rows) > self._context for rows, _ in tails.values())
        return name in tails and len(tails[name][0]) > self._context

    def _no_window(self, name: Any, n_rows: int, index: Any) -> str:
        """Say why no row has a complete window, and what to do."""
        _, end = self._tails.get(name, (None, None))
        where = "have no index that could tell it"
        if len(index):
            where = f"have an index that starts at {index[0]!s}"
            if end is not None:
                where += f", while the rows known end at {end[0]!s}"
        return (
            f"None of the {n_rows} row(s) of {called(name)} has a complete window "
            f"(window_length={self.window_length}, lag={self.lag}): they do not "
            f"follow the rows known from fit, but {where}. While rows come in, let the "
            "windows know of them by update(X); else hand over the "
            f"{self._context} rows before them, too, in cross-validation by "
            "skseq.model_selection.ContextTimeSeriesSplit. A table's index of time is "
            'kept on its way through a pipeline by set_output(transform="pandas").'
        )


def _extents(X: Any) -> dict[Any, Extent]:
    """Return the times that the series of a table cover, as far as it has times."""
    if not hasattr(X, "iloc"):
        return {}
    if X.index.nlevels == 1:
        check_order(X.index, "X")
        if times_of(X.index) is None:
            return {}
    return extents_of(X.index)


def _warn_of_rows_between(known: dict[Any, Extent], asked: dict[Any, Extent]) -> None:
    """Warn of rows that were cut out of those of fit, as by KFold."""
    between = [
        name
        for name, extent in asked.items()
        if name in known and lie_between(known[name], extent)
    ]
    if between:
        name = between[0]
        warnings.warn(
            f"Rows of {called(name)} from {asked[name][0]!s} on lie between those of "
            f"fit, {known[name][0]!s} to {known[name][1]!s}: windows of fit went on "
            "behind the gap, and such rows tell each other's targets, so that a score "
            "says little about later rows. Cross-validate in the order of time, by "
            "TimeSeriesSplit or, of several series, "
            "skseq.model_selection.PanelTimeSeriesSplit, or by series, by GroupKFold.",
            stacklevel=4,
        )
