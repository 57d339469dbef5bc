"""What fitted estimators hold: the attributes of each class.

The parameters are checked by the estimators themselves; the network is made anew from
them, so that only its weights are looked for in a file.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

from skseq.anomaly import SequenceAnomalyDetector
from skseq.anomaly._surprise import ErrorScale
from skseq.core.mixins import (
    SequenceClassifierMixin,
    SequenceRegressorMixin,
    SequenceTaggerMixin,
)
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.core.tasks import (
    Classification,
    MultilabelClassification,
    Regression,
    StepClassification,
)
from skseq.data.scaling import StepScaler
from skseq.forecasting._base import BaseForecaster
from skseq.forecasting._kind import Kind
from skseq.forecasting._losses import ForecastLoss
from skseq.forecasting._roles import Roles
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Columns, Table
from skseq.generation import SequenceGenerator
from skseq.persistence._checks import (
    Check,
    array,
    choice,
    count,
    exactly,
    flag,
    instance,
    number,
    optional,
    tuple_of,
)
from skseq.preprocessing import (
    SequencePadder,
    SequenceScaler,
    SequenceSplitter,
    SlidingWindow,
    SwapAxes,
    Tokenizer,
)
from skseq.rnn._architecture import BaseRNN
from skseq.seq2seq import Seq2SeqClassifier, Seq2SeqRegressor
from skseq.seq2seq._architecture import BaseSeq2Seq
from skseq.seq2seq._targets import Layout
from skseq.seq2seq._tasks import LabelSequences, NumberSequences

__all__ = ["FURTHER", "STATES", "of_class"]

_SEQUENCES: dict[str, Check] = {
    "_fitted_on_table": flag,
    "_n_channels": count,
    "n_features_in_": count,
}
_INTEGERS = array(1, "i")


def _is_one(value: object) -> bool:
    return type(value) is tuple and len(value) == 1


STATES: dict[type, dict[str, Check]] = {
    BaseSequenceEstimator: {
        **_SEQUENCES,
        "_n_timesteps": count,
        "_known_tokens": optional(array(1, "b")),
        "_normalize": choice(None, "feature", "sequence", "both"),
        "_rng": instance(np.random.RandomState),
        "_answers_as": optional(_is_one),
        "_scaler": instance(StepScaler),
    },
    SequenceClassifierMixin: {
        "_task": exactly(Classification, MultilabelClassification)
    },
    SequenceRegressorMixin: {"_task": exactly(Regression)},
    SequenceTaggerMixin: {
        "_task": exactly(StepClassification),
        "_extents": instance(dict),
    },
    BaseSeq2Seq: {"_longest": count},
    Seq2SeqClassifier: {"_task": exactly(LabelSequences)},
    Seq2SeqRegressor: {"_task": exactly(NumberSequences), "_layout": instance(Layout)},
    BaseForecaster: {
        "n_features_in_": count,
        "_takes_flat": flag,
        "_has_own_y": flag,
        "_is_panel": flag,
        "_roles": instance(Roles),
        "_columns": instance(Columns),
        "_kind": instance(Kind),
        "_window_length": count,
        "_horizon": count,
        "_loss": instance(ForecastLoss),
        "_scaler": instance(SeriesScaler),
        "_context": instance(Table),
        "_learned_until": instance(dict),
    },
    SequenceGenerator: {
        "_complete": flag,
        "_tokenizer": instance(Tokenizer),
        "classes_": array(1, "U"),
        "_tokens": _INTEGERS,
        "_columns": _INTEGERS,
    },
    SequenceAnomalyDetector: {
        "n_features_in_": count,
        "_takes_flat": flag,
        "forecaster_": instance(BaseForecaster),
        "_over": tuple_of(optional(count)),
        "_scale": instance(ErrorScale),
        "_constant": array(1, "f"),
        "_usual": array(1, "f"),
        "_before": array(1, "f"),
        "offset_": number,
    },
    SequencePadder: {**_SEQUENCES, "length_": count},
    SequenceScaler: _SEQUENCES,
    SwapAxes: _SEQUENCES,
    SequenceSplitter: {
        **_SEQUENCES,
        **dict.fromkeys(
            ("lengths_", "origins_", "offsets_", "piece_lengths_"), _INTEGERS
        ),
    },
    SlidingWindow: {
        "n_features_in_": count,
        "_tails": instance(dict),
        "_is_updated": flag,
        "_extents": instance(dict),
    },
    Tokenizer: {"vocabulary_": instance(dict)},
}

FURTHER: dict[type, dict[str, Check]] = {
    object: {
        "feature_names_in_": array(1, "O"),
        "_metadata_request": instance(MetadataRequest),
        "_sklearn_output_config": lambda value: (
            value in ({"transform": name} for name in ("default", "pandas", "polars"))
        ),
    },
    BaseRNN: {
        "_is_stateful": flag,
        "state_": optional(instance(list)),
        "_series": instance(dict),
    },
    SequenceScaler: {"scaler_": lambda value: hasattr(value, "transform")},
}


def of_class(table: dict[type, dict[str, Check]], cls: type) -> dict[str, Check]:
    """Return what a table says of a class and those it is derived from.

    Parameters
    ----------
    table : dict
        STATES or FURTHER.
    cls : type
        The class.

    Returns
    -------
    attributes : dict of str to callable
    """
    found: dict[str, Check] = {}
    for base in reversed(cls.__mro__):
        found |= table.get(base, {})
    return found
