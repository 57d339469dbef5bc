"""An exported model says what the estimator says of incomplete and mixed data."""

import json
from functools import partial

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import clone

from skseq import (
    CNNClassifier,
    CNNLSTMRegressor,
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    SequenceArray,
)
from skseq.core import estimator
from skseq.persistence import export_onnx

N, T = 40, 9
rng = np.random.default_rng(0)
LENGTHS = rng.integers(1, T + 1, N)
LENGTHS[:3] = T, 1, 2
NAMES = [f"p{i}" for i in range(N)]
IDS = np.repeat(np.arange(N), LENGTHS)
N_ROWS = len(IDS)
ENDS = np.cumsum(LENGTHS)
VALUES = rng.normal([5, -100], [3, 20], (N_ROWS, 2)).astype(np.float32).astype(float)
LEVEL = np.array([VALUES[i == IDS, 0].mean() for i in range(N)])
HOLES = np.where(rng.random((N_ROWS, 2)) < 0.4, np.nan, VALUES)
HOLES[IDS == 4] = np.nan  # nothing of a sequence
HOLES[ENDS[::3] - 1] = np.nan  # nor of last steps
HOLES[ENDS[:-1:4]] = np.nan  # nor of first ones
TIMES = 1000.0 * IDS + rng.exponential(size=N_ROWS).cumsum()
WARDS = ["icu", "er", None]
FRAME = pd.DataFrame(
    {
        "ward": rng.choice(WARDS, N_ROWS),
        "pulse": HOLES[:, 0],
        "awake": rng.random(N_ROWS) < 0.5,
        "pressure": HOLES[:, 1],
    },
    pd.MultiIndex.from_arrays([np.array(NAMES)[IDS], TIMES]),
)
AGES = np.where(rng.random(N) < 0.2, np.nan, np.round(rng.normal(60, 9, N)))
AGES[7] = 6e8  # a wild one, which is clipped
STATIC = pd.DataFrame(
    {"age": AGES, "sex": rng.choice(["f", "m", None], N), "beds": np.arange(N) % 3.0},
    index=NAMES,
)
MIXED = SequenceArray.from_frame(FRAME, static=STATIC)
NUMBERS = SequenceArray.from_frame(FRAME[["pulse", "pressure"]])
CLASSES = np.where(LEVEL > 5, "up", "down")
STEPS = [VALUES[i == IDS, 0] > 5 for i in range(N)]

small = partial(dict, hidden_size=4, max_epochs=3, random_state=0, missing="mask")
conv = partial(small, n_filters=(9, 8), kernel_size=(5, 3))
conv_alone = partial(
    dict,
    n_filters=(9, 8),
    kernel_size=(5, 3),
    max_epochs=3,
    random_state=0,
    missing="mask",
)
MODELS = [
    RNNClassifier(**small(cell="lstm")),
    RNNClassifier(**small(cell="gru", n_networks=2, time_gaps=True, normalize="both")),
    RNNClassifier(**small(cell="gru_d", n_networks=2, time_gaps=True)),
    RNNClassifier(**small(cell="gru_d", normalize="both", bidirectional=True)),
    RNNRegressor(**small(cell="gru_d", normalize=None, pooling="mean")),
    RNNRegressor(**small(normalize="sequence", time_gaps=True, dense_size=5)),
    RNNTagger(**small(cell="gru_d", time_gaps=True)),
    RNNTagger(**small(bidirectional=True, n_networks=2)),
    CNNClassifier(**conv_alone(time_gaps=True)),
    CNNRegressor(**conv_alone(normalize="sequence", n_networks=2)),
    CNNTagger(**conv_alone(normalize=None, time_gaps=True)),
    CNNLSTMRegressor(**conv(time_gaps=True)),
    CNNLSTMTagger(**conv(normalize="feature")),
]


def targets(model):
    if "Tagger" in type(model).__name__:
        return STEPS
    return CLASSES if "Classifier" in type(model).__name__ else LEVEL


def run(path, **inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    assert {i.name for i in session.get_inputs()} == inputs.keys()
    return session.run(None, inputs)[0]


def properties(path):
    found = {p.key: p.value for p in onnx.load(path).metadata_props}
    return {name: json.loads(said) for name, said in found.items()}


def codes(column, categories):
    """Codes as the documentation has them."""
    known = {category: 2 + i for i, category in enumerate(categories)}
    return np.array([0 if pd.isna(value) else known.get(value, 1) for value in column])


def padded(rows, lengths, filler):
    ends = np.cumsum(lengths)
    array = np.full((len(lengths), max(lengths), *rows.shape[1:]), filler, rows.dtype)
    for one, end, n in zip(array, ends, lengths, strict=True):
        one[:n] = rows[end - n : end]
    return array


def inputs_of(path, frame, static, *, gaps, filler=0, with_lengths=True):
    """What a user gives the exported model: from frames and its properties alone."""
    said = properties(path)
    ids = frame.index.get_level_values(0)
    names = list(dict.fromkeys(ids))
    lengths = np.array([(ids == name).sum() for name in names])
    found = {}
    if with_lengths:
        found["lengths"] = lengths
    if "features" in said:
        numbers = frame[said["features"]].to_numpy(np.float32)
        found["X"] = padded(numbers, lengths, filler or np.nan)
    if gaps:
        times = frame.index.get_level_values(1)
        apart = times[1:] - times[:-1]
        if hasattr(apart, "total_seconds"):
            apart = apart.total_seconds()
        apart = np.append(np.nan, apart).astype(np.float32)
        found["gaps"] = padded(apart, lengths, filler)
    if "categories" in said:
        pairs = zip(said["category_features"], said["categories"], strict=True)
        columns = [codes(frame[name], known) for name, known in pairs]
        found["categories"] = padded(np.column_stack(columns), lengths, int(filler))
    if static is not None:
        static = static.loc[names]
        found["static"] = static[said["static_features"]].to_numpy(np.float32)
        names = said["static_category_features"]
        pairs = zip(names, said["static_categories"], strict=True)
        columns = [codes(static[name], known) for name, known in pairs]
        found["static_categories"] = np.column_stack(columns)
    return found


def answers(model, X):
    found = getattr(model, "predict_proba", model.predict)(X)
    is_tagger = "Tagger" in type(model).__name__
    return np.concatenate(list(found)) if is_tagger else np.asarray(found)


def real(model, found, lengths):
    """What is said of steps that there are, or of sequences."""
    if "Tagger" not in type(model).__name__:
        return found
    return found[np.arange(found.shape[1]) < np.array(lengths)[:, None]]


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


def assert_says_the_same(model, path, frame, static, **options):
    given = inputs_of(path, frame, static, gaps=model.time_gaps, **options)
    X = SequenceArray.from_frame(frame, static=static)
    lengths = X.lengths
    assert_close(real(model, run(path, **given), lengths), answers(model, X))


@pytest.fixture(params=MODELS, ids=lambda m: f"{type(m).__name__}-{m.normalize}")
def model(request):
    return clone(request.param).fit(MIXED, targets(request.param))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


def test_mixed_sequences_of_any_length_in_any_batch(model, path):
    export_onnx(model, path)
    for filler in (0, 77):
        assert_says_the_same(model, path, FRAME, STATIC, filler=filler)
    for chosen in ([4], [0, 1], [1], [2, 3, 4, 5, 6, 7, 8]):
        assert_says_the_same(model, path, FRAME.loc[[NAMES[i] for i in chosen]], STATIC)


@pytest.mark.parametrize("normalize", [None, "feature", "sequence", "both"])
def test_what_fit_never_saw_is_missing_later(normalize, path):
    model = RNNClassifier(**small(time_gaps=True, normalize=normalize))
    never = FRAME.assign(pressure=np.nan), STATIC.assign(beds=np.nan)
    model.fit(SequenceArray.from_frame(never[0], static=never[1]), CLASSES)
    export_onnx(model, path)
    assert_says_the_same(model, path, FRAME, STATIC)
    assert_says_the_same(model, path, *never)


def test_equal_lengths_need_no_input(model, path):
    export_onnx(model, path, lengths=False)
    for n_steps in (1, 2, 6):
        names = [name for name, n in zip(NAMES, LENGTHS, strict=True) if n >= n_steps]
        frame = FRAME.loc[names].groupby(level=0, sort=False).head(n_steps)
        assert_says_the_same(model, path, frame, STATIC, with_lengths=False)


def test_holes_anywhere_and_unknown_categories(model, path):
    export_onnx(model, path)
    for column, value in (("pulse", np.nan), ("ward", "theatre"), ("pressure", 1e9)):
        assert_says_the_same(model, path, FRAME.assign(**{column: value}), STATIC)
    nothing = FRAME.assign(pulse=np.nan, pressure=np.nan, ward=None)
    static = STATIC.assign(age=np.nan, sex="other")
    assert_says_the_same(model, path, nothing, static)
    where = np.append(0, ENDS[:-1]), ENDS - 1
    for rows in where:  # first steps, last ones
        frame = FRAME.copy()
        frame.iloc[rows, [1, 3]] = np.nan
        assert_says_the_same(model, path, frame, STATIC)


@pytest.mark.parametrize("cls", [RNNClassifier, CNNClassifier])
@pytest.mark.parametrize("n_networks", [1, 2])
def test_a_linear_model_beside(cls, n_networks, path, monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 20)  # so that it is soon told
    size = {"hidden_size": 3} if cls is RNNClassifier else {"n_filters": (4,)}
    options = {"missing": "mask", "time_gaps": True, "random_state": 0, **size}
    model = cls(n_networks=n_networks, **options, pooling="mean")
    model.fit(MIXED, CLASSES)
    assert model.module_.beside is not None
    export_onnx(model, path)
    assert_says_the_same(model, path, FRAME, STATIC, filler=77)


def test_numbers_alone(path):
    model = RNNRegressor(**small(cell="gru_d")).fit(NUMBERS, LEVEL)
    export_onnx(model, path)
    frame = FRAME[["pulse", "pressure"]]
    assert_says_the_same(model, path, frame, None)
    assert properties(path) == {"features": ["pulse", "pressure"]}


def test_gaps_of_complete_numbers_and_dates(path):
    dates = pd.Timestamp("2024-02-28") + pd.to_timedelta(TIMES, "min").round("ms")
    index = pd.MultiIndex.from_arrays([np.array(NAMES)[IDS], dates])
    frame = pd.DataFrame(VALUES, index, columns=["pulse", "pressure"])
    model = RNNClassifier(time_gaps=True, hidden_size=4, max_epochs=3, random_state=0)
    export_onnx(model.fit(frame, CLASSES), path)
    assert_says_the_same(model, path, frame, None)
    given = inputs_of(path, frame, None, gaps=True)
    other = run(path, **{**given, "gaps": given["gaps"] * 10})
    assert np.abs(other - run(path, **given)).max() > 1e-4


def test_categories_alone(path):
    model = CNNTagger(**conv_alone()).fit(FRAME[["ward", "awake"]], STEPS)
    export_onnx(model, path)
    given = inputs_of(path, FRAME[["ward", "awake"]], None, gaps=False, filler=-5)
    assert given.keys() == {"lengths", "categories"}
    found = real(model, run(path, **given), LENGTHS)
    assert_close(found, model.predict_proba(FRAME[["ward", "awake"]]))


def test_columns_that_are_said_to_hold_categories(path):
    X = rng.integers(0, 4, (N, T, 2)).astype(float)
    options = {"categorical_features": [1], "hidden_size": 4, "max_epochs": 3}
    model = RNNClassifier(random_state=0, **options).fit(X, CLASSES)
    export_onnx(model, path, lengths=False)
    assert properties(path)["categories"] == [[0, 1, 2, 3]]
    parts = {
        "X": X[..., :1].astype(np.float32),
        "categories": 2 + X[..., 1:].astype(int),
    }
    assert_close(run(path, **parts), model.predict_proba(X))


def test_properties_name_columns_and_categories(path):
    export_onnx(RNNClassifier(**small()).fit(MIXED, CLASSES), path)
    assert properties(path) == {
        "classes": ["down", "up"],
        "features": ["pulse", "pressure"],
        "category_features": ["ward", "awake"],
        "categories": [["er", "icu"], [False, True]],
        "static_features": ["age", "beds"],
        "static_category_features": ["sex"],
        "static_categories": [["f", "m"]],
    }
    inputs = onnx.load(path).graph.input
    shapes = {
        i.name: [d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim]
        for i in inputs
    }
    assert shapes == {
        "X": ["n_samples", "n_timesteps", 2],
        "lengths": ["n_samples"],
        "categories": ["n_samples", "n_timesteps", 2],
        "static": ["n_samples", 2],
        "static_categories": ["n_samples", 1],
    }


def test_columns_of_a_table_are_steps_and_are_not_named(path):
    table = pd.DataFrame(rng.normal(size=(N, T))).add_prefix("hour")
    export_onnx(RNNRegressor(**small()).fit(table, LEVEL), path)
    assert properties(path) == {}
