"""Scorers and joins of time steps, beside scikit-learn's on the joined steps."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from skseq import SequenceArray
from skseq.metrics import bits_per_character, concat_steps, step_scorer

PROBA = [np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]]), np.array([[0.3, 0.7]])]
X = [np.zeros((3, 1)), np.zeros((1, 1))]
Y = [["a", "b", "b"], ["b"]]
FLAT = ["a", "b", "b", "b"]
POSITIVE = np.concatenate(PROBA)[:, 1]
PREDICTED = np.array(["a", "b", "a", "b"])


class Known(BaseEstimator):
    """A tagger whose answers are known."""

    classes_ = np.array(["a", "b"])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return PROBA

    def predict(self, X):
        return [self.classes_[p.argmax(axis=1)] for p in PROBA]


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        ("accuracy", 3 / 4),
        ("roc_auc", roc_auc_score(FLAT, POSITIVE)),
        ("neg_log_loss", -log_loss(FLAT, POSITIVE)),
        ("f1_macro", f1_score(FLAT, PREDICTED, average="macro")),
        (
            make_scorer(f1_score, pos_label="a"),
            f1_score(FLAT, PREDICTED, pos_label="a"),
        ),
        (
            make_scorer(
                average_precision_score, response_method="predict_proba", pos_label="a"
            ),
            average_precision_score(FLAT, 1 - POSITIVE, pos_label="a"),
        ),
    ],
)
def test_steps_are_scored_as_samples(scoring, expected):
    assert step_scorer(scoring)(Known(), X, Y) == pytest.approx(expected)


def test_the_weight_of_a_sequence_is_that_of_its_steps():
    score = step_scorer("accuracy")(Known(), X, Y, sample_weight=[1, 3])
    assert score == pytest.approx((2 + 3) / (3 + 3))
    for weights, message in [
        ([1, 3, 1], r"sample_weight.shape == \(3,\), expected \(2,\)"),
        (np.ones((2, 3)), "Sample weights must be 1D array or scalar, got 2D"),
        ([1, -3], "Negative values in data passed to `sample_weight`"),
    ]:
        with pytest.raises(ValueError, match=message):
            step_scorer("accuracy")(Known(), X, Y, sample_weight=weights)


def test_labels_of_other_steps_are_refused():
    with pytest.raises(ValueError, match=r"y\[0\] has 1 labels for a sequence of 3"):
        step_scorer("accuracy")(Known(), X, Y[::-1])


def test_a_metric_is_no_scorer():
    with pytest.raises(ValueError, match="looks like it is a metric function"):
        step_scorer(f1_score)


INDEX = pd.MultiIndex.from_tuples([(0, 0), (0, 1), (0, 2), (1, 0)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (Y, FLAT),
        (SequenceArray(np.array(FLAT)[:, None], [0, 3], [3, 1]), FLAT),
        (SequenceArray(np.array(FLAT)[:, None], [2, 0], [2, 3]), ["b", "b", *"abb"]),
        (pd.Series(FLAT, index=INDEX), FLAT),
        (PROBA, np.concatenate(PROBA)),
        (pd.DataFrame(np.concatenate(PROBA), index=INDEX), np.concatenate(PROBA)),
        (np.arange(6).reshape(2, 3), range(6)),
        (np.arange(12).reshape(2, 3, 2), np.arange(12).reshape(6, 2)),
    ],
)
def test_every_layout_becomes_one_array(values, expected):
    np.testing.assert_array_equal(concat_steps(values), list(expected))


def test_steps_of_several_shapes_are_refused():
    with pytest.raises(ValueError, match=r"values\[1\] has the shape \(2, 3\)"):
        concat_steps([np.zeros((4, 2)), np.zeros((2, 3))])


def test_labels_of_sequences_are_no_steps():
    with pytest.raises(ValueError, match=r"values\[0\] is 1; expected one label"):
        concat_steps([1, 0])


def test_errors_name_the_argument():
    with pytest.raises(TypeError, match="symbols must be a sequence of str, got 3"):
        bits_per_character(3, [[1.0]], classes="a")
    with pytest.raises(TypeError, match="classes must be a sequence of str, got None"):
        bits_per_character("a", [[1.0]], classes=None)
    with pytest.raises(TypeError, match="symbols and classes must hold str: unhash"):
        bits_per_character([[1]], [[1.0]], classes="a")
    with pytest.raises(ValueError, match=r"symbols holds \[3, 'b'\], which are not in"):
        bits_per_character(["b", 3], [[1.0], [1.0]], classes="a")
    for empty in ([], [[]], np.empty((0, 3))):
        with pytest.raises(ValueError, match="values holds no step"):
            concat_steps(empty)
    with pytest.raises(ValueError, match=r"values\[0\] is 1; expected one label"):
        concat_steps([1, 2])
    for unknown in ({}, (0,), 3):
        with pytest.raises((ValueError, TypeError), match="scoring"):
            step_scorer(unknown)


def test_no_sequence_has_no_score():
    none = SequenceArray(np.zeros((0, 1)), [], [])
    with pytest.raises(ValueError, match="values holds no step"):
        concat_steps(none)


# scikit-learn's protocol of scorers -----------------------------------------------


class ByFirst(BaseEstimator):
    """Predicts "b" where the first feature is positive; trains on nothing."""

    classes_ = np.array(["a", "b"])

    def fit(self, X, y, sample_weight=None):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return [np.where(x[:, 0] > 0, "b", "a") for x in X]

    def predict_proba(self, X):
        positive = [1 / (1 + np.exp(-x[:, 0])) for x in X]
        return [np.stack([1 - p, p], axis=1) for p in positive]


RNG = np.random.default_rng(0)
LONG = [RNG.normal(size=(n, 1)) for n in (4, 7, 3, 6, 5, 4)]
LABELS = [np.where(x[:, 0] + RNG.normal(size=len(x)) > 0, "b", "a") for x in LONG]
WEIGHTS = {
    "a sequence": np.arange(1.0, 7.0),
    "a step": [np.arange(1.0, 1 + len(x)) for x in LONG],
}
CUT = [([0, 1, 2, 3], [4, 5]), ([4, 5, 2, 3], [0, 1])]


def by_hand(metric, answers, rows, weights):
    """A metric of the joined steps, weighted by hand."""
    each = [np.broadcast_to(weights[i], len(LONG[i])) for i in rows]
    return metric(
        np.concatenate([LABELS[i] for i in rows]),
        np.concatenate([answers[i] for i in rows]),
        sample_weight=np.concatenate(each),
    )


def expected(weights):
    """The scores of the two folds, by metric."""
    model = ByFirst()
    second = [proba[:, 1] for proba in model.predict_proba(LONG)]
    return {
        "auc": [by_hand(roc_auc_score, second, rows, weights) for _, rows in CUT],
        "accuracy": [
            by_hand(accuracy_score, model.predict(LONG), rows, weights)
            for _, rows in CUT
        ],
    }


@pytest.mark.parametrize("per", WEIGHTS)
def test_weights_are_routed_to_step_scorers(per):
    weights = WEIGHTS[per]
    with sklearn.config_context(enable_metadata_routing=True):
        model = ByFirst().set_fit_request(sample_weight=False)
        scoring = {
            "auc": step_scorer("roc_auc").set_score_request(sample_weight=True),
            "accuracy": step_scorer("accuracy").set_score_request(sample_weight=True),
            "unweighted": step_scorer("accuracy").set_score_request(
                sample_weight=False
            ),
        }
        options = {"cv": CUT, "params": {"sample_weight": weights}}
        found = cross_validate(model, LONG, LABELS, scoring=scoring, **options)
        for name, scores in expected(weights).items():
            np.testing.assert_allclose(found[f"test_{name}"], scores)
        np.testing.assert_allclose(
            found["test_unweighted"], expected(np.ones(6))["accuracy"]
        )
        alone = cross_val_score(
            model, LONG, LABELS, scoring=scoring["auc"], error_score="raise", **options
        )
        np.testing.assert_allclose(alone, found["test_auc"])
        search = GridSearchCV(model, {}, scoring=scoring, cv=CUT, refit="auc")
        search.fit(LONG, LABELS, sample_weight=weights)
        assert search.best_score_ == pytest.approx(np.mean(found["test_auc"]))
        assert search.score(LONG, LABELS, sample_weight=weights) == pytest.approx(
            scoring["auc"](model, LONG, LABELS, sample_weight=weights)
        )
        single = GridSearchCV(model, {}, scoring=scoring["auc"], cv=CUT)
        single.fit(LONG, LABELS, sample_weight=weights)
        assert single.best_score_ == pytest.approx(search.best_score_)


def test_weights_under_another_name_are_routed():
    weights = WEIGHTS["a sequence"]
    with sklearn.config_context(enable_metadata_routing=True):
        model = ByFirst().set_fit_request(sample_weight=False)
        scorer = step_scorer("accuracy").set_score_request(sample_weight="importance")
        found = cross_val_score(
            model, LONG, LABELS, scoring=scorer, cv=CUT, params={"importance": weights}
        )
        np.testing.assert_allclose(found, expected(weights)["accuracy"])


def test_weights_that_nobody_asks_for_are_an_error_as_in_scikit_learn():
    with sklearn.config_context(enable_metadata_routing=True):
        model = ByFirst().set_fit_request(sample_weight=False)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_val_score(
                model,
                LONG,
                LABELS,
                scoring=step_scorer("accuracy"),
                params={"sample_weight": WEIGHTS["a sequence"]},
            )


@pytest.mark.parametrize("several", [False, True])
def test_weights_of_a_search_without_routing(several):
    """As scikit-learn does, which gives all weights to whom takes them."""
    weights = WEIGHTS["a sequence"]
    scoring = step_scorer("accuracy")
    if several:
        scoring = {"auc": step_scorer("roc_auc"), "accuracy": scoring}
    search = GridSearchCV(ByFirst(), {}, scoring=scoring, cv=CUT, refit="accuracy")
    search.fit(LONG, LABELS, sample_weight=weights)
    reference = GridSearchCV(
        DummyClassifier(), {}, scoring="accuracy", cv=[([0, 1, 2, 3], [4, 5])]
    ).fit(np.zeros((6, 1)), [0, 0, 0, 1, 0, 1], sample_weight=[1, 1, 1, 1, 1, 9])
    asked = weights if reference.best_score_ == pytest.approx(0.1) else np.ones(6)
    mean = np.mean(expected(asked)["accuracy"])  # before scikit-learn 1.9 unweighted
    assert search.best_score_ == pytest.approx(mean)


def test_a_request_changes_neither_the_users_scorer_nor_others():
    with sklearn.config_context(enable_metadata_routing=True):
        own = make_scorer(f1_score, pos_label="a")
        step_scorer(own).set_score_request(sample_weight=True)
        assert own.get_metadata_routing().score.requests["sample_weight"] is None
        asked = step_scorer(own.set_score_request(sample_weight=True))
        requests = asked.get_metadata_routing().score.requests
        assert requests["sample_weight"] is True
        with pytest.raises(TypeError, match="keeps no requests"):
            step_scorer(lambda model, X, y: 0.0).set_score_request(sample_weight=True)


def test_a_metric_without_weights_is_told_apart():
    assert step_scorer("roc_auc")._accept_sample_weight()
    unweighted = make_scorer(lambda y_true, y_pred: 0.5)
    assert not step_scorer(unweighted)._accept_sample_weight()
    assert not step_scorer(lambda model, X, y: 0.5)._accept_sample_weight()
    plain = step_scorer(lambda model, X, y, sample_weight=None: sample_weight.sum())
    assert plain._accept_sample_weight()
    assert plain(Known(), X, Y, sample_weight=[1, 3]) == 6


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1.0, 2.0, 3.0]], r"sample_weight.shape == \(1, 3\)|got 2D array"),
        ([[1.0, 2.0], [3.0]], r"sample_weight\[0\] holds 2 weights, y\[0\] 3 labels"),
        ([[1.0, 2.0, 3.0], [4.0], [5.0]], r"sample_weight .* of 3 sequences, y .* 2"),
        (
            [[1.0, 2.0, -1.0], [3.0]],
            "Negative values in data passed to `sample_weight`",
        ),
        ([[1.0, 2.0, np.nan], [3.0]], "sample_weight contains NaN"),
        (PROBA, r"sample_weight holds weights of shape \(2,\) for the steps"),
    ],
)
def test_weights_of_other_steps_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        step_scorer("accuracy")(Known(), X, Y, sample_weight=weights)


@pytest.mark.parametrize(
    "weights",
    [
        [np.array([1.0, 2.0, 3.0]), np.array([4.0])],
        SequenceArray(np.arange(1.0, 5.0)[:, None], [0, 3], [3, 1]),
        pd.Series(np.arange(1.0, 5.0), index=INDEX),
    ],
    ids=["list", "SequenceArray", "panel"],
)
def test_weights_of_steps_in_every_layout(weights):
    score = step_scorer("accuracy")(Known(), X, Y, sample_weight=weights)
    assert score == pytest.approx((1 + 2 + 4) / 10)


def test_panels_of_labels_and_weights_share_an_index():
    labels = pd.Series(FLAT, index=INDEX)
    weights = pd.Series(np.arange(4.0), index=INDEX)
    score = step_scorer("accuracy")(Known(), X, labels, sample_weight=weights)
    assert score == pytest.approx((0 + 1 + 3) / 6)
    with pytest.raises(ValueError, match="sample_weight has another index than y"):
        step_scorer("accuracy")(Known(), X, labels, sample_weight=weights[::-1])


def test_arrays_of_equal_lengths_take_weights_of_steps():
    X = RNG.normal(size=(5, 4, 1))
    y = np.where(X[..., 0] + RNG.normal(size=(5, 4)) > 0, "b", "a")
    weights = RNG.random((5, 4))
    score = step_scorer("accuracy")(ByFirst(), X, y, sample_weight=weights)
    right = (X[..., 0] > 0) == (y == "b")
    assert score == pytest.approx((right * weights).sum() / weights.sum())
