import pickle
import re

import joblib
import numpy as np
import pandas as pd
import pytest
import torch

from skseq import (
    CNNLSTMForecaster,
    RNNForecaster,
    Seq2SeqForecaster,
    SequenceAnomalyDetector,
)
from skseq.forecasting._categories import UNKNOWN, learn_categories
from skseq.forecasting._indicators import Indicators, make_indicators
from skseq.forecasting._roles import Roles
from skseq.forecasting._table import Columns, Table
from skseq.persistence import load, save

nan = np.nan
FORECASTERS = (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster)
every_class = pytest.mark.parametrize("cls", FORECASTERS)
SMALL = {
    "window_length": 7,
    "horizon": 3,
    "hidden_size": 4,
    "random_state": 0,
    "shrink_to_naive": False,
}
QUICK = {**SMALL, "max_epochs": 2}
LEARNS = {**SMALL, "hidden_size": 16, "lr": 0.02, "max_epochs": 30}
DAYS = pd.date_range("2024-01-01", periods=120, freq="D")
rng = np.random.default_rng(0)
N = len(DAYS)
X = pd.DataFrame(
    {
        "promo": rng.random(N) < 0.4,  # known ahead
        "weather": rng.choice(["dry", "rain", "snow"], N),  # past
        "holiday": rng.choice(["none", "easter", "fair"], N, p=[0.8, 0.1, 0.1]),
        "kind": "kiosk",  # static
        "price": rng.normal(size=N),  # numbers
    },
    DAYS,
)
Y = pd.DataFrame({"a": rng.normal(size=N), "b": rng.normal(size=N)}, DAYS)
ROLES = {"known_future": ["holiday", "promo"], "static": ["kind"]}


def panel(X, Y, names=("n", "s"), kinds=("kiosk", "mall")):
    X = pd.concat({n: X.assign(kind=k) for n, k in zip(names, kinds, strict=True)})
    return X, pd.concat({n: Y + i for i, n in enumerate(names)})


PANEL = panel(X[:100], Y[:100])
LATER = panel(X[100:], Y[100:])


def answers(model, X, y):
    """Return all that a fitted forecaster says of rows that follow."""
    model = pickle.loads(pickle.dumps(model))
    return [
        np.asarray(model.predict(X)),
        np.asarray(model.rolling_forecast(X, y)),
        np.asarray(model.update(X[:-3], y[:-3]).predict(X[-3:])),
    ]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


# Codes and indicators ----------------------------------------------------------

TABLE = pd.DataFrame({"x": [1.5, 2.0, 3.0, 0.0], "c": ["b", "a", None, "b"]})


def test_codes_of_categories_are_their_positions_among_those_known():
    learned = learn_categories("from_dtype", TABLE, np.array([0]))
    assert learned.known[0] is None
    assert learned.known[1].tolist() == ["a", "b"]
    assert learned.may_miss == (False, True)
    before = TABLE.copy()
    assert learned.coded(TABLE)["c"].tolist() == [1, 0, 2, 1]
    pd.testing.assert_frame_equal(TABLE, before)
    later = pd.DataFrame({"x": [0.0] * 3, "c": ["zoo", None, "a"]})
    assert learned.coded(later)["c"].tolist() == [UNKNOWN, 2, 0]


def test_a_missing_category_is_nan_if_fit_met_none():
    learned = learn_categories("from_dtype", TABLE[:2], np.array([0]))
    coded = learned.coded(TABLE)["c"]
    np.testing.assert_array_equal(coded, [1, 0, nan, 1])
    assert [learned.n_codes(i) for i in (0, 1)] == [0, 2]


def test_what_indicators_show():
    learned = learn_categories("from_dtype", TABLE, np.array([0]))
    none = np.array([], dtype=int)
    roles = Roles(np.array([0]), none, np.array([1]), none)
    plain = make_indicators(learned, roles, Columns(1, 0, 1, 0))
    assert plain.seen == (1, 0, 3, 0)
    rows = torch.tensor([[1.5, 1.0], [2.0, 0.0], [3.0, 2.0], [4.0, UNKNOWN]])
    expected = [[1.5, 0, 1, 0], [2, 1, 0, 0], [3, 0, 0, 1], [4, 0, 0, 0]]
    assert plain.show(rows.double()).tolist() == expected
    # Of these four rows: a 1/4, b 1/2, missing none, which is not shown.
    values = np.array([[1.0, 1.0], [2.0, 1.0], [0.0, 0.0], [0.0, UNKNOWN]])
    table = Table(values, np.array([0, 4]), (None,), (None,))
    scaled = plain.learned(table, True).show(torch.tensor([[7.0, 1.0], [7.0, 2.0]]))
    low = -0.25 / np.sqrt(3 / 16)
    np.testing.assert_allclose(scaled, [[7, low, 1, 0], [7, low, -1, 0]])
    kept = plain.learned(table, False).show(torch.tensor([[7.0, 1.0], [7.0, 2.0]]))
    assert kept.tolist() == [[7, 0, 1, 0], [7, 0, 0, 0]]


def test_numbers_alone_are_shown_as_they_are():
    none = np.array([], dtype=int)
    learned = learn_categories("from_dtype", TABLE[["x"]], np.array([0]))
    roles = Roles(np.array([0]), none, none, none)
    shown = make_indicators(learned, roles, Columns(1, 0, 0, 0))
    assert isinstance(shown, Indicators)
    assert not shown.are_any
    rows = torch.ones(2, 1)
    assert shown.show(rows) is rows


# The same as zeros and ones by hand ------------------------------------------------


def by_hand(X, like=None):
    """Return zeros and ones for each category, in the order of columns."""
    parts = [
        X[[name]] if name == "price" else pd.get_dummies(X[[name]], columns=[name])
        for name in X
    ]
    dummies = pd.concat(parts, axis=1).astype(float)
    return dummies if like is None else dummies.reindex(columns=like, fill_value=0.0)


def roles_by_hand(dummies):
    return {
        role: [c for name in names for c in dummies if c.startswith(name)]
        for role, names in ROLES.items()
    }


@every_class
@pytest.mark.parametrize("channels", ["shared", "joint"])
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_categories_are_zeros_and_ones(cls, channels, missing):
    options = {**QUICK, "channels": channels, "missing": missing, "normalize": None}
    (X, y), (later, y_later) = PANEL, LATER
    if missing == "mask":
        y = y.copy()
        y.iloc[[3, 30, 55, 120]] = nan
    model = cls(**options, **ROLES).fit(X, y)
    dummies = by_hand(X)
    expected = cls(**options, **roles_by_hand(dummies)).fit(dummies, y)
    rows = by_hand(later, dummies.columns)
    assert_same(answers(model, later, y_later), answers(expected, rows, y_later))


@every_class
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_scales_are_those_of_numbers_known_ahead(cls, missing):
    X, y = PANEL[0].drop(columns="weather"), PANEL[1]
    later, y_later = LATER[0].drop(columns="weather"), LATER[1]
    model = cls(**QUICK, **ROLES, missing=missing).fit(X, y)
    dummies = by_hand(X)
    expected = cls(**QUICK, **roles_by_hand(dummies), missing=missing).fit(dummies, y)
    rows = by_hand(later, dummies.columns)
    for one, other in zip(
        answers(model, later, y_later), answers(expected, rows, y_later), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


# What may differ in a table, and changes nothing -------------------------------------


def as_strings(X):
    return X.assign(promo=X["promo"].map({True: "yes", False: "a"}))


def as_categoricals(X):
    kinds = {
        "promo": pd.CategoricalDtype([True, "never", False]),
        "weather": pd.CategoricalDtype(["snow", "fog", "rain", "dry"], ordered=True),
        "holiday": pd.CategoricalDtype(["fair", "none", "easter"]),
        "kind": "category",
    }
    return X.astype(kinds)


def as_objects(X):
    return X.astype(dict.fromkeys(["promo", "weather", "holiday", "kind"], object))


KINDS = (as_strings, as_categoricals, as_objects)


@pytest.fixture(scope="module")
def model():
    return RNNForecaster(**QUICK, **ROLES).fit(*PANEL)


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_strings_categoricals_and_booleans_are_the_same(kind, model):
    other = RNNForecaster(**QUICK, **ROLES).fit(kind(PANEL[0]), PANEL[1])
    found = answers(other, kind(LATER[0]), LATER[1])
    assert_same(found, answers(model, *LATER))


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_kind_and_order_of_categories_of_later_tables_do_not_matter(kind, model):
    found = answers(model, kind(LATER[0]), LATER[1])
    assert_same(found, answers(model, *LATER))


def test_the_order_of_rows_in_fit_does_not_change_the_order_of_categories():
    (known,) = learn_categories("from_dtype", X[["weather"]], np.array([])).known
    (other,) = learn_categories("from_dtype", X[["weather"]][::-1], np.array([])).known
    assert known.equals(other)
    assert known.tolist() == ["dry", "rain", "snow"]


@pytest.mark.parametrize(
    "features", [["store", "size"], [1, -1], [False, True, False, True]]
)
def test_numbers_may_be_categories(features):
    X = pd.DataFrame(
        {
            "price": rng.normal(size=N),
            "store": rng.choice([30, 7, 500], N),
            "other": rng.normal(size=N),
            "size": rng.choice([1.5, 2.5], N),
        },
        DAYS,
    )
    texts = X.assign(
        store=X["store"].map({7: "a", 30: "b", 500: "c"}),
        size=X["size"].map({1.5: "a", 2.5: "b"}),
    )
    options = {**QUICK, "known_future": ["store"]}
    model = RNNForecaster(**options, categorical_features=features)
    model.fit(X[:100], Y[:100])
    expected = RNNForecaster(**options).fit(texts[:100], Y[:100])
    later = X[100:].astype({"store": float})
    assert_same(answers(model, later, Y[100:]), answers(expected, texts[100:], Y[100:]))
    if features == [1, -1]:
        values = X.to_numpy()
        model.set_params(known_future=[1]).fit(values[:100], Y[:100])
        with pytest.warns(UserWarning, match="X has no index"):
            found = model.predict(values[100:])
        np.testing.assert_array_equal(found, expected.predict(texts[100:]))


def test_texts_in_an_array_are_categories_if_they_are_named():
    values = X[["weather", "price"]].to_numpy()
    model = RNNForecaster(**QUICK, categorical_features=[0]).fit(values, Y)
    expected = RNNForecaster(**QUICK).fit(X[["weather", "price"]], Y)
    np.testing.assert_array_equal(model.predict(), expected.predict())
    with pytest.raises(ValueError, match=re.escape("or those that categorical_")):
        RNNForecaster(**QUICK).fit(values, Y)


def test_texts_of_numbers_are_numbers_as_ever():
    texts = X[["price"]].astype(str)
    model = RNNForecaster(**QUICK).fit(texts, Y)
    expected = RNNForecaster(**QUICK).fit(X[["price"]], Y)
    np.testing.assert_array_equal(model.predict(), expected.predict())


def test_booleans_that_are_forecast_are_numbers():
    series = X["promo"].to_frame()
    found = RNNForecaster(**QUICK).fit(series).predict()
    expected = RNNForecaster(**QUICK).fit(series.astype(float)).predict()
    np.testing.assert_array_equal(found, expected)


# Unknown and missing categories --------------------------------------------------


def test_an_unknown_category_has_zeros_in_all():
    options = {**QUICK, "normalize": None, **ROLES}
    model = RNNForecaster(**options).fit(X, Y)
    ahead = X[:3].set_axis(pd.date_range(DAYS[-1], periods=4, freq="D")[1:])
    ahead["holiday"] = ["fair", "solstice", "regatta"]
    hand = by_hand(X)
    expected = RNNForecaster(**{**options, **roles_by_hand(hand)}).fit(hand, Y)
    rows = by_hand(ahead, hand.columns)
    assert rows.filter(like="holiday").to_numpy().sum(axis=1).tolist() == [1, 0, 0]
    np.testing.assert_allclose(
        model.predict(ahead), expected.predict(rows), rtol=1e-5, atol=1e-6
    )
    again = ahead.assign(holiday=["fair", "anything", "else"])
    np.testing.assert_array_equal(model.predict(ahead), model.predict(again))


@every_class
def test_a_missing_category_is_one_of_its_own_if_fit_met_one(cls):
    holiday = X["holiday"].where(X["holiday"] != "none")  # as calendars say it
    weather = X["weather"].where(X["weather"] != "snow", None)
    given = X.assign(holiday=holiday, weather=weather)
    named = X.replace({"holiday": {"none": "z"}, "weather": {"snow": "z"}})
    model = cls(**QUICK, **ROLES).fit(given[:100], Y[:100])
    expected = cls(**QUICK, **ROLES).fit(named[:100], Y[:100])
    assert_same(
        answers(model, given[100:], Y[100:]), answers(expected, named[100:], Y[100:])
    )
    days = pd.Series([None] * 20, DAYS[100:])  # a table without a holiday
    np.testing.assert_array_equal(
        model.predict(given[100:].assign(holiday=days)),
        expected.predict(named[100:].assign(holiday="z")),
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            "weather",
            "contains NaN in row 4 among the past covariates, column 'weather'",
        ),
        ("holiday", "contains NaN in row 4 among the known_future, column 'holiday'"),
        ("kind", "contains NaN in row 4 among the static, column 'kind'"),
    ],
)
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_a_missing_category_is_refused_as_nan_is_if_fit_met_none(
    column, message, missing
):
    model = RNNForecaster(**QUICK, **ROLES, missing=missing).fit(X[:100], Y[:100])
    later = X[100:].astype({column: object})
    later.iloc[4, later.columns.get_loc(column)] = None
    if missing == "mask" and column == "weather":
        unknown = later.assign(weather=later["weather"].fillna("fog"))
        found = model.rolling_forecast(later, Y[100:])
        expected = model.rolling_forecast(unknown, Y[100:])
        np.testing.assert_array_equal(found, expected)
        return
    with pytest.raises(ValueError, match=message) as raised:
        model.update(later, Y[100:])
    assert "A missing category is one of its own if fit met one" in str(raised.value)


def test_what_is_known_ahead_is_not_forgotten():
    model = RNNForecaster(**QUICK, **ROLES).fit(X[:100], Y[:100])
    later = X[100:].drop(columns="holiday").reindex(columns=X.columns)
    with pytest.raises(
        ValueError, match=r"known_future, but its value in row 0 is nan"
    ):
        model.predict(later)


def test_what_is_not_known_ahead_may_be_missing_in_predict(model):
    later = LATER[0].astype(object)
    expected = model.predict(LATER[0])
    later[["weather", "kind", "price"]] = None
    pd.testing.assert_frame_equal(model.predict(later), expected)


def test_a_category_of_held_out_rows_alone_says_nothing():
    given = X.assign(holiday=X["holiday"].where(np.arange(N) < 60, "none"))
    given.loc[DAYS[110], "holiday"] = "regatta"
    options = {**QUICK, **ROLES, "early_stopping": True, "validation_fraction": 0.2}
    model = RNNForecaster(**options).fit(given, Y)
    known = model._categories.known[2].tolist()
    assert known == ["easter", "fair", "none", "regatta"]
    ahead = X[:3].set_axis(pd.date_range(DAYS[-1], periods=4, freq="D")[1:])
    one, other = (
        model.predict(ahead.assign(holiday=name)) for name in ("regatta", "unknown")
    )
    pd.testing.assert_frame_equal(one, other)


# What is learned ------------------------------------------------------------------


def jumps(names, kinds, n_rows=112, seed=0):
    """Every eighth row sales rise in shops of one kind, and fall in others."""
    rng, parts = np.random.default_rng(seed), {}
    for name, kind in zip(names, kinds, strict=True):
        event = np.arange(n_rows) % 8 == 7
        size = {"mall": 2.0, "kiosk": -2.0}[kind]
        sales = size * event + 0.05 * rng.normal(size=n_rows)
        frame = {"event": event.astype(float), "kind": kind, "sales": sales}
        parts[name] = pd.DataFrame(frame, DAYS[:n_rows])
    return pd.concat(parts)


@every_class
def test_new_series_of_a_known_kind_are_forecast_by_it(cls):
    """A window without an event does not tell which way sales will go."""
    options = {**LEARNS, "static": ["kind"], "known_future": ["event"], "horizon": 1}
    train = jumps("abcdefgh", ["mall", "kiosk"] * 4)
    model = cls(**options, normalize="last").fit(train)
    new = jumps("yz", ["mall", "kiosk"], seed=1)
    known = new.groupby(level=0).head(111)
    ahead = new.groupby(level=0).tail(1)
    assert ahead["event"].tolist() == [1, 1]
    sales = model.update(known).predict(ahead)["sales"]
    assert sales["y"].item() > 1 > -1 > sales["z"].item()


@every_class
def test_the_forecast_of_a_day_uses_its_holiday(cls):
    names = rng.choice(["none", "easter", "fair"], N, p=[0.8, 0.1, 0.1])
    effect = pd.Series(names).map({"none": 0, "easter": -3, "fair": 3}).to_numpy()
    sales = effect + 0.1 * rng.normal(size=N)
    table = pd.DataFrame({"holiday": names, "sales": sales}, DAYS)
    model = cls(**LEARNS, known_future=["holiday"]).fit(table)
    ahead = pd.DataFrame(
        {"holiday": ["fair", "none", "easter"], "sales": nan},
        pd.date_range(DAYS[-1], periods=4, freq="D")[1:],
    )
    forecast = model.predict(ahead)["sales"].to_numpy()
    np.testing.assert_allclose(forecast, [3, 0, -3], atol=1)


@every_class
def test_a_past_category_tells_what_follows(cls):
    weather = rng.choice(["dry", "rain", "snow"], N)
    effect = pd.Series(weather).map({"dry": 0, "rain": -3, "snow": 3}).to_numpy()
    sales = pd.Series(0.1 * rng.normal(size=N), DAYS)
    sales[1:] += effect[:-1]
    past = pd.DataFrame({"weather": weather}, DAYS)
    model = cls(**{**LEARNS, "horizon": 1}).fit(past[:100], sales[:100])
    paths = model.rolling_forecast(past[100:], sales[100:])
    np.testing.assert_allclose(paths.iloc[1:, 0], sales[101:], atol=1)


# What must not be --------------------------------------------------------------------


def test_a_static_category_that_is_another_one_is_refused(model):
    later, y = LATER
    wrong = later.assign(kind=later["kind"].replace("mall", "kiosk"))
    message = (
        "Static column 'kind' changes within X, series 's', which it must not: from "
        "'mall' to 'kiosk'"
    )
    for call in (
        lambda: model.predict(wrong),
        lambda: model.update(wrong, y),
        lambda: model.rolling_forecast(wrong, y),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(ValueError, match="to a category that fit did not meet"):
        model.predict(later.assign(kind="airport"))
    X, y = PANEL
    X = X.astype({"kind": object})
    X.iloc[150, X.columns.get_loc("kind")] = None
    with pytest.raises(ValueError, match="from 'mall' to a missing category"):
        RNNForecaster(**QUICK, **ROLES).fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Column 'weather' of X holds categories, but is to be forecast"),
        (
            {"categorical_features": ["price"]},
            "Column 'price' of X holds categories, but is to be forecast",
        ),
        (
            {"categorical_features": None},
            "Column 'weather' of X holds '[a-z]*', which is no number",
        ),
        (
            {"categorical_features": ["promo"], "known_future": ["promo"]},
            "Column 'weather' of X holds '[a-z]*', which is no number",
        ),
        ({"categorical_features": ["shop"]}, "names 'shop', which is no column of X"),
        ({"categorical_features": 3}, "'categorical_features' parameter"),
    ],
)
def test_targets_are_numbers_and_what_is_named_is_there(options, message):
    with pytest.raises(ValueError, match=message):
        RNNForecaster(**QUICK, **options).fit(X[["promo", "weather", "price"]])


def test_targets_in_y_are_numbers():
    with pytest.raises(ValueError, match=r"y holds 'dry' .*column 'weather'"):
        RNNForecaster(**QUICK).fit(X[["price"]], X.assign(weather="dry")[["weather"]])


def test_dates_as_texts_are_no_categories():
    texts = X.assign(weather=DAYS.strftime("%Y-%m-%d"))
    with pytest.raises(ValueError, match="Column 'weather' of X holds time stamps"):
        RNNForecaster(**QUICK, **ROLES).fit(texts, Y)


def test_one_text_among_numbers_is_a_mistake():
    texts = X.assign(price=X["price"].astype(str))
    texts.iloc[9, texts.columns.get_loc("price")] = "1,5"
    with pytest.raises(ValueError, match=r"Column 'price' of X: could not .* '1,5'"):
        RNNForecaster(**QUICK, **ROLES).fit(texts, Y)


def test_numbers_in_place_of_categories_are_refused(model):
    later = LATER[0].assign(weather=1.0)
    with pytest.raises(
        ValueError, match=r"'weather' of X holds numbers .*categories in"
    ):
        model.update(later, LATER[1])


def test_a_failed_fit_leaves_the_categories_as_they_were(model):
    model = pickle.loads(pickle.dumps(model))
    expected = model.predict(LATER[0])
    with pytest.raises(ValueError, match="at least to learn from"):
        model.fit(X[:5].assign(holiday="x", kind="y"), Y[:5])
    pd.testing.assert_frame_equal(model.predict(LATER[0]), expected)


# What goes along -----------------------------------------------------------------


@every_class
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_files_and_pickles_know_the_categories(cls, missing, tmp_path):
    (given, y), (later, y_later) = PANEL, LATER
    given = given.assign(
        holiday=given["holiday"].where(given["holiday"] != "none", None),
        store=np.where(given["price"] > 0, 3, 7),
    )
    later = later.assign(store=3)
    model = cls(**QUICK, **ROLES, missing=missing)
    model.set_params(categorical_features=[*range(4), 5]).fit(given, y)
    save(model, tmp_path / "model.skseq")
    loaded = load(tmp_path / "model.skseq")
    expected = answers(model, later, y_later)
    assert_same(answers(loaded, later, y_later), expected)
    assert loaded._categories.known[0].tolist() == [False, True]
    assert joblib.hash(pickle.loads(pickle.dumps(model))) == joblib.hash(model)
    assert loaded._categories.may_miss == model._categories.may_miss


def test_a_detector_judges_rows_by_what_is_known_ahead(tmp_path):
    names = rng.choice(["none", "fair"], N, p=[0.8, 0.2])
    load_ = 3.0 * (names == "fair") + 0.1 * rng.normal(size=N)
    table = pd.DataFrame({"day": names, "load": load_}, DAYS)
    forecaster = RNNForecaster(
        **{**LEARNS, "horizon": 1, "channels": "joint"}, known_future=["day"]
    )
    detector = SequenceAnomalyDetector(forecaster).fit(table)
    later = pd.DataFrame(
        {"day": ["none", "fair", "none", "none"], "load": [0.0, 3.0, 3.0, 0.0]},
        pd.date_range(DAYS[-1], periods=5, freq="D")[1:],
    )
    scores = detector.score_samples(later)
    assert scores.argmin() == 2
    save(detector, tmp_path / "detector.skseq")
    loaded = load(tmp_path / "detector.skseq")
    np.testing.assert_array_equal(loaded.score_samples(later), scores)
    np.testing.assert_array_equal(
        loaded.update(later), detector.decision_function(later)
    )
    with pytest.raises(ValueError, match="Column 'day' of X holds categories"):
        SequenceAnomalyDetector(RNNForecaster(**{**QUICK, "horizon": 1})).fit(table)
