"""What estimators hold besides numbers: which classes, with which attributes.

A record is made from its attributes alone, all of which must be there and as
expected. Nothing else can be named in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler

from skseq.anomaly._surprise import ErrorScale
from skseq.anomaly._windows import SeasonWindows
from skseq.core.encoders import LearnedEncoder
from skseq.core.losses import (
    LOSSES,
    LabelLoss,
    LogLoss,
    NumberLoss,
    check_quantiles,
)
from skseq.core.losses._labels import FocalLoss
from skseq.core.losses._rates import TweedieDeviance
from skseq.core.losses._spreads import QuantileLoss
from skseq.core.tasks import (
    Classification,
    MultilabelClassification,
    Regression,
    StepClassification,
)
from skseq.data.bounds import Bounds
from skseq.data.columns import InputColumns
from skseq.data.scaling import StepScaler
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.forecasting._categories import ColumnCategories
from skseq.forecasting._conformal import Errors
from skseq.forecasting._indicators import Indicators
from skseq.forecasting._kind import Kind
from skseq.forecasting._moments import Moments
from skseq.forecasting._roles import Roles
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Columns, Table
from skseq.forecasting._target_maps import (
    LOWEST,
    BoxCoxMap,
    LogMap,
    TargetMap,
    TransformerMap,
)
from skseq.forecasting._time import Span
from skseq.parameters.checks import (
    Check,
    array,
    check_all,
    choice,
    count,
    exactly,
    flag,
    instance,
    number,
    optional,
    tuple_of,
)
from skseq.persistence._forms import Form, Reader, Writer, expect
from skseq.seq2seq._targets import Layout
from skseq.seq2seq._tasks import LabelSequences, NumberSequences

__all__ = ["RECORD_FORM"]


def _from_attributes(cls: type, attributes: dict[str, Any]) -> Any:
    record: Any = object.__new__(cls)
    vars(record).update(attributes)
    return record


def _call(cls: type, attributes: dict[str, Any]) -> Any:
    return cls(**attributes)


@dataclass(frozen=True)
class Record:
    """A class whose instances are made from their attributes.

    Parameters
    ----------
    attributes : dict of str to callable
        What each attribute must be.
    make : callable, default=_from_attributes
        (class, attributes) -> instance.
    is_sound : callable, optional
        Whether the attributes of an instance fit together.
    further : dict of str to callable, default={}
        What attributes must be that files of earlier versions lack; then the class has
        them.
    """

    attributes: dict[str, Check]
    make: Callable[[type, dict[str, Any]], Any] = _from_attributes
    is_sound: Callable[[Any], bool] = lambda record: True
    further: dict[str, Check] = field(default_factory=dict)


_LABELS = {"classes": array(1), "n_outputs": count}
_LABEL_LOSS = {"loss": instance(LabelLoss)}
LABELS = (str, int, float, type(None))
_ANY = optional(lambda value: True)


def _has_classes(task: Any) -> bool:
    return len(task.classes) == task.n_outputs > 0


def _is_table(table: Table) -> bool:
    n_series = len(table.names)
    edges = table.edges
    return (
        len(table.spans) == n_series == len(edges) - 1
        and edges[0] == 0
        and edges[-1] == len(table.values)
        and bool((np.diff(edges) >= 0).all())
        and len(set(table.names)) == n_series
        and (
            table.before is None
            or table.before.shape == (n_series, table.values.shape[1])
        )
    )


def _has_scales(scaler: SeriesScaler) -> bool:
    n_columns = sum(scaler.columns)
    pairs = [*scaler.scales.values(), scaler.common]
    n_targets, n_past, _, _ = scaler.columns
    n_seasonal = 0 if scaler.seasonality is None else n_targets
    if not np.isin(scaler.codes, np.arange(n_targets, n_columns)).all():
        return False
    goes_on = scaler.moments.keys() <= scaler.scales.keys() and all(
        type(moments) is Moments
        and len(moments.n_there) == n_targets + n_past
        and len(moments.steps) == n_seasonal
        for moments in scaler.moments.values()
    )
    has_maps = scaler.mapping is None or scaler.maps.keys() == scaler.scales.keys()
    for maps in scaler.maps.values():
        has_maps = has_maps and tuple_of(instance(TargetMap), n_targets)(maps)
    return (goes_on and has_maps) and all(
        type(pair) is tuple
        and len(pair) == 2
        and all(array(1, "f")(part) and len(part) == n_columns for part in pair)
        for pair in pairs
    )


def _has_quantiles(loss: QuantileLoss) -> bool:
    return check_quantiles(loss.quantiles) == loss.quantiles


_LOSSES = {loss: Record({}, _call) for loss in LOSSES.values()} | {
    QuantileLoss: Record({"quantiles": tuple_of(number)}, _call, _has_quantiles),
    TweedieDeviance: Record({"power": number}, _call, lambda loss: 1 < loss.power < 2),
    LogLoss: Record({"label_smoothing": number}, _call),
    FocalLoss: Record(dict.fromkeys(("gamma", "label_smoothing"), number), _call),
}


RECORDS: dict[type, Record] = {
    SequenceArray: Record(
        {
            "values": array(2),
            "starts": array(1, "iu"),
            "lengths": array(1, "iu"),
            "window_length": optional(count),
            "feature_names": optional(array(1, "O")),
            "instances": optional(instance(pd.Index)),
        },
        _call,
        further={
            "times": optional(instance(pd.Index)),
            "categories": optional(tuple_of(optional(instance(pd.Index)))),
            "static": optional(instance(StaticTable)),
        },
    ),
    StaticTable: Record(
        {
            "values": array(2, "f"),
            "names": optional(array(1, "O")),
            "categories": tuple_of(optional(instance(pd.Index))),
        },
        _call,
        lambda table: len(table.categories) == table.values.shape[1],
    ),
    InputColumns: Record(
        {
            **dict.fromkeys(
                ("numeric", "categorical", "static_numeric", "static_categorical"),
                array(1, "i"),
            ),
            **dict.fromkeys(
                ("categories", "static_categories"), tuple_of(instance(pd.Index))
            ),
            **dict.fromkeys(("static_center", "static_scale"), tuple_of(number)),
            **dict.fromkeys(("has_holes", "has_dates"), flag),
            "gap": optional(number),
            "static_names": tuple_of(instance(str)),
            "static_bounds": instance(Bounds),
            **dict.fromkeys(("unseen", "static_unseen"), tuple_of(count)),
        },
        _call,
        InputColumns.fit_together,
    ),
    LearnedEncoder: Record(
        {
            **dict.fromkeys(("weights", "form"), instance(dict)),
            **dict.fromkeys(("n_networks", "n_features"), count),
            "feature_names": optional(array(1, "O")),
            "normalize": choice(None, "feature", "sequence", "both"),
            "scaler": instance(StepScaler),
            "columns": optional(instance(InputColumns)),
            "known_tokens": optional(array(1, "b")),
            "usual": optional(array(1, "f")),
            "loss_curve": tuple_of(number),
        },
        _call,
        LearnedEncoder.fits_together,
    ),
    Classification: Record(_LABELS, is_sound=_has_classes, further=_LABEL_LOSS),
    StepClassification: Record(
        {**_LABELS, "class_weights": optional(array(1, "f")), "typical": number},
        is_sound=lambda task: (
            _has_classes(task)
            and (
                task.class_weights is None or len(task.class_weights) == task.n_outputs
            )
        ),
        further={
            "missing_label": lambda label: isinstance(label, LABELS),
            **_LABEL_LOSS,
        },
    ),
    MultilabelClassification: Record(
        {**_LABELS, "class_weights": optional(array(2, "f")), "typical": number},
        is_sound=lambda task: (
            _has_classes(task)
            and task.typical > 0
            and (
                task.class_weights is None
                or task.class_weights.shape == (2, task.n_outputs)
            )
        ),
        further=_LABEL_LOSS,
    ),
    Regression: Record(
        {
            "shape": tuple_of(count),
            "n_outputs": count,
            "scaler": instance(StandardScaler),
        },
        is_sound=lambda task: (
            len(task.shape) < 2
            and task.n_outputs == task.n_targets * task.loss.n_outputs > 0
        ),
        further={
            "bounds": instance(Bounds),
            "has_holes": flag,
            "loss": instance(NumberLoss),
        },
    ),
    NumberSequences: Record(
        {"n_outputs": count, "scaler": instance(StepScaler), "typical": number},
        is_sound=lambda task: task.n_outputs % task.loss.n_outputs == 0,
        further={"loss": instance(NumberLoss)},
    ),
    LabelSequences: Record(
        {
            **_LABELS,
            "labels": instance(Classification),
            "end": count,
            "typical": number,
        },
        is_sound=lambda task: len(task.classes) == task.end == task.n_outputs - 1,
    ),
    Layout: Record({"is_list": flag, "ndim": lambda value: value in (1, 2, 3)}),
    StepScaler: Record(
        {"scaler": instance(StandardScaler)}, further={"bounds": instance(Bounds)}
    ),
    Bounds: Record(
        dict.fromkeys(("low", "high"), array(1, "f")),
        _call,
        lambda bounds: (
            bounds.low.shape == bounds.high.shape
            and bool((bounds.low <= bounds.high).all())
        ),
    ),
    Roles: Record(dict.fromkeys(Roles._fields, array(1, "i")), _call),
    Columns: Record(dict.fromkeys(Columns._fields, count), _call),
    ColumnCategories: Record(
        {
            "known": tuple_of(optional(instance(pd.Index))),
            "may_miss": tuple_of(flag),
        },
        _call,
        lambda categories: len(categories.known) == len(categories.may_miss),
    ),
    Indicators: Record(
        {
            "columns": instance(Columns),
            "source": array(1, "i"),
            **dict.fromkeys(("code", "mean", "scale"), array(1, "f")),
        },
        _call,
        lambda shown: (
            len(shown.source) == len(shown.code) == len(shown.mean) == len(shown.scale)
            and bool((shown.scale > 0).all())
        ),
    ),
    Kind: Record(
        dict.fromkeys(Kind._fields, flag)
        | {"columns": _ANY, "index_names": instance(tuple)},
        _call,
    ),
    Span: Record(dict.fromkeys(Span._fields, _ANY), _call),
    Table: Record(
        {
            "values": array(2, "f"),
            "edges": array(1, "i"),
            "names": instance(tuple),
            "spans": tuple_of(optional(instance(Span))),
            "before": optional(array(2, "f")),
            "weights": exactly(type(None)),  # of fit alone
        },
        _call,
        _is_table,
    ),
    Moments: Record(
        dict.fromkeys(Moments._fields, array(1, "f"))
        | {"last": array(2, "f"), "is_settled": array(1, "b")},
        _call,
        lambda moments: (
            len(moments.n_there)
            == len(moments.mean)
            == len(moments.squares)
            == len(moments.is_settled)
            and len(moments.steps) == len(moments.n_steps) == moments.last.shape[1]
        ),
    ),
    SeriesScaler: Record(
        {
            "columns": instance(Columns),
            "normalize": flag,
            "seasonality": optional(count),
            "scales": instance(dict),
            "common": instance(tuple),
            "moments": instance(dict),
            "codes": array(1, "i"),
        },
        is_sound=_has_scales,
        further={
            "centers": flag,
            "mapping": optional(
                lambda given: isinstance(given, BaseEstimator) or given in tuple(LOWEST)
            ),
            "maps": instance(dict),
        },
    ),
    LogMap: Record({}, _call),
    BoxCoxMap: Record(
        dict.fromkeys(("power", "unit"), number),
        _call,
        lambda found: 0 <= found.power <= 1 and found.unit > 0,
    ),
    TransformerMap: Record(
        {"transformer": instance(BaseEstimator)},
        _call,
        lambda found: getattr(found.transformer, "n_features_in_", None) == 1,
    ),
    Errors: Record(
        {
            "scores": array(3, "f"),
            "n_series": count,
            "usual": array(1, "f"),
            "recent": instance(Table),
        },
        _call,
        lambda errors: (
            len(errors.scores) > 0
            and errors.scores.shape[2] == len(errors.usual)
            and bool((errors.usual > 0).all())
        ),
    ),
    ErrorScale: Record(
        {
            "gaps": array(1, "f"),
            **dict.fromkeys(("centers", "scales", "precision"), array(2, "f")),
        },
        is_sound=lambda scale: (
            scale.centers.shape == scale.scales.shape
            and len(scale.gaps) == len(scale.centers) > 0
            and scale.precision.shape == 2 * scale.centers.shape[1:]
        ),
    ),
    SeasonWindows: Record(
        {
            "components": array(2, "f"),
            **dict.fromkeys(("mean", "variances"), array(1, "f")),
            **dict.fromkeys(("size", "noise", "usual"), number),
        },
        is_sound=lambda windows: (
            len(windows.mean) > 1
            and windows.components.shape == (len(windows.variances), len(windows.mean))
            and bool((windows.variances > 0).all())
            and min(windows.size, windows.noise) > 0
        ),
    ),
    **_LOSSES,
}
_BY_NAME = {cls.__name__: cls for cls in RECORDS}


def _write_record(writer: Writer, value: Any, place: str) -> list:
    record = RECORDS[type(value)]
    attributes = {
        name: writer.write(getattr(value, name), f"{place}.{name}")
        for name in (*record.attributes, *record.further)
    }
    return [type(value).__name__, attributes]


def _read_record(reader: Reader, part: Any) -> Any:
    name, attributes = expect(part, list)
    if name not in _BY_NAME:
        raise ValueError(f"there is no record {name!r:.80}")
    cls = _BY_NAME[name]
    record = RECORDS[cls]
    found = {key: reader.read(node) for key, node in expect(attributes, dict).items()}
    check_all(name, found, record.attributes, record.further)
    value = record.make(cls, found)
    if not record.is_sound(value):
        raise ValueError(f"the attributes of a {name} do not fit together")
    return value


RECORD_FORM = Form(
    "record", lambda value: type(value) in RECORDS, _write_record, _read_record
)
