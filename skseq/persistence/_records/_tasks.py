"""What estimators of sequences answer: classes, labels, numbers."""

from __future__ import annotations

from typing import Any

from sklearn.preprocessing import StandardScaler

from skseq.core.losses import LabelLoss, NumberLoss
from skseq.core.tasks import (
    Classification,
    MultilabelClassification,
    Regression,
    StepClassification,
)
from skseq.data.bounds import Bounds
from skseq.data.scaling import StepScaler
from skseq.parameters.checks import (
    array,
    count,
    flag,
    instance,
    number,
    optional,
    tuple_of,
)
from skseq.persistence._records._record import Record
from skseq.seq2seq._targets import Layout
from skseq.seq2seq._tasks import LabelSequences, NumberSequences

__all__ = ["TASKS"]

_LABELS = {"classes": array(1), "n_outputs": count}
_LABEL_LOSS = {"loss": instance(LabelLoss)}
_TYPES_OF_LABELS = (str, int, float, type(None))


def _has_classes(task: Any) -> bool:
    return len(task.classes) == task.n_outputs > 0


TASKS: dict[type, Record] = {
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
            "missing_label": lambda label: isinstance(label, _TYPES_OF_LABELS),
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
        further=_LABEL_LOSS,
    ),
    Layout: Record({"is_list": flag, "ndim": lambda value: value in (1, 2, 3)}),
}
