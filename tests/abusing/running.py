"""Cases: drawn, run, and told as a program that reproduces them."""

from __future__ import annotations

import inspect
import re
import signal
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pandas as pd
import torch
import torch._dynamo  # sympy, which it imports, adds a warning filter
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    QuantileTransformer,
    StandardScaler,
)
from skorch.callbacks import Callback
from torch import nn

import skseq
from abusing import data, targets
from abusing.contract import Violation, check_call, fingerprint
from abusing.drawing import Call, Case, Drawer
from abusing.estimators import FAMILIES
from abusing.others import FUNCTIONS, TRANSFORMERS
from skseq import datasets, metrics, model_selection, preprocessing
from skseq.networks import GRULayer

__all__ = ["SUBJECTS", "cases", "run", "snippet"]

SECONDS = 30  # of the processor, which a call of one of these small cases never needs


def context_folds(X, n_splits, context, max_train_size, test_size, gap):
    """Split by a ContextTimeSeriesSplit."""
    splitter = model_selection.ContextTimeSeriesSplit(
        n_splits,
        context=context,
        max_train_size=max_train_size,
        test_size=test_size,
        gap=gap,
    )
    return list(splitter.split(X))


NAMES = {
    **{name: getattr(skseq, name) for name in skseq.__all__},
    **{name: getattr(preprocessing, name) for name in preprocessing.__all__},
    **{name: getattr(metrics, name) for name in metrics.__all__},
    **{name: getattr(datasets, name) for name in datasets.__all__},
    "context_scorer": model_selection.context_scorer,
    "context_folds": context_folds,
    **{"np": np, "pd": pd, "torch": torch, "nn": nn, "nan": np.nan, "inf": np.inf},
    **{"Callback": Callback, "GRULayer": GRULayer, "MinMaxScaler": MinMaxScaler},
    **{"QuantileTransformer": QuantileTransformer, "SimpleImputer": SimpleImputer},
    **{"StandardScaler": StandardScaler, "OneHotEncoder": OneHotEncoder},
    "make_column_selector": make_column_selector,
    "static_table": data.static_table,
    **{"sequences": data.sequences, "table": data.table, "texts": targets.texts},
    **{"targets": targets.targets, "weights": targets.weights},
    "step_targets": targets.step_targets,
}


def _families():
    """Return how each public class is called; one without a family is an error."""
    public = [*skseq.__all__, *preprocessing.__all__]
    classes = [n for n in public if inspect.isclass(NAMES[n]) and n != "SequenceArray"]
    known = FAMILIES | TRANSFORMERS
    found = {}
    for name in classes:
        ending = next(e for e in sorted(known, key=len)[::-1] if name.endswith(e))
        found[name] = known[ending]
    return found


CLASSES = _families()
SPREADS = ("predict_quantiles", "predict_interval")
SUBJECTS = (*CLASSES, *FUNCTIONS)


@st.composite
def cases(draw, subject):
    """Draw a case of a subject."""
    d = Drawer(draw)
    if subject in FUNCTIONS:
        d.calm = d.often(40)  # of a single call
        return Case(subject, None, [Call("", FUNCTIONS[subject][0](d))])
    cls, family = NAMES[subject], CLASSES[subject]
    return Case(subject, family.make(d, cls), family.calls(d, cls))


def run(case):
    """Make the calls of a case and check each.

    Returns
    -------
    outcomes : Counter
        How many calls succeeded, were refused, or had arguments that cannot be made.

    Raises
    ------
    Violation
        If a call breaks the contract.
    """
    outcomes, memory = Counter(), {}
    model = None if case.make is None else eval(case.make, dict(NAMES))
    for call in case.calls:
        try:
            arguments = {k: eval(v, dict(NAMES)) for k, v in call.arguments.items()}
        except Exception:  # of the data's own making: no call of the package's
            outcomes["not made"] += 1
            continue
        if call.method in SPREADS and not hasattr(model, call.method):
            outcomes["refused"] += 1  # the loss learns none
            continue
        target = _function(case, call, model)
        try:
            with no_longer_than(SECONDS):
                result, error = check_call(
                    model,
                    target,
                    arguments,
                    call.method in LEARNING or getattr(model, "_is_stateful", False),
                )
            outcomes["refused" if error else "succeeded"] += 1
            if error is None and model is None:
                FUNCTIONS[case.subject][1](arguments, result)
            elif error is None:
                CLASSES[case.subject].check(model, call, arguments, result, memory)
                model = result if call.method == "stateful" else model
        except Violation as violation:
            raise Violation(f"{case.subject} {call.method}: {violation}") from violation
    if model is not None:
        check_copies(model)
    return outcomes


def check_copies(model):
    """Raise unless an estimator can be shown and cloned, whatever it holds."""
    if not isinstance(repr(model), str):
        raise Violation("repr is no text")
    params = (fingerprint(m.get_params()) for m in (model, clone(model)))
    one, other = (re.sub("0x[0-9a-fA-F]+", "", str(p)) for p in params)
    if one != other:
        raise Violation("a clone has other parameters")


LEARNING = (
    *("fit", "partial_fit", "update", "set_params", "split"),
    *("fit_transform", "fit_predict"),
)


def _function(case, call, model):
    if model is not None:
        return getattr(model, call.method)
    owner, _, method = case.subject.partition(".")
    return getattr(NAMES[owner], method) if method else NAMES[owner]


@contextmanager
def no_longer_than(seconds):
    """Interrupt a block that hangs."""

    def stop(*_):
        raise Violation(f"took more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)  # a busy machine is no hang
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def snippet(case):
    """Return a program that runs a case again, from the directory of the tests."""
    lines = [
        "from abusing.running import Call, Case, run",
        f"print(run({case!r}))  # " + "; ".join(str(case).splitlines()),
    ]
    return "\n".join(lines)
