"""Rows that count more than others."""

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn.metrics import r2_score
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.core.losses import LOSSES, ForecastCriterion
from skseq.forecasting._indicators import Indicators
from skseq.forecasting._shrinking import least
from skseq.forecasting._table import Columns, Table
from skseq.forecasting._windows import WindowDataset

every_class = pytest.mark.parametrize(
    "cls", [RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster]
)
QUICK = {
    "window_length": 5,
    "horizon": 3,
    "hidden_size": 4,
    "max_epochs": 3,
    "random_state": 0,
}
rng = np.random.RandomState(0)
DAYS = pd.date_range("2024-01-01", periods=60, freq="D")
SERIES = pd.Series(rng.randn(60).cumsum(), DAYS, name="y")
OTHER = pd.Series(rng.randn(60), DAYS, name="y")


def panel_of(**series):
    return pd.concat(series, names=["series"])


def weights_of(panel, **weights):
    names = panel.index.get_level_values(0)
    return pd.Series(names.map(weights).astype(float), panel.index)


# What a row counts -------------------------------------------------------------------


@pytest.mark.parametrize("has_holes", [False, True])
def test_the_loss_is_the_weighted_mean_of_what_is_forecast(has_holes):
    values, weights = rng.randn(20, 2), rng.rand(20)
    weights[[0, 1, 9]] = 0
    if has_holes:
        values[[6, 15], [0, 1]] = np.nan
    edges = np.array([0, 12, 20])
    table = Table(values, edges, ("a", "b"), (None, None), weights=weights)
    nothing = np.full(2, np.nan)
    shown = Indicators(Columns(2, 0, 0, 0), np.arange(2), nothing, 0 * nothing, nothing)
    data = WindowDataset(
        table, shown, window_length=3, horizon=2, device=torch.device("cpu")
    ).within(np.zeros(2, int), np.array([12, 8]))
    batch = data.gather(torch.arange(len(data)))
    criterion = ForecastCriterion(LOSSES["absolute_error"](), reduction="none")
    outputs = rng.randn(len(data), 2, 2, 1)
    losses = criterion(torch.tensor(outputs), batch.y).mean(dim=2) * batch.weights
    starts = [*range(8), *range(12, 16)]
    errors = np.stack(
        [outputs[i, :, :, 0] - values[s + 3 : s + 5] for i, s in enumerate(starts)]
    )
    counts = np.stack([weights[s + 3 : s + 5] for s in starts])[:, :, None]
    counts = counts * ~np.isnan(errors)
    expected = np.nansum(np.abs(errors) * counts) / counts.sum()
    assert losses.mean().item() == pytest.approx(expected)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_rows_of_three_times_the_weight_draw_the_mean_towards_them(loss):
    """Of as many ones as zeros: three quarters."""
    y = np.random.RandomState(0).permutation(np.arange(300) % 2).astype(float)
    options = {**QUICK, "max_epochs": 15, "lr": 0.01, "linear_skip": False}
    model = RNNForecaster(loss=loss, normalize=None, shrink_to_naive=False, **options)
    paths = model.fit(y, sample_weight=1 + 2 * y).rolling_forecast(y, restart=True)
    assert paths.mean() == pytest.approx(0.75, abs=0.04)


@every_class
def test_weights_are_copies(cls):
    """Weight 3 of one series is the series three times, all of them in one batch.

    Gradients of absolute errors may cancel out, and Adam makes a step of what rounding
    leaves; plain descent does not.
    """
    options = {**QUICK, "batch_size": 1000, "shrink_to_naive": False}
    options |= {"optimizer": "sgd", "lr": 0.05}
    rows = panel_of(a=SERIES, b=OTHER)
    weighted = cls(**options).fit(rows, sample_weight=weights_of(rows, a=1.5, b=0.5))
    copied = cls(**options).fit(panel_of(a=SERIES, a2=SERIES, a3=SERIES, b=OTHER))
    expected = copied.predict().loc[["a", "b"]]
    pd.testing.assert_series_equal(weighted.predict(), expected, rtol=1e-4)


@every_class
def test_what_weighs_nothing_is_not_learned(cls):
    rows = panel_of(a=SERIES, b=OTHER, c=SERIES[::-1].set_axis(DAYS))
    options = {**QUICK, "shrink_to_naive": False, "batch_size": 16}
    model = cls(**options).fit(rows, sample_weight=weights_of(rows, a=2, b=0, c=2))
    expected = cls(**options).fit(rows.drop("b", level=0)).predict()
    forecast = model.predict()
    pd.testing.assert_series_equal(forecast.drop("b", level=0), expected, rtol=1e-4)
    assert np.isfinite(forecast["b"]).all()


def test_equal_weights_are_none():
    expected = RNNForecaster(**QUICK).fit(SERIES).predict()
    for weights in (np.full(60, 7.0), 3, pd.Series(0.1, DAYS)):
        model = RNNForecaster(**QUICK).fit(SERIES, sample_weight=weights)
        np.testing.assert_array_equal(model.predict(), expected)


# What is held out --------------------------------------------------------------------


def test_rows_held_out_count_as_much():
    """One of them is beyond all measure."""
    wild, weights = SERIES.copy(), pd.Series(1.0, DAYS)
    wild.iloc[57] = 1e4
    weights.iloc[57] = 0
    options = {**QUICK, "early_stopping": True}
    plain, weighted = (
        RNNForecaster(**options).fit(wild, sample_weight=given).validation_scores_
        for given in (None, weights)
    )
    assert max(plain) < -100
    assert min(weighted) > -10


def test_held_out_errors_of_no_weight_are_as_if_they_were_missing():
    losses = np.random.RandomState(0).randn(40, 3, 2) + 0.2
    weights = np.ones((40, 3, 1))
    weights[10:25, 1:] = 0
    edges = 3 * [np.linspace(0, 40, 11).astype(int)]
    choices, errors = np.linspace(-1, 1, 21), np.full((3, 1), 0.5)

    def chosen(losses, weights):
        def loss(choice):
            return (choice - losses) ** 2

        return least(loss, choices, edges, 0.0, errors, weights)

    holes = np.where(weights > 0, losses, np.nan)
    found = chosen(losses, weights)
    np.testing.assert_array_equal(found, chosen(holes, 1.0))
    np.testing.assert_array_equal(found, chosen(losses, 5 * weights))
    assert (found != chosen(losses, 1.0)).any()


def test_how_far_to_shrink_is_told_by_what_counts():
    """A walk that stands still in the last rows, which alone count: as it is now."""
    walk = np.concatenate([5 * rng.randn(80), np.zeros(20)])
    weights = np.where(np.arange(100) < 5, 1.0, np.where(np.arange(100) < 85, 0.01, 1))
    options = {**QUICK, "horizon": 1}
    plain = RNNForecaster(**options).fit(walk).naive_weight_.item()
    model = RNNForecaster(**options).fit(walk, sample_weight=weights)
    assert model.naive_weight_.item() >= plain
    last = np.arange(100) < 80  # nothing that is held out counts
    model.fit(walk, sample_weight=last.astype(float))
    assert model.naive_weight_.item() == 0.5


def test_rows_that_do_not_count_make_no_error():
    """Of the last 12 rows, held out from the training beside."""
    weights = pd.Series(np.where(np.arange(60) % 7, 1.0, 3.0), DAYS)
    weights.iloc[50:53] = 0
    options = {**QUICK, "conformal": True}
    scores = RNNForecaster(**options).fit(SERIES, sample_weight=weights)._errors.scores
    rows = 48 + np.arange(10)[:, None] + np.arange(3)
    np.testing.assert_array_equal(np.isnan(scores[:, :, 0]), (rows >= 50) & (rows < 53))
    with pytest.raises(ValueError, match=r"conformal=True learns .* target 0"):
        RNNForecaster(**options).fit(SERIES, sample_weight=np.arange(60) < 40)


# As scikit-learn has it --------------------------------------------------------------


def test_folds_get_their_weights():
    X, weights = SERIES.to_frame(), pd.Series(rng.rand(60), DAYS)
    cv, expected = TimeSeriesSplit(2, test_size=6), []
    for train, test in cv.split(X):
        model = RNNForecaster(**QUICK).fit(
            X.iloc[train], SERIES.iloc[train], weights.iloc[train]
        )
        forecast = model.predict(X.iloc[test])
        own = {"sample_weight": weights.iloc[test]}
        expected.append(r2_score(SERIES.iloc[test], forecast, **own))
        assert model.score(X.iloc[test], SERIES.iloc[test], **own) == expected[-1]
    model = RNNForecaster(**QUICK)
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        given = {"params": {"sample_weight": weights}, "cv": cv}
        scores = cross_val_score(model, X, SERIES, **given)
    np.testing.assert_allclose(scores, expected)


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (np.ones(59), r"sample_weight.*\(59,\)"),
        (np.ones((60, 2)), "must be 1D"),
        (np.full(60, -1.0), "Negative values in .*sample_weight"),
        (np.full(60, np.nan), "sample_weight contains NaN"),
        (np.where(np.arange(60) == 7, np.inf, 1), "sample_weight contains infinity"),
        (np.zeros(60), "sample_weight.*zero"),
        (pd.Series(1.0, DAYS[::-1]), "sample_weight has another index than the rows"),
        (pd.Series(1.0, range(60)), "sample_weight has another index than the rows"),
        (np.arange(60) < 5, "zero for every row that has a whole window before it"),
    ],
)
@pytest.mark.parametrize("has_y", [False, True])
def test_weights_that_are_none(weights, match, has_y):
    model = RNNForecaster(**QUICK).fit(SERIES)
    expected = model.predict()
    given = (SERIES.to_frame("x"), SERIES) if has_y else (SERIES, None)
    with pytest.raises(ValueError, match=match):
        model.fit(*given, sample_weight=weights)
    pd.testing.assert_series_equal(model.predict(), expected)


def test_something_held_out_has_to_count():
    model = RNNForecaster(early_stopping=True, **QUICK)
    with pytest.raises(
        ValueError, match=r"0 has no value of a weight above zero .* out"
    ):
        model.fit(SERIES, sample_weight=np.arange(60) < 50)
