"""Estimators of incomplete, irregular and mixed sequences."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

from skseq import (
    CNNClassifier,
    CNNLSTMRegressor,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.inspection import permutation_importance
from skseq.persistence import load, save
from skseq.preprocessing import SlidingWindow

N, T = 40, 8
rng = np.random.default_rng(0)
COMPLETE = rng.normal(size=(N, T, 3))
HOLES = np.where(rng.random(COMPLETE.shape) < 0.4, np.nan, COMPLETE)
HOLES[0] = np.nan  # nothing of a sequence
HOLES[:, 2] = np.nan  # nor of a step
LEVEL = COMPLETE[..., 0].mean(axis=1)
CLASSES = np.where(LEVEL > 0, "up", "down")
SMALL = {"max_epochs": 2, "random_state": 0, "missing": "mask"}
INDEX = pd.MultiIndex.from_product([range(N), range(T)], names=["id", "hour"])
FRAME = pd.DataFrame(HOLES.reshape(-1, 3), INDEX, columns=list("abc")).assign(
    ward=rng.choice(["x", "y", None], N * T), awake=rng.random(N * T) < 0.5
)
STATIC = pd.DataFrame(
    {"age": rng.normal(60, 9, N), "sex": rng.choice(["f", "m"], N)}, index=range(N)
)
MIXED = SequenceArray.from_frame(FRAME, static=STATIC)

MODELS = [
    RNNClassifier(hidden_size=4, **SMALL),
    RNNClassifier(hidden_size=4, cell="gru_d", n_networks=2, **SMALL),
    RNNRegressor(hidden_size=4, cell="gru_d", bidirectional=False, **SMALL),
    RNNTagger(hidden_size=4, cell="gru_d", time_gaps=True, **SMALL),
    CNNRegressor(n_filters=(8, 8), kernel_size=3, normalize="sequence", **SMALL),
    CNNTagger(n_filters=(8, 8), kernel_size=3, normalize=None, **SMALL),
    CNNLSTMRegressor(n_filters=(8,), hidden_size=4, kernel_size=3, **SMALL),
    Seq2SeqRegressor(hidden_size=4, attention="general", time_gaps=True, **SMALL),
    Seq2SeqRegressor(hidden_size=4, bidirectional=True, teacher_forcing=0.5, **SMALL),
]


def targets(model):
    if type(model).__name__.endswith("Tagger"):
        return [np.where(x > 0, 1, 0) for x in COMPLETE[..., 0]]
    if type(model).__name__.startswith("Seq2Seq"):
        return COMPLETE[:, :3, 0]
    return CLASSES if type(model).__name__.endswith("Classifier") else LEVEL


def answers(model, X):
    ask = getattr(model, "predict_proba", model.predict)
    found = ask(X)
    rows = found.to_numpy() if hasattr(found, "iloc") else found
    return np.concatenate([np.atleast_1d(one) for one in rows])


@pytest.fixture(params=MODELS, ids=lambda m: f"{type(m).__name__}-{m.normalize}")
def model(request):
    return clone(request.param).fit(MIXED, targets(request.param))


def changed(**parts):
    return MIXED._replace(**parts)


def test_batch_mates_and_order_change_nothing(model):
    found = np.asarray(answers(model, MIXED)).reshape(N, -1)
    order = np.random.default_rng(1).permutation(N)[:7]
    some = np.asarray(answers(model, MIXED[order])).reshape(7, -1)
    np.testing.assert_allclose(some, found[order], rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(model):
    short = MIXED._replace(lengths=np.where(np.arange(N) == 3, 5, MIXED.lengths))
    alone = np.ravel(answers(model, short[[3]]))
    together = answers(model, short)
    if "Tagger" in type(model).__name__:
        together = together[3 * T :][:5]
    else:
        together = together.reshape(N, -1)[3]
    np.testing.assert_allclose(np.ravel(together), alone, rtol=1e-4, atol=1e-5)


def test_early_steps_holes_categories_and_static_values_change_something(model):
    found = np.asarray(answers(model, MIXED))
    first = np.zeros(len(MIXED.values), dtype=bool)
    first[MIXED.starts] = True
    for column, value in ((0, 3.0), (0, np.nan), (3, 1.0), (3, np.nan), (4, np.nan)):
        values = MIXED.values.copy()
        values[:, column] = np.where(first, value, values[:, column])
        assert np.abs(answers(model, changed(values=values)) - found).max() > 1e-7
    for column in range(2):
        static = MIXED.static[np.arange(N)]
        static.values[:, column] = static.values[::-1, column]
        other = np.asarray(answers(model, changed(static=static)))
        assert np.abs(other - found).max() > 1e-7


def test_files_and_pickles_answer_alike(model, tmp_path):
    found = answers(model, MIXED)
    save(model, tmp_path / "model.skseq")
    for again in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.skseq")):
        np.testing.assert_array_equal(answers(again, MIXED), found)


def test_frames_lists_and_arrays_are_read_alike():
    model = RNNClassifier(hidden_size=4, **SMALL).fit(HOLES, CLASSES)
    expected = model.predict_proba(HOLES)
    for X in (
        list(HOLES),
        FRAME[["a", "b", "c"]].set_axis([0, 1, 2], axis=1),
        SequenceArray.from_array(HOLES),
    ):
        np.testing.assert_allclose(model.predict_proba(X), expected)
    frames = [frame.droplevel(0) for _, frame in FRAME.groupby(level=0)]
    listed = RNNClassifier(hidden_size=4, **SMALL).fit(frames, CLASSES)
    panel = RNNClassifier(hidden_size=4, **SMALL).fit(FRAME, CLASSES)
    np.testing.assert_allclose(
        listed.predict_proba(frames), np.asarray(panel.predict_proba(FRAME))
    )


@pytest.mark.parametrize("normalize", [None, "feature", "sequence", "both"])
def test_a_value_behind_a_hole_is_not_seen_by_scales(normalize):
    model = RNNRegressor(hidden_size=4, normalize=normalize, **SMALL)
    expected = clone(model).fit(HOLES, LEVEL).predict(HOLES)
    wild = HOLES[..., [0, 1, 2, 0]]
    wild[..., 3] = np.nan  # a feature that is never there
    found = clone(model).fit(wild, LEVEL).predict(wild)
    assert np.isfinite(found).all()
    scaler = model.fit(HOLES, LEVEL)._scaler
    if normalize in ("feature", "both"):
        np.testing.assert_allclose(
            scaler.scaler.mean_, np.nanmean(HOLES.reshape(-1, 3), axis=0)
        )
    np.testing.assert_array_equal(model.predict(HOLES), expected)


def test_what_was_never_missing_in_fit_may_be_missing_later():
    model = CNNClassifier(n_filters=(8, 8), kernel_size=3, **SMALL)
    model.fit(COMPLETE, CLASSES)
    assert np.isfinite(model.predict_proba(HOLES)).all()
    assert np.isfinite(model.predict_proba(np.full((2, 5, 3), np.nan))).all()


def test_complete_data_without_a_mask_are_an_error():
    with pytest.raises(ValueError, match=r"contains NaN: X\[0\] at time step 0"):
        RNNClassifier().fit(HOLES, CLASSES)
    wrong = HOLES.copy()
    wrong[3, 1, 0] = np.inf
    with pytest.raises(ValueError, match=r"contains infinity: X\[3\] at time step 1"):
        RNNClassifier(**SMALL).fit(wrong, CLASSES)


def test_gaps_alone_tell_records_apart_and_a_shift_of_all_does_not():
    hours = INDEX.get_level_values(1).to_numpy() * 1.0
    is_slow = np.repeat(LEVEL > 0, T)
    times = np.where(is_slow, 3.0, 1.0) * hours
    X = SequenceArray.from_array(np.zeros((N, T, 1)))
    X.times = pd.Index(times)
    model = RNNClassifier(time_gaps=True, max_epochs=30, random_state=0)
    model.fit(X, CLASSES)
    assert model.score(X, CLASSES) == 1
    later = X._replace(times=pd.Index(times + 1024))
    np.testing.assert_array_equal(model.predict_proba(later), model.predict_proba(X))
    dates = pd.Timestamp("2020") + pd.to_timedelta(times, "h")
    model.fit(X._replace(times=dates), CLASSES)
    assert model.score(X._replace(times=dates + pd.Timedelta("9D")), CLASSES) == 1


def test_the_time_since_another_record_ended_says_nothing():
    hours = rng.random((N, T)).cumsum(axis=1) + 1000 * np.arange(N)[:, None]
    X = SequenceArray.from_array(COMPLETE)._replace(times=pd.Index(hours.ravel()))
    model = RNNClassifier(time_gaps=True, **SMALL).fit(X, CLASSES)
    order = rng.permutation(N)
    found = model.predict_proba(X[order])
    np.testing.assert_allclose(found, model.predict_proba(X)[order], atol=1e-7)
    apart = np.concatenate([model.predict_proba(X[[i]]) for i in order])
    np.testing.assert_allclose(found, apart, atol=1e-7)


def test_columns_may_all_be_categories():
    frame = FRAME[["ward"]]
    model = RNNClassifier(hidden_size=4, **SMALL).fit(frame, CLASSES)
    assert np.isfinite(np.asarray(model.predict_proba(frame))).all()


@pytest.mark.parametrize("kind", ["missing", "category", "static", "unknown"])
def test_each_source_is_learned_from(kind):
    up = LEVEL > 0
    values, static = np.zeros((N, T, 1)), None
    frame = pd.DataFrame({"a": 0.0}, INDEX)
    if kind == "missing":
        values[up, :3] = np.nan
        frame["a"] = values.ravel()
    elif kind == "static":
        static = pd.DataFrame({"sex": np.where(up, "m", "f")})
    else:
        frame["ward"] = np.where(np.repeat(up, T), "x", "y")
    X = SequenceArray.from_frame(frame, static=static)
    options = {**SMALL, "max_epochs": 30, "lr": 0.02}
    model = RNNClassifier(hidden_size=8, **options).fit(X, CLASSES)
    if kind == "unknown":
        unknown = SequenceArray.from_frame(frame.assign(ward="z"))
        assert np.ptp(model.predict_proba(unknown), axis=0).max() < 1e-6
    assert model.score(X, CLASSES) == 1


def test_the_whole_program_of_a_user():
    cv = StratifiedGroupKFold(2)
    model = RNNClassifier(cell="gru_d", time_gaps=True, **SMALL)
    scores = cross_val_score(
        model, MIXED, CLASSES, scoring="roc_auc", cv=cv, groups=np.arange(N) // 4
    )
    assert np.isfinite(scores).all()


def test_weights_are_copies_of_mixed_samples():
    weights = np.arange(N) % 3
    copies = np.repeat(np.arange(N), weights)
    model = RNNRegressor(hidden_size=4, batch_size=128, time_gaps=True, **SMALL)
    one = clone(model).fit(MIXED, LEVEL, sample_weight=weights)
    other = clone(model).fit(MIXED[copies], LEVEL[copies])
    np.testing.assert_array_equal(one.predict(MIXED), other.predict(MIXED))


def test_tags_say_what_may_be_missing():
    assert RNNClassifier(**SMALL).__sklearn_tags__().input_tags.allow_nan
    assert not RNNClassifier().__sklearn_tags__().input_tags.allow_nan


def test_sequences_of_holes_are_continued_by_numbers():
    y = [np.arange(3) * level for level in LEVEL]
    model = Seq2SeqRegressor(hidden_size=4, **SMALL).fit(HOLES, y)
    assert np.isfinite(np.concatenate(list(model.predict(HOLES)))).all()


@pytest.mark.parametrize("options", [{}, {"attention": "general"}], ids=str)
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_static_columns_alone_decide_what_is_written(options, missing, tmp_path):
    """All sequences are equal: a category says which word, a number how long it is."""
    lengths = np.tile([1, 2, 3], 20)
    letters = np.where(np.arange(60) // 3 % 2, "a", "b")
    static = pd.DataFrame({"length": lengths, "letter": letters})
    y = [[letter] * n for letter, n in zip(letters, lengths, strict=True)]
    X = SequenceArray.from_list([np.zeros((4, 1))] * 60, static=static)
    model = Seq2SeqClassifier(
        cell="gru",
        missing=missing,
        lr=0.02,
        max_epochs=80,
        random_state=0,
        **options,
    ).fit(X, y)
    assert model.score(X, y) == 1
    save(model, tmp_path / "model.skseq")
    order = np.random.default_rng(0).permutation(60)
    for again in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.skseq")):
        assert again.score(X[order], [y[i] for i in order]) == 1
    found = permutation_importance(model, X, y, by="feature", random_state=0)
    assert found.feature_names.tolist() == ["x0", "length", "letter"]
    assert found.importances_mean[0, 0] == 0
    assert (found.importances_mean[0, 1:] > 0.2).all()
    with pytest.raises(ValueError, match="X has 0 static columns, but 2 in fit"):
        model.predict(list(X))


def test_numbers_are_written_from_a_static_number():
    level = np.linspace(-1, 1, 60)
    static = pd.DataFrame({"level": level})
    X = SequenceArray.from_list([np.zeros((2, 1))] * 60, static=static)
    y = level[:, None] * [1.0, -2.0, 3.0]
    model = Seq2SeqRegressor(cell="gru", lr=0.02, max_epochs=200, random_state=0)
    assert model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.99


def test_tokens_have_nothing_beside_them():
    X = rng.integers(0, 5, (N, T))
    with pytest.raises(ValueError, match="X holds tokens, as embedding_dim"):
        RNNClassifier(embedding_dim=4, **SMALL).fit(X, CLASSES)


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_texts_of_numbers_that_are_named_as_categories_stay_so(dtype, tmp_path):
    index = pd.MultiIndex.from_product([range(12), range(3)])
    codes = np.repeat(list("123") * 4, 3)
    X = pd.DataFrame({"value": rng.normal(size=36), "code": codes}, index)
    X["code"] = X["code"].astype(dtype)
    y = codes[::3] == "2"
    model = RNNClassifier(
        categorical_features=["code"], lr=0.02, max_epochs=40, random_state=0
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), y)
    unknown = X.assign(code="7")
    assert len(np.unique(model.predict_proba(X.assign(value=0.0))[:, 1])) > 1
    assert len(np.unique(model.predict_proba(unknown.assign(value=0.0))[:, 1])) == 1
    save(model, tmp_path / "model.skseq")
    loaded = load(tmp_path / "model.skseq")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_a_list_of_frames_by_date_is_read_like_the_panel():
    """Dates of objects, of lists and in other time zones are the same times."""
    hours = pd.to_timedelta(rng.exponential(size=N * T).cumsum(), unit="h")
    days = (pd.Timestamp("2024", tz="UTC") + hours).round("s")
    index = [INDEX.get_level_values(0), days]
    panel = FRAME.set_axis(pd.MultiIndex.from_arrays(index))
    model = RNNClassifier(hidden_size=4, time_gaps=True, **SMALL).fit(panel, CLASSES)
    expected = model.predict_proba(panel)
    objects = [INDEX.get_level_values(0), pd.Index(days.astype(object), dtype=object)]
    parts = [panel.loc[i] for i in range(N)]
    for X in (
        panel.set_axis(pd.MultiIndex.from_arrays(objects)),
        parts,
        SequenceArray.from_list(parts),
        [part.tz_convert("Asia/Tokyo") for part in parts],
    ):
        np.testing.assert_array_equal(model.predict_proba(X), expected)
    texts = [INDEX.get_level_values(0), days.strftime("%Y-%m-%d %H:%M:%S")]
    with pytest.raises(
        ValueError, match=r"are of (str|object), such as .'2024.*to_datetime"
    ):
        model.predict(panel.set_axis(pd.MultiIndex.from_arrays(texts)))


def test_what_is_missing_is_named_and_the_way_out_where_there_is_one():
    holed = SequenceArray.from_frame(FRAME)
    place = r"X\[0\] at time step 0 \(instance 0, time 0\), column 'a'"
    with pytest.raises(ValueError, match=f"NaN: {place}. Set missing='mask', or fill"):
        RNNClassifier().fit(holed, CLASSES)
    with pytest.raises(ValueError, match=r"NaN: X\[0\] at time step 0, feature 0. Set"):
        RNNClassifier().fit(HOLES, CLASSES)
    with pytest.raises(ValueError, match=r"NaN: row 0.*, column 'a'. Set missing"):
        SlidingWindow(2).fit(FRAME[["a"]])
    tokens = np.array([[1, np.nan], [2, 3]])
    with pytest.raises(ValueError, match=r"NaN: X\[0\] at time step 1\.$"):
        RNNClassifier(embedding_dim=2).fit(tokens, [0, 1])


@pytest.mark.parametrize("normalize", [None, "feature", "sequence", "both"])
@pytest.mark.parametrize("options", [{"n_networks": 2}, {"cell": "gru_d"}])
def test_what_was_never_there_in_fit_says_nothing_later(normalize, options, tmp_path):
    """Nothing was learned of it, not even its scale: raw values would drown others."""
    model = RNNClassifier(hidden_size=4, normalize=normalize, **options, **SMALL)
    never = SequenceArray.from_frame(
        FRAME.assign(b=np.nan), static=STATIC.assign(age=np.nan)
    )
    X = SequenceArray.from_frame(FRAME.assign(b=1e4), static=STATIC)
    expected = model.fit(never, CLASSES).predict_proba(never)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    save(model, tmp_path / "model.skseq")
    found = load(tmp_path / "model.skseq").predict_proba(X)
    np.testing.assert_array_equal(found, expected)
    assert np.abs(model.fit(X, CLASSES).predict_proba(never) - expected).max() > 1e-4


def test_what_is_held_out_alone_is_not_seen():
    """A column that only sequences of weight zero have is none that was learned of."""
    frame = FRAME.copy()
    frame.loc[10:, "c"] = np.nan
    X = SequenceArray.from_frame(frame)
    weights = np.where(np.arange(N) < 10, 0.0, 1.0)
    model = RNNClassifier(hidden_size=4, **SMALL).fit(X, CLASSES, weights)
    other = SequenceArray.from_frame(frame.assign(c=np.nan))
    found = model.predict_proba(X)
    np.testing.assert_array_equal(found, model.predict_proba(other))


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both", None])
def test_training_takes_the_scale_of_what_it_leaves_of_a_sequence(normalize):
    model = RNNClassifier(hidden_size=4, normalize=normalize, **SMALL)
    inputs = model.fit(HOLES, CLASSES).net_.module_.embedding
    assert inputs.hide.own_scale == (normalize in ("sequence", "both"))
