"""Saving and loading."""

from __future__ import annotations

import os
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skseq._showing import shown
from skseq._writing import write_file
from skseq.data.sequences import SequenceArray
from skseq.persistence._container import pack, read_file, unpack
from skseq.persistence._estimators import ESTIMATOR_FORM
from skseq.persistence._forms import Reader, Writer
from skseq.persistence._pandas import PANDAS_FORMS
from skseq.persistence._pipeline import PIPELINE_FORM
from skseq.persistence._records import RECORD_FORM
from skseq.persistence._sklearn import REQUEST_FORM, SKLEARN_FORM
from skseq.persistence._values import VALUE_FORMS

__all__ = ["load", "save"]

FORMS = [
    *VALUE_FORMS,
    *PANDAS_FORMS,
    RECORD_FORM,
    REQUEST_FORM,
    SKLEARN_FORM,
    ESTIMATOR_FORM,
    PIPELINE_FORM,
]


def save(estimator: Any, path: str | os.PathLike) -> None:
    """Save a fitted estimator in a file that anyone can open without risk.

    A file holds the weights and learned arrays as safetensors and all else as JSON. It
    is written as a whole or not at all: where saving fails, an earlier file stays.

    Parameters
    ----------
    estimator : estimator, Pipeline or SequenceArray
        Any fitted estimator or transformer of skseq; a pipeline of such steps, between
        which scalers, imputers and encoders of scikit-learn may stand, without its
        `memory`; or sequences.
    path : str or path-like
        Where to write. What is there is replaced.

    Raises
    ------
    TypeError
        If the estimator is none of skseq, such as a search or a class of your own, or
        it holds what is not data: a layer class as `cell`, an optimiser class,
        callbacks. The message names the parameter.
    ValueError
        If parameters that shape the network were changed since `fit`, or at `path` is
        something else than a file.
    NotFittedError
        If the estimator is not fitted.
    OSError
        If the file cannot be written.
    ImportError
        If safetensors is not installed: ``pip install 'skseq[files]'``.

    See Also
    --------
    load : The way back.
    export_onnx : For other programs.

    Notes
    -----
    As with a pickle, the state of the optimiser is left out, with which `partial_fit`
    starts afresh after loading. For other estimators of scikit-learn there is skops
    (https://skops.readthedocs.io).

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.persistence import load, save
    >>> X = np.random.default_rng(0).normal(size=(40, 10, 2))
    >>> model = RNNRegressor(max_epochs=2, random_state=0).fit(X, X[:, 0, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/model.safetensors")
    ...     loaded = load(f"{folder}/model.safetensors")
    >>> bool((loaded.predict(X) == model.predict(X)).all())
    True
    """
    _check(estimator)
    writer = Writer(FORMS)
    data = pack(writer.write(estimator, ""), writer.tensors)
    _read(data)  # so that no file is written that cannot be read
    write_file(path, data)


def load(path: str | os.PathLike) -> Any:
    """Load what `save` has written.

    A file can hold data and the names of skseq's own classes. Whatever it holds,
    loading runs no code from it and takes no more memory than its size justifies; a
    file that is not as `save` writes it is an error. What a model does that is as it
    should be is another matter: ask for its source before you trust its predictions.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator : estimator, Pipeline or SequenceArray
        It predicts bit by bit what the saved one does, on the device that its parameter
        `device` names, or on the CPU if there is no such device.

    Raises
    ------
    ValueError
        If it is not a file of skseq, was written by a version whose files differ, or
        is damaged.
    OSError
        If there is no file, or it must not be read.
    ImportError
        If safetensors is not installed: ``pip install 'skseq[files]'``.

    See Also
    --------
    save : Writes such a file, with an example.
    """
    data = read_file(path)
    try:
        return _read(data)
    except ImportError:
        raise
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {error}.") from error
    except Exception as error:  # a made-up file can make any part of it fail
        what = f"it is not as save writes it ({type(error).__name__}: {error})"
        raise ValueError(f"{path} cannot be loaded: {what}.") from error


def _read(data: bytes) -> Any:
    model, tensors = unpack(data)
    reader = Reader(FORMS, tensors)
    value = reader.read(model)
    if not _can_be_saved(value):
        raise ValueError(f"it holds a {type(value).__name__}, not an estimator")
    if reader.tensors:
        raise ValueError(f"the array {min(reader.tensors)!r:.80} belongs to nothing")
    return value


def _can_be_saved(value: Any) -> bool:
    forms = (ESTIMATOR_FORM, PIPELINE_FORM)
    return type(value) is SequenceArray or any(form.handles(value) for form in forms)


def _check(value: Any) -> None:
    """Refuse what is not fitted, or no estimator of skseq."""
    if not _can_be_saved(value):
        what = f"a {type(value).__name__}"
        if isinstance(value, type):
            what = f"the class {value.__name__}"
        raise TypeError(
            f"estimator is {what}, which cannot be saved: a file holds estimators and "
            "transformers of skseq, pipelines of them, and SequenceArrays. Save one "
            "that it holds, such as best_estimator_, or use a pickle, or skops.io for "
            "estimators of scikit-learn."
        )
    if hasattr(value, "fit"):
        if getattr(value, "pretrained_", None) is None:
            check_is_fitted(value)
    elif (
        hasattr(value, "get_params")
        and not vars(value).keys() - type(value)._get_param_names()
    ):
        raise NotFittedError(
            f"estimator={shown(value)} has nothing learned that could be saved."
        )
