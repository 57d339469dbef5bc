"""Probabilities of the labels at every step of a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from skseq._showing import shown
from skseq.data.layouts import is_panel
from skseq.data.sequences import SequenceArray
from skseq.plotting._axes import COLORS, read_numbers, shortened, styled
from skseq.plotting._display import Display, need_matplotlib, showing
from skseq.plotting._time import or_counted, show_time, time_edges

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["StepProbabilityDisplay"]

MOST_NAMES = 40  # classes in the legend: those that are most probable on average


@showing(
    style="""
    area_kw : dict, default=None
        Further arguments of `Axes.stairs` for all areas.
    """,
)
class StepProbabilityDisplay(Display):
    """How probable each label is at every step of a sequence, one upon the other.

    {made_by}

    Parameters
    ----------
    proba : ndarray of shape (n_timesteps, n_classes)
        Probabilities; every row sums to one.
    classes : ndarray of shape (n_classes,)
        The labels of the columns.
    y_true : ndarray of shape (n_timesteps,), default=None
        The true label of every step.
    index : pandas.Index of length n_timesteps, default=None
        The times of the steps; None counts them from 0.
    name : str, default=None
        Title.

    Attributes
    ----------
    {axes_of_one}
    areas_ : list of matplotlib.patches.StepPatch
        Of every class the area that is as high as its probability.
    truths_ : list of matplotlib.patches.StepPatch or None
        Of every class where it is true: a strip above the areas.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skseq import RNNTagger
    >>> from skseq.plotting import StepProbabilityDisplay
    >>> X = np.random.default_rng(0).normal(size=(60, 30))
    >>> y = np.where(X > 0, "up", "down")
    >>> tagger = RNNTagger(max_epochs=20, lr=0.02, random_state=0).fit(X, y)
    >>> display = StepProbabilityDisplay.from_estimator(tagger, X, y, instance=3)
    >>> plt.show()  # doctest: +SKIP
    """

    proba: np.ndarray
    classes: np.ndarray
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
        instance: Any = None,
        name: str | None = None,
        ax: Axes | None = None,
        area_kw: dict | None = None,
    ) -> StepProbabilityDisplay:
        """Show what a tagger finds in one of several sequences.

        Parameters
        ----------
        estimator : tagger
            A fitted tagger, or a pipeline that ends with one.
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`.
        y : array-like, list of arrays, Series or SequenceArray, default=None
            The true labels of their steps, laid out as `predict` does.
        instance : object, default=None
            Which sequence to show: its position, or of a DataFrame with two levels what
            the first level calls it. None shows the first one.
        name : str, default=None
            Title; None takes the class of the estimator and the instance.
        {ax}
        {style}

        Returns
        -------
        display : StepProbabilityDisplay

        Raises
        ------
        TypeError
            If the estimator is no tagger.
        ValueError
            If there is no such sequence.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        if is_classifier(estimator) or not hasattr(estimator, "predict_proba"):
            raise TypeError(
                f"estimator is {shown(estimator)}; expected a tagger, which has "
                "probabilities per step."
            )
        if instance is None:
            instance = X.index[0][0] if is_panel(X) else 0
        found = estimator.predict_proba(X)
        if name is None:
            name = f"{type(estimator).__name__}, sequence {instance!r}"
        index = None
        if is_panel(X):
            index = _item(X, instance, "X").index
        return cls.from_predictions(
            _item(found, instance, "X"),
            estimator.classes_,
            y_true=None if y is None else _item(y, instance, "y"),
            index=index,
            name=name,
            ax=ax,
            area_kw=area_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        proba: Any,
        classes: Any,
        *,
        y_true: Any = None,
        index: Any = None,
        name: str | None = None,
        ax: Axes | None = None,
        area_kw: dict | None = None,
    ) -> StepProbabilityDisplay:
        """Show the probabilities of one sequence.

        Parameters
        ----------
        proba : array-like of shape (n_timesteps, n_classes)
            Probabilities; every row sums to one.
        classes : array-like of shape (n_classes,)
            The labels of the columns.
        y_true : array-like of shape (n_timesteps,), default=None
            The true label of every step.
        index : pandas.Index or array-like of length n_timesteps, default=None
            The times of the steps, increasing; None counts them from 0.
        {title}
        {ax}
        {style}

        Returns
        -------
        display : StepProbabilityDisplay

        Raises
        ------
        ValueError
            If these are no probabilities, or not of equal lengths.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        proba, classes = read_numbers(proba, "proba"), np.asarray(classes)
        if proba.ndim != 2 or proba.shape[1:] != classes.shape:
            raise ValueError(
                f"proba has the shape {proba.shape}; expected (n_timesteps, "
                f"{classes.size}), a column for each of the classes "
                f"{classes.tolist()}."
            )
        if not (
            np.isclose(proba.sum(axis=1), 1, atol=1e-3) & (proba >= 0).all(1)
        ).all():
            raise ValueError("proba must hold probabilities; every row sums to one.")
        if y_true is not None:
            y_true = np.asarray(y_true).reshape(-1)
        index = pd.RangeIndex(len(proba)) if index is None else pd.Index(index)
        for what, values in (("y_true", y_true), ("index", index)):
            if values is not None and len(values) != len(proba):
                raise ValueError(
                    f"{what} has {len(values)} entries for {len(proba)} time steps."
                )
        display = cls(
            proba=proba, classes=classes, y_true=y_true, index=index, name=name
        )
        return display.plot(ax, area_kw=area_kw)

    def plot(
        self, ax: Axes | None = None, *, area_kw: dict | None = None
    ) -> StepProbabilityDisplay:
        """Draw.

        {plot}
        """
        n_named = min(len(self.classes), MOST_NAMES)
        size = (7.6, max(3.2, 0.8 + 0.23 * n_named))
        (ax,) = self._make_axes(ax, size=size)
        from matplotlib.patches import StepPatch

        index = or_counted(self.index, len(self.proba))
        edges, tops = time_edges(index), self.proba.cumsum(axis=1)
        bottoms = tops - self.proba
        self.areas_: list = []
        truths: list = []
        colors = _colors(len(self.classes))
        for i, (label, color) in enumerate(zip(self.classes, colors, strict=True)):
            style = styled(area_kw, StepPatch, color=color, linewidth=0, fill=True)
            area = ax.stairs(tops[:, i], edges, baseline=bottoms[:, i], **style)
            area.set_label(shortened(label))
            self.areas_.append(area)
            if self.y_true is not None:
                strip = np.where(self.y_true == label, 1.15, np.nan)
                truths.append(ax.stairs(strip, edges, baseline=1.05, **style))
        self.truths_ = None if self.y_true is None else truths
        ticks = {tick: f"{tick:g}" for tick in (0, 0.25, 0.5, 0.75, 1)}
        if self.y_true is not None:
            ticks[1.1] = "true"
        ax.set_yticks(list(ticks), list(ticks.values()))
        ax.set_ylim(0, 1 if self.y_true is None else 1.15)
        ax.set_xlim(edges[0], edges[-1])
        ax.set_ylabel("Probability")
        show_time(ax, index)
        ranks = (-self.proba.mean(axis=0)).argsort(kind="stable")
        named = np.sort(ranks[:n_named])[::-1]  # as the areas from above
        ax.legend(
            [self.areas_[i] for i in named],
            [self.areas_[i].get_label() for i in named],
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
            borderaxespad=0,
            frameon=False,
        )
        if self.name:
            ax.set_title(self.name)
        return self


def _item(values: Any, instance: Any, what: str) -> Any:
    """Return what belongs to one of several sequences."""
    if is_panel(values):
        names = values.index.get_level_values(0)
        if instance not in names:
            raise ValueError(
                f"instance={instance!r} is not in {what}, which holds "
                f"{names.unique().tolist()[:5]} ..."
            )
        return values.xs(instance, level=0)
    if isinstance(values, SequenceArray):
        values = values.to_list()
    try:
        return values[instance]
    except (IndexError, TypeError) as error:
        raise ValueError(
            f"instance={instance!r} is no position in {what}, which holds "
            f"{len(values)} sequences."
        ) from error


def _colors(n: int) -> list:
    """Return colours that can be told apart, as far as there are enough."""
    if n <= len(COLORS):
        return list(COLORS[:n])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 1, n)))
