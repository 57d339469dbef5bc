import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)

from skseq import RNNTagger
from skseq.metrics import step_scorer
from skseq.model_selection import (
    ContextTimeSeriesSplit,
    PanelTimeSeriesSplit,
    context_scorer,
)


@pytest.mark.parametrize("options", [{}, {"gap": 2}, {"test_size": 3}])
def test_folds_are_those_of_sklearn_with_the_rows_before(options):
    X = np.zeros(30)
    ours = ContextTimeSeriesSplit(4, context=2, **options)
    for (train, test), (expected_train, expected_test) in zip(
        ours.split(X), TimeSeriesSplit(4, **options).split(X), strict=True
    ):
        np.testing.assert_array_equal(train, expected_train)
        np.testing.assert_array_equal(test[2:], expected_test)
        assert test[:2].tolist() == [expected_test[0] - 2, expected_test[0] - 1]
    assert ours.get_n_splits() == 4


def test_too_much_context_is_an_error():
    with pytest.raises(ValueError, match="context=9 is more than the 5 rows before"):
        next(ContextTimeSeriesSplit(2, context=9).split(np.zeros(15)))


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "neg_log_loss"])
def test_the_context_does_not_count(scoring):
    rng = np.random.RandomState(0)
    X = rng.randn(100, 2)
    y = X[:, 0] + rng.randn(100) > 0
    model = LogisticRegression().fit(X, y)
    expected = get_scorer(scoring)(model, X[10:], y[10:])
    flipped = np.r_[~y[:10], y[10:]]
    assert context_scorer(scoring, 10)(model, X, flipped) == pytest.approx(expected)
    scores = cross_val_score(model, X, y, scoring=context_scorer(scoring, 0), cv=3)
    np.testing.assert_allclose(
        scores, cross_val_score(model, X, y, scoring=scoring, cv=3)
    )


@pytest.mark.parametrize("context", [-1, 1.5])
def test_a_context_is_a_number_of_rows(context):
    with pytest.raises(ValueError, match="context must be an integer of at least 0"):
        next(ContextTimeSeriesSplit(2, context=context).split(np.zeros(9)))
    with pytest.raises(ValueError, match="context must be an integer of at least 0"):
        context_scorer("r2", context)


@pytest.mark.parametrize("gap", [-1, 1.5, None, "a"])
def test_wrong_gaps_are_refused(gap):
    """A negative one would put rows into both folds."""
    with pytest.raises(ValueError, match="gap must be an integer of at least 0"):
        next(ContextTimeSeriesSplit(2, gap=gap).split(np.zeros(20)))


@pytest.mark.parametrize("name", ["test_size", "max_train_size"])
@pytest.mark.parametrize("size", [0, -1, 1.5, "a"])
def test_wrong_sizes_are_refused(name, size):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1"):
        next(ContextTimeSeriesSplit(2, **{name: size}).split(np.zeros(20)))


@pytest.mark.parametrize("scoring", ["no_scorer", 3, {}])
def test_unknown_scorers_are_refused(scoring):
    with pytest.raises((ValueError, TypeError), match="scoring"):
        context_scorer(scoring, 1)


def test_a_number_has_no_rows_to_split():
    with pytest.raises(TypeError, match="X"):
        next(ContextTimeSeriesSplit(3).split(3))


# scikit-learn's protocol of scorers ------------------------------------------------


def weighted_rows():
    rng = np.random.RandomState(0)
    X = rng.randn(60, 2)
    y = (X[:, 0] + rng.randn(60) > 0).astype(int)
    return X, y, rng.rand(60)


def test_the_weights_of_the_context_do_not_count():
    X, y, weights = weighted_rows()
    model = LogisticRegression().fit(X, y)
    for scoring in ("accuracy", "roc_auc", "neg_log_loss"):
        expected = get_scorer(scoring)(model, X[7:], y[7:], sample_weight=weights[7:])
        for given in (weights, weights.tolist(), pd.Series(weights)):
            found = context_scorer(scoring, 7)(model, X, y, sample_weight=given)
            assert found == pytest.approx(expected)
    right = (model.predict(X) == y)[7:]
    found = context_scorer("accuracy", 7)(model, X, y, sample_weight=weights)
    assert found == pytest.approx((right * weights[7:]).sum() / weights[7:].sum())


def test_a_context_of_all_rows_leaves_none_to_score():
    X, y, weights = weighted_rows()
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="context=60 leaves none of 60 rows"):
        context_scorer("accuracy", 60)(model, X, y)
    scorer = context_scorer("accuracy", 59)
    assert scorer(model, X, y, weights) == (model.predict(X) == y)[59]


def test_weights_are_routed_to_context_scorers():
    X, y, weights = weighted_rows()
    cv = ContextTimeSeriesSplit(3, context=4)
    plain = TimeSeriesSplit(3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)

        def scoring(make):
            return {
                "auc": make("roc_auc").set_score_request(sample_weight=True),
                "log": make("neg_log_loss").set_score_request(sample_weight=True),
                "unweighted": make("accuracy").set_score_request(sample_weight=False),
            }

        options = {"params": {"sample_weight": weights}, "error_score": "raise"}
        ours = scoring(lambda name: context_scorer(name, 4))
        found = cross_validate(model, X, y, cv=cv, scoring=ours, **options)
        theirs = scoring(get_scorer)
        expected = cross_validate(model, X, y, cv=plain, scoring=theirs, **options)
        for name in ours:
            np.testing.assert_allclose(found[f"test_{name}"], expected[f"test_{name}"])
        search = GridSearchCV(model, {}, scoring=ours["auc"], cv=cv)
        search.fit(X, y, sample_weight=weights)
        assert search.best_score_ == pytest.approx(np.mean(expected["test_auc"]))
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_val_score(
                model,
                X,
                y,
                cv=cv,
                scoring=context_scorer("accuracy", 4),
                params={"sample_weight": weights},
            )


def test_context_scorers_beside_others_without_routing():
    """Predictions of all rows and of those behind the context are kept apart."""
    X, y, weights = weighted_rows()
    cv = ContextTimeSeriesSplit(3, context=4)
    scoring = {
        "all": "accuracy",
        "ours": context_scorer("accuracy", 4),
        "auc": context_scorer("roc_auc", 4),
    }
    model = LogisticRegression()
    found = cross_validate(model, X, y, cv=cv, scoring=scoring, error_score="raise")
    plain = TimeSeriesSplit(3)
    for name, theirs in (("ours", "accuracy"), ("auc", "roc_auc")):
        expected = cross_val_score(model, X, y, cv=plain, scoring=theirs)
        np.testing.assert_allclose(found[f"test_{name}"], expected)
    search = GridSearchCV(model, {}, scoring=scoring, cv=cv, refit="auc")
    assert np.isfinite(search.fit(X, y, sample_weight=weights).best_score_)


def test_a_scorer_around_a_scorer_of_steps():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 6, 1))
    y = (X[..., 0] + rng.normal(size=(12, 6)) > 0).astype(int)
    model = RNNTagger(max_epochs=1, random_state=0).fit(X, y)
    weights = rng.random(12)
    scorer = context_scorer(step_scorer("accuracy"), 5)
    assert scorer._accept_sample_weight()
    found = scorer(model, X, y, sample_weight=weights)
    right = (model.predict(X) == y)[5:].mean(axis=1)
    assert found == pytest.approx(np.average(right, weights=weights[5:]))


# Panels ---------------------------------------------------------------------------

DAYS = pd.date_range("2024-01-01", periods=8)


def panel(**spans):
    parts = {name: pd.Series(0.0, DAYS[span]) for name, span in spans.items()}
    return pd.concat(parts).to_frame("sales")


def test_all_series_are_cut_at_the_same_times():
    table = panel(a=slice(0, 8), b=slice(2, 8), c=slice(0, 5), d=slice(7, 8))
    for i, (train, test) in enumerate(
        PanelTimeSeriesSplit(2, test_size=2).split(table)
    ):
        cut = DAYS[4 + 2 * i]
        times = table.index.get_level_values(1)
        assert train.tolist() == np.flatnonzero(times < cut).tolist()
        held_out = (times >= cut) & (times < cut + pd.Timedelta(days=2))
        held_out &= table.index.get_level_values(0) != "d"  # of which nothing is known
        assert test.tolist() == np.flatnonzero(held_out).tolist()


@pytest.mark.parametrize("gap", [0, 1])
def test_one_series_is_split_as_by_scikit_learn(gap):
    for X in (np.zeros((8, 1)), pd.Series(0.0, DAYS), pd.DataFrame({"a": range(8)})):
        ours = PanelTimeSeriesSplit(2, 2, gap).split(X)
        theirs = TimeSeriesSplit(2, test_size=2, gap=gap).split(X)
        for pair, expected in zip(ours, theirs, strict=True):
            for part, rows in zip(pair, expected, strict=True):
                np.testing.assert_array_equal(part, rows)


def test_a_gap_leaves_out_the_same_times_of_each():
    *_, (train, test) = PanelTimeSeriesSplit(2, 1, gap=2).split(
        panel(a=slice(0, 8), b=slice(1, 8))
    )
    assert train.tolist() == [0, 1, 2, 3, 4, 8, 9, 10, 11]
    assert test.tolist() == [7, 14]


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({"test_size": 0}, panel(a=slice(8)), "test_size must be an integer"),
        ({"gap": -1}, panel(a=slice(8)), "gap must be"),
        ({"test_size": 4}, panel(a=slice(8)), "X has 8 times, too few for n_splits=2"),
        ({}, panel(a=slice(8)).swaplevel().sort_index(), "last level"),
        ({"test_size": 2}, panel(a=slice(0, 4), b=slice(4, 8)), "No series has rows"),
        ({}, pd.Series(0.0, DAYS[::-1]), "must increase"),
    ],
)
def test_bad_panels_say_why(options, X, message):
    with pytest.raises(ValueError, match=message):
        list(PanelTimeSeriesSplit(2, **options).split(X))


def test_context_is_of_one_series():
    with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
        next(ContextTimeSeriesSplit(2).split(panel(a=slice(8), b=slice(8))))


def test_folds_in_the_order_of_time_need_rows_in_that_order():
    days = pd.date_range("2024", periods=9)
    newest_first = pd.DataFrame({"a": np.arange(9.0)}, days[::-1])
    with pytest.raises(ValueError, match="rows of X in the order of time"):
        next(ContextTimeSeriesSplit(2, context=2).split(newest_first))
    folds = ContextTimeSeriesSplit(2, context=2).split(newest_first.sort_index())
    assert len(list(folds)) == 2
