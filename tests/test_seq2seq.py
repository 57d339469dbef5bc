"""Encoder-decoder estimators; what they share with others is in test_common.py."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score

from skseq import Seq2SeqClassifier, Seq2SeqRegressor, SequenceArray
from skseq.data.batching import SequenceDataset
from skseq.seq2seq._data import PairDataset

rng = np.random.default_rng(0)
FREQUENCIES = rng.uniform(0.2, 0.6, size=(240, 1, 1))
WAVES = np.sin(FREQUENCIES[:, :, 0] * np.arange(16))
LETTERS = np.array(list("abcde"))
QUICK = {"max_epochs": 2, "random_state": 0, "hidden_size": 8}


def words(n, longest, rng):
    codes = [rng.integers(5, size=rng.integers(1, longest + 1)) for _ in range(n)]
    return codes, [LETTERS[c][::-1] for c in codes]


TOKENS, REVERSED = words(60, 4, rng)
SERIES = [rng.normal(size=(rng.integers(1, 8), 2)) for _ in range(60)]
SUMS = [np.cumsum(x.sum(axis=1))[: max(1, len(x) // 2)] for x in SERIES]


# What is learned ------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"attention": "general", "cell": "gru"}], ids=str
)
def test_words_are_reversed(options):
    X, y = words(600, 4, rng)
    X_new, y_new = words(200, 4, rng)
    model = Seq2SeqClassifier(
        embedding_dim=16, max_epochs=35, lr=0.01, random_state=0, **options
    ).fit(X, y)
    assert model.score(X_new, y_new) >= 0.99


def test_numbers_are_added():
    """Digits of two numbers in, digits of the sum out."""
    pairs = rng.permutation([(a, b) for a in range(50) for b in range(50)])
    X = [f"{a:02d}{b:02d}"[::-1] for a, b in pairs]
    X = [[int(digit) for digit in text] for text in X]
    y = [[int(digit) for digit in str(a + b)[::-1]] for a, b in pairs]
    model = Seq2SeqClassifier(
        embedding_dim=16, cell="gru", lr=0.02, max_epochs=12, random_state=0
    ).fit(X[:2000], y[:2000])
    assert model.score(X[2000:], y[2000:]) >= 0.99


@pytest.mark.parametrize("teacher_forcing", [1.0, (1.0, 0.0)])
def test_a_number_becomes_a_wave(teacher_forcing):
    options = {"cell": "gru", "max_epochs": 30, "lr": 0.01, "random_state": 0}
    model = Seq2SeqRegressor(teacher_forcing=teacher_forcing, **options)
    short = WAVES[:, :12]
    model.fit(FREQUENCIES[:180], short[:180])
    assert model.score(FREQUENCIES[180:], short[180:]) > 0.99
    longer = model.predict(FREQUENCIES[180:], n_steps=16)
    assert r2_score(WAVES[180:], longer) > 0.8
    np.testing.assert_allclose(
        longer[:, :12], model.predict(FREQUENCIES[180:]), rtol=1e-5, atol=1e-6
    )


def test_sequences_of_several_targets_in_their_own_units():
    X = rng.normal(size=(200, 5, 1))
    totals = np.cumsum(X[:, ::-1], axis=1)[:, :3]
    y = np.concatenate([totals, 1e3 - 100 * totals], axis=2)
    model = Seq2SeqRegressor(max_epochs=60, lr=0.01, random_state=0).fit(
        X[:150], y[:150]
    )
    assert model.predict(X[150:]).shape == (50, 3, 2)
    assert model.score(X[150:], y[150:]) > 0.95


# Layouts --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 3), (60, 3, 1), (60, 3, 2)])
def test_arrays_go_out_as_they_came_in(shape):
    model = Seq2SeqRegressor(**QUICK).fit(SERIES, rng.normal(size=shape))
    assert model.predict(SERIES[:7]).shape == (7, *shape[1:])
    assert model.predict(SERIES[:7], n_steps=5).shape == (7, 5, *shape[2:])
    each = model.predict(SERIES[:3], n_steps=[2, 1, 4])
    assert [part.shape for part in each] == [(n, *shape[2:]) for n in (2, 1, 4)]


@pytest.mark.parametrize("as_container", [list, SequenceArray.from_list])
def test_lists_go_out_as_lists(as_container):
    model = Seq2SeqRegressor(**QUICK).fit(SERIES, as_container(SUMS))
    written = model.predict(SERIES)
    longest = max(map(len, SUMS))
    tail = (1,) if as_container is not list else ()
    assert [part.shape for part in written] == [(longest, *tail)] * 60
    lengths = [len(part) for part in SUMS]
    own = model.predict(SERIES, n_steps=lengths)
    for part, whole, n in zip(own, written, lengths, strict=True):
        np.testing.assert_array_equal(part, whole[:n])
    expected = r2_score(np.concatenate(SUMS), np.concatenate(own))
    assert model.score(SERIES, as_container(SUMS)) == pytest.approx(expected)


def test_a_list_of_equal_arrays_says_the_same_as_an_array():
    y = rng.normal(size=(60, 3))
    as_array = Seq2SeqRegressor(**QUICK).fit(SERIES, y)
    as_list = Seq2SeqRegressor(**QUICK).fit(SERIES, list(y))
    np.testing.assert_array_equal(as_array.predict(SERIES), as_list.predict(SERIES))


@pytest.mark.parametrize(
    ("targets", "padding"), [([[0.0], [2.0]], np.nan), ([[0], [2]], -100)]
)
def test_what_pads_a_target_is_known_to_the_loss(targets, padding):
    cpu = torch.device("cpu")
    source = SequenceDataset(SequenceArray.from_list([[1.0, 2.0], [3.0]]), cpu)
    target = SequenceArray.from_list([targets[:1], targets + targets[:1]])
    batch = PairDataset(source, SequenceDataset(target, cpu), padding).gather(
        torch.tensor([1, 0])
    )
    y = batch.y.reshape(2, 3).tolist()
    assert y[0] == [0, 2, 0]
    np.testing.assert_array_equal(y[1], [0, padding, padding])
    assert batch.x.taught[:, :, 0].tolist() == [[0, 2, 0], [0, 0, 0]]
    assert batch.lengths.tolist() == [1, 2]
    assert batch.x.n_steps == 3


def test_labels_of_any_kind_and_empty_sequences():
    for labels in (LETTERS, np.arange(5) * 10, LETTERS.astype(object)):
        y = [labels[x[::-1]] for x in TOKENS]
        y[3] = []
        model = Seq2SeqClassifier(**QUICK).fit(SERIES, y)
        assert model.classes_.tolist() == sorted(labels.tolist())
        written = model.predict(SERIES)
        assert all(set(part) <= set(labels.tolist()) for part in written)
        assert 0 <= model.score(SERIES, y) <= 1
    table = rng.integers(3, size=(60, 4))
    assert isinstance(
        Seq2SeqClassifier(**QUICK).fit(SERIES, table).predict(SERIES), list
    )


def test_labels_of_a_table_and_of_a_panel_are_those_of_the_arrays():
    table = rng.integers(3, size=(20, 4))
    X = rng.normal(size=(20, 5, 1))
    model = Seq2SeqClassifier(**QUICK).fit(X, table)
    written = model.predict(X)
    columns = pd.DataFrame(table, columns=list("wxyz"))
    assert_same(clone(model).fit(X, columns).predict(X), written)
    index = pd.MultiIndex.from_product([range(20), range(5)])
    panel = pd.DataFrame(X.reshape(-1, 1), index=index)
    labels = pd.Series(list(table), index=range(20))
    from_panel = clone(model).fit(panel, labels)
    assert_same(from_panel.predict(panel), written)
    assert from_panel.score(panel, pd.Series(written)) == model.score(X, written)
    with pytest.raises(ValueError, match="in another order"):
        from_panel.fit(panel, labels[::-1])
    with pytest.raises(ValueError, match=r"y\[0\] is 'ab'; expected a sequence"):
        model.fit(X, pd.Series(["ab"] * 20, index=range(20, 40)))


def test_the_longest_sequence_that_was_learned_from_bounds_what_is_written():
    short, long = [["a"], ["b"]] * 10, [["a", "b", "a", "b"]] * 20
    X = rng.normal(size=(20, 3))
    model = Seq2SeqClassifier(max_epochs=1, hidden_size=8, random_state=0)
    assert max(map(len, model.fit(X, short).predict(X))) <= 1
    model = clone(model).partial_fit(X, short)
    for _ in range(40):
        model.partial_fit(X, long)
    assert_same(model.predict(X), [np.array(labels) for labels in long])
    numbers = Seq2SeqRegressor(warm_start=True, **QUICK).fit(X, X[:, :1])
    assert numbers.fit(X, X).predict(X).shape == (20, 3)
    assert numbers.fit(X, X[:, :2]).predict(X).shape == (20, 3)


def test_no_more_labels_are_written_than_asked_for():
    model = Seq2SeqClassifier(**QUICK).fit(TOKENS, REVERSED)
    whole = model.predict(TOKENS, n_steps=10)
    for part, n in zip(model.predict(TOKENS, n_steps=[2] * 60), whole, strict=True):
        np.testing.assert_array_equal(part, n[:2])


def test_a_score_is_the_share_of_sequences_without_an_error():
    model = Seq2SeqClassifier(max_epochs=30, lr=0.02, random_state=0)
    written = model.fit(TOKENS, REVERSED).predict(TOKENS, n_steps=20)
    assert max(map(len, written)) < 20
    wrong = [np.append(part, "a") for part in written]
    half = [
        a if i % 2 else b for i, (a, b) in enumerate(zip(written, wrong, strict=True))
    ]
    assert model.score(TOKENS, half) == 0.5
    weights = np.arange(60) % 2
    assert model.score(TOKENS, half, sample_weight=weights) == 1


# Contracts, of both ---------------------------------------------------------------

BOTH = [
    (
        Seq2SeqClassifier(embedding_dim=4, attention="general", **QUICK),
        TOKENS,
        REVERSED,
    ),
    (Seq2SeqClassifier(bidirectional=True, **QUICK), SERIES, REVERSED),
    (Seq2SeqRegressor(cell="gru", attention="additive", **QUICK), SERIES, SUMS),
    (Seq2SeqRegressor(embedding_dim=4, num_layers=2, **QUICK), TOKENS, SUMS),
]
both = pytest.mark.parametrize(("model", "X", "y"), BOTH)


def assert_same(written, other):
    for part, its in zip(written, other, strict=True):
        if part.dtype.kind == "f":
            np.testing.assert_allclose(part, its, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(part, its)


@both
def test_a_prediction_does_not_depend_on_its_batch_mates(model, X, y):
    together = clone(model).fit(X, y)
    written = together.predict(X, n_steps=6)
    assert_same([together.predict([x], n_steps=6)[0] for x in X], written)
    assert_same(together.predict(X[::-1], n_steps=6)[::-1], written)


@both
def test_one_seed_one_result_and_generators_and_input_left_alone(model, X, y):
    before = copy.deepcopy((X, y))
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    options = {"teacher_forcing": 0.5, "dropout": 0.2, "early_stopping": True}
    one, other = (clone(model).set_params(**options).fit(X, y) for _ in range(2))
    assert_same(one.predict(X), other.predict(X))
    assert one.loss_curve_ == other.loss_curve_
    third = clone(one).set_params(random_state=1).fit(X, y)
    assert third.loss_curve_ != one.loss_curve_
    clone(model).set_params(random_state=None, **options).fit(X, y)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    for given, kept in zip((X, y), before, strict=True):
        for part, its in zip(given, kept, strict=True):
            np.testing.assert_array_equal(part, its)


@both
def test_copies_write_the_same_and_can_go_on(model, X, y):
    model = clone(model).fit(X, y)
    other = pickle.loads(pickle.dumps(model))
    assert_same(other.predict(X), model.predict(X))
    assert other.partial_fit(X, y).n_iter_ == model.n_iter_ + 1
    model.set_params(warm_start=True).fit(X, y)
    assert model.n_iter_ == 4
    assert not hasattr(clone(model), "net_")


@both
def test_a_failed_fit_leaves_a_fitted_model_as_it_was(model, X, y):
    model = clone(model).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match="y"):
        model.fit(X, [*y[:-1], [np.nan]])
    assert_same(model.predict(X), before)


@both
def test_searches(model, X, y):
    search = GridSearchCV(clone(model), {"lr": [0.01, 0.02]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(cross_val_score(clone(model), X, y, cv=2)).all()


@both
def test_equal_samples_and_weights_say_the_same(model, X, y):
    model = clone(model).set_params(batch_size=100)
    weights = np.arange(60) % 3
    copies = np.repeat(np.arange(60), weights)
    weighed = clone(model).fit(X, y, sample_weight=weights)
    repeated = clone(model).fit([X[i] for i in copies], [y[i] for i in copies])
    assert weighed.loss_curve_ == pytest.approx(repeated.loss_curve_)
    assert_same(weighed.predict(X), repeated.predict(X))


@both
def test_early_steps_matter(model, X, y):
    model = clone(model).set_params(max_epochs=1).fit(X, y)
    x = max(X, key=len)
    changed = x.copy()
    changed[0] = x[0] + 1 if x.ndim > 1 else (x[0] + 1) % 5
    outputs = []
    for item in (x, changed):
        steps = torch.as_tensor(item.reshape(1, len(x), -1))
        module, _ = model.net_.module_as(torch.float64)
        memory, _ = module.encoder.run(
            module.embedding(steps if x.ndim == 1 else steps.double())
        )
        outputs.append(memory[0, -1, :8])  # what was read forwards
    assert (outputs[0] != outputs[1]).all()


# Errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"teacher_forcing": 1.5}, "teacher_forcing"),
        ({"teacher_forcing": (1.0,)}, r"teacher_forcing=\(1.0,\) must be a probab"),
        ({"teacher_forcing": (1.0, -1)}, r"teacher_forcing=\(1.0, -1\) must be"),
        ({"attention": "luong"}, "attention"),
        ({"attention": "dot", "bidirectional": True}, "attention='dot' compares"),
    ],
)
@pytest.mark.parametrize("cls", [Seq2SeqClassifier, Seq2SeqRegressor])
def test_bad_parameters_say_why(cls, options, message):
    model = cls(**{**QUICK, **options})
    with pytest.raises(ValueError, match=message):
        model.fit(SERIES, REVERSED if cls is Seq2SeqClassifier else SUMS)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros((60, 2, 2, 2)), r"y has the shape \(60, 2, 2, 2\)"),
        ([*SUMS[:-1], [np.nan]], r"y\[59\] contains NaN: y\[59\]\[0\]"),
        (np.where(np.arange(180) == 5, np.inf, 1).reshape(60, 3), r"inity: y\[1, 2\]"),
        (np.where(np.arange(60) == 7, np.nan, 1)[:, None, None], r"y\[7, 0, 0\]"),
        ([["a"]] * 60, r"y holds 'a' where numbers are expected, at y\[0, 0\]"),
        ([*SUMS[:-1], [np.inf]], r"y\[59\] contains infinity"),
        ([*SUMS[:-1], np.zeros((2, 2))], "60|59"),
        ([*SUMS[:-1], []], r"0 sample|empty"),
        (SUMS[:-1], "inconsistent numbers of samples"),
        (None, "requires y"),
    ],
)
def test_bad_numbers_say_why(y, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqRegressor(**QUICK).fit(SERIES, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["abc"] * 60, r"y\[0\] is 'abc'; expected a sequence of labels, such as list"),
        (np.arange(60), r"y\[0\] is .*0.*; expected a sequence of labels"),
        ([[]] * 60, "y holds no label in 60 sequences"),
        ([[0.5]] * 60, "continuous"),
        ([[np.nan]] * 60, "NaN"),
        ([["a"]] * 59 + [[1]], "both strings and numbers"),
        (REVERSED[:-1], "inconsistent numbers of samples"),
        (None, "requires y"),
    ],
)
def test_bad_labels_say_why(y, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqClassifier(**QUICK).fit(SERIES, y)


def test_going_on_with_other_targets_says_why():
    model = Seq2SeqClassifier(**QUICK).fit(SERIES, REVERSED)
    with pytest.raises(ValueError, match="the label 'z', which is not among"):
        model.partial_fit(SERIES, [["z"]] * 60)
    model = Seq2SeqRegressor(**QUICK).fit(SERIES, SUMS)
    with pytest.raises(ValueError, match="2 targets per step; expected 1"):
        model.partial_fit(SERIES, np.zeros((60, 2, 2)))


def test_partial_fit_knows_of_labels_to_come():
    model = Seq2SeqClassifier(embedding_dim=8, lr=0.01, random_state=0)
    tokens, reversed_ = words(200, 3, np.random.default_rng(1))
    begun = [labels[labels < "c"] for labels in reversed_]  # no more of the alphabet
    model.partial_fit(tokens, begun, classes=LETTERS[::-1])
    assert model.classes_.tolist() == list("abcde")
    for _ in range(60):
        model.partial_fit(tokens, reversed_)
    assert model.score(tokens, reversed_) > 0.9
    model.partial_fit(tokens, reversed_, classes=list("eabcd"))
    before = model.predict(tokens)
    with pytest.raises(ValueError, match=r"classes=\['a', 'b'\] differ from .* 'e'\]"):
        model.partial_fit(tokens, begun, classes=["a", "b"])
    with pytest.raises(ValueError, match="the label 'z', which is not among"):
        model.partial_fit(tokens, [["z"]] * 200)
    assert_same(model.predict(tokens), before)


def test_declared_labels_change_nothing_where_all_of_them_are_there():
    models = [Seq2SeqClassifier(**QUICK) for _ in range(2)]
    weights = np.arange(60.0)
    models[0].partial_fit(TOKENS, REVERSED, LETTERS, weights)
    models[1].partial_fit(TOKENS, REVERSED, sample_weight=weights)
    assert models[0].loss_curve_ == models[1].loss_curve_
    with pytest.raises(ValueError, match="'e', which is not among the classes"):
        Seq2SeqClassifier(**QUICK).partial_fit(TOKENS, REVERSED, classes=list("abcd"))


@pytest.mark.parametrize("n_steps", [0, -1, 2.0, True, "a", [1, 2], [[1]] * 60])
def test_the_number_of_steps_is_checked(n_steps):
    model = Seq2SeqRegressor(**QUICK).fit(SERIES, SUMS)
    with pytest.raises(ValueError, match=r"n_steps=.* must be a positive integer"):
        model.predict(SERIES, n_steps=n_steps)


@pytest.mark.parametrize("cls", [Seq2SeqRegressor, Seq2SeqClassifier])
def test_a_score_checks_targets_and_weights(cls):
    y = WAVES[:, 8:11]
    if cls is Seq2SeqClassifier:
        y = np.where(y > 0, "a", "b")
    model = cls(**QUICK)
    with pytest.raises(NotFittedError):
        model.score(WAVES, y)
    model.fit(WAVES, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(WAVES, y[:-1])
    for weights in (np.ones(3), *np.array([[np.nan], [-1], [0]]).repeat(240, axis=1)):
        with pytest.raises(ValueError, match="sample_weight"):
            model.score(WAVES, y, weights)


def test_labels_in_a_dictionary_are_refused():
    with pytest.raises(TypeError, match="y must be a list of sequences, got dict"):
        Seq2SeqClassifier().fit(np.zeros((2, 3, 1)), {0: "ab", 1: "c"})
