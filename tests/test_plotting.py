"""Displays: what the artists hold is what the estimators say."""

import sys
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.dates import ConciseDateFormatter, date2num
from sklearn.base import BaseEstimator
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import RocCurveDisplay, roc_auc_score, roc_curve
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    SequenceAnomalyDetector,
    SequenceArray,
)
from skseq.inspection import permutation_importance
from skseq.plotting import (
    AnomalyDisplay,
    ForecastDisplay,
    ImportanceDisplay,
    StepProbabilityDisplay,
    TrainingCurveDisplay,
)

matplotlib.use("Agg")

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 8, 2))
CLASSES = np.where(X[:, 0, 0] > 0, "b", "a")
QUICK = {"max_epochs": 2, "random_state": 0}
SERIES = np.cumsum(rng.normal(size=(80, 2)), axis=0)
DATES = pd.date_range("2024-01-01", periods=80, freq="h", name="hour")
TABLE = pd.DataFrame(SERIES, DATES, ["load", "price"])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def drawn(display):
    """Lay the figure out, which would raise or warn if anything is wrong."""
    display.figure_.canvas.draw()
    return display


# Training curves --------------------------------------------------------------


def test_a_training_curve_shows_the_losses_of_every_epoch():
    model = RNNClassifier(**QUICK).fit(X, CLASSES)
    display = drawn(TrainingCurveDisplay.from_estimator(model))
    np.testing.assert_array_equal(display.line_.get_xdata(), [1, 2])
    np.testing.assert_array_equal(display.line_.get_ydata(), model.loss_curve_)
    assert display.validation_line_ is display.best_ is None
    assert display.ax_.get_ylabel() == "Cross entropy loss"
    assert display.ax_.get_title() == "RNNClassifier"


def test_a_training_curve_marks_the_epoch_whose_weights_are_kept():
    model = RNNClassifier(max_epochs=8, early_stopping=True, random_state=0)
    display = drawn(TrainingCurveDisplay.from_estimator(model.fit(X, CLASSES)))
    held_out = -np.array(model.validation_scores_)
    np.testing.assert_array_equal(display.validation_line_.get_ydata(), held_out)
    best = held_out.argmin()
    assert display.best_.get_xydata().tolist() == [[best + 1, held_out[best]]]
    assert texts(display.ax_.get_legend())[-1] == f"best epoch: {best + 1}"


@pytest.mark.parametrize(
    ("estimator", "y", "expected"),
    [
        (RNNRegressor(**QUICK), X[:, 0, 0], "MSE loss"),
        (RNNTagger(**QUICK), (X[..., 0] > 0).astype(int), "Step cross entropy"),
        (RNNClassifier(**QUICK), (X[:, 0] > 0).astype(int), "BCE with logits loss"),
    ],
)
def test_a_training_curve_names_the_loss(estimator, y, expected):
    display = TrainingCurveDisplay.from_estimator(estimator.fit(X, y))
    assert display.ax_.get_ylabel() == expected


def test_the_curve_of_a_detector_is_that_of_its_forecaster():
    detector = SequenceAnomalyDetector(RNNForecaster(window_length=12, **QUICK))
    display = TrainingCurveDisplay.from_estimator(detector.fit(SERIES))
    loss = detector.forecaster_.loss_curve_
    np.testing.assert_array_equal(display.line_.get_ydata(), loss)
    assert display.ax_.get_title() == "SequenceAnomalyDetector"


def test_curves_share_axes_in_different_colours():
    first = TrainingCurveDisplay(loss_curve=[3, 2, 1]).plot()
    second = TrainingCurveDisplay(loss_curve=[2, 1, 0]).plot(
        first.ax_, line_kw={"label": "other", "lw": 3}
    )
    assert second.ax_ is first.ax_
    assert len(first.ax_.get_lines()) == 2
    assert first.line_.get_color() != second.line_.get_color()
    assert second.line_.get_linewidth() == 3
    assert texts(first.ax_.get_legend()) == ["training", "other"]


def test_an_epoch_without_validation_leaves_a_gap():
    display = TrainingCurveDisplay(
        loss_curve=[3, 2, 1], validation_scores=[np.nan, -4, -5]
    ).plot()
    np.testing.assert_array_equal(display.validation_line_.get_ydata(), [np.nan, 4, 5])
    assert display.best_.get_xydata().tolist() == [[2, 4]]


def test_a_validation_score_is_missing():
    display = TrainingCurveDisplay(loss_curve=[2, 1], validation_scores=[-2])
    with pytest.raises(ValueError, match=r"validation_scores has the shape \(1,\)"):
        display.plot()


def test_what_was_not_trained_has_no_curve():
    for estimator in (RNNClassifier(), make_pipeline(RNNClassifier())):
        with pytest.raises(NotFittedError, match="has no loss_curve_"):
            TrainingCurveDisplay.from_estimator(estimator)


# Forecasts --------------------------------------------------------------------


def forecaster(**options):
    options = {"window_length": 12, "horizon": 3, "loss": "gaussian", **options}
    return RNNForecaster(**QUICK, **options)


def bounds(band):
    """{x: (lower, upper)} of a band."""
    vertices = band.get_paths()[0].vertices
    found = {}
    for x, y in vertices:
        found.setdefault(x, []).append(y)
    return {x: (min(ys), max(ys)) for x, ys in found.items()}


def assert_band(band, x, interval):
    found = bounds(band)
    np.testing.assert_allclose(sorted(found), x)
    np.testing.assert_allclose([found[key] for key in sorted(found)], interval)


def test_a_forecast_of_dates_with_history_interval_and_truth():
    series = TABLE["load"]
    model = forecaster().fit(series[:-3])
    display = drawn(
        ForecastDisplay.from_estimator(
            model, history=series[40:-3], y_true=series[-3:], coverage=0.9
        )
    )
    expected = model.predict()
    np.testing.assert_array_equal(display.line_.get_ydata(), expected)
    np.testing.assert_array_equal(display.line_.get_xdata(orig=True), DATES[-3:])
    interval = model.predict_interval(coverage=0.9)
    assert_band(display.bands_[0], date2num(DATES[-3:]), interval)
    (history,), (truth,) = display.history_lines_, display.truth_lines_
    np.testing.assert_array_equal(history.get_ydata(), series[40:-3])
    np.testing.assert_array_equal(history.get_xdata(orig=True), DATES[40:-3])
    np.testing.assert_array_equal(truth.get_ydata(), series[-3:])
    assert display.ax_.get_ylabel() == "load"
    assert display.ax_.get_xlabel() == "hour"
    assert isinstance(display.ax_.xaxis.get_major_formatter(), ConciseDateFormatter)
    labels = ["history", "truth", "forecast", "90 % interval"]
    assert texts(display.ax_.get_legend()) == labels


@pytest.mark.parametrize(
    "index",
    [
        DATES,
        DATES.tz_localize("Europe/Zurich"),
        pd.period_range("2017-01", periods=80, freq="M"),
        pd.timedelta_range("0s", periods=80, freq="2s"),
        pd.RangeIndex(100, 260, 2),
        pd.Index(np.arange(80) / 4),
    ],
    ids=lambda index: type(index).__name__,
)
def test_the_rows_that_a_forecaster_remembers_are_its_history(index):
    series = pd.Series(SERIES[:, 0], index)
    display = drawn(ForecastDisplay.from_estimator(forecaster().fit(series.iloc[:-3])))
    (history,) = display.history_lines_
    np.testing.assert_allclose(history.get_ydata(), SERIES[65:77, 0])
    x = np.concatenate(
        [line.get_xdata(orig=False) for line in (history, display.line_)]
    )
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    if hasattr(index, "tz"):
        index = date2num(index)
    elif hasattr(index, "total_seconds"):
        index = index.total_seconds()
    np.testing.assert_allclose(x, index[65:])
    assert display.ax_.get_ylabel() == "Target"


def test_rows_without_an_index_are_counted_from_the_last_known_one():
    model = forecaster(loss="quantile", quantiles=(0.2, 0.5, 0.9)).fit(SERIES[:-3])
    display = drawn(ForecastDisplay.from_estimator(model, y_true=SERIES[-3:]))
    assert len(display.axes_) == 2
    interval = model.predict_interval(coverage=0.6)  # the most that was learned
    for i, panel in enumerate(display.axes_):
        expected = model.predict()[:, i]
        np.testing.assert_array_equal(display.lines_[i].get_ydata(), expected)
        np.testing.assert_array_equal(display.lines_[i].get_xdata(), [1, 2, 3])
        assert_band(display.bands_[i], [1, 2, 3], interval[:, i])
        history = display.history_lines_[i]
        np.testing.assert_array_equal(history.get_xdata(), np.arange(-11, 1))
        np.testing.assert_allclose(history.get_ydata(), SERIES[65:77, i])
        np.testing.assert_array_equal(
            display.truth_lines_[i].get_ydata(), SERIES[-3:, i]
        )
        assert panel.get_ylabel() == f"Target {i}"
    assert display.axes_[1].get_xlabel() == "Step after the last known row"
    assert "60 % interval" in texts(display.ax_.get_legend())


def test_the_hour_that_a_clock_repeats_is_two_hours_of_time():
    times = pd.date_range("2024-10-27", periods=6, freq="h", tz="Europe/Zurich")
    series = pd.Series(np.arange(6.0), times)  # 0, 1, 2, 2, 3 and 4 o'clock
    display = drawn(
        ForecastDisplay.from_predictions(
            series[4:], history=series[:4].tz_convert("UTC")
        )
    )
    lines = [display.history_lines_[0], display.line_]
    x = np.concatenate([line.get_xdata(orig=False) for line in lines])
    np.testing.assert_allclose(np.diff(24 * x), 1)
    clock = display.ax_.xaxis.get_major_formatter().format_data_short(x[-1])
    assert "04:00" in clock
    with pytest.raises(ValueError, match=r"history .* has, dates of a zone"):
        ForecastDisplay.from_predictions(
            series[4:], history=series[:4].tz_localize(None)
        )


def test_one_series_of_several_is_shown():
    panel = pd.concat({"a": TABLE[:-3], "b": 10 * TABLE[:-3]}, names=["city", "hour"])
    model = forecaster().fit(panel)
    for series in ("a", "b"):
        display = ForecastDisplay.from_estimator(model, series=series, history=panel)
        assert display.ax_.get_title() == f"RNNForecaster, series {series!r}"
        for i, name in enumerate(["load", "price"]):
            line, history = display.lines_[i], display.history_lines_[i]
            np.testing.assert_array_equal(
                line.get_ydata(), model.predict().loc[series, name]
            )
            np.testing.assert_array_equal(history.get_ydata(), panel.loc[series, name])
            interval = model.predict_interval().loc[series, name]
            assert_band(display.bands_[i], date2num(DATES[-3:]), interval)
    first = ForecastDisplay.from_estimator(model)
    np.testing.assert_allclose(first.history_lines_[0].get_ydata(), SERIES[65:77, 0])
    with pytest.raises(ValueError, match=r"series='c' is not in .*\['a', 'b'\]"):
        ForecastDisplay.from_predictions(model.predict(), series="c")
    with pytest.raises(ValueError, match=r"series='c' is not in the forecast"):
        ForecastDisplay.from_estimator(model, series="c")


def test_columns_known_ahead_and_rows_asked_for():
    table = TABLE.assign(ahead=np.arange(80.0))
    model = forecaster(known_future=["ahead"]).fit(table[:-5])
    display = ForecastDisplay.from_estimator(model, table[-5:], history=table[:-5])
    expected = model.predict(table[-5:])
    assert len(display.axes_) == 2
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), expected["price"])
    np.testing.assert_array_equal(
        display.history_lines_[1].get_ydata(), TABLE["price"][:-5]
    )
    further = forecaster().fit(TABLE["load"])
    display = ForecastDisplay.from_estimator(further, n_steps=7)
    expected = further.predict(n_steps=7)
    np.testing.assert_array_equal(display.line_.get_ydata(), expected)


@pytest.mark.parametrize("panel", [False, True])
def test_bands_end_with_the_horizon(panel):
    table = TABLE[["load"]]
    table = pd.concat({"a": table, "b": table}) if panel else table
    model = forecaster().fit(table)
    assert len(ForecastDisplay.from_estimator(model, n_steps=3).bands_) == 1
    assert ForecastDisplay.from_estimator(model, n_steps=4).bands_ == []
    with pytest.raises(ValueError, match=r"horizon=3 rows .* 4 rows ahead"):
        ForecastDisplay.from_estimator(model, n_steps=4, coverage=0.8)


def test_no_interval_where_none_is_learned_or_wanted():
    point = forecaster(loss="mse").fit(SERIES[:, 0])
    assert ForecastDisplay.from_estimator(point).bands_ == []
    with pytest.raises(AttributeError, match="no attribute 'predict_interval'"):
        ForecastDisplay.from_estimator(point, coverage=0.5)
    with pytest.raises(ValueError, match="coverage='80 %' must be"):
        ForecastDisplay.from_estimator(point, coverage="80 %")
    gaussian = forecaster().fit(SERIES[:, 0])
    assert ForecastDisplay.from_estimator(gaussian, coverage=None).bands_ == []


def test_a_single_row_is_seen():
    model = forecaster(horizon=1).fit(SERIES[:, 0])
    display = drawn(ForecastDisplay.from_estimator(model))
    assert display.line_.get_marker() == "o"
    assert display.bands_[0].get_linewidth()[0] > 0


def test_forecasts_are_drawn_where_the_user_says_and_how():
    _, axes = plt.subplots(2)
    display = ForecastDisplay.from_predictions(
        np.arange(6.0).reshape(3, 2),
        interval=np.zeros((3, 2, 2)),
        ax=axes,
        line_kw={"c": "red"},
        band_kw={"alpha": 0.5},
    )
    assert display.axes_ == list(axes)
    assert display.figure_ is axes[0].figure
    assert display.line_.get_color() == "red"
    assert display.bands_[0].get_alpha() == 0.5
    assert to_hex(display.bands_[0].get_facecolor()) == "#ff0000"
    with pytest.raises(ValueError, match="expected 2 matplotlib Axes"):
        ForecastDisplay.from_predictions(np.zeros((3, 2)), ax=axes[0])


LONG = {
    "dates": pd.date_range("2020", periods=2000, freq="D"),
    "zone": pd.date_range("2020", periods=2000, freq="D", tz="Europe/Berlin"),
    "periods": pd.period_range("1800", periods=2000, freq="M"),
    "deltas": pd.timedelta_range("1h", periods=2000, freq="h"),
    "numbers": pd.RangeIndex(2000),
}


@pytest.mark.parametrize("index", LONG.values(), ids=LONG)
@pytest.mark.parametrize("panel", [False, True])
def test_a_long_history_leaves_room_for_the_forecast(index, panel):
    rows = pd.Series(np.arange(2000.0), index)
    forecast, history = rows[1900:1914], rows[:1950]  # which goes on beyond its start
    if panel:
        forecast, history = (pd.concat({"a": x, "b": -x}) for x in (forecast, history))
    options = {"history": history, "series": "b" if panel else None}
    sign = -1 if panel else 1

    def drawn_rows(**more):
        display = ForecastDisplay.from_predictions(forecast, **options, **more)
        return sign * display.history_lines_[0].get_ydata()

    np.testing.assert_array_equal(drawn_rows(), np.arange(1900 - 56, 1950))
    np.testing.assert_array_equal(drawn_rows(n_history=5), np.arange(1895, 1950))
    np.testing.assert_array_equal(drawn_rows(n_history=None), np.arange(1950))


def test_rows_of_history_without_an_index_are_counted_back():
    display = ForecastDisplay.from_predictions(np.ones(2), history=np.arange(300.0))
    np.testing.assert_array_equal(
        display.history_lines_[0].get_ydata(), np.arange(280, 300)
    )
    for wrong in (0, -1, True, 2.5, "all"):
        with pytest.raises(ValueError, match=r"^n_history="):
            ForecastDisplay.from_predictions(np.ones(2), n_history=wrong)


def test_forecasts_that_do_not_go_together_are_refused():
    forecast = TABLE[-3:]
    refused = {
        "interval has the shape": {"interval": np.zeros((3, 2))},
        "history has no index": {"history": SERIES[:5]},
        "y_true has no index": {"y_true": TABLE.reset_index(drop=True)},
        "history has the columns": {"history": TABLE.assign(more=0)[["load"]]},
        "y_true has 4 rows without an index": {"y_true": np.zeros((4, 2))},
        "history has the shape": {"history": TABLE[:0]},
        "one series without a name": {"series": "a"},
        "coverage='x' must be a number": {"coverage": "x"},
        "coverage=90 must be a number": {"coverage": 90},
    }
    for message, options in refused.items():
        with pytest.raises(ValueError, match=message):
            ForecastDisplay.from_predictions(forecast, **options)
    for wrong in ([], "x", np.zeros((2, 2, 2)), [["a"]]):
        with pytest.raises(ValueError, match="forecast "):
            ForecastDisplay.from_predictions(wrong)
    with pytest.raises(TypeError, match="expected a forecaster of skseq"):
        ForecastDisplay.from_estimator(RNNRegressor())
    with pytest.raises(NotFittedError):
        ForecastDisplay.from_estimator(forecaster())


# Labels of steps --------------------------------------------------------------

PROBA = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.0, 0.0, 1.0]])


def heights(area):
    values, _, baseline = area.get_data()
    return values - baseline


def test_areas_are_as_high_as_probabilities_and_stand_on_one_another():
    display = drawn(StepProbabilityDisplay.from_predictions(PROBA, ["x", "y", "z"]))
    found = np.column_stack([heights(area) for area in display.areas_])
    np.testing.assert_allclose(found, PROBA, atol=1e-15)
    for area, above in zip(display.areas_, display.areas_[1:], strict=False):
        np.testing.assert_allclose(area.get_data().values, above.get_data().baseline)
    np.testing.assert_array_equal(
        display.areas_[0].get_data().edges, np.arange(4) - 0.5
    )
    assert display.truths_ is None
    assert texts(display.ax_.get_legend()) == ["z", "y", "x"]


def test_true_labels_stand_above_in_the_same_colours():
    display = drawn(
        StepProbabilityDisplay.from_predictions(
            PROBA, ["x", "y", "z"], y_true=["x", "z", "x"], index=DATES[:3]
        )
    )
    shown = [np.isfinite(strip.get_data().values) for strip in display.truths_]
    np.testing.assert_array_equal(
        np.transpose(shown), [[1, 0, 0], [0, 0, 1], [1, 0, 0]]
    )
    for area, strip in zip(display.areas_, display.truths_, strict=True):
        assert area.get_facecolor() == strip.get_facecolor()
    hours = date2num(DATES[:3])
    np.testing.assert_allclose(
        display.areas_[0].get_data().edges, [*(hours - 1 / 48), hours[2] + 1 / 48]
    )
    assert display.ax_.get_xlabel() == "hour"


@pytest.mark.parametrize(
    "layout",
    [
        lambda x: x,
        lambda x: [sequence[: 3 + i % 5] for i, sequence in enumerate(x)],
        lambda x: SequenceArray.from_array(x),
    ],
    ids=["array", "ragged", "SequenceArray"],
)
def test_a_tagger_shows_the_sequence_that_is_asked_for(layout):
    data = layout(X)
    y = [np.where(x[:, 0] > 0, "up", "down") for x in data]
    model = make_pipeline(RNNTagger(**QUICK).fit(data, y))
    display = StepProbabilityDisplay.from_estimator(model, data, y, instance=4)
    expected = model.predict_proba(data)[4]
    found = np.column_stack([heights(area) for area in display.areas_])
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(display.y_true, y[4])
    assert display.ax_.get_title() == "Pipeline, sequence 4"
    assert texts(display.ax_.get_legend()) == ["up", "down"]
    with pytest.raises(ValueError, match="instance=30 is no position in X"):
        StepProbabilityDisplay.from_estimator(model, data, instance=30)


def test_a_tagger_shows_an_instance_of_a_panel_over_its_times():
    panel = pd.concat({"a": TABLE[:6], "b": TABLE[6:10]}, names=["city", "hour"])
    y = pd.Series(np.where(panel["load"] > 0, "up", "down"), panel.index)
    y.iloc[0], y.iloc[1] = "up", "down"
    model = RNNTagger(**QUICK).fit(panel, y)
    display = drawn(
        StepProbabilityDisplay.from_estimator(model, panel, y, instance="b")
    )
    found = np.column_stack([heights(area) for area in display.areas_])
    np.testing.assert_allclose(found, model.predict_proba(panel).loc["b"])
    np.testing.assert_array_equal(display.y_true, y.loc["b"])
    edges = display.areas_[0].get_data().edges
    np.testing.assert_allclose((edges[1:] + edges[:-1]) / 2, date2num(DATES[6:10]))
    first = StepProbabilityDisplay.from_estimator(model, panel)
    assert len(first.proba) == 6
    with pytest.raises(ValueError, match="instance='c' is not in X"):
        StepProbabilityDisplay.from_estimator(model, panel, instance="c")


def test_as_many_colours_as_classes():
    for n in (2, 6, 7, 40):
        display = StepProbabilityDisplay.from_predictions(np.eye(n), np.arange(n))
        assert len({area.get_facecolor() for area in display.areas_}) == n


def test_what_are_no_probabilities_is_refused():
    for proba, message in (
        (PROBA * 2, "every row sums to one"),
        (PROBA - 1, "every row sums to one"),
        (PROBA * np.nan, "every row sums to one"),
        (PROBA[:, :2], r"shape \(3, 2\)"),
        (PROBA[0], r"shape \(3,\)"),
        (PROBA[:0], r"shape \(0, 3\)"),
    ):
        with pytest.raises(ValueError, match=message):
            StepProbabilityDisplay.from_predictions(proba, [0, 1, 2])
    for name in ("y_true", "index"):
        with pytest.raises(ValueError, match=f"{name} has 2 entries for 3"):
            StepProbabilityDisplay.from_predictions(PROBA, [0, 1, 2], **{name: [0, 1]})


def test_a_legend_names_the_most_probable_of_many_classes():
    proba = np.arange(60) / np.arange(60).sum()
    names = [f"a class whose name is rather long {i}" for i in range(60)]
    display = drawn(StepProbabilityDisplay.from_predictions([proba], names))
    shown = texts(display.ax_.get_legend())
    assert len(shown) == 40
    assert shown[0] == "a class whose n…rather long 59"
    display = drawn(StepProbabilityDisplay.from_predictions([proba], range(60)))
    assert texts(display.ax_.get_legend()) == [str(i) for i in range(59, 19, -1)]


# Anomalies --------------------------------------------------------------------


class Known(BaseEstimator):
    """A detector whose answers are known."""

    offset_ = -2.0

    def fit(self, X):
        return self

    def score_samples(self, X):
        return np.array([-1.0, -3.0, -0.5, -2.5])


def test_oddity_threshold_and_outliers():
    values = pd.Series([5.0, 6.0, 7.0, 8.0], DATES[:4], name="load")
    display = drawn(AnomalyDisplay.from_estimator(Known(), values, [1, -1, -1, 1]))
    np.testing.assert_array_equal(display.line_.get_ydata(), [1, 3, 0.5, 2.5])
    np.testing.assert_array_equal(display.line_.get_xdata(orig=True), DATES[:4])
    np.testing.assert_array_equal(display.threshold_line_.get_ydata(), [2, 2])
    np.testing.assert_array_equal(display.value_lines_[0].get_ydata(), values)
    of_values, of_oddity = display.outliers_
    np.testing.assert_array_equal(of_values.get_ydata(), [6, 8])
    np.testing.assert_array_equal(of_oddity.get_ydata(), [3, 2.5])
    np.testing.assert_array_equal(of_oddity.get_xdata(orig=True), DATES[[1, 3]])
    assert len(display.truths_) == 2
    for truth in display.truths_:
        shown = np.isfinite(truth.get_data().values)
        np.testing.assert_array_equal(shown, [False, True, True, False])
    assert [panel.get_ylabel() for panel in display.axes_] == ["load", "Oddity"]
    labels = ["true outlier", "oddity", "threshold", "2 rows beyond it"]
    assert texts(display.ax_.get_legend()) == labels
    assert display.axes_[0].get_title() == "Known"


def test_marks_are_the_outliers_that_a_detector_predicts():
    model = RNNForecaster(window_length=12, channels="joint", **QUICK)
    detector = SequenceAnomalyDetector(model, contamination=0.1).fit(SERIES)
    display = drawn(AnomalyDisplay.from_estimator(detector, SERIES))
    scores = detector.score_samples(SERIES)
    np.testing.assert_array_equal(display.line_.get_ydata(), -scores)
    odd = np.flatnonzero(detector.predict(SERIES) == -1)
    np.testing.assert_array_equal(display.outliers_[-1].get_xdata(), odd)
    for line, column in zip(display.value_lines_, SERIES.T, strict=True):
        standardised = (column - column.mean()) / column.std()
        np.testing.assert_allclose(line.get_ydata(), standardised)


def test_categories_that_a_detector_reads_are_not_drawn():
    names = np.where(np.arange(len(SERIES)) % 7, "usual", "fair")
    table = pd.DataFrame({"day": names, "load": SERIES[:, 0]})
    model = RNNForecaster(window_length=12, known_future=["day"], **QUICK)
    detector = SequenceAnomalyDetector(model).fit(table)
    display = drawn(AnomalyDisplay.from_estimator(detector, table))
    (line,) = display.value_lines_
    np.testing.assert_array_equal(line.get_ydata(), SERIES[:, 0])


def test_other_detectors_and_values_of_one_kind_only():
    forest = IsolationForest(random_state=0).fit(SERIES)
    display = AnomalyDisplay.from_estimator(forest, SERIES)
    odd = np.flatnonzero(forest.predict(SERIES) == -1)
    np.testing.assert_array_equal(display.outliers_[-1].get_xdata(), odd)
    constant = AnomalyDisplay.from_predictions(
        [-1.0, -3.0], -2, values=[[1.0, 2.0], [1.0, 4.0]]
    )
    assert [line.get_ydata().tolist() for line in constant.value_lines_] == [
        [0, 0],
        [-1, 1],
    ]


def test_scores_alone():
    updated = pd.Series([0.5, -1.0], DATES[:2])
    display = drawn(AnomalyDisplay.from_predictions(updated, 0))
    assert display.axes_ == [display.ax_]
    assert display.value_lines_ == display.truths_ == []
    np.testing.assert_array_equal(display.outliers_[0].get_xdata(orig=True), DATES[1:2])
    _, ax = plt.subplots()
    values = TABLE["load"][:4]
    display = AnomalyDisplay.from_estimator(
        Known(), values, ax=ax, line_kw={"color": "k"}, outlier_kw={"ms": 9}
    )
    assert display.axes_ == [ax]
    assert display.line_.get_color() == "k"
    assert display.outliers_[0].get_markersize() == 9


def test_long_names_of_columns_leave_room_for_the_lines():
    table = pd.DataFrame(SERIES[:, [0, 1, 0, 1]])
    table.columns = [f"a column whose name is very long {i}" for i in range(4)]
    scores = -np.arange(80.0)
    display = drawn(AnomalyDisplay.from_predictions(scores, -78.5, values=table))
    names = texts(display.axes_[0].get_legend())
    assert names == [f"a column whose …is very long {i}" for i in range(4)]
    assert display.axes_[0].get_window_extent().width > 400
    assert "1 row beyond it" in texts(display.ax_.get_legend())


def test_scores_that_do_not_go_together_are_refused():
    for scores, options, message in (
        ([[1.0]], {}, r"scores has the shape \(1, 1\)"),
        ([], {}, r"scores has the shape \(0,\)"),
        ([1.0, 2.0], {"values": [1.0]}, "values has 1 rows for 2 scores"),
        ([1.0, 2.0], {"y_true": [1]}, "y_true has 1 rows for 2 scores"),
        ([1.0, 2.0], {"y_true": np.ones((2, 2))}, "y_true has 4 rows for 2 scores"),
        ([1.0, 2.0], {"values": np.ones((2, 2, 2))}, "values has the shape"),
        ([1.0, 2.0], {"y_true": [0, 1]}, "-1 for outliers"),
        ([1.0, 2.0], {"threshold": "x"}, "threshold='x' must be a number"),
        ([1.0, 2.0], {"threshold": np.nan}, "threshold=nan must be a number"),
    ):
        with pytest.raises(ValueError, match=message):
            AnomalyDisplay.from_predictions(scores, **{"threshold": 0, **options})
    with pytest.raises(NotFittedError):
        AnomalyDisplay.from_estimator(SequenceAnomalyDetector(), SERIES)
    pipeline = make_pipeline(IsolationForest(n_estimators=2))  # hides the threshold
    for other in (RNNClassifier(**QUICK).fit(X, CLASSES), pipeline.fit(SERIES)):
        with pytest.raises(TypeError, match="expected a detector, with score_samples"):
            AnomalyDisplay.from_estimator(other, SERIES)


@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_what_has_no_probabilities_per_step_is_no_tagger(cls):
    with pytest.raises(TypeError, match="expected a tagger"):
        StepProbabilityDisplay.from_estimator(cls(), X)


# Importances ------------------------------------------------------------------

IMPORTANCES = np.array([[0.0, 0.1], [0.3, 0.0], [0.6, 0.05]])


def test_a_heat_map_has_a_row_per_feature_and_starts_at_zero():
    display = drawn(
        ImportanceDisplay.from_importances(
            IMPORTANCES, feature_names=["load", "price"], importance_name="R²"
        )
    )
    np.testing.assert_array_equal(display.image_.get_array(), IMPORTANCES.T)
    assert display.image_.get_clim() == (0, 0.6)
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == ["load", "price"]
    assert display.ax_.get_xlabel() == "Time step"
    assert display.colorbar_.ax.get_ylabel() == "R²"


def test_zero_is_white_between_gains_and_losses():
    display = ImportanceDisplay.from_importances([[0.1, -0.3]])
    assert display.image_.get_clim() == (-0.3, 0.3)
    assert to_hex(display.image_.cmap(display.image_.norm(0))) == "#f7f6f6"


def test_a_result_brings_its_names():
    result = Bunch(
        importances_mean=IMPORTANCES, steps=np.array([0, 5, 10]), feature_names=None
    )
    display = drawn(ImportanceDisplay.from_importances(result))
    np.testing.assert_array_equal(display.image_.get_array(), IMPORTANCES.T)
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names == ["0", "5", "10"]


def test_long_axes_name_some_of_their_entries():
    result = ImportanceDisplay.from_importances(
        np.ones((100, 1)), timesteps=[f"t{i}" for i in range(100)]
    )
    drawn(result)
    ticks = result.ax_.get_xticks()
    labels = [label.get_text() for label in result.ax_.get_xticklabels()]
    inside = (ticks >= 0) & (ticks < 100)
    assert 1 < inside.sum() < 15
    for tick, label, is_inside in zip(ticks, labels, inside, strict=True):
        assert label == (f"t{tick:.0f}" if is_inside else "")


def test_names_of_steps_do_not_overlap():
    display = drawn(
        ImportanceDisplay.from_importances(
            IMPORTANCES[[0, 1, 2] * 8], timesteps=DATES[:24]
        )
    )
    boxes = [
        label.get_window_extent()
        for label in display.ax_.get_xticklabels()
        if label.get_text()
    ]
    assert len(boxes) > 3
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_a_single_step_has_a_single_tick():
    display = drawn(ImportanceDisplay.from_importances([[1.0, 2.0]]))
    ticks = display.ax_.get_xticks()
    np.testing.assert_array_equal(ticks[np.abs(ticks) <= 0.5], [0])


def test_unknown_importances_are_grey_and_style_is_the_users():
    _, ax = plt.subplots()
    display = ImportanceDisplay.from_importances(
        [[np.nan, 1.0]], ax=ax, colorbar=False, image_kw={"cmap": "viridis", "vmax": 2}
    )
    np.testing.assert_array_equal(
        np.ma.getmaskarray(display.image_.get_array()), [[True], [False]]
    )
    assert display.ax_ is ax
    assert display.colorbar_ is None
    assert display.image_.get_cmap().name == "viridis"
    assert display.image_.get_clim() == (0, 2)
    assert to_hex(display.ax_.get_facecolor()) == "#cccccc"


def test_importances_that_are_no_table_are_refused():
    for wrong in ([1.0, 2.0], [[np.inf]], [[np.nan]], np.zeros((0, 2)), [["a"]]):
        with pytest.raises(ValueError, match=r"^importances "):
            ImportanceDisplay.from_importances(wrong)
    for name in ("timesteps", "feature_names"):
        with pytest.raises(ValueError, match=f"{name} has 5 entries"):
            ImportanceDisplay.from_importances(IMPORTANCES, **{name: range(5)})


NAMES = [f"sensor {chr(97 + i)}" for i in range(26)]


@pytest.mark.parametrize("n", [26, 60])
def test_every_feature_of_a_new_figure_has_its_name(n):
    table = np.random.default_rng(1).random((20, n))
    names = [f"a rather long name of a feature, number {i}" for i in range(n)]
    display = drawn(ImportanceDisplay.from_importances(table, feature_names=names))
    labels = display.ax_.get_yticklabels()
    assert [label.get_text()[-3:] for label in labels] == [x[-3:] for x in names]
    boxes = [label.get_window_extent() for label in labels]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_the_most_important_of_too_many_features_have_names():
    table = np.random.default_rng(1).random((20, 300))
    table[3, [17, 19, 250]] = 9, 8, -10
    ax = plt.figure(layout="constrained").subfigures(1, 2)[0].subplots()
    display = drawn(ImportanceDisplay.from_importances(table, ax=ax))
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert {"17", "250"} <= set(labels)
    assert "19" not in labels  # there is no room beside 17
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert len(boxes) > 8
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


class Weights(BaseEstimator):
    """Answers by the last step and the second feature alone."""

    def fit(self, X, y=None):
        return self

    def score(self, X, y):
        return -np.mean((np.asarray(X)[:, -1, 1] - y) ** 2)


def test_importances_by_feature_are_bars():
    table = np.random.default_rng(1).normal(size=(40, 3, 26))
    result = permutation_importance(
        Weights(), table, table[:, -1, 1], by="feature", n_repeats=2, random_state=0
    )
    display = drawn(ImportanceDisplay.from_importances(result, feature_names=NAMES))
    assert display.image_ is None
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert sorted(labels) == NAMES
    assert labels[-1] == "sensor b"  # above
    widths = [bar.get_width() for bar in display.bars_]
    np.testing.assert_allclose(widths, np.sort(result.importances_mean[0]))
    assert display.bars_.errorbar is not None
    assert display.ax_.get_xlabel() == "Importance"
    assert "step" not in display.ax_.get_ylabel()


def test_bars_on_given_axes_have_names_where_there_is_room():
    table = np.random.default_rng(1).random((1, 40))
    ax = plt.figure(figsize=(8, 3), layout="constrained").subplots(1, 2)[0]
    display = drawn(ImportanceDisplay.from_importances(table, by="feature", ax=ax))
    labels = display.ax_.get_yticklabels()
    assert labels[-1].get_text() == str(table.argmax())
    boxes = [label.get_window_extent() for label in labels]
    assert len(boxes) > 5
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_importances_of_a_frame_bring_its_columns():
    frame = pd.DataFrame([[0.1, 0.2], [0.3, 0.4]], columns=["pulse", "rate"])
    display = drawn(ImportanceDisplay.from_importances(frame))
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["pulse", "rate"]


def test_importances_by_step_are_bars_over_time():
    table = np.random.default_rng(1).normal(size=(40, 12, 2))
    result = permutation_importance(
        Weights(), table, table[:, -1, 1], by="step", step_size=3, random_state=0
    )
    display = drawn(ImportanceDisplay.from_importances(result))
    heights = [bar.get_height() for bar in display.bars_]
    np.testing.assert_allclose(heights, result.importances_mean[:, 0])
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["0", "3", "6", "9"]
    assert display.ax_.get_ylabel() == "Importance"


def test_bars_of_very_many_features_are_the_most_important():
    table = np.arange(200.0)[None]
    table[0, 7] = np.nan
    display = drawn(
        ImportanceDisplay.from_importances(table, by="feature", bar_kw={"color": "red"})
    )
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [str(i) for i in range(140, 200)]
    assert "140 least" in display.ax_.get_ylabel()
    assert to_hex(display.bars_[0].get_facecolor()) == "#ff0000"


def test_bars_need_one_row_or_one_column():
    for by in ("feature", "step", "time"):
        with pytest.raises(ValueError, match=rf"^by='{by}' with importances of shape"):
            ImportanceDisplay.from_importances(IMPORTANCES, by=by)


# At home in scikit-learn and matplotlib -----------------------------------------


@pytest.mark.parametrize("cls", [RNNClassifier, CNNClassifier])
def test_scikit_learns_roc_curve_takes_classifiers_of_sequences(cls):
    model = cls(**QUICK).fit(X, CLASSES)
    display = RocCurveDisplay.from_estimator(model, X, CLASSES, pos_label="b")
    scores = model.predict_proba(X)[:, 1]
    false, true, _ = roc_curve(CLASSES, scores, pos_label="b")
    np.testing.assert_allclose(display.line_.get_xdata(), false)
    np.testing.assert_allclose(display.line_.get_ydata(), true)
    assert display.roc_auc == pytest.approx(roc_auc_score(CLASSES == "b", scores))


def test_without_matplotlib_an_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    model = RNNClassifier(**QUICK).fit(X, CLASSES)
    for show in (
        lambda: TrainingCurveDisplay.from_estimator(model),
        lambda: TrainingCurveDisplay(loss_curve=[1.0]).plot(),
        lambda: ForecastDisplay.from_predictions([1.0]),
        lambda: StepProbabilityDisplay.from_predictions(PROBA, [0, 1, 2]),
        lambda: AnomalyDisplay.from_predictions([1.0], 0),
        lambda: ImportanceDisplay.from_importances(IMPORTANCES),
    ):
        with pytest.raises(ImportError, match=r"pip install 'skseq\[plots\]'"):
            show()
