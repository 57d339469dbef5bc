"""What can be read, but hardly as it was meant: axes, texts, one sample, no label."""

import warnings
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.utils.estimator_checks import _NotAnArray

from skseq import (
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.data.doubts import refuse_texts, warn_of_names
from skseq.preprocessing import (
    SequencePadder,
    SequenceScaler,
    SequenceSplitter,
    SlidingWindow,
    SwapAxes,
)

QUICK = {"max_epochs": 1, "random_state": 0, "hidden_size": 2}
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 8, 6))
Y = np.arange(20) % 2
STEPS = (X[..., 0] > 0).astype(int)


def warnings_of(call):
    """Return what a call warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in caught]


# Axes in another order -------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(40, 6, 100), (67, 1, 24), (20, 3, 30), (50, 2, 50), (30, 4, 65)]
)
def test_channels_before_time_are_warned_of(shape):
    given = rng.normal(size=shape)
    y = np.arange(len(given)) % 2
    with pytest.warns(UserWarning, match=r"SwapAxes.*skseq\.sktime") as caught:
        model = RNNClassifier(**QUICK).fit(given, y)
    assert len(caught) == 1
    assert warnings_of(lambda: model.predict(given)) == []
    assert warnings_of(lambda: model.score(given, y)) == []
    swapped = SwapAxes().fit_transform(given)
    assert warnings_of(lambda: RNNClassifier(**QUICK).fit(swapped, y)) == []


@pytest.mark.parametrize(
    "shape", [(20, 10, 14), (20, 1, 4), (20, 20, 50), (20, 100, 6), (20, 3, 20)]
)
def test_short_sequences_of_some_features_are_no_doubt(shape):
    given = rng.normal(size=shape)
    assert warnings_of(lambda: RNNClassifier(**QUICK).fit(given, Y)) == []


SWAPPED = rng.normal(size=(10, 2, 40))
LAYOUTS = {
    "list": list,
    "SequenceArray": SequenceArray.from_array,
    "float32": np.float32,
    "Fortran order": np.asfortranarray,
}
LEARNERS = {
    "classifier": (RNNClassifier(**QUICK), np.arange(10) % 2),
    "regressor": (RNNRegressor(**QUICK), np.arange(10.0)),
    "tagger": (RNNTagger(**QUICK), np.arange(20).reshape(10, 2) % 2),
    "encoder and decoder": (Seq2SeqRegressor(**QUICK), np.ones((10, 3))),
    "scaler": (SequenceScaler(), None),
    "padder": (SequencePadder(), None),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("learner", LEARNERS)
def test_every_learner_warns_in_every_layout_without_names(learner, layout):
    model, y = LEARNERS[learner]
    with pytest.warns(UserWarning, match="2 time steps of 40 features"):
        model.fit(LAYOUTS[layout](SWAPPED), y)


def test_the_splitter_and_partial_fit_warn():
    with pytest.warns(UserWarning, match="SwapAxes"):
        SequenceSplitter(2).split(SWAPPED)
    model = RNNClassifier(**QUICK)
    with pytest.warns(UserWarning, match="SwapAxes"):
        model.partial_fit(SWAPPED, np.arange(10) % 2)
    again = warnings_of(lambda: model.partial_fit(SWAPPED, np.arange(10) % 2))
    assert again == []


def test_what_names_its_axes_is_no_doubt():
    y = np.arange(10) % 2
    index = pd.MultiIndex.from_product([range(10), range(2)])
    panel = pd.DataFrame(SWAPPED.reshape(20, 40), index)
    windows = SlidingWindow(1).fit_transform(SWAPPED[:, 0])
    univariate = SWAPPED[:, 0]
    for given in (panel, windows, univariate):
        model = RNNClassifier(**QUICK)
        assert warnings_of(lambda: model.fit(given, y)) == []  # noqa: B023


# Texts --------------------------------------------------------------------------------

TEXTS = {
    "list": ["good film", "bad"],
    "tuple": ("good film", "bad"),
    "array": np.array(["good film", "bad"]),
    "objects": np.array(["good film", "bad"], dtype=object),
    "Series": pd.Series(["good film", "bad"]),
    "string Series": pd.Series(["good film", "bad"], dtype="string"),
    "categories": pd.Series(["good film", "bad"], dtype="category"),
    "words": [["good", "film"], ["bad", "film"]],
    "unequal words": [["good", "film"], ("bad",)],
    "arrays of words": [np.array(["good", "film"]), np.array(["bad"])],
    "an array of words": np.array([["good", "film"], ["bad", "film"]]),
    "an object array of words": np.array([["a", "b"], ["c", "d"]], dtype=object),
    "Series of words": pd.Series([["good", "film"], ["bad"]]),
    "SequenceArray": SequenceArray.from_list([["good", "film"], ["bad"]]),
    "one": "good film",
    "bytes": [b"good film", b"bad"],
    "an empty one": ["", "good"],
    "none in the first": [[], ["good"]],
    "digits": ["2026", "7"],
}


@pytest.mark.parametrize("texts", TEXTS)
@pytest.mark.parametrize(
    "estimator",
    [
        RNNClassifier(),
        RNNClassifier(embedding_dim=4),
        RNNRegressor(),
        CNNTagger(),
        Seq2SeqClassifier(),
        SequenceScaler(),
        SequencePadder(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_texts_name_the_tokenizer(estimator, texts):
    with pytest.raises(
        ValueError, match=r"^X.* is the text .*Tokenizer.*embedding_dim"
    ):
        estimator.fit(TEXTS[texts], [0, 1])


def test_tensors_are_not_gone_through_for_texts(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "__iter__", None)
    assert refuse_texts(torch.zeros(2, 3, 4)) is None  # a TypeError if it looked


def test_no_table_of_numbers_is_said_to_be_none():
    with pytest.raises(ValueError, match=r"^X\[0\] is the text 'ab',.*Tokenizer"):
        SwapAxes().fit(["ab", "c"])
    with pytest.raises(ValueError, match=r"X.* unequal lengths, 2 in .* 3 in row 1"):
        SlidingWindow(2).fit([[1.0, 2.0], [1.0, 2.0, 3.0]])
    with pytest.raises(TypeError, match=r"X: .*generator"):
        RNNClassifier().fit((row for row in X), Y)


def test_texts_in_a_prediction_name_the_tokenizer():
    model = RNNClassifier(**QUICK).fit(X, Y)
    with pytest.raises(ValueError, match=r"X\[1\] is the text 'c'.*Tokenizer"):
        model.predict([X[0], "c"])
    SequenceScaler().fit([["1", "2.5"], ["3", "4"]])  # numbers, written out


# One sample without its axis ---------------------------------------------------------


MODELS = {
    "classifier": (RNNClassifier, Y, ["predict", "predict_proba", "decision_function"]),
    "regressor": (RNNRegressor, X[:, 0, 0], ["predict", "transform"]),
    "tagger": (RNNTagger, STEPS, ["predict", "predict_proba", "decision_function"]),
    "encoder and decoder": (Seq2SeqRegressor, X[..., 0], ["predict"]),
}


def one_sample(n_features):
    sample = X[0, :, :n_features]
    return [
        (sample, r"X\[None\]"),
        (sample.tolist(), r"\[X\]"),
        (pd.DataFrame(sample), r"\[X\]"),
    ]


@pytest.mark.parametrize("n_features", [1, 6])
@pytest.mark.parametrize("kind", MODELS)
def test_one_sample_is_no_table(kind, n_features):
    cls, y, methods = MODELS[kind]
    model = cls(**QUICK).fit(X[..., :n_features], y)
    for method in methods:
        answer = getattr(model, method)
        for given, name in one_sample(n_features):
            message = f"table of 8 univariate sequences, .* a single sequence.* {name}"
            with pytest.raises(ValueError, match=message):
                answer(given)
        with pytest.raises(ValueError, match=r"1D array .* alone is X\[None\]"):
            answer(X[0, :, 0])
        alone = np.asarray(answer(X[:1, :, :n_features]))
        assert len(alone) == 1
        np.testing.assert_array_equal(alone, np.asarray(answer([X[0, :, :n_features]])))


@pytest.mark.parametrize("n_features", [1, 6])
def test_one_sample_after_a_fit_of_a_table(n_features):
    flat = X[..., :n_features].reshape(20, -1)
    model = RNNClassifier(n_channels=n_features, **QUICK).fit(flat, Y)
    sample = X[0, :, :n_features]
    message = rf"{n_features} features, but .* table of 8 .* X\[None\]"
    with pytest.raises(ValueError, match=message):
        model.predict(sample)
    np.testing.assert_array_equal(model.predict(sample[None]), model.predict(flat[:1]))


@pytest.mark.parametrize("layout", ["list", "SequenceArray", "panel", "n_channels"])
def test_one_sample_after_a_fit_of_another_layout(layout):
    index = pd.MultiIndex.from_product([range(20), range(8)])
    given = {
        "list": list(X[..., :1]),
        "SequenceArray": SequenceArray.from_array(X[..., :1]),
        "panel": pd.DataFrame(X[..., :1].reshape(-1, 1), index),
        "n_channels": X,
    }[layout]
    n_channels = 6 if layout == "n_channels" else 1
    model = RNNClassifier(n_channels=n_channels, **QUICK).fit(given, Y)
    with pytest.raises(ValueError, match=r"one time step.*table of 8 .* X\[None\]"):
        model.predict(X[0, :, :n_channels])
    with pytest.raises(ValueError, match=r"one time step.*table of 8 .* X\[None\]"):
        model.score(X[0, :, :n_channels], Y[:8])


def test_containers_that_no_function_of_numpy_reads():
    """As those of scikit-learn's checks: __array__ is all they have."""
    table, y = _NotAnArray(X[..., 0]), _NotAnArray(Y)
    expected = RNNClassifier(**QUICK).fit(X[..., 0], Y).predict_proba(X[..., 0])
    model = RNNClassifier(**QUICK).fit(table, y, _NotAnArray(np.ones(20)))
    np.testing.assert_allclose(model.predict_proba(table), expected)
    tagger = RNNTagger(**QUICK).fit(X, STEPS)
    weights = _NotAnArray(np.ones((20, 8)))
    assert tagger.score(X, STEPS, weights) == tagger.score(X, STEPS)


def test_tables_that_mean_sequences_are_answered():
    forwards = {"bidirectional": False, "pooling": "last", "normalize": "feature"}
    model = RNNClassifier(**forwards, **QUICK).fit(X[..., :1], Y)
    expected = model.predict_proba(X[..., :1])
    np.testing.assert_array_equal(model.predict_proba(X[..., 0]), expected)
    assert len(model.predict(X[:, :3, 0])) == 20  # shorter ones
    assert len(model.predict(X[:, :1, :1])) == 20  # of one step
    assert len(model.predict(X[:1, :1, 0])) == 1
    stream = model.stateful()
    for step in range(8):
        found = stream.predict_proba(X[:, step : step + 1, 0])
    np.testing.assert_allclose(found, expected)
    of_one_step = RNNClassifier(**QUICK).fit(X[:, :1, :1], Y)
    assert len(of_one_step.predict(X[:, 0, :1])) == 20


# Labels that are missing --------------------------------------------------------------

MISSING = {
    "None": ["a", None] * 10,
    "NaN beside texts": ["a", np.nan] * 10,
    "None beside numbers": [1, None] * 10,
    "NaN": [1.0, np.nan] * 10,
    "NA": np.array(["a", pd.NA] * 10, dtype=object),
    "Series": pd.Series(["a", None] * 10),
    "Int64": pd.Series([1, pd.NA] * 10, dtype="Int64"),
    "boolean": pd.Series([True, pd.NA] * 10, dtype="boolean"),
    "string": pd.Series(["a", pd.NA] * 10, dtype="string"),
    "category": pd.Series(["a", None] * 10, dtype="category"),
}


@pytest.mark.parametrize("labels", MISSING)
def test_a_missing_label_is_named(labels):
    for cls in (RNNClassifier, RNNRegressor)[: 1 + (labels == "NaN")]:
        with pytest.raises(ValueError, match="Input y contains NaN"):
            cls(**QUICK).fit(X, MISSING[labels])
    with pytest.raises(ValueError, match=r"y\[1\] is (None|nan|<NA>), no label"):
        RNNClassifier(**QUICK).fit(X, MISSING[labels])


@pytest.mark.parametrize(
    "indicators",
    [
        [[0, 1]] * 19 + [[1, None]],
        pd.DataFrame([[0, 1]] * 19 + [[1, pd.NA]], dtype="Int64"),
        np.array([[0, 1]] * 19 + [[1, np.nan]]),
    ],
    ids=["list", "Int64", "array"],
)
def test_a_missing_indicator_is_named(indicators):
    with pytest.raises(ValueError, match=r"y\[19(\]\[|, )1\] is (None|nan|<NA>), no l"):
        RNNClassifier(**QUICK).fit(X, indicators)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
@pytest.mark.parametrize("known", ["a", 1])
def test_a_missing_label_of_a_step_is_named(known, missing):
    y = [[known] * 8 for _ in range(19)] + [[known, known, missing, *[known] * 5]]
    objects = np.empty(20, dtype=object)
    objects[:] = [np.array(labels, dtype=object) for labels in y]
    for given in (y, list(objects), objects):
        for cls in (RNNTagger, Seq2SeqClassifier):
            with pytest.raises(
                ValueError, match=r"y\[19\]\[2\] is (None|nan|<NA>), no"
            ):
                cls(**QUICK).fit(X, given)
    index = pd.MultiIndex.from_product([range(20), range(8)])
    panel = pd.DataFrame(X.reshape(160, 6), index)
    with pytest.raises(ValueError, match=r"y\[154\] is (None|nan|<NA>), no label"):
        RNNTagger(**QUICK).fit(panel, pd.Series([*chain(*y)], index))


def test_scores_take_no_missing_labels_and_one_weight_each():
    labels = RNNClassifier(**QUICK).fit(X, Y)
    for missing in (None, pd.NA, np.nan):
        given = pd.Series([1, missing, *Y[2:].tolist()], dtype=object)
        with pytest.raises(ValueError, match=r"y\[1\] is (None|nan|<NA>), no label"):
            labels.score(X, given)
    numbers = RNNRegressor(**QUICK).fit(X, X[:, 0, 0])
    with pytest.raises(ValueError, match="Input y contains NaN: row 1"):
        numbers.score(X, pd.Series([1.0, None] * 10, dtype="Float64"))
    for model in (labels, numbers):
        with pytest.raises(ValueError, match=r"sample_weight.*\(n_samples,\)"):
            model.score(X, Y, [[1.0, 2.0], *[[1.0]] * 19])
        with pytest.raises(ValueError, match="Input sample_weight contains NaN: row 1"):
            model.score(X, Y, [1.0, pd.NA] * 10)
    weights = np.arange(20.0)
    right = labels.predict(X) == Y
    found = labels.score(X, Y, weights.tolist())
    assert found == pytest.approx(np.average(right, weights=weights))


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "string", "category"])
def test_labels_of_types_that_may_miss_are_read(dtype):
    kind = str if dtype == "string" else int
    labels = pd.Series([kind(label) for label in Y]).astype(dtype)
    model = RNNClassifier(**QUICK).fit(X, labels)
    expected = RNNClassifier(**QUICK).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize(
    "weights",
    [
        list(np.ones((20, 8))),
        np.ones((20, 8)),
        [[1.0, 2.0], *[[1.0]] * 19],
        SequenceArray.from_array(np.ones((20, 8, 1))),
    ],
    ids=["list", "array", "unequal", "SequenceArray"],
)
@pytest.mark.parametrize("cls", [RNNTagger, RNNRegressor])
def test_fit_takes_no_weights_of_steps(cls, weights):
    y = STEPS if cls is RNNTagger else X[:, 0, 0]
    with pytest.raises(ValueError, match=r"sample_weight.*(\(n_samples,\)|got 2D)"):
        cls(**QUICK).fit(X, y, weights)


def test_a_failed_fit_leaves_no_warning_behind():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="SwapAxes"):
            RNNClassifier(**QUICK).fit(SWAPPED, np.arange(10) % 2)


def test_categories_in_blocks_may_be_names():
    with pytest.warns(UserWarning, match="Column 'shop' of X holds 3 categories"):
        warn_of_names(np.array([2, 2, 0, 0, 0, 1]), "'shop'", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for codes in ([0, 0, 1, 0], [0, 0, 0], [0]):
            warn_of_names(np.array(codes), "'shop'", 1)
