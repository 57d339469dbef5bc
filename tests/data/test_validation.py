"""Every layout that is accepted, and the error for what is not."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.model_selection import LeaveOneOut, cross_val_score

from skseq import RNNClassifier, RNNRegressor, SequenceArray
from skseq.data import validation

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 5, 2))
Y = np.arange(12) % 2


def panel(X, order=None):
    n, n_timesteps, n_features = X.shape
    index = pd.MultiIndex.from_product([range(n), range(n_timesteps)])
    return pd.DataFrame(X.reshape(-1, n_features), index)


def objects(X):
    array = np.empty(len(X), dtype=object)
    array[:] = list(X)
    return array


LAYOUTS = {
    "list": list,
    "tuple": tuple,
    "nested lists": lambda X: [x.tolist() for x in X],
    "object array": objects,
    "panel": panel,
    "SequenceArray": SequenceArray.from_array,
    "tensor": torch.from_numpy,
    "fortran order": np.asfortranarray,
    "not writable": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
    "frames": lambda X: [pd.DataFrame(x) for x in X],
}


@pytest.fixture(scope="module")
def fitted():
    return RNNClassifier(random_state=0, max_epochs=2).fit(X, Y)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_layouts_mean_the_same(layout, fitted):
    given = LAYOUTS[layout](X)
    model = RNNClassifier(random_state=0, max_epochs=2).fit(given, Y)
    expected = fitted.predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-10)
    np.testing.assert_allclose(fitted.predict_proba(given), expected, rtol=1e-10)
    assert model.n_features_in_ == 2


def test_a_table_is_univariate_sequences():
    table = X[..., 0]
    model = RNNClassifier(random_state=0, max_epochs=2).fit(table, Y)
    assert model.n_features_in_ == 5
    expected = model.predict_proba(table)
    np.testing.assert_allclose(model.predict_proba(table[..., None]), expected)
    np.testing.assert_allclose(model.predict_proba(list(table)), expected)
    with pytest.raises(ValueError, match=r"X has 4 features, but .* 5 features"):
        model.predict(table[:, 1:])
    assert model.predict([table[0], table[1, :3]]).shape == (2,)


def test_n_channels_reads_flat_rows_time_first(fitted):
    flat = X.reshape(12, 10)
    model = RNNClassifier(n_channels=2, random_state=0, max_epochs=2).fit(flat, Y)
    np.testing.assert_allclose(model.predict_proba(flat), fitted.predict_proba(X))
    with pytest.raises(ValueError, match="10 columns, which n_channels=3 does not"):
        RNNClassifier(n_channels=3).fit(flat, Y)


def test_names_of_columns_are_remembered():
    table = pd.DataFrame(X[..., 0], columns=list("abcde"))
    model = RNNClassifier(max_epochs=1).fit(table, Y)
    assert model.feature_names_in_.tolist() == list("abcde")
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table[list("edcba")])
    frame = panel(X).set_axis(["u", "v"], axis=1)
    model.fit(frame, Y)
    assert model.feature_names_in_.tolist() == ["u", "v"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["v", "u"]])


def test_other_lengths_are_accepted_but_not_other_features(fitted):
    assert fitted.predict(X[:3, :2]).shape == (3,)
    assert fitted.predict(np.concatenate([X, X], axis=1)).shape == (12,)
    with pytest.raises(ValueError, match="X has 1 features per time step, but RNNCl"):
        fitted.predict(X[..., :1])
    with pytest.raises(ValueError, match="X has 1 features per time step"):
        fitted.predict(X[..., 0])


def with_value(value):
    changed = X.copy()
    changed[3, 4, 1] = value
    return changed


FLAT = X.reshape(12, 10)
TOKENS = rng.integers(4, size=(12, 5, 1)).astype(float)
FITTED = {
    "arrays": ({}, X),
    "a table": ({"n_channels": 2}, FLAT),
    "named columns": ({"n_channels": 2}, pd.DataFrame(FLAT, columns=[*"abcdefghij"])),
    "tokens": ({"embedding_dim": 2}, TOKENS),
}


@pytest.mark.parametrize("data", FITTED)
def test_arrays_as_in_fit_lose_nothing_by_fewer_checks(data, monkeypatch):
    options, known = FITTED[data]
    model = RNNClassifier(max_epochs=1, random_state=0, **options).fit(known, Y)

    def answers():
        """Yield what is predicted or raised, and what is warned of."""
        for given in (
            *(X, X.astype("f4"), X.astype("f2"), X.astype(">f8"), X.astype(object)),
            *(with_value(np.nan), with_value(np.inf), X * 1e300, X[:0], X[:, :0]),
            *(X[..., :1], X[..., :0], X[None], X + 1j, np.ma.masked_less(X, 0)),
            *(TOKENS, TOKENS - 4, TOKENS + 4, TOKENS + 0.5, TOKENS * np.nan),
        ):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    found = model.predict_proba(given).tolist()
                except (ValueError, TypeError) as error:
                    found = repr(error)
            yield found, [str(warning.message) for warning in caught]

    found = list(answers())
    monkeypatch.setattr(validation, "_is_as_in_fit", lambda *args: False)
    assert found == list(answers())


@pytest.mark.parametrize("method", ["fit", "predict"])
@pytest.mark.parametrize(
    ("given", "match"),
    [
        (with_value(np.nan), "Input X contains NaN"),
        (with_value(np.inf), "Input X contains infinity"),
        (list(with_value(np.nan)), r"contains NaN: X\[3\] at time step 4"),
        (list(with_value(-np.inf)), r"contains infinity: X\[3\] at time step 4"),
        (panel(with_value(np.nan)), r"contains NaN: X\[3\] at time step 4"),
        (np.empty((0, 5, 2)), r"0 sample\(s\)"),
        (np.empty((12, 0, 2)), "length 0|0 sample|0 feature"),
        ([], "0 sample|Expected 2D array"),
        (X[0, :, 0], "Expected 2D array, got 1D"),
        (np.float64(3), "Expected 2D array, got scalar"),
        (X[None], r"the shape \(n_samples, n_timesteps, n_features\), got \(1, 12, 5"),
        (X + 1j, "Complex data not supported"),
        ([x + 1j for x in X], "Complex data not supported"),
        (np.full((12, 5), "a"), "could not convert string|dtype='numeric'"),
        (
            [np.array(["a"] * n) for n in range(1, 13)],
            "could not convert string|numeric",
        ),
        ([*X[:11], np.empty((0, 2))], "Sequence 11 is empty"),
        ([*X[:11], X[0, :, :1]], "Sequence 11 has 1 features"),
        ([*X[:11], 3.0], r"Sequence 11 has the shape \(\)"),
        (SequenceArray.from_array(X)[[]], "holds no sequence"),
    ],
)
def test_bad_sequences(method, given, match, fitted):
    arguments = (given, Y) if method == "fit" else (given,)
    with pytest.raises((ValueError, TypeError), match=match):
        getattr(fitted, method)(*arguments)


def test_sparse_tables_are_refused():
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        RNNClassifier().fit(sparse.csr_array(X[..., 0]), Y)


def test_panels_of_every_kind():
    frame = panel(X)
    expected = RNNClassifier(random_state=0, max_epochs=1).fit(X, Y).predict_proba(X)
    nullable = frame.astype("Float64")
    model = RNNClassifier(random_state=0, max_epochs=1).fit(nullable, Y)
    np.testing.assert_allclose(model.predict_proba(nullable), expected)
    nullable.iloc[7, 1] = pd.NA
    with pytest.raises(ValueError, match=r"contains NaN: X\[1\] at time step 2"):
        RNNClassifier().fit(nullable, Y)
    univariate = RNNClassifier(max_epochs=1).fit(frame[0], Y)
    assert univariate.n_features_in_ == 1
    three = frame.set_axis(pd.MultiIndex.from_product([range(12), range(5), [0]]))
    with pytest.raises(ValueError, match="index of 3 levels; expected one, or two"):
        RNNClassifier().fit(three, Y)


def test_object_arrays_are_lists_whatever_the_lengths():
    ragged = objects([x[: 1 + i % 5, 0].tolist() for i, x in enumerate(X)])
    model = RNNClassifier(random_state=0, max_epochs=1).fit(ragged, Y)
    together = model.predict_proba(ragged)
    for i in range(12):
        np.testing.assert_allclose(
            model.predict_proba(ragged[i : i + 1]), together[[i]]
        )
    series = pd.Series(list(ragged), index=range(3, 15))
    np.testing.assert_allclose(model.predict_proba(series), together)
    lists = ragged.tolist()
    scores = cross_val_score(model, lists, Y, cv=LeaveOneOut())
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("as_series", [False, True])
@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2024-06-01", periods=5),
        pd.period_range("2024-06", periods=5, freq="M"),
        pd.timedelta_range("1h", periods=5),
    ],
    ids=["dates", "periods", "spans"],
)
def test_listed_frames_must_be_in_the_order_of_time(times, as_series):
    """As panels must; numbers may be those of the rows of a table that was sorted."""
    right = [pd.DataFrame({"a": np.arange(5.0)}, times) for _ in range(2)]
    if as_series:
        right = [frame["a"] for frame in right]
    model = RNNClassifier(max_epochs=1).fit(right, [0, 1])
    wrong = [right[0], right[1][::-1]]
    with pytest.raises(ValueError, match=r"index of X\[1\] does not increase"):
        model.fit(wrong, [0, 1])
    with pytest.raises(ValueError, match=r"index of X\[1\] does not increase"):
        model.predict(wrong)
    with pytest.raises(ValueError, match=r"sort it first, sequences\[1\].sort_index"):
        SequenceArray.from_list(wrong)
    model.predict([part.reset_index(drop=True)[::-1] for part in right])


def test_columns_of_listed_frames_must_agree():
    frames = [pd.DataFrame(x, columns=["u", "v"]) for x in X]
    model = RNNClassifier(max_epochs=1).fit(frames, Y)
    assert model.feature_names_in_.tolist() == ["u", "v"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict([frame[["v", "u"]] for frame in frames])
    frames[3] = frames[3][["v", "u"]]
    with pytest.raises(ValueError, match=r"X\[3\] has the columns \['v', 'u'\]"):
        model.fit(frames, Y)


def test_rows_that_no_sequence_uses_may_hold_anything():
    table = np.r_[rng.normal(size=(90, 1)), np.full((10, 1), np.inf)]
    windows = SequenceArray(table, np.arange(80), np.full(80, 8))
    model = RNNRegressor(max_epochs=1).fit(windows, table[:80, 0])
    assert np.isfinite(model.predict(windows)).all()


@pytest.mark.parametrize("broken", [(with_value(np.nan), Y), (X[..., :1], Y[:-1])])
def test_a_failed_fit_leaves_everything_as_it_was(broken):
    model = RNNClassifier(random_state=0, max_epochs=1).fit(X, Y)
    before, expected = dict(vars(model)), model.predict_proba(X)
    with pytest.raises(ValueError, match=r"NaN|inconsistent"):
        model.fit(*broken)
    assert vars(model) == before
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    unfitted = RNNClassifier()
    with pytest.raises(ValueError, match=r"NaN|inconsistent"):
        unfitted.fit(*broken)
    assert vars(unfitted) == vars(RNNClassifier())


def test_the_input_is_not_changed():
    given, labels, weights = X.copy(), Y.copy(), np.ones(12)
    RNNClassifier(max_epochs=1, class_weight="balanced").fit(given, labels, weights)
    np.testing.assert_array_equal(given, X)
    np.testing.assert_array_equal(labels, Y)
    np.testing.assert_array_equal(weights, 1)


@pytest.mark.parametrize(
    "data",
    [
        {1, 2},
        {"a": X},
        (x for x in X),
        [*X, None],
        [X[0], X[0, :, 0]],
        [X[0], X[0, :, :1]],
        panel(X).iloc[::-1],
        [[1j, 2j]] * 12,
    ],
    ids=lambda data: type(data).__name__,
)
def test_whatever_is_wrong_with_x_the_error_names_it(data):
    with pytest.raises((ValueError, TypeError), match=r"\bX\b"):
        RNNClassifier(max_epochs=1).fit(data, Y)


def test_the_byte_order_of_a_table_does_not_matter():
    table = pd.DataFrame(X[..., 0])
    model = RNNClassifier(max_epochs=1, random_state=0).fit(table, Y)
    expected = model.predict_proba(table)
    np.testing.assert_array_equal(model.predict_proba(table.astype(">f8")), expected)


@pytest.mark.parametrize("n_channels", [None, 0, "a", 1.5])
def test_channels_that_were_set_after_the_fit_are_checked(n_channels):
    model = RNNClassifier(max_epochs=1).fit(X[..., 0], Y)
    with pytest.raises(ValueError, match="n_channels="):
        model.set_params(n_channels=n_channels).predict(X[..., 0])


@pytest.mark.parametrize("X", [np.zeros((3, 2, 0)), [np.zeros((2, 0))] * 3])
def test_steps_without_features_are_refused(X):
    with pytest.raises(ValueError, match="0 feature"):
        RNNClassifier().fit(X, [0, 1, 0])
