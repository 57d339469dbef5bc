"""Encodings, and states carried from piece to piece."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    SequenceArray,
)
from skseq.persistence import load, save

rng = np.random.RandomState(0)
X = rng.randn(12, 10, 2)
Y = np.where(X[..., 0].cumsum(axis=1) > 0, "b", "a")
PIECES = [X[:, :3], X[:, 3:4], X[:, 4:]]
OPTIONS = {"max_epochs": 2, "random_state": 0}
FORWARDS = {
    "bidirectional": False,
    "pooling": "last",
    "normalize": "feature",
    **OPTIONS,
}
CELLS = ["rnn", "gru", "lstm", "peephole_lstm"]


@pytest.mark.parametrize("cell", CELLS)
def test_labels_of_a_stream_are_those_of_the_whole(cell):
    model = RNNTagger(cell=cell, hidden_size=(5, 4), **OPTIONS).fit(X, Y)
    stream = model.stateful()
    proba = [stream.predict_proba(piece) for piece in PIECES]
    np.testing.assert_allclose(
        np.concatenate(proba, axis=1), model.predict_proba(X), atol=1e-7
    )


@pytest.mark.parametrize("cell", CELLS)
def test_the_last_answer_of_a_stream_is_that_to_the_whole(cell):
    model = RNNClassifier(cell=cell, **FORWARDS).fit(X, Y[:, -1])
    stream = model.stateful()
    answers = [stream.decision_function(piece) for piece in PIECES]
    np.testing.assert_allclose(answers[-1], model.decision_function(X), atol=1e-7)
    assert not np.allclose(answers[-1], model.decision_function(PIECES[-1]))


def test_pieces_of_unequal_lengths():
    model = RNNRegressor(**FORWARDS).fit(X, X.sum(axis=(1, 2)))
    cuts = rng.randint(1, 10, len(X))
    stream = model.stateful()
    stream.predict([x[:cut] for x, cut in zip(X, cuts, strict=True)])
    answer = stream.predict([x[cut:] for x, cut in zip(X, cuts, strict=True)])
    np.testing.assert_allclose(answer, model.predict(X), atol=1e-7)


def test_a_state_can_be_handed_over():
    model = RNNRegressor(cell="gru", **FORWARDS).fit(X, X.sum(axis=(1, 2)))
    first = model.stateful()
    first.predict(X[:, :6])
    assert [[part.shape for part in layer] for layer in first.state_] == [[(12, 32)]]
    second = model.stateful([[part[3:5] for part in layer] for layer in first.state_])
    np.testing.assert_allclose(second.predict(X[3:5, 6:]), model.predict(X[3:5]))


def test_the_original_stays_without_a_state():
    model = RNNRegressor(**FORWARDS).fit(X, X.sum(axis=(1, 2)))
    before = model.predict(X)
    stream = model.stateful()
    stream.predict(X)
    assert not hasattr(model, "state_")
    np.testing.assert_array_equal(model.predict(X), before)
    assert not hasattr(clone(stream), "state_")


def test_a_failed_call_leaves_the_state():
    stream = RNNRegressor(**FORWARDS).fit(X, X.sum(axis=(1, 2))).stateful()
    stream.predict(X[:, :5])
    with pytest.raises(ValueError, match="contains NaN"):
        stream.predict(np.full_like(X, np.nan))
    with pytest.raises(ValueError, match=r"\(12, 32\).*expected .*\(3, 32\).*3 seq"):
        stream.predict(X[:3])
    answer = stream.predict(X[:, 5:])
    np.testing.assert_allclose(stream.stateful().predict(X), answer, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bidirectional": True}, "bidirectional=False to .* has bidirectional=True"),
        ({"pooling": "mean"}, "pooling='last' to answer .* has pooling='mean'"),
        ({"normalize": "both"}, "'feature' or None to .* has normalize='both'"),
        (
            {"bidirectional": True, "pooling": "mean", "normalize": "both"},
            "bidirectional=False, pooling='last', normalize='feature' or None to "
            "answer .* has bidirectional=True, pooling='mean', normalize='both'",
        ),
    ],
)
def test_what_needs_whole_sequences_is_refused(options, message):
    model = RNNRegressor(**{**FORWARDS, **options}).fit(X, X.sum(axis=(1, 2)))
    with pytest.raises(ValueError, match=message):
        model.stateful()


def test_a_fit_from_the_start_forgets_the_state():
    stream = RNNTagger(**OPTIONS).fit(X, Y).stateful()
    stream.predict(X)
    expected = clone(stream).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(stream.fit(X, Y).predict_proba(X), expected)
    wider = stream.set_params(hidden_size=5).fit(X, Y)
    assert wider.predict(X).shape == Y.shape
    kept = wider.partial_fit(X, Y).state_
    assert [part.shape for part in kept[0]] == [(12, 5)] * 2


def test_pieces_of_a_table_have_fewer_columns():
    table = X.reshape(12, 20)  # two channels, time first
    model = RNNTagger(n_channels=2, **OPTIONS).fit(table, Y)
    with pytest.raises(ValueError, match="X has 6 features, but RNNTagger is expect"):
        model.predict(table[:, :6])
    stream = model.stateful()
    labels = [stream.predict(piece) for piece in np.split(table, [6, 8], axis=1)]
    np.testing.assert_array_equal(np.concatenate(labels, axis=1), model.predict(table))


def test_tokens_have_no_scale_that_needs_whole_sequences():
    tokens = rng.randint(5, size=(12, 10))
    model = RNNTagger(embedding_dim=3, normalize="sequence", **OPTIONS).fit(tokens, Y)
    stream = model.stateful()
    proba = [stream.predict_proba(piece) for piece in np.split(tokens, 5, axis=1)]
    expected = model.predict_proba(tokens)
    np.testing.assert_allclose(np.concatenate(proba, axis=1), expected, atol=1e-7)


def test_a_state_that_does_not_fit_is_refused():
    model = RNNRegressor(**FORWARDS).fit(X, X.sum(axis=(1, 2)))
    zeros = np.zeros((12, 32))
    for state in (
        [],
        zeros,
        [(zeros,)],
        [(zeros, zeros[:, 1:])],
        [(zeros, zeros)] * 2,
    ):
        with pytest.raises(ValueError, match="expected"):
            model.stateful(state)
    with pytest.raises(ValueError, match="initial_state contains NaN"):
        model.stateful([(zeros, zeros * np.nan)])


# Encodings -------------------------------------------------------------------


def test_the_encoding_of_a_recurrent_network_is_its_last_state():
    model = RNNClassifier(cell="gru", hidden_size=(5, 4), **FORWARDS).fit(X, Y[:, -1])
    stream = model.stateful()
    stream.predict(X)
    encoding = model.transform(X)
    np.testing.assert_allclose(encoding, stream.state_[-1][0], atol=1e-7)
    dense = model.module_.head.dense[-1]
    weight, bias = dense.weight.detach().numpy(), dense.bias.detach().numpy()
    scores = (encoding @ weight.T + bias) @ [-1, 1]
    np.testing.assert_allclose(scores, model.decision_function(X), atol=1e-6)


def test_encodings_do_not_depend_on_padding():
    model = CNNClassifier(n_filters=(6,), kernel_size=3, **OPTIONS).fit(X, Y[:, -1])
    ragged = [x[:n] for x, n in zip(X, rng.randint(1, 11, len(X)), strict=True)]
    alone = np.concatenate([model.transform([x]) for x in ragged])
    np.testing.assert_allclose(model.transform(ragged), alone, atol=1e-7)
    names = [f"cnnclassifier{i}" for i in range(6)]
    assert model.get_feature_names_out().tolist() == names


@pytest.mark.parametrize("cell", CELLS)
def test_the_encoding_of_a_stream_is_that_of_the_whole(cell):
    model = RNNClassifier(cell=cell, **FORWARDS).fit(X, Y[:, -1])
    stream = model.stateful()
    first, _, last = (stream.transform(piece) for piece in PIECES)
    np.testing.assert_allclose(first, model.transform(PIECES[0]), atol=1e-7)
    np.testing.assert_allclose(last, model.transform(X), atol=1e-7)
    np.testing.assert_allclose(last, stream.state_[0][0], atol=1e-7)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_the_encoding_of_a_panel_has_a_row_per_instance(output):
    names = [f"s{i}" for i in range(len(X))][::-1]
    index = pd.MultiIndex.from_product([names, range(10)], names=["id", "t"])
    panel = pd.DataFrame(X.reshape(-1, 2), index=index, columns=["a", "b"])
    model = RNNClassifier(hidden_size=3, **FORWARDS).set_output(transform=output)
    encoding = model.fit(panel, Y[:, -1]).transform(panel)
    assert encoding.index.tolist() == names
    assert encoding.columns.tolist() == [f"rnnclassifier{i}" for i in range(3)]
    expected = RNNClassifier(hidden_size=3, **FORWARDS).fit(X, Y[:, -1]).transform(X)
    np.testing.assert_allclose(encoding, expected)


def test_another_model_learns_from_encodings():
    encoder = RNNClassifier(max_epochs=30, random_state=0)
    pipe = make_pipeline(encoder, LogisticRegression())
    X = rng.randn(150, 10, 2)
    assert cross_val_score(pipe, X, X[..., 0].sum(axis=1) > 0, cv=3).mean() > 0.8


@pytest.mark.parametrize("state", [3, [3], [[[0.0]]], "x", [(np.nan,)], [("a", "b")]])
def test_a_wrong_state_is_refused(state):
    model = RNNRegressor(**FORWARDS).fit(X, np.arange(12.0))
    with pytest.raises((ValueError, TypeError), match="initial_state"):
        model.stateful(state)


# A state for each series -----------------------------------------------------

MODELS = {
    "tagger": (RNNTagger, lambda stream, rows: stream.predict_proba(rows)),
    "classifier": (RNNClassifier, lambda stream, rows: stream.predict_proba(rows)),
    "regressor": (RNNRegressor, lambda stream, rows: stream.predict(rows)),
    "encoding": (RNNClassifier, lambda stream, rows: stream.transform(rows)),
}
TIMES = {
    "integers": pd.RangeIndex(10),
    "days": pd.date_range("2024-02-25", periods=10),
    "business days": pd.bdate_range("2024-02-25", periods=10),
    "months": pd.period_range("2024-01", periods=10, freq="M"),
    "numbers": pd.Index(np.arange(10) / 2),
    "hours": pd.timedelta_range("1h", periods=10, freq="h"),
}


def panel_of(times=TIMES["days"], names=("m1", "m2", "m3")):
    index = pd.MultiIndex.from_product([names, times])
    return pd.DataFrame(X[: len(names)].reshape(-1, 2), index)


def fitted(cls):
    y = {RNNTagger: Y, RNNClassifier: Y[:, -1], RNNRegressor: X.sum(axis=(1, 2))}[cls]
    return cls(**(OPTIONS if cls is RNNTagger else FORWARDS)).fit(X, y)


def piece(panel, name, *steps):
    return panel.loc[[name]].iloc[list(steps)]


INTERLEAVED = [
    ("m1", 0, 1, 2),
    ("m2", 0),
    ("m1", 3),
    ("m3", 0, 1),
    ("m2", 1, 2, 3, 4, 5),
    ("m1", 4, 5, 6, 7, 8, 9),
    ("m3", 2, 3, 4, 5, 6, 7, 8, 9),
    ("m2", 6, 7, 8, 9),
]


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("index", TIMES)
def test_each_series_of_a_panel_has_its_own_state(kind, index):
    cls, ask = MODELS[kind]
    model, panel = fitted(cls), panel_of(TIMES[index])
    stream = model.stateful()
    answers = {"m1": [], "m2": [], "m3": []}
    for name, *steps in INTERLEAVED:
        answers[name].append(np.asarray(ask(stream, piece(panel, name, *steps))))
    for i, name in enumerate(answers):
        expected = np.asarray(ask(model, X[[i]]))[0]
        found = answers[name]
        found = np.concatenate(found) if cls is RNNTagger else found[-1][0]
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_several_series_at_once_in_any_order():
    model, panel = fitted(RNNTagger), panel_of()
    stream = model.stateful()
    stream.predict(pd.concat([piece(panel, "m2", 0, 1), piece(panel, "m1", 0)]))
    later = pd.concat(
        [
            piece(panel, "m1", *range(1, 10)),
            piece(panel, "m3", *range(10)),
            piece(panel, "m2", *range(2, 10)),
        ]
    )
    found = stream.predict_proba(later)
    expected = pd.DataFrame(model.predict_proba(X[:3]).reshape(-1, 2), panel.index)
    np.testing.assert_allclose(found, expected.loc[later.index], atol=1e-7)
    assert [part.shape for part in stream.state_[0]] == [(3, 32)] * 2


def test_instances_of_sequences_have_a_state_each():
    model = fitted(RNNTagger)
    stream = model.stateful()

    def sequences(names, *steps):
        rows = ["abc".index(name) for name in names]
        array = SequenceArray.from_array(X[rows][:, list(steps)])
        parts = array.values, array.starts, array.lengths
        return SequenceArray(*parts, instances=list(names))

    stream.predict(sequences("ab", 0, 1, 2))
    stream.predict(sequences("b", 3, 4))
    last = stream.predict_proba(sequences("cb", 5, 6))
    expected = model.predict_proba(X[1:2, :7])[0, 5:]
    np.testing.assert_allclose(last[1], expected, atol=1e-7)
    np.testing.assert_allclose(last[0], model.predict_proba(X[2:3, 5:7])[0], atol=1e-7)
    with pytest.raises(ValueError, match="several pieces of series 'a'"):
        stream.predict(sequences("aa", 5, 6))
    with pytest.raises(ValueError, match="X does not name its series"):
        stream.predict(X[:3])


@pytest.mark.parametrize("index", TIMES)
def test_times_that_do_not_go_on_are_an_error_that_names_the_place(index):
    panel = panel_of(TIMES[index])
    stream = fitted(RNNTagger).stateful()
    stream.predict(pd.concat([piece(panel, "m1", 0, 1, 2), piece(panel, "m2", 0)]))
    state = [[part.copy() for part in parts] for parts in stream.state_]
    due = TIMES[index][3]
    for steps in [(4, 5), (2, 3), (0, 1, 2), (3, 5)]:
        with pytest.raises(ValueError, match=r"'m1' of X has .* where .* is expected"):
            stream.predict(piece(panel, "m1", *steps))
        with pytest.raises(ValueError, match="is expected"):
            stream.predict_proba(piece(panel, "m1", *steps))
    with pytest.raises(ValueError, match=f"where {due!s} is expected"):
        stream.predict(piece(panel, "m1", 4))
    with pytest.raises(ValueError, match=r"'m2' of X has .* is expected"):
        stream.predict(piece(panel, "m2", 2))  # the others' step is known
    np.testing.assert_array_equal(stream.state_[0][0], state[0][0])
    stream.predict(piece(panel, "m1", 3))


def test_an_encoding_that_fails_keeps_the_states():
    panel = panel_of()
    stream = fitted(RNNClassifier).stateful()
    stream.transform(panel[:3])
    state = stream.state_[0][0].copy()
    with pytest.raises(ValueError, match="is expected"):
        stream.transform(panel[4:6])
    np.testing.assert_array_equal(stream.state_[0][0], state)


def test_a_state_without_names_is_that_of_the_first_series():
    model, panel = fitted(RNNTagger), panel_of()
    array = model.stateful()
    array.predict(X[:3, :4])
    stream = model.stateful(array.state_)
    later = panel[np.tile(np.arange(10) >= 4, 3)]
    found = stream.predict_proba(later).to_numpy().reshape(3, 6, 2)
    np.testing.assert_allclose(found, model.predict_proba(X[:3])[:, 4:], atol=1e-7)
    with pytest.raises(ValueError, match=r"\(3, 32\).*expected .*\(2, 32\)"):
        model.stateful(array.state_).predict(panel[:20])


@pytest.mark.parametrize("index", TIMES)
def test_streams_of_series_can_be_kept_and_begin_anew_after_a_fit(index, tmp_path):
    model, panel = fitted(RNNTagger), panel_of(TIMES[index])
    stream = model.stateful()
    stream.predict(piece(panel, "m1", 0, 1, 2))
    save(stream, tmp_path / "stream.safetensors")
    kept = pickle.loads(pickle.dumps(stream)), load(tmp_path / "stream.safetensors")
    expected = stream.predict_proba(piece(panel, "m1", 3))
    for again in kept:
        with pytest.raises(ValueError, match="is expected"):
            again.predict(piece(panel, "m1", 4))
        found = again.predict_proba(piece(panel, "m1", 3))
        np.testing.assert_array_equal(found, expected)
    stream.fit(X, Y)
    stream.predict(piece(panel, "m1", 0))


def test_listed_frames_go_on_by_their_dates(tmp_path):
    dates = pd.date_range("2024-06-01", periods=12, freq="h")
    frames = [pd.DataFrame(rng.normal(size=(12, 1)), dates) for _ in range(2)]
    tagger = RNNTagger(max_epochs=1, random_state=0)
    tagger.fit(frames, [np.arange(12) % 2] * 2)
    stream = tagger.stateful()
    whole = tagger.predict_proba(frames)

    def piece(rows):
        return [frame[rows] for frame in frames]

    stream.predict(piece(slice(0, 5)))
    save(stream, tmp_path / "stream")
    for going in (stream, load(tmp_path / "stream")):
        for rows in (slice(6, 9), slice(4, 9)):
            with pytest.raises(ValueError, match=r"X\[0\] has .* 05:00:00 is expected"):
                going.predict(piece(rows))
        for other in (
            piece(slice(5, 6))[:1],
            [frame.to_numpy() for frame in piece(slice(5, 6))],
            pd.concat(dict(enumerate(piece(slice(5, 6))))),
        ):
            with pytest.raises(ValueError, match="give 2 listed frames with dates"):
                going.predict(other)
        for rows in (slice(5, 6), slice(6, 12)):
            for part, answer in zip(
                going.predict_proba(piece(rows)), whole, strict=True
            ):
                np.testing.assert_allclose(part, answer[rows], atol=1e-6)
    named = tagger.stateful()
    named.predict(pd.concat({"x": frames[0][:5], "y": frames[1][:5]}))
    with pytest.raises(ValueError, match="give a DataFrame of two levels"):
        named.predict(piece(slice(5, 6)))


# Holes, gaps, categories and static columns ----------------------------------

N, T = 8, 9
HOURS = (0.1 + rng.rand(N, T)).cumsum(axis=1) + 100 * rng.rand(N, 1)
VALUES = np.where(rng.rand(N * T, 2) < 0.5, np.nan, rng.randn(N * T, 2))
NAMES = [f"p{i}" for i in range(N)]
STATIC = pd.DataFrame({"age": rng.randn(N), "sex": list("fmfmmfmf")}, index=NAMES)
WARDS = rng.choice(["x", "y", None], N * T)
STEP_LABELS = [np.where(x > 0, 1, 0) for x in rng.randn(N, T)]
INPUTS = {
    "lstm": {"missing": "mask"},
    "lstm and gaps": {"missing": "mask", "time_gaps": True},
    "gaps alone": {"time_gaps": True},
    "gru_d": {"missing": "mask", "cell": "gru_d"},
    "gru_d and gaps": {
        "missing": "mask",
        "cell": "gru_d",
        "time_gaps": True,
        "normalize": None,
    },
}


def incomplete(kind, times=None):
    values = VALUES if "missing" in INPUTS[kind] else np.nan_to_num(VALUES)
    when = HOURS.ravel()
    if times == "dates":
        when = pd.Timestamp("2024-02-28") + pd.to_timedelta(when, "h").round("s")
    index = pd.MultiIndex.from_arrays([np.repeat(NAMES, T), when])
    frame = pd.DataFrame(values, index, columns=["a", "b"]).assign(ward=WARDS)
    return SequenceArray.from_frame(frame, static=STATIC)


def part(X, start, stop=T, rows=None):
    """Some steps of some sequences."""
    X = X[np.arange(len(X)) if rows is None else rows]
    starts, stops = np.broadcast_to(start, len(X)), np.broadcast_to(stop, len(X))
    return X._replace(starts=X.starts + starts, lengths=stops - starts)


def tagger_of(kind, X):
    return RNNTagger(hidden_size=4, **OPTIONS, **INPUTS[kind]).fit(X, STEP_LABELS)


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("times", ["hours", "dates"])
@pytest.mark.parametrize("kind", INPUTS)
def test_every_cut_of_incomplete_series_answers_as_the_whole(kind, times, named):
    X = incomplete(kind, times)
    model = tagger_of(kind, X)
    X = X if named else X._replace(instances=None)
    whole = np.array(model.predict_proba(X))
    last = model.stateful()
    for step in range(T):
        found = np.array(last.predict_proba(part(X, step, step + 1)))
        assert_close(found[:, 0], whole[:, step])
        if step:
            stream = model.stateful()
            first = stream.predict_proba(part(X, 0, step))
            rest = stream.predict_proba(part(X, step))
            assert_close(np.concatenate([first, rest], axis=1), whole)
    alone = np.array(model.predict_proba(part(X, T - 1)))
    assert np.abs(alone[:, 0] - whole[:, -1]).max() > 1e-5


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_the_last_answer_to_incomplete_series_is_that_to_the_whole(cls, kind):
    X = incomplete(kind)
    options = {**FORWARDS, "hidden_size": 4, **INPUTS[kind]}
    y = np.arange(N) % 2 if cls is RNNClassifier else np.arange(N) / 2
    model = cls(**options).fit(X, y)
    ask = "predict_proba" if cls is RNNClassifier else "predict"
    cuts = rng.randint(1, T, N)
    whole = getattr(model, ask)(X)
    for sequences in (X, X._replace(instances=None)):
        stream = model.stateful()
        getattr(stream, ask)(part(sequences, 0, cuts))
        assert_close(getattr(stream, ask)(part(sequences, cuts)), whole)
        assert stream.state_[0][0].shape == (N, 4)
    assert_close(model.stateful().transform(X), model.transform(X))


@pytest.mark.parametrize("kind", INPUTS)
def test_incomplete_series_come_in_another_order_and_new_ones_later(kind):
    X = incomplete(kind)
    model = tagger_of(kind, X)
    whole, stream = np.array(model.predict_proba(X)), model.stateful()
    done = np.zeros(N, dtype=int)
    for rows in ([3, 1], [1, 5, 0, 3], [7], [0, 2, 4, 6], [6, 1, 3], [5, 7, 4]):
        stop = done[rows] + rng.randint(1, 3, len(rows))
        found = stream.predict_proba(part(X, done[rows], stop, rows))
        for i, answer in zip(rows, found, strict=True):
            assert_close(answer, whole[i, done[i] : done[i] + len(answer)])
        done[rows] = stop
    assert sorted(stream._series) == NAMES
    rest = stream.predict_proba(part(X, done))
    assert_close(np.concatenate(rest), np.concatenate(list(map(since, whole, done))))


def since(answers, step):
    return answers[step:]


@pytest.mark.parametrize("kind", INPUTS)
def test_streams_of_incomplete_series_are_copied_with_all_they_carry(kind, tmp_path):
    X = incomplete(kind)
    stream = tagger_of(kind, X).stateful()
    stream.predict(part(X, 0, 4))
    save(stream, tmp_path / "stream")
    again = [
        copy.deepcopy(stream),
        pickle.loads(pickle.dumps(stream)),
        load(tmp_path / "stream"),
    ]
    expected = np.array(stream.predict_proba(part(X, 4)))
    for one in again:
        np.testing.assert_array_equal(one.predict_proba(part(X, 4)), expected)
    new = stream.stateful().predict_proba(part(X, 4))
    assert np.abs(np.array(new) - expected).max() > 1e-5
    stream.fit(X, STEP_LABELS)
    anew = clone(stream).fit(X, STEP_LABELS).predict_proba(X)
    np.testing.assert_array_equal(stream.predict_proba(X), anew)


@pytest.mark.parametrize("kind", INPUTS)
def test_failing_calls_leave_what_was_seen_as_it_was(kind):
    X = incomplete(kind)
    stream = tagger_of(kind, X).stateful()
    stream.predict(part(X, 0, 4))
    kept = copy.deepcopy(stream)
    wrong = [
        part(X, 4)._replace(static=None),
        part(X, 4)._replace(instances=pd.Index(["p0"] * N)),
        part(X, 4)._replace(instances=None),
        part(X, 4)._replace(values=np.full_like(X.values, np.inf)),
    ]
    if "time_gaps" in INPUTS[kind]:
        wrong += [part(X, 3), part(X, 4)._replace(times=None)]
    for piece in wrong:
        with pytest.raises(ValueError, match="X"):
            stream.predict(piece)

    def read_and_fail(module, batch):
        RNNTagger._ask(stream, module, batch)
        raise ValueError("after the network read it")

    stream._ask = read_and_fail
    with pytest.raises(ValueError, match="after the network"):
        stream.predict(part(X, 4))
    del stream._ask
    expected = kept.predict_proba(part(X, 4))
    np.testing.assert_array_equal(stream.predict_proba(part(X, 4)), expected)


@pytest.mark.parametrize("kind", INPUTS)
def test_frames_go_on_row_by_row(kind):
    X = incomplete(kind, "dates" if "time_gaps" in INPUTS[kind] else None)
    times = X.times if "time_gaps" in INPUTS[kind] else np.tile(np.arange(T), N)
    index = pd.MultiIndex.from_arrays([np.repeat(NAMES, T), times])
    frame = pd.DataFrame(X.values[:, :2], index, columns=["a", "b"]).assign(ward=WARDS)
    model = tagger_of(kind, frame)
    stream, whole = model.stateful(), model.predict_proba(frame)
    step = np.tile(np.arange(T), N)
    for i in range(T):
        found = stream.predict_proba(frame[step == i])
        assert_close(found, whole[step == i])


def test_irregular_times_only_have_to_be_later():
    X = incomplete("gaps alone")
    model = tagger_of("gaps alone", X)
    for named in (True, False):
        Z = X if named else X._replace(instances=None)
        stream = model.stateful()
        stream.predict(part(Z, 0, 4))
        name = "series 'p0' of X" if named else r"X\[0\]"
        with pytest.raises(ValueError, match=f"{name} has .* is known already"):
            stream.predict(part(Z, 2, 5))
        found = stream.predict_proba(part(Z, 5))[0][0]
        assert_close(found, answer_with_a_gap(model, Z))
        if not named:
            with pytest.raises(ValueError, match="give 8 sequences"):
                stream.predict(part(Z, 8, rows=[0, 1]))
    with pytest.raises(ValueError, match="needs to know when steps were"):
        model.stateful().predict(X._replace(times=None))


def answer_with_a_gap(model, X):
    """What it says of the sixth step of the first sequence, which has no fifth."""
    rows = [0, 1, 2, 3, 5]
    first = SequenceArray(
        X.values[rows], [0], [5], times=X.times[rows], static=X.static[:1]
    )
    first = first._replace(categories=X.categories, feature_names=X.feature_names)
    return model.predict_proba(first)[0][-1]


def test_a_state_handed_over_has_seen_nothing():
    X = incomplete("gru_d")
    model = tagger_of("gru_d", X)
    stream = model.stateful()
    stream.predict(part(X, 0, 4))
    other = model.stateful(stream.state_)
    later = part(X, 4)
    found = np.array(other.predict_proba(later))
    assert np.isfinite(found).all()
    assert np.abs(found - stream.predict_proba(later)).max() > 1e-6
    rest = other._seen[1].shape, other.state_[0][0].shape
    assert rest == ((N, 2), (N, 4))


def test_files_with_other_things_seen_are_refused(tmp_path):
    X = incomplete("gru_d")
    stream = tagger_of("gru_d", X).stateful()
    stream.predict(X)
    for wrong in ((N - 1, N - 1), (N, N - 1)):
        values, waited = stream._seen
        broken = copy.copy(stream)
        broken._seen = values[: wrong[0]], waited[: wrong[1]]
        with pytest.raises(ValueError, match="seen last"):  # it is read once
            save(broken, tmp_path / "stream")
