"""A season learned by heart: where rows are in it, and what is made of that."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.data.times import steps_until
from skseq.forecasting._explaining import windows_rolled
from skseq.forecasting._season import season_of
from skseq.forecasting._table import Table
from skseq.networks import Cycle
from skseq.persistence import load, save

SEASON = np.random.RandomState(0).gamma(2.0, size=12)
WAVE = np.tile(SEASON, 30)
QUICK = {"window_length": 5, "horizon": 4, "cycle": 12, "hidden_size": 4}
QUICK |= {"max_epochs": 1, "random_state": 0, "shrink_to_naive": False}
DAYS = pd.date_range("2024-01-01", periods=len(WAVE), freq="D")
FORECASTERS = (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster)


@pytest.fixture(scope="module")
def model():
    return CNNLSTMForecaster(**QUICK).fit(pd.Series(WAVE[:200], DAYS[:200]))


# Where rows are in it ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "step", "n_steps"),
    [
        (7, 1, 7),
        (7, 2, 3),
        (-1, 2, -1),
        (0.3, 0.1, 3),
        (pd.Timedelta("90min"), pd.Timedelta("30min"), 3),
        (pd.Period("1970-03", "M"), pd.offsets.MonthEnd(), 2),
        (pd.Timestamp("1970-01-02 01:00"), pd.offsets.Hour(), 25),
        (pd.Timestamp("1969-12-31"), pd.offsets.Day(), -1),
        (pd.Timestamp("1970-03-01"), pd.offsets.MonthBegin(), 2),
        (pd.Timestamp("1970-01-08", tz="Asia/Tokyo"), pd.offsets.BusinessDay(), 5),
    ],
)
def test_entries_are_numbered_on_their_calendar(time, step, n_steps):
    assert steps_until(time, step) == n_steps
    if not isinstance(time, float):
        assert steps_until(time + step, step) == n_steps + 1


def test_parts_of_a_table_keep_the_numbers_of_their_rows():
    values = np.arange(9.0)[:, None]  # which are the numbers themselves, less 10
    edges, spans = np.array([0, 4, 9]), (None, None)
    table = Table(values, edges, ("a", "b"), spans, first=np.array([10, 14]))
    empty = np.array([0, 0])
    parts = [
        table.head([2, 3]),
        table.tail(3),
        table.beyond(np.array([1, 9])),
        table.select(("b",)),
        table.cut(2),
        table.head([2, 5]).extended(table.beyond(np.array([2, 5])).select(("a",))),
        table.head(empty).select(("b",)).extended(table),
    ]
    for part in parts:
        numbers = part.numbers_of(np.arange(len(part.values)))
        np.testing.assert_array_equal(numbers, part.values[:, 0] + 10)


@pytest.mark.parametrize("is_rate", [False, True])
def test_the_season_of_a_trend_and_a_cycle(is_rate):
    """Neither slopes, nor levels, nor holes are part of it; series start anywhere."""
    cycle = np.array([1.0, 4.0, 2.0])
    rows = np.arange(20)
    line = cycle[rows % 3] + 0.5 * rows, cycle[(rows + 1) % 3] + 7 - 0.5 * rows
    values = np.concatenate(line)[:, None]
    values = np.exp(values) - 0.1 if is_rate else values
    values[[5, 30]] = np.nan
    first = np.array([0, 1])
    table = Table(values, np.array([0, 20, 40]), ("a", "b"), (None, None), first=first)
    if is_rate:  # what is below zero is none
        table.values[20:] = np.nan
        values[4] = np.nan
    season = season_of(table.head([20, 19]), 1, 3, is_rate=is_rate)
    if is_rate:
        np.testing.assert_allclose(season[:, 0], cycle - cycle.mean(), atol=1e-12)
    else:
        assert season.mean() == pytest.approx(0)
        np.testing.assert_allclose(season[:, 0], cycle - cycle.mean(), atol=0.1)


def test_a_cycle_by_hand():
    cycle = Cycle(3, 1)
    cycle.values.data.copy_(torch.tensor([[1.0], [2.0], [3.0]]))
    found = cycle(torch.tensor([0, 4, -1]), 1, 4)[..., 0]
    assert found.tolist() == [[2, 3, 1, 2], [3, 1, 2, 3], [1, 2, 3, 1]]


# Forecasts --------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"normalize": "window"}, {"loss": "poisson"}])
@pytest.mark.parametrize("cls", FORECASTERS)
def test_a_pure_cycle_is_known_at_once_from_less_than_a_season(cls, options):
    model = cls(**QUICK, **options).fit(WAVE[:200])
    ahead = WAVE[200:230]
    forecast, most = model.predict(n_steps=30), 0.05 * np.ptp(SEASON)
    if "loss" in options:  # errors multiply as they are fed back
        forecast, ahead, most = forecast[:4], ahead[:4], 2 * most
    assert np.abs(forecast - ahead).max() < most
    season = model.module_.cycle.values.detach().numpy()[:, 0]
    known = np.log(SEASON) if "loss" in options else SEASON
    assert np.corrcoef(season, known)[0, 1] > 0.99
    if not options:
        alone = cls(**{**QUICK, "cycle": None}).fit(WAVE[:200])
        assert np.abs(alone.predict(n_steps=30) - ahead).max() > 0.3 * np.ptp(SEASON)


def test_a_shift_by_a_season_changes_nothing_and_one_by_a_row_does(model):
    for n, same in ((12, True), (-24, True), (1, False)):
        other = pd.Series(WAVE[:200], DAYS[:200] + pd.Timedelta(days=n))
        shifted = RNNForecaster(**QUICK).fit(other)
        expected = RNNForecaster(**QUICK).fit(pd.Series(WAVE[:200], DAYS[:200]))
        assert (shifted.predict().to_numpy() == expected.predict().to_numpy()).all()
        season, first = (
            m.module_.cycle.values.detach().numpy() for m in (shifted, expected)
        )
        assert np.array_equal(season, np.roll(first, n, axis=0))
        assert np.array_equal(season, first) == same


def test_every_way_to_a_forecast_is_at_the_same_place(model, tmp_path):
    later = pd.Series(WAVE[200:230], DAYS[200:230])
    rolled = model.rolling_forecast(later).to_numpy().reshape(-1, 4)
    truth = WAVE[200 + np.arange(27)[:, None] + np.arange(4)]
    assert np.abs(rolled - truth).max() < 0.05 * np.ptp(SEASON)
    other = pickle.loads(pickle.dumps(model))
    save(model, tmp_path / "model")
    for known in (other, load(tmp_path / "model")):
        known.update(later[:13])
        np.testing.assert_allclose(known.predict(), rolled[13], atol=1e-6)
    again = model.rolling_forecast(later, restart=True).to_numpy().reshape(-1, 4)
    np.testing.assert_allclose(again, rolled[5:], atol=1e-6)
    windows, _, _ = windows_rolled(model, later, None, False)
    paths = windows.paths(model)[:, :, 0]
    np.testing.assert_allclose(paths, rolled, atol=1e-6)
    chosen = [3, 8]
    held = windows.holding(windows.values[chosen], windows.before[chosen], chosen)
    np.testing.assert_allclose(held.paths(model)[:, :, 0], rolled[chosen], atol=1e-6)


def test_series_of_a_panel_share_it_by_their_dates():
    panel = {"a": (0, 200), "b": (5, 160), "c": (2, 190)}
    series = {n: pd.Series(WAVE[i:j], DAYS[i:j]) for n, (i, j) in panel.items()}
    model = CNNLSTMForecaster(**QUICK).fit(pd.concat(series).to_frame("y"))
    new = pd.concat({"d": pd.Series(WAVE[31:43], DAYS[31:43])}).to_frame("y")
    model.update(new)
    forecast = model.predict()["y"]
    for name, end in {"a": 200, "b": 160, "c": 190, "d": 43}.items():
        apart = np.abs(forecast[name].to_numpy() - WAVE[end : end + 4]).max()
        assert apart < 0.1 * np.ptp(SEASON), name


@pytest.mark.parametrize(
    "options",
    [
        {"channels": "joint"},
        {"loss": "quantile"},
        {"loss": "gaussian"},
        {"conformal": True},
        {"shrink_to_naive": True},
    ],
)
def test_holes_targets_and_losses(options):
    """Holes right before a forecast show the season, not the last value seen."""
    y = np.stack([WAVE, 100 * WAVE[::-1]], axis=1)
    y[::7, 0] = np.nan
    y[198:200, 1] = np.nan
    model = RNNForecaster(**{**QUICK, "missing": "mask", **options}).fit(y[:200])
    expected = np.stack([WAVE, 100 * WAVE[::-1]], axis=1)[200:204]
    apart = np.abs(model.predict() - expected) / (np.ptp(SEASON) * np.array([1, 100]))
    assert apart.max() < (0.6 if "shrink_to_naive" in options else 0.15)
    if "conformal" in options:
        paths = model.sample(n_steps=20, n_paths=3, random_state=0)
        assert np.isfinite(paths).all()


def test_a_cycle_that_no_series_goes_through_is_refused():
    with pytest.raises(ValueError, match=r"cycle=31 must be .* X has 30 rows"):
        RNNForecaster(**{**QUICK, "cycle": 31}).fit(WAVE[:30])


def test_it_stays_as_fit_had_it(model):
    other = pickle.loads(pickle.dumps(model)).set_params(cycle=None)
    np.testing.assert_array_equal(other.predict(), model.predict())


def test_rows_in_a_file_are_at_the_same_place(tmp_path):
    np.save(tmp_path / "wave.npy", WAVE[:200, None])
    stored = np.load(tmp_path / "wave.npy", mmap_mode="r")
    one, other = (CNNLSTMForecaster(**QUICK).fit(X) for X in (stored, np.array(stored)))
    np.testing.assert_allclose(one.predict(), other.predict(), atol=1e-6)
    season, known = (m.module_.cycle.values.detach().numpy() for m in (one, other))
    np.testing.assert_allclose(season, known, atol=1e-6)
