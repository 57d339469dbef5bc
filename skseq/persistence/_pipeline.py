"""Pipelines whose steps can all be saved."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from skseq.persistence._estimators import ESTIMATOR_FORM
from skseq.persistence._forms import Form, Reader, Writer, expect
from skseq.persistence._sklearn import SKLEARN_FORM

__all__ = ["PIPELINE_FORM"]


def _can_be_step(value: Any) -> bool:
    return ESTIMATOR_FORM.handles(value) or SKLEARN_FORM.handles(value)


def _write_pipeline(writer: Writer, value: Pipeline, place: str) -> list:
    for name, step in value.steps:
        if not _can_be_step(step):
            raise TypeError(
                f"{name}={step!r:.80} cannot be saved: a file holds pipelines of steps "
                "of skseq and of a few scalers of scikit-learn. For others there is "
                "skops.io, or a pickle."
            )
    return [[name, writer.write(step, name)] for name, step in value.steps]


def _read_pipeline(reader: Reader, part: Any) -> Pipeline:
    steps = [(expect(name, str), reader.read(node)) for name, node in part]
    if not steps or not all(_can_be_step(step) for _, step in steps):
        raise ValueError("a pipeline has a step that is none")
    pipeline = Pipeline(steps)
    pipeline._validate_steps()
    return pipeline


PIPELINE_FORM = Form(
    "pipeline",
    lambda value: type(value) is Pipeline,
    _write_pipeline,
    _read_pipeline,
)
