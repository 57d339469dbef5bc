"""Windows of which no step is known keep whatever else is known of them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNRegressor,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.persistence import load, save
from skseq.preprocessing import (
    SequenceColumnTransformer,
    SequenceScaler,
    SequenceSplitter,
    SlidingWindow,
)

N = 24
rng = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {"load": rng.normal(size=N), "shift": rng.choice(["day", "night"], N)},
    pd.date_range("2024", periods=N, freq="h"),
)
STATIC = pd.DataFrame({"age": np.arange(N) % 5, "sex": rng.choice(["f", "m"], N)})
WINDOWS = SlidingWindow(3, lag=3).fit_transform(TABLE)
X = SequenceArray(
    WINDOWS.values,
    WINDOWS.starts,
    WINDOWS.lengths,
    WINDOWS.window_length,
    feature_names=WINDOWS.feature_names,
    times=WINDOWS.times,
    categories=WINDOWS.categories,
    static=STATIC,
)
EMPTY = X.lengths == 0
Y = rng.normal(size=N)
SMALL = {"max_epochs": 2, "random_state": 0}


def assert_same_beside(found, expected):
    """All but the steps, of which there are none."""
    assert found.window_length == expected.window_length
    np.testing.assert_array_equal(found.lengths, expected.lengths)
    assert found.feature_names.tolist() == expected.feature_names.tolist()
    for one, other in zip(found.categories, expected.categories, strict=True):
        assert one is other or one.equals(other)
    pd.testing.assert_frame_equal(found.static.to_frame(), expected.static.to_frame())


@pytest.mark.parametrize(
    "chosen", [EMPTY, np.zeros(N, dtype=bool)], ids=["empty", "none"]
)
def test_nothing_else_is_lost(chosen, tmp_path):
    found = X[chosen]
    assert found.categories[1].tolist() == ["day", "night"]
    np.testing.assert_array_equal(found.static.values, X.static.values[chosen])
    save(found, tmp_path / "X")
    for again in (
        found.compact(),
        found.apart(),
        pickle.loads(pickle.dumps(found)),
        pickle.loads(pickle.dumps(found.apart())),
        load(tmp_path / "X"),
    ):
        assert_same_beside(again, found)


@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize(
    "model",
    [
        RNNClassifier(hidden_size=4),
        RNNRegressor(hidden_size=4, normalize="both"),
        RNNRegressor(hidden_size=4, normalize="sequence", time_gaps=True),
        CNNClassifier(n_filters=(4,), kernel_size=2),
        Seq2SeqRegressor(hidden_size=4),
    ],
    ids=str,
)
def test_static_values_say_all_there_is(model, missing):
    """Alone, among others, copied: windows of nothing differ by their static values."""
    model = model.set_params(missing=missing, **SMALL)
    y = np.outer(Y, [1, 2]) if isinstance(model, Seq2SeqRegressor) else Y
    y = Y > 0 if hasattr(model, "predict_proba") else y
    model.fit(X, y)
    ask = getattr(model, "predict_proba", model.predict)
    found = ask(X)[EMPTY]
    for sequences in (X[EMPTY], X[EMPTY].compact(), X[EMPTY].apart()):
        np.testing.assert_allclose(ask(sequences), found, atol=1e-7)
    for i in np.flatnonzero(EMPTY):
        np.testing.assert_allclose(ask(X[[i]])[0], ask(X)[i], atol=1e-7)
    for column, other in ((0, 4.5), (1, 1 - X.static.values[EMPTY, 1])):
        static = X[EMPTY].static[np.arange(EMPTY.sum())]
        static.values[:, column] = other
        changed = ask(X[EMPTY]._replace(static=static))
        differs = (changed != found).reshape(EMPTY.sum(), -1)
        assert differs.any(axis=1).all()


def test_what_stands_at_their_first_row_says_nothing():
    model = RNNRegressor(missing="mask", time_gaps=True, **SMALL).fit(X, Y)
    expected = model.predict(X[EMPTY])
    for value in (0.0, 100.0, np.nan):
        values = X.values.copy()
        values[0] = [value, 1.0]
        found = model.predict(X[EMPTY]._replace(values=values))
        np.testing.assert_array_equal(found, expected)


def test_with_a_mask_they_are_windows_of_holes():
    model = RNNRegressor(missing="mask", **SMALL)
    numbers = X._replace(
        values=X.values[:, :1], categories=None, feature_names=X.feature_names[:1]
    )
    model.fit(numbers, Y)
    holes = np.full((EMPTY.sum(), 1, 1), np.nan)
    holes = SequenceArray.from_list(list(holes), static=STATIC[EMPTY])
    holes.feature_names = numbers.feature_names
    np.testing.assert_allclose(model.predict(numbers[EMPTY]), model.predict(holes))


def test_they_may_start_behind_the_last_row():
    values = rng.normal(size=(6, 1))
    late = SequenceArray(values, [0, 6, 3], [3, 0, 3], 3)
    early = SequenceArray(values, [0, 0, 3], [3, 0, 3], 3)
    model = RNNRegressor(normalize="sequence", **SMALL).fit(early, [0.0, 1, 2])
    np.testing.assert_array_equal(model.predict(late), model.predict(early))


def test_transformers_hand_on_what_they_know():
    step = SequenceColumnTransformer(
        [("scale", StandardScaler(), ["age"])], remainder="passthrough", level="static"
    ).fit(X)
    found = step.transform(X[EMPTY])
    np.testing.assert_array_equal(found.lengths, 0)
    np.testing.assert_allclose(
        found.static.values[:, 0],
        ((STATIC["age"] - STATIC["age"].mean()) / STATIC["age"].std(ddof=0))[EMPTY],
    )
    numbers = X._replace(
        values=X.values[:, :1], categories=None, feature_names=X.feature_names[:1]
    )
    for scaler in (SequenceScaler(), SequenceScaler(per="sequence")):
        scaler.fit(numbers)
        for sequences in (numbers, numbers[EMPTY]):
            found = scaler.transform(sequences)
            expected = sequences.static.to_frame()
            pd.testing.assert_frame_equal(found.static.to_frame(), expected)
            np.testing.assert_array_equal(found.lengths, sequences.lengths)


def test_pieces_know_what_their_sequence_knows():
    values = np.arange(10.0)[:, None]
    hours = pd.Index(np.arange(10.0) ** 2)
    whole = SequenceArray(
        values, [0, 4], [4, 6], times=hours, static=STATIC.iloc[:2][["age"]]
    )
    pieces, _, _ = SequenceSplitter(3).split(whole)
    assert pieces.lengths.tolist() == [3, 1, 3, 3]
    assert pieces.static.values[:, 0].tolist() == [0, 0, 1, 1]
    assert pieces.times[pieces.starts].tolist() == [0, 9, 16, 49]
