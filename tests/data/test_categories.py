"""Columns of categories, of every type, in every layout."""

import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skseq import RNNClassifier, RNNForecaster, SequenceArray
from skseq.data.categories import encode_column, extended, recode
from skseq.persistence import load, save
from skseq.preprocessing import SequenceColumnTransformer, SlidingWindow, make_windows

N, T = 6, 4
rng = np.random.default_rng(0)
CODES = np.array(["1", "2", "10"])[np.arange(N * T) % 3]
INDEX = pd.MultiIndex.from_product([range(N), range(T)], names=["id", "hour"])
PANEL = pd.DataFrame({"level": rng.normal(size=N * T), "code": CODES}, INDEX)
Y = np.arange(N) % 2
MODEL = RNNClassifier(hidden_size=2, max_epochs=1, random_state=0)
every_text = pytest.mark.parametrize("dtype", ["category", "str", object])


def parts(frame):
    return [part.droplevel(0) for _, part in frame.groupby(level=0)]


def with_own_categories(frame):
    """Of each part those that it has, as if each had been read by itself."""
    if frame["code"].dtype != "category":
        return parts(frame)
    return [
        part.assign(code=part["code"].cat.remove_unused_categories()[::-1])
        for part in parts(frame)
    ]


LAYOUTS = {
    "panel": lambda frame: frame,
    "sequences": SequenceArray.from_frame,
    "frames": parts,
    "frames_of_their_own": with_own_categories,
    "listed_sequences": lambda frame: SequenceArray.from_list(parts(frame)),
    "columns": lambda frame: SequenceColumnTransformer(
        remainder="passthrough"
    ).fit_transform(frame),
    "columns_of_frames": lambda frame: SequenceColumnTransformer(
        remainder="passthrough"
    ).fit_transform(with_own_categories(frame)),
    "columns_of_sequences": lambda frame: SequenceColumnTransformer(
        remainder="passthrough"
    ).fit_transform(SequenceArray.from_frame(frame)),
}


@every_text
@pytest.mark.parametrize("layout", LAYOUTS)
def test_texts_of_numbers_are_categories_if_the_column_is_a_categorical(layout, dtype):
    X = LAYOUTS[layout](PANEL.astype({"code": dtype}))
    columns = MODEL.fit(X, Y)._columns
    if dtype != "category":
        assert columns.categorical.tolist() == []
        return
    assert columns.categorical.tolist() == [1]
    assert sorted(columns.categories[0]) == ["1", "10", "2"]
    read = MODEL._check_X(X, reset=False)
    codes = columns.beside(read)[:, 0].astype(int) - 2
    np.testing.assert_array_equal(columns.categories[0].to_numpy()[codes], CODES)


@every_text
def test_so_it_is_in_a_static_table(dtype):
    static = pd.DataFrame({"code": CODES[:N]}).astype(dtype)
    X = SequenceArray.from_list(parts(PANEL[["level"]]), static=static)
    columns = MODEL.fit(X, Y)._columns
    assert len(columns.static_categorical) == (dtype == "category")
    if dtype != "category":
        assert X.static.values[:, 0].tolist() == [1, 2, 10, 1, 2, 10]
    other = pd.DataFrame({"code": ["1", "2", "x", "3", "4", "5"]})
    with pytest.raises(ValueError, match="Column 'code' of static: could not convert"):
        SequenceArray.from_list(parts(PANEL), static=other)


@every_text
@pytest.mark.parametrize("way", ["fit_transform", "transform", "make_windows"])
def test_so_it_is_in_windows(way, dtype):
    table = PANEL.reset_index(drop=True).astype({"code": dtype})
    if way == "make_windows":
        X, y = make_windows(table, table["level"], window_length=3)
    else:
        window = SlidingWindow(3)
        X = window.fit_transform(table) if way[0] == "f" else window.fit(table[:20])
        X, y = (window.transform(table) if way[0] == "t" else X), table["level"] > 0
    model = RNNClassifier(hidden_size=2, max_epochs=1).fit(X, np.asarray(y) > 0)
    assert len(model._columns.categorical) == (dtype == "category")


@every_text
def test_so_it_is_in_forecasters(dtype):
    table = PANEL.reset_index(drop=True).astype({"code": dtype})
    model = RNNForecaster(hidden_size=2, window_length=3, horizon=1, max_epochs=1)
    model.fit(table[["code"]], table["level"])
    assert model._categories.are_any == (dtype == "category")


@pytest.mark.parametrize("kind", ["categorical", "enum", "dictionary", "backed"])
def test_frames_of_other_packages_say_so_alike(kind):
    plain = PANEL.reset_index()
    if kind == "categorical":
        frame = pl.DataFrame(plain.to_dict("list"))
        frame = frame.with_columns(pl.col("code").cast(pl.Categorical))
    elif kind == "enum":
        frame = pl.DataFrame(plain.to_dict("list"))
        frame = frame.with_columns(pl.col("code").cast(pl.Enum(["10", "2", "1"])))
    else:
        code = pa.array(CODES).dictionary_encode()
        frame = pa.Table.from_pandas(plain).drop_columns("code")
        frame = frame.append_column("code", code)
    if kind == "backed":
        frame = frame.to_pandas(types_mapper=pd.ArrowDtype)
        assert isinstance(frame["code"].dtype, pd.ArrowDtype)
    X = SequenceArray.from_frame(frame, index=["id", "hour"])
    columns = MODEL.fit(X, Y)._columns
    assert columns.categorical.tolist() == [1]
    assert sorted(columns.categories[0]) == ["1", "10", "2"]


def test_texts_are_found_among_the_categories_of_fit():
    """A file of texts has no types; named or not, the column held categories."""
    model = MODEL.fit(PANEL.astype({"code": "category"}), Y)
    expected = model.predict_proba(PANEL.astype({"code": "category"}))
    np.testing.assert_array_equal(model.predict_proba(PANEL), expected)
    model.fit(PANEL, Y)
    with pytest.raises(ValueError, match="'code' of X holds categories, but held num"):
        model.predict(PANEL.astype({"code": "category"}))


@pytest.mark.parametrize("as_other", [lambda c: c, list], ids=["categorical", "texts"])
def test_numbers_where_texts_were_are_an_error(as_other):
    words = pd.Series(pd.Categorical(CODES)).cat.rename_categories(list("abc"))
    frame = PANEL.assign(code=as_other(words.to_numpy()))
    frame["code"] = words.to_numpy() if as_other is list else pd.Categorical(words)
    numbers = frame.assign(code=np.arange(N * T) % 3)
    match = "Column 'code' of X holds numbers"
    model = MODEL.fit(frame, Y)
    with pytest.raises(ValueError, match=match):
        model.predict(numbers)
    assert np.isfinite(model.predict_proba(numbers.assign(code=np.nan))).all().all()

    def told(table):
        static = table[["code"]].iloc[:N].reset_index(drop=True)
        return SequenceArray.from_list(parts(PANEL[["level"]]), static=static)

    model = MODEL.fit(told(frame), Y)
    with pytest.raises(
        ValueError, match="Static column 'code' of X holds numbers, but"
    ):
        model.predict(told(numbers))
    window = SlidingWindow(3).fit(frame.reset_index(drop=True))
    with pytest.raises(ValueError, match=match):
        window.transform(numbers.reset_index(drop=True))
    nothing = window.transform(numbers.reset_index(drop=True).assign(code=np.nan))
    assert np.isnan(nothing.values[:, 1]).all()
    np.testing.assert_array_equal(nothing.values[:, 0], PANEL["level"])


def test_truth_values_may_come_as_zeros_and_ones():
    frame = PANEL.assign(code=CODES == "2")
    model = MODEL.fit(frame, Y)
    expected = model.predict_proba(frame)
    for dtype in (int, float):
        found = model.predict_proba(frame.astype({"code": dtype}))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("categories", [["1", "2"], [1, 2], ["a", "b"]])
def test_a_row_that_is_a_whole_sequence_has_no_categories(categories):
    column = pd.Categorical(np.array(categories)[np.arange(N) % 2])
    table = pd.DataFrame({"level": rng.normal(size=N), "code": column})
    with pytest.raises(
        ValueError, match="Column 'code' of X is a categorical, but a r"
    ):
        MODEL.fit(table, Y)


# Types of categories ----------------------------------------------------------------

DAYS = pd.to_datetime(["2020-01-01", "2021-01-01"])
BERLIN = DAYS.tz_localize(ZoneInfo("Europe/Berlin"))
KINDS = {
    "texts": ["b", "a"],
    "texts of numbers": ["1", "2"],
    "truth values": [True, False],
    "whole numbers": [2, 1],
    "small numbers": np.array([2, 1], dtype="int8"),
    "numbers": [1.5, -2.0],
    "numbers and texts": [1, "a"],
    "cut": pd.cut([0.5, 3.0], [0, 1, 5]),
    "cut on the left": pd.cut([0, 3], [0, 1, 5], right=False),
    "cut by quantiles": pd.qcut([0.5, 3.0], 2),
    "cut otherwise": pd.cut([0.5, 3.0], [0, 2, 5]),
    "cut dates": pd.cut(DAYS, 2),
    "cut zoned dates": pd.cut(BERLIN, 2),
    "cut durations": pd.cut(DAYS - DAYS[0], 2),
    "stamps": DAYS,
    "stamps of a zone": BERLIN,
    "seconds": DAYS.as_unit("s"),
    "durations": DAYS - DAYS[0],
    "periods": DAYS.to_period("M"),
    "years": DAYS.to_period("Y"),
    "dates": [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
    "datetimes": pd.Series(
        [datetime.datetime(2020, 1, 1, 3), datetime.datetime(2021, 1, 1)], dtype=object
    ),
    "times": [datetime.time(3), datetime.time(5, tzinfo=datetime.UTC)],
    "tuples": pd.Series([("a", 1), ("b", None)]),
    "nullable numbers": pd.array([1, 2], dtype="Int64"),
    "nullable texts": pd.array(["a", "b"], dtype="string"),
    "numbers of pyarrow": pd.array([1, 2], dtype="int64[pyarrow]"),
    "texts of pyarrow": pd.array(["1", "2"], dtype=pd.ArrowDtype(pa.string())),
}
STRANGE = {
    "bytes": [b"a", b"b"],
    "sets": pd.Series([frozenset("a"), frozenset("b")]),
    "complex numbers": [1j, 2j],
    "identifiers": [UUID(int=1), UUID(int=2)],
}


def sequences_of(kind, where):
    known = {**KINDS, **STRANGE}[kind]
    column = pd.Categorical(known).take(np.arange(N * T) % 2)
    if where == "step":
        return SequenceArray.from_frame(PANEL[["level"]].assign(code=column))
    static = pd.DataFrame({"code": column[:N]})
    return SequenceArray.from_frame(PANEL[["level"]], static=static)


def categories_of(X):
    (known,) = (c for c in X.categories or X.static.categories if c is not None)
    return known


def assert_same_index(found, expected):
    assert type(found) is type(expected)
    pd.testing.assert_index_equal(found, expected, exact=True)


@pytest.mark.parametrize("where", ["step", "static"])
@pytest.mark.parametrize("kind", KINDS)
def test_categories_of_any_type_are_saved_as_they_are(kind, where, tmp_path):
    X = sequences_of(kind, where)
    model = MODEL.fit(X, Y)
    for value, name in ((X, "sequences"), (model, "model")):
        save(value, tmp_path / name)
    found, loaded = load(tmp_path / "sequences"), load(tmp_path / "model")
    assert_same_index(categories_of(found), categories_of(X))
    assert_same_index(
        (*loaded._columns.categories, *loaded._columns.static_categories)[0],
        categories_of(X),
    )
    expected = model.predict_proba(X)
    np.testing.assert_array_equal(loaded.predict_proba(found), expected)


@pytest.mark.parametrize("where", ["step", "static"])
@pytest.mark.parametrize("kind", STRANGE)
def test_others_are_refused_before_anything_is_written(kind, where, tmp_path):
    model = MODEL.fit(sequences_of(kind, where), Y)
    with pytest.raises(TypeError, match=r"categories\.0.* cannot be saved: a"):
        save(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_a_time_of_a_zone_is_refused():
    berlin = BERLIN[0].tzinfo
    known = pd.Index([datetime.time(3, tzinfo=berlin), datetime.time(4)], dtype=object)
    X = SequenceArray(np.array([[0.0], [1.0]]), [0], [2], categories=(known,))
    with pytest.raises(TypeError, match="a file holds no time of a zone"):
        save(X, "never-written")


@pytest.mark.parametrize("kind", KINDS)
def test_categories_are_found_among_those_of_any_type(kind):
    known = encode_column(pd.Series(pd.Categorical(KINDS[kind])))[1]
    for other in KINDS.values():
        own = encode_column(pd.Series(pd.Categorical(other)))[1]
        both = extended(known, own)
        assert set(both) == {*known, *own}
        assert len(both) == len(set(both))
        assert both[: len(known)].tolist() == known.tolist()
        positions = recode(np.arange(len(own), dtype=float), own, both)
        assert [both[i] for i in positions] == own.tolist()
        found = recode(np.array([0.0, np.nan]), own, known)
        assert found[1] == -2
        assert (found[0] >= 0) == (own[0] in set(known))


@pytest.mark.parametrize("bins", [[[0, 1, 5]] * 2, [[0, 1, 5], [0, 2, 5]], [2, 3]])
def test_frames_may_be_cut_one_by_one(bins, tmp_path):
    """Intervals of one frame overlap those of another."""
    values = [rng.uniform(0, 5, 4) for _ in range(2)]
    cut = [pd.cut(x, b) for x, b in zip(values, bins, strict=True)]
    X = SequenceArray.from_list([pd.DataFrame({"code": c}) for c in cut])
    found = categories_of(X)[X.values[:, 0].astype(int)]
    assert list(found) == [interval for c in cut for interval in c]
    model = MODEL.fit(X, [0, 1])
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_intervals_of_several_types_stay_what_they_are(tmp_path):
    """Nothing but objects holds intervals of numbers and of dates."""
    cut = pd.cut([0.5, 3.0], [0, 1, 5]), pd.cut(DAYS, 2)
    X = SequenceArray.from_list([pd.DataFrame({"code": c}) for c in cut])
    assert categories_of(X).dtype == object
    save(X, tmp_path / "X")
    assert_same_index(categories_of(load(tmp_path / "X")), categories_of(X))


@pytest.mark.parametrize("kind", ["texts", "whole numbers", "cut", "dates"])
def test_instances_may_be_categories(kind, tmp_path):
    known = pd.Categorical(KINDS[kind], categories=pd.Index(KINDS[kind])[::-1])
    index = pd.MultiIndex.from_arrays([known.repeat(T), [*range(T)] * 2])
    X = SequenceArray.from_frame(pd.DataFrame({"level": np.ones(2 * T)}, index))
    assert isinstance(X.instances, pd.CategoricalIndex)
    save(X, tmp_path / "X")
    assert_same_index(load(tmp_path / "X").instances, X.instances)
