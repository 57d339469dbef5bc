"""A file from anyone at all: an estimator, or a ValueError, and nothing else."""

import copy
import json
import os
import pickle
import random
import tracemalloc
import zipfile
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skseq import RNNClassifier, RNNForecaster, RNNRegressor, SequenceArray
from skseq.persistence import load, save
from skseq.persistence._container import LENGTH, _digest, pack, unpack
from skseq.persistence._files import FORMS
from skseq.persistence._forms import Reader, Writer
from skseq.preprocessing import (
    SequenceColumnTransformer,
    SequencePadder,
    SlidingWindow,
    Tokenizer,
)
from skseq.versioning import STATE_FORMAT

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 5, 2))
TEXT = ["so it is", "or not"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """The bytes of some files by the name of their class."""
    path = tmp_path_factory.mktemp("files") / "model"
    models = (
        RNNRegressor(hidden_size=2, max_epochs=1).fit(X, X[:, 0, 0]),
        RNNClassifier(hidden_size=2, max_epochs=1).fit(X, X[:, 0, 0] > 0),
        RNNForecaster(hidden_size=2, max_epochs=1, window_length=4).fit(
            rng.normal(size=30)
        ),
        Tokenizer().fit(TEXT),
        SlidingWindow(2).fit(X[0]),
        SequenceArray.from_list(list(X)),
        SequenceColumnTransformer(
            [("fill", SimpleImputer(), [0]), ("which", OneHotEncoder(), [1])]
        ).fit(X[:2].round()),
    )
    found = {}
    for model in models:
        save(model, path)
        found[type(model).__name__] = path.read_bytes()
    return found


def assert_refused(path, data, match=None):
    path.write_bytes(data)
    with pytest.raises(ValueError, match=match) as caught:
        load(path)
    assert type(caught.value) is ValueError
    assert str(path) in str(caught.value)


# Damage ----------------------------------------------------------------------------


def test_no_flipped_bit_goes_unnoticed(contents, path):
    data = contents["Tokenizer"]
    for i in range(len(data)):
        assert_refused(path, data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1 :])


def test_nor_in_weights(contents, path):
    data = contents["RNNRegressor"]
    for i in random.Random(0).sample(range(len(data)), 200):
        assert_refused(path, data[:i] + bytes([data[i] ^ 0x10]) + data[i + 1 :])


def test_a_truncated_or_longer_file_is_refused(contents, path):
    data = contents["Tokenizer"]
    for n in range(0, len(data), 3):
        assert_refused(path, data[:n])
    data = contents["RNNRegressor"]
    for n in range(0, len(data), 397):
        assert_refused(path, data[:n])
    assert_refused(path, data + b"\0")


# Other files ------------------------------------------------------------------------


class Attack:
    def __reduce__(self):
        return os.mkdir, ("attacked",)


def test_other_kinds_of_files_are_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("archive", "w") as archive:
        archive.writestr("model.json", "{}")
    png = b"\x89PNG\r\n\x1a\n" + bytes(64)
    huge = (2**62).to_bytes(LENGTH, "little") + b"{}"
    for data in (
        b"",
        b"{}",
        bytes(1000),
        png,
        huge,
        (tmp_path / "archive").read_bytes(),
        pickle.dumps(Attack()),
    ):
        assert_refused(path, data, "cannot be loaded")
    assert not (tmp_path / "attacked").exists()
    other = safetensors.numpy.save({"a": np.zeros(3)}, {"model": "{}"})
    assert_refused(path, other, "not one of skseq")


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, "/dev/zero"):
        with pytest.raises(ValueError, match="is no file"):
            load(path)


def test_nothing_is_unpickled(contents, path, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("a pickle was opened")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, fail)
    monkeypatch.setattr("torch.load", fail)
    path.write_bytes(contents["RNNRegressor"])
    assert load(path).predict(X).shape == (12,)


# Other versions ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        (str(STATE_FORMAT + 1), "install that version"),
        ("0", "open it with that version"),
        ("9" * 5000, "open it with that version"),
        ("-1", "open it with that version"),
        ("x", "open it with that version"),
    ],
)
def test_another_format_is_refused(contents, path, version, advice):
    data = contents["Tokenizer"]
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    header = json.loads(data[LENGTH:end])
    header["__metadata__"] |= {"skseq_format": version, "skseq_version": "7.8"}
    text = json.dumps(header).encode()
    forged = len(text).to_bytes(LENGTH, "little") + text + data[end:]
    assert_refused(
        path, forged, f"skseq 7.8 in format .*reads format {STATE_FORMAT}.*{advice}"
    )


def test_a_parameter_that_was_not_there_yet_is_as_by_default(contents, path):
    """As a version adds some, and opens all files of one format."""
    model, tensors = unpack(contents["RNNRegressor"])
    params = model["estimator"]["params"]
    assert params.pop("dropout") == 0.0
    path.write_bytes(pack(model, tensors))
    found = load(path)
    assert found.dropout == 0.0
    path.write_bytes(contents["RNNRegressor"])
    np.testing.assert_array_equal(found.predict(X), load(path).predict(X))


# Forgeries, with a checksum that is right ---------------------------------------------


def forge(contents, name, change):
    """Return a file of which the model and its arrays were changed."""
    model, tensors = unpack(contents[name])
    part = model.get("estimator")
    change(part, part["params"], part.get("state"), tensors)
    return pack(model, tensors)


def params(**changed):
    return lambda part, params, state, tensors: params.update(changed)


def state(**changed):
    return lambda part, params, state, tensors: state.update(changed)


def drop(key, inside=lambda part: part["state"]):
    return lambda part, params, state, tensors: inside(part).pop(key)


def array(name, value):
    def change(part, params, state, tensors):
        tensors[name] = value(tensors[name])

    return change


def scaler(state):
    """The scaler of inputs: its class, parameters and what it learned."""
    return state["_scaler"]["record"][1]["scaler"]["sklearn"]


def unlearned(part, params, state, tensors):
    learned = scaler(state)[2]
    del tensors[learned["mean_"]["array"]]
    learned["mean_"] = None


def bounds_of_three(part, params, state, tensors):
    tensors["_scaler.bounds.low"] = np.zeros(3)
    tensors["_scaler.bounds.high"] = np.ones(3)


WEIGHT = "module_.encoder.layers.0.forwards.kernel.weight_hh_l0"
RANDOM = "_rng"
ALL = "RNNRegressor"
FORGED = [
    (ALL, params(hidden_size=10**12), "shape|overflow|size"),
    (ALL, params(hidden_size=100_000), "has the shape"),
    (ALL, params(num_layers=10**12), "asks for"),
    (ALL, params(hidden_size={"tuple": [1] * 10_000}), "asks for 10000"),
    (ALL, params(dense_size={"tuple": [2] * 500}), "asks for 500"),
    (ALL, params(hidden_size=2.5), "hidden_size"),
    (ALL, params(hidden_size=-1), "hidden_size"),
    (ALL, params(lr=0), "'lr'"),
    (ALL, params(cell="os.system"), "'cell'"),
    (ALL, params(cell={"class": "os.system"}), "no form 'class'"),
    (ALL, params(callbacks=[{"estimator": {"class": "x", "params": {}}}]), "no class"),
    (ALL, params(n_threads=10**6), "n_threads"),
    (ALL, params(mine=1), "RNNRegressor has no parameter 'mine'"),
    (ALL, params(pooling="max", cell="gru"), "has the shape"),
    (ALL, params(bidirectional=False), "is missing"),
    (ALL, drop("_task"), "lacks _task"),
    (ALL, state(predict=1), "has 'predict'"),
    (ALL, state(_validate_params=1), "has '_validate_params'"),
    (ALL, state(_n_channels=3), "fit together"),
    (ALL, state(_normalize=None), "fit together"),
    (ALL, lambda part, p, s, t: scaler(s)[1].update(with_std=False), "fit together"),
    (ALL, unlearned, "fit together"),
    (ALL, state(_n_channels=10**12), "fit together"),
    (ALL, array("_scaler.bounds.low", lambda low: low + 1e9), "fit together"),
    (ALL, array("_scaler.bounds.low", lambda low: low * np.nan), "fit together"),
    (ALL, array("_scaler.bounds.high", lambda high: high[:1]), "fit together"),
    (ALL, bounds_of_three, "fit together"),
    (ALL, state(_task=None), "_task"),
    (ALL, state(_scaler={"record": ["Popen", {}]}), "no record 'Popen'"),
    (ALL, state(_scaler={"sklearn": ["Pipeline", {}, {}]}), "no class 'Pipeline'"),
    (ALL, drop("network", lambda part: part), "network"),
    (ALL, array(WEIGHT, lambda w: w[:, :1].copy()), "has the shape"),
    (ALL, array(WEIGHT, lambda w: w.astype(np.int64)), "is of int64"),
    (ALL, array(WEIGHT, lambda w: w.astype(np.float16)), "is of float16"),
    (ALL, lambda part, p, s, t: t.pop(WEIGHT), "no array"),
    (ALL, lambda part, p, s, t: t.update(more=np.zeros(9)), "belongs to nothing"),
    (ALL, lambda part, p, s, t: part["network"]["weights"].update(a="_rng"), "used"),
    (ALL, array(RANDOM, lambda key: key[:9]), "random state"),
    (ALL, array(RANDOM, lambda key: key.astype(np.int64)), "random state"),
    ("RNNClassifier", params(embedding_dim=4), "numbers"),
    ("RNNForecaster", params(window_length=10**12), "fit together"),
    ("RNNForecaster", params(horizon=10**9), "fit together"),
    ("RNNForecaster", array("_context.edges", lambda e: e * 2), "fit together"),
    ("RNNForecaster", array("_context.values", lambda v: v[:2]), "fit together"),
    ("RNNForecaster", array("_indicators.source", lambda i: i + 1), "fit together"),
    ("RNNForecaster", array("_indicators.scale", lambda x: x[:0]), "fit together"),
    ("RNNForecaster", array("_scaler.codes", lambda i: np.arange(1)), "fit together"),
    ("Tokenizer", state(vocabulary_={"dict": [["a", 0]]}), "fit together"),
    ("Tokenizer", state(vocabulary_={"dict": [[[1], 0]]}), "unhashable"),
    ("Tokenizer", params(token_pattern="("), "no regular expression"),
    ("SlidingWindow", params(window_length=0), "window_length"),
]


@pytest.mark.parametrize(("name", "change", "match"), FORGED)
def test_a_forged_file_is_refused(contents, path, name, change, match):
    assert_refused(path, forge(contents, name, change), match)


def test_a_file_from_before_there_were_bounds_opens(contents, path):
    """Nothing is wild to such a model."""
    path.write_bytes(contents[ALL])
    wanted = load(path).predict(X)

    def change(part, params, state, tensors):
        for record in (state["_scaler"]["record"][1], state["_task"]["record"][1]):
            for node in record.pop("bounds")["record"][1].values():
                del tensors[node["array"]]

    path.write_bytes(forge(contents, ALL, change))
    model = load(path)
    np.testing.assert_array_equal(model.predict(X), wanted)
    assert not model._scaler.bounds.exist
    save(model, path)
    np.testing.assert_array_equal(load(path).predict(X), wanted)


@pytest.mark.parametrize("position", [-1, 625, 10**9, 2**80, "0"])
def test_a_random_state_stays_within_its_key(contents, path, position):
    """NumPy would read beyond it."""

    def change(part, params, state, tensors):
        state["_rng"]["random_state"][1] = position

    assert_refused(path, forge(contents, ALL, change))


def test_deep_nesting_is_refused(path):
    node = None
    for _ in range(300):
        node = {"tuple": [node]}
    assert_refused(path, pack(node, {}))
    text = pack("here", {}).replace(b'\\"here\\"', b"[" * 90_000 + b"]" * 90_000)
    assert_refused(path, text)


@pytest.mark.parametrize(
    "node",
    [
        {"timestamp": [0, "ns", "../../../etc/passwd"]},
        {"timestamp": [0, "ns", "dateutil//etc/passwd"]},
        {"timestamp": [0, "Y", None]},
        {"timestamp": [2**70, "ns", None]},
        {"timestamp": [0, "ns", 1e300]},
        {"offset": "9" * 400 + "D"},
        {"offset": "import os"},
        {"offset": ["Easter", 1, {}]},
        {"offset": ["DateOffset", 1, {"month": 3}]},
        {"offset": ["CustomBusinessDay", 1, {"holidays": "2026-04-06"}]},
        {"offset": ["CustomBusinessDay", 1, {"holidays": [7]}]},
        {"period": [2**70, "D"]},
        {"index": {"values": ["a"], "dtype": "string[pyarrow]", "names": [None]}},
        {"index": {"values": [1], "dtype": "int64", "names": [[1]]}},
        {"float": "1" * 500},
        {"scalar": ["x"]},
        {"array": {"text": "none"}},
        {"two": 1, "forms": 2},
        [{"tuple": [1]}],
        "text",
    ],
)
def test_a_value_that_is_none_is_refused(path, node):
    assert_refused(path, pack(node, {}))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda part: part["parameters"].update(memory="/"), "has 'memory'"),
        (
            lambda part: part["parameters"].update(verbose="yes"),
            "verbose of a Pipeline",
        ),
        (lambda part: part["parameters"].pop("verbose"), "lacks verbose"),
        (lambda part: part["steps"].append(["a", "os.system"]), "step that is none"),
        (lambda part: part["steps"].clear(), "step that is none"),
    ],
)
def test_a_forged_pipeline_is_refused(path, change, match):
    """From the folder `memory`, pickles would be read."""
    save(make_pipeline(Tokenizer()).fit(TEXT), path)
    model, tensors = unpack(path.read_bytes())
    change(model["pipeline"])
    assert_refused(path, pack(model, tensors), match)


@pytest.mark.parametrize(
    "request_",
    [
        {"fit": {"sample_weight": "os.system"}},
        {"owner": {"a": True}},
        {"__class__": {"a": True}},
        {"fit": ["sample_weight"]},
    ],
)
def test_a_request_that_is_none_is_refused(contents, path, request_):
    change = state(_metadata_request={"request": request_})
    assert_refused(path, forge(contents, ALL, change))


def test_an_array_of_texts_holds_characters(path):
    codes = np.full((2, 3), 0x110000, dtype=np.uint32)
    assert_refused(path, pack({"array": {"text": "a"}}, {"a": codes}), "no texts")


def test_memory_is_bounded_by_the_size_of_the_file(contents, path):
    """An array is used once: many names for a large one would multiply it."""
    large = np.zeros(300_000)
    node = [{"array": "a"}] * 10_000
    data = pack(node, {"a": large})
    tracemalloc.start()
    try:
        assert_refused(path, data, "used before")
        assert_refused(path, forge(contents, ALL, params(hidden_size=50_000)), "shape")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(data)


SMALL_PARTS = {
    "lists": [],
    "lists of one": [1],
    "tuples": {"tuple": []},
    "floats": {"float": "1"},
    "digits": 1,
}


@pytest.mark.parametrize("part", SMALL_PARTS.values(), ids=SMALL_PARTS)
def test_many_small_parts_are_refused_before_they_are_read(path, part):
    """In memory they take up to 50 times their characters."""
    data = pack([part] * 300_000, {})
    tracemalloc.start()
    try:
        assert_refused(path, data, "more parts than its size justifies")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(data)


def test_nor_do_they_hide_behind_escapes(path):
    data = with_text("[" + '{"a":1},' * 300_000 + "0]")
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    header = data[LENGTH:end].replace(b"{\\", b"\\u007b\\").rstrip()
    header += b" " * (-len(header) % LENGTH)
    hidden = len(header).to_bytes(LENGTH, "little") + header
    assert header.count(b"{") < 10
    assert_refused(path, hidden, "more parts than its size justifies")


def test_a_vocabulary_of_many_short_words_is_read(path):
    words = [chr(97 + i % 26) + chr(97 + i // 26 % 26) + str(i) for i in range(50_000)]
    save(Tokenizer().fit([" ".join(words)]), path)
    tracemalloc.start()
    try:
        found = load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert words[-1] in found.vocabulary_
    assert peak < 30 * path.stat().st_size


@pytest.mark.parametrize(
    "zone", ["Nowhere", "dateutil/UTC", "dateutil/Nowhere", "../UTC"]
)
@pytest.mark.parametrize("form", ["timestamp", "index"])
def test_only_names_of_known_zones_pass(path, monkeypatch, zone, form):
    """pandas and zoneinfo take some others for paths."""

    def fail(*args, **kwargs):
        raise AssertionError(f"{args} was looked for")

    monkeypatch.setattr("skseq.persistence._pandas.ZoneInfo", fail)
    monkeypatch.setattr("dateutil.tz.gettz", fail)
    monkeypatch.setattr("dateutil.tz.tzfile", fail)
    node = {"timestamp": [0, "ns", zone]}
    if form == "index":
        dtype = f"datetime64[ns, {zone}]"
        node = {"index": {"values": [], "dtype": dtype, "names": [None]}}
    assert_refused(path, pack(node, {}), "is no time zone")


@pytest.mark.parametrize(
    "zone", ["UTC", "UTC+03:30", "UTC-05:00", "Europe/Berlin", "US/Eastern"]
)
def test_an_empty_index_keeps_its_zone(zone):
    index = pd.DatetimeIndex([], tz=zone, name="time").as_unit("s")
    writer = Writer(FORMS)
    node = writer.write(index, "")
    found = Reader(FORMS, writer.tensors).read(json.loads(json.dumps(node)))
    assert found.identical(index)


def with_text(text):
    """Return a file of this JSON, with a checksum that is right."""
    metadata = {"skseq_format": str(STATE_FORMAT), "skseq_version": "1", "model": text}
    metadata["sha256"] = _digest(metadata, {})
    return safetensors.numpy.save({}, metadata)


@pytest.mark.parametrize(
    "text", ['{"float":"1","float":"2"}', '[{"tuple":[1]},{"a":{"b":1,"c":2,"b":3}}]']
)
def test_what_stands_twice_is_refused(path, text):
    """Programs differ in which of the two they take."""
    assert_refused(path, with_text(text), "stands in it twice")


def test_what_stands_twice_in_the_header_is_refused(contents, path):
    data = contents["RNNRegressor"]
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    name = b'"skseq_version":'
    header = data[LENGTH:end].replace(name, name + b'"1",' + name)
    length = len(header).to_bytes(LENGTH, "little")
    assert_refused(path, length + header + data[end:])


JUNK = [
    *(None, True, 0, -1, 3, 10**12, 2**70, 0.5, "", "a", "../x", [], [[]], {}),
    *({"tuple": [1]}, {"dict": []}, {"float": "nan"}, {"array": "a"}, {"offset": "D"}),
    {"record": ["Regression", {}]},
    {"estimator": {"class": "Tokenizer", "params": {}}},
]


def places(node):
    """Yield every (container, key) within JSON."""
    items = {list: enumerate, dict: lambda part: part.items()}.get(type(node))
    for key, part in list(items(node)) if items else ():
        yield node, key
        yield from places(part)


def mutated(data, chance):
    model, tensors = unpack(data)
    box = [copy.deepcopy(model)]
    for _ in range(chance.randint(1, 3)):
        found = list(places(box))
        container, key = chance.choice(found)
        other, other_key = chance.choice(found)
        action = chance.randrange(5)
        if action == 0 and isinstance(container, dict):
            del container[key]
        elif action == 1:
            container[key] = copy.deepcopy(other[other_key])
        elif action == 2 and tensors:
            name = chance.choice(list(tensors))
            changes = (
                lambda t: t[None],
                lambda t: t.ravel()[:1],
                lambda t: t.astype(np.int64),
                lambda t: np.full_like(t, 100),
            )
            tensors[name] = chance.choice(changes)(tensors[name])
        else:
            container[key] = copy.deepcopy(chance.choice(JUNK))
    return pack(box[0], tensors)


@pytest.mark.filterwarnings("ignore")  # of numbers cast to other types
@pytest.mark.parametrize("seed", range(4))
def test_random_forgeries_raise_only_value_errors(contents, path, seed):
    chance, n_loaded = random.Random(seed), 0
    for _ in range(150):
        name = chance.choice(list(contents))
        path.write_bytes(mutated(contents[name], chance))
        with suppress(ValueError):
            load(path)
            n_loaded += 1
    assert 0 < n_loaded < 75


def test_weights_that_are_not_finite_are_an_error_of_predict(contents, path):
    data = forge(contents, ALL, array(WEIGHT, lambda w: np.full_like(w, np.nan)))
    path.write_bytes(data)
    with pytest.raises(ValueError, match="not finite"):
        load(path).predict(X)


def test_a_padder_of_any_length_loads_without_its_memory(path):
    save(SequencePadder(length=10**12).fit(X), path)
    assert load(path).length_ == 10**12
