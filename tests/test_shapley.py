"""Shapley values beside those of linear models, of all orders, and their exact sums."""

from itertools import permutations

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.inspection import shapley
from skseq.inspection._shapley import sampled_values
from skseq.plotting import ImportanceDisplay
from skseq.preprocessing import SequenceScaler

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 6, 2))
RAGGED = [x[: rng.integers(2, 7)] for x in X]
SMALL = {"hidden_size": 4, "max_epochs": 3, "random_state": 0}
COEF = np.array([[0, 1], [2, 0], [0, 0], [-1, 1], [0, 0.5], [3, 0]])
FEW = {"n_segments": 3, "random_state": 0}


class Weighs(RegressorMixin, BaseEstimator):
    """Linear, or with interactions."""

    def __init__(self, coef=COEF, power=1):
        self.coef = coef
        self.power = power

    def fit(self, X, y):
        return self

    def predict(self, X):
        return (np.asarray(X) * self.coef).sum(axis=(1, 2)) ** self.power


def total(result):
    return result.shapley_values.sum(axis=(1, 2)) + result.static_shapley_values.sum(
        axis=1
    )


# The values ---------------------------------------------------------------------------


@pytest.mark.parametrize("n_permutations", [1, 2, 3])
def test_of_a_linear_model(n_permutations):
    """A coefficient times the distance from the mean, whatever the orders."""
    result = shapley(
        Weighs(), X[:4], X[4:12], n_segments=None, n_permutations=n_permutations
    )
    expected = COEF * (X[:4] - X[4:12].mean(axis=0))
    np.testing.assert_allclose(result.shapley_values, expected, atol=1e-12)
    np.testing.assert_array_equal(result.steps, range(6))
    np.testing.assert_allclose(result.predictions, Weighs().predict(X[:4]))
    np.testing.assert_allclose(result.base_values, Weighs().predict(X[4:12]).mean())


def test_of_segments_and_groups_of_a_linear_model():
    parts = COEF * (X[:4] - X[4:12].mean(axis=0))
    result = shapley(Weighs(), X[:4], X[4:12], n_segments=4)
    np.testing.assert_array_equal(result.steps, [0, 2, 3, 5])
    expected = np.add.reduceat(parts, result.steps, axis=1)
    np.testing.assert_allclose(result.shapley_values, expected, atol=1e-12)
    result = shapley(Weighs(), X[:4], X[4:12], groups={"both": [0, "x1"]})
    assert result.feature_names.tolist() == ["both"]
    assert result.shapley_values.shape == (4, 6, 1)
    np.testing.assert_allclose(
        result.shapley_values[..., 0], parts.sum(axis=2), atol=1e-12
    )
    result = shapley(Weighs(), X[:4], X[4:12], n_segments=None, groups={"x0": 1})
    np.testing.assert_allclose(result.shapley_values, parts, atol=1e-12)


def test_all_orders_of_a_game_with_interactions():
    """The mean over all orders, which sampling comes near, and antithetic nearer."""
    worth = rng.normal(size=16)
    bits = 2 ** np.arange(4)

    def said(donor, masks):
        return worth[masks @ bits]

    exact = np.zeros(4)
    for order in permutations(range(4)):
        for k, player in enumerate(order):
            before = bits[list(order[:k])].sum()
            exact[player] += (worth[before + bits[player]] - worth[before]) / 24
    values, last, first = sampled_values(
        said, 4, np.arange(50), 100, np.random.RandomState(0)
    )
    np.testing.assert_allclose(values, exact, atol=0.03)
    assert values.sum() == pytest.approx(worth[15] - worth[0])
    assert (last, first) == (pytest.approx(worth[15]), pytest.approx(worth[0]))


def test_two_orders_are_all_there_are_of_two_players():
    model = Weighs(np.array([[1.0, 1.0]]), power=2)
    x, usual = X[:1, :1], X[1:2, :1]
    (a, b), (c, d) = x[0, 0], usual[0, 0]
    result = shapley(model, x, usual)
    first = ((a + d) ** 2 - (c + d) ** 2 + (a + b) ** 2 - (c + b) ** 2) / 2
    assert result.shapley_values[0, 0, 0] == pytest.approx(first)
    assert total(result) == pytest.approx((a + b) ** 2 - (c + d) ** 2)


def test_one_seed_one_result_whatever_the_number_of_jobs():
    model = Weighs(power=2)
    once = shapley(model, X[:2], X[2:5], random_state=0)
    with joblib.parallel_config("threading", n_jobs=2):
        again = shapley(model, X[:2], X[2:5], random_state=0)
    np.testing.assert_array_equal(once.shapley_values, again.shapley_values)
    assert not np.array_equal(
        once.shapley_values, shapley(model, X[:2], X[2:5]).shapley_values
    )


def test_of_a_large_background_fifty_are_drawn():
    model = Weighs()
    usual = rng.normal(size=(80, 6, 2))
    result = shapley(model, X[:1], usual, n_segments=1, random_state=0)
    drawn = np.random.RandomState(0).choice(np.arange(80), 50, replace=False)
    assert result.base_values[0] == pytest.approx(model.predict(usual[drawn]).mean())


# Every estimator ----------------------------------------------------------------------

LABELS = np.where(X[:, 0, 0] > 0, "up", "down")
STEPS = [np.where(x[:, 0] > 0, "a", "b") for x in X]


def check(model, said, x=X[:3], usual=X[20:22], **options):
    result = shapley(model, x, usual, **{**FEW, **options})
    np.testing.assert_allclose(result.predictions, said(x), rtol=1e-9)
    np.testing.assert_allclose(
        total(result), said(x) - np.mean(said(usual)), rtol=1e-7, atol=1e-10
    )
    return result


def test_probabilities_of_a_classifier():
    model = RNNClassifier(**SMALL).fit(X, LABELS)
    check(model, lambda x: model.predict_proba(x)[:, 1], target="up")
    result = shapley(model, X[:3], X[20:22], **FEW)
    np.testing.assert_allclose(
        result.predictions, model.predict_proba(X[:3]).max(axis=1)
    )
    labels = LABELS[:3]
    given = shapley(model, X[:3], X[20:22], labels, **FEW)
    columns = np.searchsorted(model.classes_, labels)
    expected = model.predict_proba(X[:3])[np.arange(3), columns]
    np.testing.assert_allclose(given.predictions, expected)
    with pytest.raises(ValueError, match="target='left' is not among the classes"):
        shapley(model, X[:3], X[20:22], "left")
    with pytest.raises(ValueError, match="step=1 is for estimators that answer step"):
        shapley(model, X[:3], X[20:22], step=1)
    tags = np.column_stack([LABELS == "up", X[:, 1, 1] > 0]).astype(int)
    many = CNNClassifier(n_filters=(4,), max_epochs=2, random_state=0).fit(X, tags)
    check(many, lambda x: many.predict_proba(x)[:, 1], target=1)


def test_numbers_of_regressors_and_pipelines():
    numbers = np.stack([X[:, 0, 0], 9 * X[:, 5, 1]], axis=1)
    model = make_pipeline(SequenceScaler(), RNNRegressor(**SMALL)).fit(X, numbers)
    check(model, lambda x: model.predict(x)[:, 1], target=1)
    with pytest.raises(ValueError, match="must be the number of a column of y, 0 to 1"):
        shapley(model, X[:3], X[20:22])
    flat = pd.DataFrame(X.reshape(30, 12), columns=list("abcdefghijkl"))
    other = make_pipeline(StandardScaler(), LogisticRegression()).fit(flat, LABELS)
    result = check(
        other,
        lambda x: other.predict_proba(x)[:, 0],
        flat[:3],
        flat[20:22],
        target="down",
        n_segments=12,
    )
    assert result.shapley_values.shape == (3, 12, 1)


@pytest.mark.parametrize(("step", "n_seen"), [(None, 3), (1, 1), (-1, 3)])
def test_the_label_of_a_step(step, n_seen):
    """It does not depend on the segments behind it, if no layer reads these."""
    model = RNNTagger(bidirectional=False, **SMALL).fit(X, STEPS)

    def said(x):
        p = model.predict_proba(x)[:, :, 1]
        return p.mean(axis=1) if step is None else p[:, step]

    result = check(model, said, target="b", step=step)
    is_seen = (np.abs(result.shapley_values) > 1e-12).any(axis=(0, 2))
    np.testing.assert_array_equal(is_seen, np.arange(3) < n_seen)


def test_what_encoder_decoders_write():
    numbers = [np.outer(x[:4, 0], [1.0, 50.0]) for x in X]
    model = Seq2SeqRegressor(**SMALL).fit(X, numbers)

    def said(x):
        return np.asarray(model.predict(x))[:, 1, 1]

    check(model, said, target=1, step=1)
    writer = Seq2SeqClassifier(cell="gru", lr=0.02, **{**SMALL, "max_epochs": 15})
    writer.fit(X, [labels[::2] for labels in STEPS])
    first = shapley(writer, X[:3], X[20:22], step=0, **FEW)
    usual = [p.predictions for p in (first, shapley(writer, X[:3], X[:3], **FEW))]
    assert ((usual[0] > 1 / 3) & (usual[0] <= 1)).all()  # it is the most probable
    np.testing.assert_allclose(total(first), first.predictions - first.base_values)
    itself = shapley(writer, X[:1], X[:1], **FEW)
    np.testing.assert_allclose(itself.shapley_values, 0, atol=1e-12)
    with pytest.raises(TypeError, match="takes a Seq2SeqClassifier as it is"):
        shapley(make_pipeline(SequenceScaler(), writer), X[:3], X[20:22])


# Layouts, and what stands beside numbers ----------------------------------------------


def test_unequal_lengths():
    """A background of another length is read at the same share of it."""
    model = RNNRegressor(**SMALL).fit(RAGGED, [x[-1, 0] for x in RAGGED])
    result = shapley(model, RAGGED[:4], RAGGED[10:13], **FEW)
    np.testing.assert_allclose(result.predictions, model.predict(RAGGED[:4]))
    np.testing.assert_array_equal(result.steps, [0, 1 / 3, 2 / 3])
    for i, x in enumerate(RAGGED[:4]):
        middles = (np.arange(len(x)) + 0.5) / len(x)
        usual = [b[(middles * len(b)).astype(int)] for b in RAGGED[10:13]]
        assert result.base_values[i] == pytest.approx(model.predict(usual).mean())
    np.testing.assert_allclose(total(result), result.predictions - result.base_values)


N, T = 20, 5
INDEX = pd.MultiIndex.from_product(
    [[f"p{i:02}" for i in range(N)], range(T)], names=["patient", "hour"]
)
FRAME = pd.DataFrame(
    {
        "ward": rng.choice(["x", "y", None], N * T),
        "pulse": rng.normal(80, 9, N * T),
        "lactate": np.where(rng.random(N * T) < 0.4, np.nan, rng.normal(2, 1, N * T)),
    },
    INDEX,
)
PATIENTS = pd.DataFrame(
    {
        "sex": rng.choice(["f", "m"], N),
        "age": np.where(np.arange(N) % 5 == 2, np.nan, rng.normal(60, 9, N)),
    },
    INDEX.levels[0],
)


def test_holes_categories_and_static_columns():
    mixed = SequenceArray.from_frame(FRAME, static=PATIENTS)
    y = FRAME["pulse"].groupby(level=0).mean().to_numpy()
    model = RNNRegressor(missing="mask", **SMALL).fit(mixed, y)
    usual = mixed[10:14]
    usual.categories = (usual.categories[0][::-1], *usual.categories[1:])
    usual.values = usual.values.copy()
    usual.values[:, 0] = 1 - usual.values[:, 0]  # the same in another order
    before = mixed.categories

    def said(x):
        return model.predict(x).to_numpy()

    result = check(model, said, mixed[:3], usual)
    assert mixed.categories is before
    assert result.feature_names.tolist() == list(FRAME)
    assert result.static_names.tolist() == list(PATIENTS)
    assert result.shapley_values.shape == (3, 3, 3)
    assert (result.static_shapley_values != 0).any(axis=0).all()
    assert (result.shapley_values != 0).any(axis=(0, 1)).all()
    result = shapley(model, mixed[:3], usual, n_segments=1, random_state=0)
    display = ImportanceDisplay.from_importances(result)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert set(labels) == {*FRAME, *PATIENTS}


def test_a_panel():
    y = FRAME["pulse"].groupby(level=0).mean()
    model = RNNRegressor(missing="mask", **SMALL).fit(FRAME, y)
    result = check(
        model,
        lambda x: model.predict(x).to_numpy(),
        FRAME[: 3 * T],
        FRAME[10 * T : 14 * T],
        groups={"blood": ["pulse", "lactate"]},
    )
    assert result.feature_names.tolist() == ["ward", "blood"]
    display = ImportanceDisplay.from_importances(result)
    assert display.image_.get_array().shape == (2, 3)


def test_tokens():
    """What two sequences differ by makes all the difference of their predictions."""
    words = rng.integers(0, 5, size=(40, 4))
    model = RNNClassifier(embedding_dim=3, **SMALL).fit(words, words[:, 0] > 2)
    other = words[:1].copy()
    other[0, 2] = (other[0, 2] + 1) % 5
    result = shapley(model, words[:1], other, True, n_segments=None)
    one, two = model.predict_proba(np.concatenate([words[:1], other]))[:, 1]
    np.testing.assert_allclose(
        result.shapley_values[0, :, 0], [0, 0, one - two, 0], atol=1e-12
    )


# Forecasters --------------------------------------------------------------------------


@pytest.mark.parametrize("normalize", ["last", "feature"])
def test_forecasts(normalize):
    days = pd.date_range("2024-01-01", periods=60)
    frame = pd.DataFrame(
        {"price": rng.normal(size=60), "kind": 2.0, "day": rng.choice(["a", "b"], 60)},
        days,
    )
    y = pd.Series(20 + frame["price"].to_numpy() + rng.normal(size=60), days, name="y")
    y.iloc[37] = np.nan
    model = RNNForecaster(
        window_length=6,
        horizon=2,
        known_future=["price"],
        static=["kind"],
        normalize=normalize,
        missing="mask",
        shrink_to_naive=False,
        **SMALL,
    ).fit(frame[:40], y[:40])
    ahead, usual = frame[40:42], (frame[20:32], y[20:32])
    result = shapley(model, ahead, usual, step=2, **FEW)
    assert result.feature_names.tolist() == ["y", "day", "price"]
    assert result.static_names.tolist() == ["kind"]
    np.testing.assert_array_equal(result.steps, [-5, -3, -1, 1])
    assert result.predictions == pytest.approx(model.predict(ahead)[1:], rel=1e-5)
    paths = model.rolling_forecast(*usual, restart=True).xs(2, level="step")
    assert result.base_values[0] == pytest.approx(paths["y"].mean(), rel=1e-5)
    np.testing.assert_allclose(
        total(result), result.predictions - result.base_values, atol=1e-12
    )
    assert (result.shapley_values[0, 3, :2] == 0).all()  # which nobody sees
    assert (result.static_shapley_values == 0).all()  # of a single series
    mean = shapley(model, ahead, usual, target="y", n_segments=1, random_state=0)
    assert mean.predictions[0] == pytest.approx(model.predict(ahead).mean(), rel=1e-5)


def test_forecasts_of_a_panel_without_known_columns():
    wave = np.sin(np.arange(40.0))
    rows = pd.DataFrame({"u": wave, "v": -wave}, pd.RangeIndex(40, name="t"))
    panel = pd.concat({"a": rows, "b": 5 * rows + 3}, names=["series"])
    model = RNNForecaster(window_length=6, horizon=2, channels="joint", **SMALL)
    model.fit(panel)
    result = shapley(model, None, panel.groupby("series").head(10), 1, **FEW)
    assert result.shapley_values.shape == (2, 3, 2)
    expected = model.predict().groupby(level=0)["v"].mean()
    np.testing.assert_allclose(result.predictions, expected, rtol=1e-5)
    np.testing.assert_allclose(total(result), result.predictions - result.base_values)


# Errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"background": X[:3, :, :1]}, "background has 1 features and 0 static"),
        ({"groups": {"g": ["speed"]}}, r"groups\['g'\] holds 'speed'; expected"),
        ({"groups": {"g": [0], "h": ["x0"]}}, "feature 'x0' twice, in 'g' and 'h'"),
        ({"groups": {"g": None}}, r"groups\['g'\] holds None; expected"),
        ({"groups": {"g": [np.arange(2)]}}, r"holds array\(\[0, 1\]\); expected"),
        ({"X": X[:0]}, "X holds no sequence"),
        ({"background": X[:0]}, "background holds no sequence"),
        ({"background": None}, r"background has the shape \(\)"),
        ({"background": [X[0], X[1, :0]]}, "background: Sequence 1 is empty"),
        ({"background": np.ma.masked_greater(X[:3], 0)}, "background is a masked"),
        ({"target": False}, "target=False must be the number"),
        ({"step": "1"}, "step='1' is for estimators"),
        ({"n_segments": 0}, "'n_segments' parameter"),
        ({"n_segments": True}, "'n_segments' parameter"),
        ({"n_permutations": 0}, "'n_permutations' parameter"),
    ],
)
def test_shapley_says_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        shapley(**{"estimator": Weighs(), "X": X[:2], "background": X[5:8], **options})


def test_what_is_wrong_of_the_background_is_said_of_it():
    model = RNNRegressor(**SMALL).fit(X, X[:, 0, 0])
    with pytest.raises(ValueError, match="background: Input X contains NaN"):
        shapley(model, X[:2], np.full((2, 6, 2), np.nan), **FEW)
    model = RNNForecaster(window_length=3, shrink_to_naive=False, **SMALL)
    model.fit(X[:, 0, :1])
    with pytest.raises(ValueError, match="background: X has 3 rows; a rolling"):
        shapley(model, None, X[:3, 0, :1], **FEW)
    with pytest.raises(ValueError, match="background is a tuple of 1; expected X and"):
        shapley(model, None, (X[:9, 0, :1],), **FEW)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (None, TypeError, "estimator is None; expected a fitted classifier"),
        (Weighs, TypeError, "estimator is <class .*Weighs'>; expected a fitted"),
        (LinearSVC(), TypeError, r"LinearSVC\(\), a classifier without predict_proba"),
        (RNNForecaster(), NotFittedError, "RNNForecaster instance is not fitted"),
        (Seq2SeqClassifier(), NotFittedError, "Seq2SeqClassifier instance is not"),
    ],
)
def test_who_cannot_be_explained(estimator, error, message):
    with pytest.raises(error, match=message):
        shapley(estimator, X[:2], X[5:8])
