"""Windows over rows with holes, categories and time stamps."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline

from skseq import RNNClassifier
from skseq.persistence import load, save
from skseq.preprocessing import SlidingWindow, make_windows
from skseq.preprocessing._window_rows import encode_rows

rng = np.random.default_rng(0)
N = 60
DAYS = pd.date_range("2024", periods=N)
TABLE = pd.DataFrame(
    {
        "load": np.where(rng.random(N) < 0.3, np.nan, rng.normal(5, 2, N)),
        "shift": rng.choice(["day", "night", None], N),
        "holiday": rng.random(N) < 0.5,
        "tariff": pd.Categorical(rng.choice([*"ab"], N), categories=[*"cba"]),
        "price": rng.normal(size=N),
    },
    DAYS,
)
Y = np.where(np.roll(TABLE["shift"] == "night", 1), "up", "down")
MASK = {"missing": "mask"}
KNOWN = [None, ["day", "night"], [False, True], ["c", "b", "a"], None]


def categories_of(windows):
    return [None if known is None else known.tolist() for known in windows.categories]


def test_windows_keep_categories_holes_and_times():
    windows = SlidingWindow(3, **MASK).fit_transform(TABLE)
    assert categories_of(windows) == KNOWN
    assert windows.times.equals(DAYS)
    np.testing.assert_array_equal(windows.values[:, 0], TABLE["load"])
    np.testing.assert_array_equal(windows.values[:, 3], 2.0 - (TABLE["tariff"] == "b"))
    is_there = TABLE["shift"].notna().to_numpy()
    shown = np.array(["day", "night"])[windows.values[is_there, 1].astype(int)]
    np.testing.assert_array_equal(shown, TABLE["shift"][is_there])
    assert np.isnan(windows.values[~is_there, 1]).all()
    others, targets = make_windows(TABLE, TABLE["price"], window_length=3, **MASK)
    np.testing.assert_array_equal(others.values, windows.values)
    assert categories_of(others) == KNOWN
    assert others.times.equals(DAYS)
    np.testing.assert_array_equal(targets, TABLE["price"][3:])


def test_rows_from_before_come_with_their_categories_and_times():
    window = SlidingWindow(3, lag=1, **MASK).fit(TABLE[:40])
    later = TABLE[40:].assign(shift="evening")
    windows = window.transform(later)
    assert categories_of(windows)[1] == ["day", "night", "evening"]
    whole = SlidingWindow(3, lag=1, **MASK).fit_transform(
        pd.concat([TABLE[:40], later])
    )
    assert categories_of(whole)[1] == ["day", "evening", "night"]
    for own, expected in zip(windows, list(whole)[40:], strict=True):
        turned = np.array([0.0, 2.0, 1.0])[np.nan_to_num(own[:, 1]).astype(int)]
        turned[np.isnan(own[:, 1])] = np.nan
        np.testing.assert_array_equal(turned, expected[:, 1])
        np.testing.assert_array_equal(own[:, 2:], expected[:, 2:])
    assert windows.times.equals(DAYS[40 - len(windows.values) + 20 :])
    window.update(later[:5])
    again = window.transform(later[5:].assign(shift="dawn"))
    assert categories_of(again)[1] == ["day", "night", "evening", "dawn"]
    assert categories_of(window.transform(later[5:]))[1] == [
        *("day", "night", "evening")
    ]


def test_several_series_have_their_own_times():
    index = pd.MultiIndex.from_arrays([np.repeat(["a", "b"], N // 2), DAYS])
    panel = TABLE.set_axis(index)
    window = SlidingWindow(3, **MASK)
    windows = window.fit_transform(panel)
    assert windows.times.equals(DAYS)
    later = panel[20:30]
    windows = window.fit(panel.drop(later.index)).transform(later)
    assert windows.times.equals(DAYS[18:30])


def test_arrays_have_neither():
    windows = SlidingWindow(2).fit_transform(rng.normal(size=(9, 2)))
    assert windows.times is windows.categories is None
    rows = TABLE[["price"]].reset_index(drop=True)
    window = SlidingWindow(2).fit(rows.to_numpy())
    assert window.update(rows.to_numpy()).transform(rows.to_numpy()).times is None


@pytest.mark.parametrize("cell", ["lstm", "gru_d"])
def test_a_classifier_of_such_windows_works(cell):
    model = make_pipeline(
        SlidingWindow(4, lag=0, **MASK),
        RNNClassifier(cell=cell, time_gaps=True, max_epochs=40, lr=0.03, **MASK),
    ).set_params(rnnclassifier__random_state=0, rnnclassifier__hidden_size=8)
    model.fit(TABLE, Y)
    assert model[-1]._columns.categorical.tolist() == [1, 2, 3]
    assert model.score(TABLE, Y) > 0.85
    cv = TimeSeriesSplit(3, test_size=10)
    scores = [
        clone(model).fit(TABLE.iloc[a], Y[a]).score(TABLE.iloc[b], Y[b])
        for a, b in cv.split(TABLE)
    ]
    assert np.isfinite(scores).all()
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(model, TABLE, Y, cv=cv)


def test_files_and_pickles_remember(tmp_path):
    window = SlidingWindow(3, **MASK).fit(TABLE[:40])
    expected = window.transform(TABLE[40:])
    save(window, tmp_path / "window")
    for again in (load(tmp_path / "window"), pickle.loads(pickle.dumps(window))):
        found = again.transform(TABLE[40:])
        np.testing.assert_array_equal(found.values, expected.values)
        assert found.times.equals(expected.times)
        assert categories_of(found) == categories_of(expected)


def test_a_window_of_an_earlier_version_knows_no_times():
    table = TABLE[["price"]]
    window = SlidingWindow(3).fit(table[:40])
    del window._tail_times, window._categories
    windows = window.transform(table[40:])
    assert windows.times is None
    np.testing.assert_array_equal(windows.values[:, 0], table["price"][38:])


def test_texts_that_are_numbers_are_numbers():
    texts = TABLE[["price"]].astype(str)
    windows = SlidingWindow(2).fit_transform(texts)
    assert windows.categories is None
    np.testing.assert_array_equal(windows.values[:, 0], TABLE["price"])
    texts.iloc[3, 0] = "n/a"
    with pytest.raises(ValueError, match=r"price.* of X.*'n/a'"):
        SlidingWindow(2).fit(texts)


def test_numbers_among_known_categories():
    known = (pd.Index([3.0, 5.0]),)
    frame = pd.DataFrame({"a": [5.0, np.nan, 7.0, 3.0]})
    table, categories = encode_rows(frame, known, is_first=False)
    assert categories[0].tolist() == [3, 5, 7]
    np.testing.assert_array_equal(table["a"], [1, np.nan, 2, 0])


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match=r"Input X contains NaN: row .*column 'load'"):
        SlidingWindow(3).fit(TABLE)
    with pytest.raises(ValueError, match=r"Input X contains NaN: row .*column 'load'"):
        make_windows(TABLE, TABLE["price"], window_length=3)
    wrong = TABLE.assign(price=np.inf)
    with pytest.raises(ValueError, match="Input X contains infinity: row 0"):
        SlidingWindow(3, **MASK).fit(wrong)
    with pytest.raises(ValueError, match="X holds categories, which are no targets"):
        make_windows(TABLE, window_length=3, **MASK)
    with pytest.raises(ValueError, match=r"missing='no' must be 'error' or 'mask'"):
        make_windows(TABLE, TABLE["price"], missing="no")
    with pytest.raises(ValueError, match=r"missing=array.* must be 'error' or 'mask'"):
        make_windows(TABLE, TABLE["price"], missing=np.array(["error", "mask"]))
    window = SlidingWindow(3, **MASK).fit(TABLE)
    with pytest.raises(ValueError, match="Column 'price' of X holds categories, but h"):
        window.transform(TABLE.assign(price="high"))
    with pytest.raises(ValueError, match="feature names"):
        window.transform(TABLE[TABLE.columns[::-1]])
    unnamed = SlidingWindow(3, **MASK).fit(TABLE.set_axis(range(5), axis=1))
    with pytest.raises(ValueError, match="says nothing of categories; columns held"):
        unnamed.transform(np.zeros((4, 5)))
