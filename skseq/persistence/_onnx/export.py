"""Export of fitted networks for other programs."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq._writing import write_file
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.core.tasks import Classification, MultilabelClassification, Regression
from skseq.forecasting._base import BaseForecaster
from skseq.networks import PooledHead, SequenceNetworks, StepHead
from skseq.persistence._onnx.aggregates import add_linear
from skseq.persistence._onnx.dense import add_dense
from skseq.persistence._onnx.encoders import add_encoder
from skseq.persistence._onnx.forecasts import add_forecaster, columns_of_inputs
from skseq.persistence._onnx.given import Given, add_given, described_columns
from skseq.persistence._onnx.graph import Graph, import_onnx
from skseq.persistence._onnx.inputs import add_embedding, add_plain, with_static
from skseq.persistence._onnx.points import add_point
from skseq.persistence._onnx.pooling import add_pooling

__all__ = ["export_onnx"]


def export_onnx(
    estimator: Any, path: str | os.PathLike, *, lengths: bool = True
) -> None:
    """Export a fitted network as an ONNX model, for programs without Python.

    The model holds all that lies between raw numbers and predictions: scales, network,
    softmax or the units of the targets. Batches and sequences may have any length from
    one on.

    ==================== ============================== ==============================
    Estimators           Inputs                         Output
    ==================== ============================== ==============================
    RNN-, CNN- and       X (n_samples, n_timesteps,     probabilities (n_samples,
    CNNLSTMClassifier    n_features), lengths           n_classes), as predict_proba
    their taggers        X, lengths                     probabilities (n_samples,
                                                        n_timesteps, n_classes)
    their regressors     X, lengths                     prediction, as predict
    RNN- and             past (n_windows,               forecast (n_windows, horizon,
    CNNLSTMForecaster    window_length, n_columns),     n_targets), as
                         future (n_windows, horizon,    rolling_forecast
                         n_known_future), static
                         (n_windows, n_static)
    ==================== ============================== ==============================

    Where an estimator reads more than numbers, X holds the columns of numbers alone, in
    their order in `fit` (without any, there is no X), and there are further inputs:

    ================== ================================ ===============================
    Input              Shape                            What it holds
    ================== ================================ ===============================
    gaps               (n_samples, n_timesteps)         with ``time_gaps=True`` the
                                                        time of each step since the one
                                                        before, in units of the index
                                                        in `fit`, of dates in seconds
    categories         (n_samples, n_timesteps,         int64: columns of categories, 0
                       n_categorical)                   where it is missing, 1 where
                                                        it is none of those in `fit`, 2
                                                        for the first of these, 3 ...
    static             (n_samples, n_static)            static columns of numbers
    static_categories  (n_samples,                      int64: static columns of
                       n_static_categorical)            categories
    ================== ================================ ===============================

    With ``missing="mask"`` numbers may be NaN. What `gaps` says of first steps does not
    count, and a code beyond the last one is taken for 1.

    Inputs are float32, which tells apart seven digits, or int64 of one feature where X
    holds tokens. Probabilities are float32, all other outputs float64. Steps beyond a
    sequence's length may hold anything, and so does what a tagger says of them. The
    columns of `past` are the targets, then past covariates, then those of
    `known_future`; `future` and `static` are there if there are such columns. A column
    of categories of a forecaster is one of 0 and 1 for each, sorted, and behind them
    one for missing categories, if `fit` met any; all are 0 of an unknown category.

    Parameters
    ----------
    estimator : estimator
        A fitted one of those above.
    path : str or path-like
        Where to write. What is there is replaced.
    lengths : bool, default=True
        Whether the model has the input lengths (n_samples,), int64, the number of real
        steps of each sequence. Without it all of a batch have all steps. Forecasters
        ignore it.

    Raises
    ------
    ImportError
        If onnx is not installed: ``pip install 'skseq[onnx]'``.
    TypeError
        If the estimator is another one, its network has layers of your own, or it is a
        forecaster of several series or with ``missing="mask"``.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If at `path` is something else than a file.
    OSError
        If the file cannot be written.

    See Also
    --------
    save : For skseq itself, of all estimators.

    Notes
    -----
    Scales are applied in float64, the network in float32. Properties of the model tell,
    as JSON, the labels of "classes"; the names of the columns of X ("features"), of
    categories ("category_features") and of both kinds of static columns
    ("static_features", "static_category_features"), if `fit` knew them; and which
    "categories" and "static_categories" there are in each column, in the order of their
    codes. Of a
    forecaster with categories, "columns" has a list for each input: the name of each
    column, or ``[name, category]``.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import onnxruntime
    >>> from skseq import RNNClassifier
    >>> from skseq.persistence import export_onnx
    >>> X = np.random.default_rng(0).normal(size=(40, 10, 2)).astype("float32")
    >>> model = RNNClassifier(max_epochs=2, random_state=0).fit(X, X[:, 0, 0] > 0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_onnx(model, f"{folder}/model.onnx", lengths=False)
    ...     session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
    >>> (probabilities,) = session.run(None, {"X": X})
    >>> bool(np.allclose(probabilities, model.predict_proba(X), atol=1e-6))
    True
    """
    import_onnx()
    is_reader = isinstance(estimator, BaseSequenceEstimator) and hasattr(
        estimator, "dense_size"
    )
    if not is_reader and not isinstance(estimator, BaseForecaster):
        raise TypeError(
            f"{type(estimator).__name__} cannot be exported: only classifiers, "
            "regressors and taggers of sequences and forecasters are, the Seq2Seq ones "
            "excepted; of a pipeline, its last step."
        )
    check_is_fitted(estimator, "net_")
    graph, properties = Graph(), {}
    if is_reader:
        if hasattr(estimator, "classes_"):
            labels = estimator.classes_.tolist()
            properties["classes"] = json.dumps(labels, default=str)
        properties |= described_columns(estimator)
        _add_estimator(graph, estimator, lengths)
    else:
        add_forecaster(graph, estimator)
        if estimator._indicators.are_any:
            columns = columns_of_inputs(estimator)
            properties["columns"] = json.dumps(columns, default=str)
    write_file(path, graph.model(repr(estimator), properties))


def _add_estimator(
    graph: Graph, estimator: BaseSequenceEstimator, lengths: bool
) -> None:
    if getattr(estimator, "_is_stateful", False):
        raise TypeError(
            "A stateful copy cannot be exported; export the estimator it is a copy of."
        )
    module, task = estimator.module_, estimator._task
    given = add_given(graph, estimator, lengths)
    networks = [module]
    if isinstance(module, SequenceNetworks):
        networks = [one.module_ for one in estimator.estimators_]
    answers = [_answer(graph, network, task, given) for network in networks]
    x = graph.op("Mean", *answers) if len(answers) > 1 else answers[0]
    rows: list[Any] = ["n_samples", *["n_timesteps"] * task.per_step]
    if not isinstance(task, Regression):
        graph.output("probabilities", x, np.float32, [*rows, task.n_outputs])
        return
    x = add_point(graph, task.loss, x, [-1, task.n_targets])
    x = graph.cast(x, np.float64)
    if task.scaler.with_mean:
        x = graph.op("Add", graph.op("Mul", x, task.scaler.scale_), task.scaler.mean_)
    if task.shape == ():
        x = graph.op("Squeeze", x, np.array([1]))
    graph.output("prediction", x, np.float64, [*rows, *task.shape])


def _answer(graph: Graph, network: Any, task: Any, given: Given) -> str:
    """Add a network: probabilities, or standardised numbers."""
    steps = add_embedding(graph, network.embedding, given)
    steps = add_encoder(graph, network.encoder, steps)
    if type(network.head) is PooledHead:
        x = add_pooling(graph, network.head.pooling, steps)
    elif type(network.head) is StepHead:
        x = steps.x
    else:
        raise TypeError(f"{type(network.head).__name__} cannot be exported.")
    x = with_static(graph, network.embedding, given, x, task.per_step)
    x = add_dense(graph, network.head.dense, x)
    if network.beside is not None:
        plain = add_plain(graph, network.embedding, given)
        x = graph.op("Add", x, add_linear(graph, network.beside, plain))
    if isinstance(task, Classification):
        return graph.op("Softmax", x, axis=-1)
    if isinstance(task, MultilabelClassification):
        return graph.op("Sigmoid", x)
    if task.loss.is_rate:  # of which the mean is taken, not of logarithms
        return graph.op("Exp", x)
    return x
