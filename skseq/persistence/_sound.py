"""How the attributes of fitted estimators fit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from skseq.anomaly import SequenceAnomalyDetector
from skseq.core.mixins import SequenceRegressorMixin
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.data.bounds import Bounds
from skseq.forecasting._base import BaseForecaster
from skseq.forecasting._indicators import make_indicators
from skseq.generation import SequenceGenerator
from skseq.parameters.checks import array, optional
from skseq.preprocessing import (
    SequenceColumnTransformer,
    SequenceSplitter,
    SlidingWindow,
    Tokenizer,
)
from skseq.preprocessing._tokenizer import END, PADDING, START, UNKNOWN, check_pattern
from skseq.seq2seq import Seq2SeqRegressor

__all__ = ["SOUND"]


def _is_standard(scaler: StandardScaler, bounds: Bounds, n_features: int) -> bool:
    """Whether a scaler is fitted, centers and scales or does neither, and all fit."""

    def fits(part: Any) -> bool:
        return array(1, "f")(part) and len(part) == n_features

    return (
        scaler.with_mean == scaler.with_std
        and getattr(scaler, "n_features_in_", None) == n_features
        and len(bounds.low) in (1, n_features)
        and all(
            fits(part) if scaler.with_mean else part is None
            for part in (scaler.mean_, scaler.var_, scaler.scale_)
        )
    )


def _reads(model: BaseSequenceEstimator) -> bool:
    scaler, bounds = model._scaler.scaler, model._scaler.bounds
    columns, n_numbers = model._columns, model._n_channels
    if columns is not None:
        if n_numbers != len(columns.numeric) + len(columns.categorical):
            return False
        n_numbers = max(1, len(columns.numeric))
    is_sound = _is_standard(scaler, bounds, n_numbers)
    return is_sound and scaler.with_mean == (model._normalize in ("feature", "both"))


def _regresses(model: SequenceRegressorMixin) -> bool:
    task = model._task
    return _is_standard(task.scaler, task.bounds, task.n_targets)


def _writes(model: Seq2SeqRegressor) -> bool:
    task, scaler = model._task, model._task.scaler
    return _is_standard(scaler.scaler, scaler.bounds, task.n_targets)


def _forecasts(model: BaseForecaster) -> bool:
    table, roles = model._context, model._roles
    sizes = (model._columns.n_targets, *map(len, roles[1:]))
    chosen = np.concatenate(roles)
    n_own = 0 if model._has_own_y else model._columns.n_targets
    if sorted(chosen.tolist()) != list(range(len(model._categories.known))):
        return False
    shown = model._indicators
    expected = make_indicators(model._categories, roles, model._columns)
    return (
        (model._window_length, model._horizon) == (model.window_length, model.horizon)
        and model._columns == model._scaler.columns == sizes
        and len(roles.targets) == n_own
        and sorted(chosen.tolist()) == list(range(model.n_features_in_))
        and table.values.shape[1] == sum(model._columns)
        and shown.columns == model._columns
        and np.array_equal(shown.source, expected.source)
        and np.array_equal(shown.code, expected.code, equal_nan=True)
        and np.array_equal(model._scaler.codes, expected.codes)
        and bool((table.lengths <= model.window_length).all())
        and set(table.names) <= model._scaler.scales.keys()
    )


def _tells(model: SequenceGenerator) -> bool:
    n_tokens, n_classes = len(model._columns), len(model.classes_)
    return (
        n_tokens == len(getattr(model._tokenizer, "vocabulary_", ()))
        and {PADDING, UNKNOWN, START, END} <= model._tokenizer.vocabulary_.keys()
        and len(model._tokens) == n_classes > 0
        and 0 <= model._tokens.min() <= model._tokens.max() < n_tokens
        and -100 <= model._columns.min() <= model._columns.max() < n_classes
    )


def _knows_numbers(tokenizer: Tokenizer) -> bool:
    words = tokenizer.vocabulary_
    check_pattern(tokenizer.token_pattern)
    return (
        list(words.values()) == list(range(len(words)))
        and {PADDING, UNKNOWN} <= words.keys()
    )


def _judges(detector: SequenceAnomalyDetector) -> bool:
    smoothing, memory = detector._over
    forecaster, windows = detector.forecaster_, detector._windows
    n_opinions = 1 if windows is None else 2
    n_last = 0 if detector._last is None else len(detector._last)
    n_usual = forecaster.window_length + max(smoothing, memory or 0)
    return (
        hasattr(forecaster, "net_")
        and len(detector._constant) == forecaster._columns.n_targets
        and detector._scale.centers.shape[1] == forecaster._columns.n_targets
        and n_last == (0 if windows is None else len(windows.mean) - 1)
        and detector._usual.shape[1] == detector._before.shape[1] == n_opinions
        and detector._moments.shape == (2, n_opinions)
        and len(detector._usual) >= forecaster.window_length + smoothing - 1
        and max(len(detector._usual), len(detector._before)) <= n_usual
    )


def _remembers(window: SlidingWindow) -> bool:
    is_end = optional(lambda end: type(end) is tuple and len(end) == 2)
    times, categories = window._tail_times or {}, window._categories
    if categories is not None and len(categories) != window.n_features_in_:
        return False
    if any(
        index is not None
        and not (isinstance(index, pd.Index) and name in window._tails)
        for name, index in times.items()
    ):
        return False
    return all(
        type(tail) is tuple
        and len(tail) == 2
        and array(2, "f")(tail[0])
        and tail[0].shape[1] == window.n_features_in_
        and is_end(tail[1])
        for tail in window._tails.values()
    )


def _has_columns(step: SequenceColumnTransformer) -> bool:
    inner, n_features = step.transformer_, step.n_features_in_
    of_input = inner._transformer_to_input_indices
    return (
        inner.n_features_in_ == n_features
        and len(getattr(inner, "feature_names_in_", range(n_features))) == n_features
        and len(inner._columns) == len(inner.transformers)
        and {name for name, _, _ in inner.transformers_} <= of_input.keys()
        and all(set(places) <= set(range(n_features)) for places in of_input.values())
        and all(type(part) is slice for part in inner.output_indices_.values())
    )


def _has_pieces(splitter: SequenceSplitter) -> bool:
    origins, lengths = splitter.origins_, splitter.lengths_
    ends = splitter.offsets_ + splitter.piece_lengths_
    return bool(
        len(origins) == len(splitter.offsets_) == len(splitter.piece_lengths_)
        and (origins >= 0).all()
        and (splitter.offsets_ >= 0).all()
        and (ends <= lengths[origins]).all()
    )


SOUND: dict[type, Callable[[Any], bool]] = {
    BaseSequenceEstimator: _reads,
    SequenceRegressorMixin: _regresses,
    Seq2SeqRegressor: _writes,
    BaseForecaster: _forecasts,
    SequenceGenerator: _tells,
    SequenceAnomalyDetector: _judges,
    SequenceColumnTransformer: _has_columns,
    SlidingWindow: _remembers,
    SequenceSplitter: _has_pieces,
    Tokenizer: _knows_numbers,
}
