"""Losses over the epochs of a training."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq.plotting._axes import legend_above, read_numbers, styled
from skseq.plotting._display import Display, need_matplotlib, showing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TrainingCurveDisplay"]


@showing(
    style="""
    line_kw, validation_line_kw : dict, default=None
        Further arguments of `Axes.plot` for either line.
    """,
)
class TrainingCurveDisplay(Display):
    """How the loss fell, in training and on what was held out.

    Use `from_estimator` to make one. All parameters are stored as attributes.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        Training loss of every epoch.
    validation_scores : array-like of shape (n_epochs,), default=None
        Minus the loss of what was held out, which `early_stopping` watched; NaN where
        an epoch had none.
    loss_name : str, default="Loss"
        Label of the vertical axis.
    name : str, default=None
        What the estimator is called in the title.

    Attributes
    ----------
    {axes_of_one}
    line_ : matplotlib.lines.Line2D
        Training loss over epochs, which are counted from 1.
    validation_line_ : matplotlib.lines.Line2D or None
        Validation loss.
    best_ : matplotlib.lines.Line2D or None
        A mark at the lowest validation loss, whose weights the estimator has kept.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of samples.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skseq import RNNClassifier
    >>> from skseq.datasets import load_italy_power_demand
    >>> from skseq.plotting import TrainingCurveDisplay
    >>> model = RNNClassifier(early_stopping=True, max_epochs=20, random_state=0)
    >>> model = model.fit(*load_italy_power_demand(split="train"))
    >>> display = TrainingCurveDisplay.from_estimator(model)
    >>> plt.show()  # doctest: +SKIP
    """

    loss_curve: Any
    validation_scores: Any = None
    loss_name: str = "Loss"
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Axes | None = None,
        name: str | None = None,
        line_kw: dict | None = None,
        validation_line_kw: dict | None = None,
    ) -> TrainingCurveDisplay:
        """Show how a fitted estimator was trained.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package.
        {ax}
        name : str, default=None
            Title; None takes the class of the estimator.
        {style}

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        NotFittedError
            If the estimator has no `loss_curve_`.
        {no_matplotlib}
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        trained = getattr(estimator, "forecaster_", estimator)  # of a detector
        check_is_fitted(
            trained,
            "loss_curve_",
            msg="%(name)s has no loss_curve_; expected a fitted estimator of skseq "
            "itself, such as pipeline[-1] or search.best_estimator_.",
        )
        display = cls(
            loss_curve=trained.loss_curve_,
            validation_scores=trained.validation_scores_,
            loss_name=_in_words(trained.net_.criterion),
            name=type(estimator).__name__ if name is None else name,
        )
        return display.plot(ax, line_kw=line_kw, validation_line_kw=validation_line_kw)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        line_kw: dict | None = None,
        validation_line_kw: dict | None = None,
    ) -> TrainingCurveDisplay:
        """Draw.

        {plot}
        """
        (ax,) = self._make_axes(ax, size=(6.4, 4.2))
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        loss = read_numbers(self.loss_curve, "loss_curve")
        epochs = np.arange(1, len(loss) + 1)
        marker = "o" if len(loss) == 1 else None
        style = styled(line_kw, Line2D, label="training", marker=marker)
        (self.line_,) = ax.plot(epochs, loss, **style)
        self.validation_line_ = self.best_ = None
        if self.validation_scores is not None:
            held_out = -read_numbers(self.validation_scores, "validation_scores")
            if held_out.shape != loss.shape:
                raise ValueError(
                    f"validation_scores has the shape {held_out.shape}; expected "
                    f"{loss.shape}, one per epoch of loss_curve."
                )
            style = styled(validation_line_kw, Line2D, label="validation")
            (self.validation_line_,) = ax.plot(epochs, held_out, **style)
            best = int(np.nanargmin(held_out))
            (self.best_,) = ax.plot(
                epochs[best],
                held_out[best],
                "o",
                color=self.validation_line_.get_color(),
                label=f"best epoch: {epochs[best]}",
            )
        ax.set_xlabel("Epoch")
        ax.set_ylabel(self.loss_name)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        legend_above(ax, self.name)
        return self


def _in_words(criterion: Any) -> str:
    """Return the name of a loss in words, such as "Cross entropy loss"."""
    if isinstance(criterion, partial):
        loss = criterion.keywords.get("loss")
        criterion = criterion.func if loss is None else type(loss)
    words = re.findall("[A-Z]+(?![a-z])|[A-Z][a-z]+", criterion.__name__)
    first, *others = words
    return " ".join([first, *(w if w.isupper() else w.lower() for w in others)])
