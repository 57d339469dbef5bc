"""Series of a panel with fewer rows than a window."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.forecasting._reading import read_table
from skseq.persistence import load, save

DAYS = pd.date_range("2024-01-01", periods=60, freq="D", name="day")
WAVE = pd.Series(10 + np.sin(np.arange(60) * 2 * np.pi / 7), DAYS, name="sales")
OPTIONS = {
    "window_length": 14,
    "horizon": 7,
    "hidden_size": 4,
    "max_epochs": 2,
    "random_state": 0,
}
FEW = "Series 'b' has 10 rows, too few to learn from: window_length=14 and horizon=7 "


def panel_of(**series):
    return pd.concat(series, names=["shop"]).to_frame()


PANEL = panel_of(a=WAVE, b=WAVE[:10] * 3, c=WAVE[:20] * 9, d=WAVE[::-1].set_axis(DAYS))
LONG, SHORT = PANEL.loc[["a", "d"]], PANEL.loc[["b", "c"]]


@pytest.mark.parametrize("cls", [RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster])
def test_they_are_forecast_and_change_nothing(cls, tmp_path):
    model = cls(**OPTIONS)
    with pytest.warns(UserWarning, match=FEW + "need 21. So it is with 2 of 4") as said:
        model.fit(PANEL)
    assert len(said) == 1
    forecast = model.predict()
    alone = cls(**OPTIONS).fit(LONG)
    pd.testing.assert_frame_equal(forecast.loc[["a", "d"]], alone.predict())
    with pytest.warns(UserWarning, match="'b' has 10 rows, fewer than .* 1 of 2 new"):
        alone.update(SHORT)
    assert forecast.index.unique(0).tolist() == list("abcd")
    pd.testing.assert_frame_equal(forecast, alone.predict().loc[list("abcd")])
    assert forecast.loc["b"].index.equals(DAYS[10:17])
    assert forecast.loc["b", "sales"].between(20, 40).all()
    save(model, tmp_path / "model.skseq")
    restored = load(tmp_path / "model.skseq")
    pd.testing.assert_frame_equal(restored.predict(), forecast)


def test_rows_are_known_one_by_one_as_at_once():
    model = RNNForecaster(**OPTIONS).fit(LONG)
    later = panel_of(b=WAVE[:40] * 3)
    at_once = copy.deepcopy(model).update(later).predict().loc["b"]
    with pytest.warns(UserWarning, match="like its first one"):
        model.update(later[:1])
    for row in range(1, 40):  # where warnings are errors
        model.update(later[row : row + 1])
    pd.testing.assert_frame_equal(model.predict().loc["b"], at_once, rtol=1e-5)
    paths = model.rolling_forecast(panel_of(b=WAVE[40:] * 3))
    assert paths.index.unique("origin").equals(DAYS[39:53])


@pytest.mark.parametrize("missing", ["error", "mask"])
def test_what_stands_before_them(missing):
    """As if rows had been added by hand: of NaN, or those of the first one."""
    options = {**OPTIONS, "missing": missing, "normalize": None}
    kinds = np.where(np.arange(60) % 3, "x", "y")
    rows = pd.DataFrame({"kind": kinds, "ahead": kinds == "x"}, DAYS)
    y = WAVE.where(np.arange(60) % 11 > 0) if missing == "mask" else WAVE
    X, y = pd.concat({"a": rows, "d": rows}), pd.concat({"a": y, "d": WAVE * 2})
    model = RNNForecaster(known_future=("ahead",), **options).fit(X, y)
    by_hand = copy.deepcopy(model)
    x, few = rows[20:30].copy(), WAVE[20:30] * 3
    with pytest.warns(UserWarning, match="Series 'b' has 10 rows, fewer than"):
        model.update(pd.concat({"b": x}), pd.concat({"b": few}))
    x, few = (part.reindex(DAYS[10:30]) for part in (x, few))
    x[["ahead"]] = x[["ahead"]].bfill()
    if missing == "error":
        x, few = x.bfill(), few.bfill()
    by_hand.update(pd.concat({"b": x}), pd.concat({"b": few}))
    ahead = pd.concat({"b": rows[30:37]})
    expected = by_hand.predict(ahead)
    pd.testing.assert_series_equal(model.predict(ahead), expected)


def test_a_season_asks_for_more_rows():
    model = RNNForecaster(seasonality=30, **OPTIONS)
    few = "Series 'b' has 10 rows, .*: seasonality=30, window_length=14 .* need 31.* 2 "
    with pytest.warns(UserWarning, match=few):
        model.fit(PANEL)
    assert np.isfinite(model.predict()).all(axis=None)


def test_what_is_too_short_to_be_held_out_is_for_training():
    panel = panel_of(a=WAVE, b=WAVE[:24])
    model = RNNForecaster(early_stopping=True, **OPTIONS).fit(panel)
    table = read_table(model, panel, None, follows=False)[0]
    assert model._n_training_rows(table).tolist() == [53, 24]
    assert np.isfinite(model.predict()).all(axis=None)


def test_something_has_to_be_long_enough():
    model = RNNForecaster(**OPTIONS).fit(LONG)
    expected = model.predict()
    with pytest.raises(
        ValueError, match=r"20 rows of series 'c'.* Each of 2 series is too short"
    ):
        model.fit(SHORT)
    pd.testing.assert_frame_equal(model.predict(), expected)
    with pytest.raises(ValueError, match=r"20 rows \(n_samples = 20\).* 21 at least"):
        model.fit(WAVE[:20])


def test_a_picture_shows_rows_that_there_are():
    from skseq.forecasting._known import known_targets

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RNNForecaster(**OPTIONS).fit(PANEL)
    known = known_targets(model, "b")
    assert known.index.equals(DAYS[:10])
    np.testing.assert_array_equal(known[0], WAVE[:10] * 3)
