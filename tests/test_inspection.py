"""Importance and saliency beside hand-computed values and finite differences."""

import copy
from itertools import pairwise, permutations

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import (
    CNNClassifier,
    CNNLSTMRegressor,
    CNNRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    SequenceAnomalyDetector,
    SequenceArray,
)
from skseq.inspection import permutation_importance, saliency
from skseq.inspection._permuted_sequences import _exchanges
from skseq.metrics import step_scorer
from skseq.preprocessing import SlidingWindow

rng = np.random.RandomState(0)
X = rng.randn(30, 5, 2)
RAGGED = [x[: rng.randint(1, 6)] for x in X]
COEF = np.array([[0.0, 1.0], [0.0, 0.0], [2.0, 0.0], [0.0, 0.0], [0.0, -1.0]])
NUMBERS = (X * COEF).sum(axis=(1, 2))
CLASSES = np.where(NUMBERS > 0, "up", "down")


def panel(sequences):
    index = [(f"s{i}", t) for i, x in enumerate(sequences) for t in range(len(x))]
    index = pd.MultiIndex.from_tuples(index, names=["series", "time"])
    return pd.DataFrame(np.concatenate(sequences), index, columns=["speed", "turn"])


def frames(sequences):
    return [pd.DataFrame(x, columns=["speed", "turn"]) for x in sequences]


def objects(sequences):
    array = np.empty(len(sequences), dtype=object)
    for i, x in enumerate(sequences):
        array[i] = x
    return array


def as_list(data):
    """The sequences of any layout as arrays."""
    if hasattr(data, "groupby"):
        return [part.to_numpy() for _, part in data.groupby(level=0, sort=False)]
    return [np.asarray(x) for x in data]


class Weighs(RegressorMixin, BaseEstimator):
    """Knows its coefficients, counted from the start, and keeps what it was given."""

    def __init__(self, coef=COEF, from_end=False):
        self.coef = coef
        self.from_end = from_end

    def fit(self, X, y):
        return self

    def predict(self, X):
        self.seen_ = [*getattr(self, "seen_", []), X]
        part = (lambda c, x: c[-len(x) :]) if self.from_end else (lambda c, x: c)
        return np.array([(part(self.coef, x)[: len(x)] * x).sum() for x in as_list(X)])


# Permutation importance -------------------------------------------------------------

LAYOUTS = [list, SequenceArray.from_list, panel, frames, objects]


def test_of_two_samples_there_is_one_swap():
    """By hand: a swap adds (coefficient * difference)² to the error, else nothing."""
    data = np.array([[[1.0, 5.0], [2.0, 7.0]], [[4.0, 9.0], [0.0, 7.0]]])
    coef = np.array([[1.0, 0.0], [3.0, 2.0]])
    y = (data * coef).sum(axis=(1, 2))
    result = permutation_importance(
        Weighs(coef), data, y, scoring="neg_mean_squared_error", n_repeats=20
    )
    swapped = np.array([[9.0, 0.0], [36.0, 0.0]])
    unequal_to_zero = set()
    for importance, expected in zip(
        result.importances.reshape(4, 20), swapped.ravel(), strict=True
    ):
        assert set(importance.round(9)) <= {0.0, expected}
        unequal_to_zero |= set(importance.round(9))
    assert unequal_to_zero == {0.0, 9.0, 36.0}


@pytest.mark.parametrize("layout", [np.asarray, SequenceArray.from_list])
def test_the_error_grows_by_twice_the_variance(layout):
    data = layout(X)
    result = permutation_importance(
        Weighs(),
        data,
        NUMBERS,
        scoring="neg_mean_squared_error",
        n_repeats=150,
        random_state=0,
    )
    expected = 2 * COEF**2 * X.var(axis=0)
    assert result.importances.shape == (5, 2, 150)
    np.testing.assert_allclose(result.importances_mean, expected, rtol=0.1)
    np.testing.assert_array_equal(result.importances_mean[COEF == 0], 0)
    np.testing.assert_array_equal(result.steps, range(5))
    np.testing.assert_array_equal(
        result.importances_std, result.importances.std(axis=2)
    )


def test_of_one_layout_as_of_another():
    results = [
        permutation_importance(Weighs(), layout(data), NUMBERS, random_state=0)
        for data in (RAGGED,)
        for layout in LAYOUTS
    ]
    for one, other in pairwise(results):
        np.testing.assert_array_equal(one.importances, other.importances)
    assert results[0].feature_names is results[1].feature_names is None
    assert results[2].feature_names.tolist() == ["speed", "turn"]
    assert results[3].feature_names.tolist() == ["speed", "turn"]


@pytest.mark.parametrize("layout", [np.asarray, *LAYOUTS])
@pytest.mark.parametrize("align", ["start", "end"])
def test_one_cell_is_permuted_and_nothing_else(layout, align):
    given = RAGGED if layout is not np.asarray else X
    data = layout([x.copy() for x in given])
    before = as_list(data)
    model = Weighs()
    permutation_importance(
        model, data, NUMBERS, n_repeats=1, align=align, random_state=1
    )
    for x, old in zip(as_list(data), before, strict=True):
        np.testing.assert_array_equal(x, old)  # the caller's
    assert len(model.seen_) == 1 + 5 * 2
    assert all(type(seen) is type(data) for seen in model.seen_)
    for k, seen in enumerate(model.seen_[1:]):
        step, feature = divmod(k, 2)
        moved = [[], []]
        for x, old in zip(as_list(seen), before, strict=True):
            here = step if align == "start" else len(old) - 5 + step
            if 0 <= here < len(old):
                moved[0].append(old[here, feature])
                moved[1].append(x[here, feature])
                x = x.copy()
                x[here, feature] = old[here, feature]
            np.testing.assert_array_equal(x, old)
        assert sorted(moved[0]) == sorted(moved[1])
        assert moved[0] != moved[1] or len(moved[0]) < 3


def test_pandas_keeps_its_index_and_types():
    data = panel(RAGGED).assign(turn=np.arange(sum(map(len, RAGGED))))
    model = Weighs()
    permutation_importance(model, data, NUMBERS, n_repeats=1)
    assert model.seen_[-1].index.equals(data.index)
    pd.testing.assert_series_equal(model.seen_[-1].dtypes, data.dtypes)
    series = data["speed"]
    model = Weighs(np.ones(5))
    result = permutation_importance(model, series, NUMBERS, n_repeats=1)
    assert result.importances.shape == (5, 1, 1)
    assert isinstance(model.seen_[-1], pd.Series)


def test_steps_count_from_the_end_if_asked():
    """What the last step says is told from -1, wherever a sequence ends."""
    last = np.zeros((5, 2))
    last[-1, 0] = 1
    y = np.array([x[-1, 0] for x in RAGGED])
    model = Weighs(last, from_end=True)
    result = permutation_importance(model, RAGGED, y, align="end", random_state=0)
    np.testing.assert_array_equal(result.steps, [-5, -4, -3, -2, -1])
    assert result.importances_mean[-1, 0] > 1
    np.testing.assert_array_equal(result.importances_mean[:-1], 0)
    np.testing.assert_array_equal(result.importances_mean[:, 1], 0)


def test_steps_are_permuted_in_groups():
    options = {"scoring": "neg_mean_squared_error", "n_repeats": 2, "random_state": 0}
    data, model = np.tile(X, (1, 2, 1))[:, :7], Weighs(np.ones((7, 2)))
    y = data.sum(axis=(1, 2))
    result = permutation_importance(model, data, y, step_size=3, **options)
    np.testing.assert_array_equal(result.steps, [0, 3, 6])
    assert result.importances.shape == (3, 2, 2)
    result = permutation_importance(model, data, y, step_size=3, align="end", **options)
    np.testing.assert_array_equal(result.steps, [-7, -6, -3])
    together = model.seen_[-1]  # the last three steps of feature 1
    assert {tuple(x[4:, 1]) for x in together} == {tuple(x[4:, 1]) for x in data}
    together[:, 4:, 1] = data[:, 4:, 1]
    np.testing.assert_array_equal(together, data)


@pytest.mark.parametrize(
    ("by", "shape"), [("step", (5, 1, 3)), ("feature", (1, 2, 3)), ("both", (5, 2, 3))]
)
def test_by_step_by_feature_or_both(by, shape):
    model = Weighs()
    result = permutation_importance(model, X, NUMBERS, by=by, n_repeats=3)
    assert result.importances.shape == shape
    last = model.seen_[-1]  # of the last step, feature, or both
    rows, columns = {
        "step": (slice(4, 5), slice(0, 2)),
        "feature": (slice(0, 5), slice(1, 2)),
        "both": (slice(4, 5), slice(1, 2)),
    }[by]
    whole = {x[rows, columns].tobytes() for x in X}
    assert {x[rows, columns].tobytes() for x in last} == whole
    rest = np.ones((5, 2), dtype=bool)
    rest[rows, columns] = False
    np.testing.assert_array_equal(last[:, rest], X[:, rest])


@pytest.mark.parametrize("from_end", [False, True])
def test_every_permutation_of_a_step_is_equally_probable(from_end):
    lengths = np.array([3, 1, 2, 3])
    starts = np.cumsum(lengths) - lengths
    sequences = SequenceArray(np.arange(9)[:, None], starts, lengths)
    counts = [{}, {}, {}]
    for order in permutations(range(4)):
        steps = _exchanges(sequences, np.array(order), range(3), from_end)
        for count, (rows, donors) in zip(counts, steps, strict=True):
            assert sorted(rows) == sorted(donors)
            count[tuple(donors)] = count.get(tuple(donors), 0) + 1
    assert [set(count.values()) for count in counts] == [{1}, {4}, {12}]
    assert [len(count) for count in counts] == [24, 6, 2]


@pytest.mark.parametrize(
    "scoring",
    ["r2", make_scorer(mean_squared_error, greater_is_better=False), None],
    ids=str,
)
def test_any_scorer_and_weights(scoring):
    options = {"scoring": scoring, "random_state": 0}
    whole = permutation_importance(Weighs(), X, NUMBERS, **options)
    even = permutation_importance(
        Weighs(), X, NUMBERS, sample_weight=np.full(30, 2.0), **options
    )
    np.testing.assert_allclose(even.importances, whole.importances)
    uneven = permutation_importance(
        Weighs(), X, NUMBERS, sample_weight=np.arange(30), **options
    )
    assert not np.allclose(uneven.importances, whole.importances)


def test_several_scorers():
    options = {"n_repeats": 2, "random_state": 0}
    several = permutation_importance(
        Weighs(), X, NUMBERS, scoring=["r2", "neg_mean_squared_error"], **options
    )
    for name, result in several.items():
        alone = permutation_importance(Weighs(), X, NUMBERS, scoring=name, **options)
        np.testing.assert_array_equal(result.importances, alone.importances)
    assert list(several) == ["r2", "neg_mean_squared_error"]


def test_one_seed_one_result_whatever_the_number_of_jobs():
    once = permutation_importance(Weighs(), X, NUMBERS, random_state=0)
    with joblib.parallel_config("threading", n_jobs=2):
        again = permutation_importance(Weighs(), X, NUMBERS, random_state=0)
    np.testing.assert_array_equal(once.importances, again.importances)
    state = np.random.get_state()[1].copy()
    other = permutation_importance(Weighs(), X, NUMBERS)
    assert not np.array_equal(once.importances, other.importances)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_it_finds_what_a_network_uses():
    y = X[:, 3, 1]
    model = RNNRegressor(max_epochs=80, lr=0.02, random_state=0)
    for data in (X, panel(X), SequenceArray.from_array(X)):
        found = permutation_importance(model.fit(data, y), data, y, random_state=0)
        mean = found.importances_mean
        assert np.unravel_index(mean.argmax(), mean.shape) == (3, 1)
    assert found.feature_names is None


def test_it_reads_tables_as_the_estimator_does():
    flat = X.reshape(30, 10)
    model = RNNClassifier(n_channels=2, max_epochs=2, random_state=0)
    model.fit(flat, CLASSES)
    result = permutation_importance(
        model, flat, CLASSES, scoring="roc_auc", random_state=0
    )
    laid_out = permutation_importance(
        model, X, CLASSES, scoring="roc_auc", random_state=0
    )
    np.testing.assert_array_equal(result.importances, laid_out.importances)
    table = pd.DataFrame(flat, columns=list("abcdefghij"))
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    result = permutation_importance(
        pipeline.fit(table, CLASSES), table, CLASSES, scoring="roc_auc", random_state=0
    )
    assert result.importances_mean.shape == (10, 1)
    assert result.importances_mean.argmax() == 4  # step 2, feature 0, laid flat
    assert result.feature_names is None


def test_labels_of_steps():
    labels = [np.where(x[:, 0] > 0, "a", "b") for x in RAGGED]
    model = RNNTagger(max_epochs=60, lr=0.02, random_state=0).fit(RAGGED, labels)
    result = permutation_importance(
        model, RAGGED, labels, by="feature", scoring=step_scorer("roc_auc")
    )
    used, unused = result.importances_mean[0]
    assert used > 0.3
    assert abs(unused) < 0.1


def test_labels_of_the_steps_of_a_panel():
    index = pd.MultiIndex.from_product([["a", "b", "c"], range(5)])
    panel = pd.DataFrame(rng.randn(15, 2), index)
    labels = (panel[0] > 0).astype(int)
    model = RNNTagger(max_epochs=1, random_state=0).fit(panel, labels)
    arrays = [part.to_numpy().reshape(3, 5, -1) for part in (panel, labels)]
    options = {"n_repeats": 2, "random_state": 0}
    given = permutation_importance(
        model, panel, labels, sample_weight=labels + 1.0, **options
    )
    by_hand = permutation_importance(
        model,
        arrays[0],
        arrays[1][..., 0],
        sample_weight=arrays[1][..., 0] + 1.0,
        **options,
    )
    np.testing.assert_allclose(given.importances, by_hand.importances)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        permutation_importance(model, panel, labels[:-1])


def test_windows_over_a_table():
    """The first windows are shorter; no step is written through to another window."""
    table = rng.randn(60, 2)
    y = np.roll(table[:, 0], 1)  # the row before
    pipeline = make_pipeline(
        SlidingWindow(window_length=3), RNNRegressor(max_epochs=60, random_state=0)
    ).fit(table, y)
    windows = pipeline[:-1].transform(table)
    result = permutation_importance(
        pipeline[-1], windows, y, align="end", random_state=0
    )
    assert np.unravel_index(result.importances_mean.argmax(), (3, 2)) == (1, 0)
    np.testing.assert_array_equal(result.steps, [-3, -2, -1])
    model = Weighs(np.ones((3, 2)))
    permutation_importance(model, windows, y, n_repeats=1)
    assert model.seen_[-1].window_length == 3
    np.testing.assert_array_equal(model.seen_[-1].lengths, windows.lengths)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "hour"}, "'by' parameter"),
        ({"align": "middle"}, "'align' parameter"),
        ({"step_size": 0}, "'step_size' parameter"),
        ({"n_repeats": 0}, "'n_repeats' parameter"),
        ({"X": X[0, 0]}, "X has the shape"),
        ({"X": X[:3]}, "inconsistent numbers of samples"),
        ({"sample_weight": [1.0]}, "inconsistent numbers of samples"),
        ({"X": X[:, 0], "estimator": RNNRegressor(n_channels=3)}, "does not divide"),
    ],
)
def test_permutation_importance_says_what_is_wrong(options, message):
    given = {"estimator": Weighs(), "X": X, "y": NUMBERS, **options}
    with pytest.raises(ValueError, match=message):
        permutation_importance(
            given.pop("estimator"), given.pop("X"), given.pop("y"), **given
        )


# Saliency -------------------------------------------------------------------------


def by_differences(answer, x, step=1e-5):
    """What a small change of each value changes."""
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        low, high = x.copy(), x.copy()
        low[place] -= step
        high[place] += step
        found[place] = (answer(high) - answer(low)) / (2 * step)
    return found


def small(cls, **options):
    options = {"max_epochs": 5, "random_state": 0, **options}
    if "CNN" in cls.__name__:
        options |= {"n_filters": (8,)}
    return cls(**options)


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both", None])
@pytest.mark.parametrize("cls", [RNNRegressor, CNNRegressor, CNNLSTMRegressor])
@pytest.mark.parametrize("data", [7 + 3 * X, RAGGED], ids=["equal", "ragged"])
def test_gradients_of_numbers_are_those_of_finite_differences(cls, normalize, data):
    model = small(cls, normalize=normalize).fit(data, 50 * NUMBERS + 3)
    found = saliency(model, data)
    for i in (0, 1):
        expected = by_differences(lambda x: model.predict([x])[0], data[i])
        np.testing.assert_allclose(found[i], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "rnn", "bidirectional": True, "pooling": "max"},
        {"cell": "gru", "pooling": "attention"},
        {"cell": "peephole_lstm", "hidden_size": 100},
    ],
    ids=str,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_gradients_of_classes_are_those_of_their_log_odds(options, n_classes):
    y = np.digitize(NUMBERS, [-1, 1])
    y = np.array(["a", "b", "c"])[y % n_classes]
    model = small(RNNClassifier, dropout=0.5, **options).fit(RAGGED, y)
    predicted, given = saliency(model, RAGGED), saliency(model, RAGGED, y)
    for i in (0, 4):
        for found, label in ((predicted, model.predict(RAGGED)[i]), (given, y[i])):
            column = model.classes_.tolist().index(label)

            def log_odds(x, column=column):
                p = model.predict_proba([x])[0, column]
                return np.log(p / (1 - p))

            expected = by_differences(log_odds, RAGGED[i])
            np.testing.assert_allclose(found[i], expected, rtol=1e-5, atol=1e-7)
    alike = saliency(model, RAGGED, "b")
    for i in np.flatnonzero(y == "b"):
        np.testing.assert_array_equal(alike[i], given[i])


@pytest.mark.parametrize("normalize", ["feature", "both"])
@pytest.mark.parametrize("as_list", [False, True])
def test_a_small_change_of_a_wild_value_changes_nothing(normalize, as_list):
    model = small(CNNRegressor, normalize=normalize).fit(X, NUMBERS)
    asked = X[:3].copy()
    asked[1, 2, 0] = 1e6
    found = saliency(model, [x[1:] for x in asked] if as_list else asked)
    if as_list:
        asked, found = asked[:, 1:], np.array(found)
    assert found[1, 2 - as_list, 0] == 0
    expected = by_differences(lambda x: model.predict([x])[0], asked[1])
    np.testing.assert_allclose(found[1], expected, rtol=1e-6, atol=1e-6)


def test_gradients_of_several_outputs_and_labels():
    y = np.stack([NUMBERS, 100 * X[:, 0, 1]], axis=1)
    model = small(RNNRegressor).fit(X, y)
    for column in (0, 1):
        expected = by_differences(lambda x, c=column: model.predict([x])[0, c], X[2])
        found = saliency(model, X, column)[2]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)
    model = small(RNNClassifier).fit(X, (y > 0).astype(int))
    expected = by_differences(lambda x: model.decision_function([x])[0, 1], X[2])
    np.testing.assert_allclose(saliency(model, X, 1)[2], expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both", None])
@pytest.mark.parametrize("cls", [RNNRegressor, CNNClassifier])
def test_integrated_gradients_share_out_the_difference_to_the_average(cls, normalize):
    """Completeness: sequences of average steps only are what they start from."""
    data = [5 + x for x in RAGGED]
    y = NUMBERS if cls is RNNRegressor else CLASSES
    options = {"pooling": "last"} if cls is RNNRegressor else {}  # a maximum has kinks
    model = small(cls, normalize=normalize, **options).fit(data, y)
    average = np.concatenate(data).mean(axis=0)
    if normalize is None:
        average = np.zeros(2)
    flat = [np.tile(average, (len(x), 1)) for x in data]
    answer, target = model.predict, None
    if cls is CNNClassifier:
        answer, target = model.decision_function, "up"
    shares = saliency(model, data, target, method="integrated_gradients", n_points=100)
    total = [share.sum() for share in shares]
    assert [share.shape for share in shares] == [x.shape for x in data]
    tolerance = 1e-6 if cls is RNNRegressor else 0.02  # ReLU layers have kinks
    np.testing.assert_allclose(
        total, answer(data) - answer(flat), rtol=tolerance, atol=tolerance
    )


def test_more_points_are_more_exact():
    options = {"lr": 0.02, "max_epochs": 10, "random_state": 0}
    model = RNNRegressor(pooling="last", normalize="feature", **options)
    model.fit(RAGGED, NUMBERS)
    average = np.concatenate(RAGGED).mean(axis=0)
    flat = [np.tile(average, (len(x), 1)) for x in RAGGED]
    difference = model.predict(RAGGED) - model.predict(flat)
    options = {"method": "integrated_gradients"}
    errors = []
    for n_points in (1, 4, 32):
        shares = saliency(model, RAGGED, n_points=n_points, **options)
        total = np.array([share.sum() for share in shares])
        errors.append(np.abs(total - difference).max())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-8


def test_saliency_in_the_layout_of_the_sequences():
    model = small(RNNRegressor).fit(RAGGED, NUMBERS)
    expected = saliency(model, RAGGED)
    assert [s.shape for s in expected] == [x.shape for x in RAGGED]
    for found in (
        saliency(model, SequenceArray.from_list(RAGGED)),
        saliency(model, objects(RAGGED)),
    ):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    table = panel(RAGGED)
    found = saliency(small(RNNRegressor).fit(table, NUMBERS), table)
    assert found.index.equals(table.index)
    assert found.columns.tolist() == ["speed", "turn"]
    np.testing.assert_array_equal(found, np.concatenate(expected))
    flat = X.reshape(30, 10)
    model = small(RNNRegressor, n_channels=2).fit(flat, NUMBERS)
    np.testing.assert_array_equal(saliency(model, flat), saliency(model, X))
    assert saliency(model, flat).shape == (30, 5, 2)


def test_saliency_of_windows_that_begin_before_the_table():
    windows = SlidingWindow(window_length=4, lag=1).fit_transform(X[:, 0])
    model = small(RNNRegressor).fit(windows, NUMBERS)
    found = saliency(model, windows)
    assert [len(s) for s in found] == [0, 1, 2, 3, *[4] * 26]


def test_a_saliency_does_not_depend_on_its_batch_mates(monkeypatch):
    model = small(CNNRegressor).fit(RAGGED, NUMBERS)
    together = saliency(model, RAGGED)
    monkeypatch.setattr("skseq.inspection._gradients.PART_STEPS", 7)
    for i, (one, other) in enumerate(
        zip(saliency(model, RAGGED), together, strict=True)
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
        (alone,) = saliency(model, RAGGED[i : i + 1])
        np.testing.assert_allclose(alone, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_saliency_leaves_the_estimator_alone(context):
    model = small(CNNRegressor).fit(X.astype(np.float32), NUMBERS)
    model.module_.encoder.requires_grad_(False)
    before = {k: v.clone() for k, v in model.module_.state_dict().items()}
    gradients = [copy.copy(p.grad) for p in model.module_.parameters()]
    names = set(vars(model))
    expected = saliency(model, X.astype(np.float32))
    with context():
        found = saliency(model, X.astype(np.float32))
    np.testing.assert_array_equal(found, expected)
    assert not any(module.training for module in model.module_.modules())
    for old, parameter in zip(gradients, model.module_.parameters(), strict=True):
        assert parameter.grad is None or torch.equal(parameter.grad, old)
    assert not any(p.requires_grad for p in model.module_.encoder.parameters())
    assert all(p.requires_grad for p in model.module_.head.parameters())
    assert set(vars(model)) == names
    for name, value in model.module_.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LogisticRegression(), "got LogisticRegression"),
        (make_pipeline(StandardScaler(), RNNRegressor()), "the last step"),
        (SequenceAnomalyDetector(), "got SequenceAnomalyDetector"),
        (
            RNNClassifier(embedding_dim=2, max_epochs=1).fit([[0, 1], [1, 0]], [0, 1]),
            "reads tokens",
        ),
        (
            small(
                RNNRegressor, bidirectional=False, pooling="last", normalize="feature"
            )
            .fit(X, NUMBERS)
            .stateful(),
            "carries a state",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_saliency_names_what_it_cannot_explain(model, message):
    with pytest.raises(TypeError, match=message):
        saliency(model, X)


def test_saliency_says_what_is_wrong():
    with pytest.raises(NotFittedError):
        saliency(RNNClassifier(), X)
    model = small(RNNClassifier).fit(X, CLASSES)
    for target, message in (
        ("left", r"target='left' is not among the classes \['down', 'up'\]"),
        ([None] * 30, "target=None is not among the classes"),
        (["up"], r"shape \(1,\); expected a label, or one for each of the 30"),
    ):
        with pytest.raises(ValueError, match=message):
            saliency(model, X, target)
    with pytest.raises(ValueError, match="'method' parameter"):
        saliency(model, X, method="guess")
    with pytest.raises(ValueError, match="3 features per time step"):
        saliency(model, np.zeros((2, 4, 3)))
    model = small(RNNRegressor).fit(X, np.stack([NUMBERS, NUMBERS], axis=1))
    for target in (None, 2, -1, "a"):
        with pytest.raises(ValueError, match="number of a column of y, 0 to 1"):
            saliency(model, X, target)


def test_detectors_and_raw_texts_are_refused():
    rows = np.sin(np.arange(40.0))
    forecaster = RNNForecaster(window_length=4, max_epochs=1, hidden_size=2)
    detector = SequenceAnomalyDetector(forecaster).fit(rows)
    with pytest.raises(TypeError, match="not for a SequenceAnomalyDetector"):
        permutation_importance(detector, rows, rows)
    with pytest.raises(ValueError, match=r"X holds the text 'a b'.*Tokenizer"):
        permutation_importance(RNNClassifier(), ["a b", "c"], [0, 1])


def test_a_pipeline_that_ends_in_a_forecaster_is_refused():
    rows = np.random.default_rng(0).normal(size=(40, 2))
    model = RNNForecaster(window_length=4, max_epochs=1).fit(rows, rows[:, 0])
    with pytest.raises(TypeError, match="got a Pipeline that ends in RNNForecaster"):
        permutation_importance(make_pipeline(StandardScaler(), model), rows, rows[:, 0])
