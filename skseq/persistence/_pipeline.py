"""Pipelines whose steps can all be saved."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from skseq._showing import shown
from skseq.parameters.checks import check_all, instance, optional
from skseq.persistence._estimators import ESTIMATOR_FORM
from skseq.persistence._forms import Form, Reader, Writer, expect
from skseq.persistence._sklearn import SKLEARN_FORM

__all__ = ["PIPELINE_FORM"]

# `memory` is left out: a folder of which pickles are read.
PARAMETERS = {
    "transform_input": optional(instance(list)),
    "verbose": instance(bool, int),
}


def _can_be_step(value: Any) -> bool:
    return (
        value is None
        or (type(value) is str and value == "passthrough")
        or type(value) is Pipeline
        or ESTIMATOR_FORM.handles(value)
        or SKLEARN_FORM.handles(value)
    )


def _write_pipeline(writer: Writer, value: Pipeline, place: str) -> dict:
    inside, steps = f"{place}." if place else "", []
    for name, step in value.steps:
        if not _can_be_step(step):
            raise TypeError(
                f"{inside}{name}={shown(step)} cannot be saved: a file holds pipelines "
                "of steps of skseq and a few transformers of scikit-learn. For others "
                "there is skops.io, or a pickle."
            )
        steps.append([name, writer.write(step, inside + name)])
    parameters = {
        name: writer.write(getattr(value, name), inside + name) for name in PARAMETERS
    }
    return {"steps": steps, "parameters": parameters}


def _read_pipeline(reader: Reader, part: Any) -> Pipeline:
    steps = [(expect(name, str), reader.read(node)) for name, node in part["steps"]]
    if not steps or not all(_can_be_step(step) for _, step in steps):
        raise ValueError("a pipeline has a step that is none")
    found = expect(part["parameters"], dict)
    parameters = {name: reader.read(node) for name, node in found.items()}
    check_all("Pipeline", parameters, PARAMETERS)
    pipeline = Pipeline(steps, **parameters)
    pipeline._validate_steps()
    return pipeline


PIPELINE_FORM = Form(
    "pipeline",
    lambda value: type(value) is Pipeline,
    _write_pipeline,
    _read_pipeline,
)
