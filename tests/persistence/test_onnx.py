"""An exported model says what the estimator says."""

import json
import sys
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import PowerTransformer

from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)
from skseq.core import estimator
from skseq.networks import LSTMLayer
from skseq.persistence import export_onnx
from skseq.preprocessing import Tokenizer

rng = np.random.default_rng(0)
X = rng.normal(loc=[5, -100], scale=[3, 20], size=(30, 12, 2)).astype(np.float32)
LENGTHS = rng.integers(1, 13, size=30)
LENGTHS[:3] = 12, 1, 2
RAGGED = [x[:n] for x, n in zip(X, LENGTHS, strict=True)]
SIGN = np.where(X[:, 0, 0] > 5, "up", "down")
THREE = np.digitize(X[:, 0, 0], [4, 6])
NUMBERS = 1e3 + 50 * X[:, 0, 0]
STEPS = [x[:, 0] > 5 for x in RAGGED]
TOKENS = [rng.integers(0, 9, size=n) for n in LENGTHS]
ROWS = rng.normal(loc=[3, -50, 8], scale=[1, 9, 2], size=(70, 3)).cumsum(axis=0)

small = partial(dict, hidden_size=5, max_epochs=3, random_state=0)
LEARNED = {"initial_state": "learned", "lr": 0.1}  # so that it is not zero any more
conv = partial(dict, n_filters=(9, 8), kernel_size=(8, 3), max_epochs=3, random_state=0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


def run(path, **inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    (name,) = (output.name for output in session.get_outputs())
    (output,) = session.run(None, inputs)
    assert output.dtype == (np.float32 if name == "probabilities" else np.float64)
    return output


def padded(sequences, filler):
    """Sequences as one array, behind which stands anything."""
    longest = max(map(len, sequences))
    width = 1 if sequences[0].ndim == 1 else sequences[0].shape[1]
    dtype = np.int64 if sequences[0].dtype.kind == "i" else np.float32
    array = np.full((len(sequences), longest, width), filler, dtype)
    for row, sequence in zip(array, sequences, strict=True):
        row[: len(sequence)] = sequence.reshape(len(sequence), width)
    return array


def expected(model, data):
    answer = model.predict_proba if hasattr(model, "classes_") else model.predict
    return answer(data)


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


READERS = [
    (RNNClassifier(**small(cell="rnn")), SIGN),
    (RNNClassifier(**small(cell="rnn", nonlinearity="relu", dense_size=(4, 3))), THREE),
    (RNNClassifier(**small(cell="gru", pooling="mean")), THREE),
    (RNNClassifier(**small(cell="lstm")), SIGN),
    (RNNClassifier(**small(cell="peephole_lstm", pooling="attention")), SIGN),
    (RNNClassifier(**small(bidirectional=True)), SIGN),
    (RNNClassifier(**small(cell="rnn", bidirectional=True, normalize="both")), SIGN),
    (
        RNNClassifier(
            **small(cell="peephole_lstm", bidirectional=True, hidden_size=(4, 3))
        ),
        np.stack([THREE > 0, THREE > 1], axis=1).astype(int),
    ),
    (RNNRegressor(**small(num_layers=3, dropout=0.2, cell="gru")), NUMBERS),
    (
        RNNRegressor(**small(pooling="max", normalize="sequence")),
        np.stack([NUMBERS, -NUMBERS], axis=1),
    ),
    (RNNRegressor(**small(normalize=None)), NUMBERS / 1e3),
    (RNNRegressor(**small(loss="poisson", n_networks=2)), np.abs(NUMBERS)),
    (RNNRegressor(**small(loss="gamma", normalize=None)), np.exp(NUMBERS / 1e6)),
    (RNNRegressor(**small(loss="gaussian", n_networks=2)), NUMBERS),
    (
        RNNRegressor(**small(loss="quantile", quantiles=(0.1, 0.4, 0.9), n_networks=2)),
        np.stack([NUMBERS, -NUMBERS], axis=1),
    ),
    (RNNRegressor(**small(loss="quantile", quantiles=(0.7, 0.9))), NUMBERS),
    (RNNTagger(**small(bidirectional=True)), STEPS),
    (CNNClassifier(**conv()), SIGN),
    (CNNClassifier(**conv(padding="causal", n_branches=1, pooling="last")), SIGN),
    (CNNRegressor(**conv(padding="valid", n_branches=1, stride=2)), NUMBERS),
    (CNNRegressor(**conv(stride=3, pool_size=2, pooling="max")), NUMBERS),
    (CNNClassifier(**conv(batch_norm=False, n_branches=2)), THREE),
    (CNNTagger(**conv()), STEPS),
    (CNNLSTMClassifier(**conv(hidden_size=4)), SIGN),
    (CNNLSTMClassifier(**conv(hidden_size=4, cell="gru", skip=False)), THREE),
    (CNNLSTMRegressor(**conv(hidden_size=4, bidirectional=True)), NUMBERS),
    (CNNLSTMTagger(**conv(hidden_size=4)), STEPS),
    (RNNRegressor(**small(cell="gru_d")), NUMBERS),
    *(
        (RNNRegressor(**small(cell=cell, num_layers=2, **LEARNED)), NUMBERS)
        for cell in ("rnn", "gru", "peephole_lstm")
    ),
    (CNNLSTMTagger(**conv(hidden_size=4, **LEARNED)), STEPS),
]


@pytest.mark.parametrize(
    ("model", "y"), READERS, ids=lambda value: getattr(value, "cell", "")
)
def test_sequences_of_any_length(model, y, path):
    model.fit(RAGGED, y)
    export_onnx(model, path)
    for filler in (0, np.nan):
        found = run(path, X=padded(RAGGED, filler), lengths=LENGTHS)
        wanted = expected(model, RAGGED)
        if y is STEPS:
            found = found[np.arange(12) < LENGTHS[:, None]]
            wanted = np.concatenate(wanted)
        assert_close(found, wanted)


@pytest.mark.parametrize(
    ("model", "y"), READERS[::4], ids=lambda value: getattr(value, "cell", "")
)
def test_other_batches_and_lengths_than_in_fit(model, y, path):
    model.fit(RAGGED, y)
    export_onnx(model, path, lengths=False)
    for shape in ((1, 1), (2, 31), (7, 12)):
        data = rng.normal(loc=[5, -100], scale=[3, 20], size=(*shape, 2))
        data = data.astype(np.float32)
        assert_close(run(path, X=data), np.asarray(expected(model, data)))
    session = onnxruntime.InferenceSession(path)
    assert [i.name for i in session.get_inputs()] == ["X"]
    assert session.get_inputs()[0].shape == ["n_samples", "n_timesteps", 2]


@pytest.mark.parametrize("normalize", ["feature", "both"])
def test_wild_values_are_clipped(normalize, path):
    model = RNNRegressor(**small(normalize=normalize)).fit(RAGGED, NUMBERS)
    export_onnx(model, path)
    wild = [x.copy() for x in RAGGED]
    wild[0][2, 0], wild[3][0, 1], wild[7][0] = 1e30, -900, [-1e9, 1e9]
    found = run(path, X=padded(wild, np.nan), lengths=LENGTHS)
    np.testing.assert_allclose(found, model.predict(wild), rtol=1e-5)
    assert abs(found - model.predict(RAGGED))[[0, 3, 7]].min() > 0


@pytest.mark.parametrize("n_networks", [1, 2])
def test_a_linear_model_beside(n_networks, path, monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 30)  # so that it is soon told
    draw = np.random.default_rng(0)
    X = [draw.normal(size=(n, 2)).astype(np.float32) for n in np.tile(LENGTHS, 3)]
    y = np.array([x[:, 0].mean() for x in X])
    model = RNNRegressor(hidden_size=4, n_networks=n_networks, random_state=0)
    assert model.fit(X, y).module_.beside is not None
    export_onnx(model, path)
    found = run(path, X=padded(X, np.nan), lengths=np.tile(LENGTHS, 3))
    assert_close(found, model.predict(X))
    export_onnx(model, path, lengths=False)
    data = draw.normal(size=(3, 9, 2)).astype(np.float32)
    assert_close(run(path, X=data), model.predict(data))


def test_a_graph_without_bounds_looks_for_no_wild_values(path):
    few = X[:19, :1]  # steps too few to tell
    for model in (RNNClassifier(**small()), RNNClassifier(**small(normalize=None))):
        n = 19 if model.normalize else 30
        model.fit(few if model.normalize else X, SIGN[:n])
        export_onnx(model, path)
        nodes = onnx.load(path).graph.node
        assert "Greater" not in {node.op_type for node in nodes}


def test_tokens(path):
    model = RNNClassifier(**small(cell="gru", embedding_dim=4)).fit(TOKENS, SIGN)
    export_onnx(model, path)
    found = run(path, X=padded(TOKENS, -1), lengths=LENGTHS)
    assert_close(found, model.predict_proba(TOKENS))


def test_large_values_keep_their_digits(path):
    data = 1e6 + X
    model = RNNRegressor(**small()).fit(data, NUMBERS)
    export_onnx(model, path, lengths=False)
    np.testing.assert_allclose(run(path, X=data), model.predict(data), rtol=1e-5)


@pytest.mark.parametrize(("scale", "level"), [(1, 1e9), (1e40, 0)])
def test_predictions_keep_their_digits(scale, level, path):
    """Float32 would say 1e9 of all, or infinity."""
    y = level + scale * (X[:, 0, 0].astype(float) - 5) / 3
    model = RNNRegressor(**small()).fit(RAGGED, y)
    export_onnx(model, path)
    found = run(path, X=padded(RAGGED, 0), lengths=LENGTHS)
    np.testing.assert_allclose(found, model.predict(RAGGED), rtol=0, atol=1e-5 * scale)
    assert found.std() > 0.01 * scale


def test_a_network_in_float64_becomes_float32(path):
    data = X[:10].astype(np.float64)
    model = CNNClassifier(**conv()).fit(data, SIGN[:10])
    assert next(model.module_.parameters()).dtype.itemsize == 8
    export_onnx(model, path, lengths=False)
    assert_close(run(path, X=X[:10]), model.predict_proba(data))


def test_labels_are_a_property(path):
    export_onnx(RNNClassifier(**small()).fit(RAGGED, SIGN), path)
    properties = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert json.loads(properties["classes"]) == ["down", "up"]


# Forecasters --------------------------------------------------------------------

ahead = partial(small, window_length=10, horizon=4)
FORECASTERS = [
    RNNForecaster(**ahead()),
    RNNForecaster(**ahead(cell="gru", channels="joint", normalize="window")),
    RNNForecaster(**ahead(loss="gaussian", linear_skip=False, normalize="feature")),
    CNNLSTMForecaster(**ahead(loss="quantile", quantiles=(0.1, 0.4, 0.9))),
    CNNLSTMForecaster(**ahead(decoder="segments", kernel_size=3, stride=2)),
    CNNLSTMForecaster(
        **ahead(decoder="segments", channels="joint", num_layers=2, **LEARNED)
    ),
]


@pytest.mark.parametrize("model", FORECASTERS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("n_columns", [1, 3])
def test_forecasts_of_windows(model, n_columns, path):
    rows = ROWS[:, :n_columns]
    model.fit(rows[:60])
    export_onnx(model, path)
    later = np.concatenate([rows[50:60], rows[60:]])
    windows = np.stack([later[i : i + 10] for i in range(7)]).astype(np.float32)
    assert_close(run(path, past=windows), model.rolling_forecast(rows[60:]))
    (forecast,) = run(path, past=windows[:1])
    assert_close(forecast, model.predict())


@pytest.mark.parametrize("normalize", ["last", "feature", None])
def test_forecasts_that_are_never_negative(normalize, path):
    counts = np.random.RandomState(0).poisson(2.0, size=(70, 2)).astype(float)
    model = RNNForecaster(**ahead(loss="poisson", normalize=normalize, lr=0.05))
    model.fit(counts[:60])
    export_onnx(model, path)
    windows = np.stack([counts[50 + i : 60 + i] for i in range(7)]).astype(np.float32)
    assert_close(run(path, past=windows), model.rolling_forecast(counts[60:]))
    assert (run(path, past=-windows) >= 0).all()


@pytest.mark.parametrize("transform", ["log1p", "box-cox"])
def test_forecasts_of_mapped_targets(transform, path):
    """Of two powers, one of which is 0, the logarithm."""
    sales = np.column_stack([1 / (ROWS[:, 0] + 9), (ROWS[:, 1] + 9) ** 2])
    index = pd.RangeIndex(70)
    X, y = pd.DataFrame(ROWS[:, :1], index), pd.DataFrame(sales, index)
    model = RNNForecaster(**ahead(transformer=transform)).fit(X[:60], y[:60])
    if transform == "box-cox":
        assert [found.power == 0 for found in model._scaler.maps[None]] == [True, False]
    export_onnx(model, path)
    rows = np.hstack([sales, ROWS[:, :1]])
    windows = np.stack([rows[50 + i : 60 + i] for i in range(7)]).astype(np.float32)
    paths = model.rolling_forecast(X[60:], y[60:]).to_numpy().reshape(7, -1, 2)
    assert_close(run(path, past=windows), paths)


@pytest.mark.parametrize("channels", ["shared", "joint"])
@pytest.mark.parametrize("cls", [RNNForecaster, CNNLSTMForecaster])
def test_forecasts_with_covariates(cls, channels, path):
    index = pd.period_range("2020-01", periods=70, freq="M")
    columns = ["ahead", "a", "fixed", "b", "past"]
    values = np.column_stack([rng.normal(5, 2, 70), ROWS[:, 0], [4] * 70, ROWS[:, 1:]])
    table = pd.DataFrame(values, index, columns)
    targets = table[["a", "b"]]
    rest = table[["ahead", "fixed", "past"]]
    model = cls(**ahead(channels=channels, known_future=["ahead"], static=["fixed"]))
    model.fit(rest[:60], targets[:60])
    torch.nn.init.normal_(model.module_.near.convolution.weight)
    export_onnx(model, path)
    found = run(
        path,
        past=table[["a", "b", "past", "ahead"]].to_numpy(np.float32)[None, 50:60],
        future=table[["ahead"]].to_numpy(np.float32)[None, 60:64],
        static=np.array([[4]], dtype=np.float32),
    )
    assert_close(found[0], model.predict(rest[60:64]))


@pytest.mark.parametrize("cls", [RNNForecaster, CNNLSTMForecaster])
def test_forecasts_with_categories(cls, path):
    days = pd.date_range("2024-01-01", periods=70, freq="D")
    table = pd.DataFrame(
        {
            "day": rng.choice(["fair", "none"], 70),
            "weather": rng.choice(["dry", "rain"], 70),
            "kind": "kiosk",
            "price": ROWS[:, 0],
        },
        days,
    )
    table.loc[days[5], "weather"] = None
    targets = pd.DataFrame(ROWS[:, 1:], days)
    model = cls(**ahead(known_future=["day"], static=["kind"]))
    model.fit(table[:60], targets[:60])
    torch.nn.init.normal_(model.module_.near.convolution.weight)
    export_onnx(model, path)
    properties = {p.key: p.value for p in onnx.load(path).metadata_props}
    weather = [["weather", "dry"], ["weather", "rain"], ["weather", None]]
    day = [["day", "fair"], ["day", "none"]]
    assert json.loads(properties["columns"]) == {
        "past": ["y", "y", *weather, "price", *day],
        "future": day,
        "static": [["kind", "kiosk"]],
    }
    weather = pd.get_dummies(table["weather"], dummy_na=True).to_numpy()
    day = pd.get_dummies(table["day"]).to_numpy(np.float32)
    past = np.column_stack([targets, weather, table["price"], day])
    (found,) = run(
        path,
        past=past.astype(np.float32)[None, 50:60],
        future=day[None, 60:64],
        static=np.ones((1, 1), dtype=np.float32),
    )
    assert_close(found, model.predict(table[60:64]))


# What cannot be exported -----------------------------------------------------------


class Layer(LSTMLayer):
    pass


PANEL = pd.concat({"a": pd.DataFrame(ROWS), "b": pd.DataFrame(ROWS)})
REFUSED = [
    (Seq2SeqRegressor(**small()), RAGGED, NUMBERS, "only classifiers"),
    (SequenceGenerator(**small()), ["abc"], None, "only classifiers"),
    (
        SequenceAnomalyDetector(RNNForecaster(**small(window_length=4))),
        ROWS,
        None,
        "only classifiers",
    ),
    (Tokenizer(), ["a b"], None, "only classifiers"),
    (Seq2SeqForecaster(**ahead()), ROWS, None, "step by step"),
    (RNNForecaster(**ahead(missing="mask")), ROWS, None, "missing='mask'"),
    (RNNForecaster(**ahead()), PANEL, None, "each of its 2 series"),
    (
        RNNForecaster(**ahead(transformer=PowerTransformer())),
        ROWS,
        None,
        "whose transformer is one of scikit-learn",
    ),
    (RNNRegressor(**small(cell=Layer)), RAGGED, NUMBERS, "^Layer cannot be exported"),
]


@pytest.mark.parametrize(("model", "data", "y", "match"), REFUSED)
def test_what_cannot_be_exported_is_named(model, data, y, match, path):
    model.fit(data, y)
    with pytest.raises(TypeError, match=match):
        export_onnx(model, path)
    assert not path.exists()


def test_a_stream_is_not_exported(path):
    forwards = {"bidirectional": False, "pooling": "last", "normalize": "feature"}
    stream = RNNRegressor(**small(), **forwards).fit(RAGGED, NUMBERS).stateful()
    with pytest.raises(TypeError, match="stateful"):
        export_onnx(stream, path)


@pytest.mark.parametrize("model", [RNNClassifier(), RNNForecaster()])
def test_what_is_not_fitted_is_refused(model, path):
    with pytest.raises(NotFittedError):
        export_onnx(model, path)


def test_a_missing_library_names_the_extra(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"skseq\[onnx\]"):
        export_onnx(RNNClassifier(), path)
