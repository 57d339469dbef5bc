"""Importance of every time step and feature as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skseq.plotting._axes import make_axes, need_matplotlib, read_numbers, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

__all__ = ["ImportanceDisplay"]

MOST_TICKS = 15  # names on an axis, all of which are shown
MOST_LETTERS = 60  # in the names of time steps that stand side by side
UNKNOWN = "0.8"


class ImportanceDisplay:
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

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes.
    figure_ : matplotlib.figure.Figure
        Their figure.
    image_ : matplotlib.image.AxesImage
        The heat map: a row per feature, a column per time step. Without negative values
        its colours start at zero, with them zero is in the middle and white.
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

    def __init__(
        self,
        *,
        importances: np.ndarray,
        feature_names: Any = None,
        timesteps: Any = None,
        importance_name: str = "Importance",
        name: str | None = None,
    ):
        self.importances = importances
        self.feature_names = feature_names
        self.timesteps = timesteps
        self.importance_name = importance_name
        self.name = name

    @classmethod
    def from_importances(
        cls,
        importances: Any,
        *,
        feature_names: Any = None,
        timesteps: Any = None,
        importance_name: str = "Importance",
        name: str | None = None,
        ax: Axes | None = None,
        colorbar: bool = True,
        image_kw: dict | None = None,
    ) -> ImportanceDisplay:
        """Show importances that were computed before.

        Parameters
        ----------
        importances : array-like of shape (n_timesteps, n_features) or Bunch
            The importances, or what has them as its `importances_mean`, such as the
            result of `skseq.inspection.permutation_importance`.
        feature_names : sequence of str, default=None
            Names of the features, such as `feature_names_in_`; None takes the
            `feature_names` of a Bunch, or numbers them.
        timesteps : array-like of shape (n_timesteps,), default=None
            What to call the time steps; None takes the `steps` of a Bunch, or counts
            them from 0.
        importance_name : str, default="Importance"
            What is shown, with its unit.
        name : str, default=None
            Title.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        colorbar : bool, default=True
            Whether to say what the colours mean.
        image_kw : dict, default=None
            Further arguments of `Axes.imshow`, such as ``cmap``.

        Returns
        -------
        display : ImportanceDisplay

        Raises
        ------
        ValueError
            If the importances are no table, or a name is missing or one too many.
        ImportError
            If matplotlib is missing.
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
        if timesteps is None:
            timesteps = _brought(importances, "steps", n_timesteps)
        if feature_names is None:
            feature_names = _brought(importances, "feature_names", n_features)
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
        )
        return display.plot(ax, colorbar=colorbar, image_kw=image_kw)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        colorbar: bool = True,
        image_kw: dict | None = None,
    ) -> ImportanceDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        colorbar : bool, default=True
            Whether to say what the colours mean.
        image_kw : dict, default=None
            Further arguments of `Axes.imshow`, such as ``cmap``.

        Returns
        -------
        display : ImportanceDisplay
            Itself.
        """
        n_timesteps, n_features = self.importances.shape
        steps = () if self.timesteps is None else map(shortened, self.timesteps)
        longest = max(map(len, steps), default=0)
        is_upright = longest * min(n_timesteps, MOST_TICKS) > MOST_LETTERS
        height = min(1.6 + 0.35 * n_features, 6.0) + 0.08 * longest * is_upright
        (ax,) = make_axes(f"{type(self).__name__}.plot", ax, size=(6.8, height))
        from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

        lowest, largest = np.nanmin(self.importances), np.nanmax(self.importances)
        colors = {"cmap": "Reds", "vmin": 0, "vmax": largest or 1}
        if lowest < 0:
            widest = max(-lowest, largest)
            colors = {"cmap": "RdBu_r", "vmin": -widest, "vmax": widest}
        style = {"aspect": "auto", "interpolation": "nearest", **colors}
        self.image_ = ax.imshow(self.importances.T, **{**style, **(image_kw or {})})
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = ax.figure.colorbar(self.image_, ax=ax)
            self.colorbar_.set_label(self.importance_name)

        for axis, names, n in (
            (ax.xaxis, self.timesteps, n_timesteps),
            (ax.yaxis, self.feature_names, n_features),
        ):
            is_short = n <= MOST_TICKS and (names is not None or axis is ax.yaxis)
            axis.set_major_locator(
                FixedLocator(range(n))
                if is_short
                else MaxNLocator(integer=True, min_n_ticks=1)
            )
            if names is not None:
                axis.set_major_formatter(FuncFormatter(_namer(list(names))))
        if is_upright:
            ax.tick_params("x", rotation=90)
        if np.isnan(self.importances).any():
            ax.set_facecolor(UNKNOWN)
        ax.set_xlabel("Time step")
        ax.set_ylabel("Feature")
        if self.name:
            ax.set_title(self.name)
        self.ax_ = ax
        self.figure_ = ax.figure
        return self


def _brought(importances: Any, what: str, n: int) -> Any:
    """Return what importances bring along, if it is of the right length."""
    names = getattr(importances, what, None)
    return names if names is not None and len(names) == n else None


def _namer(names: list) -> Callable[[float, Any], str]:
    """Return what gives a position on an axis its name."""

    def name(position: float, _: Any) -> str:
        is_one = position == int(position) and 0 <= position < len(names)
        return shortened(names[int(position)]) if is_one else ""

    return name
