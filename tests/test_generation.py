"""SequenceGenerator: what is read, what is told of it, and what is written."""

import pickle
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn_checks import every_check_of_texts
from skorch.callbacks import Callback
from torch.nn import functional

from skseq import SequenceGenerator
from skseq.generation import _learning, _reading
from skseq.generation._passages import TextDataset
from skseq.generation._sampling import draw_columns
from skseq.metrics import bits_per_character

CYCLE = "abacad" * 60
NAMES = ["anna", "hanna", "johanna", "hans"] * 15
SMALL = {"hidden_size": 16, "embedding_dim": 8, "lr": 0.02, "random_state": 0}
SMALL |= {"window_length": 12, "batch_size": 4}
QUICK = {**SMALL, "max_epochs": 2}
CELLS = ["rnn", "gru", "lstm", "peephole_lstm"]


@pytest.fixture(scope="module")
def cyclic():
    return SequenceGenerator(**SMALL, max_epochs=40).fit(CYCLE)


@pytest.fixture(scope="module")
def named():
    return SequenceGenerator(**SMALL, max_epochs=40).fit(NAMES)


@pytest.fixture(params=["text", "names"])
def model(request):
    """Hardly trained, so that nothing is certain."""
    X = CYCLE if request.param == "text" else NAMES
    return SequenceGenerator(**QUICK).fit(X)


def all_knowing_nothing(model):
    """Give every symbol the same probability."""
    with torch.no_grad():
        for parameter in model.module_.output.parameters():
            parameter.zero_()
    return model


# scikit-learn's own checks ---------------------------------------------------


@every_check_of_texts
def test_sklearn_checks(check):
    check("SequenceGenerator", SequenceGenerator())


# What is learned ---------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_a_text_without_surprise_is_told_for_nothing_and_written_exactly(cell):
    model = SequenceGenerator(cell=cell, **SMALL, max_epochs=40).fit(CYCLE)
    written = model.generate(3, "abaca", temperature=0.2, max_length=55)
    assert written == [CYCLE[:60]] * 3
    assert model.score(CYCLE) > -0.1  # its first symbol may be any of it


def invented_words(n, seed):
    """Words of syllables, as easy to tell apart as names."""
    draw = np.random.RandomState(seed)
    return [
        "".join(draw.choice(["ba", "nu", "ri", "k", "so"], draw.randint(2, 5)))
        for _ in range(n)
    ]


def test_auto_stops_before_texts_are_known_by_heart():
    words, other = invented_words(100, 0), invented_words(200, 1)
    auto = SequenceGenerator(**SMALL).fit(words)
    longer = SequenceGenerator(**SMALL, max_epochs=4 * auto.n_iter_).fit(words)
    assert longer.score(words) > auto.score(words)
    assert longer.score(other) < auto.score(other) - 0.1
    # and learns all texts in as many epochs, as if told so
    same = SequenceGenerator(**SMALL, max_epochs=auto.n_iter_).fit(words)
    assert same.score(other) == auto.score(other)
    assert same.loss_curve_ == auto.loss_curve_
    assert auto.validation_scores_ is None


def test_auto_takes_its_steps_where_there_is_nothing_to_choose_from(monkeypatch):
    """Few texts, few symbols, an explicit number, a part held out, or much text."""
    trained = []

    def watched(*args, **options):
        trained.append(options["max_epochs"])
        return train(*args, **options | {"max_epochs": 1})

    train = _learning.train
    monkeypatch.setattr(_learning, "train", watched)
    for X, options, n_trained in [
        ((CYCLE * 2)[:499], {}, 1),
        ((CYCLE * 2)[:500], {}, 2),
        ([CYCLE] * 9, {}, 1),
        (["abc"] * 200, {}, 2),
        (CYCLE * 2, {"max_epochs": 100}, 1),
        (CYCLE * 2, {"early_stopping": True}, 1),
        (CYCLE * 20, {"batch_size": 1, "window_length": 8}, 1),
    ]:
        trained.clear()
        SequenceGenerator(**SMALL | options).fit(X)
        assert len(trained) == n_trained


def test_an_interrupted_rehearsal_is_the_end(monkeypatch):
    nets = []

    def interrupted(*args, **options):
        nets.append(train(*args, **options | {"max_epochs": 2}))
        nets[-1].interrupted_ = True
        return nets[-1]

    train = _learning.train
    monkeypatch.setattr(_learning, "train", interrupted)
    model = SequenceGenerator(**SMALL).fit(CYCLE * 2)
    assert len(nets) == 1
    assert model.net_ is nets[0]
    assert model.n_iter_ == 2


def test_what_is_no_callback_is_told_before_training(monkeypatch):
    monkeypatch.setattr(_learning, "train", None)
    with pytest.raises(ValueError, match="callbacks must hold skorch callbacks"):
        SequenceGenerator(**SMALL, callbacks=["print"]).fit(CYCLE * 2)


def test_noise_is_not_told_from_the_future():
    """Four letters at random take two bits each, whatever was read before."""
    text = "".join(np.random.RandomState(0).choice(list("abcd"), 6000))
    model = SequenceGenerator(**SMALL, max_epochs=5).fit(text[:3000])
    assert -2.1 < model.score(text[3000:]) < -1.99


def test_the_state_is_carried_from_window_to_window_in_training():
    """A window's first symbol tells half of what follows: half a bit would be lost."""
    model = SequenceGenerator(**{**SMALL, "window_length": 2}, max_epochs=15)
    model.fit("aabb" * 50)
    assert model.loss_curve_[-1] < 0.1 < 0.5 * np.log(2)


def test_names_begin_and_end_as_they_did(named):
    written = named.generate(50, temperature=0.5, random_state=0)
    assert set(written) == set(NAMES)
    assert set(named.generate(10, "jo", random_state=0)) == {"johanna"}
    assert named.generate(2, "joh", max_length=2, random_state=0) == ["johan"] * 2
    # A bit tells "anna" from the others, half a bit is lost on "hans" or "hanna"
    assert named.score(["anna"]) == pytest.approx(-2 / 5, abs=0.1)
    assert named.score(NAMES) == pytest.approx(-2 / 5.75, abs=0.1)


def test_words_are_written_with_blanks_and_rare_ones_are_unknown():
    text = "the cat sat on the mat. " * 30 + "a dog"
    model = SequenceGenerator(level="word", **SMALL, max_epochs=40).fit(text)
    written = model.generate(prefix="the cat", temperature=0, max_length=5)
    assert written == ["the cat sat on the mat ."]
    few = SequenceGenerator(level="word", vocabulary_size=8, **QUICK).fit(text)
    assert few.classes_.tolist() == ["<unk>", "the", ".", "cat", "mat"]
    assert "<unk>" not in few.generate(max_length=200, random_state=0)[0]


def test_the_held_out_part_decides_when_to_stop():
    options = {**SMALL, "early_stopping": True, "patience": 3}
    text = "".join(np.random.RandomState(0).choice(list("abcd"), 400))
    model = SequenceGenerator(**options, max_epochs=60).fit(text)
    assert model.n_iter_ < 60
    assert len(model.validation_scores_) == model.n_iter_
    best = max(model.validation_scores_)
    # The end of the text is read as one stream, but for its first symbol.
    assert model.score(text[360:]) == pytest.approx(best / np.log(2), abs=0.05)
    model = SequenceGenerator(**options, max_epochs=3).fit(NAMES)
    assert len(model.validation_scores_) == 3


# Reading -------------------------------------------------------------------------


def test_streams_hold_the_text_and_each_symbol_is_told_after_its_past():
    text = np.arange(10, 33)  # tokens; a column is the token itself
    data = TextDataset(
        [text],
        np.arange(40),
        start=2,
        complete=False,
        window_length=4,
        device=torch.device("cpu"),
    )
    batches = list(data.batches(2, None))
    read = np.hstack([batch.x.tokens for batch in batches])
    told = np.hstack([batch.y for batch in batches])
    np.testing.assert_array_equal(read, [[2, *range(11, 21)], [2, *range(22, 32)]])
    np.testing.assert_array_equal(told, [range(11, 22), range(22, 33)])
    assert [batch.x.begins for batch in batches] == [True, False, False]
    assert [len(batch) for batch in batches] == [8, 8, 6]
    assert len(data.batches(2, None)) == 3
    # mixed, the text starts elsewhere, goes round, and all but one symbol is told
    generator = torch.Generator().manual_seed(0)
    mixed = np.hstack([batch.y for batch in data.batches(2, generator)]).ravel()
    assert len(np.unique(mixed)) == 22
    assert np.isin(np.diff(mixed), [1, -22]).sum() == 21


def test_texts_are_joined_whole_in_another_order_every_time():
    texts = [np.array([5]), np.array([6, 7]), np.array([8, 9, 10])]
    columns = np.arange(20)
    data = TextDataset(
        texts,
        columns,
        start=2,
        complete=True,
        window_length=100,
        device=torch.device("cpu"),
    )
    (batch,) = data.batches(8, None)
    assert batch.x.tokens.tolist() == [[2, 5, 2, 6, 7, 2, 8, 9, 10]]
    assert batch.y.tolist() == [[5, 2, 6, 7, 2, 8, 9, 10, 2]]
    iterator = data.batches(8, torch.Generator().manual_seed(0))
    orders = set()
    for _ in range(40):
        (batch,) = iterator
        told = "".join(map(chr, batch.y[0] + 60)).split(chr(62))
        assert sorted(told) == sorted(["A", "BC", "DEF", ""])
        orders.add(tuple(told))
    assert len(orders) == 6


@pytest.mark.parametrize("cell", CELLS)
def test_windows_with_a_carried_state_equal_one_unbroken_pass(cell):
    model = SequenceGenerator(cell=cell, num_layers=2, **QUICK).fit(CYCLE)
    losses = []
    for window_length in (5, 50):
        data = TextDataset(
            [model._tokenizer.transform([CYCLE])[0][1:-1]],
            model._columns,
            start=2,
            complete=False,
            window_length=window_length,
            device=torch.device("cpu"),
        )
        with torch.no_grad():
            sums = [
                functional.cross_entropy(model.module_(b.x), b.y, reduction="sum")
                for b in data.batches(3, None)
            ]
        losses.append(float(sum(sums)))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_gradients_stop_where_a_window_begins(model):
    module = model.module_
    batches = iter(model._to_dataset([np.arange(4, 7)] * 30, "cpu").batches(2, None))
    first, second = next(batches), next(batches)
    module(first.x)
    states = module._carried
    assert not any(part.requires_grad for state in states for part in state)
    log_odds = module(second.x)
    expected, _ = module.run(second.x.tokens, states)
    torch.testing.assert_close(log_odds.transpose(1, 2), expected)
    alone, _ = module.run(second.x.tokens)
    assert not torch.allclose(alone, expected)


# Probabilities -----------------------------------------------------------------


def test_probabilities_add_up_to_one_and_do_not_depend_on_their_neighbours(model):
    texts = ["", "a", "hanna" if "h" in model.classes_ else "abcab", "a" * 200]
    together = model.predict_proba(texts)
    assert together.shape == (4, len(model.classes_))
    np.testing.assert_allclose(together.sum(axis=1), 1)
    alone = np.vstack([model.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(alone, together, rtol=1e-4)
    several = model.predict_proba(texts * 50)  # more than are read at once
    np.testing.assert_allclose(several, np.tile(together, (50, 1)), rtol=1e-4)


@pytest.mark.parametrize("text", ["hanna", "anna" * 40])
def test_the_score_is_what_the_probabilities_of_each_symbol_say(model, text):
    text = text if "h" in model.classes_ else text.replace("h", "b").replace("n", "c")
    told = model.predict_proba([text[:i] for i in range(len(text) + 1)])
    symbols = [*text, "<end>"][: len(text) + model._complete]
    bits = bits_per_character(
        symbols, told[: len(symbols)], classes=model.classes_.tolist()
    )
    assert model.score([text]) == pytest.approx(-bits, rel=1e-5)
    bits = bits_per_character(text, told[:-1], classes=model.classes_.tolist())
    assert model.score(text) == pytest.approx(-bits, rel=1e-5)


def test_who_knows_nothing_needs_the_logarithm_of_the_number_of_symbols(model):
    all_knowing_nothing(model)
    bits = np.log2(len(model.classes_))
    assert model.score(["a", "aa" * 100]) == pytest.approx(-bits)
    assert model.score("ab?") == pytest.approx(-bits)
    np.testing.assert_allclose(model.predict_proba(["", "a"]), 2**-bits)


def test_unknown_symbols_cost_what_the_unknown_one_does(model):
    told = model.predict_proba(["a"])[0]
    assert 2 * model.score("a?") == pytest.approx(model.score("a") + np.log2(told[0]))
    assert model.classes_[0] == "<unk>"
    np.testing.assert_array_equal(
        model.predict_proba(["a?"]), model.predict_proba(["a!"])
    )


def test_how_a_text_is_cut_for_reading_does_not_matter(model, monkeypatch):
    texts = ["a" * 30, "ab" * 60, "a"]
    expected = model.score(texts), model.predict_proba(texts)
    written = model.generate(prefix="a" * 30, random_state=0)
    monkeypatch.setattr(_reading, "READ_STEPS", 7)
    monkeypatch.setattr(_reading, "READ_TEXTS", 2)
    assert model.score(texts) == pytest.approx(expected[0], rel=1e-5)
    np.testing.assert_allclose(model.predict_proba(texts), expected[1], rtol=1e-4)
    assert model.generate(prefix="a" * 30, random_state=0) == written


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, tuple])
def test_lists_arrays_and_series_are_the_same(named, kind):
    again = clone(named).set_params(max_epochs=1).fit(kind(NAMES))
    expected = clone(named).set_params(max_epochs=1).fit(NAMES).score(NAMES)
    assert again.score(kind(NAMES)) == expected


# Writing -------------------------------------------------------------------------


def test_a_temperature_of_nearly_zero_and_a_single_choice_are_greedy(model):
    greedy = model.generate(2, temperature=0, max_length=50)
    assert greedy[0] == greedy[1]
    for options in ({"temperature": 1e-9}, {"temperature": 1e-320}, {"top_k": 1}):
        assert model.generate(2, max_length=50, **options) == greedy
    # which is the most probable symbol, one after the other
    text = ""
    for symbol in greedy[0]:
        told = model.predict_proba([text])[0][1:]
        assert model.classes_[1:][told.argmax()] == symbol
        text += symbol


def test_what_is_drawn_is_as_frequent_as_it_is_probable():
    rng = np.random.RandomState(0)
    probabilities = np.array([0.1, 0.2, 0.3, 0.4])
    log_odds = np.tile(np.log(probabilities) + 7, (20_000, 1))

    def frequencies(temperature, top_k):
        drawn = draw_columns(log_odds, temperature, top_k, rng)
        return np.bincount(drawn, minlength=4) / len(drawn)

    np.testing.assert_allclose(frequencies(1, None), probabilities, atol=0.02)
    squares = probabilities**2 / (probabilities**2).sum()
    np.testing.assert_allclose(frequencies(0.5, None), squares, atol=0.02)
    np.testing.assert_allclose(frequencies(1, 2), [0, 0, 3 / 7, 4 / 7], atol=0.02)
    np.testing.assert_allclose(frequencies(1, 9), probabilities, atol=0.02)
    np.testing.assert_array_equal(frequencies(0, None), [0, 0, 0, 1])


def test_what_is_written_begins_with_the_prefix_and_is_as_long_as_asked(model):
    texts = model.generate(4, prefix="ab"[: 1 + ("b" in model.classes_)], max_length=9)
    assert len(texts) == 4
    assert all(text.startswith("a") for text in texts)
    if not model._complete:
        assert {len(text) for text in texts} == {11}


def test_a_null_character_is_a_symbol():
    model = SequenceGenerator(**QUICK).fit("a\0" * 30)
    assert len(model.classes_) == 3
    assert set(model.generate(max_length=40, random_state=0)[0]) == {"a", "\0"}


def test_no_unknown_symbol_is_written(model):
    all_knowing_nothing(model)
    written = model.generate(20, max_length=100, random_state=0)
    assert set("".join(written)) == set(model.classes_[1 + model._complete :])


def test_one_seed_one_text(model):
    one, other = (model.generate(5, random_state=3) for _ in range(2))
    assert one == other
    assert one != model.generate(5, random_state=4)
    assert model.generate(5) != model.generate(5)


# Being an estimator ------------------------------------------------------------


@pytest.mark.parametrize("X", [CYCLE, NAMES], ids=["text", "names"])
def test_one_seed_one_result_bit_for_bit(X):
    options = {**QUICK, "dropout": 0.2}
    one, other = (SequenceGenerator(**options).fit(X) for _ in range(2))
    assert one.score(X) == other.score(X)
    options["random_state"] = 1
    assert SequenceGenerator(**options).fit(X).score(X) != one.score(X)


def test_the_users_generators_are_left_alone():
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    options = {**QUICK, "random_state": None, "dropout": 0.2, "early_stopping": True}
    model = SequenceGenerator(**options).fit(NAMES)
    model.generate(3)
    model.score(NAMES)
    assert torch.equal(torch.get_rng_state(), torch_before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)


def test_a_pickle_says_the_same_and_holds_no_text():
    model = SequenceGenerator(**QUICK).fit(CYCLE * 20)
    data = pickle.dumps(model)
    again = pickle.loads(data)
    assert again.score(CYCLE) == model.score(CYCLE)
    assert again.generate(2, random_state=0) == model.generate(2, random_state=0)
    assert len(data) < 5 * len(CYCLE * 20)


def test_readers_in_threads_do_not_disturb_each_other(model):
    texts = ["a" * i for i in range(1, 150)]
    expected, results = model.predict_proba(texts), [None] * 4

    def read(i):
        results[i] = model.predict_proba(texts)

    threads = [threading.Thread(target=read, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_a_grid_search_finds_what_learns_best():
    grid = {"hidden_size": [1, 16]}
    model = SequenceGenerator(**{**SMALL, "max_epochs": 30})
    search = GridSearchCV(model, grid, cv=2).fit(NAMES)
    assert search.best_params_ == {"hidden_size": 16}
    scores = search.cv_results_["mean_test_score"]
    assert search.best_score_ == scores[1] > scores[0] + 0.2
    assert search.score(NAMES) > -0.5
    pieces = [CYCLE[i : i + 60] for i in range(0, len(CYCLE), 60)]
    assert np.isfinite(cross_val_score(model.set_params(max_epochs=1), pieces)).all()


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("", ValueError, "X holds no symbol"),
        ("a", ValueError, "X holds 1 symbols.* 2 at least"),
        ([], ValueError, "X holds no text"),
        (["", ""], ValueError, "X holds no symbol"),
        (["a", np.nan], TypeError, r"X\[1\] must be a text.*nan"),
        ([3, 4], TypeError, r"X\[0\] must be a text"),
        (5, TypeError, "X must be a list of texts, got int"),
        (b"abc", TypeError, "X must be a list of texts, got bytes"),
        (None, TypeError, "X must be a list of texts, got NoneType"),
        (np.array([["a", "b"]]), ValueError, r"a table of shape \(1, 2\)"),
    ],
)
def test_what_is_no_text_is_refused_and_changes_nothing(named, X, error, message):
    before = vars(named).copy()
    with pytest.raises(error, match=message):
        named.fit(X)
    assert vars(named) == before


def test_a_failed_fit_changes_nothing(named):
    class Failure(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise RuntimeError("stopped")

    expected = named.generate(5, random_state=0)
    named.set_params(callbacks=[Failure()])
    with pytest.raises(RuntimeError, match="stopped"):
        named.fit(["xyz", "zyx"])
    named.set_params(callbacks=None)
    assert named.generate(5, random_state=0) == expected
    with pytest.raises(ValueError, match=r"4 texts, 4 of them held out"):
        clone(named).set_params(early_stopping=True, validation_fraction=0.9).fit(
            NAMES[:4]
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"prefix": "x-ray"},
            r"prefix='x-ray' holds .* not among .* kept: '-', 'r', 'x'",
        ),
        (
            {"prefix": None},
            "'prefix' parameter of generate must be an instance of 'str'",
        ),
        ({"n": 0}, "'n' parameter of generate"),
        ({"temperature": -1}, "'temperature' parameter of generate"),
        ({"temperature": np.nan}, "'temperature' parameter of generate"),
        ({"top_k": 0}, "'top_k' parameter of generate"),
        ({"max_length": 0}, "'max_length' parameter of generate"),
    ],
)
def test_what_cannot_be_written_is_refused(cyclic, options, message):
    with pytest.raises(ValueError, match=message):
        cyclic.generate(**options)


def test_nothing_to_tell_is_refused(model, cyclic):
    with pytest.raises(ValueError, match="X holds no symbol to tell"):
        model.score("")
    with pytest.raises(ValueError, match="X holds no symbol to tell"):
        cyclic.score([""])
    with pytest.raises(ValueError, match="X holds no text"):
        model.predict_proba([])


def test_bits_by_hand():
    told = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]
    assert bits_per_character("ac", told, classes="abc") == 1.5
    assert bits_per_character(["b", "a"], told, classes=["b", "a", "c"]) == 1
    assert bits_per_character("a", [[1, 0]], classes="ab") == 0
    assert bits_per_character("b", [[1, 0]], classes="ab") == np.inf
    for arguments, message in [
        (("ad", told, "abc"), r"symbols holds \['d'\], which are not in classes"),
        (("ab", told, "ab"), "3 columns, but there are 2 classes"),
        (("a", told, "abc"), "inconsistent numbers of samples"),
        (("a", [[0.5, 0.6]], "ab"), "add up to 1"),
        (("a", [[-0.5, 1.5]], "ab"), "add up to 1"),
        (("a", [[np.nan, 0.5]], "ab"), "contains NaN"),
    ]:
        symbols, probabilities, classes = arguments
        with pytest.raises(ValueError, match=message):
            bits_per_character(symbols, probabilities, classes=classes)


def test_lengths_of_numpys_own_kind():
    model = SequenceGenerator(**QUICK).set_params(window_length=np.int64(8)).fit(CYCLE)
    assert model.n_iter_ == 2
