"""What must hold of every call: it succeeds as it should, or says what is wrong."""

from __future__ import annotations

import inspect
import io
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skseq import SequenceArray

__all__ = ["Violation", "check_call", "check_finite", "fingerprint", "state"]

# What scikit-learn, NumPy and pandas say of X and y without their name.
FAMILIAR = re.compile(
    "inconsistent numbers of samples|Found array with|Expected 2D array|"
    "Unknown label type|could not convert|Complex data not supported|"
    "feature names|Sparse data was passed|Singleton array|dtype|"
    "n_samples|Found unknown categories|Expected sequence or array-like|"
    "sequences have unequal lengths|Invalid parameter|inhomogeneous|numeric|"
    "Unsupported format|Sample weights|label input types|y_true|Input contains NaN|"
    r"Classification metrics|Sequence \d|of instance|number of folds"
)


class Violation(AssertionError):
    """A call that breaks the contract."""


def fingerprint(value):
    """Return what changes when a value does."""
    if isinstance(value, np.ma.MaskedArray):
        return "masked", fingerprint(value.data), fingerprint(value.mask)
    if isinstance(value, np.ndarray):
        content = [*map(fingerprint, value.flat)]
        if value.dtype != object:
            content = value.tobytes()
        return value.dtype.str, value.shape, value.strides, content
    if isinstance(value, torch.Tensor):
        return "tensor", fingerprint(value.detach().numpy())
    if isinstance(value, SequenceArray):
        parts = value.values, value.starts, value.lengths
        beside = (value.times, value.categories, value.instances, value.feature_names)
        static = None if value.static is None else value.static.to_frame()
        rest = repr(beside), fingerprint(static), value.window_length
        return "sequences", *map(fingerprint, parts), *rest
    if isinstance(value, (pd.DataFrame, pd.Series)):
        names = [str(c) for c in getattr(value, "columns", [value.index.name])]
        return "pandas", names, repr(value.index), fingerprint(value.to_numpy())
    if sparse.issparse(value):
        return "sparse", fingerprint(value.toarray())
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [*map(fingerprint, value)]
    if isinstance(value, dict):
        return "dict", [(k, fingerprint(v)) for k, v in value.items()]
    return repr(value)


def surroundings():
    """Return what belongs to the user and not to a call."""
    return (
        fingerprint(np.random.get_state()),
        torch.get_rng_state().numpy().tobytes(),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        str(np.geterr()),
    )


def state(model):
    """Return all that an object has learned, and its parameters."""
    attributes = dict(vars(model)) if hasattr(model, "__dict__") else {}
    names = inspect.signature(type(model)).parameters
    params = {name: attributes.pop(name, None) for name in names}
    params.pop("random_state", None)  # a RandomState is drawn from
    file = io.BytesIO()
    _ByValue(file).dump(attributes)
    return file.getvalue(), {k: fingerprint(v) for k, v in params.items()}


class _ByValue(pickle.Pickler):
    """Pickles tensors by what they hold, not by where."""

    def reducer_override(self, value):
        if not isinstance(value, torch.Tensor):
            return NotImplemented
        if value.is_meta:  # the form of a layer, without weights
            return tuple, ((str(value.dtype), tuple(value.shape)),)
        return tuple, ((str(value.dtype), value.detach().numpy().tobytes()),)


def check_call(model, function, arguments, may_change):
    """Call a function and return its result, or the error that it may raise.

    Parameters
    ----------
    model : object
        What it is a method of, or None.
    function : callable
        The function.
    arguments : dict
        Its arguments, by name.
    may_change : bool
        Whether a success may change the model.

    Returns
    -------
    result : object
    error : ValueError, TypeError or None
    """
    before = surroundings(), {k: fingerprint(v) for k, v in arguments.items()}
    was = None if model is None else state(model)
    result, error = None, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        filters = list(warnings.filters)
        try:
            result = function(**arguments)
        except (ValueError, TypeError, NotFittedError) as e:
            error = e
        except IndexError as e:  # of an index, as in NumPy
            if function.__name__ != "__getitem__":
                raise Violation(f"raised IndexError: {e}") from None
            return None, e
        except Exception as e:
            raise Violation(f"raised {type(e).__name__}: {e}") from e
        if warnings.filters != filters:
            raise Violation("changed the warning filters")
    after = surroundings(), {k: fingerprint(v) for k, v in arguments.items()}
    if after[0] != before[0]:
        raise Violation("changed generators, threads or other settings")
    for name, mark in before[1].items():
        if mark != after[1][name]:
            raise Violation(f"changed the argument {name}")
    if model is not None:
        is_now = state(model)
        if is_now[1] != was[1] and function.__name__ != "set_params":
            raise Violation("changed parameters of the estimator")
        # The state of a stream moves on with a prediction whose score then fails.
        is_read = function.__name__ == "score" and hasattr(model, "state_")
        if (error or not may_change) and is_now[0] != was[0] and not is_read:
            what = "failed" if error else "succeeded"
            raise Violation(f"{what} and changed the estimator") from error
    if error is not None and not isinstance(error, NotFittedError):
        check_message(error, model, function, arguments)
    return result, error


def check_message(error, model, function, arguments):
    """Raise unless an error names an argument or a parameter."""
    names = {*inspect.signature(function).parameters, *arguments}
    if model is not None:
        names |= set(inspect.signature(type(model)).parameters)
        names |= {"not fitted", "rows known so far"}
    words = "|".join(sorted(map(re.escape, names - {"self"})))
    text = str(error)
    if not re.search(rf"(?<![\w])({words})(?![\w])", text) and not FAMILIAR.search(
        text
    ):
        raise Violation(
            f"{type(error).__name__} names no argument: {text!r:.300}"
        ) from error


def check_finite(result, what):
    """Raise if numbers somewhere in a result are not finite."""
    if isinstance(result, (list, tuple)):
        for item in result:
            check_finite(item, what)
        return
    array = np.asarray(result)
    if array.dtype == object:
        for item in array.flat:
            if isinstance(item, np.ndarray):
                check_finite(item, what)
    elif array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise Violation(f"{what} is not finite: {array!r:.200}")
