"""Linear models of what sequences are without the order of their steps.

Where labels are noisy and samples few, such a model is hard to beat. So it answers
beside a network, as far as held-out samples ask for it ("stacked generalization":
Wolpert, 1992; Breiman, 1996).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from skseq.core.calibration import LEAST_SHARE, Calibration
from skseq.core.losses import NumberLoss, SquaredError
from skseq.core.losses._rates import RateLoss
from skseq.core.tasks import (
    Classification,
    MultilabelClassification,
    Regression,
    Task,
)
from skseq.data.batching import SequenceDataset, prediction_batches
from skseq.networks.aggregates import AggregateLinear, aggregates

__all__ = ["LinearModel", "learn_linear"]

STRENGTHS = 10.0 ** np.arange(-4, 2)  # of what data weigh against small weights
MOST_WORK = 5e7  # samples x aggregates x outputs beyond which none is tried
MOST_STEPS = 200  # of logistic regression
ROUNDING = 16  # units in the last place


class LinearModel(NamedTuple):
    """Weights of aggregates, and what they say of samples that they were not shown."""

    weight: np.ndarray  # (n_outputs, 7 * n_features)
    bias: np.ndarray  # (n_outputs,)
    held_out: list[np.ndarray]  # (n_held_out, n_outputs) of each fold

    def module(self, share: float, calibration: Calibration) -> AggregateLinear:
        """Return what adds a share of what it says beyond the base rate."""
        module = AggregateLinear(self.weight.shape[1] // 7, len(self.weight))
        bias = share * (self.bias - calibration.base)
        with torch.no_grad():
            module.linear.weight.copy_(torch.from_numpy(share * self.weight))
            module.linear.bias.copy_(torch.from_numpy(bias))
        return module


def learn_linear(
    task: Task,
    data: SequenceDataset,
    plain: Callable[[Tensor], Tensor],
    n_features: int,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    calibration: Calibration,
) -> LinearModel | None:
    """Fit a linear model of aggregates, and one without each fold.

    Parameters
    ----------
    task : Task
        What to learn: classes, labels or numbers of sequences.
    data : SequenceDataset
        All samples.
    plain : callable
        What batches (B, T, C) hold that is not learned, (B, T, n_features).
    n_features : int
        How many features these are.
    folds : list of tuple of two ndarrays
        What to learn from, and what to predict.
    calibration : Calibration
        Knows the loss.

    Returns
    -------
    model : LinearModel or None
        None where it would take long, aggregates overflow, targets are missing, or the
        loss is that of no such model.
    """
    n_outputs = task.n_outputs
    if not _is_of_linear_models(cast(Any, task).loss):
        return None
    if len(data) * 7 * n_features * n_outputs > MOST_WORK:
        return None
    found = np.empty((len(data), 7 * n_features))
    for index, batch in prediction_batches(data):
        values = aggregates(plain(batch.x), batch.lengths)
        found[index.numpy()] = values.double().cpu().numpy()
    if not np.isfinite(found).all():  # squares of values that are not standardised
        return None
    y = cast(Tensor, data.y).cpu().numpy()
    if y.dtype.kind == "f" and np.isnan(y).any():  # targets that are not known
        return None
    if _is_rate(task) and not all((y[rows].max(axis=0) > 0).all() for rows, _ in folds):
        return None
    weights = np.ones(len(y))
    if data.weights is not None:
        weights = data.weights.double().cpu().numpy()
    found[:, _is_rounding(found, data.dtype)] = 0
    scaler = StandardScaler().fit(found, sample_weight=weights)
    found = scaler.transform(found)
    tried = []
    for strength in STRENGTHS:
        said = []
        for rows, held_out in folds:
            w, b = _fit(task, found[rows], y[rows], weights[rows], strength)
            said.append(found[held_out] @ w.T + b)
        rows = np.concatenate([held_out for _, held_out in folds])
        losses = calibration.losses(np.concatenate(said)[None], y[rows], np.ones(1))
        tried.append((float(np.average(losses, weights=weights[rows])), strength, said))
    _, strength, said = min(tried, key=lambda one: one[0])
    w, b = _fit(task, found, y, weights, strength)
    w = w / scaler.scale_
    return LinearModel(w, b - w @ scaler.mean_, said)


def _is_rate(task: Task) -> bool:
    return isinstance(task, Regression) and task.loss.is_rate


def _is_of_linear_models(loss: Any) -> bool:
    """Return whether scikit-learn has a quick linear model that says the same."""
    if isinstance(loss, NumberLoss):
        return loss.is_rate or isinstance(loss, SquaredError)
    return loss.has_log_odds


def _is_rounding(found: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    """Return which aggregates (n_samples, 7 F) vary only as far as they are rounded.

    Such are the deviation and the slope of what is the same in all steps of a sequence.
    """
    kinds = np.abs(found).reshape(len(found), 7, -1)
    sizes = np.tile(kinds[:, 2:4].max(axis=(0, 1)), 7)  # least and largest values
    return np.ptp(found, axis=0) <= ROUNDING * torch.finfo(dtype).eps * sizes


def _fit(
    task: Task, X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (n_outputs, n_columns) and biases (n_outputs,)."""
    if isinstance(task, Classification):
        return _fit_classes(X, y, weights, strength, task.n_outputs)
    if isinstance(task, Regression) and isinstance(task.loss, RateLoss):
        return _fit_rates(X, y, weights, strength, task.loss.power)
    if not isinstance(task, MultilabelClassification):
        from sklearn.linear_model import Ridge

        ridge = Ridge(alpha=1 / strength).fit(X, y, weights)
        return ridge.coef_.reshape(y.shape[1], -1), np.ravel(ridge.intercept_)
    columns, biases = [], []
    for i, label in enumerate(y.T.astype(int)):
        own = weights
        if task.class_weights is not None:
            own = weights * task.class_weights[label, i]
        w, b = _fit_classes(X, label, own, strength, 2)
        columns.append(w[1] - w[0])
        biases.append(b[1] - b[0])
    return np.array(columns), np.array(biases)


def _fit_rates(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float, power: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and biases of logarithms of means."""
    from sklearn.linear_model import TweedieRegressor

    columns, biases = [], []
    for own in y.T:
        model = TweedieRegressor(
            power=power,
            alpha=1 / (strength * len(y)),
            link="log",
            max_iter=MOST_STEPS,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # near enough
            model.fit(X, own, weights)
        columns.append(model.coef_)
        biases.append(model.intercept_)
    return np.array(columns), np.array(biases)


def _fit_classes(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return a row of weights and a bias for each class, also if y lacks it."""
    from sklearn.linear_model import LogisticRegression

    w, b = np.zeros((n_classes, X.shape[1])), np.full(n_classes, np.log(LEAST_SHARE))
    there = np.unique(y[weights > 0])
    if len(there) == 1:
        b[there] = 0
        return w, b
    model = LogisticRegression(C=strength, max_iter=MOST_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough
        model.fit(X, y, weights)
    if len(there) == 2:
        w[there] = np.array([[-0.5], [0.5]]) * model.coef_
        b[there] = np.array([-0.5, 0.5]) * model.intercept_
    else:
        w[there], b[there] = model.coef_, model.intercept_
    return w, b
