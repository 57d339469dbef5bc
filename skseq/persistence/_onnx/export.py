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
from skseq.data.bounds import ERROR, FENCE, Bounds
from skseq.forecasting._base import BaseForecaster
from skseq.networks import PooledHead, SequenceNetworks, StepHead
from skseq.persistence._onnx.aggregates import add_linear
from skseq.persistence._onnx.dense import add_dense, add_embedding
from skseq.persistence._onnx.encoders import add_encoder
from skseq.persistence._onnx.forecasts import add_forecaster
from skseq.persistence._onnx.graph import Graph, Steps, import_onnx
from skseq.persistence._onnx.pooling import add_pooling

__all__ = ["export_onnx"]

ROUNDING = 10 * float(np.finfo(np.float32).eps)  # as in skseq.data.scaling, of float32


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

    Inputs are float32, which tells apart seven digits, or int64 of one feature where X
    holds tokens. Probabilities are float32, all other outputs float64. Steps beyond a
    sequence's length may hold anything, and so does what a tagger says of them. The
    columns of `past` are the targets, then past covariates, then those of
    `known_future`; `future` and `static` are there if there are such columns.

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
    Scales are applied in float64, the network in float32. The labels of classes are in
    the model's property "classes", as JSON.

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
            "excepted."
        )
    check_is_fitted(estimator, "net_")
    graph, properties = Graph(), {}
    if is_reader:
        if hasattr(estimator, "classes_"):
            labels = estimator.classes_.tolist()
            properties["classes"] = json.dumps(labels, default=str)
        _add_estimator(graph, estimator, lengths)
    else:
        add_forecaster(graph, estimator)
    write_file(path, graph.model(repr(estimator), properties))


def _add_estimator(
    graph: Graph, estimator: BaseSequenceEstimator, lengths: bool
) -> None:
    if getattr(estimator, "_is_stateful", False):
        raise TypeError(
            "A stateful copy cannot be exported; export the estimator it is a copy of."
        )
    module, task = estimator.module_, estimator._task
    tokens = estimator._known_tokens is not None
    shape = ["n_samples", "n_timesteps", estimator._n_channels]
    x = graph.input("X", np.int64 if tokens else np.float32, shape)
    if lengths:
        steps = Steps(x, graph.input("lengths", np.int64, ["n_samples"]))
    else:
        n_samples, n_steps = graph.size(x, 0), graph.size(x, 1)
        steps = Steps(x, graph.op("Expand", n_steps, n_samples))
    steps = _scaled(graph, estimator, steps, tokens)
    networks = [module]
    if isinstance(module, SequenceNetworks):
        networks = [one.module_ for one in estimator.estimators_]
    answers = [_answer(graph, network, task, steps) for network in networks]
    x = graph.op("Mean", *answers) if len(answers) > 1 else answers[0]
    rows: list[Any] = ["n_samples", *["n_timesteps"] * task.per_step]
    if not isinstance(task, Regression):
        graph.output("probabilities", x, np.float32, [*rows, task.n_outputs])
        return
    x = graph.cast(x, np.float64)
    if task.scaler.with_mean:
        x = graph.op("Add", graph.op("Mul", x, task.scaler.scale_), task.scaler.mean_)
    if task.shape == ():
        x = graph.op("Squeeze", x, np.array([1]))
    graph.output("prediction", x, np.float64, [*rows, *task.shape])


def _answer(graph: Graph, network: Any, task: Any, steps: Steps) -> str:
    """Add a network: probabilities, or standardised numbers."""
    seen = steps
    steps = add_embedding(graph, network.embedding, steps)
    steps = add_encoder(graph, network.encoder, steps)
    if type(network.head) is PooledHead:
        x = add_pooling(graph, network.head.pooling, steps)
    elif type(network.head) is StepHead:
        x = steps.x
    else:
        raise TypeError(f"{type(network.head).__name__} cannot be exported.")
    x = add_dense(graph, network.head.dense, x)
    if network.beside is not None:
        x = graph.op("Add", x, add_linear(graph, network.beside, seen))
    if isinstance(task, Classification):
        return graph.op("Softmax", x, axis=-1)
    if isinstance(task, MultilabelClassification):
        return graph.op("Sigmoid", x)
    return x


def _scaled(
    graph: Graph, estimator: BaseSequenceEstimator, steps: Steps, tokens: bool
) -> Steps:
    """Add the scales of inputs; padding becomes zero before."""
    mask = graph.mask(steps)
    if tokens:
        return steps._replace(x=graph.op("Where", mask, steps.x, np.int64(0)))
    x = graph.cast(steps.x, np.float64)
    bounds = estimator._scaler.bounds
    if bounds.exist:
        x = _clipped(graph, bounds, x)
    x = graph.op("Where", mask, x, np.float64(0))
    views = []
    if estimator._normalize in ("feature", "both"):
        mean, scale = estimator._scaler.scale()
        views.append(graph.op("Div", graph.op("Sub", x, mean[0]), scale[0]))
    if estimator._normalize in ("sequence", "both"):
        views.append(_scaled_by_itself(graph, Steps(x, steps.lengths), mask))
    x = graph.op("Concat", *(views or [x]), axis=2)
    return steps._replace(x=graph.cast(x, np.float32))


def _clipped(graph: Graph, bounds: Bounds, x: str) -> str:
    """Return values without wild ones, as `Bounds.clip`."""
    least, most = bounds.beyond(FENCE)
    lowest, highest = bounds.beyond(ERROR)
    is_low, is_high = graph.op("Less", x, lowest), graph.op("Greater", x, highest)
    x = graph.op("Min", graph.op("Max", x, least), most)
    x = graph.op("Where", is_low, bounds.low, x)
    return graph.op("Where", is_high, bounds.high, x)


def _scaled_by_itself(graph: Graph, steps: Steps, mask: str) -> str:
    """Return each feature of each sequence by its own mean and deviation."""
    n = graph.op("Unsqueeze", graph.cast(steps.lengths, np.float64), np.array([1, 2]))
    mean = graph.op("Div", graph.op("ReduceSum", steps.x, np.array([1])), n)
    centred = graph.op("Where", mask, graph.op("Sub", steps.x, mean), np.float64(0))
    squares = graph.op("ReduceSum", graph.op("Mul", centred, centred), np.array([1]))
    std = graph.op("Sqrt", graph.op("Div", squares, n))
    least = graph.op("Mul", graph.op("Abs", mean), np.float64(ROUNDING))
    is_constant = graph.op("LessOrEqual", std, least)
    std = graph.op("Where", is_constant, np.float64(1), std)
    return graph.op("Div", centred, std)
