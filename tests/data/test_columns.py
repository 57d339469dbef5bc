"""Numbers, categories, times and static columns of sequences."""

import numpy as np
import pandas as pd
import pytest

from skseq import SequenceArray
from skseq.data.columns import learn_columns
from skseq.data.compared import check_as_in_fit
from skseq.data.numerals import with_numbers
from skseq.data.static import check_static

INDEX = pd.MultiIndex.from_tuples(
    [("a", 0.0), ("a", 1.0), ("a", 3.0), ("b", 10.0), ("b", 12.0)], names=["id", "t"]
)
FRAME = pd.DataFrame(
    {
        "pulse": [60.0, np.nan, 62.0, 70.0, 71.0],
        "ward": ["x", "y", None, "x", "x"],
        "awake": [True, False, True, True, True],
    },
    INDEX,
)
STATIC = pd.DataFrame(
    {"age": [50.0, 30.0], "sex": ["m", "f"]}, index=pd.Index(["b", "a"])
)


def learned(X, features="from_dtype", *, has_holes=True, has_gaps=False):
    columns = learn_columns(X, features, has_holes=has_holes, has_gaps=has_gaps)
    return columns.scaled(X, None)


def read(frame=FRAME, static=STATIC):
    return SequenceArray.from_frame(frame, static=static)


def test_a_frame_says_which_columns_hold_categories():
    X = read()
    assert [known is None for known in X.categories] == [True, False, False]
    assert X.categories[1].tolist() == ["x", "y"]
    np.testing.assert_array_equal(X.values[:, 1], [0, 1, np.nan, 0, 0])
    np.testing.assert_array_equal(X.values[:, 2], [1, 0, 1, 1, 1])
    assert X.times.tolist() == INDEX.get_level_values(1).tolist()


def test_a_column_of_which_nothing_is_there_takes_no_other_along():
    nothing = np.full(len(FRAME), None, dtype=object)
    frame = FRAME.assign(ward=nothing)
    static = STATIC.assign(sex=np.full(2, None, dtype=object))
    columns, X = learned(read()), read(frame, static)
    check_as_in_fit(columns, X)
    assert X.categories[1] is None
    np.testing.assert_array_equal(X.values[:, 2], [1, 0, 1, 1, 1])
    np.testing.assert_array_equal(columns.beside(X)[:, 0], 0)
    np.testing.assert_array_equal(columns.static(X)[:, -1], 0)
    one = static.loc[["a"], ["sex"]]
    assert np.isnan(read(frame.loc[["a"], ["ward"]], one).static.values).all()


def test_static_rows_are_found_by_their_instance():
    X = read()
    assert X.static.to_frame(X.instances).to_dict("index") == {
        "a": {"age": 30.0, "sex": "f"},
        "b": {"age": 50.0, "sex": "m"},
    }
    assert X[[1]].static.to_frame()["age"].tolist() == [50.0]
    assert X[1:].compact().times.tolist() == [10.0, 12.0]


def test_codes_are_missing_unknown_or_known():
    columns = learned(read())
    later = FRAME.assign(ward=["y", "z", "x", None, "y"])
    codes = columns.beside(read(later))
    np.testing.assert_array_equal(codes[:, 0], [3, 1, 2, 0, 3])
    np.testing.assert_array_equal(codes[:, 1], [3, 2, 3, 3, 3])
    assert columns.numbers(read(later)).values.tolist()[0] == [60.0]


@pytest.mark.parametrize("kind", [int, float, "Int64", "boolean", object])
@pytest.mark.parametrize("of_fit", [bool, float])
def test_truth_values_are_zeros_and_ones(of_fit, kind):
    """Other programs write 0 and 1, and floats where some are missing."""

    def as_kind(kind):
        frame = FRAME.astype({"awake": kind})
        static = pd.DataFrame({"smoker": [True, False]}, ["b", "a"]).astype(kind)
        return read(frame, static)

    columns = learned(as_kind(of_fit), ["ward", "awake"])
    later = as_kind(kind)
    later.values[0, 2] = np.nan
    np.testing.assert_array_equal(columns.beside(later)[:, 1], [0, 2, 3, 3, 3])
    if of_fit is bool:
        np.testing.assert_array_equal(columns.static(later), [[2], [3]])


@pytest.mark.parametrize("features", [[0], ["kind"], [True, False]])
def test_numbers_may_be_categories(features):
    values = np.array([[7.0, 1], [9, 2], [7, 3], [np.nan, 4]])
    X = SequenceArray(values, [0], [4], feature_names=["kind", "load"])
    columns = learned(X, features)
    assert columns.categories[0].tolist() == [7, 9]
    np.testing.assert_array_equal(columns.beside(X)[:, 0], [2, 3, 2, 0])
    later = SequenceArray(
        np.array([[8.0, 1]]), [0], [1], feature_names=["kind", "load"]
    )
    assert columns.beside(later).tolist() == [[1]]


def test_gaps_are_in_units_of_the_median_and_none_crosses_sequences():
    columns = learned(read(), has_gaps=True)
    assert columns.gap == 2  # of 1, 2, 2
    np.testing.assert_allclose(columns.beside(read())[[1, 2, 4], 0], [0.5, 1, 1])
    assert columns.beside(read())[:, 0].min() >= 0


def test_weights_are_copies():
    columns, X = learned(read(), has_gaps=True), read()
    one = columns.scaled(X, np.array([3.0, 1]))
    other = columns.scaled(X[[0, 0, 0, 1]], None)
    assert one.gap == other.gap == 2
    np.testing.assert_allclose(one.static_center, other.static_center)
    np.testing.assert_allclose(one.static_scale, other.static_scale)


def test_dates_are_counted_in_seconds_and_may_be_shifted():
    def dated(first, unit="ns"):
        days = pd.Timestamp(first) + pd.to_timedelta(INDEX.get_level_values(1), "D")
        index = [INDEX.get_level_values(0), days.as_unit(unit)]
        return read(FRAME.set_axis(pd.MultiIndex.from_arrays(index)))

    columns = learned(dated("2020-01-01"), has_gaps=True)
    assert columns.gap == 2 * 86400
    same = columns.beside(dated("2021-05-17 03:00", "s"))
    np.testing.assert_array_equal(same, columns.beside(dated("2020-01-01")))
    spans = dated("2020-01-01")
    spans.times = spans.times - spans.times[0]
    check_as_in_fit(columns, spans)
    np.testing.assert_array_equal(columns.beside(spans), same)


@pytest.mark.parametrize(
    ("given", "later", "match"),
    [
        (pd.to_datetime, np.asarray, "are numbers, such as 0.0, but were dates"),
        (np.asarray, pd.to_datetime, "are dates .*1970.*, but were numbers"),
    ],
)
def test_times_in_units_that_fit_did_not_have_are_refused(given, later, match):
    """Days read as seconds would be next to no time at all."""

    def timed(kind):
        return SequenceArray(
            np.zeros((4, 1)), [0], [4], times=kind(np.arange(4.0) * 3600)
        )

    columns = learned(timed(given), has_gaps=True)
    check_as_in_fit(columns, timed(given))
    with pytest.raises(ValueError, match=match):
        check_as_in_fit(columns, timed(later))


def test_static_numbers_are_standardised_and_may_be_missing():
    X = read(static=STATIC.assign(age=[50.0, np.nan]))
    found = learned(X).static(X)
    np.testing.assert_array_equal(found, [[0, 1, 2], [0, 0, 3]])  # value, hole, code
    found = learned(read()).static(read())
    np.testing.assert_allclose(found, [[-1, 0, 2], [1, 0, 3]])


def test_a_wild_static_number_says_no_more_than_the_largest():
    ages = np.linspace(20, 90, 100)
    X = SequenceArray.from_array(np.zeros((100, 2, 1)))
    X.static = check_static(ages, None, 100)
    expected = learned(X).static(X)
    X.static = check_static(np.where(ages == 90, 9e7, ages), None, 100)
    np.testing.assert_allclose(learned(X).static(X), expected, atol=0.1)


def test_texts_that_are_numbers_are_numbers():
    texts = FRAME.assign(ward=["1.5", "2", None, "1.5", "1.5"])
    X = with_numbers(read(texts))
    assert X.categories[1] is None
    np.testing.assert_array_equal(X.values[:, 1], [1.5, 2, np.nan, 1.5, 1.5])
    with pytest.raises(ValueError, match=r"Column 'ward' of X: could not .* 'high'"):
        with_numbers(read(FRAME.assign(ward=["1.5", "2", "high", "3", "4"])))


@pytest.mark.parametrize(
    ("static", "match"),
    [
        (STATIC.iloc[:1], "static has no row of instance 'a'"),
        (pd.concat([STATIC, STATIC]), "static has several rows of instance 'b'"),
        (STATIC.to_numpy()[:1], "static has 1 rows; expected one for each of the 2"),
        (
            STATIC.assign(age=[np.inf, 1]),
            "static contains infinity: instance 'b', column 'age",
        ),
        (np.array([[np.inf], [1]]), "static contains infinity: instance 'a', column 0"),
        (pd.concat([STATIC, STATIC], axis=1), "static has several columns 'age'"),
        ({"age": [1, 2]}, "static must be a table with a row for each .* got {'age"),
        (
            STATIC.assign(born=pd.Timestamp("2020")),
            "Column 'born' of static holds date",
        ),
    ],
)
def test_static_rows_that_do_not_fit_are_refused(static, match):
    with pytest.raises(ValueError, match=match):
        read(static=static)


@pytest.mark.parametrize(
    ("features", "match"),
    [
        (None, "Column 'ward' of X holds categories, but categorical_features=None"),
        ([0], "Column 'ward' of X holds categories, but categorical_features="),
        (["sex"], "names 'sex', which is no column of X; .* of .'pulse', 'ward'"),
        ([7], "names 7, which is no column of X"),
    ],
)
def test_columns_that_do_not_fit_are_refused(features, match):
    with pytest.raises(ValueError, match=match):
        learned(read(), features)


def test_what_fit_had_is_expected_later():
    columns = learned(read(), has_gaps=True)
    with pytest.raises(ValueError, match="X has 0 static columns, but 2 in fit"):
        check_as_in_fit(columns, read(static=None))
    with pytest.raises(ValueError, match="'pulse' of X holds categories, but held num"):
        check_as_in_fit(columns, read(FRAME.assign(pulse="slow")))
    with pytest.raises(
        ValueError, match=r"static columns .*'sex', 'age'.*; expected .*"
    ):
        check_as_in_fit(columns, read(static=STATIC[["sex", "age"]]))
    renamed = STATIC.loc[["a", "b"]].set_axis([0, 1], axis=1)
    check_as_in_fit(columns, read(static=renamed))
    without = read()
    without.times = None
    with pytest.raises(ValueError, match="time_gaps=True needs to know when"):
        check_as_in_fit(columns, without)
    with pytest.raises(
        ValueError, match=r"Static column 'age' of X contains NaN: instance 'a'\. Set m"
    ):
        learned(read(static=STATIC.assign(age=[1, np.nan])), has_holes=False)
    X = SequenceArray.from_list([[1.0], [2.0]], static=[[1.0], [np.nan]])
    with pytest.raises(ValueError, match="Static column 0 of X contains NaN: row 1"):
        learned(X, has_holes=False)


def test_rows_of_others_in_the_static_table_do_not_matter():
    others = pd.DataFrame({"age": [1.0, 2.0], "sex": "f"}, index=["z", "z"])
    X = read(static=pd.concat([others, STATIC]))
    pd.testing.assert_frame_equal(X.static.to_frame(), read().static.to_frame())
