"""Importance of every time step and feature: a heat map, or bars of one of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skseq._showing import shown
from skseq.plotting._axes import COLORS, OBSERVED, read_numbers, shortened
from skseq.plotting._display import Display, need_matplotlib, showing
from skseq.plotting._labels import label_axis, label_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ImportanceDisplay"]

MOST_TICKS = 15  # names of steps on an axis, all of which are shown
MOST_BARS = 60
ROW, CLOSE_ROW = 0.35, 0.22  # inches of a few features, and of many
MOST_LETTERS = 60  # in the names of time steps that stand side by side
UNKNOWN = "0.8"


@showing(
    style="""
    colorbar : bool, default=True
        Whether to say what the colours mean.
    image_kw, bar_kw : dict, default=None
        Further arguments of `Axes.imshow`, such as ``cmap``, and of `Axes.barh` or
        `Axes.bar`.
    """,
)
class ImportanceDisplay(Display):
    """Where, in time and among the features, a model finds what it answers by.

    Use `from_importances` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    importances : ndarray of shape (n_timesteps, n_features)
        Importance of each feature at each time step; NaN, where it is unknown, is left
        grey.
    feature_names : sequence of str, default=None
        Names of the features; None numbers them.
    timesteps : array-like of shape (n_timesteps,), default=None
        What to call the time steps; None counts them from 0.
    importance_name : str, default="Importance"
        What is shown, with its unit: the label of the colour bar.
    name : str, default=None
        Title.
    by : {"feature", "step"}, default=None
        Whether there is one importance for each feature, or for each time step; None
        stands for one of each feature at each step.
    errors : ndarray of shape (n_timesteps, n_features), default=None
        Standard deviations, which bars show.

    Attributes
    ----------
    {axes_of_one}
    image_ : matplotlib.image.AxesImage or None
        The heat map: a row per feature, a column per time step. Without negative values
        its colours start at zero, with them zero is in the middle and white.
    bars_ : matplotlib.container.BarContainer or None
        One per feature, the most important one above, or per time step, in place of a
        heat map of a single column or row. Of very many features the most important
        ones are shown.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        What the colours mean.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skseq.plotting import ImportanceDisplay
    >>> importances = np.array([[0.0, 0.1], [0.3, 0.0], [0.6, 0.05]])
    >>> display = ImportanceDisplay.from_importances(
    ...     importances, feature_names=["current", "voltage"]
    ... )
    >>> plt.show()  # doctest: +SKIP
    """

    importances: np.ndarray
    feature_names: Any = None
    timesteps: Any = None
    importance_name: str = "Importance"
    name: str | None = None
    by: str | None = None
    errors: np.ndarray | None = None

    @classmethod
    def from_importances(
        cls,
        importances: Any,
        *,
        feature_names: Any = None,
        timesteps: Any = None,
        importance_name: str = "Importance",
        name: str | None = None,
        by: str | None = None,
        ax: Axes | None = None,
        colorbar: bool = True,
        image_kw: dict | None = None,
        bar_kw: dict | None = None,
    ) -> ImportanceDisplay:
        """Show importances that were computed before.

        Parameters
        ----------
        importances : array-like of shape (n_timesteps, n_features) or Bunch
            The importances, or what has them as its `importances_mean`, such as the
            result of `skseq.inspection.permutation_importance`.
        feature_names : sequence of str, default=None
            Names of the features, such as `feature_names_in_`; None takes the
            `feature_names` of a Bunch or the columns of a DataFrame, or numbers them.
        timesteps : array-like of shape (n_timesteps,), default=None
            What to call the time steps; None takes the `steps` of a Bunch, or counts
            them from 0.
        importance_name : str, default="Importance"
            What is shown, with its unit.
        {title}
        by : {"both", "feature", "step"}, default=None
            "feature" draws a bar for each feature of one row, "step" one for each time
            step of one column, "both" a heat map; None takes what a Bunch says.
        {ax}
        {style}

        Returns
        -------
        display : ImportanceDisplay

        Raises
        ------
        ValueError
            If the importances are no table, or a name is missing or one too many, or
            `by` does not go with their shape.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_importances")
        table = getattr(importances, "importances_mean", importances)
        table = read_numbers(table, "importances")
        if table.ndim != 2 or not np.isfinite(table).any() or np.isinf(table).any():
            raise ValueError(
                f"importances of shape {table.shape} must be finite numbers (NaN where "
                "unknown) of shape (n_timesteps, n_features)."
            )
        n_timesteps, n_features = table.shape
        by = getattr(importances, "by", "both") if by is None else by
        n_shown = {"both": 1, "feature": n_timesteps, "step": n_features}.get(by)
        if n_shown != 1:
            raise ValueError(
                f"by={shown(by)} with importances of shape {table.shape}; expected "
                "'both', 'feature' with one row, or 'step' with one column."
            )
        errors = getattr(importances, "importances_std", None)
        if timesteps is None:
            timesteps = _brought(importances, "steps", n_timesteps)
        if feature_names is None:
            of = "columns" if hasattr(importances, "columns") else "feature_names"
            feature_names = _brought(importances, of, n_features)
        for what, names, n in (
            ("timesteps", timesteps, n_timesteps),
            ("feature_names", feature_names, n_features),
        ):
            if names is not None and len(names) != n:
                raise ValueError(
                    f"{what} has {len(names)} entries for importances of shape "
                    f"{table.shape}; expected {n}."
                )
        display = cls(
            importances=table,
            feature_names=feature_names,
            timesteps=timesteps,
            importance_name=importance_name,
            name=name,
            by=None if by == "both" else by,
            errors=errors,
        )
        return display.plot(ax, colorbar=colorbar, image_kw=image_kw, bar_kw=bar_kw)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        colorbar: bool = True,
        image_kw: dict | None = None,
        bar_kw: dict | None = None,
    ) -> ImportanceDisplay:
        """Draw.

        {plot}
        """
        n_timesteps, n_features = self.importances.shape
        steps = () if self.timesteps is None else map(shortened, self.timesteps)
        longest = max(map(len, steps), default=0) if self.by != "feature" else 0
        is_upright = longest * min(n_timesteps, MOST_TICKS) > MOST_LETTERS
        height = 1.6 + min(max(ROW * min(n_features, 12), CLOSE_ROW * n_features), 14)
        if self.by == "step":
            height = 3.2
        height += 0.08 * longest * is_upright
        (ax,) = self._make_axes(ax, size=(6.8, height))
        self.image_: Any = None
        self.bars_: Any = None
        self.colorbar_: Any = None
        if self.by is None:
            self._plot_image(ax, colorbar, image_kw or {})
        else:
            self._plot_bars(ax, bar_kw or {})
        if self.by != "feature":
            label_axis(ax.xaxis, self.timesteps, n_timesteps, MOST_TICKS)
            ax.set_xlabel("Time step")
        if is_upright:
            ax.tick_params("x", rotation=90)
        if self.name:
            ax.set_title(self.name)
        return self

    def _plot_image(self, ax: Axes, colorbar: bool, image_kw: dict) -> None:
        lowest, largest = np.nanmin(self.importances), np.nanmax(self.importances)
        colors = {"cmap": "Reds", "vmin": 0, "vmax": largest or 1}
        if lowest < 0:
            widest = max(-lowest, largest)
            colors = {"cmap": "RdBu_r", "vmin": -widest, "vmax": widest}
        style = {"aspect": "auto", "interpolation": "nearest", **colors}
        self.image_ = ax.imshow(self.importances.T, **{**style, **image_kw})
        if colorbar:
            self.colorbar_ = ax.figure.colorbar(self.image_, ax=ax)
            self.colorbar_.set_label(self.importance_name)
        if np.isnan(self.importances).any():
            ax.set_facecolor(UNKNOWN)
        label_rows(ax, self.importances, self.feature_names, CLOSE_ROW)
        ax.set_ylabel("Feature")

    def _plot_bars(self, ax: Axes, bar_kw: dict) -> None:
        heights = self.importances.ravel()
        errors = None if self.errors is None else np.ravel(self.errors)
        style = {"color": COLORS[0], "ecolor": OBSERVED, **bar_kw}
        if self.by == "step":
            self.bars_ = ax.bar(range(len(heights)), heights, yerr=errors, **style)
            ax.set_ylabel(self.importance_name)
            ax.axhline(0, color=OBSERVED, linewidth=0.8)
            return
        order = np.argsort(np.nan_to_num(heights, nan=-np.inf), kind="stable")
        order = order[-MOST_BARS:]
        errors = None if errors is None else errors[order]
        places = range(len(order))
        self.bars_ = ax.barh(places, heights[order], xerr=errors, **style)
        names = (
            range(len(heights)) if self.feature_names is None else self.feature_names
        )
        ax.set_ylim(-0.6, len(order) - 0.4)
        label_rows(ax, heights[None, order], [names[i] for i in order], CLOSE_ROW)
        ax.axvline(0, color=OBSERVED, linewidth=0.8)
        ax.set_xlabel(self.importance_name)
        n_left = len(heights) - len(order)
        ax.set_ylabel(f"Feature, without the {n_left} least" if n_left else "Feature")


def _brought(importances: Any, what: str, n: int) -> Any:
    """Return what importances bring along, if it is of the right length."""
    names = getattr(importances, what, None)
    return names if names is not None and len(names) == n else None
