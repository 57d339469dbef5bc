"""Intervals of writers of numbers, from held-out errors."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skseq import Seq2SeqRegressor
from skseq.core.conformal import quantiles_of_errors
from skseq.persistence import load, save

QUICK = {"hidden_size": 4, "max_epochs": 2, "random_state": 0, "conformal": True}


def sample(n, seed):
    """Steps that say nothing of the targets, whose errors grow: 1, 2, 3."""
    rng = np.random.RandomState(seed)
    return rng.randn(n, 2, 1), np.arange(1, 4) * rng.randn(n, 3)


X, Y = sample(200, 0)


@pytest.fixture(scope="module")
def fitted():
    return Seq2SeqRegressor(**QUICK).fit(X, Y)


def test_so_many_later_values_lie_within_at_each_step(fitted):
    later, y = sample(2000, 1)
    for coverage in (0.5, 0.9):
        low, high = np.moveaxis(fitted.predict_interval(later, coverage), -1, 0)
        within = ((low <= y) & (y <= high)).mean(axis=0)
        np.testing.assert_allclose(within, coverage, atol=0.08)


def test_errors_are_those_of_folds(fitted, tmp_path):
    assert fitted._errors.shape == (200, 3, 1)
    point = fitted.predict(X[:5])
    found = fitted.predict_quantiles(X[:5], (0.05, 0.95))
    scores = quantiles_of_errors(fitted._errors, np.array([0.05, 0.95]))[:, 0]
    np.testing.assert_allclose(found, point[:, :, None] + scores, rtol=1e-6)
    few = fitted.predict_interval(X[:2], n_steps=np.array([1, 2]))
    assert [rows.shape for rows in few] == [(1, 2), (2, 2)]
    save(fitted, tmp_path / "model")
    for again in (load(tmp_path / "model"), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(
            again.predict_quantiles(X[:5], (0.05, 0.95)), found
        )


@pytest.mark.parametrize("loss", ["squared_error", "quantile", "poisson"])
def test_predictions_stay_as_they_are(loss):
    """Of sequences of other lengths, one of which is longer by a step."""
    rng = np.random.RandomState(2)
    y = [rng.poisson(2.0, (1 + i % 3 + (i == 8), 2)) for i in range(60)]
    model = Seq2SeqRegressor(**QUICK, loss=loss, early_stopping=True)
    for own in (model, clone(model).set_params(early_stopping=False)):
        own.fit(X[:60], y, sample_weight=np.arange(1, 61))
        plain = clone(own).set_params(conformal=False)
        plain.fit(X[:60], y, sample_weight=np.arange(1, 61))
        np.testing.assert_array_equal(own.predict(X), plain.predict(X))
        bounds = np.array(own.predict_quantiles(X[:9], (0.01, 0.3, 0.5, 0.99)))
        assert bounds.shape == (9, 4, 2, 4)
        assert (np.diff(bounds) >= 0).all()
        assert np.isfinite(bounds).all()
        if loss == "poisson":
            assert bounds.min() >= 0


def test_where_no_error_is_known(fitted):
    with pytest.raises(ValueError, match=r"quantiles of 4 steps, but .* 3, as the"):
        fitted.predict_interval(X, n_steps=4)
    assert fitted.predict(X[:1], n_steps=4).shape == (1, 4)
    with pytest.raises(ValueError, match=r"conformal=True .* n_samples=19 "):
        Seq2SeqRegressor(**QUICK).fit(X[:19], Y[:19])
    with pytest.raises(ValueError, match=r"conformal=True .* partial_fit"):
        Seq2SeqRegressor(**QUICK).partial_fit(X, Y)
    assert not hasattr(Seq2SeqRegressor(), "predict_interval")
    assert not hasattr(fitted, "predict_std")
