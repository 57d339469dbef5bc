"""SequenceColumnTransformer beside scikit-learn's on the table of all steps."""

import pickle
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    StandardScaler,
)
from sklearn_checks import every_check_of_texts

from skseq import RNNClassifier, RNNTagger, SequenceArray
from skseq.preprocessing import SequenceColumnTransformer, SlidingWindow

N, T = 12, 4
rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [[f"p{i:02}" for i in range(N)], pd.date_range("2024", periods=T)],
    names=["patient", "day"],
)
X = pd.DataFrame(
    {
        "pulse": np.where(rng.random(N * T) < 0.3, np.nan, rng.normal(80, 9, N * T)),
        "ward": rng.choice(["icu", "east", "west"], N * T),
        "age": rng.normal(60, 9, N * T),
        "awake": rng.random(N * T) < 0.5,
        "grade": pd.Categorical(rng.choice([*"abc"], N * T), categories=[*"cbad"]),
    },
    INDEX,
)
PATIENTS = pd.DataFrame(
    {"sex": rng.choice(["f", "m"], N), "height": rng.normal(170, 9, N)},
    INDEX.get_level_values(0).unique(),
)
WITH_STATIC = SequenceArray.from_frame(X, static=PATIENTS)
FRAMES = [frame.droplevel(0) for _, frame in X.groupby(level=0)]
CLASSES = np.where(np.arange(N) % 3 == 0, "dies", "lives")
LISTED = [
    ("fill", SimpleImputer(strategy="median"), ["pulse"]),
    ("which", OneHotEncoder(handle_unknown="ignore"), ["ward", "grade"]),
    ("scale", StandardScaler(), ["age"]),
    ("bins", KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), ["age"]),
]


def transformer(**options):
    return SequenceColumnTransformer(**{"transformers": LISTED, **options})


# What it makes -----------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["panel", "sequences", "list"])
@pytest.mark.parametrize("verbose", [True, False])
def test_all_steps_are_the_rows_of_one_table(layout, verbose):
    given = {"panel": X, "sequences": WITH_STATIC, "list": FRAMES}[layout]
    transformers = LISTED if verbose else LISTED[:3]
    expected = ColumnTransformer(
        transformers, sparse_threshold=0, verbose_feature_names_out=verbose
    ).set_output(transform="default")
    values = expected.fit_transform(X.reset_index(drop=True))
    step = SequenceColumnTransformer(transformers, verbose_feature_names_out=verbose)
    for found in (step.fit_transform(given), step.fit(given).transform(given)):
        assert isinstance(found, SequenceArray)
        np.testing.assert_array_equal(found.values, values)
        np.testing.assert_array_equal(found.lengths, [T] * N)
        assert found.categories is None
        names = expected.get_feature_names_out()
        assert found.feature_names.tolist() == names.tolist()
    assert step.get_feature_names_out().tolist() == names.tolist()
    assert step.feature_names_in_.tolist() == list(X.columns)
    assert step.n_features_in_ == 5


def test_times_instances_and_static_columns_are_carried():
    found = transformer().fit_transform(X)
    assert found.instances.equals(PATIENTS.index)
    assert found.times.equals(INDEX.get_level_values(1))
    found = transformer().fit_transform(WITH_STATIC)
    assert found.instances.equals(PATIENTS.index)
    assert found.times.equals(INDEX.get_level_values(1))
    pd.testing.assert_frame_equal(
        found.static.to_frame(), WITH_STATIC.static.to_frame()
    )


@pytest.mark.parametrize("given", [X, WITH_STATIC, FRAMES], ids=["X", "array", "list"])
@pytest.mark.parametrize("as_remainder", [True, False])
def test_what_passes_through_keeps_its_type(given, as_remainder):
    rest = ["ward", "awake", "grade"]
    listed = [LISTED[0], ("drop", "drop", ["age"])]
    step = SequenceColumnTransformer(listed, remainder="passthrough")
    if not as_remainder:
        listed.append(("rest", "passthrough", rest))
        step = SequenceColumnTransformer(listed)
    found = step.fit_transform(given)
    assert [name.split("__")[1] for name in found.feature_names] == ["pulse", *rest]
    expected = SequenceArray.from_frame(X[rest])
    np.testing.assert_array_equal(found.values[:, 1:], expected.values)
    for known, other in zip(found.categories[1:], expected.categories, strict=True):
        assert known.tolist() == other.tolist()
    assert found.categories[0] is None
    assert not np.isnan(found.values[:, 0]).any()


@pytest.mark.parametrize("remainder", ["drop", "passthrough"])
def test_a_remainder_set_after_fit_waits_for_the_next_one(remainder):
    step = transformer(remainder=remainder).fit(X)
    expected = step.transform(X)
    step.set_params(remainder={"drop": "passthrough"}.get(remainder, "drop"))
    found = step.transform(X)
    np.testing.assert_array_equal(found.values, expected.values)
    assert list(found.feature_names) == list(step.get_feature_names_out())


def test_categories_that_a_transformer_makes_are_categories():
    holes = X.assign(ward=X["ward"].where(X["age"] > 60))
    step = SequenceColumnTransformer(
        [("most", SimpleImputer(strategy="most_frequent"), ["ward", "age"])]
    )
    found = step.fit_transform(holes)
    assert found.categories[0].tolist() == ["east", "icu", "west"]
    assert found.categories[1] is None
    np.testing.assert_array_equal(found.values[:, 1], X["age"])


def test_dates_and_texts_are_seen_as_they_are():
    stamped = X.assign(at=INDEX.get_level_values(1))
    to_day = FunctionTransformer(lambda frame: frame["at"].dt.day.to_frame())
    step = SequenceColumnTransformer([("day", to_day, ["at"])])
    found = step.fit_transform(stamped)
    assert found.values.ravel().tolist() == [1, 2, 3, 4] * N
    assert found.feature_names is None  # a function does not tell
    with pytest.raises(ValueError, match=r"'remainder__at' of .* holds datetime64"):
        SequenceColumnTransformer(remainder="passthrough").fit(stamped)


def test_static_columns_are_rows_of_sequences():
    listed = [
        ("scale", StandardScaler(), ["height"]),
        ("which", OneHotEncoder(drop="if_binary"), ["sex"]),
    ]
    step = SequenceColumnTransformer(listed, level="static")
    found = step.fit_transform(WITH_STATIC)
    expected = ColumnTransformer(listed, sparse_threshold=0).fit_transform(PATIENTS)
    np.testing.assert_array_equal(found.static.values, expected)
    names = ["scale__height", "which__sex_m"]
    assert found.static.names.tolist() == names
    assert found.static.categories == (None, None)
    np.testing.assert_array_equal(found.values, WITH_STATIC.values)
    assert found.categories == WITH_STATIC.categories
    assert step.n_features_in_ == 2
    some = step.transform(WITH_STATIC[[3, 1]])
    np.testing.assert_array_equal(some.static.values, expected[[3, 1]])


def test_transformers_of_static_columns_know_the_targets():
    y = rng.normal(size=N)
    patients = PATIENTS.assign(risk=y + 0.1 * rng.normal(size=N), other=rng.random(N))
    sequences = SequenceArray.from_frame(X, static=patients)
    best = SelectKBest(f_regression, k=1)
    step = SequenceColumnTransformer(
        [("best", best, ["height", "risk", "other"])], level="static"
    )
    found = step.fit_transform(sequences, y)
    assert found.static.names.tolist() == ["best__risk"]
    np.testing.assert_array_equal(found.static.values[:, 0], patients["risk"])


def test_arrays_are_read_by_position():
    values = rng.normal(5, 2, (6, 4, 3)).astype(np.float32)
    step = SequenceColumnTransformer([("scale", StandardScaler(), [0, -1])])
    expected = StandardScaler().fit_transform(values.reshape(-1, 3)[:, [0, 2]])
    for given in (values, list(values), SequenceArray.from_array(values)):
        found = step.fit_transform(given)
        np.testing.assert_array_equal(found.values, expected)
        assert found.dtype == np.float32
    assert not hasattr(step, "feature_names_in_")
    with pytest.raises(ValueError, match=r"must have the shape .* got \(6, 12\)"):
        step.fit(values.reshape(6, 12))


def test_windows_stay_windows_and_count_their_steps_once():
    table = rng.normal(size=(20, 2))
    windows = SlidingWindow(3).fit_transform(table)
    step = SequenceColumnTransformer([("scale", StandardScaler(), [0, 1])])
    found = step.fit_transform(windows)
    assert found.window_length == 3
    np.testing.assert_array_equal(found.lengths, windows.lengths)
    assert len(found.values) == 20
    np.testing.assert_allclose(found.values.mean(axis=0), 0, atol=1e-12)
    late = step.fit(windows[10:]).transformer_.named_transformers_["scale"]
    np.testing.assert_allclose(late.mean_, table[8:].mean(axis=0))


def test_columns_are_found_by_name():
    step = transformer().fit(X)
    turned = X[X.columns[::-1]].assign(more=0)
    np.testing.assert_array_equal(
        step.transform(turned).values, step.transform(X).values
    )
    kept = SequenceColumnTransformer(LISTED[:1], remainder="passthrough").fit(X)
    found = kept.transform(X[X.columns[::-1]])
    np.testing.assert_array_equal(found.values, kept.transform(X).values)


def test_fewer_columns_than_in_fit_are_refused():
    one = [("scale", StandardScaler(), [0])]
    step = SequenceColumnTransformer(one, remainder="passthrough")
    step.fit(np.random.default_rng(0).normal(size=(5, 4, 3)))
    with pytest.raises(ValueError, match=r"X has 1 features, but .* expecting 3"):
        step.transform(np.zeros((5, 4, 1)))


def test_no_output_setting_changes_what_it_makes():
    expected = transformer().fit_transform(X).values
    with sklearn.config_context(transform_output="pandas"):
        step = transformer()
        np.testing.assert_array_equal(step.fit_transform(X).values, expected)
        np.testing.assert_array_equal(step.transform(X).values, expected)
    step = transformer().set_output(transform="pandas")
    np.testing.assert_array_equal(step.fit_transform(X).values, expected)


# Being an estimator ------------------------------------------------------------------


@every_check_of_texts  # a table of numbers has no columns per step
def test_sklearn_checks(check):
    check("SequenceColumnTransformer", SequenceColumnTransformer(LISTED))


def test_parameters_of_transformers_are_parameters():
    step = transformer()
    params = step.get_params()
    assert params["fill"] is LISTED[0][1]
    assert params["fill__strategy"] == "median"
    assert set(step.get_params(deep=False)) == {
        *("transformers", "remainder", "level", "verbose_feature_names_out")
    }
    other = clone(step).set_params(fill__strategy="mean", scale="drop")
    assert other.transformers[0][1].strategy == "mean"
    assert other.transformers[2] == ("scale", "drop", ["age"])
    assert LISTED[0][1].strategy == "median"
    assert LISTED[2][1] is step.transformers[2][1]
    with pytest.raises(ValueError, match="Invalid parameter 'cell' for estimator Seq"):
        step.set_params(cell="gru")


def test_fit_leaves_the_transformers_alone():
    step = transformer().fit(X)
    assert not hasattr(LISTED[0][1], "statistics_")
    assert step.transformer_.named_transformers_["fill"].statistics_ == np.nanmedian(
        X["pulse"]
    )
    again = pickle.loads(pickle.dumps(step))
    np.testing.assert_array_equal(again.transform(X).values, step.transform(X).values)


def test_a_search_over_an_inner_parameter():
    model = make_pipeline(
        transformer(),
        RNNClassifier(hidden_size=2, max_epochs=2, random_state=0),
    )
    grid = {"sequencecolumntransformer__bins__n_bins": [2, 4]}
    search = GridSearchCV(model, grid, cv=2).fit(WITH_STATIC, CLASSES)
    best = search.best_estimator_[0].transformer_.named_transformers_["bins"]
    assert best.n_bins == search.best_params_[next(iter(grid))]
    n = search.best_estimator_[-1].n_features_in_
    assert n == 1 + 3 + 3 + 1 + best.n_bins


class Seen(TransformerMixin, BaseEstimator):
    """Keeps the means that it learned from."""

    means: ClassVar[list] = []

    def fit(self, X, y=None):
        self.means.append(float(X["age"].mean()))
        return self

    def transform(self, X):
        return X


def test_no_test_fold_is_learned_from():
    """What is asked in cross-validation changes no answer for others."""
    model = make_pipeline(
        SequenceColumnTransformer([("seen", Seen(), ["age"])]),
        RNNClassifier(hidden_size=2, max_epochs=1, random_state=0),
    )
    Seen.means.clear()
    cross_val_predict(model, WITH_STATIC, CLASSES, cv=KFold(3))
    ages = X["age"].to_numpy().reshape(N, T)
    expected = [ages[train].mean() for train, _ in KFold(3).split(ages)]
    np.testing.assert_allclose(Seen.means, expected)


def test_a_tagger_behind_static_and_step_transformers():
    labels = [np.where(frame["awake"], 1, 0) for frame in FRAMES]
    model = make_pipeline(
        SequenceColumnTransformer(LISTED[:1], remainder="passthrough"),
        SequenceColumnTransformer(
            [("scale", StandardScaler(), ["height"])], "passthrough", level="static"
        ),
        RNNTagger(hidden_size=4, max_epochs=60, lr=0.05, random_state=0),
    ).fit(WITH_STATIC, labels)
    assert model.score(WITH_STATIC, labels) > 0.9


# Errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transformers", "message"),
    [
        (
            [("a", StandardScaler(), ["puls"])],
            "'a' takes the column 'puls', but X ",
        ),
        ([("a", StandardScaler(), "puls")], "'a' takes the column 'puls', but X "),
        (
            [("a", StandardScaler(), ["age", "ward"])],
            r"Transformer 'a' refuses column 'ward' of X: could not convert string",
        ),
        (
            [LISTED[2], ("b", KBinsDiscretizer(3), ["pulse"])],
            r"Transformer 'b' refuses column 'pulse' of X: Input X contains NaN",
        ),
        ([(StandardScaler(), ["age"])], r"must be a list of \(name, transformer, col"),
        ("abc", "'transformers' parameter"),
        ([], r"transformers=\[\] leave no column"),
        ([LISTED[0], LISTED[0]], r"^transformers: Names provided are not"),
    ],
)
def test_it_says_what_is_wrong(transformers, message):
    step = SequenceColumnTransformer(transformers)
    with pytest.raises(ValueError, match=message):
        step.fit(X)
    assert not hasattr(step, "transformer_")


def test_it_says_what_is_wrong_with_other_sequences():
    step = SequenceColumnTransformer([("which", OneHotEncoder(), ["ward", "grade"])])
    with pytest.raises(NotFittedError):
        step.transform(X)
    step.fit(X)
    other = X.assign(ward="north")
    with pytest.raises(
        ValueError, match=r"'which' refuses columns \['ward', 'grade'\] of X: Found unk"
    ):
        step.transform(other)
    with pytest.raises(ValueError, match=r"columns are missing: \{'ward'\}"):
        step.transform(X.drop(columns="ward"))
    with pytest.raises(ValueError, match=r"X does not name its columns; .*'pulse'"):
        step.transform(np.zeros((2, 3, 5)))
    with pytest.raises(ValueError, match=r"an index of 1 level\(s\); expected two"):
        step.transform(X.reset_index(drop=True))
    with pytest.raises(ValueError, match="interrupted by another instance"):
        step.transform(X.iloc[[0, T, 1]])


@pytest.mark.parametrize("given", [X, SequenceArray.from_frame(X), FRAMES])
def test_a_static_level_needs_static_columns(given):
    step = SequenceColumnTransformer(remainder="passthrough", level="static")
    with pytest.raises(ValueError, match="level='static' needs sequences with static"):
        step.fit(given)


def test_targets_of_other_instances_are_refused():
    step = SequenceColumnTransformer(remainder="passthrough", level="static")
    y = pd.Series(0, PATIENTS.index)
    with pytest.raises(ValueError, match="in another order"):
        step.fit(WITH_STATIC, y[::-1])


def test_a_container_is_the_table_that_it_was_made_of():
    """Truth values are no 0.0 and 1.0, known ones or not; texts no categoricals."""
    holed = X.assign(asleep=[None if i % 5 == 0 else i % 2 == 0 for i in range(N * T)])
    static = PATIENTS.assign(smoker=np.arange(N) % 2 == 0)
    sequences = SequenceArray.from_frame(holed, static=static)
    seen = []

    def look(frame):
        seen.append(frame.dtypes.astype(str).to_dict())
        return np.zeros((len(frame), 1))

    listed = [("look", FunctionTransformer(look), holed.columns.tolist())]
    encode = [("which", OneHotEncoder(), ["ward", "awake", "asleep", "grade"])]
    names = []
    for layout in (holed, sequences, [holed.loc[name] for name in sequences.instances]):
        SequenceColumnTransformer(listed).fit(layout)
        names.append(SequenceColumnTransformer(encode).fit(layout))
    assert seen[0] == seen[1] == seen[2]
    first, *others = [one.get_feature_names_out().tolist() for one in names]
    assert "which__awake_True" in first
    assert all(other == first for other in others)
    pd.testing.assert_frame_equal(sequences.static.to_frame(PATIENTS.index), static)
