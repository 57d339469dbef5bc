"""How odd the rows of a series are, and which are called outliers."""

from __future__ import annotations

from itertools import cycle
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skseq._showing import shown
from skseq.data.categories import holds_categories
from skseq.plotting._axes import (
    COLORS,
    OBSERVED,
    legend_above,
    read_numbers,
    shortened,
    styled,
)
from skseq.plotting._display import Display, need_matplotlib, showing
from skseq.plotting._time import or_counted, show_time, time_edges, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AnomalyDisplay"]

COLUMNS = (COLORS[0], *COLORS[2:4], COLORS[5])  # none of an outlier, true or not
OUTLIER = {"color": COLORS[1], "marker": "o", "markersize": 4, "linestyle": "none"}
TRUTH: dict[str, Any] = {
    "color": COLORS[4],
    "alpha": 0.4,
    "linewidth": 2,
    "fill": True,
    "zorder": 0,
}


@showing(
    ax="""
    ax : Axes or two of them, default=None
        Where to draw the values and the oddity, of a single one the oddity alone;
        None makes a new figure.
    """,
    style="""
    line_kw, outlier_kw : dict, default=None
        Further arguments of `Axes.plot` for the line of oddity and for the marks.
    """,
)
class AnomalyDisplay(Display):
    """The rows of a series above their oddity, with the line beyond which they are odd.

    Oddity is minus what `score_samples` says: the higher, the less a row was expected.
    {made_by}

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
        As of `score_samples`: the lower, the odder.
    threshold : float
        Score below which a row is an outlier: `offset_`.
    values : DataFrame of shape (n_rows, n_columns), default=None
        The rows; None shows the oddity alone.
    y_true : ndarray of shape (n_rows,), default=None
        -1 for what truly is an outlier, 1 for usual rows.
    index : pandas.Index of length n_rows, default=None
        The times of the rows; None counts them from 0.
    name : str, default=None
        Title.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Those of the values, if there are any, and those of the oddity.
    ax_ : matplotlib.axes.Axes
        Those of the oddity.
    figure_ : matplotlib.figure.Figure
        Their figure.
    value_lines_ : list of matplotlib.lines.Line2D
        The columns of the rows, several ones standardised; a NaN interrupts its line.
    line_ : matplotlib.lines.Line2D
        The oddity of every row.
    threshold_line_ : matplotlib.lines.Line2D
        Oddity above which rows are outliers.
    outliers_ : list of matplotlib.lines.Line2D
        Marks on the lines where a row is one, the oddity's last.
    truths_ : list of matplotlib.patches.StepPatch
        On either axes, the background of true outliers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skseq import RNNForecaster, SequenceAnomalyDetector
    >>> from skseq.plotting import AnomalyDisplay
    >>> wave = np.sin(np.arange(300) * np.pi / 6)
    >>> wave[200] = 0.0
    >>> forecaster = RNNForecaster(window_length=12, max_epochs=40, random_state=0)
    >>> detector = SequenceAnomalyDetector(forecaster, contamination=0.01).fit(wave)
    >>> display = AnomalyDisplay.from_estimator(detector, wave)
    >>> display.outliers_[-1].get_xdata()
    array([200, 201, 212])
    >>> plt.show()  # doctest: +SKIP
    """

    scores: np.ndarray
    threshold: float
    values: pd.DataFrame | None = None
    y_true: np.ndarray | None = None
    index: pd.Index | None = None
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        name: str | None = None,
        ax: Any = None,
        line_kw: dict | None = None,
        outlier_kw: dict | None = None,
    ) -> AnomalyDisplay:
        """Show what a detector finds in the rows of a series.

        Parameters
        ----------
        estimator : detector
            A fitted `skseq.SequenceAnomalyDetector`, or any that has `score_samples`
            and `offset_`.
        X : array-like, Series or DataFrame of shape (n_rows, n_columns)
            Rows in the order of time. Categories are not drawn.
        y : array-like of shape (n_rows,), default=None
            -1 for what truly is an outlier, 1 for usual rows.
        name : str, default=None
            Title; None takes the class of the estimator.
        {ax}
        {style}

        Returns
        -------
        display : AnomalyDisplay

        Raises
        ------
        TypeError
            If the estimator is no such detector.
        ValueError
            If y holds anything but one -1 or 1 per row.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        if not (hasattr(estimator, "score_samples") and hasattr(estimator, "offset_")):
            check_is_fitted(estimator)
            raise TypeError(
                f"estimator is {shown(estimator)}; expected a detector, with "
                "score_samples and offset_. from_predictions shows the scores of "
                "others."
            )
        return cls.from_predictions(
            estimator.score_samples(X),
            estimator.offset_,
            values=_numbers_of(X),
            y_true=y,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            line_kw=line_kw,
            outlier_kw=outlier_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        scores: Any,
        threshold: float,
        *,
        values: Any = None,
        y_true: Any = None,
        name: str | None = None,
        ax: Any = None,
        line_kw: dict | None = None,
        outlier_kw: dict | None = None,
    ) -> AnomalyDisplay:
        """Show scores that were computed before.

        Parameters
        ----------
        scores : array-like of shape (n_rows,)
            As of `score_samples`; those of `decision_function` or `update` go with
            ``threshold=0``.
        threshold : float
            Score below which a row is an outlier.
        values : array-like, Series or DataFrame of n_rows rows, default=None
            The rows that were judged.
        y_true : array-like of shape (n_rows,), default=None
            -1 for what truly is an outlier, 1 for usual rows.
        {title}
        {ax}
        {style}

        Returns
        -------
        display : AnomalyDisplay

        Raises
        ------
        ValueError
            If the arguments are not of equal lengths, y_true holds anything else than
            -1 and 1, or the threshold is no number.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        indices = [x.index for x in (values, scores) if hasattr(x, "iloc")]
        scores = read_numbers(scores, "scores")
        if scores.ndim != 1:
            raise ValueError(
                f"scores has the shape {scores.shape}; expected (n_rows,), one score "
                "per row."
            )
        index = indices[0] if indices else pd.RangeIndex(len(scores))
        if not isinstance(threshold, Real) or np.isnan(threshold):
            raise ValueError(f"threshold={shown(threshold)} must be a number.")
        if values is not None:
            numbers = read_numbers(values, "values")
            if numbers.ndim > 2:
                raise ValueError(
                    f"values has the shape {numbers.shape}; expected (n_rows,) or "
                    "(n_rows, n_columns)."
                )
            values = pd.DataFrame(numbers, columns=pd.DataFrame(values).columns)
        if y_true is not None:
            y_true = np.asarray(y_true).ravel()
            if not np.isin(y_true, (-1, 1)).all():
                raise ValueError(
                    "y_true must be -1 for outliers and 1 for usual rows, got "
                    f"{np.unique(y_true).tolist()[:5]}."
                )
        for what, rows in (("values", values), ("y_true", y_true)):
            if rows is not None and len(rows) != len(scores):
                raise ValueError(
                    f"{what} has {len(rows)} rows for {len(scores)} scores."
                )
        display = cls(
            scores=scores,
            threshold=float(threshold),
            values=values,
            y_true=y_true,
            index=index,
            name=name,
        )
        return display.plot(ax, line_kw=line_kw, outlier_kw=outlier_kw)

    def plot(
        self,
        ax: Any = None,
        *,
        line_kw: dict | None = None,
        outlier_kw: dict | None = None,
    ) -> AnomalyDisplay:
        """Draw.

        {plot}
        """
        has_values = self.values is not None and (ax is None or np.size(ax) > 1)
        size = (7.6, 4.8 if has_values else 3.2)
        self.axes_ = self._make_axes(ax, 1 + has_values, size=size)
        self.ax_ = self.axes_[-1]
        from matplotlib.lines import Line2D

        index = or_counted(self.index, len(self.scores))
        x, is_odd = times(index), self.scores < self.threshold
        self.truths_: list = []
        self.value_lines_: list = []
        self.outliers_: list = []
        if self.y_true is not None:
            self.truths_ = [self._show_truth(panel, index) for panel in self.axes_]
        marks = styled(outlier_kw, Line2D, **OUTLIER)
        if has_values:
            self._show_values(self.axes_[0], x, is_odd, marks)
        style = styled(line_kw, Line2D, color=COLORS[0], label="oddity")
        (self.line_,) = self.ax_.plot(x, -self.scores, **style)
        self.threshold_line_ = self.ax_.axhline(
            -self.threshold, color=OBSERVED, linestyle="--", label="threshold"
        )
        n_odd = int(is_odd.sum())
        marks["label"] = f"{n_odd} row{'s' * (n_odd != 1)} beyond it"
        self.outliers_ += self.ax_.plot(x[is_odd], -self.scores[is_odd], **marks)
        self.ax_.set_ylabel("Oddity")
        show_time(self.ax_, index)
        legend_above(self.ax_, None if has_values else self.name)
        return self

    def _show_values(
        self, panel: Axes, x: np.ndarray, is_odd: np.ndarray, marks: dict
    ) -> None:
        values, label = _comparable(self.values)
        colors = [OBSERVED] if values.shape[1] == 1 else COLUMNS
        for i, color in zip(range(values.shape[1]), cycle(colors), strict=False):
            column, name = values.iloc[:, i].to_numpy(), str(values.columns[i])
            self.value_lines_ += panel.plot(x, column, color=color, label=name)
            self.outliers_ += panel.plot(x[is_odd], column[is_odd], **marks)
        panel.set_ylabel(label)
        if 1 < values.shape[1] <= len(COLUMNS):
            legend_above(panel, self.name)
        elif self.name:
            panel.set_title(self.name)

    def _show_truth(self, panel: Axes, index: pd.Index) -> Any:
        is_outlier = np.where(self.y_true == -1, 1.0, np.nan)
        return panel.stairs(
            is_outlier,
            time_edges(index),
            transform=panel.get_xaxis_transform(),
            label="true outlier",
            **TRUTH,
        )


def _comparable(values: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return columns that can be drawn on one axis, and its label."""
    if values.shape[1] == 1:
        name = values.columns[0]
        return values, "Value" if name == 0 else shortened(name)
    scale = values.std(ddof=0).replace(0, 1)
    return (values - values.mean()) / scale, "Columns, standardised"


def _numbers_of(X: Any) -> Any:
    """Return rows without columns of categories."""
    if not isinstance(X, pd.DataFrame):
        return X
    return X.loc[:, [not holds_categories(column) for _, column in X.items()]]
