import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import RNNRegressor
from skseq.model_selection import ContextTimeSeriesSplit, context_scorer
from skseq.preprocessing import SlidingWindow

LAZY = "windows are a SequenceArray: as an array they would take many times the memory"
CAUSAL = "a window holds the rows before its row, so other rows make another window"


def expected_failures(transformer):
    checks = {"check_array_api_input": LAZY}
    if transformer.window_length > 1:
        checks["check_methods_subset_invariance"] = CAUSAL
        checks["check_methods_sample_order_invariance"] = CAUSAL
    return checks


@parametrize_with_checks(
    [SlidingWindow(), SlidingWindow(window_length=3)],
    expected_failed_checks=expected_failures,
)
def test_sklearn_checks(estimator, check):
    check(estimator)


def test_windows_by_hand():
    table = np.array([[1.0, -1], [2, -2], [3, -3], [4, -4]])
    windows = SlidingWindow(window_length=2).fit_transform(table)
    assert windows.lengths.tolist() == [1, 2, 2, 2]
    assert windows.complete.tolist() == [False, True, True, True]
    assert [w.tolist() for w in windows][2] == [[2, -2], [3, -3]]
    lagged = SlidingWindow(window_length=2, lag=1).fit_transform(table)
    assert lagged.lengths.tolist() == [0, 1, 2, 2]
    assert [w[:, 0].tolist() for w in lagged] == [[], [1], [1, 2], [2, 3]]
    assert np.isnan(np.asarray(lagged)[:2]).sum() == 2 * (2 + 1)


def test_the_table_is_not_copied():
    table = np.random.RandomState(0).randn(1000, 5)
    windows = SlidingWindow(window_length=100).fit_transform(table)
    assert np.shares_memory(windows.values, table)
    assert windows.shape == (1000, 100, 5)
    assert len(pickle.dumps(windows)) < 1.5 * table.nbytes


def test_memory_is_that_of_the_table():
    table = np.random.RandomState(0).randn(100_000, 8)
    tracemalloc.start()
    try:
        windows = SlidingWindow(window_length=168).fit_transform(table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert windows.shape == (100_000, 168, 8)
    assert peak < 2 * table.nbytes


INDICES = {
    "range": pd.RangeIndex(10),
    "numbers": pd.Index(np.arange(0.0, 5.0, 0.5)),
    "days": pd.date_range("2024-02-25", periods=10),
    "days without frequency": pd.DatetimeIndex(
        pd.date_range("2024-02-25", periods=10).values
    ),
    "months": pd.date_range("2024-01-31", periods=10, freq="ME"),
    "periods": pd.period_range("2024-01", periods=10, freq="M"),
    "months without frequency": pd.DatetimeIndex(
        pd.date_range("2024-01-31", periods=10, freq="ME").values
    ),
    "business days without frequency": pd.DatetimeIndex(
        pd.bdate_range("2024-01-01", periods=10).values
    ),
    "tenths": pd.Index(np.arange(10) * 0.1),
}


@pytest.mark.parametrize("kind", INDICES)
def test_rows_that_continue_the_training_rows_know_them(kind):
    frame = pd.DataFrame({"a": np.arange(10.0)}, index=INDICES[kind])
    step = SlidingWindow(window_length=3, lag=1).fit(frame.iloc[:6])
    whole = np.asarray(SlidingWindow(window_length=3, lag=1).fit_transform(frame))
    np.testing.assert_array_equal(step.transform(frame.iloc[6:]), whole[6:])
    np.testing.assert_array_equal(step.transform(frame.iloc[:6]), whole[:6])
    after_gap = step.transform(frame.iloc[7:])
    assert after_gap.lengths.tolist() == [0, 1, 2]


def test_an_index_of_another_kind_continues_nothing():
    frame = pd.DataFrame({"a": np.arange(6.0)})
    step = SlidingWindow(window_length=3).fit(frame)
    dates = frame.set_axis(pd.date_range("2024", periods=6))
    assert step.transform(dates).lengths[0] == 1
    words = pd.DataFrame({"a": [1.0, 2.0]}, index=["u", "v"])
    assert SlidingWindow(window_length=3).fit(words).transform(words).lengths[0] == 1


@pytest.mark.parametrize("index", [[3, 4, 5, 0, 1, 2], [0] * 6, [5, 4, 3, 2, 1, 0]])
def test_a_disordered_index_continues_nothing(index):
    frame = pd.DataFrame({"a": np.arange(6.0)}, index=index)
    windows = SlidingWindow(window_length=3).fit_transform(frame)
    assert windows.lengths.tolist() == [1, 2, 3, 3, 3, 3]


def test_a_hole_is_not_taken_for_a_step():
    """After Monday the 8th a fold cannot start on Thursday, three days later."""
    days = pd.DatetimeIndex(pd.bdate_range("2024-01-01", periods=10).values)
    frame = pd.DataFrame({"a": np.arange(10.0)}, index=days)
    step = SlidingWindow(window_length=3).fit(frame[:6])
    assert step.transform(frame[8:]).lengths[0] == 1
    irregular = frame.iloc[[0, 1, 4]]
    assert SlidingWindow(3).fit(irregular).transform(frame[7:]).lengths[0] == 1


def test_positions_of_a_range_continue_it():
    frame = pd.DataFrame({"a": np.arange(14.0)})
    step = SlidingWindow(window_length=3).fit(frame[:10])
    assert step.transform(frame.iloc[[10, 11, 13]]).lengths[0] == 3


def test_windows_never_cross_series():
    index = pd.MultiIndex.from_product([["x", "y"], range(4)])
    frame = pd.DataFrame({"a": np.arange(8.0)}, index=index)
    step = SlidingWindow(window_length=3)
    windows = step.fit_transform(frame)
    assert windows.lengths.tolist() == [1, 2, 3, 3] * 2
    assert windows[4].tolist() == [[4]]
    later = pd.DataFrame(
        {"a": [100.0, 101, 200]},
        index=pd.MultiIndex.from_tuples([("y", 4), ("y", 5), ("z", 4)]),
    )
    assert [w[:, 0].tolist() for w in step.transform(later)] == [
        [6, 7, 100],
        [7, 100, 101],
        [200],
    ]


# A probe whose answer is known: the target is a column, eleven rows ago. ----------

rng = np.random.RandomState(0)
N, LAG = 600, 11
TABLE = rng.randn(N, 2)
TARGET = np.r_[np.zeros(LAG), TABLE[:-LAG, 0]]


class LinearOfWindows(LinearRegression):
    """Unknown steps become zero, which costs a linear model its R² of 1."""

    def fit(self, X, y):
        return super().fit(self._flatten(X)[X.complete], y[X.complete])

    def predict(self, X):
        return super().predict(self._flatten(X))

    def _flatten(self, X):
        return np.nan_to_num(np.asarray(X)).reshape(len(X), -1)


def probe(window_length=LAG + 1):
    return make_pipeline(
        StandardScaler(), SlidingWindow(window_length), LinearOfWindows()
    )


def test_the_probe_needs_the_context_at_the_start_of_a_test_fold():
    cv = TimeSeriesSplit(5)
    plain = cross_val_score(probe(), TABLE, TARGET, cv=cv)
    assert plain.max() < 0.99
    frame = pd.DataFrame(TABLE, columns=["a", "b"])
    by_index = cross_val_score(
        probe().set_output(transform="pandas"), frame, TARGET, cv=cv
    )
    np.testing.assert_allclose(by_index, 1)
    by_split = cross_val_score(
        probe(),
        TABLE,
        TARGET,
        cv=ContextTimeSeriesSplit(5, context=LAG),
        scoring=context_scorer("r2", LAG),
    )
    np.testing.assert_allclose(by_split, 1)


def test_a_search_over_windows_finds_the_truth():
    search = GridSearchCV(
        probe(),
        {"slidingwindow__window_length": [4, 8, 12, 16]},
        cv=ContextTimeSeriesSplit(3, context=15),
        scoring=context_scorer("r2", 15),
    ).fit(TABLE, TARGET)
    scores = search.cv_results_["mean_test_score"]
    assert scores[2] == pytest.approx(1)
    assert scores[:2].max() < 0.3
    assert scores[2] >= scores[3] - 1e-3


def test_the_future_never_changes_the_past():
    model = make_pipeline(
        StandardScaler(), SlidingWindow(12), RNNRegressor(max_epochs=1, random_state=0)
    ).fit(TABLE[:300], TARGET[:300])
    changed = TABLE[300:].copy()
    changed[200:] += 100
    before, after = model.predict(TABLE[300:]), model.predict(changed)
    np.testing.assert_allclose(after[:200], before[:200], rtol=1e-5)
    assert np.abs(after[200:] - before[200:]).max() > 0.01


def test_a_network_in_a_pipeline_and_a_search():
    """The probe again, with the network that learns from complete windows only."""
    x = rng.randn(400, 1)
    y = np.r_[0, 0, x[:-2, 0]]
    pipeline = make_pipeline(
        StandardScaler(),
        SlidingWindow(),
        RNNRegressor(hidden_size=16, max_epochs=20, lr=0.02, random_state=0),
    )
    search = GridSearchCV(
        pipeline,
        {"slidingwindow__window_length": [1, 3], "rnnregressor__cell": ["rnn", "gru"]},
        cv=TimeSeriesSplit(2),
    ).fit(x, y)
    assert search.best_params_["slidingwindow__window_length"] == 3
    assert search.best_score_ > 0.9
    assert len(search.predict(x)) == 400


def test_fewer_rows_than_a_window():
    model = make_pipeline(SlidingWindow(50), RNNRegressor(max_epochs=1))
    with pytest.raises(ValueError, match="30 windows, none of which has all 50 steps"):
        model.fit(TABLE[:30], TARGET[:30])


def test_a_lag_is_respected_by_a_network():
    """Rows within the lag have no window at all and are predicted nevertheless."""
    model = make_pipeline(
        SlidingWindow(3, lag=5), RNNRegressor(max_epochs=1, random_state=0)
    )
    model.fit(TABLE[:100], TARGET[:100])
    predicted = model.predict(TABLE[:20])
    assert np.isfinite(predicted).all()
    assert len(set(predicted[:5].round(12))) == 1
    changed = TABLE[:20].copy()
    changed[15:] += 9  # too late for any row
    np.testing.assert_allclose(model.predict(changed), predicted, rtol=1e-5)


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both", None])
def test_rows_without_any_window_can_be_predicted_alone(normalize):
    network = RNNRegressor(max_epochs=1, normalize=normalize, random_state=0)
    model = make_pipeline(SlidingWindow(3, lag=2), network)
    model.fit(TABLE[:100], TARGET[:100])
    together = model.predict(TABLE[:5])
    np.testing.assert_allclose(model.predict(TABLE[:1]), together[:1])


def test_folds_with_empty_windows_can_be_pickled():
    windows = SlidingWindow(2, lag=1).fit_transform(np.arange(10.0)[:, None])
    for part in (windows[[0, 5, 6]], windows[:1], windows[[0]].compact()):
        again = pickle.loads(pickle.dumps(part))
        np.testing.assert_array_equal(np.asarray(again), np.asarray(part))


@pytest.mark.parametrize(
    ("options", "match"),
    [({"window_length": 0}, "'window_length'"), ({"lag": -1}, "'lag'")],
)
def test_bad_parameters(options, match):
    with pytest.raises(ValueError, match=match):
        clone(SlidingWindow()).set_params(**options).fit(TABLE)


@pytest.mark.parametrize("params", [{"lag": None}, {"window_length": 0}])
def test_parameters_that_were_set_after_the_fit_are_checked(params):
    table = np.ones((5, 1))
    windows = SlidingWindow(window_length=2).fit(table).set_params(**params)
    with pytest.raises(ValueError, match=next(iter(params))):
        windows.transform(table)


def test_a_window_longer_than_an_index_counts_is_refused():
    with pytest.raises(ValueError, match="window_length"):
        SlidingWindow(10**30).fit(np.arange(5.0))


def test_a_fit_that_fails_leaves_windows_as_they_were():
    table = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0)})
    window = SlidingWindow(3).fit(table)
    before = vars(window).copy()
    with pytest.raises(ValueError, match="X: Expected 2D array"):
        window.fit(-1)
    assert vars(window) == before
