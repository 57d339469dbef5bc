"""Splits of many series at the same times."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils.validation import _num_samples

from skseq._showing import naming
from skseq.data.panels import panel_starts
from skseq.data.times import as_times, distances

__all__ = ["PanelTimeSeriesSplit"]


class PanelTimeSeriesSplit(TimeSeriesSplit):
    """TimeSeriesSplit that cuts all series of a panel at the same times.

    `TimeSeriesSplit` counts rows: of a table with a 2-level index (series, time) it
    holds out the last series, while all others stay in training to their ends. Here
    the times of all series are counted, and a fold holds out the same times of each.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.
    test_size : int or None, default=None
        Number of times in each test fold, the `horizon` of a forecaster, say. None
        stands for a share of 1 / (`n_splits` + 1).
    gap : int, default=0
        Number of times left out between training and test fold. Forecasters need none.

    See Also
    --------
    ContextTimeSeriesSplit : Folds of one series that begin with the rows before them.
    sklearn.model_selection.GroupKFold : For questions about series never seen.

    Notes
    -----
    Series may start and end at different times. One that has no row before a cut is
    left out of that test fold, as nothing is known that could be continued, and one
    that ended before it is in training only. A table with an index of one level, or an
    array, is one series.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skseq.model_selection import PanelTimeSeriesSplit
    >>> index = pd.MultiIndex.from_product([["a", "b"], range(4)])
    >>> panel = pd.DataFrame({"sales": np.arange(8.0)}, index)
    >>> for train, test in PanelTimeSeriesSplit(2, test_size=1).split(panel):
    ...     print(train, test)
    [0 1 4 5] [2 6]
    [0 1 2 4 5 6] [3 7]
    """

    def __init__(self, n_splits: int = 5, test_size: int | None = None, gap: int = 0):
        super().__init__(n_splits, test_size=test_size, gap=gap)

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows of each training and each test fold.

        Parameters
        ----------
        X : array-like, Series or DataFrame of n_rows
            A panel indexed by (series, time), or one series in the order of time.
        y : object, default=None
            Where X has no index, that of y is taken.
        groups : object, default=None
            Ignored.

        Yields
        ------
        train, test : ndarray of int

        Raises
        ------
        ValueError
            If a parameter or the index is not as described, there are too few times,
            or no series has rows both before and in a test fold.
        """
        if self.test_size is not None:
            _check_count("test_size", self.test_size, least=1)
        _check_count("gap", self.gap)
        series, times = _read(X, y)
        n_times = int(times.max()) + 1
        size = self.test_size or n_times // (self.n_splits + 1)
        if size < 1 or n_times - self.gap - size * self.n_splits < 1:
            raise ValueError(
                f"X has {n_times} times, too few for n_splits={self.n_splits} folds of "
                f"test_size={size} behind a gap={self.gap} and a time to learn from."
            )
        for before, within in super().split(np.empty(n_times)):
            is_train = times <= before[-1]
            known = np.zeros(int(series.max()) + 1, dtype=bool)
            known[series[is_train]] = True
            is_test = (times >= within[0]) & (times <= within[-1]) & known[series]
            if not is_test.any():
                raise ValueError(
                    "No series has rows both before and in the test fold of the times "
                    f"{within[0]} to {within[-1]} of {n_times}."
                )
            yield np.flatnonzero(is_train), np.flatnonzero(is_test)


def _check_count(name: str, value: Any, least: int = 0) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(
            f"{name} must be an integer of at least {least}, got {value!r}."
        )


def _read(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each row's series, and of its time among all."""
    indexed = next((given for given in (X, y) if hasattr(given, "iloc")), None)
    with naming("X"):
        n_rows = _num_samples(X)
    if n_rows == 0:
        raise ValueError("X has no rows.")
    if indexed is None:
        return np.zeros(n_rows, dtype=np.intp), np.arange(n_rows)
    index = indexed.index
    if index.nlevels > 2:
        raise ValueError(
            f"X has an index of {index.nlevels} levels; expected one, or two (series, "
            "time)."
        )
    times = as_times(index.get_level_values(-1))
    is_swapped = index.nlevels == 2 and isinstance(index.levels[0], pd.DatetimeIndex)
    if times is None or (is_swapped and times.dtype.kind != "M"):
        raise ValueError(
            f"The last level of the index of X has the type "
            f"{index.get_level_values(-1).dtype}; expected numbers, dates or periods: "
            "an index of (series, time), or of time alone."
        )
    if times.hasnans:
        raise ValueError("The index of X holds missing times.")
    series = np.zeros(n_rows, dtype=np.intp)
    if index.nlevels == 2:
        starts = panel_starts(index)
        series = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, n_rows)))
    elif (distances(times) < 0).any():
        raise ValueError(
            "The index of X must increase; several series take a 2-level index "
            "(series, time)."
        )
    return series, times.factorize(sort=True)[0]
