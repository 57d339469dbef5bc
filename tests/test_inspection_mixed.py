"""Importance and saliency of sequences with holes, categories and static columns."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from skseq import CNNClassifier, CNNRegressor, RNNClassifier, RNNRegressor
from skseq.data.sequences import SequenceArray
from skseq.inspection import permutation_importance, saliency
from skseq.plotting import ImportanceDisplay

N, T = 24, 5
rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_arrays(
    [np.repeat([f"p{i:02}" for i in range(N)], T), rng.exponential(1, N * T).cumsum()],
    names=["patient", "hour"],
)
FRAME = pd.DataFrame(
    {
        "ward": rng.choice(["x", "y", None], N * T),
        "pulse": rng.normal(80, 9, N * T),
        "awake": rng.random(N * T) < 0.5,
        "lactate": np.where(rng.random(N * T) < 0.4, np.nan, rng.normal(2, 1, N * T)),
    },
    INDEX,
)
PATIENTS = pd.DataFrame(
    {
        "sex": rng.choice(["f", "m"], N),
        "age": np.where(np.arange(N) == 2, np.nan, rng.normal(60, 9, N)),
        "height": rng.normal(170, 9, N),
    },
    INDEX.get_level_values(0).unique(),
)
MIXED = SequenceArray.from_frame(FRAME, static=PATIENTS)
LEVEL = MIXED.values[:, 1].reshape(N, T).mean(axis=1) / 9 + PATIENTS["height"] / 9
LEVEL = LEVEL.to_numpy()
CLASSES = np.where(np.argsort(np.argsort(LEVEL)) < N // 2, "down", "up")
NUMBERS, CATEGORIES = [1, 3], [0, 2]


class Weighs(RegressorMixin, BaseEstimator):
    """Knows its coefficients of features and static columns."""

    def __init__(self, coef=(0.0, 0.1, 0.0, 0.0), of_static=(0.0, 0.0, 0.2)):
        self.coef = coef
        self.of_static = of_static

    def fit(self, X, y):
        return self

    def predict(self, X):
        self.seen_ = [*getattr(self, "seen_", []), X]
        found = [np.nansum(self.coef * x) for x in X]
        return found + np.nansum(self.of_static * X.static.values, axis=1)


# Permutation importance -------------------------------------------------------------


def test_static_columns_are_features_of_their_own():
    """The error grows by twice the variance of what is permuted."""
    model = Weighs()
    result = permutation_importance(
        model,
        MIXED,
        model.predict(MIXED),
        scoring="neg_mean_squared_error",
        by="feature",
        n_repeats=200,
        random_state=0,
    )
    names = [*FRAME.columns, *PATIENTS.columns]
    assert result.feature_names.tolist() == names
    assert result.importances.shape == (1, 7, 200)
    found = dict(zip(names, result.importances_mean[0], strict=True))
    sums = FRAME["pulse"].groupby(level=0).sum()
    assert found["height"] == pytest.approx(2 * 0.04 * PATIENTS["height"].var(), 0.1)
    assert found["pulse"] == pytest.approx(2 * 0.01 * sums.var(), 0.15)
    assert all(found[name] == 0 for name in ("ward", "awake", "lactate", "sex", "age"))


def test_one_static_column_is_permuted_and_nothing_else():
    model = Weighs()
    permutation_importance(
        model, MIXED, LEVEL, by="feature", n_repeats=1, random_state=1
    )
    for column, seen in enumerate(model.seen_[-3:]):
        np.testing.assert_array_equal(seen.values, MIXED.values)
        pd.testing.assert_index_equal(seen.times, MIXED.times)
        moved = seen.static.values[:, column]
        known = MIXED.static.values.copy()
        assert not np.array_equal(moved, known[:, column], equal_nan=True)
        np.testing.assert_array_equal(np.sort(moved), np.sort(known[:, column]))
        known[:, column] = moved
        np.testing.assert_array_equal(seen.static.values, known)
    for seen in model.seen_:
        assert seen.categories == MIXED.categories
        assert seen.instances.equals(MIXED.instances)


@pytest.mark.parametrize("by", ["both", "step"])
def test_a_map_of_steps_has_no_static_columns(by):
    result = permutation_importance(
        Weighs(), MIXED, LEVEL, by=by, n_repeats=1, random_state=0
    )
    assert result.importances.shape == (T, 4 if by == "both" else 1, 1)
    assert result.feature_names.tolist() == list(FRAME.columns)


def test_who_lacks_names_is_counted():
    values = MIXED.values
    args = values, MIXED.starts, MIXED.lengths
    for names, static, expected in (
        (None, PATIENTS[["age"]].to_numpy(), None),
        (None, PATIENTS[["age"]].reset_index(drop=True), "x0 x1 x2 x3 age"),
        (list("abcd"), PATIENTS[["age"]].to_numpy(), "a b c d static0"),
    ):
        X = SequenceArray(*args, feature_names=names, static=static)
        result = permutation_importance(
            Weighs(of_static=1.0), X, LEVEL, by="feature", n_repeats=1
        )
        if expected is None:
            assert result.feature_names is None
        else:
            assert result.feature_names.tolist() == expected.split()


def test_frames_and_lists_of_them_keep_their_types():
    """A permuted frame is read as the sequences of it are."""
    model = RNNClassifier(hidden_size=4, missing="mask", max_epochs=2, random_state=0)
    panel = FRAME.astype({"ward": "category"})
    frames = [frame.droplevel(0) for _, frame in panel.groupby(level=0)]
    model.fit(panel, CLASSES)
    results = []
    for X in (panel, frames, SequenceArray.from_frame(panel)):
        result = permutation_importance(
            model, X, CLASSES, scoring="roc_auc", n_repeats=1, random_state=0
        )
        assert result.feature_names.tolist() == list(FRAME.columns)
        results.append(result.importances)
    np.testing.assert_allclose(results[0], results[2], atol=1e-12)
    np.testing.assert_allclose(results[1], results[2], atol=1e-12)
    assert np.abs(results[0]).max() > 0


def test_bars_name_static_columns():
    result = permutation_importance(
        Weighs(), MIXED, LEVEL, by="feature", n_repeats=2, random_state=0
    )
    display = ImportanceDisplay.from_importances(result)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert set(labels) == {*FRAME.columns, *PATIENTS.columns}
    assert labels[-1] in ("height", "pulse")


# Saliency ----------------------------------------------------------------------------


def by_differences(answer, i, step=1e-5, static_step=0.02):
    """What a small change of each number of sequence i changes, of static ones, too.

    These are seen in single precision.
    """
    rows = slice(i * T, i * T + T)
    alone = MIXED[[i]].apart()
    of_values, of_static = np.zeros((T, 4)), np.zeros(3)
    for place in np.ndindex(T, 4):
        if place[1] in NUMBERS and not np.isnan(MIXED.values[rows][place]):
            low, high = alone.values.copy(), alone.values.copy()
            low[place] -= step
            high[place] += step
            low, high = (alone._replace(values=values) for values in (low, high))
            of_values[place] = (answer(high) - answer(low)) / (2 * step)
    for column in (1, 2):
        if not np.isnan(alone.static.values[0, column]):
            low, high = alone.static[[0]], alone.static[[0]]
            low.values[0, column] -= static_step
            high.values[0, column] += static_step
            low, high = (alone._replace(static=static) for static in (low, high))
            of_static[column] = (answer(high) - answer(low)) / (2 * static_step)
    return of_values, of_static


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both", None])
@pytest.mark.parametrize(
    "model",
    [
        RNNRegressor(hidden_size=4, time_gaps=True),
        RNNRegressor(hidden_size=4, cell="gru_d", bidirectional=False, n_networks=2),
        CNNRegressor(n_filters=(8,), kernel_size=3),
    ],
    ids=["gaps", "gru_d", "cnn"],
)
def test_gradients_of_measured_values_are_those_of_finite_differences(model, normalize):
    model = model.set_params(
        normalize=normalize, missing="mask", max_epochs=5, random_state=0
    )
    model.fit(MIXED, 50 * LEVEL + 3)
    found = saliency(model, MIXED)
    assert isinstance(found, SequenceArray)
    assert found.feature_names.tolist() == list(FRAME.columns)
    assert found.static.names.tolist() == list(PATIENTS.columns)
    assert found.instances.equals(MIXED.instances)
    for i in (0, 2):
        of_values, of_static = by_differences(lambda x: model.predict(x).iloc[0], i)
        np.testing.assert_allclose(found[i], of_values, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(
            found.static.values[i], of_static, rtol=2e-3, atol=1e-5
        )
    values = found.values.reshape(N * T, 4)
    assert (values[:, CATEGORIES] == 0).all()
    assert (values[np.isnan(MIXED.values)] == 0).all()
    assert found.static.values[2, 1] == 0  # whose age is not known


def test_a_linear_model_beside_is_part_of_the_gradient():
    model = RNNClassifier(hidden_size=4, missing="mask", max_epochs=2, random_state=0)
    model._has_linear = True
    model.fit(MIXED, CLASSES)
    found = saliency(model, MIXED, "up")

    def log_odds(x):
        ((_, p),) = model.predict_proba(x)
        return np.log(p / (1 - p))

    of_values, of_static = by_differences(log_odds, 1)
    np.testing.assert_allclose(found[1], of_values, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.static.values[1], of_static, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both"])
def test_shares_add_up_to_the_difference_to_average_numbers(normalize):
    """Completeness: holes, categories and gaps are those of the sequence itself."""
    model = RNNRegressor(
        hidden_size=4,
        pooling="last",
        normalize=normalize,
        missing="mask",
        time_gaps=True,
        max_epochs=5,
        random_state=0,
    ).fit(MIXED, LEVEL)
    found = saliency(model, MIXED, method="integrated_gradients")
    average, static = MIXED.values.copy(), MIXED.static[np.arange(N)]
    for column in NUMBERS:
        there = ~np.isnan(average[:, column])
        average[there, column] = np.nanmean(average[:, column])
    for column in (1, 2):
        there = ~np.isnan(static.values[:, column])
        static.values[there, column] = np.nanmean(static.values[:, column])
    flat = MIXED._replace(values=average, static=static)
    total = [x.sum() for x in found] + found.static.values.sum(axis=1)
    expected = model.predict(MIXED) - model.predict(flat)
    np.testing.assert_allclose(total, expected, rtol=1e-5, atol=1e-5)


def test_a_frame_of_mixed_columns_gets_a_frame():
    model = CNNClassifier(n_filters=(8,), kernel_size=3, missing="mask", max_epochs=2)
    model.fit(FRAME, CLASSES)
    found = saliency(model, FRAME)
    assert found.index.equals(INDEX)
    assert found.columns.equals(FRAME.columns)
    assert (found[["ward", "awake"]] == 0).all(axis=None)
    assert (found["pulse"] != 0).any()


def test_categories_that_are_numbers_have_no_gradient():
    X = SequenceArray.from_array(rng.integers(0, 3, (N, T, 2)).astype(float))
    model = RNNRegressor(
        hidden_size=4, categorical_features=[0], max_epochs=2, random_state=0
    ).fit(X, LEVEL)
    found = np.array(saliency(model, X))
    assert (found[..., 0] == 0).all()
    assert (found[..., 1] != 0).any()


def test_a_heat_map_of_a_saliency_with_static_columns():
    model = RNNRegressor(hidden_size=4, missing="mask", max_epochs=2, random_state=0)
    found = saliency(model.fit(MIXED, LEVEL), MIXED)
    display = ImportanceDisplay.from_importances(
        np.abs(found).mean(axis=0), feature_names=found.feature_names
    )
    assert display.image_.get_array().shape == (4, T)
    table = found.static.to_frame(found.instances).abs().mean().to_frame().T
    bars = ImportanceDisplay.from_importances(table, by="feature")
    labels = [label.get_text() for label in bars.ax_.get_yticklabels()]
    assert set(labels) == set(PATIENTS.columns)
