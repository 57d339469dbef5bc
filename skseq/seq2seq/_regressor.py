"""Regressor of sequences of numbers from sequences, by encoder and decoder."""

from __future__ import annotations

from functools import partial
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from skseq._describing import described
from skseq._sklearn import RegressorMixin
from skseq.core.conformal import Units, quantiles_of_steps
from skseq.core.losses import check_coverage, check_quantiles, make_loss
from skseq.core.losses._names import is_above_zero
from skseq.core.mixins._regression import SCALED_TARGETS, SequenceRegressorMixin
from skseq.core.mixins._spread import learns
from skseq.core.parameters import NumberLossParameters
from skseq.parameters import (
    Interval,
    Options,
    amended,
    attribute,
    parameter,
    retold,
)
from skseq.parameters.checks import array, exactly, instance, optional
from skseq.seq2seq._architecture import TEXTS_OF_PAIRS, BaseSeq2Seq
from skseq.seq2seq._targets import Layout, read_number_sequences
from skseq.seq2seq._tasks import NumberSequences

__all__ = ["Seq2SeqRegressor"]


@described(**TEXTS_OF_PAIRS)
class Seq2SeqRegressor(NumberLossParameters, RegressorMixin, BaseSeq2Seq):
    """Regressor of sequences of numbers from sequences of another length.

    Recurrent layers read a sequence, of one step perhaps; others, which start from what
    these remember, write the numbers step by step, each from the one before (Sutskever
    et al., 2014, "Sequence to Sequence Learning with Neural Networks"). The squared
    error, or another loss, trains both.

    {parameters}

    {attributes}

    See Also
    --------
    Seq2SeqClassifier : Writes labels, and learns where to end.
    RNNRegressor : One or several numbers per sequence, all at once.

    {notes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Seq2SeqRegressor
    >>> rng = np.random.default_rng(0)
    >>> frequency = rng.uniform(0.2, 0.6, size=(300, 1))  # sequences of one step
    >>> waves = np.sin(frequency * np.arange(12))  # to sequences of twelve
    >>> model = Seq2SeqRegressor(cell="gru", random_state=0)
    >>> model = model.fit(frequency[:200], waves[:200])
    >>> model.score(frequency[200:], waves[200:]) > 0.9
    True
    """

    normalize = amended(more=SCALED_TARGETS)
    quantiles = amended(
        text="""Increasing quantiles, around the median, that ``loss="quantile"``
        learns."""
    )
    teacher_forcing: float | tuple[float, float] | str = parameter(
        default="auto",
        constraint=[Interval(Real, 0, 1, closed="both"), tuple, Options("auto")],
        text="""How probably, in training, a step of the decoder is told the true
        previous step instead of its own output; two probabilities are those of the
        first and the last epoch, linear in between (Bengio et al., 2015). 1.0 trains
        fastest, all steps in one; less trains what `predict` does, which is told
        nothing. "auto" stands for 1.0, and with ``loss="quantile"`` or "gaussian" for
        0.0: who is told the step before learns how unsure one step is.""",
        type='float, tuple of two floats or "auto"',
    )

    conformal: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether quantiles and intervals are made from the errors of held-out
        sequences, step by step, with any loss: as wide as these ask for, in units of
        the spread that the loss learned, of the deviation that a mean has ("poisson",
        "gamma", "tweedie"), or all alike. They are what `early_stopping` holds out, or
        else one to five further networks train without a fold each. Predictions stay as
        they are.""",
    )

    _needs_median: ClassVar[bool] = True  # which is fed back
    _task: NumberSequences = attribute(check=exactly(NumberSequences))
    _errors: np.ndarray | None = attribute(
        check=optional(array(3, "f")), required=False, default=None
    )
    _layout: Layout = attribute(check=instance(Layout))

    fit = retold(
        BaseSeq2Seq.fit,
        y="""array-like, list of arrays or SequenceArray
        The sequences to write: (n_samples, n_steps), (n_samples, n_steps, n_targets), a
        list of arrays (n_steps_i,) or (n_steps_i, n_targets), or (n_samples,) for one
        number each.""",
    )
    partial_fit = retold(
        SequenceRegressorMixin.partial_fit,
        X="""array-like, DataFrame, list of arrays or SequenceArray
        The sequences to read, as in `fit`.""",
        y="""array-like or list of arrays
        The sequences to write, as in `fit`.""",
    )

    def _check_y(self, X, y):
        sequences, self._layout = read_number_sequences(X, y)
        place = partial(_place, sequences.starts)
        self._asked_loss().check(sequences.values, place)
        return sequences

    def _asked_loss(self):
        return make_loss(self)

    def _learned_loss(self):
        return self._task.loss

    def _teacher_forcing(self):
        if self.teacher_forcing == "auto":
            has_spread = self._task.loss.has_spread
            return (0.0, 0.0) if has_spread else (1.0, 1.0)
        return super()._teacher_forcing()

    def _make_task(self, y):
        normalize = self.normalize is not None
        return NumberSequences(y.n_features, normalize, self._asked_loss())

    def _learn_errors(self, samples, folds, said, held_out):
        self._errors = None
        if not self.conformal:
            return
        if said is None:
            samples, said = held_out, self._written(held_out.sequences, self._longest)
        else:
            samples = samples[np.concatenate([rows for _, rows in folds])]
        targets = np.full((*said.shape[:2], self._task.n_targets), np.nan)
        for rows, y in zip(targets, samples.y, strict=True):
            rows[: len(y)] = y[: len(rows)]
        units = Units.of(self._task.loss, self._task.in_units(said))
        self._errors = units.scores(targets)

    def predict(self, X: Any, n_steps: Any = None) -> Any:
        """Write the sequences that belong to others.

        {takes_sequences}
        n_steps : int or array-like of int of shape (n_samples,), default=None
            How many steps to write, for all or for each; None stands for the length of
            the longest sequence in `fit`.

        Returns
        -------
        y : ndarray, list of ndarray, Series or DataFrame
            In the layout and units of the targets in `fit`; a list if there is an
            `n_steps` for each sequence. Of a panel, or a SequenceArray that knows its
            instances, by instance if `fit` was given such, too: a Series of numbers, a
            DataFrame with a column per step, or a Series of arrays.

        {unwritten}
        """
        written, n_steps = self._write(X, n_steps)
        laid_out = self._layout.lay_out(self._task.decode(written), n_steps)
        return self._answer(laid_out, X)

    @available_if(learns("has_spread"))
    def predict_quantiles(
        self,
        X: Any,
        quantiles: tuple[float, ...] | None = None,
        *,
        n_steps: Any = None,
    ) -> Any:
        """Write quantiles, with `conformal`, or a loss that learns a distribution.

        Parameters
        ----------
        X, n_steps
            As in `predict`.
        quantiles : tuple of float, default=None
            Increasing numbers between 0 and 1; None stands for the parameter.

        Returns
        -------
        q : ndarray, list of ndarray, Series or DataFrame
            Laid out as by `predict`, with one axis more, of n_quantiles.

        Raises
        ------
        ValueError
            If X or n_steps is not as described; without `conformal`, if a quantile lies
            outside of those that ``loss="quantile"`` learned, and with it, if steps are
            asked for behind the longest sequence of `fit`, where no error is known.
        """
        asked = check_quantiles(self.quantiles if quantiles is None else quantiles)
        written, n_steps = self._write(X, n_steps)
        task, levels = self._task, np.array(asked)
        outputs, n_written = task.in_units(written), written.shape[1]
        if self._errors is None:
            values = task.loss.quantile(outputs, levels)
        elif n_written > self._errors.shape[1]:
            raise ValueError(
                f"n_steps asks for quantiles of {n_written} steps, but conformal=True "
                f"knows errors of {self._errors.shape[1]}, as the longest sequence in "
                "fit has."
            )
        else:
            scores = quantiles_of_steps(self._errors, levels)[:n_written]
            values = Units.of(task.loss, outputs).values(scores)
        return self._answer(self._layout.lay_out(values, n_steps), X)

    @available_if(learns("has_spread"))
    def predict_interval(
        self, X: Any, coverage: float = 0.8, *, n_steps: Any = None
    ) -> Any:
        """Write intervals, with `conformal`, or a loss that learns a distribution.

        Parameters
        ----------
        X, n_steps
            As in `predict`.
        coverage : float, default=0.8
            Probability with which a value is to lie within its interval.

        Returns
        -------
        interval : ndarray, list of ndarray, Series or DataFrame
            Lower and upper bounds, laid out as by `predict_quantiles`.

        Raises
        ------
        ValueError
            As in `predict_quantiles`.
        """
        return self.predict_quantiles(X, check_coverage(coverage), n_steps=n_steps)

    @available_if(learns("has_deviation"))
    def predict_std(self, X: Any, *, n_steps: Any = None) -> Any:
        """Write standard deviations of what is predicted, with ``loss="gaussian"``.

        Parameters
        ----------
        X, n_steps
            As in `predict`.

        Returns
        -------
        std : ndarray, list of ndarray, Series or DataFrame
            In the units of the targets, laid out as by `predict`.
        """
        written, n_steps = self._write(X, n_steps)
        values = self._task.loss.deviation(self._task.in_units(written))
        return self._answer(self._layout.lay_out(values, n_steps), X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R² over all steps, the mean over the targets.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences to read.
        y : array-like, list of arrays or SequenceArray
            The sequences to write, of any length.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences, and so of all their steps.

        Returns
        -------
        score : float
        """
        targets, _ = read_number_sequences(X, y)
        sample_weight = self._check_scored(X, targets, sample_weight)
        written, _ = self._write(X, targets.lengths)
        written = self._task.decode(written)
        real = np.arange(written.shape[1]) < targets.lengths[:, None]
        if sample_weight is not None:
            sample_weight = np.repeat(sample_weight, targets.lengths)
        return r2_score(targets.values, written[real], sample_weight=sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = is_above_zero(self)
        return tags


def _place(starts: np.ndarray, row: int, target: int) -> str:
    """Return what to call a target in errors."""
    i = int(np.searchsorted(starts, row, side="right")) - 1
    return f"y[{i}], step {row - starts[i]}, target {target}"
