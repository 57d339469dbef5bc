"""Errors about values say where these stand: instance, time and column."""

import numpy as np
import pandas as pd
import pytest

from skseq import (
    CNNTagger,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceArray,
)
from skseq.preprocessing import (
    SequencePadder,
    SequenceScaler,
    SequenceSplitter,
    SlidingWindow,
    make_windows,
)

X = np.random.default_rng(0).normal(size=(6, 4, 2))
NAMES = [f"p{i:03}" for i in range(6)]
DAYS = pd.date_range("2020-01-01", periods=4)
INDEX = pd.MultiIndex.from_product([NAMES, DAYS], names=["id", "day"])
PANEL = pd.DataFrame(X.reshape(-1, 2), INDEX, ["pulse", "pressure"])
TABLE = PANEL.loc["p002"]
AT_FAULT = r"instance 'p001', time 2020-01-02 00:00:00\), column 'pressure'"


def changed(table, value, row=5, column=1):
    table = table.astype(object) if isinstance(value, str) else table.copy()
    table.iloc[row, column] = value
    return table


def frames(panel):
    return [frame.droplevel(0) for _, frame in panel.groupby(level=0)]


def readers():
    """Yield whatever reads sequences, as functions of X."""
    labels = np.arange(6) % 2
    steps = [np.arange(4) % 2] * 6
    for model, y in (
        *((RNNClassifier(), labels), (RNNRegressor(), labels)),
        *((RNNTagger(), steps), (CNNTagger(), steps), (Seq2SeqRegressor(), labels)),
        *((SequenceScaler(), None), (SequencePadder(), None)),
    ):
        yield type(model).__name__, lambda X, model=model, y=y: model.fit(X, y)
    yield "SequenceSplitter", SequenceSplitter().split


@pytest.mark.parametrize(("name", "read"), list(readers()))
@pytest.mark.parametrize(
    ("value", "match"),
    [
        (np.nan, "contains NaN: .*" + AT_FAULT),
        (-np.inf, "contains infinity: .*" + AT_FAULT),
        ("high", "'high' .*" + AT_FAULT + ".*could not convert string to float"),
    ],
)
def test_a_value_of_a_panel_is_found(name, read, value, match):
    if name.startswith("Sequence") and value is np.nan:
        read(changed(PANEL, value))  # which transformers hand on
        return
    with pytest.raises(ValueError, match=rf"X .*{match}"):
        read(changed(PANEL, value))


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (
            SequenceArray.from_frame(changed(PANEL, np.nan)),
            r"NaN: X\[1\] at time step 1 \(" + AT_FAULT,
        ),
        (
            SequenceArray.from_frame(changed(PANEL, "high"))[[3, 1]],
            r"'high' .* X\[1\] at time step 1 \(" + AT_FAULT,
        ),
        (
            frames(changed(PANEL, np.nan)),
            r"X\[1\] at time step 1 \(index 2020-01-02 00:00:00\), column 'pressure'",
        ),
        (
            frames(changed(PANEL, "high")),
            r"X\[1\] holds 'high' .* \(index 2020-01-02 00:00:00\), column 'pressure'",
        ),
        (
            np.where(np.arange(48).reshape(6, 4, 2) == 43, np.nan, X),
            r"NaN: X\[5\] at time step 1, feature 1\.",
        ),
        (
            np.where(np.arange(48).reshape(6, 4, 2) == 43, "a", X.astype(object)),
            r"'a' .* X\[5\] at time step 1, feature 1",
        ),
        (np.where(np.arange(24) == 13, np.inf, 0).reshape(6, 4), r"X\[3\] at time st"),
        (
            pd.DataFrame(X[..., 0], NAMES, list("abcd")).replace(X[2, 3, 0], np.nan),
            r"NaN: X\[2\] at time step 3 \(index 'p002'\), column 'd'",
        ),
        (
            pd.DataFrame(X[..., 0], NAMES, list("abcd")).replace(X[2, 3, 0], np.inf),
            r"infinity: X\[2\] at time step 3 \(index 'p002'\), column 'd'",
        ),
        (PANEL.reset_index("id"), "'p000' .*column 'id' .* belongs into the index"),
        (PANEL.assign(born=DAYS[0]), "Column 'born' of X holds datetime64"),
        (PANEL.assign(born=DAYS[0].tz_localize("UTC")), "Column 'born' of X holds dat"),
        (PANEL.assign(age=pd.Timedelta("1D")), "Column 'age' of X holds timedelta64"),
        (PANEL.assign(born=pd.Period("2020")), "'2020' .*column 'born'|2020 .*'born'"),
        (PANEL.assign(born=pd.Period("2020")), "Make times the index"),
        (PANEL.assign(phase=1j), "Complex data not supported: column 'phase' of X"),
        (frames(PANEL.assign(phase=1j)), "Complex data .*: column 'phase' of X.0."),
        (PANEL.assign(phase=1j).astype(object), "instance 'p000', .*column 'phase'"),
        (
            PANEL.assign(path=[[1, 2]] * 24),
            "a list of 2 values .*'p000', .*'path'",
        ),
        (changed(PANEL.astype("Float64"), pd.NA), "contains NaN: .*" + AT_FAULT),
        (changed(PANEL.astype(object), pd.NA), "contains NaN: .*" + AT_FAULT),
        (changed(PANEL.astype(object), None), "contains NaN: .*" + AT_FAULT),
        (X.astype("M8[D]"), r"X holds datetime64\[D\]; expected numbers"),
    ],
)
def test_a_value_of_any_layout_is_found(given, match):
    with pytest.raises((ValueError, TypeError), match=match):
        RNNClassifier().fit(given, np.arange(len(given) if len(given) < 9 else 6) % 2)


def test_predictions_find_it_too():
    model = RNNClassifier(max_epochs=1).fit(X, np.arange(6) % 2)
    wrong = X.copy()
    wrong[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match=r"NaN: X\[3\] at time step 2, feature 1\."):
        model.predict(wrong)


@pytest.mark.parametrize(
    "read",
    [
        SlidingWindow(2).fit,
        SequenceAnomalyDetector().fit,
        RNNForecaster(window_length=2, horizon=1).fit,
        lambda X: make_windows(X, window_length=2),
    ],
)
@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (changed(TABLE, "x", 2), ("'pressure'", "'x'", "2020-01-03 00:00:00")),
        (TABLE.assign(born=DAYS), ("Column 'born' of X holds",)),
    ],
)
def test_a_value_among_rows_is_found(read, given, parts):
    match = "".join(f"(?=.*{part})" for part in parts)  # in any order
    with pytest.raises(ValueError, match=match):
        read(given)


@pytest.mark.parametrize(
    "read", [SlidingWindow(2).fit, lambda X: make_windows(X, window_length=2)]
)
def test_a_missing_value_among_rows_is_found(read):
    match = r"NaN: row 2 \(index 2020-01-03 00:00:00\), column 'pressure'"
    with pytest.raises(ValueError, match=match):
        read(changed(TABLE, np.nan, 2))


def test_a_text_in_an_array_of_many_dimensions_is_found():
    texts = X.astype(object)
    texts[0, 2, 1] = "a"
    for read in (
        SlidingWindow(2).fit,
        lambda table: make_windows(table, window_length=2),
        lambda y: RNNRegressor().fit(X, y),
        lambda weights: RNNRegressor().fit(X, X[:, 0, 0], weights),
        SequenceAnomalyDetector().fit,
    ):
        with pytest.raises(ValueError, match=r"holds 'a' .* at position \[0, 2, 1\]"):
            read(texts)


def test_targets_are_found_by_their_instance():
    y = pd.Series([1, 2, np.nan, 4, 5, 6], NAMES, name="risk")
    with pytest.raises(ValueError, match=r"Input y contains NaN: row 2 \(index 'p002"):
        RNNRegressor().fit(PANEL, y)
    with pytest.raises(ValueError, match=r"'a' .* row 1 \(index 'p001'\)"):
        RNNRegressor().fit(PANEL, y.astype(object).replace(2, "a"))


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (RNNRegressor(), pd.DataFrame({"risk": 1.0, "born": DAYS[0]}, NAMES)),
        (RNNRegressor(), pd.DataFrame({"born": DAYS[0]}, NAMES)),
        (Seq2SeqRegressor(), pd.DataFrame({"born": DAYS[0], "died": DAYS[1]}, NAMES)),
        (Seq2SeqRegressor(), [pd.DataFrame({"born": DAYS})] * 6),
    ],
)
def test_dates_are_no_targets(model, y):
    with pytest.raises(ValueError, match=r"Column 'born' of y\S* holds datetime64"):
        model.fit(PANEL, y)


def test_numbers_of_any_kind_are_numbers():
    y = np.arange(6) % 2
    expected = RNNClassifier(max_epochs=1, random_state=0).fit(PANEL, y)
    for given in (*(PANEL.astype(object), PANEL.astype(str), PANEL.astype("Float64")),):
        model = RNNClassifier(max_epochs=1, random_state=0).fit(given, y)
        np.testing.assert_allclose(
            model.predict_proba(PANEL), expected.predict_proba(PANEL)
        )
