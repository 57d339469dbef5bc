"""Sequences and what is learned of them: columns, scales, bounds, encoders."""

from __future__ import annotations

import pandas as pd
from sklearn.preprocessing import StandardScaler

from skseq.core.encoders import LearnedEncoder
from skseq.data.bounds import Bounds
from skseq.data.columns import InputColumns
from skseq.data.scaling import StepScaler
from skseq.data.sequences import SequenceArray
from skseq.data.static import StaticTable
from skseq.parameters.checks import (
    array,
    choice,
    count,
    flag,
    instance,
    number,
    optional,
    tuple_of,
)
from skseq.persistence._records._record import Record, called

__all__ = ["DATA"]


DATA: dict[type, Record] = {
    SequenceArray: Record(
        {
            "values": array(2),
            "starts": array(1, "iu"),
            "lengths": array(1, "iu"),
            "window_length": optional(count),
            "feature_names": optional(array(1, "O")),
            "instances": optional(instance(pd.Index)),
        },
        called,
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
        called,
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
        called,
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
        called,
        LearnedEncoder.fits_together,
    ),
    StepScaler: Record(
        {"scaler": instance(StandardScaler)}, further={"bounds": instance(Bounds)}
    ),
    Bounds: Record(
        dict.fromkeys(("low", "high"), array(1, "f")),
        called,
        lambda bounds: (
            bounds.low.shape == bounds.high.shape
            and bool((bounds.low <= bounds.high).all())
        ),
    ),
}
