"""Tokens as X, in every estimator: `embedding_dim` and the vectors of one's own."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest
import torch
from public import SEQUENCE_ESTIMATORS
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn_checks import run_check

from skseq import (
    CNNLSTMTagger,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    SequenceArray,
)
from skseq.core.estimator import n_multiplied
from skseq.preprocessing import SlidingWindow

N_TOKENS = 6
SMALL = {
    "RNN": {"cell": "gru", "hidden_size": 8},
    "CNN": {"n_filters": (8,), "kernel_size": 3},
    "CNNLSTM": {"n_filters": (8,), "kernel_size": 3, "hidden_size": 8},
}
PUBLIC = [
    cls
    for cls in SEQUENCE_ESTIMATORS
    if re.sub("Classifier|Regressor", "", cls.__name__) in SMALL
]
every_class = pytest.mark.parametrize("cls", PUBLIC)

rng = np.random.RandomState(0)
X = rng.randint(N_TOKENS, size=(70, 5))
RAGGED = [x[: 1 + i % 5] for i, x in enumerate(X)]
Y = X[:, 0] % 2
WEIGHTS = rng.randn(N_TOKENS, 4)


def small(cls, **options):
    architecture = re.sub("Classifier|Regressor|Tagger", "", cls.__name__)
    defaults = {"max_epochs": 3, "random_state": 0, **SMALL[architecture]}
    return cls(**{**defaults, **options})


def scores(estimator, X):
    return getattr(estimator, "decision_function", estimator.predict)(X)


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


def table(model):
    return model.module_.embedding.table.weight.detach().numpy()


FRACTIONS = "draws fractions as X, though the tags ask for whole numbers"
LEARNS = {"embedding_dim": 4, "hidden_size": 8, "cell": "gru", "random_state": 0}


@parametrize_with_checks(
    [
        RNNClassifier(max_epochs=20, lr=0.05, **LEARNS),
        RNNRegressor(max_epochs=20, lr=0.05, **LEARNS),
    ],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": FRACTIONS,
        "check_classifiers_one_label_sample_weights": FRACTIONS,
        "check_class_weight_classifiers": FRACTIONS,
        "check_decision_proba_consistency": FRACTIONS,
    },
)
def test_sklearn_checks(estimator, check):
    run_check(check, estimator)


@every_class
def test_a_weight_equals_as_many_copies(cls):
    few, weights = RAGGED[:20], rng.randint(3, size=20)
    repeated = [x for x, n in zip(few, weights, strict=True) for _ in range(n)]
    weighted = small(cls, embedding_dim=4).fit(few, Y[:20], sample_weight=weights)
    copied = small(cls, embedding_dim=4).fit(repeated, np.repeat(Y[:20], weights))
    np.testing.assert_allclose(scores(weighted, X), scores(copied, X), rtol=1e-10)


# The same as something known -----------------------------------------------------


@every_class
@pytest.mark.parametrize("n", [20, 70], ids=["float64", "float32"])
@pytest.mark.parametrize("ragged", [False, True])
def test_frozen_one_hot_vectors_equal_one_hot_features(cls, n, ragged):
    tokens = RAGGED[:n] if ragged else X[:n]
    one_hot = [np.eye(N_TOKENS)[x] for x in tokens]
    reference = small(cls, normalize=None)
    if hasattr(reference, "drop_path"):  # as merged samples have another order
        reference.set_params(drop_path=0.0)
    reference.fit(one_hot, Y[:n])
    looked_up = clone(reference).set_params(
        embedding_weights=np.eye(N_TOKENS), embedding_trainable=False
    )
    looked_up.fit(tokens, Y[:n])
    np.testing.assert_allclose(
        scores(looked_up, tokens), scores(reference, one_hot), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(looked_up.loss_curve_, reference.loss_curve_, rtol=1e-4)


@every_class
def test_names_of_tokens_do_not_matter(cls):
    """Tokens renumbered, and rows of vectors with them: the same answers."""
    order = rng.permutation(N_TOKENS)
    renamed = np.argsort(order)  # WEIGHTS[order][renamed] is WEIGHTS
    one = small(cls, embedding_weights=WEIGHTS).fit(X, Y)
    other = small(cls, embedding_weights=WEIGHTS[order]).fit(renamed[X], Y)
    np.testing.assert_allclose(
        scores(other, renamed[X]), scores(one, X), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(table(other)[renamed], table(one), rtol=1e-4, atol=1e-5)


@every_class
def test_a_prediction_does_not_depend_on_longer_batch_mates(cls):
    model = small(cls, embedding_dim=4).fit(RAGGED, Y)
    together = scores(model, RAGGED)
    alone = np.concatenate([scores(model, [x]) for x in RAGGED])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


@every_class
def test_every_token_matters(cls):
    model = small(cls, embedding_weights=WEIGHTS).fit(X, Y)
    for step in range(X.shape[1]):
        changed = X.copy()
        changed[:, step] = (changed[:, step] + 1) % N_TOKENS
        moved = np.abs(scores(model, changed) - scores(model, X)) > 1e-6
        assert moved.mean() > 0.9


@every_class
def test_what_tokens_say_is_learned(cls):
    model = small(cls, embedding_dim=8, max_epochs=40, lr=0.02, pooling="max")
    y = (X == 0).any(axis=1).astype(int)
    assert model.fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize("cls", [RNNTagger, CNNTagger, CNNLSTMTagger])
def test_a_tagger_reads_tokens(cls):
    model = small(cls, embedding_dim=8, max_epochs=30, lr=0.03)
    tags = [x % 2 for x in RAGGED]
    assert model.fit(RAGGED, tags).score(RAGGED, tags) > 0.9
    for found, expected in zip(model.predict(RAGGED), tags, strict=True):
        assert found.shape == expected.shape


# The table ----------------------------------------------------------------------


@every_class
def test_frozen_vectors_stay_bit_for_bit(cls):
    options = {"embedding_weights": WEIGHTS, "l2": 0.1, "optimizer": "adamw"}
    frozen = small(cls, embedding_trainable=False, **options).fit(X, Y)
    np.testing.assert_array_equal(table(frozen), WEIGHTS.astype("f4"))
    moved = table(small(cls, **options).fit(X, Y)) != WEIGHTS.astype("f4")
    assert moved.all()


def test_frozen_vectors_are_no_part_of_the_penalty():
    options = {"random_state": 0, "max_epochs": 1, "l2": 1.0}
    one, other = (
        RNNClassifier(
            embedding_weights=np.concatenate([WEIGHTS, far]),
            embedding_trainable=False,
            **options,
        ).fit(X, Y)
        for far in (np.zeros((1, 4)), np.full((1, 4), 100.0))
    )
    assert one.loss_curve_ == other.loss_curve_


def test_the_table_has_a_row_per_token_and_zeros_for_those_never_met():
    model = RNNClassifier(embedding_dim=3, max_epochs=3)
    model.fit([[1, 4], [4, 4, 6]], [0, 1])
    vectors = table(model)
    assert vectors.shape == (7, 3)
    assert (vectors != 0).any(axis=1).nonzero()[0].tolist() == [1, 4, 6]
    assert np.isfinite(model.predict_proba([[0, 2], [5]])).all()


def test_vectors_of_ones_own_make_room_for_tokens_to_come():
    model = RNNClassifier(embedding_weights=WEIGHTS, max_epochs=1)
    model.fit([[0, 1], [1, 0]], [0, 1])
    assert np.isfinite(model.predict_proba([[5, 4]])).all()


@pytest.mark.parametrize("given", [WEIGHTS.tolist(), pd.DataFrame(WEIGHTS)], ids=type)
def test_vectors_come_as_any_table(given):
    expected = RNNClassifier(embedding_weights=WEIGHTS, max_epochs=1, random_state=0)
    model = clone(expected).set_params(embedding_weights=given)
    np.testing.assert_array_equal(
        scores(model.fit(X, Y), X), scores(expected.fit(X, Y), X)
    )


def test_first_frozen_then_trained():
    model = RNNClassifier(
        embedding_weights=WEIGHTS, embedding_trainable=False, max_epochs=1
    )
    model.fit(X, Y).set_params(warm_start=True, embedding_trainable=True).fit(X, Y)
    assert model.n_iter_ == 2
    assert (table(model) != WEIGHTS.astype("f4")).all()


def test_a_large_vocabulary_is_little_work():
    """Looking up costs nothing, so that it does not ask for several threads."""
    few, many = (
        RNNClassifier(embedding_weights=np.zeros((n, 4)), max_epochs=1).fit(X, Y)
        for n in (N_TOKENS, 100_000)
    )
    assert n_multiplied(few.module_) == n_multiplied(many.module_)


# Layouts ------------------------------------------------------------------------


def panel():
    index = pd.MultiIndex.from_product([range(70), range(5)])
    return pd.DataFrame({"word": X.ravel()}, index=index)


@pytest.mark.parametrize(
    "given",
    [
        X.astype("i2"),
        X.astype(float),
        X.astype("f4"),
        X[:, :, None],
        X.tolist(),
        list(X),
        SequenceArray.from_list(list(X)),
        panel(),
        pd.DataFrame(X),
    ],
    ids=["i2", "f8", "f4", "3-D", "lists", "list", "SequenceArray", "panel", "frame"],
)
def test_one_result_for_all_layouts(given):
    model = RNNClassifier(embedding_dim=4, max_epochs=2, random_state=0)
    expected = model.fit(X, Y).decision_function(X)
    found = clone(model).fit(given, Y).decision_function(given)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_windows_of_a_table_of_tokens():
    stream = rng.randint(N_TOKENS, size=(80, 1))
    windows = SlidingWindow(4, lag=1).fit_transform(stream)
    y = (stream[:, 0] > 2).astype(int)
    model = RNNClassifier(embedding_dim=4, max_epochs=2, random_state=0)
    proba = model.fit(windows, y).predict_proba(windows)
    complete = windows[windows.complete]
    laid_out = np.asarray(complete)
    np.testing.assert_allclose(
        proba[windows.complete], model.predict_proba(laid_out), rtol=1e-4
    )
    assert np.isfinite(proba).all()


@every_class
def test_normalize_leaves_tokens_alone(cls):
    expected, *others = (
        scores(small(cls, embedding_dim=4, normalize=normalize).fit(X, Y), X)
        for normalize in ("feature", "sequence", "both")
    )
    for found in others:
        np.testing.assert_array_equal(found, expected)


# At home in scikit-learn ----------------------------------------------------------


@every_class
@pytest.mark.parametrize("how", [clone, copy.deepcopy, through_pickle])
def test_copies_predict_the_same(cls, how):
    model = small(cls, embedding_weights=WEIGHTS, early_stopping=True).fit(X, Y)
    other = how(model)
    if how is clone:
        assert not hasattr(other, "net_")
        other.fit(X, Y)
    np.testing.assert_array_equal(scores(other, X), scores(model, X))


def test_a_search_over_sizes_and_vectors():
    grid = [{"embedding_dim": [2, 4]}, {"embedding_weights": [WEIGHTS]}]
    search = GridSearchCV(
        RNNClassifier(max_epochs=2, random_state=0), grid, cv=2, error_score="raise"
    )
    for data in (X, RAGGED):
        assert np.isfinite(search.fit(data, Y).cv_results_["mean_test_score"]).all()


# What is refused ------------------------------------------------------------------


def fit(X=X, y=Y, **options):
    return RNNClassifier(**{"embedding_dim": 4, "max_epochs": 1, **options}).fit(X, y)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([[0, 1], [2, 0.5, 1]], r"X\[1\] holds 0.5 at time step 1; expected a token"),
        ([[0, 1], [2, -1, 1]], r"X\[1\] holds -1 at time step 1"),
        (X[:2] + 1e9, r"X\[0\] holds 100000000\d at time step 0; .* to 9999999"),
        (np.zeros((2, 3, 2)), "X has 2 features per time step; with an embedding"),
        ([[0, 1], [np.nan, 1, 2]], r"Input X contains NaN: X\[1\] at time step 0"),
        ([["a", "b"], ["c"]], "could not convert string to float"),
    ],
    ids=str,
)
def test_what_is_no_token(data, message):
    with pytest.raises(ValueError, match=message):
        fit(data, [0, 1])


def test_an_unused_step_need_not_be_a_token():
    values = np.array([[1.0], [np.pi], [2.0], [0.0]])
    windows = SequenceArray(values, [0, 2], [1, 2])
    tokens = [np.array([1]), np.array([2, 0])]
    one, other = (
        fit(X, [0, 1], random_state=0).predict_proba(X) for X in (windows, tokens)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embedding_dim": 0}, "'embedding_dim' parameter"),
        ({"embedding_dim": 2.5}, "'embedding_dim' parameter"),
        ({"embedding_trainable": "no"}, "'embedding_trainable' parameter"),
        ({"embedding_weights": "word2vec"}, "'embedding_weights' parameter"),
        (
            {"embedding_weights": np.ones((6, 3))},
            r"embedding_weights has the shape \(6, 3\); .*, embedding_dim=4",
        ),
        ({"embedding_weights": np.ones(6)}, r"embedding_weights .* \(6,\); expected"),
        (
            {"embedding_weights": np.ones((6, 4, 1))},
            r"embedding_weights .* \(6, 4, 1\); expected \(n_tokens, embedding_dim\)",
        ),
        ({"embedding_weights": np.full((6, 4), np.nan)}, "embedding_weights contains"),
        (
            {"embedding_weights": np.ones((5, 4))},
            r"X\[\d+\] holds 5 at time step \d; .* from 0 to 4, the last one",
        ),
    ],
    ids=str,
)
def test_parameters_that_fit_nothing(options, message):
    with pytest.raises(ValueError, match=message):
        fit(**options)


@pytest.mark.parametrize("method", ["predict", "partial_fit", "fit"])
def test_a_token_beyond_the_table_is_named(method):
    model = fit(random_state=0)
    expected = model.decision_function(X)
    unknown = [[0, 1, 2], [3, 4], [1, N_TOKENS]]
    arguments = () if method == "predict" else ([0, 1, 0],)
    model.set_params(warm_start=method == "fit")
    with pytest.raises(
        ValueError, match=r"X\[2\] holds 6 at time step 1; .* 0 to 5, the"
    ):
        getattr(model, method)(unknown, *arguments)
    np.testing.assert_array_equal(model.decision_function(X), expected)


@pytest.mark.parametrize("change", [{"embedding_dim": 8}, {"embedding_dim": None}])
def test_a_warm_start_needs_the_same_table(change):
    model = fit().set_params(warm_start=True, **change)
    with pytest.raises(ValueError, match=r"=None, but .* tokens|shape it were changed"):
        model.fit(X, Y)
    model = RNNClassifier(max_epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match=r"embedding_dim=4, but .* read numbers"):
        model.set_params(warm_start=True, embedding_dim=4).fit(X, Y)


def test_numbers_are_no_tokens_unless_said_so():
    model = RNNClassifier(max_epochs=1).fit(X, Y).set_params(embedding_dim=4)
    assert isinstance(model.module_.embedding, torch.nn.Identity)
    assert model.predict(X + 0.5).shape == (70,)
