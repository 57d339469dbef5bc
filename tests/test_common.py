"""Contracts that hold for all public estimators of sequences."""

import copy
import pickle
import threading
from io import BytesIO

import joblib
import numpy as np
import pytest
import sklearn
import torch
from public import SEQUENCE_ESTIMATORS
from sklearn.base import ClassifierMixin, clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)
from sklearn_checks import checks_of_network, name_of, run_check

from skseq import (
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    SequenceArray,
)
from skseq.core import sequence_estimator
from skseq.core.mixins import SequenceTaggerMixin
from skseq.data.targets import check_labels

PUBLIC = [  # but what writes lists: test_seq2seq.py
    cls for cls in SEQUENCE_ESTIMATORS if cls is not Seq2SeqClassifier
]
SETTINGS = {
    "RNN": [
        {},
        {
            "cell": "gru",
            "hidden_size": (16, 8),
            "pooling": "mean",
            "dense_size": 8,
        },
        {"cell": "peephole_lstm", "bidirectional": True, "pooling": "attention"}
        | {"num_layers": 2, "dropout": 0.1, "recurrent_dropout": 0.1}
        | {"initial_state": "learned"},
        {"cell": "rnn", "early_stopping": True, "normalize": None, "pooling": "max"}
        | {"lr_schedule": "onecycle", "clip_norm": 1},
    ],
    "CNN": [
        {},
        {"early_stopping": True, "n_branches": 1, "batch_norm": False, "pool_size": 2},
    ],
    "CNNLSTM": [
        {},
        {"cell": "gru", "skip": False, "n_branches": 1, "pool_size": 2}
        | {"early_stopping": True, "patience": 60},
    ],
    "Seq2Seq": [
        {},
        {"bidirectional": True, "attention": "general", "teacher_forcing": (1.0, 0.5)},
    ],
}


# Convolutions that train in a second, and that know where in a table a column stands,
# which scikit-learn's checks ask for; the defaults aim at patterns in real series. The
# epochs are those in which numbers are learned.
SMALL = {
    "RNN": {"max_epochs": 25, "lr": 0.02, "lr_schedule": None, "clip_norm": None},
    "CNN": {"n_filters": (32,), "kernel_size": 10, "max_epochs": 15, "lr": 0.02}
    | {"padding": "causal", "pooling": "last"},
    "CNNLSTM": {"n_filters": (16,), "kernel_size": 4, "hidden_size": 16, "lr": 0.02}
    | {"max_epochs": 20, "dropout": 0.0, "pool_size": 1, "pooling": "last"},
    "Seq2Seq": {"max_epochs": 25, "lr": 0.02, "lr_schedule": None, "clip_norm": None},
}


def architecture(cls):
    return next(base.__name__[4:] for base in cls.__mro__ if "Base" in base.__name__)


def settings(cls):
    """Taggers share all but their head with what is tested under all settings."""
    of_architecture = SETTINGS[architecture(cls)]
    return of_architecture[:1] if is_tagger(cls) else of_architecture


def is_tagger(cls):
    return issubclass(cls, SequenceTaggerMixin)


def estimators(classes=PUBLIC, **options):
    """Every public estimator under several settings, small and seeded."""
    return [
        small(cls, **{**chosen, **options})
        for cls in classes
        for chosen in settings(cls)
    ]


def small(cls, **options):
    soon = {}
    if issubclass(cls, ClassifierMixin):  # two blobs are soon told apart
        soon = {"max_epochs": 10}
    options = {**SMALL[architecture(cls)], **soon, **options}
    if is_tagger(cls) or architecture(cls) == "Seq2Seq":  # which need all steps
        options = {k: v for k, v in options.items() if not k.startswith("pool")}
    return cls(**options)


# Two steps, each by their own mean, say little: scikit-learn's tables are no test.
BY_SEQUENCE = {"normalize": "sequence", "pooling": "mean"}
# Nor for kernels that fit into tables of two columns and look for one among ten.
VALID = {"padding": "valid", "kernel_size": 3, "n_branches": 1, "batch_norm": False}
CHOSEN = [
    *estimators(max_epochs=3, random_state=0),
    *(small(cls, max_epochs=3, random_state=0, **BY_SEQUENCE) for cls in PUBLIC),
    *(
        small(cls, max_epochs=3, random_state=0, pooling="mean", **VALID)
        for cls in PUBLIC
        if "stride" in cls().get_params()
    ),
]
every_estimator = pytest.mark.parametrize("estimator", CHOSEN, ids=str)
every_class = pytest.mark.parametrize("cls", PUBLIC)

rng = np.random.RandomState(0)
X = rng.randn(80, 7, 2)
RAGGED = [x[: rng.randint(1, 8)] for x in X]
CLASSES = np.where(X[:, 0].sum(axis=1) > 0, "b", "a")
NUMBERS = X[:, 0].sum(axis=1)


def target(estimator, data=X):
    """A target per sequence; for a tagger at every step what the first one says."""
    if is_tagger(type(estimator)):
        return [np.repeat(c, len(x)) for c, x in zip(CLASSES, data, strict=True)]
    return CLASSES if is_classifier(estimator) else NUMBERS


def scores(estimator, X):
    """A row per sequence; of a tagger the scores of its steps and zeros behind."""
    found = getattr(estimator, "decision_function", estimator.predict)(X)
    if is_tagger(type(estimator)):
        return np.array([np.pad(steps, (0, 7 - len(steps))) for steps in found])
    return found


# scikit-learn's own checks ---------------------------------------------------


class OneLabel(ClassifierMixin):
    """Makes a tagger a classifier: all steps are given the label of their sequence.

    scikit-learn's checks know labels of samples only; here they see all of a tagger but
    how it reads and lays out labels of steps, which tests/core/test_tagging.py tells.
    """

    def _check_y(self, X, y):
        y = check_labels(X, y)
        n_timesteps = np.asarray(X).shape[1]
        starts = np.arange(len(y)) * n_timesteps
        labels = np.repeat(y, n_timesteps)[:, None]
        return SequenceArray(labels, starts, np.full(len(y), n_timesteps))

    def predict(self, X):
        return super().predict(X)[:, -1]

    def predict_proba(self, X):
        return super().predict_proba(X)[:, -1]

    def decision_function(self, X):
        return super().decision_function(X)[:, -1]


class OneLabelRNN(OneLabel, RNNTagger):
    pass


class OneLabelCNN(OneLabel, CNNTagger):
    pass


class OneLabelCNNLSTM(OneLabel, CNNLSTMTagger):
    pass


AS_CLASSIFIERS = [OneLabelRNN, OneLabelCNN, OneLabelCNNLSTM]
OF_SEQUENCES = [cls for cls in PUBLIC if not is_tagger(cls)]


@parametrize_with_checks([small(cls) for cls in OF_SEQUENCES + AS_CLASSIFIERS])
def test_sklearn_checks(estimator, check):
    run_check(check, estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pair
        for cls in OF_SEQUENCES
        for chosen in settings(cls)[1:]
        for pair in checks_of_network(small(cls, **chosen))
    ],
    ids=lambda part: str(part) if hasattr(part, "fit") else name_of(part),
)
def test_sklearn_checks_of_other_settings(estimator, check):
    run_check(check, estimator)


@parametrize_with_checks([small(cls) for cls in (RNNClassifier, CNNRegressor)])
def test_sklearn_checks_of_networks_in_float32(estimator, check, monkeypatch):
    """As on data that are not small; such small ones are predicted in float64."""
    monkeypatch.setattr(
        sequence_estimator, "training_dtype", lambda *args: np.dtype("float32")
    )
    run_check(check, estimator)


@pytest.mark.parametrize("cls", OF_SEQUENCES + AS_CLASSIFIERS)
def test_no_check_is_missing(cls):
    """Tags that are wrong would silence the checks; an expected failure, too."""
    names = [
        name_of(check) for _, check in estimator_checks_generator(cls(), mark=None)
    ]
    assert len(names) >= 55
    assert "check_methods_subset_invariance" in names
    assert "check_sample_weight_equivalence_on_dense_data" in names


# Sequence contracts -------------------------------------------------------------


@pytest.fixture(scope="module", params=CHOSEN, ids=str)
def fitted(request):
    return clone(request.param).fit(RAGGED, target(request.param, RAGGED))


def test_a_prediction_does_not_depend_on_its_batch_mates(fitted):
    together = scores(fitted, RAGGED)
    alone = np.concatenate([scores(fitted, [x]) for x in RAGGED[:20]])
    np.testing.assert_allclose(alone, together[:20], rtol=1e-4, atol=1e-5)
    order = rng.permutation(80)
    shuffled = scores(fitted, [RAGGED[i] for i in order])
    np.testing.assert_allclose(shuffled, together[order], rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(fitted):
    """Longer batch-mates pad a sequence; a table of one length does not."""
    short = X[:, :4]
    padded = scores(fitted, [*short, X[0]])[:-1]
    np.testing.assert_allclose(padded, scores(fitted, short), rtol=1e-4, atol=1e-5)


def test_the_batch_size_of_a_prediction_does_not_matter(fitted, monkeypatch):
    expected = scores(fitted, RAGGED)
    monkeypatch.setattr("skseq.data.batching.PREDICTION_SAMPLES", 3)
    np.testing.assert_allclose(scores(fitted, RAGGED), expected, rtol=1e-4, atol=1e-5)


@every_estimator
def test_early_steps_matter_and_every_feature(estimator):
    estimator.fit(X, target(estimator))
    expected = scores(estimator, X)
    for feature in range(2):
        changed = X.copy()
        changed[:, 0, feature] += 1
        assert (np.abs(scores(estimator, changed) - expected) > 1e-6).mean() > 0.9


@pytest.mark.parametrize(
    "estimator", [small(cls, random_state=0) for cls in PUBLIC], ids=str
)
def test_it_learns_what_the_first_step_says(estimator):
    estimator = clone(estimator).set_params(max_epochs=30)
    y = target(estimator)
    assert estimator.fit(X, y).score(X, y) > 0.8


@every_estimator
@pytest.mark.parametrize("data", [X, RAGGED], ids=["equal", "ragged"])
def test_one_seed_one_result_bit_for_bit(estimator, data):
    y = target(estimator, data)
    one, other = (clone(estimator).fit(data, y) for _ in range(2))
    np.testing.assert_array_equal(scores(one, data), scores(other, data))
    third = clone(estimator).set_params(random_state=1).fit(data, y)
    assert not np.array_equal(scores(one, data), scores(third, data))


@every_estimator
def test_the_users_generators_are_left_alone(estimator):
    estimator = clone(estimator).set_params(random_state=None)
    if "recurrent_dropout" in estimator.get_params():
        estimator.set_params(recurrent_dropout=0.2, dropout=0.2)
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    estimator.fit(X, target(estimator))
    scores(pickle.loads(pickle.dumps(estimator)), X)
    assert torch.equal(torch.get_rng_state(), torch_before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)


@every_class
def test_two_fits_in_two_threads_do_not_disturb_each_other(cls):
    y = target(cls())
    options = {"max_epochs": 5, "dropout": 0.3}
    expected = [
        scores(small(cls, random_state=s, **options).fit(X, y), X) for s in range(4)
    ]
    models = [small(cls, random_state=s, **options) for s in range(4)]
    threads = [threading.Thread(target=model.fit, args=(X, y)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model, result in zip(models, expected, strict=True):
        np.testing.assert_array_equal(scores(model, X), result)


# At home in scikit-learn --------------------------------------------------------


def through_joblib(estimator):
    file = BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


@pytest.mark.parametrize(
    "copied", [lambda e: pickle.loads(pickle.dumps(e)), through_joblib, copy.deepcopy]
)
def test_copies_predict_the_same_and_can_go_on(fitted, copied):
    other = copied(fitted)
    np.testing.assert_array_equal(scores(other, RAGGED), scores(fitted, RAGGED))
    assert other.loss_curve_ == fitted.loss_curve_
    assert other.history_ == fitted.history_
    other.partial_fit(RAGGED, target(fitted, RAGGED))
    assert other.n_iter_ == fitted.n_iter_ + 1


@every_class
def test_pickles_are_small(cls):
    """Weights and little else: no data, no optimiser."""
    model = small(cls, max_epochs=1).fit(
        np.concatenate([X] * 50), np.concatenate([target(cls())] * 50)
    )
    n_bytes = sum(p.numel() * 4 for p in model.module_.parameters())
    assert len(pickle.dumps(model)) < n_bytes + 25_000


@every_class
def test_a_clone_is_unfitted_and_equal(cls):
    model = small(cls, max_epochs=1, random_state=3).fit(X, target(cls()))
    other = clone(model)
    assert not hasattr(other, "net_")
    assert other.get_params() == model.get_params()


@every_class
def test_grid_search(cls):
    grid = {"lr": [0.01, 0.02], "clip_norm": [None, 1]}
    search = GridSearchCV(small(cls, max_epochs=1, random_state=0), grid, cv=2)
    for data in (X, RAGGED, SequenceArray.from_list(RAGGED)):
        search.fit(data, target(cls(), data))
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.predict(RAGGED)) == 80


@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_grid_search_in_other_processes(cls):
    model = small(cls, max_epochs=3, random_state=0)
    scores = [
        GridSearchCV(model, {"lr": [0.01, 0.02]}, cv=2, n_jobs=n_jobs)
        .fit(RAGGED, target(model))
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


@every_class
def test_halving_over_epochs(cls):
    search = HalvingGridSearchCV(
        small(cls, random_state=0),
        {"lr": [0.01, 0.02, 0.03]},
        resource="max_epochs",
        min_resources=1,
        max_resources=4,
        factor=2,
        cv=2,
    ).fit(X, target(cls()))
    assert search.n_resources_ == [1, 2]
    assert search.best_estimator_.n_iter_ == 2


@pytest.mark.parametrize("data", [X, RAGGED], ids=["equal", "ragged"])
def test_roc_auc(data):
    model = RNNClassifier(max_epochs=20, lr=0.02, random_state=0)
    assert cross_val_score(model, data, CLASSES, scoring="roc_auc", cv=3).mean() > 0.8
    three = np.digitize(NUMBERS, [-1, 1])
    ovr = cross_val_score(model, data, three, scoring="roc_auc_ovr", cv=3)
    assert ovr.mean() > 0.75
    proba = cross_val_predict(model, data, CLASSES, cv=3, method="predict_proba")
    assert roc_auc_score(CLASSES, proba[:, 1]) > 0.8


def test_regression_scorers():
    model = RNNRegressor(max_epochs=30, lr=0.02, random_state=0)
    scoring = ["r2", "neg_mean_absolute_error"]
    result = cross_validate(model, RAGGED, NUMBERS, scoring=scoring, cv=3)
    assert result["test_r2"].mean() > 0.5
    assert cross_val_predict(model, RAGGED, NUMBERS, cv=3).shape == (80,)


def test_meta_estimators_of_classifiers():
    model = RNNClassifier(max_epochs=20, lr=0.02, random_state=0)
    pair = [("a", model), ("b", clone(model).set_params(cell="rnn"))]
    for meta in (
        CalibratedClassifierCV(model, cv=2),
        VotingClassifier(pair, voting="soft"),
        StackingClassifier(pair, cv=2),
        make_pipeline(FunctionTransformer(), model),
    ):
        meta.fit(X, CLASSES)
        assert meta.score(X, CLASSES) > 0.8
        assert meta.predict_proba(X).shape == (80, 2)


def cube(y):
    return y**3


def test_meta_estimators_of_regressors():
    model = RNNRegressor(max_epochs=30, lr=0.02, random_state=0)
    pair = [("a", model), ("b", clone(model).set_params(cell="rnn"))]
    for meta in (VotingRegressor(pair), StackingRegressor(pair, cv=2)):
        assert meta.fit(X, NUMBERS).score(X, NUMBERS) > 0.8
    transformed = TransformedTargetRegressor(model, func=np.cbrt, inverse_func=cube)
    assert transformed.fit(X, NUMBERS).score(X, NUMBERS) > 0.7
    several = MultiOutputRegressor(model).fit(X, np.stack([NUMBERS, -NUMBERS], 1))
    assert several.predict(X).shape == (80, 2)


@every_class
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tables_of_all_layouts_are_read_alike(cls, dtype):
    model = small(cls, max_epochs=1, random_state=0)
    plain = X.astype(dtype)
    expected = scores(model.fit(plain, target(model)), plain)
    backwards = plain[:, ::-1].copy()[:, ::-1]
    read_only = plain.copy()
    read_only.flags.writeable = False
    for table in (np.asfortranarray(plain), backwards, read_only, plain.tolist()):
        found = scores(clone(model).fit(table, target(model)), table)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@every_class
def test_no_configured_output_gets_in_the_way(cls):
    model = small(cls, max_epochs=1, random_state=0)
    expected = scores(model.fit(X, target(model)), X)
    with sklearn.config_context(transform_output="pandas"):
        np.testing.assert_array_equal(scores(model.fit(X, target(model)), X), expected)


@every_class
def test_metadata_routing(cls):
    weights = np.where(NUMBERS > 1, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = small(cls, max_epochs=2, random_state=0)
        model.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        search = GridSearchCV(model, {"lr": [0.02]}, cv=2)
        search.fit(X, target(cls()), sample_weight=weights)
        routed = search.best_estimator_
    direct = small(cls, max_epochs=2, random_state=0, lr=0.02)
    direct.fit(X, target(cls()), sample_weight=weights)
    np.testing.assert_array_equal(scores(routed, X), scores(direct, X))
