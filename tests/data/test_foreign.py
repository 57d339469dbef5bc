"""Containers whose meaning a conversion to NumPy would lose."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseq import (
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.preprocessing import SequenceSplitter, SlidingWindow, SwapAxes, make_windows

X = np.random.default_rng(0).normal(size=(6, 4, 2))
Y = np.arange(6) % 2
MASKED = np.ma.masked_where(X > 1, X)


class Labelled(np.ndarray):
    """An array with names of dimensions, as of xarray."""

    @classmethod
    def of(cls, values, *dims):
        array = np.asarray(values).view(cls)
        array.dims = dims
        return array


class Frame:
    """A table with names of columns, as of polars."""

    def __init__(self, values, columns):
        self.values, self.columns = np.asarray(values), columns
        self.shape = self.values.shape

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or self.values.dtype)

    def __len__(self):
        return len(self.values)

    @property
    def dtypes(self):
        return ["Datetime(time_unit='us')" if "at" in c else "f8" for c in self.columns]

    def to_pandas(self):
        names = getattr(self, "column_names", self.columns)
        return pd.DataFrame(self.values, columns=names)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("X", lambda: RNNClassifier().fit(MASKED, Y)),
        (r"X\[0\]", lambda: RNNClassifier().fit(list(MASKED), Y)),
        ("y", lambda: RNNClassifier().fit(X, np.ma.array(Y, mask=Y))),
        ("y", lambda: RNNRegressor().fit(X, np.ma.array(Y, mask=Y))),
        (r"y\[1\]", lambda: RNNRegressor().fit(X, [1, np.ma.masked, 3, 4, 5, 6])),
        ("sample_weight", lambda: RNNRegressor().fit(X, Y, np.ma.array(Y, mask=Y))),
        ("y", lambda: RNNTagger().fit(X, MASKED[..., 0] > 0)),
        (r"y\[0\]", lambda: RNNTagger().fit(X, list(MASKED[..., 0] > 0))),
        ("y", lambda: Seq2SeqRegressor().fit(X, MASKED)),
        ("X", lambda: SlidingWindow(2).fit(MASKED[0])),
        ("X", lambda: make_windows(MASKED[0], window_length=2)),
        ("y", lambda: make_windows(X[0], MASKED[0], window_length=2)),
        ("X", lambda: RNNForecaster(window_length=2, horizon=1).fit(MASKED[0])),
        ("y", lambda: RNNForecaster(window_length=2, horizon=1).fit(X[0], MASKED[0])),
        ("groups", lambda: SequenceSplitter().split(X, Y, np.ma.array(Y, mask=Y))),
        ("X", lambda: SequenceArray.from_array(MASKED)),
        (r"sequences\[0\]", lambda: SequenceArray.from_list(list(MASKED))),
        ("values", lambda: SequenceArray(MASKED[0], [0], [4])),
    ],
)
def test_masked_values_are_not_read(name, call):
    assert MASKED[0].mask.any()
    with pytest.raises(ValueError, match=rf"^{name} is a masked array with \d+ mask"):
        call()


def test_masked_values_are_refused_after_fit():
    model = RNNClassifier(max_epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match=r"X\.filled"):
        model.predict_proba(MASKED)
    with pytest.raises(ValueError, match=r"y\.filled"):
        model.score(X, np.ma.array(Y, mask=Y))


def test_a_mask_of_nothing_is_none():
    model = RNNClassifier(max_epochs=1, random_state=0)
    expected = model.fit(X, Y).predict_proba(X)
    masked = np.ma.array(X, mask=False)
    found = model.fit(masked, np.ma.array(Y)).predict_proba(list(masked))
    np.testing.assert_array_equal(found, expected)


def test_dimensions_of_an_xarray_in_another_order_are_refused():
    model = RNNClassifier(max_epochs=1)
    for dims in (
        *(("case", "time", "channel"), ("dim_0", "dim_1", "dim_2")),
        *(("Case", "Time_step", "t_0"), ("case", "valid_time", "channel")),
    ):
        model.fit(Labelled.of(X, *dims), Y)
    model.fit(Labelled.of(X[..., 0], "case", "time"), Y)
    swapped = Labelled.of(X.swapaxes(1, 2), "case", "channel", "time")
    with pytest.raises(ValueError, match=r"X has the dimensions .*X\.transpose"):
        model.fit(swapped, Y)
    with pytest.raises(ValueError, match=r"X has the dimensions .*X\.to_numpy\(\)"):
        model.fit(Labelled.of(X, "a", "b", "c"), Y)
    with pytest.raises(ValueError, match=r"X\[0\] has the dim.* time at axis 0"):
        model.fit([Labelled.of(x.T, "channel", "time") for x in X], Y)
    labels = Labelled.of((X[:4, :, 0] > 0).astype(int).T, "time", "case")
    with pytest.raises(ValueError, match=r"y has the dimensions \('time', 'case'\)"):
        RNNTagger().fit(X[:4], labels)
    forecaster = RNNForecaster(window_length=1, horizon=1, max_epochs=1)
    forecaster.fit(Labelled.of(X[0], "time", "channel"))
    with pytest.raises(ValueError, match="time at axis 0"):
        forecaster.fit(Labelled.of(X[0].T, "channel", "time"))
    with pytest.raises(ValueError, match="time at axis 0"):
        SlidingWindow(2).fit(Labelled.of(X[0].T, "channel", "time"))


def test_frames_of_other_packages_make_no_panel():
    frame = Frame(X[0], ["u", "v"])
    with pytest.raises(ValueError, match=r"frame is a .*Frame, which has no index"):
        SequenceArray.from_frame(frame)
    with pytest.raises(TypeError, match="sequences must be a list of arrays, got Fra"):
        SequenceArray.from_list(frame)


def test_frames_of_other_packages_are_read_where_they_are_tables():
    frame = Frame(X[..., 0], [*"abcd"])
    model = RNNClassifier(max_epochs=1, random_state=0).fit(frame, Y)
    expected = model.fit(X[..., 0], Y).predict_proba(X[..., 0])
    np.testing.assert_array_equal(model.predict_proba(frame), expected)
    rows = Frame(X[0], ["u", "at"])
    forecaster = RNNForecaster(window_length=2, horizon=1)
    for read in (model.predict, SlidingWindow(2).fit, forecaster.fit):
        with pytest.raises(ValueError, match="Column 'at' of X holds Datetime"):
            read(rows)


def test_listed_frames_of_other_packages_are_read_with_their_names():
    frames = [Frame(x, ["u", "v"]) for x in X]
    assert RNNClassifier(max_epochs=1).fit(frames, Y).feature_names_in_[1] == "v"
    for frame in frames:  # as of pyarrow
        frame.column_names, frame.columns = frame.columns, [[1.0], [2.0]]
    assert SequenceArray.from_list(frames).feature_names.tolist() == ["u", "v"]
    dated = [Frame(x, ["u", "at"]) for x in X]
    with pytest.raises(ValueError, match=r"Column 'at' of X\[0\] holds Datetime"):
        RNNClassifier().fit(dated, Y)


def test_a_frame_that_is_still_to_be_computed_is_refused():
    lazy = type("LazyFrame", (), {})()
    for read in (SlidingWindow(2).fit, RNNForecaster().fit, RNNClassifier().fit):
        with pytest.raises(TypeError, match=r"X is a LazyFrame; give X\.collect\(\)"):
            read(lazy, Y)


def test_axes_to_be_turned_have_time_last():
    array = Labelled.of(X.swapaxes(1, 2), "case", "channel", "time")
    np.testing.assert_array_equal(SwapAxes().fit_transform(array), X)
    with pytest.raises(ValueError, match="time at axis 2"):
        SwapAxes().fit(Labelled.of(X, "case", "time", "channel"))
    with pytest.raises(ValueError, match="X is a masked array"):
        SwapAxes().fit(MASKED)


def test_layouts_of_sktime_are_named():
    nested = pd.DataFrame({"dim_0": [pd.Series(x[:, 0]) for x in X]})
    with pytest.raises(ValueError, match=r"nested_univ.*skseq\.sktime\.SktimeClassif"):
        RNNClassifier().fit(nested, Y)
    with pytest.raises(TypeError, match=r"X holds a Series of 4 values .*'dim_0'"):
        SlidingWindow(2).fit(nested)
    long = pd.DataFrame(
        {"case_id": [0, 0], "dim_id": "dim_0", "reading_id": [0, 1], "value": 1.0}
    )
    with pytest.raises(ValueError, match=r"pd-long\. Give X\.pivot\("):
        RNNClassifier().fit(long, [0, 1])
    pivot = long.pivot(
        index=["case_id", "reading_id"], columns="dim_id", values="value"
    )
    assert SequenceArray.from_frame(pivot).shape == (1, 2, 1)


@pytest.mark.parametrize(
    "last",
    [
        RNNClassifier(max_epochs=1),
        RNNTagger(max_epochs=1),
        SlidingWindow(2),
        RNNForecaster(window_length=2, horizon=1, max_epochs=1),
    ],
    ids=lambda step: type(step).__name__,
)
def test_frames_without_an_index_lose_series(last):
    """As set_output(transform="polars") makes them of a panel."""
    index = pd.MultiIndex.from_product([["a", "b"], range(4)])
    panel = pd.DataFrame(np.eye(8, 2), index, columns=["u", "v"])
    losing = FunctionTransformer(lambda X: Frame(X.to_numpy(), list(X.columns)))
    with pytest.raises(ValueError, match=r'set_output\(transform="pandas"\)'):
        make_pipeline(losing, last).fit(panel, np.arange(8) % 2)


def test_what_sktime_converts_to_its_long_layout_is_named_and_read_as_told():
    from sktime.datatypes import convert_to

    rng = np.random.default_rng(0)
    parts = [pd.DataFrame(rng.normal(size=(3, 2)), columns=["u", "v"]) for _ in "ab"]
    long = convert_to(parts, "pd-long")
    model = RNNClassifier(max_epochs=1, random_state=0)
    with pytest.raises(
        ValueError, match=r"pd-long\. Give X(\.pivot\(.*\)), a"
    ) as caught:
        model.fit(long, [0, 1])
    told = re.search(r"X(\.pivot\(.*\)), a", str(caught.value))[1]
    panel = eval(f"long{told}")  # as a user would copy it
    for part, (_, found) in zip(parts, panel.groupby(level=0), strict=True):
        np.testing.assert_array_equal(found.to_numpy(), part.to_numpy())
