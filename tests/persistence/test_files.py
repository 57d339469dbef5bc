"""Whatever was fitted comes back as it was, down to the last bit."""

import datetime
import inspect
import os
import pickle
import sys
from functools import cache, partial
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from skorch.callbacks import LRScheduler

import skseq
from persistence.sameness import assert_same
from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceArray,
    SequenceGenerator,
    preprocessing,
)
from skseq.core.estimator import NetworkEstimator
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.forecasting._base import BaseForecaster
from skseq.networks import LSTMLayer
from skseq.persistence import load, save
from skseq.persistence._estimators import CLASSES as CLASSES_OF_FILES
from skseq.preprocessing import (
    SequenceColumnTransformer,
    SequencePadder,
    SequenceScaler,
    SequenceSplitter,
    SlidingWindow,
    SwapAxes,
    Tokenizer,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 6, 2))
RAGGED = [x[: 2 + i % 5] for i, x in enumerate(X)]
CLASSES = np.where(X[:, 0, 0] > 0, "long name", "b")
NUMBERS = X.sum(axis=(1, 2))
STEPS = np.where(X[:, :, 0] > 0, "up", "down")
ROWS = rng.normal(size=(60, 3)).cumsum(axis=0)
TEXTS = ["anna", "hanna", "johanna", "\ud800 \U0001f600"]
TOKENS = [[1, 2, 3], [4, 0], [2, 2, 2, 1], [3]]

small = partial(dict, hidden_size=4, max_epochs=2, random_state=0)
conv = partial(dict, n_filters=(6,), n_branches=2, kernel_size=3, max_epochs=2)
forecast = partial(small, window_length=8, horizon=3)
LEARNED = {"initial_state": "learned"}
COLUMNS = {"known_future": ["b"], "static": ["c"]}
DAYS = pd.date_range("2026-03-20", periods=60, freq="D", tz=ZoneInfo("Europe/Berlin"))
TABLE = pd.DataFrame(ROWS, DAYS, list("abc")).assign(c=1.0)


TWO = np.stack([NUMBERS, -NUMBERS], axis=1)
VECTORS = rng.normal(size=(5, 3)).astype(np.float32)

MIXED = pd.DataFrame(
    {
        "pulse": [1.0, np.nan, 3.0, 5.0],
        "ward": ["x", None, "y", "x"],
        "hour": [3.0, 1.0, 2.0, 5.0],
        "awake": [True, False, True, True],
    },
    pd.MultiIndex.from_product([["ann", "bob"], [0, 1]]),
)
NAMED = [
    ("fill", make_pipeline(SimpleImputer(), StandardScaler()), ["pulse"]),
    ("flag", SimpleImputer(add_indicator=True), ["pulse"]),
    ("near", KNNImputer(n_neighbors=1), ["pulse", "hour"]),
    ("most", SimpleImputer(strategy="most_frequent"), ["ward"]),
    ("which", OneHotEncoder(handle_unknown="ignore"), ["ward", "awake"]),
    ("order", OrdinalEncoder(), ["awake"]),
    ("bins", KBinsDiscretizer(2, quantile_method="averaged_inverted_cdf"), ["hour"]),
    ("none", "drop", ["hour"]),
    ("same", "passthrough", slice(2, None)),
]

# Every public class, under the settings that leave something else behind.
CASES = [
    (RNNRegressor(hidden_size=4, random_state=0), X, NUMBERS),  # and a linear model
    (RNNClassifier(**small(n_networks=2)), X, CLASSES),
    (RNNClassifier(**small()), X, CLASSES),
    (
        RNNClassifier(**small(early_stopping=True, class_weight={"b": 2.0})),
        RAGGED,
        CLASSES.astype(object),
    ),
    (RNNClassifier(**small(cell="rnn", nonlinearity="relu")), RAGGED, 1 * (TWO > 0)),
    (RNNClassifier(**small(class_weight="balanced")), X, 1 * (TWO > 0)),
    (RNNClassifier(**small(class_weight=[{1: 3.0}, {}])), X, 1 * (TWO > 0)),
    (RNNClassifier(**small(embedding_dim=3)), TOKENS, [0, 1, 1, 0]),
    (
        RNNRegressor(
            **small(cell="gru", hidden_size=(4, 3), bidirectional=True, dense_size=5),
            embedding_weights=VECTORS,
            embedding_trainable=False,
        ),
        TOKENS,
        [0.5, 1, 1, 0],
    ),
    (
        RNNRegressor(**small(cell="peephole_lstm", pooling="attention"), **LEARNED),
        RAGGED,
        TWO,
    ),
    (RNNRegressor(**small(cell="gru_d", n_networks=2), **LEARNED), RAGGED, TWO),
    (
        RNNRegressor(**small(random_state=np.random.RandomState(3), normalize=None)),
        X.astype(np.float32),
        NUMBERS,
    ),
    (RNNRegressor(**small(loss="quantile", n_networks=2)), X, TWO),
    (RNNRegressor(**small(loss="gaussian")), X, NUMBERS),
    (RNNRegressor(**small(loss="tweedie", tweedie_power=1.7)), X, np.abs(TWO)),
    (RNNTagger(**small(num_layers=2, dropout=0.1)), X, STEPS),
    (CNNClassifier(**conv()), RAGGED, NUMBERS > 0),
    (CNNRegressor(**conv(normalize="sequence", n_filters=(6, 4))), X, NUMBERS),
    (CNNTagger(**conv(class_weight="balanced")), X, STEPS),
    (CNNLSTMClassifier(**conv(hidden_size=4)), X, np.sign(NUMBERS)),
    (
        CNNLSTMRegressor(**conv(hidden_size=4)),
        pd.DataFrame(X[:, :, 0], columns=list("abcdef")),
        NUMBERS,
    ),
    (CNNLSTMTagger(**conv(hidden_size=4)), X, STEPS),
    (
        Seq2SeqRegressor(**small(bidirectional=True, attention="additive"), **LEARNED),
        RAGGED,
        [x[:, 0] for x in RAGGED],
    ),
    (Seq2SeqClassifier(**small(attention="dot", teacher_forcing=(1, 0.5))), X, STEPS),
    (RNNForecaster(**forecast(loss="gaussian", channels="joint")), ROWS, None),
    (RNNForecaster(**forecast(), **COLUMNS, normalize="window"), TABLE, None),
    (RNNForecaster(**forecast(loss="poisson")), np.abs(ROWS), None),
    (Seq2SeqForecaster(**forecast(loss="tweedie")), np.abs(ROWS), None),
    (
        CNNLSTMForecaster(**forecast(loss="quantile", seasonality=4)),
        ROWS[:, 1:],
        ROWS[:, 0],
    ),
    (
        CNNLSTMForecaster(**forecast(decoder="segments", missing="mask"), **LEARNED),
        np.where(np.arange(60) == 9, np.nan, ROWS[:, 0]),
        None,
    ),
    (Seq2SeqForecaster(**forecast(attention="general"), n_threads=1), ROWS, None),
    (SequenceGenerator(**small()), TEXTS[:3], None),
    (
        SequenceGenerator(**small(level="word", vocabulary_size=6), **LEARNED),
        "a b, c d a",
        None,
    ),
    (
        SequenceAnomalyDetector(
            RNNForecaster(**small(window_length=4)), smoothing=2, memory=9
        ),
        ROWS,
        None,
    ),
    (
        SequenceAnomalyDetector(RNNForecaster(**small(window_length=4))),
        ROWS[:, 0],
        None,
    ),
    (SequenceScaler(), RAGGED, None),
    (SequenceScaler(MinMaxScaler(), per="sequence"), RAGGED, None),
    (SequenceScaler(RobustScaler()), X, None),
    (SequenceScaler(QuantileTransformer(n_quantiles=20)), X, None),
    (SequenceScaler(PowerTransformer()), X, None),
    (SequenceColumnTransformer([("all", StandardScaler(), [0, 1])]), X, None),
    (SequenceColumnTransformer(NAMED, "passthrough"), MIXED, None),
    (SlidingWindow(3, lag=1), TABLE, None),
    (SlidingWindow(3), ROWS, None),
    (SequencePadder(value=-np.inf), RAGGED, None),
    (SwapAxes(), X, None),
    (Tokenizer(), TEXTS, None),
    (Tokenizer(level="char", mark_ends=True), TEXTS, None),
]


@cache
def fitted(i):
    estimator, data, y = CASES[i]
    return estimator.fit(data, y)


def cases(*kinds):
    """Which cases are of these classes."""
    return pytest.mark.parametrize(
        "i",
        [i for i, case in enumerate(CASES) if isinstance(case[0], kinds)],
        ids=lambda i: f"{type(CASES[i][0]).__name__}-{i}",
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def through_file(model, path):
    save(model, path)
    return load(path)


def test_every_public_class_and_no_other_has_files_and_is_tested():
    public = {
        value
        for module in (skseq, preprocessing)
        for name in module.__all__
        if inspect.isclass(value := getattr(module, name))
        and issubclass(value, BaseEstimator)
    }
    assert public == set(CLASSES_OF_FILES.values())
    assert public == {type(case[0]) for case in CASES} | {SequenceSplitter}


@cases(object)
def test_all_that_was_learned_comes_back(i, path):
    model = fitted(i)
    assert_same(through_file(model, path), model)


def test_components_come_back(path):
    """By themselves, as scikit-learn's pickles of them are not equal."""
    model = SequenceColumnTransformer([("all", PCA(1), [0, 1])]).fit(X)
    assert_same(through_file(model, path), model)


SEQUENCES = (BaseSequenceEstimator, SequenceGenerator, SequenceScaler, Tokenizer)


@cases(*SEQUENCES, SequenceColumnTransformer, SequencePadder, SwapAxes)
def test_predictions_are_the_same_bit_by_bit(i, path):
    model, (_, data, _) = fitted(i), CASES[i]
    loaded, n_methods = through_file(model, path), 0
    for name in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(model, name) and not isinstance(data, str):
            n_methods += 1
            assert_same(getattr(loaded, name)(data), getattr(model, name)(data))
    if isinstance(model, SequenceGenerator):
        n_methods += 1
        found, expected = (m.generate(2, random_state=0) for m in (loaded, model))
        assert found == expected
    assert n_methods


@cases(BaseForecaster)
def test_forecasts_are_the_same_bit_by_bit(i, path):
    model, ahead = fitted(i), None
    loaded = through_file(model, path)
    if model.known_future:
        times = pd.date_range(DAYS[-1], periods=4, freq="D")[1:]
        ahead = TABLE.iloc[:3].set_axis(times)
    assert_same(np.asarray(loaded.predict(ahead)), np.asarray(model.predict(ahead)))
    if model.loss in ("gaussian", "quantile"):
        assert_same(loaded.predict_interval(), model.predict_interval())


@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_training_goes_on_as_from_a_pickle(cls, path):
    y = CLASSES if cls is RNNClassifier else NUMBERS
    model = cls(**small(dropout=0.3)).fit(X, y)
    models = through_file(model, path), pickle.loads(pickle.dumps(model))
    found, expected = (m.partial_fit(X, y).transform(X) for m in models)
    assert_same(found, expected)


INDICES = {
    "days": DAYS,
    "naive seconds": pd.date_range("2026-01-01", periods=60, freq="7s", unit="s"),
    "months": pd.date_range("2020-01-31", periods=60, freq="ME"),
    "fixed zone": pd.date_range("2026", periods=60, freq="h", tz="UTC+03:30"),
    "utc": pd.date_range("2026", periods=60, freq="h", tz="UTC"),
    "periods": pd.period_range("2020-01", periods=60, freq="M", name="month"),
    "two months": pd.period_range("2020-01", periods=60, freq="2M"),
    "business": pd.bdate_range("2020-01-01", periods=60),
    "deltas": pd.timedelta_range("1h", periods=60, freq="15min"),
    "integers": pd.RangeIndex(5, 125, 2),
    "floats": pd.Index(np.arange(60) / 4),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("kind", ["frame", "series", "panel"])
def test_forecasts_keep_their_index(index, kind, path):
    data = pd.DataFrame(ROWS[:, :2], index, pd.Index(["a", "b"], name="what"))
    if kind == "series":
        data = data["a"]
    if kind == "panel":
        names = ["x", pd.Timestamp("2020", tz="UTC")]
        data = pd.concat([data, data + 1], keys=names, names=["series", "time"])
    model = RNNForecaster(**forecast(max_epochs=1)).fit(data)
    loaded = through_file(model, path)
    equal = pd.testing.assert_frame_equal
    if kind == "series":
        equal = pd.testing.assert_series_equal
    equal(loaded.predict(), model.predict(), check_exact=True, check_freq=True)
    rows = (
        data.groupby(level=0, sort=False).head(2) if kind == "panel" else data.iloc[:2]
    )
    rows = rows.set_axis(model.predict(n_steps=2).index)
    found, expected = (m.update(rows).predict() for m in (loaded, model))
    equal(found, expected, check_exact=True, check_freq=True)


@pytest.mark.parametrize("rows", [ROWS, ROWS[:, 0]], ids=["columns", "a column"])
def test_a_detector_judges_the_same(rows, path):
    model = SequenceAnomalyDetector(RNNForecaster(**small(window_length=4))).fit(rows)
    loaded = through_file(model, path)
    assert_same(loaded.score_samples(rows), model.score_samples(rows))
    for _ in range(2):
        assert_same(loaded.update(rows[:5]), model.update(rows[:5]))


@pytest.mark.parametrize("seasonality", [None, 4])
def test_scales_go_on_and_holes_are_filled_as_before(seasonality, path):
    """What was seen before the window, and sums of a series that was constant."""
    rows = ROWS[:60].copy()
    rows[:40, 0] = 3.0
    rows[20:60, 1] = np.nan
    options = forecast(missing="mask", normalize="feature", max_epochs=1)
    model = RNNForecaster(**options, seasonality=seasonality).fit(rows[:40])
    other = through_file(model, path)
    for known in (model, other):
        known.update(rows[40:])
    assert_same(other, model)
    np.testing.assert_array_equal(other.predict(), model.predict())


def test_a_detector_knows_gaps_and_what_never_moved(path):
    rows = ROWS.copy()
    rows[:, 1] = 0.1
    forecaster = RNNForecaster(**small(window_length=4), missing="mask")
    model = SequenceAnomalyDetector(forecaster).fit(rows)
    other = through_file(model, path)
    rows[5:8, 0], rows[20, 1] = np.nan, 3.0
    np.testing.assert_array_equal(other.update(rows), model.update(rows))


def test_windows_remember_the_rows_before(path):
    model = SlidingWindow(3).fit(TABLE.iloc[:50])
    found = through_file(model, path).transform(TABLE.iloc[50:])
    assert_same(found.to_list(), model.transform(TABLE.iloc[50:]).to_list())
    assert found.lengths.min() == 3  # the first window reaches back


CLASS_KINDS = {
    "text": np.array(["a", "bc"]),
    "wide text": np.array(["a", "bc"], dtype="U40"),
    "objects": np.array(["a", "bc"], dtype=object),
    "int8": np.array([-3, 4], dtype=np.int8),
    "uint64": np.array([0, 2**63], dtype=np.uint64),
    "floats": np.array([0.0, 1.0]),
    "bool": np.array([False, True]),
}


@pytest.mark.parametrize("kinds", CLASS_KINDS.values(), ids=CLASS_KINDS)
def test_classes_keep_their_type(kinds, path):
    y = kinds[(NUMBERS > 0).astype(int)]
    model = RNNClassifier(**small(max_epochs=1)).fit(X, y)
    loaded = through_file(model, path)
    assert_same(loaded.classes_, model.classes_)
    assert_same(loaded.predict(X), model.predict(X))


def test_a_stream_is_saved_with_its_state(path):
    forwards = {"bidirectional": False, "pooling": "last", "normalize": "feature"}
    stream = RNNRegressor(**small(), **forwards).fit(X, NUMBERS).stateful()
    stream.predict(X[:, :3])
    loaded = through_file(stream, path)
    assert_same(loaded.predict(X[:, 3:]), stream.predict(X[:, 3:]))


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2026-01-30", periods=4, tz="Europe/Berlin"),
        pd.period_range("2026-01", periods=4, freq="M"),
        pd.timedelta_range("1h", periods=4, freq="h"),
        pd.RangeIndex(4),
        pd.Index([0.5, 1.0, 1.5, 2.0]),
        pd.Index([datetime.date(2026, 1, day) for day in (1, 2, 3, 4)]),
        pd.Index(list("abcd")),
    ],
    ids=["zone", "periods", "timedeltas", "integers", "floats", "dates", "texts"],
)
def test_a_tagger_knows_its_series(times, path):
    for names in (["b", "a"], [3, 1], [datetime.date(2026, 1, 1), "x"]):
        index = pd.MultiIndex.from_product([pd.Index(names, dtype=object), times])
        panel = pd.DataFrame({"v": np.arange(8.0)}, index)
        model = RNNTagger(**small()).fit(panel, panel["v"] > 3)
        loaded = through_file(model, path)
        assert loaded._extents == model._extents
        assert loaded.predict_proba(panel).equals(model.predict_proba(panel))
        stream = model.stateful()
        stream.predict(panel)
        later = through_file(stream, path)
        assert later._series == stream._series


def test_a_splitter_is_saved_with_its_pieces(path):
    splitter = SequenceSplitter(length=3, stride=2)
    pieces, _, _ = splitter.split(RAGGED)
    scores = np.arange(len(pieces)) / 7
    np.testing.assert_array_equal(
        through_file(splitter, path).join(scores), splitter.join(scores)
    )


def test_sequences_are_saved_with_their_names(path):
    index = pd.MultiIndex.from_product([["b", "a"], [0, 1]], names=["bed", "hour"])
    frame = pd.DataFrame({"pulse": np.arange(4.0)}, index)
    save(SequenceArray.from_frame(frame), path)
    found = load(path)
    assert found.feature_names.tolist() == ["pulse"]
    pd.testing.assert_index_equal(found.instances, pd.Index(["b", "a"], name="bed"))


def test_sequences_are_saved(path):
    sequences = SlidingWindow(4).fit_transform(ROWS)
    loaded = through_file(sequences, path)
    assert_same(loaded.to_list(), sequences.to_list())
    assert loaded.window_length == 4


def test_a_pipeline_of_such_steps_is_saved(path):
    model = make_pipeline(
        StandardScaler(), SlidingWindow(4), RNNRegressor(**small())
    ).fit(ROWS, ROWS[:, 0])
    loaded = through_file(model, path)
    assert [name for name, _ in loaded.steps] == [name for name, _ in model.steps]
    assert_same(loaded.predict(ROWS), model.predict(ROWS))
    texts = make_pipeline(
        Tokenizer(level="char"), RNNClassifier(**small(), embedding_dim=2)
    )
    texts.fit(TEXTS[:3], [0, 1, 1])
    assert_same(
        through_file(texts, path).predict_proba(["ann"]), texts.predict_proba(["ann"])
    )


def test_a_pipeline_within_a_pipeline_and_steps_that_do_nothing(path):
    inner = make_pipeline(StandardScaler(), None)
    regressor = RNNRegressor(**small())
    model = make_pipeline(inner, "passthrough", SlidingWindow(4), regressor)
    model.fit(ROWS, ROWS[:, 0])
    model.set_params(verbose=True, transform_input=["Z"], memory="folder")
    loaded = through_file(model, path)
    assert (loaded.verbose, loaded.transform_input) == (True, ["Z"])
    assert loaded.memory is None
    assert loaded[0].steps[1][1] is None
    assert loaded[1] == "passthrough"
    loaded.transform_input = model.transform_input = None
    assert_same(loaded.predict(ROWS), model.predict(ROWS))


def test_a_step_within_a_pipeline_that_is_none_of_ours_is_named(path):
    inner = make_pipeline(PolynomialFeatures())
    model = make_pipeline(inner, SlidingWindow(4)).fit(ROWS)
    with pytest.raises(TypeError, match=r"^pipeline.polynomialfeatures=.* skops"):
        save(model, path)


def test_requests_for_metadata_are_kept(path):
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight="rows")
        regressor = RNNRegressor(**small()).set_fit_request(sample_weight=True)
        regressor.set_score_request(sample_weight=False)
        model = make_pipeline(scaler, SlidingWindow(4), regressor)
        model.fit(ROWS, ROWS[:, 0], sample_weight=np.ones(60), rows=np.ones(60))
        loaded = through_file(model, path)
        for one, other in zip(loaded, model, strict=True):
            assert str(one.get_metadata_routing()) == str(other.get_metadata_routing())
        assert "'sample_weight': 'rows'" in str(loaded[0].get_metadata_routing())
        weights = {"sample_weight": np.arange(60), "rows": np.arange(60)}
        found = clone(loaded).fit(ROWS, ROWS[:, 0], **weights).predict(ROWS)
        wanted = clone(model).fit(ROWS, ROWS[:, 0], **weights).predict(ROWS)
    assert_same(found, wanted)


CALENDARS = [
    pd.offsets.CustomBusinessDay(weekmask="Mon Tue Thu", holidays=["2026-04-06"]),
    pd.offsets.CustomBusinessHour(
        2, start="08:00", end="18:00", holidays=["2026-04-06"]
    ),
    pd.offsets.BusinessHour(start=["09:00", "13:00"], end=["12:00", "18:00"]),
    pd.offsets.LastWeekOfMonth(weekday=4),
    pd.offsets.FY5253(weekday=5, startingMonth=1, variation="nearest"),
    pd.DateOffset(months=1),
]


@pytest.mark.parametrize("freq", CALENDARS, ids=str)
def test_calendars_of_ones_own_are_kept(path, freq):
    index = pd.date_range("2026-01-05", periods=63, freq=freq)
    series = pd.Series(ROWS[:, 0], pd.DatetimeIndex(index[:60], freq=None))
    model = RNNForecaster(**forecast(max_epochs=1), freq=freq).fit(series)
    loaded = through_file(model, path)
    assert loaded.freq == freq
    assert loaded.predict(n_steps=3).index.equals(index[60:])


def test_a_frequency_that_no_file_holds_is_explained(path):
    index = pd.date_range("1950", periods=60, freq=pd.offsets.Easter())
    model = RNNForecaster(**forecast(max_epochs=1)).fit(pd.Series(ROWS[:, 0], index))
    with pytest.raises(TypeError, match=r"Easter.*such as 'MS'"):
        save(model, path)


def test_a_configured_output_is_kept(path):
    model = RNNRegressor(**small()).set_output(transform="pandas").fit(X, NUMBERS)
    loaded = through_file(model, path)
    pd.testing.assert_frame_equal(loaded.transform(X), model.transform(X))


def test_numbers_in_parameters_keep_their_type(path):
    model = RNNRegressor(**small(), lr=np.float64(0.01), l2=np.float32(1e-3))
    model.set_params(batch_size=np.int64(8)).fit(X, NUMBERS)
    assert_same(through_file(model, path).get_params(), model.get_params())


# What cannot be saved ------------------------------------------------------------


REFUSED = {
    "cell": LSTMLayer,
    "optimizer": torch.optim.SGD,
    "callbacks": [LRScheduler()],
    "embedding_weights": pd.DataFrame(rng.normal(size=(5, 3))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_parameter_that_is_no_data_is_named(name, path):
    data = (TOKENS, [0, 1, 1, 0]) if "embedding" in name else (X, NUMBERS)
    model = RNNRegressor(**small()).set_params(**{name: REFUSED[name]}).fit(*data)
    path.write_text("earlier")
    with pytest.raises(TypeError, match=f"(?s)^{name}.*cannot be saved"):
        save(model, path)
    assert path.read_text() == "earlier"
    assert os.listdir(path.parent) == [path.name]


def test_a_parameter_of_a_nested_estimator_is_named(path):
    forecaster = RNNForecaster(**small(window_length=4, callbacks=[LRScheduler()]))
    model = SequenceAnomalyDetector(forecaster).fit(ROWS)
    with pytest.raises(TypeError, match=r"^forecaster\.callbacks.*cannot be saved"):
        save(model, path)
    assert not path.exists()


class Mine(RNNClassifier):
    pass


@pytest.mark.parametrize(
    "model",
    [
        Mine(**small()).fit(X, CLASSES),
        LogisticRegression(),
        GridSearchCV(RNNClassifier(), {}),
        make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:, 0], CLASSES),
        RNNClassifier,
        [1, 2],
        None,
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_is_none_of_ours_is_refused(model, path):
    with pytest.raises(TypeError, match=r"cannot be saved.*skops"):
        save(model, path)
    assert not path.exists()


@pytest.mark.parametrize(
    "model", [RNNClassifier(), SequenceSplitter(), make_pipeline(RNNClassifier())]
)
def test_what_is_not_fitted_is_refused(model, path):
    with pytest.raises(NotFittedError):
        save(model, path)


def test_an_unknown_attribute_is_named(path):
    model = RNNClassifier(**small()).fit(X, CLASSES)
    model.note = "mine"
    with pytest.raises(TypeError, match=r"^note cannot be saved"):
        save(model, path)


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_size": 5},
        {"pooling": "max"},
        {"cell": "gru"},
        {"num_layers": 10**12},
        {"nonlinearity": "relu"},
    ],
)
def test_parameters_changed_since_fit_are_refused(changed, path):
    model = RNNClassifier(**small()).fit(X, CLASSES).set_params(**changed)
    with pytest.raises(ValueError, match="changed since it was fitted"):
        save(model, path)


def test_a_failure_leaves_the_old_file(path, monkeypatch):
    model = RNNClassifier(**small()).fit(X, CLASSES)
    save(model, path)
    before = path.read_bytes()

    def fail(*args):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no space"):
        save(model.partial_fit(X, CLASSES), path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_missing_folder_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        save(fitted(0), tmp_path / "none" / "model")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")


def test_a_missing_library_names_the_extra(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"skseq\[files\]"):
        save(fitted(0), path)
    path.write_bytes(b"anything")
    with pytest.raises(ImportError, match=r"skseq\[files\]"):
        load(path)


@cases(NetworkEstimator)
def test_loading_draws_no_weights(i, path, monkeypatch):
    """They would be overwritten, after most of the time that loading takes."""
    save(fitted(i), path)
    drawn = []
    for name in ("uniform_", "normal_", "orthogonal_", "xavier_uniform_"):
        init = getattr(torch.nn.init, name)

        def noted(tensor, *args, init=init, **kwargs):
            drawn.append(tensor.device.type)
            return init(tensor, *args, **kwargs)

        monkeypatch.setattr(torch.nn.init, name, noted)
    before = torch.get_rng_state()
    model = load(path)
    assert set(drawn) <= {"meta"}  # where nothing is there to be drawn
    assert torch.equal(torch.get_rng_state(), before)
    module = model.module_
    assert not any(t.is_meta for t in (*module.parameters(), *module.buffers()))
    drawn.clear()
    pickle.loads(pickle.dumps(model))
    assert not drawn
