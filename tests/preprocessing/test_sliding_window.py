import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import RNNRegressor
from skseq.model_selection import ContextTimeSeriesSplit, context_scorer
from skseq.persistence import load, save
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
    "last Fridays": pd.DatetimeIndex(
        pd.date_range("2023-03-01", periods=10, freq="LWOM-FRI").values
    ),
    "bytes": pd.Index(np.arange(250, 260).astype(np.uint16)),
    "tenths": pd.Index(np.arange(10) * 0.1),
}


@pytest.mark.parametrize("kind", INDICES)
def test_rows_that_continue_the_training_rows_know_them(kind):
    frame = pd.DataFrame({"a": np.arange(10.0)}, index=INDICES[kind])
    step = SlidingWindow(window_length=3, lag=1).fit(frame.iloc[:6])
    whole = np.asarray(SlidingWindow(window_length=3, lag=1).fit_transform(frame))
    np.testing.assert_array_equal(step.transform(frame.iloc[6:]), whole[6:])
    np.testing.assert_array_equal(step.transform(frame.iloc[:6]), whole[:6])
    with pytest.raises(ValueError, match=r"None of the 3 row.*update.*Context"):
        step.transform(frame.iloc[7:])  # behind a gap
    for row in range(6, 10):  # one by one
        found = np.asarray(step.transform(frame.iloc[[row]]))
        np.testing.assert_array_equal(found, whole[[row]])
        assert step.update(frame.iloc[[row]]) is step


def test_bytes_go_on_behind_their_end():
    index = pd.Index(np.arange(250, 256), dtype=np.uint8)
    step = SlidingWindow(window_length=3).fit(pd.DataFrame({"a": range(6)}, index))
    assert step.transform(pd.DataFrame({"a": [0]}, [256])).lengths[0] == 3
    with pytest.raises(
        ValueError, match="starts at 0, while the rows known end at 255"
    ):
        step.transform(pd.DataFrame({"a": [0]}, [0]))


def test_a_short_series_goes_on_as_its_panel_does():
    days = pd.bdate_range("2024-01-01", periods=11)
    series = {"long": pd.DataFrame({"a": range(10)}, days[:10])}
    series["short"] = series["long"][5:]  # from Monday to Friday
    step = SlidingWindow(window_length=3).fit(pd.concat(series))
    later = pd.concat({"short": pd.DataFrame({"a": [0]}, days[10:])})
    assert step.transform(later).lengths[0] == 3


def test_an_index_of_another_kind_continues_nothing():
    frame = pd.DataFrame({"a": np.arange(6.0)})
    step = SlidingWindow(window_length=3).fit(frame)
    dates = frame.set_axis(pd.date_range("2024", periods=6))
    assert step.transform(dates).lengths[0] == 1
    words = pd.DataFrame({"a": [1.0, 2.0]}, index=["u", "v"])
    assert SlidingWindow(window_length=3).fit(words).transform(words).lengths[0] == 1


DAYS = pd.date_range("2024-06-01", periods=6)
DISORDER = {
    "shuffled rows": pd.Index([3, 4, 5, 0, 1, 2]),
    "one number": pd.Index([0] * 6),
    "falling range": pd.RangeIndex(6)[::-1],
    "small integers": pd.Index([5, 4, 3, 2, 1, 0], dtype="uint8"),
    "a repeated float": pd.Index([0, 0.5, 0.5, 1, 2, 3]),
    "a missing number": pd.Index([0, 1, np.nan, 3, 4, 5]),
    "nullable": pd.Index([0, 2, 1, 3, 4, 5], dtype="Int64"),
    "newest first": DAYS[::-1],
    "a repeated day": DAYS.repeat(2)[:6],
    "a missing day": DAYS.where(DAYS.day != 3),
    "a zone": DAYS.tz_localize("Europe/Berlin")[::-1],
    "periods": DAYS.to_period("D")[::-1],
    "time spans": (DAYS - DAYS[0])[::-1],
    "objects": pd.Index(DAYS.date[::-1]),
    "written": pd.Index([f"2024-06-0{i}" for i in (6, 5, 4, 3, 2, 1)]),
    "categories": pd.CategoricalIndex(DAYS[::-1]),
}


@pytest.mark.parametrize("kind", DISORDER)
def test_rows_that_are_not_in_the_order_of_time_are_refused(kind):
    """A window would hold the future, or two series."""
    table = pd.DataFrame({"a": np.arange(6.0)})
    wrong = table.set_axis(DISORDER[kind])
    step = SlidingWindow(window_length=3)
    with pytest.raises(ValueError, match=r"rows of X in the order .* X.sort_index\(\)"):
        step.fit(wrong)
    assert not hasattr(step, "_tails")
    step.fit(table)
    with pytest.raises(ValueError, match="rows of X in the order of time"):
        step.transform(wrong)
    with pytest.raises(ValueError, match="rows of X in the order of time"):
        step.update(wrong)
    scaled = make_pipeline(StandardScaler(), SlidingWindow(window_length=3))
    with pytest.raises(ValueError, match="rows of X in the order of time"):
        scaled.fit(wrong)
    with pytest.raises(ValueError, match="rows of X in the order of time"):
        SlidingWindow(window_length=3).fit(table.to_numpy(), wrong["a"])


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%b %d, %Y"])
def test_dates_as_texts_are_in_order_if_a_way_to_read_them_says_so(form):
    dates = pd.date_range("2023-12-20", periods=20)
    table = pd.DataFrame({"a": np.arange(20.0)}, dates.strftime(form))
    step = SlidingWindow(3).fit(table[:15])
    assert step.update(table[15:18]).transform(table[18:]).lengths.tolist() == [3, 3]
    with pytest.raises(ValueError, match=r"X.set_axis\(pd.to_datetime\(X.index\)\)"):
        step.fit(table[::-1])
    monthly = pd.date_range("2023-11-01", periods=4, freq="MS").strftime(form)
    step.fit(pd.DataFrame({"a": np.arange(4.0)}, monthly))


def test_numbers_as_texts_are_in_order_if_the_numbers_are():
    table = pd.DataFrame({"a": np.arange(12.0)}, [str(i) for i in range(12)])
    assert SlidingWindow(2).fit_transform(table)[11].ravel().tolist() == [10, 11]
    with pytest.raises(ValueError, match=r"has 2 behind 11 .*pd.to_numeric\(X.index\)"):
        SlidingWindow(2).fit(table.sort_index())


@pytest.mark.parametrize("kind", ["a table", "a panel", "a level alone"])
def test_targets_in_another_order_than_the_rows_are_refused(kind):
    index = {
        "a table": DAYS,
        "a panel": pd.MultiIndex.from_product([["x", "y"], DAYS[:3]]),
        "a level alone": pd.MultiIndex.from_arrays([DAYS]),
    }[kind]
    table = pd.DataFrame({"a": np.arange(6.0)}, index)
    y = table["a"]
    with pytest.raises(ValueError, match=r"in another order; use y.loc\[X.index\]"):
        make_pipeline(SlidingWindow(2), LinearOfWindows()).fit(table, y[::-1])
    later = y.set_axis(DAYS + pd.Timedelta(days=1))  # the day that y is of
    for right in (y, y[::-1].to_numpy(), y.reset_index(drop=True), later):
        SlidingWindow(2).fit(table, right)
    if kind == "a level alone":
        with pytest.raises(ValueError, match="in the order of time"):
            SlidingWindow(2).fit(table[::-1])


def test_where_the_disorder_is():
    frame = pd.DataFrame({"a": [1.0, 2, 3]}, [DAYS[0], DAYS[2], DAYS[1]])
    with pytest.raises(ValueError, match=r"has 2024-06-02 .* 2024-06-03 .* at row 2"):
        SlidingWindow(window_length=2).fit(frame)


@pytest.mark.parametrize(
    "index",
    [list("cab"), ["m10", "m9", "m8"], [True, False, True], ["a", 1, None]],
)
def test_labels_without_an_order_are_no_times(index):
    frame = pd.DataFrame({"a": np.arange(3.0)}, index=pd.Index(index))
    windows = SlidingWindow(window_length=2).fit_transform(frame)
    assert windows.lengths.tolist() == [1, 2, 2]


def test_a_hole_is_not_taken_for_a_step():
    """After Monday the 8th a fold cannot start on Thursday, three days later."""
    days = pd.DatetimeIndex(pd.bdate_range("2024-01-01", periods=10).values)
    frame = pd.DataFrame({"a": np.arange(10.0)}, index=days)
    step = SlidingWindow(window_length=3).fit(frame[:6])
    with pytest.raises(ValueError, match=r"starts at 2024-01-11 .* end at 2024-01-08"):
        step.transform(frame[8:])
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


def panel_of(names, n_rows=6):
    index = pd.MultiIndex.from_product([names, range(n_rows)], names=["id", "time"])
    return pd.DataFrame({"a": np.arange(1.0 * len(index))}, index=index)


LOSING = {
    "a scaler": lambda: StandardScaler(),
    "two scalers": lambda: make_pipeline(StandardScaler(), StandardScaler()),
    "columns": lambda: ColumnTransformer([("a", StandardScaler(), ["a"])]),
    "a union": lambda: FeatureUnion([("a", StandardScaler())]),
    "a function": lambda: FunctionTransformer(np.asarray),
    "a reset": lambda: FunctionTransformer(lambda X: X.reset_index(drop=True)),
}


@pytest.mark.parametrize("kind", LOSING)
def test_windows_do_not_cross_series_behind_what_loses_the_index(kind):
    panel = panel_of(["x", "y"])
    pipe = make_pipeline(LOSING[kind](), SlidingWindow(3))
    y = panel["a"].to_numpy()
    with pytest.raises(ValueError, match=r'pipeline.set_output\(transform="pandas"\)'):
        pipe.fit_transform(panel)
    with pytest.raises(ValueError, match="index of 2 levels"):
        make_pipeline(pipe, LinearOfWindows()).fit(panel, y)
    fitted = make_pipeline(clone(pipe), LinearOfWindows()).fit(panel.loc["x"], y[:6])
    with pytest.raises(ValueError, match="index of 2 levels"):
        fitted.predict(panel)
    with pytest.raises(ValueError, match="index of 2 levels"):
        SlidingWindow(3).fit(panel.to_numpy(), panel["a"])
    kept = pipe.set_output(transform="pandas")
    if kind not in ("a function", "a reset"):  # which are not asked what they make
        assert kept.fit_transform(panel).lengths.tolist() == [1, 2, 3, 3, 3, 3] * 2


def test_an_index_that_is_lost_is_noticed_behind_a_cache_and_in_a_search(tmp_path):
    panel = panel_of(["x", "y"], n_rows=20)
    y = panel["a"].to_numpy()
    pipe = make_pipeline(
        StandardScaler(), SlidingWindow(3), LinearOfWindows(), memory=str(tmp_path)
    )
    with pytest.raises(ValueError, match="index of 2 levels"):
        pipe.fit(panel, y)
    with pytest.raises(ValueError, match="index of 2 levels"):
        GridSearchCV(
            pipe, {"slidingwindow__window_length": [2]}, cv=[([0, 1, 20], [2, 21])]
        ).set_params(error_score="raise").fit(panel, y)


def test_an_array_of_one_series_may_lose_its_index():
    panel = panel_of(["x"])
    pipe = make_pipeline(StandardScaler(), SlidingWindow(3))
    assert pipe.fit_transform(panel).lengths.tolist() == [1, 2, 3, 3, 3, 3]


# Rows that come in -----------------------------------------------------------


def parts_of(kind):
    """Return a table, the rows that come in one by one, and where they belong."""
    values = np.random.RandomState(1).randn(24, 2)
    if kind == "array":
        return values[:18], [values[i : i + 1] for i in range(18, 24)], values
    if kind == "frame":
        frame = pd.DataFrame(values, pd.bdate_range("2024-01-01", periods=24))
        return frame[:18], [frame[i : i + 1] for i in range(18, 24)], frame
    index = pd.MultiIndex.from_product([["x", "y"], range(12)])
    panel = pd.DataFrame(values, index)
    times = index.get_level_values(1)
    rows = [panel[times == i] for i in range(9, 12)]
    return panel[times < 9], rows, panel


@pytest.mark.parametrize("lag", [0, 2])
@pytest.mark.parametrize("kind", ["array", "frame", "panel"])
def test_row_by_row_is_the_whole_at_once(kind, lag, tmp_path):
    known, rows, whole = parts_of(kind)
    step = SlidingWindow(4, lag=lag)
    expected = np.asarray(step.fit_transform(whole))
    step.fit(known)
    before = np.asarray(step.transform(known))
    if kind == "array":
        with pytest.raises(ValueError, match=r"have no index .* update"):
            step.transform(rows[0])
        step.update(rows[0][:0])  # the next rows follow
    for row in rows:
        places = np.arange(len(known), len(whole))[:1]
        if kind != "array":
            places = whole.index.get_indexer(row.index)
        elif row is not rows[0]:
            places = [np.flatnonzero((whole == row).all(axis=1))[0]]
        for _ in range(2):  # to ask changes nothing
            found = np.asarray(step.transform(row))
            np.testing.assert_array_equal(found, expected[places])
        step.update(row)
        save(step, tmp_path / "step.safetensors")
        step = load(tmp_path / "step.safetensors")
    if kind != "array":
        np.testing.assert_array_equal(step.transform(known), before)


@pytest.mark.parametrize("kind", ["array", "frame", "panel"])
def test_a_network_answers_row_by_row_as_at_once(kind):
    known, rows, whole = parts_of(kind)
    y = np.asarray(whole)[:, 0]
    model = make_pipeline(SlidingWindow(3), RNNRegressor(max_epochs=1, random_state=0))
    model.fit(known, y[: len(known)])
    window = clone(model[0]).fit(whole)
    expected = pd.Series(model[1].predict(window.transform(whole)))
    expected.index = getattr(whole, "index", expected.index)
    if kind == "array":
        model[0].update(rows[0][:0])
        answers = []
        for row in rows:
            answers += [model.predict(row)]
            model[0].update(row)
        return np.testing.assert_allclose(np.concatenate(answers), expected[18:])
    for row in rows:
        np.testing.assert_allclose(model.predict(row), expected[row.index])
        model[0].update(row)


def test_one_row_at_a_time_without_update_is_refused():
    """The end of fit is right for the first new row only."""
    known, rows, _ = parts_of("frame")
    step = SlidingWindow(4).fit(known)
    assert step.transform(rows[0]).lengths.tolist() == [4]
    with pytest.raises(ValueError, match="update"):
        step.transform(rows[1])
    with pytest.raises(ValueError, match="ContextTimeSeriesSplit"):
        step.transform(rows[0].to_numpy())
    with pytest.raises(ValueError, match="update"):
        SlidingWindow(4).fit(parts_of("panel")[0]).transform(rows[0].to_numpy())


@pytest.mark.parametrize("kind", ["frame", "panel"])
def test_an_update_that_does_not_follow_changes_nothing(kind):
    known, rows, _ = parts_of(kind)
    step = SlidingWindow(4).fit(known)
    before = vars(step).copy()
    wrong = [rows[1], known[-1:], pd.concat([rows[0][-1:], rows[2][-1:]])]
    for later in wrong:
        with pytest.raises(
            ValueError, match=r"where .* is expected: the .* must follow"
        ):
            step.update(later)
        assert vars(step) == before
    with pytest.raises(ValueError, match=r"order of time|does not increase"):
        step.update(pd.concat([rows[1][-1:], rows[0][-1:]]))
    with pytest.raises(ValueError, match="NaN"):
        step.update(rows[0] * np.nan)
    assert vars(step) == before


def test_new_series_begin_while_rows_come_in():
    step = SlidingWindow(3).fit(panel_of(["x", "y"]))
    row = pd.DataFrame({"a": [0.0]}, pd.MultiIndex.from_tuples([("new", 0)]))
    for i in range(4):
        later = row.set_axis(pd.MultiIndex.from_tuples([("new", i)]))
        assert step.transform(later).lengths.tolist() == [min(i + 1, 3)]
        step.update(later)
    skipped = row.set_axis(pd.MultiIndex.from_tuples([("new", 5)]))
    with pytest.raises(ValueError, match="5 where 4 is expected"):
        step.update(skipped)
    with pytest.raises(ValueError, match="series 'new' of X"):
        step.transform(skipped)


def test_events_at_no_regular_distance():
    events = pd.DataFrame({"a": np.arange(8.0)}, [0, 1, 4, 5, 9, 11, 12, 20])
    step = SlidingWindow(3).fit(events[:6])
    with pytest.raises(ValueError, match="update"):
        step.transform(events[6:7])
    step.update(events[6:7])
    assert step.transform(events[7:])[0][:, 0].tolist() == [5, 6, 7]
    with pytest.raises(ValueError, match="has 11, but 12 is known already"):
        step.update(events[5:6])


def test_a_fit_forgets_the_rows_that_came_in():
    known, rows, _ = parts_of("array")
    step = SlidingWindow(4).fit(known)
    expected = np.asarray(step.transform(known))
    step.update(rows[0]).fit(known)
    np.testing.assert_array_equal(step.transform(known), expected)


def test_rows_between_those_of_fit_are_warned_of():
    """As KFold cuts them; the order of time does not."""
    frame = pd.DataFrame({"a": rng.randn(60)}, pd.bdate_range("2024", periods=60))
    panel = pd.DataFrame(
        {"a": rng.randn(60)},
        pd.MultiIndex.from_product([["x", "y", "z"], range(20)]),
    )
    for table in (frame, panel):
        pipe = make_pipeline(StandardScaler(), SlidingWindow(2), LinearOfWindows())
        pipe.set_output(transform="pandas")
        y = table["a"].to_numpy()
        with pytest.warns(UserWarning, match=r"between .*TimeSeriesSplit.*GroupKFold"):
            cross_val_score(pipe, table, y, cv=KFold(4, shuffle=True, random_state=0))
    with pytest.warns(UserWarning, match="between those of fit"):
        cross_val_score(pipe, frame, y, cv=KFold(3))
    cross_val_score(pipe, frame, y, cv=TimeSeriesSplit(3))
    groups = panel.index.get_level_values(0)
    cross_val_score(pipe, panel, y, cv=GroupKFold(3), groups=groups)
    step = SlidingWindow(2).fit(frame.reset_index(drop=True))
    step.transform(frame.reset_index(drop=True)[10:20])  # rows of fit


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
    windows = SlidingWindow(3, lag=2).fit_transform(TABLE[:100])
    network.fit(windows, TARGET[:100])
    together = network.predict(windows[:5])
    np.testing.assert_allclose(network.predict(windows[:1]), together[:1])


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
