"""The template: precision, devices, what is published."""

import numpy as np
import pytest
import torch

from skseq import RNNClassifier, RNNRegressor, SequenceArray

rng = np.random.RandomState(0)
X = rng.randn(50, 5, 2)
Y = X.sum(axis=(1, 2))


@pytest.mark.parametrize(
    ("dtype", "n", "n_timesteps", "expected"),
    [
        ("f8", 32, 5, torch.float64),
        ("f8", 33, 5, torch.float32),  # more than a batch
        ("f8", 32, 400, torch.float32),  # float64 would be slow
        ("f4", 32, 5, torch.float32),
        ("i4", 32, 5, torch.float64),
    ],
)
def test_precision(dtype, n, n_timesteps, expected):
    x = rng.randn(n, n_timesteps, 1).astype(dtype)
    model = RNNRegressor(max_epochs=1).fit(x, np.arange(n))
    assert next(model.module_.parameters()).dtype == expected
    assert model.predict(x).dtype == np.float64


def test_what_a_fit_publishes():
    model = RNNRegressor(max_epochs=3, early_stopping=True).fit(X, Y)
    assert model.n_iter_ == len(model.loss_curve_) == len(model.validation_scores_) == 3
    assert [row["epoch"] for row in model.history_] == [1, 2, 3]
    assert [row["train_loss"] for row in model.history_] == model.loss_curve_
    assert [-row["valid_loss"] for row in model.history_] == model.validation_scores_
    assert all(row["dur"] > 0 for row in model.history_)
    assert model.module_ is model.net_.module_
    assert not model.module_.training


def test_the_module_is_an_ordinary_torch_module():
    model = RNNRegressor(normalize=None, max_epochs=1).fit(X.astype("f4"), Y)
    outputs = model.module_(torch.from_numpy(X.astype("f4"))).detach().numpy()[:, 0]
    np.testing.assert_allclose(outputs, model.predict(X.astype("f4")), rtol=1e-6)


def test_a_gpu_of_the_past_is_no_obstacle(monkeypatch):
    """A pickle of an estimator that asked for a GPU opens where there is none."""
    import pickle

    model = RNNRegressor(max_epochs=1, device="cpu").fit(X, Y).set_params(device="cuda")
    data = pickle.dumps(model)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    opened = pickle.loads(data)
    np.testing.assert_array_equal(opened.predict(X), model.predict(X))
    with pytest.raises(ValueError, match="torch sees no GPU"):
        opened.fit(X, Y)


def test_partial_fit_holds_nothing_out():
    model = RNNClassifier(early_stopping=True, random_state=0)
    other = RNNClassifier(random_state=0)
    labels = Y > 0
    one = model.partial_fit(X, labels).predict_proba(X)
    np.testing.assert_array_equal(one, other.partial_fit(X, labels).predict_proba(X))


def test_windows_are_learned_from_without_being_laid_out():
    table = rng.randn(300, 2)
    windows = SequenceArray(table, np.arange(293), np.full(293, 8))
    laid_out = np.asarray(windows)
    y = laid_out[:, -1].sum(axis=1)
    model = RNNRegressor(max_epochs=2, random_state=0)
    one = model.fit(windows, y).predict(windows)
    other = model.fit(laid_out, y).predict(laid_out)
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_before_fit_there_is_nothing():
    model = RNNClassifier()
    for name in ("classes_", "module_", "n_iter_", "loss_curve_"):
        assert not hasattr(model, name)
    with pytest.raises(Exception, match="not fitted yet"):
        model.predict(X)
