"""Forecasts are drawn towards the naive one as far as held-out origins ask for it."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.forecasting._naive import naive_lags
from skseq.forecasting._shrinking import (
    best_weights,
    block_edges,
    least,
    towards_mean,
)
from skseq.forecasting._table import Table
from skseq.networks import NaiveShrinkage
from skseq.persistence import load, save

FORECASTERS = (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster)
every_class = pytest.mark.parametrize("cls", FORECASTERS)
QUICK = {"window_length": 8, "hidden_size": 8, "max_epochs": 1, "random_state": 0}
WALK = np.random.RandomState(0).randn(400).cumsum()
WAVE = np.sin(np.arange(400) * 2 * np.pi / 5)


# What is naive ----------------------------------------------------------------------


def table_of(*series):
    lengths = [len(rows) for rows in series]
    values = np.concatenate(series).reshape(sum(lengths), -1)
    names = tuple(range(len(series)))
    return Table(values, np.cumsum([0, *lengths]), names, (None,) * len(series))


def test_the_season_is_found_or_given():
    wave = table_of(WAVE + 0.1 * WALK)
    assert naive_lags(wave, 1, 8, 7, None).ravel().tolist() == [5] * 5 + [10] * 2
    assert naive_lags(wave, 1, 8, 7, 5).ravel().tolist() == [5] * 5 + [10] * 2
    # one that is none, or longer than the window, leaves the last row known
    assert naive_lags(wave, 1, 8, 3, 3).ravel().tolist() == [1, 2, 3]
    assert naive_lags(wave, 1, 4, 3, 5).ravel().tolist() == [1, 2, 3]


def test_a_walk_has_no_season():
    walks = table_of(WALK[:200], WALK[200:])
    assert naive_lags(walks, 1, 8, 3, None).ravel().tolist() == [1, 2, 3]


def test_every_target_has_its_own_naive_forecast_and_holes_do_not_count():
    values = np.stack([WALK, 100 * WAVE], axis=1)
    values[::7] = np.nan
    lags = naive_lags(table_of(values), 2, 8, 2, None)
    assert lags.tolist() == [[1, 5], [2, 5]]


def test_series_of_a_panel_are_not_compared_with_each_other():
    """Of all rows in a line, those four apart would be equal."""
    ramp = np.arange(4.0)
    lags = naive_lags(table_of(*[ramp] * 20), 1, 4, 2, None)
    assert lags.ravel().tolist() == [1, 2]


# How far ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_origins", "horizon", "edges"),
    [
        ([0], 3, [0]),
        ([1], 3, [0, 1]),
        ([10], 3, [0, 2, 5, 8, 10]),  # 12 rows
        ([100], 1, list(range(0, 101, 10))),
        ([2, 0, 2], 2, [0, 2, 4]),
    ],
)
def test_blocks_of_origins_share_no_rows(n_origins, horizon, edges):
    assert block_edges(np.array(n_origins), horizon).tolist() == edges


def test_the_least_loss_at_some_standard_errors():
    """Blocks of -1, -1 and 0 have the mean -2/3 and the standard error 1/3."""

    def best(gain, n_errors):
        losses = np.reshape(gain, (2, 1, 1))
        edges = [np.array([0, 1, 2])]
        errors = np.full((1, 1), n_errors)
        choices = np.array([0.0, 0.5, 1.0])
        return least(lambda w: w * losses, choices, edges, 0.0, errors).item()

    assert [best([-1.0, -1.0], n) for n in (0.0, 1.9, 2.1)] == [1.0, 1.0, 0.0]
    # what is good for one block and bad for another is not chosen
    assert best([-1.0, 0.5], 2.0) == 0.0
    # nor is anything where nothing is known
    assert best([np.nan, np.nan], 2.0) == 0.0


def test_each_step_has_blocks_and_standard_errors_of_its_own():
    gain = np.array([[-1.0, -1.0], [-1.0, 0.9]])[:, :, None]  # 2 origins, 2 steps
    edges = [np.array([0, 1, 2]), np.array([0, 2])]
    choices = np.array([0.0, 1.0])
    for n_errors, chosen in ((0.0, [1.0, 1.0]), (1.1, [1.0, 0.0])):
        errors = np.full((2, 1), n_errors)
        best = least(lambda w: w * gain, choices, edges, 0.0, errors)
        assert best.ravel().tolist() == chosen


def test_weights_that_few_blocks_tell_are_moved_to_the_mean():
    """Of one block, all the way; of ten, not at all; each block counts alike."""
    weight = np.array([[1.0, 0.5], [0.0, 0.5], [0.25, 0.5]])
    n_blocks = np.array([[10], [1], [4]])
    mean = (10 * 1.0 + 1 * 0.0 + 4 * 0.25) / 15
    expected = [1.0, mean, 0.25 / 3 + 2 * mean / 3]
    moved = towards_mean(weight, n_blocks)
    np.testing.assert_allclose(moved[:, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(moved[:, 1], 0.5, rtol=1e-12)


def test_what_is_sure_of_all_steps_and_targets_need_not_be_of_each():
    """Of ten blocks with gains of 1, four times as noisy, one by itself is not sure."""
    noise = np.random.RandomState(0).randn(10, 1, 50)
    noise = 4 * (noise - noise.mean(axis=0)) / noise.std(axis=0)
    edges = [np.arange(11)]

    def chosen(gain):
        return best_weights(lambda w: w * (noise - gain), edges)[0]

    assert not best_weights(lambda w: w * (noise - 1.0)[:, :, :1], edges).any()
    assert (chosen(np.ones(50)) == 1).all()
    assert not chosen(-np.ones(50)).any()
    # what is surely worse than the naive forecast stays there, whatever others are
    mixed = np.where(np.arange(50) < 3, -8.0, 1.0)
    assert chosen(mixed).tolist() == [0.0] * 3 + [1.0] * 47
    # and what is surely better is kept where all together are not
    assert chosen(-mixed).tolist() == [1.0] * 3 + [0.0] * 47
    # a target that was never seen has the weight of all
    noise[:, :, 7] = np.nan
    assert chosen(np.ones(50))[7] == 1


def test_steps_near_by_count_for_a_step():
    losses = np.zeros((2, 16, 1))
    losses[:, 8] = -1.0
    edges, no_errors = [np.array([0, 1, 2])] * 16, np.zeros((16, 1))
    best = least(lambda w: w * losses, np.array([0.0, 1.0]), edges, 0.0, no_errors)
    assert best.ravel().nonzero()[0].tolist() == [6, 7, 8, 9, 10]


def test_shrinkage_by_hand():
    shrinkage = NaiveShrinkage([0.0, 1.0, 0.0], window_length=3, horizon=2, n_targets=1)
    shrinkage.row.copy_(torch.tensor([[2], [0]]))
    window = torch.tensor([[[1.0], [2.0], [3.0]]])
    naive = shrinkage.naive(window)
    assert naive.tolist() == [[[3.0], [1.0]]]
    outputs = torch.tensor([[[[4.0, 6.0, 5.0]], [[2.0, 3.0, 5.0]]]])
    assert shrinkage(outputs, naive).tolist() == [[[[4, 5, 6]], [[2, 3, 5]]]]
    shrinkage.weight.copy_(torch.tensor([[0.5], [0.0]]))
    shrinkage.spread.copy_(torch.tensor([[1.0], [2.0]]))
    assert shrinkage(outputs, naive).tolist() == [[[[3, 4, 5]], [[-1, 1, 5]]]]
    shrinkage = NaiveShrinkage([1.0], window_length=3, horizon=2, n_targets=1)
    shrinkage.spread.fill_(np.e)
    outputs = torch.tensor([[[[4.0, 0.5]], [[2.0, 1.0]]]])
    shrunk = shrinkage(outputs, naive)
    torch.testing.assert_close(shrunk, outputs + torch.tensor([0.0, 1.0]))


# Forecasters ------------------------------------------------------------------------


@every_class
def test_a_walk_is_forecast_hardly_worse_than_by_its_last_value(cls):
    options = {**QUICK, "max_epochs": 20, "lr": 0.02}
    walk = np.random.RandomState(3).randn(600).cumsum()
    model = cls(horizon=3, **options).fit(walk[:300])
    origins = np.arange(299, 597)[:, None]
    truth = walk[origins + np.arange(1, 4)]
    naive = np.abs(walk[origins] - truth).mean()
    assert model.naive_weight_.mean() > 0.5
    paths = model.rolling_forecast(walk[300:])
    assert np.abs(paths[:, :, 0] - truth).mean() < 1.02 * naive


@every_class
def test_with_no_weight_left_it_is_the_naive_forecast(cls):
    model = cls(horizon=3, **QUICK).fit(WALK[:300])
    model.module_.shrinkage.weight.zero_()
    assert model.naive_weight_.tolist() == [[1.0]] * 3
    np.testing.assert_array_equal(model.predict(), np.full(3, WALK[299]))
    paths = model.rolling_forecast(WALK[300:])
    expected = np.repeat(WALK[299:397, None], 3, axis=1)
    np.testing.assert_allclose(paths[:, :, 0], expected, rtol=1e-12)
    assert model.update(WALK[300:310]).predict()[2] == pytest.approx(WALK[309])


@every_class
def test_off_is_the_network_alone(cls):
    """Which is the same one, where the number of epochs is given."""
    model = cls(horizon=3, **QUICK).fit(WAVE[:300])
    alone = clone(model).set_params(shrink_to_naive=False).fit(WAVE[:300])
    assert not alone.naive_weight_.any()
    assert model.loss_curve_ == alone.loss_curve_
    weight = 1 - model.naive_weight_[:, 0]
    naive = WAVE[[295, 296, 297]]
    expected = weight * alone.predict() + (1 - weight) * naive
    np.testing.assert_allclose(model.predict(), expected, rtol=0, atol=1e-6)


def test_what_can_be_learned_is_not_shrunk_away():
    y = WAVE * np.sin(np.arange(400) / 30)
    options = {**QUICK, "max_epochs": 60, "lr": 0.02, "horizon": 3, "hidden_size": 16}
    model = RNNForecaster(**options).fit(y[:300])
    assert (model.naive_weight_ < 0.2).all()


def test_held_out_rows_of_early_stopping_are_used():
    options = {**QUICK, "max_epochs": 20, "early_stopping": True}
    model = RNNForecaster(horizon=3, **options).fit(WALK)
    assert model.naive_weight_.mean() > 0.5
    alone = clone(model).set_params(shrink_to_naive=False).fit(WALK)
    assert model.n_iter_ == alone.n_iter_


def test_the_number_of_epochs_is_where_the_held_out_loss_was_least():
    """Noise is best forecast by what is hardly trained."""
    noise = np.random.RandomState(0).randn(70)
    options = {**QUICK, "max_epochs": "auto", "normalize": "feature", "lr": 0.02}
    model = RNNForecaster(**options).fit(noise)
    assert model.n_iter_ < 100  # of 400


def test_later_rows_do_not_matter():
    """What is learned beside sees no row that fit does not see."""
    model = RNNForecaster(horizon=3, **QUICK).fit(WAVE[:300])
    again = RNNForecaster(horizon=3, **QUICK).fit(np.array(WAVE[:300]))
    np.testing.assert_array_equal(again.naive_weight_, model.naive_weight_)
    before = model.predict()
    model.rolling_forecast(WAVE[300:])
    np.testing.assert_array_equal(model.predict(), before)


@pytest.mark.parametrize("n_rows", [11, 13, 14, 20])
@pytest.mark.parametrize("options", [{}, {"loss": "gaussian"}, {"seasonality": 5}])
def test_few_rows_keep_half_of_the_naive_forecast_at_least(n_rows, options):
    model = RNNForecaster(horizon=3, **QUICK, **options).fit(WAVE[:n_rows])
    assert (model.naive_weight_ >= 0.5).all()
    assert np.isfinite(model.predict()).all()


def test_a_panel_has_one_weight_and_short_series_learn_whole():
    steps = [400, 300, 12]
    panel = pd.concat({n: pd.DataFrame({"y": WALK[:n]}) for n in steps})
    model = RNNForecaster(horizon=3, **QUICK).fit(panel)
    assert model.naive_weight_.shape == (3, 1)
    forecast = model.predict()
    assert len(forecast) == 9


def test_every_target_has_weights_of_its_own():
    y = np.stack([WALK, WAVE * np.sin(np.arange(400) / 30)], axis=1)
    options = {**QUICK, "max_epochs": 60, "lr": 0.02, "hidden_size": 16}
    model = RNNForecaster(**options).fit(y)
    walk, wave = model.naive_weight_[0]
    assert walk > 0.85
    assert wave < 0.3


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
@every_class
def test_intervals_lie_around_the_naive_forecast_and_are_as_wide_as_they_must(
    cls, loss
):
    """Eighty of a hundred steps of a walk are within 1.28 of it."""
    walk = np.random.RandomState(1).randn(2000).cumsum()
    options = {**QUICK, "max_epochs": 5, "window_length": 4, "lr": 0.02}
    model = cls(loss=loss, **options).fit(walk)
    low, middle, high = model.predict_quantiles(quantiles=(0.1, 0.5, 0.9))[0]
    assert middle == pytest.approx(model.predict()[0])
    if model.naive_weight_.item() == 1:
        assert middle == pytest.approx(walk[-1])
    assert high - low == pytest.approx(2.56, rel=0.2)


@every_class
def test_missing_values_and_covariates(cls):
    y = WALK.copy()
    y[::9] = np.nan
    X = pd.DataFrame({"y": y, "event": WAVE})
    options = {**QUICK, "missing": "mask", "known_future": ("event",)}
    model = cls(horizon=3, **options).fit(X[["event"]][:300], X["y"][:300])
    forecast = model.predict(X[["event"]][300:303])
    assert np.isfinite(forecast).all()


@every_class
def test_pickles_and_files_shrink_alike(cls, tmp_path):
    model = cls(horizon=3, loss="quantile", **QUICK).fit(WAVE[:50])
    save(model, tmp_path / "model")
    for other in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model")):
        np.testing.assert_array_equal(other.naive_weight_, model.naive_weight_)
        np.testing.assert_array_equal(
            other.predict_quantiles(), model.predict_quantiles()
        )
