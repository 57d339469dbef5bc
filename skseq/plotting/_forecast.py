"""Forecasts behind the rows that they follow."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skseq._showing import shown
from skseq.forecasting._base import BaseForecaster
from skseq.forecasting._known import known_targets
from skseq.plotting._axes import OBSERVED, legend_above, read_numbers, shortened, styled
from skseq.plotting._display import Display, need_matplotlib, showing
from skseq.plotting._forecast_tables import (
    as_table,
    check_n_history,
    chosen_series,
    rows_ahead,
    rows_of_series,
    shown_history,
    usual_coverage,
)
from skseq.plotting._time import show_time, times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ForecastDisplay"]


@showing(
    n_history="""
    n_history : int, "auto" or None, default="auto"
        How many rows before the forecast are drawn: None all, "auto" all up to 80,
        of more four times as many as are forecast, and 20 at least.
    """,
    series="""
    series : object, default=None
        Which one of several series to show; None stands for the first one.
    """,
    ax="""
    ax : matplotlib.axes.Axes or one per target, default=None
        Where to draw; None makes a new figure.
    """,
    style="""
    line_kw, band_kw : dict, default=None
        Further arguments of `Axes.plot` for the forecast and of
        `Axes.fill_between` for its interval.
    """,
)
class ForecastDisplay(Display):
    """A forecast with its interval, behind the rows before and beside what came true.

    {made_by}

    Parameters
    ----------
    forecast : DataFrame of shape (n_rows, n_targets)
        The forecast of one series; its index is that of time.
    interval : ndarray of shape (n_rows, n_targets, 2), default=None
        Lower and upper bounds.
    coverage : float, default=None
        Probability with which a value lies within its interval.
    history : DataFrame of n_targets columns, default=None
        The rows before.
    y_true : DataFrame of n_targets columns, default=None
        What came true.
    {n_history}
    name : str, default=None
        Title.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        The axes of every target.
    ax_ : matplotlib.axes.Axes
        The first of them.
    figure_ : matplotlib.figure.Figure
        Their figure.
    line_ : matplotlib.lines.Line2D
        The forecast of the first target.
    lines_ : list of matplotlib.lines.Line2D
        The forecast of every target.
    bands_ : list of matplotlib.collections.PolyCollection
        Their intervals, empty if there are none. Of a single row it is a bar.
    history_lines_, truth_lines_ : list of matplotlib.lines.Line2D
        The rows before and what came true, empty if there are none.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sktime.datasets import load_airline
    >>> from skseq import RNNForecaster
    >>> from skseq.plotting import ForecastDisplay
    >>> passengers = load_airline()
    >>> forecaster = RNNForecaster(
    ...     horizon=12, loss="gaussian", max_epochs=20, random_state=0
    ... ).fit(passengers[:-12])
    >>> display = ForecastDisplay.from_estimator(
    ...     forecaster, history=passengers[-60:-12], y_true=passengers[-12:]
    ... )
    >>> plt.show()  # doctest: +SKIP
    """

    forecast: pd.DataFrame
    interval: np.ndarray | None = None
    coverage: float | None = None
    history: pd.DataFrame | None = None
    y_true: pd.DataFrame | None = None
    n_history: int | str | None = "auto"
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseForecaster,
        X: Any = None,
        *,
        n_steps: int | None = None,
        coverage: float | str | None = "auto",
        history: Any = None,
        y_true: Any = None,
        n_history: int | str | None = "auto",
        series: Any = None,
        name: str | None = None,
        ax: Any = None,
        line_kw: dict | None = None,
        band_kw: dict | None = None,
    ) -> ForecastDisplay:
        """Show what a fitted forecaster forecasts.

        Parameters
        ----------
        estimator : forecaster
            A fitted forecaster of this package.
        X : array-like or DataFrame of shape (n_rows, n_columns), default=None
            The rows to forecast, as in `predict`; None stands for the next ones.
        n_steps : int, default=None
            How many rows to forecast without X; None stands for `horizon`.
        coverage : float, "auto" or None, default="auto"
            Probability with which a value is to lie within the interval that is shown;
            None shows none. "auto" stands for 0.8, or the most that the quantiles
            learned allow, and for None if the loss gives no intervals or the rows
            reach beyond `horizon`, as intervals do not.
        history : array-like, Series or DataFrame, default=None
            The rows before the forecast, with the columns of the targets or more; None
            shows those that the forecaster looks back at.
        y_true : array-like, Series or DataFrame, default=None
            What came true, likewise.
        {n_history}
        {series}
        name : str, default=None
            Title; None takes the class of the forecaster and the series.
        {ax}
        {style}

        Returns
        -------
        display : ForecastDisplay

        Raises
        ------
        TypeError
            If it is no forecaster of this package.
        ValueError
            If there is no such series, or as in `predict` and `predict_interval`.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        if not isinstance(estimator, BaseForecaster):
            raise TypeError(
                f"estimator is {shown(estimator)}; expected a forecaster of skseq. "
                "from_predictions shows the forecasts of others."
            )
        check_is_fitted(estimator, "net_")
        forecast = estimator.predict(X, n_steps=n_steps)
        if isinstance(coverage, str):
            if coverage != "auto":
                raise ValueError(
                    f"coverage={coverage!r} must be 'auto', None or a number between 0 "
                    "and 1."
                )
            coverage = usual_coverage(estimator)
            if rows_ahead(forecast) > estimator._horizon:
                coverage = None
        interval = None
        if coverage is not None:
            interval = estimator.predict_interval(X, coverage=coverage, n_steps=n_steps)
        series = chosen_series(forecast, series)
        if history is None:
            history = known_targets(estimator, series)
        if name is None:
            name = type(estimator).__name__
            name += "" if series is None else f", series {series!r}"
        return cls.from_predictions(
            forecast,
            interval=interval,
            coverage=coverage,
            history=history,
            y_true=y_true,
            n_history=n_history,
            series=series,
            name=name,
            ax=ax,
            line_kw=line_kw,
            band_kw=band_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        forecast: Any,
        *,
        interval: Any = None,
        coverage: float | None = None,
        history: Any = None,
        y_true: Any = None,
        n_history: int | str | None = "auto",
        series: Any = None,
        name: str | None = None,
        ax: Any = None,
        line_kw: dict | None = None,
        band_kw: dict | None = None,
    ) -> ForecastDisplay:
        """Show a forecast that was computed before.

        Parameters
        ----------
        forecast : array-like, Series or DataFrame of n_rows rows
            As of `predict`. Without an index, rows are counted from the last one known,
            so that 1 is the first row that is forecast.
        interval : array-like or DataFrame, default=None
            As of `predict_interval`.
        coverage : float, default=None
            Probability with which a value lies within its interval, for the legend.
        history : array-like, Series or DataFrame, default=None
            The rows before the forecast, with the columns of the targets or more.
        y_true : array-like, Series or DataFrame, default=None
            What came true, likewise; its first row is the first that is forecast.
        {n_history}
        {series}
        {title}
        {ax}
        {style}

        Returns
        -------
        display : ForecastDisplay

        Raises
        ------
        ValueError
            If there is no such series, rows or columns do not go together, the
            coverage is no share, or `n_history` no number of rows.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        is_share = isinstance(coverage, Real) and 0 < coverage < 1
        if coverage is not None and not is_share:
            raise ValueError(f"coverage={coverage!r} must be a number between 0 and 1.")
        check_n_history(n_history)
        series = chosen_series(forecast, series)
        targets = as_table(forecast, "forecast", series)
        if interval is not None:
            if hasattr(interval, "iloc"):
                interval = rows_of_series(interval, "interval", series)
            bounds = read_numbers(interval, "interval")
            if bounds.size != 2 * targets.size or len(bounds) != len(targets):
                raise ValueError(
                    f"interval has the shape {bounds.shape}; expected two bounds for "
                    f"each value of the forecast, whose shape is {targets.shape}."
                )
            interval = bounds.reshape(*targets.shape, 2)
        if history is not None:
            history = as_table(history, "history", series, targets)
        if y_true is not None:
            y_true = as_table(y_true, "y_true", series, targets)
        display = cls(
            forecast=targets,
            interval=interval,
            coverage=coverage,
            history=history,
            y_true=y_true,
            n_history=n_history,
            name=name,
        )
        return display.plot(ax, line_kw=line_kw, band_kw=band_kw)

    def plot(
        self,
        ax: Any = None,
        *,
        line_kw: dict | None = None,
        band_kw: dict | None = None,
    ) -> ForecastDisplay:
        """Draw.

        {plot}
        """
        n_targets = self.forecast.shape[1]
        size = (7.6, min(2.0 + 1.8 * n_targets, 10))
        self.axes_ = self._make_axes(ax, n_targets, size=size)
        self.lines_: list = []
        self.bands_: list = []
        self.history_lines_: list = []
        self.truth_lines_: list = []
        for i, panel in enumerate(self.axes_):
            self._plot_target(panel, i, line_kw, band_kw)
            panel.set_ylabel(shortened(self.forecast.columns[i]))
        show_time(self.axes_[-1], self.forecast.index)
        legend_above(self.axes_[0], self.name)
        self.line_ = self.lines_[0]
        return self

    def _plot_target(
        self, panel: Axes, i: int, line_kw: dict | None, band_kw: dict | None
    ) -> None:
        from matplotlib.collections import PolyCollection
        from matplotlib.lines import Line2D

        def draw(frame: pd.DataFrame, **style: Any) -> list:
            style.setdefault("marker", "o" if len(frame) == 1 else None)
            return panel.plot(times(frame.index), frame.iloc[:, i], **style)

        if self.history is not None:
            before = shown_history(self.history, self.forecast, self.n_history)
            self.history_lines_ += draw(before, color=OBSERVED, label="history")
        if self.y_true is not None:
            self.truth_lines_ += draw(
                self.y_true, color=OBSERVED, linestyle="--", label="truth"
            )
        style = styled(line_kw, Line2D, label="forecast")
        (line,) = draw(self.forecast, **style)
        self.lines_.append(line)
        if self.interval is not None:
            label = "interval"
            if self.coverage is not None:
                label = f"{100 * self.coverage:.4g} % interval"
            one = {"linewidth": 3} if len(self.forecast) == 1 else {"linewidth": 0}
            style = {"color": line.get_color(), "alpha": 0.25, "label": label, **one}
            band = panel.fill_between(
                times(self.forecast.index),
                *self.interval[:, i].T,
                **styled(band_kw, PolyCollection, **style),
            )
            self.bands_.append(band)
