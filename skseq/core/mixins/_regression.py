"""What a regressor adds to any architecture."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score

from skseq._describing import described
from skseq._sklearn import RegressorMixin
from skseq.core.conformal import Units
from skseq.core.losses import make_loss
from skseq.core.losses._names import is_above_zero
from skseq.core.mixins._encoding import EncodingMixin
from skseq.core.mixins._spread import SpreadMixin
from skseq.core.parameters import NumberLossParameters
from skseq.core.tasks import Regression
from skseq.core.texts import TEXTS
from skseq.data.instances import instances_of
from skseq.data.places import label_of, place_in_table
from skseq.data.targets import check_numbers, check_weights
from skseq.parameters import amended, attribute, parameter
from skseq.parameters.checks import array, exactly, optional

__all__ = ["SCALED_TARGETS", "SequenceRegressorMixin"]

SCALED_TARGETS = """Whichever it is, the targets are standardised by theirs, in
training clipped like features; predictions are in the units of y."""


@described(**TEXTS)
class SequenceRegressorMixin(
    SpreadMixin, NumberLossParameters, EncodingMixin, RegressorMixin, about="task"
):
    """Predicts one or several numbers per sequence."""

    conformal: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether quantiles and intervals are made from the errors of held-out
        samples, with any loss: as wide as these ask for, in units of the spread that
        the loss learned, of the deviation that a mean has ("poisson", "gamma",
        "tweedie"), or all alike. The samples are what `early_stopping` or the folds of
        ``max_epochs="auto"`` hold out; with `max_epochs` given, one to five further
        networks train without such a fold each. Predictions stay as they are.""",
    )

    _task: Regression = attribute(check=exactly(Regression))
    _errors: np.ndarray | None = attribute(
        check=optional(array(2, "f")), required=False, default=None
    )

    normalize = amended(more=SCALED_TARGETS)

    def _check_y(self, X, y):
        numbers = check_numbers(X, y, missing=self.missing)
        self._asked_loss().check(numbers, partial(place_in_table, y))
        return numbers

    def _check_samples(self, X, y, sample_weight, *, reset, groups=None):
        samples = super()._check_samples(
            X, y, sample_weight, reset=reset, groups=groups
        )
        is_known = ~np.isnan(samples.y.reshape(len(samples), -1))
        known = is_known.any(axis=1)
        if reset and not is_known.any(axis=0).all():
            i = int(np.argmin(is_known.any(axis=0)))
            name = label_of(y.columns[i]) if hasattr(y, "columns") else i
            raise ValueError(
                f"All numbers of y in column {name} are missing; leave it out."
            )
        return samples if known.all() else samples[known]

    def _asked_loss(self):
        return make_loss(self)

    def _make_task(self, y):
        normalize = self.normalize is not None
        return Regression(y.shape[1:], normalize, self._asked_loss())

    def _learn_errors(self, samples, folds, said, held_out):
        self._errors = None
        if not self.conformal:
            return
        if said is not None:
            samples = samples[np.concatenate([rows for _, rows in folds])]
        elif held_out is None:
            raise ValueError(
                f"max_seconds={self.max_seconds} leaves no time for the errors of "
                "held-out samples, which conformal=True asks for."
            )
        else:
            samples, said = held_out, np.empty((len(held_out), self._task.n_outputs))
            for index, outputs in self._predict_batches(samples.sequences, self._ask):
                said[index] = outputs
        units = Units.of(self._task.loss, self._task.in_units(said))
        self._errors = units.scores(samples.y.reshape(len(said), -1))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch, from where the last fit or partial_fit stopped.

        The scale of inputs and targets is learned in the first call and kept. Nothing
        is held out, so `early_stopping` does not apply, nor does `lr_schedule`; weights
        are taken as they are, not relative to their mean.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        {sample_weight}

        {fitted}
        """
        return self._fit(X, y, sample_weight, partial=True)

    def predict(self, X: Any) -> Any:
        """Return the predicted targets.

        {takes_sequences}

        Returns
        -------
        y : ndarray, Series or DataFrame of n_samples (by n_outputs)
            In the shape and units of the targets.
            {by_instance}
        """
        outputs = self._predict_outputs(X)
        return self._answer(self._task.decode(outputs), X)

    def _predict_quantiles(self, X, levels):
        values = self._task.quantiles(
            self._predict_outputs(X), np.array(levels), self._errors
        )
        instances = None if self._answers_as is None else instances_of(X)
        if instances is None:
            return values
        columns: Any = pd.Index(levels, name="quantile")
        if self._task.shape:
            (names,) = self._answers_as
            if not isinstance(names, pd.Index):
                names = range(self._task.n_targets)
            columns = pd.MultiIndex.from_product([names, levels])
        return pd.DataFrame(values.reshape(len(values), -1), instances, columns)

    def _predict_std(self, X):
        deviations = self._task.deviations(self._predict_outputs(X))
        return self._answer(deviations, X)

    def _learned_loss(self):
        return self._task.loss

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R², the mean over the outputs.

        With ``missing="mask"`` sequences of which a target is missing are left out.

        {takes_sequences}
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        {sample_weight}

        Returns
        -------
        score : float

        {unscored}
        """
        numbers = check_numbers(X, y, missing=self.missing)
        weights = check_weights(sample_weight, X, y)
        known = ~np.isnan(numbers.reshape(len(numbers), -1)).any(axis=1)
        if known.all():
            return super().score(X, y, weights)
        weights = None if weights is None else weights[known]
        said = np.asarray(self.predict(X))[known]
        return r2_score(numbers[known], said, sample_weight=weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = is_above_zero(self)
        return tags
