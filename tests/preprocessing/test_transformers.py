"""Contracts of all transformers of sequences, and each one's own truth."""

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import RNNClassifier, SequenceArray
from skseq.preprocessing import SequencePadder, SequenceScaler, SlidingWindow, SwapAxes

rng = np.random.RandomState(0)
X = rng.randn(12, 5, 2)
RAGGED = [3 + 2 * x[: 1 + i % 5] for i, x in enumerate(X)]
TRANSFORMERS = [
    SequencePadder(),
    SequencePadder(length=3, padding="pre", truncating="pre", value=-1.0),
    SequenceScaler(),
    SequenceScaler(RobustScaler()),
    SequenceScaler(per="sequence"),
    SwapAxes(),
]


def expected_failures(transformer):
    if getattr(transformer, "per", None) != "sequence":
        return {}
    return {
        "check_array_api_input": "a sequence's own scale is not in what was scaled, so "
        "inverse_transform needs the unscaled sequences as a reference"
    }


@parametrize_with_checks(TRANSFORMERS, expected_failed_checks=expected_failures)
def test_sklearn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("step", [*TRANSFORMERS, SlidingWindow(2)], ids=str)
def test_no_output_setting_breaks_a_step(step):
    table = pd.DataFrame(X[:, :, 0], columns=list("abcde"))
    expected = np.asarray(step.fit_transform(table))
    with sklearn.config_context(transform_output="pandas"):
        np.testing.assert_array_equal(np.asarray(step.fit_transform(table)), expected)
    assert step.set_output(transform="pandas") is step


HOLED = X.copy()
HOLED[rng.rand(*X.shape) < 0.3] = np.nan
HOLED[3, :, 1] = np.nan
STAYS = [
    pd.DataFrame(x, pd.date_range("2024", periods=5), columns=["u", "v"]) for x in HOLED
]
WARD = SequenceArray.from_list(
    STAYS,
    static=pd.DataFrame({"age": np.arange(12.0), "sex": ["f", "m"] * 6}),
)


@pytest.mark.parametrize("step", TRANSFORMERS, ids=str)
def test_what_is_missing_is_handed_on_and_infinity_refused(step):
    step = clone(step)
    given = HOLED.swapaxes(1, 2) if isinstance(step, SwapAxes) else HOLED
    out = step.fit_transform(given)
    model = make_pipeline(step, RNNClassifier(missing="mask", max_epochs=1))
    assert model.fit(given, [0, 1] * 6).predict(given).shape == (12,)
    if isinstance(step, SequenceScaler):
        np.testing.assert_array_equal(np.isnan(out), np.isnan(HOLED))
    elif isinstance(step, SwapAxes) or step.length is None:
        np.testing.assert_array_equal(out, HOLED)
    else:
        np.testing.assert_array_equal(out, HOLED[:, -3:])
    with pytest.raises(ValueError, match="contains infinity"):
        step.fit(np.where(given == np.nanmax(given), np.inf, given))


@pytest.mark.parametrize("per", ["feature", "sequence"])
def test_scales_are_of_what_is_there_and_all_else_is_kept(per):
    step = SequenceScaler(per=per).fit(WARD)
    out = step.transform(WARD)
    for found, given in zip(out, WARD, strict=True):
        of = np.concatenate(list(WARD)) if per == "feature" else given
        n = np.maximum(1, (~np.isnan(of)).sum(axis=0))
        mean = np.nansum(of, axis=0) / n
        centred = found * (np.nansum(np.square(of - mean), axis=0) / n) ** 0.5
        there = ~np.isnan(given)
        np.testing.assert_allclose(centred[there], (given - mean)[there], atol=1e-12)
    assert out.times.equals(WARD.times)
    pd.testing.assert_frame_equal(out.static.to_frame(), WARD.static.to_frame())
    back = step.inverse_transform(out, WARD if per == "sequence" else None)
    np.testing.assert_allclose(back.values, WARD.values)


def test_static_columns_are_not_lost_in_an_array():
    for do in (SequencePadder().fit, SequencePadder().fit(STAYS).transform):
        with pytest.raises(
            ValueError, match=r"static columns, \['age', 'sex'\], which"
        ):
            do(WARD)


# SequenceScaler -----------------------------------------------------------------


@pytest.mark.parametrize("scaler", [None, RobustScaler(), MinMaxScaler()], ids=str)
def test_one_scale_per_feature_over_all_steps(scaler):
    step = SequenceScaler(scaler).fit(RAGGED)
    reference = (scaler or StandardScaler()).fit(np.concatenate(RAGGED))
    for out, given in zip(step.transform(RAGGED), RAGGED, strict=True):
        np.testing.assert_allclose(out, reference.transform(given))
    for out, given in zip(
        step.inverse_transform(step.transform(RAGGED)), RAGGED, strict=True
    ):
        np.testing.assert_allclose(out, given)


def test_each_sequence_by_its_own_scale():
    step = SequenceScaler(per="sequence").fit(X)
    scaled = step.transform(X)
    np.testing.assert_allclose(scaled.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=1), 1)
    np.testing.assert_allclose(step.inverse_transform(scaled, reference=X), X)
    with pytest.raises(ValueError, match="needs reference"):
        step.inverse_transform(scaled)
    with pytest.raises(ValueError, match="reference holds 2 sequences, X 12"):
        step.inverse_transform(scaled, reference=X[:2])


def panel():
    index = pd.MultiIndex.from_product([range(12), range(5)])
    return pd.DataFrame(X.reshape(-1, 2), index=index, columns=["u", "v"])


@pytest.mark.parametrize(
    "given",
    [X, X[..., 0], list(X), [x[:, 0] for x in X], panel(), SequenceArray.from_array(X)],
    ids=["array", "table", "list", "list of vectors", "panel", "SequenceArray"],
)
@pytest.mark.parametrize("per", ["feature", "sequence"])
def test_what_goes_in_comes_out(given, per):
    step = SequenceScaler(per=per)
    out = step.fit_transform(given)
    assert type(out) is type(given)
    assert len(out) == len(given)
    if isinstance(given, pd.DataFrame):
        assert out.index.equals(given.index)
        assert out.columns.equals(given.columns)
    elif isinstance(given, list):
        assert [x.shape for x in out] == [x.shape for x in given]
    else:
        assert out.shape == given.shape


def test_windows_stay_windows():
    windows = SlidingWindow(4).fit_transform(X[0])
    scaled = SequenceScaler().fit_transform(windows)
    assert scaled.window_length == 4
    assert len(scaled.values) == 5
    expected = (X[0] - X[0].mean(0)) / X[0].std(0)
    np.testing.assert_allclose(scaled[-1], expected[1:])


def test_windows_by_their_own_scale_stay_windows():
    windows = SlidingWindow(3, lag=1).fit_transform(X[0])
    scaled = SequenceScaler(per="sequence").fit_transform(windows)
    assert scaled.complete.tolist() == windows.complete.tolist()
    np.testing.assert_allclose(
        scaled[-1], SequenceScaler().fit_transform([X[0][1:4]])[0]
    )


def test_a_fit_that_fails_leaves_a_scaler_as_it_was():
    step = SequenceScaler().fit(RAGGED)
    before = vars(step).copy()
    with pytest.raises(ValueError, match="0 feature"):
        step.fit(np.zeros((4, 5, 0)))
    assert vars(step) == before


def test_a_panel_of_one_feature_stays_one():
    series = panel()["u"]
    scaled = SequenceScaler().fit_transform(series)
    assert scaled.index.equals(series.index)
    np.testing.assert_allclose(scaled, (series - series.mean()) / series.std(ddof=0))


# SequencePadder -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 2, 3], [4, 0, 0]]),
        ({"padding": "pre", "value": 9}, [[1, 2, 3], [9, 9, 4]]),
        ({"length": 2}, [[1, 2], [4, 0]]),
        ({"length": 2, "truncating": "pre"}, [[2, 3], [4, 0]]),
        ({"length": 4, "padding": "pre"}, [[0, 1, 2, 3], [0, 0, 0, 4]]),
    ],
)
def test_padding_by_hand(options, expected):
    padded = SequencePadder(**options).fit_transform([[1.0, 2, 3], [4.0]])
    assert padded[..., 0].tolist() == expected


def test_the_length_is_learned_in_fit():
    step = SequencePadder().fit([[1.0, 2], [3.0]])
    assert step.transform([[5.0, 6, 7, 8]])[..., 0].tolist() == [[5, 6]]


# SwapAxes -----------------------------------------------------------------------


def test_channels_and_time_change_places():
    step = SwapAxes().fit(X)
    assert step.n_features_in_ == 5
    np.testing.assert_array_equal(step.transform(X), X.swapaxes(1, 2))
    listed = SwapAxes().fit_transform([x.T for x in RAGGED])
    for out, given in zip(listed, RAGGED, strict=True):
        np.testing.assert_array_equal(out, given)
    np.testing.assert_array_equal(SwapAxes().fit_transform(X[..., 0]), X[..., 0])


def test_axes_of_tensors_and_object_arrays_change_places():
    assert SwapAxes().fit_transform(torch.zeros(10, 3, 5)).shape == (10, 5, 3)
    objects = np.empty(12, dtype=object)
    objects[:] = [x.T for x in X]
    np.testing.assert_array_equal(SwapAxes().fit_transform(objects), X)
    for given in (panel(), SequenceArray.from_array(X)):
        with pytest.raises(ValueError, match="in which time comes first already"):
            SwapAxes().fit(given)


def test_a_pipeline_from_channels_first():
    y = (X[:, 0, 0] > 0).astype(int)
    model = RNNClassifier(max_epochs=2, random_state=0)
    direct = model.fit(X, y).predict_proba(X)
    swapped = make_pipeline(SwapAxes(), model).fit(X.swapaxes(1, 2), y)
    np.testing.assert_allclose(swapped.predict_proba(X.swapaxes(1, 2)), direct)


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_a_scaler_set_after_the_fit_is_checked(method):
    scaler = SequenceScaler(per="sequence").fit(X)
    with pytest.raises(ValueError, match="'per' parameter"):
        getattr(scaler.set_params(per="step"), method)(X)
    with pytest.raises(NotFittedError):
        getattr(scaler.set_params(per="feature"), method)(X)
