import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skseq.model_selection import ContextTimeSeriesSplit, context_scorer


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
