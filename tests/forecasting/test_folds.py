import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)

from skseq import RNNForecaster
from skseq.model_selection import PanelTimeSeriesSplit

DAYS = pd.date_range("2024-01-01", periods=40, freq="D", name="day")
rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(40, 2)), DAYS, ["known", "past"])
y = pd.Series(rng.normal(size=40), DAYS, name="y")
PANEL = pd.concat({name: y * i for i, name in enumerate("abc", 1)}, names=["shop"])
MODEL = RNNForecaster(
    window_length=4, horizon=3, max_epochs=1, hidden_size=2, random_state=0
)
BY_TIME = PanelTimeSeriesSplit(2, test_size=3)
SCORERS = [None, "neg_mean_absolute_error"]


@pytest.mark.parametrize("scoring", SCORERS)
def test_a_panel_is_tested_by_time(scoring):
    frame = PANEL.to_frame()
    options = {"cv": BY_TIME, "scoring": scoring, "error_score": "raise"}
    scores = cross_val_score(MODEL, frame, PANEL, **options)
    assert np.isfinite(scores).all()
    search = GridSearchCV(MODEL, {"window_length": [3, 4]}, **options)
    assert np.isfinite(search.fit(frame, PANEL).best_score_)


@pytest.mark.parametrize("scoring", SCORERS)
@pytest.mark.parametrize(
    "cv", [TimeSeriesSplit(3, test_size=8), TimeSeriesSplit(2), KFold(3), KFold(4)]
)
def test_folds_of_rows_are_refused(cv, scoring):
    for train, test in cv.split(PANEL):
        if isinstance(cv, KFold) and 0 < test[0] % 40 < 40 - len(test):
            continue  # a hole in the training rows of one series, which fit refuses
        model = MODEL.fit(PANEL.to_frame().iloc[train], PANEL.iloc[train])
        with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
            model.predict(PANEL.to_frame().iloc[test])
        with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
            model.score(PANEL.to_frame().iloc[test], PANEL.iloc[test])


def test_what_goes_wrong_is_told_by_cross_validation():
    with pytest.warns(UserWarning, match="PanelTimeSeriesSplit"):
        cross_validate(
            MODEL, PANEL.to_frame(), PANEL, cv=TimeSeriesSplit(3, test_size=8)
        )


def test_series_that_end_at_different_times_are_forecast():
    uneven = pd.concat({"a": y[:40], "b": y[:30], "c": y[10:35]}, names=["shop"])
    model = MODEL.fit(uneven.to_frame())
    ahead = model.predict()["y"]
    assert ahead.index.get_level_values(1)[[0, 3, 6]].tolist() == [
        DAYS[39] + pd.Timedelta(days=1),
        DAYS[30],
        DAYS[35],
    ]
    rows = pd.DataFrame(np.nan, ahead.index, ["y"])
    np.testing.assert_array_equal(model.predict(rows).iloc[:, 0], ahead)
    assert len(model.predict(rows.loc[["a"]])) == 3
    with pytest.raises(ValueError, match=r"rows of series 'a' up to 2024-02-09.*Panel"):
        model.predict(rows.loc[["b"]])
    with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
        model.rolling_forecast(pd.concat({"b": y[30:36].to_frame()}))
    later = y[:3].set_axis(DAYS[37:] + pd.Timedelta(days=3))
    model.update(pd.concat({"a": later.to_frame()}))  # learned nothing from them
    rest = rows.loc[["c"]].set_axis(pd.MultiIndex.from_product([["c"], DAYS[35:38]]))
    with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
        model.predict(rest)


# Without an index ----------------------------------------------------------------


@pytest.mark.parametrize("scoring", SCORERS)
@pytest.mark.parametrize("cv", [KFold(3), TimeSeriesSplit(2, test_size=5, gap=3)])
def test_folds_elsewhere_are_refused_by_an_index_and_doubted_without(cv, scoring):
    options = {"cv": cv, "scoring": scoring}
    with pytest.warns(UserWarning, match="X has no index"):
        cross_val_score(MODEL, X.to_numpy(), y.to_numpy(), **options)
    for table in (X, X.reset_index(drop=True)):
        with pytest.raises(ValueError, match=r"not regular|is expected"):
            cross_val_score(
                MODEL, table, y.set_axis(table.index), error_score="raise", **options
            )


def test_y_tells_which_rows_x_are():
    model = MODEL.fit(X[:30].to_numpy(), y[:30])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score = model.score(X[30:35].to_numpy(), y[30:35])
        assert score == model.score(X[30:35].set_axis([0, 1], axis=1), y[30:35])
        with pytest.raises(ValueError, match="is expected"):
            model.score(X[31:36].to_numpy(), y[31:36])
        with pytest.raises(ValueError, match="different indices"):
            model.score(X[30:35].set_axis([0, 1], axis=1), y[30:35][::-1])


def test_forecasts_of_arrays_do_not_warn():
    model = clone(MODEL).set_params(known_future=(0,)).fit(X.to_numpy(), y.to_numpy())
    ahead = X.to_numpy()[:3].copy()
    ahead[:, 1] = np.nan
    assert model.predict(ahead).shape == (3,)
    with pytest.warns(UserWarning, match="no index"):
        model.score(ahead, y.to_numpy()[:3])


# Dates among the columns ----------------------------------------------------------


@pytest.mark.parametrize(
    "dates", [DAYS, DAYS.to_period(), DAYS.astype(object), DAYS.astype(str), DAYS.date]
)
def test_dates_in_a_column_belong_into_the_index(dates):
    table = X.reset_index(drop=True).assign(when=dates)
    for given in (table, table.astype(object).to_numpy()):
        with pytest.raises(ValueError, match="holds time stamps"):
            MODEL.fit(given, y.to_numpy())


def test_names_in_a_column_belong_into_the_index():
    shops = pd.concat([X.assign(shop="a"), X.assign(shop="b")])
    sales = pd.concat([y, y])
    with pytest.raises(ValueError, match=r"must increase, .* two levels, \(series"):
        MODEL.fit(shops, sales)
    counted = (part.reset_index(drop=True) for part in (shops, sales))
    with pytest.warns(UserWarning, match=r"Column 'shop' of X holds 2 .*set_index"):
        MODEL.fit(*counted)
    with pytest.raises(ValueError, match=r"Column 'shop' of X holds cat.*set_index"):
        RNNForecaster(window_length=2).fit(shops)
