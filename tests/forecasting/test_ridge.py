"""A ridge regression of the window has a share in what a network forecasts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import Ridge

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.forecasting._ridge import (
    RidgeShare,
    add_ridge,
    normal_equations,
)
from skseq.persistence import load, save
from skseq.preprocessing import make_windows

QUICK = {"window_length": 8, "hidden_size": 4, "max_epochs": 1, "random_state": 0}
WALK = np.random.RandomState(0).randn(300).cumsum()
WAVES = np.sin(np.arange(300) * 2 * np.pi / 5) + np.sin(np.arange(300) / 7)


def windows_of(forecaster, rows, weights=None):
    """Return the network of a fitted forecaster and all windows of some rows."""
    table = forecaster._scaler.transform(forecaster._context.with_series([rows]))
    windows = forecaster._to_windows(replace(table, weights=weights), "cpu")
    every = windows.within(np.array([0]), np.array([len(rows)]))
    return forecaster.module_, every


@pytest.mark.parametrize("penalty", [1e-3, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_scikit_learns_of_windows_less_their_last_value(penalty, weighted):
    """Windows of which a target is missing are left out."""
    forecaster = CNNLSTMForecaster(horizon=3, shrink_to_naive=False, **QUICK)
    forecaster.set_params(missing="mask").fit(WALK)
    X, y = make_windows((WALK - WALK.mean()) / WALK.std(), None, 8, 3)
    X = np.asarray(X)[..., 0]
    X, y = X - X[:, -1:], y - X[:, -1:]
    of_rows = 0.1 + np.arange(300) % 4 if weighted else np.ones(300)
    weights = np.mean([of_rows[8 + i : 298 + i] for i in range(3)], axis=0)
    n = len(X)
    mean_square = np.average(np.square(X), axis=0, weights=weights).mean()
    ridge = Ridge(penalty * mean_square * weights.sum(), fit_intercept=False)
    ridge.fit(X, y, weights)
    rows = np.append(WALK, [np.nan] * 5)[:, None]
    assert n == len(rows) - 8 - 3 + 1 - 5
    of_rows = np.append(of_rows, np.ones(5)) if weighted else None
    module, data = windows_of(forecaster, rows, of_rows)
    weight = normal_equations(module, data).weight(penalty)
    np.testing.assert_allclose(weight, ridge.coef_, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (RNNForecaster, {}),
        (CNNLSTMForecaster, {"decoder": "segments", "kernel_size": 2}),
        (CNNLSTMForecaster, {"normalize": "window", "cycle": 5}),
        (RNNForecaster, {"channels": "joint", "missing": "mask"}),
        (RNNForecaster, {"known_future": (1,)}),
    ],
)
def test_what_both_say_together_is_one_network(cls, options):
    rows = np.stack([WALK, WAVES], axis=1)
    forecaster = cls(
        horizon=4, shrink_to_naive=False, **{**QUICK, "lr": 0.1, **options}
    )
    y = WALK if "known_future" in options else None
    forecaster.fit(rows, y)
    if y is not None:
        rows = np.column_stack([WALK, rows])
    module, data = windows_of(forecaster, rows)
    batch = data.gather(torch.arange(0, len(data), 30))
    weight = normal_equations(module, data).weight(0.1)
    with torch.no_grad():
        alone = module(batch.x)[..., 0]
        ridge = module.along_lines(batch.x, weight[None])[0]
        assert (alone - ridge).abs().max() > 0.01
        add_ridge(module, data, RidgeShare(0.1, 0.3))
        both = module(batch.x)[..., 0]
    torch.testing.assert_close(
        both.double(), (0.7 * alone + 0.3 * ridge).double(), rtol=1e-4, atol=1e-5
    )


def test_held_out_origins_ask_for_it_where_it_is_ahead():
    """Two waves follow from eight rows by a line, which one epoch does not find."""
    forecaster = CNNLSTMForecaster(horizon=3, **QUICK).fit(WAVES)
    alone = CNNLSTMForecaster(horizon=3, shrink_to_naive=False, **QUICK).fit(WAVES)
    assert forecaster.ridge_share_ == 1.0
    assert alone.ridge_share_ == 0.0
    truth = np.sin(np.arange(300, 303) * 2 * np.pi / 5) + np.sin(
        np.arange(300, 303) / 7
    )
    np.testing.assert_allclose(forecaster.predict(), truth, atol=0.1)
    assert np.abs(alone.predict() - truth).max() > 0.3


def test_held_out_origins_of_a_walk_ask_for_none():
    walk = np.random.RandomState(1).randn(2000).cumsum()
    forecaster = RNNForecaster(horizon=2, **{**QUICK, "lr": 1e-9}).fit(walk)
    assert forecaster.ridge_share_ == 0.0
    np.testing.assert_allclose(forecaster.predict(), walk[-1], rtol=1e-5)


def test_one_block_of_origins_asks_for_none():
    """Of 27 rows, 9 are held out; of 6 at once there is one block, of 3 there are 3."""
    shares = []
    for horizon in (6, 3):
        forecaster = CNNLSTMForecaster(horizon=horizon, **QUICK).fit(WAVES[:27])
        shares.append(forecaster.ridge_share_)
    assert shares[0] == 0.0 < shares[1]


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (RNNForecaster, {"horizon": 1}),
        (RNNForecaster, {"linear_skip": False}),
        (RNNForecaster, {"loss": "quantile"}),
        (RNNForecaster, {"loss": "poisson"}),
        (Seq2SeqForecaster, {"linear_skip": True}),
    ],
)
def test_where_it_has_no_place(cls, options):
    forecaster = cls(**{**QUICK, "horizon": 3, **options}).fit(WAVES + 3)
    assert forecaster.ridge_share_ == 0.0


def test_panels_have_none():
    """Series of a large scale would decide for those of a small one."""
    panel = pd.concat({name: pd.Series(WAVES[:100]) for name in "ab"})
    assert CNNLSTMForecaster(horizon=3, **QUICK).fit(panel).ridge_share_ == 0.0
    panel = panel.loc[["a"]]
    assert CNNLSTMForecaster(horizon=3, **QUICK).fit(panel).ridge_share_ > 0.0


def test_the_unit_of_numbers_does_not_matter():
    forecaster = RNNForecaster(horizon=2, normalize=None, **{**QUICK, "lr": 1e-9})
    expected = forecaster.fit(WAVES).predict()
    assert forecaster.ridge_share_ == 1.0
    found = forecaster.fit(1e22 * WAVES)  # whose squares are no float32
    assert found.ridge_share_ == 1.0
    np.testing.assert_allclose(found.predict() / 1e22, expected, rtol=1e-5)


def test_it_is_told_in_files(tmp_path):
    forecaster = CNNLSTMForecaster(horizon=3, **QUICK).fit(WAVES)
    save(forecaster, tmp_path / "model.skseq")
    loaded = load(tmp_path / "model.skseq")
    assert loaded.ridge_share_ == forecaster.ridge_share_ == 1.0
    np.testing.assert_array_equal(loaded.predict(), forecaster.predict())
