import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sktime.classification.dummy import DummyClassifier
from sktime.classification.ensemble import BaggingClassifier
from sktime.classification.model_evaluation import evaluate
from sktime.classification.model_selection import TSCGridSearchCV
from sktime.datasets import load_basic_motions
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.compose import make_reduction
from sktime.transformations.exponent import ExponentTransformer
from sktime.utils.estimator_checks import check_estimator
from sktime.utils.random_state import set_random_state

from skseq import CNNClassifier, RNNClassifier, RNNRegressor
from skseq.preprocessing import SequenceScaler, SwapAxes
from skseq.sktime import SktimeClassifier, SktimeForecaster, SktimeRegressor

TINY = {
    "cell": "gru",
    "hidden_size": 4,
    "max_epochs": 2,
    "lr_schedule": None,
    "clip_norm": None,
    "random_state": 0,
}


@pytest.fixture
def _next_default_of_sktime(monkeypatch):
    """Reductions keep data by themselves; sktime warns that forecasters will not."""
    monkeypatch.setitem(BaseForecaster._config, "remember_data", False)


without_announcement = pytest.mark.usefixtures("_next_default_of_sktime")


def panel(n_instances=40, n_channels=2, n_timesteps=12, seed=0):
    """Panels as sktime has them, channels first; the first channel decides."""
    X = np.random.default_rng(seed).normal(size=(n_instances, n_channels, n_timesteps))
    level = X[:, 0].sum(axis=1)
    return X, np.where(level > 0, "up", "down"), level


def ragged(seed=0):
    """A panel of unequal lengths as list of tables, time first."""
    rng = np.random.default_rng(seed)
    frames = [
        pd.DataFrame(rng.normal(size=(length, 3)), columns=list("abc"))
        for length in rng.integers(5, 15, size=30)
    ]
    level = np.array([frame["b"].mean() for frame in frames])
    return frames, np.where(level > 0, "up", "down"), level


@pytest.mark.filterwarnings("ignore:Forecasters' predict_proba requires skpro")
@pytest.mark.filterwarnings("ignore:Sorting by default when concatenating all")
@pytest.mark.parametrize(
    ("adapter", "least"),
    [(SktimeClassifier, 100), (SktimeRegressor, 100), (SktimeForecaster, 600)],
)
def test_checks_of_sktime(adapter, least):
    results = check_estimator(
        adapter,
        tests_to_exclude="test_doctest_examples",  # which the suite runs anyway
        raise_exceptions=False,
        verbose=False,
    )
    assert len(results) > least
    assert {name: r for name, r in results.items() if r != "PASSED"} == {}


def test_an_estimator_that_reads_holes_is_given_them():
    X, y, _ = panel()
    X[X > 1] = np.nan
    estimator = RNNClassifier(**TINY, missing="mask")
    for one in (estimator, make_pipeline(SequenceScaler(), estimator)):
        found = SktimeClassifier(one).fit(X, y).predict_proba(X)
        expected = one.fit(X.transpose(0, 2, 1), y).predict_proba(X.transpose(0, 2, 1))
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="cannot handle missing values"):
        SktimeClassifier(RNNClassifier(**TINY)).fit(X, y)
    assert not SktimeClassifier().get_tag("capability:missing_values")


@pytest.mark.parametrize(
    "estimator",
    [
        RNNClassifier(**TINY),
        CNNClassifier(n_filters=(4,), kernel_size=3, max_epochs=2, random_state=0),
    ],
)
def test_classifier_is_its_estimator_on_the_transposed_panel(estimator):
    X, y, _ = panel()
    adapter = SktimeClassifier(estimator).fit(X, y)
    expected = estimator.fit(X.transpose(0, 2, 1), y)
    X_test, _, _ = panel(seed=1)
    transposed = X_test.transpose(0, 2, 1)
    np.testing.assert_array_equal(adapter.predict(X_test), expected.predict(transposed))
    np.testing.assert_array_equal(
        adapter.predict_proba(X_test), expected.predict_proba(transposed)
    )
    np.testing.assert_array_equal(adapter.classes_, adapter.estimator_.classes_)


def test_many_channels_of_few_steps_are_as_meant():
    """As names of axes are sktime's, there is no doubt, and so no warning."""
    panel = np.random.default_rng(0).normal(size=(8, 40, 3))
    small = RNNClassifier(max_epochs=1, hidden_size=2, random_state=0)
    model = SktimeClassifier(small).fit(panel, np.arange(8) % 2)
    assert model.estimator_.n_features_in_ == 40


@pytest.mark.parametrize("layout", ["df-list", "pd-multiindex"])
def test_classifier_with_unequal_lengths(layout):
    frames, y, _ = ragged()
    X = frames if layout == "df-list" else pd.concat(dict(enumerate(frames)))
    adapter = SktimeClassifier(RNNClassifier(**TINY)).fit(X, y)
    arrays = [frame.to_numpy().copy(order="C") for frame in frames]
    expected = RNNClassifier(**TINY).fit(arrays, y)
    np.testing.assert_array_equal(
        adapter.predict_proba(X), expected.predict_proba(arrays)
    )


def test_regressor_is_its_estimator_on_the_transposed_panel():
    X, _, y = panel()
    adapter = SktimeRegressor(RNNRegressor(**TINY)).fit(X, y)
    transposed = X.transpose(0, 2, 1)
    expected = RNNRegressor(**TINY).fit(transposed, y).predict(transposed)
    np.testing.assert_array_equal(adapter.predict(X), expected)
    np.testing.assert_array_equal(adapter.estimator_.predict(transposed), expected)

    frames, _, y = ragged()
    adapter = SktimeRegressor(RNNRegressor(**TINY)).fit(frames, y)
    arrays = [frame.to_numpy().copy(order="C") for frame in frames]
    expected = RNNRegressor(**TINY).fit(arrays, y).predict(arrays)
    np.testing.assert_array_equal(adapter.predict(frames), expected)


def test_one_network_predicts_all_columns_of_y():
    X, _, y = panel()
    Y = pd.DataFrame({"sum": y, "last": X[:, 1, -1]})
    adapter = SktimeRegressor(RNNRegressor(**TINY)).fit(X, Y)
    transposed = X.transpose(0, 2, 1)
    expected = RNNRegressor(**TINY).fit(transposed, Y).predict(transposed)
    predicted = adapter.predict(X)
    assert list(predicted.columns) == ["sum", "last"]
    np.testing.assert_array_equal(predicted.to_numpy(), expected)


def test_only_time_first_goes_on_to_longer_series():
    X, y, _ = panel(n_instances=600)
    estimator = RNNClassifier(cell="gru", max_epochs=20, random_state=0)
    model = SktimeClassifier(estimator).fit(X, y)
    assert model.estimator_.n_features_in_ == 2
    X_long, y_long, _ = panel(n_instances=200, n_timesteps=20, seed=1)
    assert model.score(X_long, y_long) > 0.9
    estimator.fit(X, y)  # takes 2 channels for steps and 12 steps for features
    with pytest.raises(ValueError, match="20 features per time step"):
        estimator.predict(X_long)


def test_layouts_are_interchangeable():
    X, y = load_basic_motions(split="train", return_type="numpy3D")
    model = SktimeClassifier(RNNClassifier(**TINY)).fit(X, y)
    expected = model.predict_proba(X)
    for layout in ("nested_univ", "pd-multiindex"):
        Z, _ = load_basic_motions(split="train", return_type=layout)
        np.testing.assert_array_equal(model.predict_proba(Z), expected)
        np.testing.assert_array_equal(
            model.clone().fit(Z, y).predict_proba(X), expected
        )


@pytest.mark.parametrize(
    ("adapter", "default"),
    [(SktimeClassifier, RNNClassifier), (SktimeRegressor, RNNRegressor)],
)
def test_default(adapter, default):
    X, labels, _ = panel(n_instances=4)
    y = labels if adapter is SktimeClassifier else np.arange(4.0)
    model = adapter().fit(X, y)
    assert model.estimator is None
    assert isinstance(model.estimator_, default)


def test_the_given_estimator_stays_unfitted():
    X, y, _ = panel()
    estimator = RNNClassifier(**TINY)
    SktimeClassifier(estimator).fit(X, y)
    assert not hasattr(estimator, "classes_")


def test_pipeline_as_estimator():
    X, y, _ = panel()
    model = SktimeClassifier(make_pipeline(SequenceScaler(), RNNClassifier(**TINY)))
    expected = make_pipeline(SequenceScaler(), RNNClassifier(**TINY))
    transposed = list(X.transpose(0, 2, 1).copy())
    np.testing.assert_array_equal(
        model.fit(X, y).predict_proba(X),
        expected.fit(transposed, y).predict_proba(transposed),
    )
    assert model.get_params()["estimator__rnnclassifier__random_state"] == 0


def test_random_state():
    X, y, _ = panel()
    model = SktimeClassifier(RNNClassifier(**{**TINY, "random_state": None}))
    assert model.get_tag("property:randomness") == "derandomized"
    assert SktimeClassifier().get_tag("property:randomness") == "stochastic"
    first, second, other = model.clone(), model.clone(), model.clone()
    for copy, seed in ((first, 1), (second, 1), (other, 2)):
        set_random_state(copy, seed)
        assert copy.get_params()["estimator__random_state"] is not None
        copy.fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert (first.predict_proba(X) != other.predict_proba(X)).any()


def test_pickle():
    X, y, _ = panel()
    model = SktimeClassifier(RNNClassifier(**TINY)).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


# Bad input ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("adapter", "estimator", "message"),
    [
        (SktimeClassifier, RNNRegressor(), r"a classifier like RNNClassifier\(\)"),
        (SktimeRegressor, RNNClassifier(), r"a regressor like RNNRegressor\(\)"),
        (SktimeClassifier, RNNClassifier, "got <class"),
        (SktimeClassifier, SktimeClassifier(), r"got SktimeClassifier\(\)"),
        (SktimeRegressor, "rnn", "got 'rnn'"),
    ],
)
def test_not_an_estimator_of_this_kind(adapter, estimator, message):
    X, labels, numbers = panel()
    y = labels if adapter is SktimeClassifier else numbers
    with pytest.raises(TypeError, match=f"estimator must be None or .*{message}"):
        adapter(estimator).fit(X, y)


def test_another_number_of_channels():
    X, y, _ = panel()
    model = SktimeClassifier(RNNClassifier(**TINY)).fit(X, y)
    with pytest.raises(ValueError, match="X has 1 features per time step"):
        model.predict(X[:, :1])


def test_missing_values():
    X, y, _ = panel()
    X[3, 0, 5] = np.nan
    with pytest.raises(ValueError, match="missing values"):
        SktimeClassifier(RNNClassifier(**TINY)).fit(X, y)


# Tools of both worlds -----------------------------------------------------


def test_pipeline_of_sktime():
    X, y, _ = panel()
    pipeline = ExponentTransformer(2, offset=0) * SktimeClassifier(
        RNNClassifier(**TINY)
    )
    pipeline.fit(X, y)
    assert pipeline.get_params()["classifier__estimator__hidden_size"] == 4
    squares = (X**2).transpose(0, 2, 1)
    expected = RNNClassifier(**TINY).fit(squares, y).predict_proba(squares)
    np.testing.assert_array_equal(pipeline.predict_proba(X), expected)


def test_search_of_sktime():
    X, y, _ = panel(n_instances=80)
    model = SktimeClassifier(RNNClassifier(**TINY))
    grid = {"estimator__max_epochs": [1, 40]}
    search = TSCGridSearchCV(model, grid, cv=2).fit(X, y)
    assert search.best_params_ == {"estimator__max_epochs": 40}
    assert search.score(X, y) > 0.9
    assert model.estimator.max_epochs == 2


def test_bagging_of_sktime():
    X, y, _ = panel()
    model = SktimeClassifier(RNNClassifier(**TINY))
    bag = BaggingClassifier(model, n_estimators=2, random_state=0).fit(X, y)
    parts = [member.predict_proba(X) for member in bag.estimators_]
    assert (parts[0] != parts[1]).any()
    np.testing.assert_allclose(bag.predict_proba(X), np.mean(parts, axis=0))


def test_cross_validation_in_both_worlds():
    """Classifiers of sktime do not work in scikit-learn; ours work in both."""
    X, y, _ = panel()
    cv = KFold(2, shuffle=True, random_state=0)
    estimator = RNNClassifier(**{**TINY, "max_epochs": 20})
    ours = cross_val_score(estimator, X.transpose(0, 2, 1), y, cv=cv)
    theirs = evaluate(SktimeClassifier(estimator), cv=cv, X=X, y=y)
    np.testing.assert_array_equal(ours, theirs["test_accuracy_score"])
    for classifier in (DummyClassifier(), SktimeClassifier(estimator)):
        with pytest.raises(AttributeError, match="__sklearn_tags__"):
            cross_val_score(classifier, X, y, cv=cv)


# Reductions of forecasting ------------------------------------------------

SEASON = [0.0, 2.0, 5.0, 3.0, -1.0, -4.0, 1.0]
FORECASTER = RNNRegressor(
    cell="gru",
    hidden_size=16,
    max_epochs=60,
    random_state=0,
    lr_schedule=None,
    clip_norm=None,
)


def seasonal(n_steps):
    index = pd.period_range("2000-01-01", periods=n_steps, freq="D")
    return pd.Series(np.resize(SEASON, n_steps), index=index)


def forecast(estimator, y, X=None, fh=range(1, 13), window_length=10, **options):
    """Return a fitted reduction and its forecast of the steps behind y."""
    reduction = make_reduction(estimator, window_length=window_length, **options)
    reduction.fit(y, X=X, fh=list(fh))
    return reduction, reduction.predict(X=X).to_numpy()


@without_announcement
@pytest.mark.parametrize("strategy", ["recursive", "multioutput"])
def test_reduction(strategy):
    """Tabular as it is or a panel with the adapter: the same, and right."""
    series = seasonal(132)
    y, truth = series[:120], series[120:].to_numpy()
    tabular, as_table = forecast(FORECASTER, y, strategy=strategy)
    panels, as_panel = forecast(SktimeRegressor(FORECASTER), y, strategy=strategy)
    assert "Tabular" in type(tabular).__name__
    assert "TimeSeries" in type(panels).__name__
    assert np.abs(as_table - truth).mean() < 0.1 * np.abs(y.iloc[-1] - truth).mean()
    np.testing.assert_array_equal(as_table, as_panel)
    assert panels.estimator_.estimator_.n_features_in_ == 1


@without_announcement
def test_reduction_said_to_give_panels():
    """A window is (channels, time) there, which the adapter or SwapAxes turns."""
    y = seasonal(60)
    scitype = {"scitype": "time-series-regressor"}
    _, expected = forecast(FORECASTER, y)
    _, adapted = forecast(SktimeRegressor(FORECASTER), y, **scitype)
    _, swapped = forecast(make_pipeline(SwapAxes(), FORECASTER), y, **scitype)
    np.testing.assert_array_equal(adapted, expected)
    np.testing.assert_array_equal(swapped, expected)
    with pytest.warns(UserWarning, match="SwapAxes"):
        bare, _ = forecast(FORECASTER, y, **scitype)
    assert bare.estimator_.n_features_in_ == 10  # one step: no recurrence is left


def by_channel(rows):
    """Read flat rows, channel after channel, as (n_samples, n_channels, time)."""
    return rows.reshape(len(rows), 2, -1)


@without_announcement
def test_reduction_with_exogenous_variables():
    """Flat rows hold channel after channel; the adapter needs no such knowledge."""
    index = pd.period_range("2000-01-01", periods=200, freq="D")
    a = np.random.default_rng(0).normal(size=200)
    X = pd.DataFrame({"a": a}, index=index)
    y = pd.Series(np.r_[0.0, 0.0, a[:-2] - a[1:-1]], index=index)
    options = {"fh": [1], "window_length": 5, "strategy": "multioutput"}

    adapted, with_adapter = forecast(SktimeRegressor(FORECASTER), y, X, **options)
    assert adapted.estimator_.estimator_.n_features_in_ == 2
    assert abs(with_adapter[0] - (a[-2] - a[-1])) < 0.3

    unflatten = FunctionTransformer(by_channel)
    by_hand = make_pipeline(unflatten, SwapAxes(), FORECASTER)
    _, unflattened = forecast(by_hand, y, X, **options)
    np.testing.assert_array_equal(unflattened, with_adapter)

    misread = clone(FORECASTER).set_params(n_channels=2)  # that is time first
    assert (forecast(misread, y, X, **options)[1] != with_adapter).all()


@pytest.mark.parametrize("mtype", ["nested_univ", "pd-multiindex", "df-list"])
@pytest.mark.parametrize("adapter", [SktimeClassifier, SktimeRegressor])
def test_columns_in_another_order_are_refused(adapter, mtype):
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([range(6), range(5)])
    frame = pd.DataFrame(rng.normal(size=(30, 2)), index, ["pulse", "pressure"])
    X, swapped, others = (
        convert_to(table, mtype)
        for table in (
            frame,
            frame[["pressure", "pulse"]],
            frame.set_axis(["pulse", "age"], axis=1),
        )
    )
    kind = RNNClassifier if adapter is SktimeClassifier else RNNRegressor
    model = adapter(kind(max_epochs=1)).fit(X, np.arange(6) % 2)
    model.predict(X)
    for wrong in (swapped, others):
        with pytest.raises(ValueError, match="feature names should match those that"):
            model.predict(wrong)
    model.predict(frame.to_numpy().reshape(6, 5, 2).swapaxes(1, 2))  # has no names


def test_names_that_only_count_are_compared_where_both_have_the_same():
    X = np.random.default_rng(0).normal(size=(6, 2, 5))
    model = SktimeClassifier(RNNClassifier(max_epochs=1)).fit(X, np.arange(6) % 2)
    nested = convert_to(X, "nested_univ")
    model.predict(nested)
    model.predict(nested.set_axis(["u", "v"], axis=1))
    with pytest.raises(ValueError, match="in another order"):
        model.predict(nested[nested.columns[::-1]])


def test_an_adapter_and_its_clone_start_from_an_encoder():
    X, y, _ = panel()
    source = RNNClassifier(**TINY).pretrain(X.transpose(0, 2, 1))
    wrapped = RNNClassifier(init_from=source, freeze="encoder", **TINY)
    for model in (SktimeClassifier(wrapped), SktimeClassifier(wrapped).clone()):
        weights = model.fit(X, y).estimator_.module_.state_dict()
        for name, weight in source.pretrained_.weights.items():
            np.testing.assert_array_equal(weights[name].numpy(), weight)
