"""Intervals of regressors from held-out errors."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skseq import CNNLSTMRegressor, CNNRegressor, RNNRegressor
from skseq.persistence import load, save

REGRESSORS = (RNNRegressor, CNNRegressor, CNNLSTMRegressor)
QUICK = {"max_epochs": 2, "random_state": 0, "conformal": True}


def sample(n, seed):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, 6, 2)
    noise = np.exp(X[:, :, 1].mean(axis=1)) * rng.randn(n)
    return X, X[:, :, 0].sum(axis=1) + noise


X, Y = sample(400, 0)


@pytest.fixture(scope="module")
def fitted():
    return RNNRegressor(**QUICK, hidden_size=4).fit(X[:200], Y[:200])


def test_so_many_later_values_lie_within(fitted):
    later, y = sample(3000, 1)
    for coverage in (0.5, 0.8, 0.9):
        low, high = fitted.predict_interval(later, coverage).T
        within = ((low <= y) & (y <= high)).mean()
        assert abs(within - coverage) < 0.07  # 2 standard errors of 200 held out


def test_errors_are_those_of_folds_that_were_not_learned_from(fitted):
    """All samples are in a fold; with the squared error all units are 1."""
    assert fitted._errors.shape == (200, 1)
    errors = np.sort(fitted._errors[:, 0])
    point = fitted.predict(X[200:])
    low, high = fitted.predict_interval(X[200:], 0.9).T
    np.testing.assert_allclose(low - point, errors[9])  # 201 * .05 = 10.05
    np.testing.assert_allclose(high - point, errors[190])


@pytest.mark.parametrize("cls", REGRESSORS)
@pytest.mark.parametrize("loss", ["absolute_error", "quantile", "gaussian"])
def test_predictions_stay_as_they_are(cls, loss):
    model = cls(**QUICK, loss=loss).fit(X[:60], Y[:60])
    plain = cls(**{**QUICK, "conformal": False}, loss=loss).fit(X[:60], Y[:60])
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert hasattr(plain, "predict_interval") == (loss != "absolute_error")
    found = model.predict_quantiles(X, (0.02, 0.3, 0.5, 0.7, 0.98))
    assert (np.diff(found) >= 0).all()
    np.testing.assert_array_equal(model.predict_interval(X, 0.4), found[:, [1, 3]])


def test_with_epochs_that_are_learned_or_stopped(monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 20)
    settings = {**QUICK, "max_epochs": "auto"}
    auto = RNNRegressor(**settings, hidden_size=2).fit(X[:40], Y[:40])
    plain = clone(auto).set_params(conformal=False).fit(X[:40], Y[:40])
    np.testing.assert_array_equal(auto.predict(X), plain.predict(X))
    assert len(auto._errors) == auto.duration_["n_held_out"] == 40
    assert "said" not in auto.duration_
    stopped = RNNRegressor(**QUICK, early_stopping=True).fit(X[:100], Y[:100])
    assert len(stopped._errors) == 10
    given = RNNRegressor(**QUICK, early_stopping=True)
    given.fit(X[:100], Y[:100], X_val=X[100:160], y_val=Y[100:160])
    errors = Y[100:160] - given.predict(X[100:160])
    np.testing.assert_allclose(given._errors[:, 0], errors, rtol=1e-6)


def test_units_are_asymmetric_and_those_of_a_mean():
    y = np.random.RandomState(1).poisson(np.exp(2 * X[:, 0, 0]))
    model = RNNRegressor(**QUICK, loss="poisson", hidden_size=4).fit(X[:200], y[:200])
    low, high = model.predict_interval(X[200:], 0.95).T
    mean = model.predict(X[200:])
    assert (low >= 0).all()
    upper = (high - mean) / np.sqrt(mean)
    np.testing.assert_allclose(upper, upper[0])
    skewed = np.random.RandomState(1).standard_exponential(200)
    model = RNNRegressor(**QUICK, hidden_size=4).fit(X[:200], skewed)
    low, high = model.predict_interval(X[200:], 0.9).T
    point = model.predict(X[200:])
    assert (high - point > 1.5 * (point - low)).all()


def test_several_targets_of_a_panel_and_holes_among_them(tmp_path):
    index = pd.MultiIndex.from_product([range(60), range(6)])
    panel = pd.DataFrame(X[:60].reshape(360, 2), index)
    y = pd.DataFrame({"a": Y[:60], "b": 100 * Y[:60]})
    y.iloc[3, 0] = np.nan
    model = RNNRegressor(**QUICK, missing="mask", n_networks=2).fit(panel, y)
    bounds = model.predict_interval(panel, 0.8)
    assert bounds.columns.tolist() == [(c, q) for c in "ab" for q in (0.1, 0.9)]
    assert np.isnan(model._errors[:, 0]).sum() == 1
    width = (bounds.xs(0.9, axis=1, level=1) - bounds.xs(0.1, axis=1, level=1)).mean()
    assert 50 < width["b"] / width["a"] < 200
    save(model, tmp_path / "model.skseq")
    for again in (load(tmp_path / "model.skseq"), pickle.loads(pickle.dumps(model))):
        pd.testing.assert_frame_equal(again.predict_interval(panel, 0.8), bounds)


def test_where_nothing_is_held_out():
    with pytest.raises(ValueError, match=r"conformal=True .* n_samples=19 "):
        RNNRegressor(**QUICK).fit(X[:19], Y[:19])
    with pytest.raises(ValueError, match=r"conformal=True .* partial_fit"):
        RNNRegressor(**QUICK).partial_fit(X[:60], Y[:60])
    with pytest.raises(ValueError, match=r"conformal=True .* warm_start"):
        RNNRegressor(**QUICK, warm_start=True).fit(X[:60], Y[:60])
