"""What forecasters know of series: tables, scales, maps, errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

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
    array,
    count,
    exactly,
    flag,
    instance,
    number,
    optional,
    tuple_of,
)
from skseq.persistence._records._record import Record, called

__all__ = ["FORECASTERS"]

_ANY = optional(lambda value: True)


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
        and (table.first is None or len(table.first) == n_series)
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


def _are_of(series: np.ndarray, errors: Errors) -> bool:
    is_known = (series >= 0) & (series < len(errors.recent.names))
    return len(series) == len(errors.scores) and bool(is_known.all())


FORECASTERS: dict[type, Record] = {
    Roles: Record(dict.fromkeys(Roles._fields, array(1, "i")), called),
    Columns: Record(dict.fromkeys(Columns._fields, count), called),
    ColumnCategories: Record(
        {
            "known": tuple_of(optional(instance(pd.Index))),
            "may_miss": tuple_of(flag),
        },
        called,
        lambda categories: len(categories.known) == len(categories.may_miss),
    ),
    Indicators: Record(
        {
            "columns": instance(Columns),
            "source": array(1, "i"),
            **dict.fromkeys(("code", "mean", "scale"), array(1, "f")),
        },
        called,
        lambda shown: (
            len(shown.source) == len(shown.code) == len(shown.mean) == len(shown.scale)
            and bool((shown.scale > 0).all())
        ),
    ),
    Kind: Record(
        dict.fromkeys(Kind._fields, flag)
        | {"columns": _ANY, "index_names": instance(tuple)},
        called,
    ),
    Span: Record(dict.fromkeys(Span._fields, _ANY), called),
    Table: Record(
        {
            "values": array(2, "f"),
            "edges": array(1, "i"),
            "names": instance(tuple),
            "spans": tuple_of(optional(instance(Span))),
            "before": optional(array(2, "f")),
            "weights": exactly(type(None)),  # of fit alone
        },
        called,
        _is_table,
        further={"first": optional(array(1, "i"))},
    ),
    Moments: Record(
        dict.fromkeys(Moments._fields, array(1, "f"))
        | {"last": array(2, "f"), "is_settled": array(1, "b")},
        called,
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
    LogMap: Record({}, called),
    BoxCoxMap: Record(
        dict.fromkeys(("power", "unit"), number),
        called,
        lambda found: 0 <= found.power <= 1 and found.unit > 0,
    ),
    TransformerMap: Record(
        {"transformer": instance(BaseEstimator)},
        called,
        lambda found: getattr(found.transformer, "n_features_in_", None) == 1,
    ),
    Errors: Record(
        {
            "scores": array(3, "f"),
            "n_series": count,
            "usual": array(1, "f"),
            "recent": instance(Table),
        },
        called,
        lambda errors: (
            len(errors.scores) > 0
            and errors.scores.shape[2] == len(errors.usual)
            and bool((errors.usual > 0).all())
            and (errors.shifts is None or errors.shifts.shape == errors.scores.shape)
            and (errors.series is None or _are_of(errors.series, errors))
        ),
        further={"shifts": optional(array(3, "f")), "series": optional(array(1, "i"))},
    ),
}
