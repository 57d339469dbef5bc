"""Outliers among rows in the order of time: those that a forecaster did not expect."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from itertools import chain
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq._sklearn import BaseEstimator, OutlierMixin
from skseq.anomaly._opinions import Opinions
from skseq.anomaly._surprise import relative_surprise
from skseq.core.summary import NetworkReprMixin
from skseq.data.tables import MOST_ROWS
from skseq.forecasting import RNNForecaster
from skseq.forecasting._base import BaseForecaster
from skseq.forecasting._known import starts_later
from skseq.parameters import (
    Interval,
    Options,
    attribute,
    checks,
    parameter,
)
from skseq.resources import unchanged_on_error
from skseq.versioning import VersionedState

__all__ = ["SequenceAnomalyDetector"]

MEMORY, MOST_MEMORY = 10, 10_000  # times the training rows, and at most so many
FENCE = 3.0  # interquartile ranges beyond the quartile where Tukey's far outliers begin


@described(
    takes_rows="""
    Parameters
    ----------
    X : array-like, Series or DataFrame of shape (n_rows, n_columns)
        Rows in the order of time.
    """
)
class SequenceAnomalyDetector(
    Opinions, OutlierMixin, VersionedState, NetworkReprMixin, BaseEstimator
):
    """Detector of rows that do not follow from the rows before them.

    A forecaster learns to forecast each row from those before. The error of a forecast,
    measured robustly in deviations of usual errors, says how odd a row is (Malhotra et
    al., 2015). So a value is odd in its place even if it is not elsewhere, and several
    columns are odd together if their errors do not go together as usual.

    Of a table of one column, windows of one season are a second opinion: those that end
    in a row, by their principal components (Paparrizos et al., 2022). It sees stretches
    of a wrong shape, each row of which follows well from those before. A row is as odd
    as the one finds it that finds it odder, each beside what it found lately.

    A table whose index starts after the rows known so far must follow them, and is
    scored with them as context. Any other table, and every array, is a series of its
    own; the training rows are scored so, too. The first `window_length` rows of such a
    table cannot be forecast: their score is the median of the training rows.

    With ``missing="mask"`` of the forecaster, a row behind a gap is judged as one
    forecast so many rows ahead: how far errors grow is learned from gaps made in the
    training rows. A column that was constant in training is expected to stay where it
    is, or to come back.

    {parameters}

    {attributes}

    See Also
    --------
    sklearn.ensemble.IsolationForest : Outliers among rows without an order.

    References
    ----------
    Malhotra, P. et al. (2015). Long short term memory networks for anomaly detection in
    time series. ESANN.

    Ahmad, S. et al. (2017). Unsupervised real-time anomaly detection for streaming
    data. Neurocomputing 262.

    Paparrizos, J. et al. (2022). TSB-UAD: an end-to-end benchmark suite for univariate
    time-series anomaly detection. PVLDB 15(8).

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNForecaster, SequenceAnomalyDetector
    >>> wave = np.sin(np.arange(300) * np.pi / 6)
    >>> wave[200] = 0.0  # usual elsewhere, but not after the values before
    >>> forecaster = RNNForecaster(window_length=12, max_epochs=40, random_state=0)
    >>> detector = SequenceAnomalyDetector(forecaster, contamination=0.01).fit(wave)
    >>> np.flatnonzero(detector.predict(wave) == -1)
    array([200, 201, 212])

    As rows come in:

    >>> bool(detector.update([0.0, 0.5]).min() > 0)
    True
    >>> bool(detector.update([-0.5]).min() > 0)
    False
    """

    forecaster: BaseForecaster | None = parameter(
        default=None,
        constraint=[BaseForecaster, None],
        text="""The forecaster to clone and train, with ``horizon=1``. None stands for
        ``RNNForecaster(channels="joint")``, which looks back at 24 rows. A forecaster
        with ``normalize="last"``, the default, finds changes; one with
        ``normalize="feature"`` also goes on to find a level odd that was never seen in
        training.""",
        type="forecaster of this package or None",
        kw_only=False,
    )
    contamination: float | str = parameter(
        default="auto",
        constraint=[Options("auto"), Interval(Real, 0, 0.5, closed="right")],
        text="""Share of the training rows that are to be outliers, up to 0.5. "auto"
        draws the line where Tukey's (1977) far outliers begin, three interquartile
        ranges beyond the upper quartile of how odd the training rows are.""",
    )
    smoothing: int = parameter(
        default=1,
        constraint=[Interval(Integral, 1, MOST_ROWS, closed="both")],
        text="""Number of rows, the last one included, over which the oddity is
        averaged. 1 finds single rows, more find stretches of odd rows and call the rows
        behind them odd.""",
    )
    memory: int | str | None = parameter(
        default="auto",
        constraint=[
            Options("auto"),
            Interval(Integral, 2, MOST_ROWS, closed="both"),
            None,
        ],
        text="""Number of rows, more than `smoothing`, whose oddity is what is usual at
        a time: the average is compared with their mean and deviation, so that a series
        may become noisier, and a new level is odd until it is old. "auto" takes ten
        times as many as the training rows, 10 000 at most. ``smoothing=10,
        memory=8000`` are those of the anomaly likelihood (Ahmad et al., 2017). None
        compares with the training rows for good.""",
    )
    seasonality: int | str | None = parameter(
        default="auto",
        constraint=[
            Options("auto"),
            Interval(Integral, 2, MOST_ROWS, closed="both"),
            None,
        ],
        text="""Number of rows of a season, whose windows are the second opinion, half
        the training rows at most. "auto" takes the highest peak of the autocorrelation
        of a table of one column, up to a quarter of the rows and 300, or that many
        without a peak; there is no second opinion of several columns, of one that is
        constant in training, or has missing values there. None leaves it to the
        forecaster.""",
    )
    random_state: Any = parameter(
        default=None,
        constraint=["random_state"],
        text="""Random numbers of the forecaster; None leaves those that it brings.""",
        type="int, RandomState or None",
    )

    offset_: float = attribute(
        check=checks.number, text="Score below which a row is an outlier."
    )
    _over: tuple = attribute(check=checks.tuple_of(checks.optional(checks.count)))
    _usual: np.ndarray = attribute(check=checks.array(2, "f"))
    _before: np.ndarray = attribute(check=checks.array(2, "f"))
    _pickle_format = 3  # there was one opinion before

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what is usual.

        Parameters
        ----------
        X : array-like, Series or DataFrame of shape (n_rows, n_columns)
            Rows of one series in the order of time; a single column may be flat.
            Columns that the forecaster knows ahead, or static ones, are not judged.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted detector.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, there are too few rows,
            or training diverges. A fitted detector then stays as it was.
        """
        self._validate_params()
        memory = self.memory
        if isinstance(memory, Integral) and memory <= self.smoothing:
            raise ValueError(
                f"memory={memory} must be more than smoothing={self.smoothing}."
            )
        forecaster = self._make_forecaster()
        with unchanged_on_error(self):
            X = self._read(X, forecaster, reset=True)
            if memory == "auto":
                memory = max(min(MEMORY * len(X), MOST_MEMORY), self.smoothing + 1)
            self._over = (int(self.smoothing), memory and int(memory))
            season = self._season(X)
            self.forecaster_ = forecaster.fit(X)
            series = self._series(X, follows=False)
            oddity = self._learn_opinions(series, season)
            n_usual = forecaster.window_length + self.smoothing
            usual = np.tile(np.median(oddity, axis=0), (n_usual, 1))
            is_whole = len(oddity) == len(series) - series.first
            if not is_whole:
                first = max(series.first, len(series) - self._n_kept())
                oddity = np.concatenate([*self._oddity(series, first, len(series))])
            self._usual = self._kept(np.concatenate([oddity, usual]))
            self._before = self._kept(np.concatenate([self._usual, oddity]))
            self._last = self._ends(series, len(series))
            pieces = [oddity] if is_whole else self._oddity(series, *series.all)
            self.offset_ = self._offset(self._alone(pieces))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how usual each row is.

        {takes_rows}

        Returns
        -------
        scores : ndarray of shape (n_rows,)
            Minus the oddity: the lower, the less a row was expected. The score of a row
            depends on no later row.

        Raises
        ------
        ValueError
            If the index of X starts after the rows known so far but does not follow
            them, or a series of its own has no row to forecast.
        """
        check_is_fitted(self, "offset_")
        X = self._read(X, self.forecaster_, reset=False)
        if starts_later(self.forecaster_, X):
            series = self._series(X, follows=True)
            return self._scores(self._before, self._oddity(series, *series.all))[0]
        n_rows, needed = len(X), self.forecaster_.window_length + 1
        if n_rows < needed:
            raise ValueError(
                f"X has {n_rows} rows (n_samples = {n_rows}); as a series of its own "
                f"it needs {needed} at least, as window_length={needed - 1}. Rows that "
                "follow those known so far say so by their index, or are given to "
                "update."
            )
        series = self._series(X, follows=False)
        return self._alone(self._oddity(series, *series.all))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return how far each row is from being an outlier.

        {takes_rows}

        Returns
        -------
        scores : ndarray of shape (n_rows,)
            ``score_samples(X) - offset_``; negative for outliers.
        """
        check_is_fitted(self, "offset_")
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Tell outliers from usual rows.

        {takes_rows}

        Returns
        -------
        labels : ndarray of shape (n_rows,)
            -1 for outliers, 1 for usual rows.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def update(self, X: Any) -> np.ndarray:
        """Judge rows that followed, and take note of them, without training.

        Parameters
        ----------
        X : array-like, Series or DataFrame of shape (n_rows, n_columns)
            The rows after those known so far, one or more.

        Returns
        -------
        scores : ndarray of shape (n_rows,)
            As of `decision_function`: negative for outliers.

        Raises
        ------
        ValueError
            If the index of X does not continue the rows known so far. Nothing is taken
            note of then.
        """
        check_is_fitted(self, "offset_")
        X = self._read(X, self.forecaster_, reset=False)
        series = self._series(X, follows=True)
        pieces = self._oddity(series, *series.all)
        scores, before = self._scores(self._before, pieces)
        last = self._ends(series, len(series))
        self.forecaster_ = copy.copy(self.forecaster_).update(X)
        self._last, self._before = last, before
        return scores - self.offset_

    def _network_and_example(self):
        return self.forecaster_._network_and_example()

    def _make_forecaster(self) -> BaseForecaster:
        if self.forecaster is None:
            forecaster = RNNForecaster(channels="joint")
        else:
            forecaster = clone(self.forecaster)
        if forecaster.horizon != 1:
            raise ValueError(
                f"forecaster has horizon={forecaster.horizon}; a row is judged by its "
                "forecast from the row before, which needs horizon=1."
            )
        if self.random_state is not None:
            forecaster.set_params(random_state=self.random_state)
        return forecaster

    def _scores(
        self, before: np.ndarray, oddity: Iterable[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores of rows, and the oddity that later ones are set against.

        That of the rows themselves comes piece by piece.
        """
        scores = []
        for piece in oddity:
            scores.append(-relative_surprise(before, piece, *self._over))
            before = self._kept(np.concatenate([before, piece]))
        return np.concatenate(scores), before

    def _alone(self, oddity: Iterable[np.ndarray]) -> np.ndarray:
        """Return the scores of a series, given the oddity behind its first window.

        What comes before are rows as usual as those of training.
        """
        start = len(self._usual) - self.forecaster_.window_length
        oddity = chain([self._usual[start:]], oddity)
        return self._scores(self._usual[:start], oddity)[0]

    def _kept(self, oddity: np.ndarray) -> np.ndarray:
        """Return as many last rows as later ones are compared with."""
        return oddity[-self._n_kept() :]

    def _n_kept(self) -> int:
        smoothing, memory = self._over
        return self.forecaster_.window_length + max(smoothing, memory or 0)

    def _offset(self, scores: np.ndarray) -> float:
        """Return the score that parts outliers from the other training rows."""
        if self.contamination == "auto":
            forecast = scores[self.forecaster_.window_length :]
            low, high = np.percentile(forecast, [25, 75])
            return float(low - FENCE * (high - low))
        return float(np.percentile(scores, 100 * float(self.contamination)))
