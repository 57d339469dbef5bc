"""Names of columns and instances arrive where a user looks."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingRegressor
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import (
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.inspection import permutation_importance
from skseq.persistence import load, save
from skseq.preprocessing import (
    SequenceScaler,
    SequenceSplitter,
    SlidingWindow,
    make_windows,
)

X = np.random.default_rng(0).normal(size=(8, 4, 2))
NAMES = pd.Index([*"fadbgech"], name="id")
INDEX = pd.MultiIndex.from_product([NAMES, range(4)], names=["id", "t"])
PANEL = pd.DataFrame(X.reshape(-1, 2), INDEX, ["pulse", "pressure"])
SEQUENCES = SequenceArray.from_frame(PANEL)
Y = pd.Series(np.arange(8) % 2, NAMES, name="dies")
RISKS = pd.DataFrame({"now": Y * 1.5, "later": Y + 1.0})
LABELS = pd.DataFrame({"ill": Y, "old": 1 - Y})
CLASSIFIER = RNNClassifier(max_epochs=1, random_state=0)
REGRESSOR = RNNRegressor(max_epochs=1, random_state=0)
BOTH = pytest.mark.parametrize("given", [PANEL, SEQUENCES], ids=["panel", "array"])


@BOTH
@pytest.mark.parametrize("model", [CLASSIFIER, REGRESSOR])
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
def test_predictions_bear_the_instances_and_the_name_of_y(model, given):
    expected = clone(model).fit(X, Y.to_numpy()).predict(X)
    model = clone(model).fit(given, Y)
    found = model.predict(given)
    pd.testing.assert_series_equal(found, pd.Series(expected, NAMES, name="dies"))
    assert model.predict(X).tolist() == expected.tolist()
    shuffled = SEQUENCES[[5, 2, 2]]
    assert model.predict(shuffled).index.tolist() == ["e", "d", "d"]
    assert model.fit(given, Y.to_numpy()).predict(given).name is None
    assert isinstance(model.fit(X, Y.to_numpy()).predict(given), np.ndarray)


def test_pieces_of_sequences_without_names_are_numbered_as_ever():
    pieces, y, _ = SequenceSplitter(2).split(X, Y.to_numpy())
    assert type(clone(CLASSIFIER).fit(pieces, y).predict(pieces)) is np.ndarray
    pieces, y, _ = SequenceSplitter(2).split(PANEL, Y)
    found = clone(CLASSIFIER).fit(pieces, y).predict(pieces)
    assert found.index.tolist() == [name for name in NAMES for _ in range(2)]


def test_what_scikit_learn_reshapes_is_what_a_series_holds_now():
    found = clone(REGRESSOR).fit(SEQUENCES, Y).predict(SEQUENCES)
    found[:] = np.arange(8)
    assert found.reshape(-1, 1).tolist() == [[i] for i in range(8)]


@BOTH
@pytest.mark.parametrize(("model", "y"), [(CLASSIFIER, LABELS), (REGRESSOR, RISKS)])
def test_several_outputs_are_a_frame(model, y, given, tmp_path):
    model = clone(model).fit(given, y)
    found = model.predict(given)
    assert found.index.equals(NAMES)
    assert found.columns.equals(y.columns)
    save(model, tmp_path / "model.skseq")
    for copy in (load(tmp_path / "model.skseq"), pickle.loads(pickle.dumps(model))):
        pd.testing.assert_frame_equal(copy.predict(given), found)
    model.fit(given, y.to_numpy())
    assert model.predict(given).columns.tolist() == [0, 1]


@BOTH
def test_what_scorers_index_by_column_stays_an_array(given):
    model = clone(CLASSIFIER).fit(given, Y)
    for method in ("predict_proba", "decision_function"):
        assert type(getattr(model, method)(given)) is np.ndarray


@BOTH
def test_written_sequences_bear_the_instances(given):
    paths = pd.DataFrame(X[..., 0], NAMES, ["1h", "2h", "3h", "4h"])
    model = Seq2SeqRegressor(max_epochs=1)
    found = model.fit(given, paths).predict(given)
    assert found.index.equals(NAMES)
    assert found.columns.equals(paths.columns)
    ragged = model.fit(given, [x[:2, 0] for x in X]).predict(given, n_steps=3)
    assert ragged.index.equals(NAMES)
    assert ragged["a"].shape == (3,)
    words = Seq2SeqClassifier(max_epochs=1).fit(given, [["a", "b"]] * 8)
    assert words.predict(given).index.equals(NAMES)
    assert words.score(given, [["a", "b"]] * 8) <= 1


def test_labels_per_step_keep_the_index():
    steps = pd.Series((X[..., 0] > 0).ravel().astype(int), INDEX)
    model = RNNTagger(max_epochs=1).fit(PANEL, steps)
    assert model.predict(PANEL).index.equals(INDEX)
    assert model.predict_proba(PANEL).index.equals(INDEX)


def test_encodings_bear_the_instances():
    found = clone(CLASSIFIER).fit(SEQUENCES, Y).transform(SEQUENCES)
    assert found.index.equals(NAMES)


@pytest.mark.parametrize(
    "model",
    [
        TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler()),
        TransformedTargetRegressor(REGRESSOR, func=np.log1p, inverse_func=np.expm1),
        StackingRegressor([("a", REGRESSOR), ("b", REGRESSOR)], cv=2),
        StackingClassifier([("a", CLASSIFIER)], cv=2, stack_method="predict"),
        VotingRegressor([("a", REGRESSOR), ("b", REGRESSOR)]),
        GridSearchCV(CLASSIFIER, {"hidden_size": [2, 3]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_scikit_learn_makes_of_estimators_takes_such_predictions(model):
    found = model.fit(SEQUENCES, Y).predict(SEQUENCES)
    expected = model.fit(X, Y.to_numpy()).predict(X)
    np.testing.assert_allclose(np.asarray(found), expected)


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "neg_log_loss", "r2"])
def test_cross_validation_scores_what_it_scores_of_arrays(scoring):
    found = cross_val_score(CLASSIFIER, SEQUENCES, Y, cv=2, scoring=scoring)
    expected = cross_val_score(CLASSIFIER, X, Y.to_numpy(), cv=2, scoring=scoring)
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(
        cross_val_predict(CLASSIFIER, SEQUENCES, Y, cv=2),
        cross_val_predict(CLASSIFIER, X, Y.to_numpy(), cv=2),
    )


def test_names_of_columns_are_checked():
    model = clone(CLASSIFIER).fit(SEQUENCES, Y)
    assert model.feature_names_in_.tolist() == ["pulse", "pressure"]
    swapped = PANEL[["pressure", "pulse"]]
    frames = [frame.droplevel(0) for _, frame in swapped.groupby(level=0, sort=False)]
    for other in (swapped, SequenceArray.from_frame(swapped), frames):
        with pytest.raises(ValueError, match="must be in the same order"):
            model.predict(other)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)


@pytest.mark.parametrize("per", ["feature", "sequence"])
def test_transformers_keep_names(per):
    frames = [frame.droplevel(0) for _, frame in PANEL.groupby(level=0, sort=False)]
    names = ["pulse", "pressure"]
    for given in (PANEL, SEQUENCES, frames):
        model = make_pipeline(SequenceScaler(per=per), clone(CLASSIFIER))
        model.fit(given, Y.to_numpy())
        assert model[-1].feature_names_in_.tolist() == names
    scaled = SequenceScaler(per=per).fit_transform(SEQUENCES)
    assert scaled.instances.equals(NAMES)
    pieces, labels, _ = SequenceSplitter(2).split(PANEL, Y)
    assert pieces.feature_names.tolist() == names
    assert pieces.instances.tolist() == NAMES.repeat(2).tolist()
    found = clone(CLASSIFIER).fit(pieces, labels).predict(pieces)
    assert found.index.equals(NAMES.repeat(2))
    assert SlidingWindow(2).fit_transform(PANEL).feature_names.tolist() == names
    windows, _ = make_windows(PANEL.loc["a"], window_length=2)
    assert windows.feature_names.tolist() == names
    assert SequenceArray.from_list(frames).feature_names.tolist() == names


def test_importances_speak_of_the_names():
    model = clone(CLASSIFIER).fit(SEQUENCES, Y)
    result = permutation_importance(model, SEQUENCES, Y, n_repeats=1, by="feature")
    assert result.feature_names.tolist() == ["pulse", "pressure"]


@pytest.mark.parametrize("name", ["times", "instances", "categories"])
@pytest.mark.parametrize("value", [-np.inf, "abc", object()])
def test_what_beside_values_is_no_array_is_named(name, value):
    with pytest.raises(TypeError, match=f"^{name} must be "):
        SequenceArray(np.zeros((3, 1)), [0], [3], **{name: value})
