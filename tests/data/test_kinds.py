"""Columns that are numbers in disguise, and those of neither numbers nor categories."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from skseq import RNNClassifier, SequenceArray
from skseq.data.kinds import numbers_of, refusal, without_na
from skseq.preprocessing import SequenceColumnTransformer, SlidingWindow

INDEX = pd.MultiIndex.from_product([["a", "b"], [0, 1]], names=["who", "when"])
PANEL = pd.DataFrame(
    {"pulse": [1.0, 2, 3, 4], "drug": ["x", "y", "x", "x"]}, index=INDEX
)
ODD = {
    "datetime64": pd.Timestamp("2020"),
    "timedelta64": pd.Timedelta("1h"),
    "date objects": date(2020, 1, 1),
    "complex": 1j,
    "objects, such as 'u'": [1, "u", 2, 3],
    "objects, such as b'u'": [b"u"] * 4,
}
LAYOUTS = {
    "frame": lambda panel: SequenceArray.from_frame(panel),
    "panel": lambda panel: RNNClassifier(max_epochs=1).fit(panel, [0, 1]),
    "list": lambda panel: RNNClassifier(max_epochs=1).fit(_parts(panel), [0, 1]),
    "from_list": lambda panel: SequenceArray.from_list(_parts(panel)),
    "windows": lambda panel: SlidingWindow(2).fit_transform(panel),
    "static": lambda panel: SequenceArray.from_frame(
        PANEL, static=panel.iloc[1:3].droplevel(1)
    ),
    "transformer": lambda panel: SequenceColumnTransformer(
        [("scaler", StandardScaler(), ["pulse"])], remainder="passthrough"
    ).fit_transform(panel),
}


def _parts(panel):
    return [panel.loc["a"], panel.loc["b"]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ODD)
def test_a_column_of_neither_kind_is_named_and_not_the_categories_beside(kind, layout):
    panel = PANEL.assign(odd=ODD[kind])
    with pytest.raises(ValueError, match=rf"Column '\w*odd' of [\w ]+ holds {kind}"):
        LAYOUTS[layout](panel)


@pytest.mark.parametrize(
    ("objects", "numbers"),
    [
        ([1, 2.5, None], [1, 2.5, np.nan]),
        ([pd.NA, 3], [np.nan, 3]),
        ([Decimal("0.25"), Decimal("1")], [0.25, 1]),
        ([True, 2], [1, 2]),
        ([None, None], [np.nan, np.nan]),
        ([1, "2"], [1, 2]),
        ([1, "u"], None),
        ([date(2020, 1, 1)], None),
    ],
)
def test_objects_are_numbers_if_each_is_one_or_missing(objects, numbers):
    found = numbers_of(pd.Series(objects, dtype=object))
    if numbers is None:
        assert found is None
    else:
        np.testing.assert_array_equal(found, numbers)


def test_what_a_refusal_advises():
    texts = pd.Series([1, "u"], dtype=object)
    assert "astype(str)" in str(refusal(texts, "odd", "X"))
    assert "index" in str(refusal(pd.Series([pd.Timestamp("2020")]), "odd", "X"))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("column", ["drug", None])
def test_objects_are_read_as_the_numbers_that_they_are(missing, column):
    """With and without categories beside, in every layout."""
    panel = PANEL.assign(lactate=[1.5, np.nan, 2.5, np.nan])
    panel = panel[["pulse", "lactate", *([] if column is None else [column])]]
    objects = panel.astype({"pulse": object, "lactate": object})
    objects.loc[panel["lactate"].isna().to_numpy(), "lactate"] = missing
    model = RNNClassifier(missing="mask", max_epochs=2, random_state=0)
    expected = model.fit(panel, [0, 1]).predict_proba(panel)
    static = SequenceArray.from_frame(PANEL, static=objects.iloc[[0, 2]].droplevel(1))
    np.testing.assert_array_equal(static.static.values[:, 1], [1.5, 2.5])
    for X in (
        objects,
        SequenceArray.from_frame(objects),
        _parts(objects),
        SequenceArray.from_list(_parts(objects)),
    ):
        np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-12)
        again = model.fit(X, [0, 1]).predict_proba(panel)
        np.testing.assert_allclose(again, expected, atol=1e-12)


def test_arrays_and_flat_tables_may_hold_na():
    values = np.arange(12.0).reshape(2, 3, 2)
    values[0, 1, 0] = np.nan
    objects = np.where(np.isnan(values), pd.NA, values.astype(object))
    model = RNNClassifier(missing="mask", max_epochs=2, random_state=0)
    expected = model.fit(values, [0, 1]).predict_proba(values)
    flat = RNNClassifier(missing="mask", max_epochs=2, random_state=0, n_channels=2)
    table = pd.DataFrame(objects.reshape(2, 6))
    for fitted, X in (
        (model.fit(objects, [0, 1]), objects),
        (model.fit(list(objects), [0, 1]), list(objects)),
        (flat.fit(table, [0, 1]), table),
    ):
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)
    with pytest.raises(ValueError, match=r"NaN: X\[0\] at time step 1, feature 0"):
        RNNClassifier(max_epochs=1).fit(objects, [0, 1])


def test_what_holds_no_na_is_given_back_as_it_is():
    for table in (PANEL["drug"], [PANEL["pulse"]], np.ones(3), "text", None, [1, "a"]):
        assert without_na(table) is table
    frame = PANEL.assign(words=pd.Series(["u", pd.NA, 1, 2], INDEX, dtype=object))
    found = without_na(frame)
    assert found["words"].isna().tolist() == [False, True, False, False]
    assert found["words"].iloc[1] is not pd.NA
    assert frame["words"].iloc[1] is pd.NA  # the user's frame stays as it is
    assert found["pulse"].dtype == float
