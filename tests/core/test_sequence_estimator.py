"""The template: precision, devices, what is published."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import RNNClassifier, RNNRegressor, RNNTagger, SequenceArray
from skseq.core import sequence_estimator, sequence_network

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
    model = RNNRegressor(normalize=None, max_epochs=1, random_state=0)
    model.fit(X.astype("f4"), Y)
    outputs = model.module_(torch.from_numpy(X.astype("f4"))).detach().numpy()[:, 0]
    np.testing.assert_allclose(outputs, model.predict(X.astype("f4")), rtol=1e-6)


def test_a_gpu_of_the_past_is_no_obstacle(monkeypatch):
    """A pickle of an estimator that asked for a GPU opens where there is none."""
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


def test_small_data_are_predicted_in_their_own_precision():
    """A network trained in float32, asked in float64, answers to the last digits."""
    x = rng.randn(100, 5, 2)
    model = RNNRegressor(max_epochs=1, random_state=0).fit(x, x.sum(axis=(1, 2)))
    together = model.predict(x)
    alone = np.concatenate([model.predict(x[i : i + 1]) for i in range(100)])
    np.testing.assert_allclose(alone, together, rtol=1e-12)
    np.testing.assert_allclose(model.predict(x.astype("f4")), together, rtol=1e-4)
    with torch.no_grad():  # a change of the weights is noticed
        model.module_.head.dense[-1].bias += 1
    shift = model.predict(x) - together
    np.testing.assert_allclose(shift, model._task.scaler.scale_[0], rtol=1e-6)


def test_a_change_of_the_modules_own_precision_is_noticed():
    x = rng.randn(100, 5, 2)
    model = RNNRegressor(max_epochs=1, random_state=0).fit(x, x.sum(axis=(1, 2)))
    expected = model.predict(x)
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        model.module_.to(dtype)
        for given in (x, x.astype("f4"), x):
            np.testing.assert_allclose(model.predict(given), expected, atol=0.1)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_threads_are_set_in_fit_and_predict(n_threads, monkeypatch):
    seen = []

    def noting(function):
        def wrapper(*args, **kwargs):
            seen.append(torch.get_num_threads())
            return function(*args, **kwargs)

        return wrapper

    for module, name in (
        (sequence_estimator, "train"),
        (sequence_network, "prediction_batches"),
    ):
        monkeypatch.setattr(module, name, noting(getattr(module, name)))
    RNNRegressor(n_threads=n_threads, max_epochs=1).fit(X, Y).predict(X)
    assert seen == [n_threads] * 2


@pytest.mark.parametrize("broken", [{"n_threads": "2"}, {"batch_size": None}])
def test_what_a_prediction_takes_from_parameters_is_checked_again(broken):
    model = RNNRegressor(max_epochs=1).fit(X, Y).set_params(**broken)
    (name,) = broken
    with pytest.raises(ValueError, match=f"'{name}' parameter of RNNRegressor must be"):
        model.predict(X)


def test_a_prediction_that_is_not_finite_is_an_error():
    model = RNNRegressor(max_epochs=1, random_state=0).fit(X, Y)
    model.module_.head.dense[-1].weight.data[:] = torch.inf
    with pytest.raises(ValueError, match=r"The prediction of X\[0\] is not finite"):
        model.predict(X)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("data", [X, [x[: 1 + i % 5] for i, x in enumerate(X)]])
def test_a_gpu_gives_the_same(data):
    options = {"random_state": 0, "max_epochs": 3}
    on_gpu = RNNRegressor(device="cuda", **options).fit(data, Y)
    on_cpu = RNNRegressor(device="cpu", **options).fit(data, Y)
    assert next(on_gpu.module_.parameters()).is_cuda
    np.testing.assert_allclose(on_gpu.predict(data), on_cpu.predict(data), rtol=1e-3)
    opened = pickle.loads(pickle.dumps(on_gpu))
    np.testing.assert_allclose(opened.predict(data), on_gpu.predict(data), rtol=1e-5)
    on_gpu.module_.cpu()
    np.testing.assert_allclose(opened.predict(data), on_gpu.predict(data), rtol=1e-5)


def test_before_fit_there_is_nothing():
    model = RNNClassifier()
    for name in ("classes_", "module_", "n_iter_", "loss_curve_"):
        assert not hasattr(model, name)
    with pytest.raises(Exception, match="not fitted yet"):
        model.predict(X)


@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor, RNNTagger])
def test_a_panel_that_lost_its_index_is_no_table(cls):
    """Each of its rows would be a sequence."""
    index = pd.MultiIndex.from_product([["a", "b"], range(4)])
    panel = pd.DataFrame({"u": np.arange(8.0), "v": 1.0}, index)
    y = pd.Series(np.arange(8) % 2, index)
    pipe = make_pipeline(StandardScaler(), cls(max_epochs=1))
    for targets in (y, y.groupby(level=0).first()):
        with pytest.raises(ValueError, match=r'set_output\(transform="pandas"\)'):
            pipe.fit(panel, targets)
    targets = y if cls is RNNTagger else y[:2].to_numpy()
    pipe.set_output(transform="pandas").fit(panel, targets).predict(panel)
    with pytest.raises(ValueError, match=r"give X.to_numpy\(\)"):
        pipe.set_output(transform="default").predict(panel)


def test_a_table_with_dates_may_lose_them():
    table = pd.DataFrame(rng.randn(8, 5), pd.date_range("2024", periods=8)[::-1])
    pipe = make_pipeline(StandardScaler(), RNNRegressor(max_epochs=1))
    assert pipe.fit(table, np.arange(8.0)).predict(table).shape == (8,)
