"""Frames of polars and pyarrow are read as the same ones of pandas are."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skseq import RNNClassifier, SequenceArray
from skseq.data.frames import as_pandas, plain_index
from skseq.preprocessing import SequenceColumnTransformer

COLUMNS = {
    "patient": ["ann", "ann", "bob", "bob", "bob"],
    "hour": [0.0, 1.5, 0.0, 2.0, 7.0],
    "pulse": [80.0, None, 70.0, 75.0, None],
    "count": [1, None, 3, 4, 5],
    "ward": ["x", None, "y", "x", "y"],
    "awake": [True, False, None, True, True],
    "moves": [True, False, True, True, True],
    "grade": ["b", "a", None, "b", "b"],
}
LEVELS = ["c", "b", "a"]
PLAIN = pd.DataFrame(COLUMNS).assign(
    grade=pd.Categorical(COLUMNS["grade"], categories=LEVELS)
)
PATIENTS = pd.DataFrame(
    {"patient": ["bob", "ann"], "age": [50.0, None], "sex": ["m", "f"]}
)
INDEX = ["patient", "hour"]
EXPECTED = SequenceArray.from_frame(
    PLAIN.set_index(INDEX), static=PATIENTS.set_index("patient")
)
POLARS = pl.DataFrame(COLUMNS).with_columns(pl.col("grade").cast(pl.Enum(LEVELS)))
ARROW = pa.Table.from_pandas(PLAIN)
BACKED = PLAIN.assign(grade=PLAIN["grade"]).convert_dtypes(dtype_backend="pyarrow")
BACKED["grade"] = pd.Series(
    pa.chunked_array([pa.DictionaryArray.from_pandas(PLAIN["grade"])]).to_pandas()
)
NULLABLE = PLAIN.convert_dtypes()
FRAMES = {"polars": POLARS, "arrow": ARROW, "backed": BACKED, "nullable": NULLABLE}
STATIC = {
    "polars": pl.DataFrame(PATIENTS.to_dict("list")),
    "arrow": pa.Table.from_pandas(PATIENTS),
    "backed": PATIENTS.convert_dtypes(dtype_backend="pyarrow"),
    "nullable": PATIENTS.convert_dtypes(),
}
every_frame = pytest.mark.parametrize("kind", FRAMES)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.lengths, expected.lengths)
    assert found.feature_names.tolist() == expected.feature_names.tolist()
    for name in ("instances", "times"):
        one, other = (getattr(x, name) for x in (found, expected))
        assert (one is None) == (other is None)
        if one is not None:
            pd.testing.assert_index_equal(one, other, exact="equiv")
    assert_same_categories(found.categories, expected.categories)
    if expected.static is not None:
        np.testing.assert_array_equal(found.static.values, expected.static.values)
        assert found.static.names.tolist() == expected.static.names.tolist()
        assert_same_categories(found.static.categories, expected.static.categories)


def assert_same_categories(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.tolist() == other.tolist()
            assert one.dtype == other.dtype


@every_frame
def test_a_long_table_makes_the_same_sequences(kind):
    found = SequenceArray.from_frame(FRAMES[kind], index=INDEX, static=STATIC[kind])
    assert_same(found, EXPECTED)


@pytest.mark.parametrize("kind", ["backed", "nullable"])
def test_an_index_may_be_of_pyarrow(kind):
    frame = FRAMES[kind].set_index(INDEX)
    found = SequenceArray.from_frame(frame, static=STATIC[kind].set_index("patient"))
    assert_same(found, EXPECTED)


@every_frame
def test_lists_of_frames_make_the_same_sequences(kind):
    frame = FRAMES[kind]
    if kind == "arrow":
        parts = [frame.slice(0, 2), frame.slice(2)]
    else:
        parts = [frame[:2], frame[2:]]
    found = SequenceArray.from_list(parts)
    assert_same(found, SequenceArray.from_list([PLAIN[:2], PLAIN[2:]]))


@every_frame
def test_a_network_reads_them_alike(kind):
    options = {"missing": "mask", "time_gaps": True, "max_epochs": 2}
    model = RNNClassifier(hidden_size=4, random_state=0, **options)
    expected = model.fit(EXPECTED, [0, 1]).predict_proba(EXPECTED)
    found = SequenceArray.from_frame(FRAMES[kind], index=INDEX, static=STATIC[kind])
    np.testing.assert_array_equal(model.predict_proba(found), expected)
    np.testing.assert_array_equal(
        model.fit(found, [0, 1]).predict_proba(EXPECTED), expected
    )


@every_frame
def test_listed_frames_are_read_by_estimators_alike(kind):
    own, plain = (
        [as_pandas(frame, "X")[2:].drop(columns="patient")] * 2
        for frame in (FRAMES[kind], PLAIN)
    )
    if kind == "polars":
        own = [POLARS[2:].drop("patient")] * 2
    if kind == "arrow":
        own = [ARROW.slice(2).drop_columns("patient")] * 2
    options = {"missing": "mask", "max_epochs": 2}
    model = RNNClassifier(hidden_size=4, random_state=0, **options)
    expected = model.fit(plain, [0, 1]).predict_proba(plain)
    np.testing.assert_array_equal(model.predict_proba(own), expected)
    np.testing.assert_array_equal(model.fit(own, [0, 1]).predict_proba(plain), expected)


@every_frame
def test_transformers_of_columns_read_them_alike(kind):
    step = SequenceColumnTransformer(remainder="passthrough")
    own = as_pandas(FRAMES[kind], "X").set_index(INDEX)
    if kind == "backed":
        own = BACKED.set_index(INDEX)
    found = step.fit_transform(own)
    expected = step.fit_transform(PLAIN.set_index(INDEX))
    assert_same(found, expected)


def test_dates_are_times():
    dates = pd.date_range("2024-01-01", periods=5, freq="7h")
    frame = POLARS.with_columns(pl.Series("at", dates)).drop("hour")
    found = SequenceArray.from_frame(frame, index=["patient", "at"])
    assert found.times.tolist() == dates.tolist()
    backed = BACKED.assign(at=dates).convert_dtypes(dtype_backend="pyarrow")
    found = SequenceArray.from_frame(
        backed.drop(columns="hour"), index=["patient", "at"]
    )
    assert found.times.tolist() == dates.tolist()
    assert isinstance(found.times, pd.DatetimeIndex)


def test_other_types_of_columns():
    frame = pl.DataFrame(
        {
            "tag": pl.Series(["b", "a", None], dtype=pl.Categorical),
            "price": pl.Series(["1.50", "2.25", None]).cast(pl.Decimal(10, 2)),
            "small": pl.Series([1, 2, 3], dtype=pl.UInt8),
            "day": pl.Series(["2024-01-01"] * 3).str.to_date(),
            "nothing": pl.Series([None] * 3, dtype=pl.Float32),
        }
    )
    found = as_pandas(frame, "frame")
    assert found["tag"].cat.categories.tolist() == ["a", "b"]
    assert found["price"].tolist()[:2] == [1.5, 2.25]
    assert found["price"].isna().tolist() == [False, False, True]
    assert found["small"].dtype == np.uint8
    assert found["day"].dtype.kind == "M"
    assert found["nothing"].isna().all()


def test_plain_frames_stay_what_they_are():
    assert as_pandas(PLAIN, "X") is PLAIN
    index = PLAIN.set_index(INDEX).index
    assert plain_index(index) is index


@pytest.mark.parametrize("frame", [PLAIN, POLARS, ARROW])
@pytest.mark.parametrize("index", [["patient", "time"], "patient", ["hour"], 3])
def test_an_index_is_two_columns(frame, index):
    with pytest.raises(ValueError, match=r"index=.* must be two columns of frame, \["):
        SequenceArray.from_frame(frame, index=index)


def test_what_has_no_index_needs_one():
    with pytest.raises(ValueError, match=r"frame is a polars\..*give index=\[instance"):
        SequenceArray.from_frame(POLARS)
    with pytest.raises(TypeError, match=r"LazyFrame; give frame\.collect\(\)"):
        SequenceArray.from_frame(POLARS.lazy(), index=INDEX)
    with pytest.raises(TypeError, match="frame must be a DataFrame, got list"):
        SequenceArray.from_frame([1], index=INDEX)
    with pytest.raises(ValueError, match="static has no row of instance 'ann'"):
        SequenceArray.from_frame(POLARS, index=INDEX, static=STATIC["polars"][:1])
