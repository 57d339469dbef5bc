"""Encoders that learn without labels, and go from one estimator to another."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler

from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
    summary,
)
from skseq.persistence import load, save

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 9, 2)).cumsum(axis=1) + 5
RAGGED = [x[: 1 + i % 9] for i, x in enumerate(X)]
CLASSES = np.arange(12) % 3
SOON = {"max_epochs": 1, "random_state": 0}
RNN = {"cell": "gru", "hidden_size": 3, "bidirectional": True} | SOON
RNN |= {"normalize": "both"}
CNN = {"n_filters": (4, 4), "kernel_size": 3, "n_branches": 1, "normalize": "both"}
BOTH = CNN | RNN
SHORT = {"pool_size": 2}  # taggers keep all steps
FAMILIES = {
    "RNN": (RNN, RNNClassifier, [RNNRegressor, RNNTagger]),
    "CNN": (CNN | SOON, CNNTagger, [CNNClassifier, CNNRegressor]),
    "CNNLSTM": (BOTH | SHORT, CNNLSTMClassifier, [CNNLSTMRegressor]),
    "CNNLSTM of all steps": (BOTH, CNNLSTMTagger, []),
    "Seq2Seq": (RNN, Seq2SeqClassifier, [Seq2SeqRegressor, RNNClassifier]),
}


def target(cls):
    if cls in (RNNTagger, CNNTagger, CNNLSTMTagger):
        return np.repeat(CLASSES[:, None], 9, axis=1)
    if cls is Seq2SeqClassifier:
        return [list("ab")] * 12
    return CLASSES if cls.__name__.endswith("Classifier") else X[:12, -1, 0]


def weights(model):
    return {n: w.numpy().copy() for n, w in model.module_.state_dict().items()}


def is_of_encoder(name):
    return name.startswith(("encoder", "embedding"))


def gru(**options):
    return RNNClassifier(**{**RNN, **options})


@pytest.fixture(scope="module")
def base():
    return gru().pretrain(X)


# What is learned --------------------------------------------------------------------


def test_steps_are_filled_in_better_than_by_their_mean():
    """Sines of one frequency, of which a third of a period tells the rest."""
    phases = rng.uniform(0, 6, size=(64, 1))
    waves = np.sin(phases + np.arange(12))
    model = gru(hidden_size=12, max_epochs=30, lr=0.02, normalize="feature")
    losses = model.pretrain(waves).pretrained_.loss_curve
    assert len(losses) == 30
    assert losses[0] > 0.8  # the mean loses one
    assert losses[-1] < 0.3


@pytest.mark.parametrize("family", FAMILIES)
def test_every_estimator_learns_and_passes_it_on(family):
    """Frozen, it is the same bit for bit; what stands behind it is not."""
    options, cls, others = FAMILIES[family]
    source = cls(**options).pretrain(RAGGED if "9" not in family else X)
    learned = source.pretrained_.weights
    with pytest.raises(NotFittedError):
        source.predict(X)
    for kind in (cls, *others):
        shape = {k: v for k, v in options.items() if k in kind().get_params()}
        first = kind(**shape, init_from=source, freeze="encoder", lr=1e-30)
        last = clone(first).set_params(lr=0.1, dropout=0.3)
        one, other = (weights(m.fit(X[:12], target(kind))) for m in (first, last))
        for name in one:
            if is_of_encoder(name):
                np.testing.assert_array_equal(one[name], learned[name])
                np.testing.assert_array_equal(other[name], learned[name])
        assert any((one[n] != other[n]).any() for n in one if not is_of_encoder(n))
        assert {n for n in one if is_of_encoder(n)} == learned.keys()


def test_a_fit_starts_from_it_and_changes_it(base):
    slow = gru(init_from=base, lr=1e-30).fit(X[:12], CLASSES)
    fast = gru(init_from=base).fit(X[:12], CLASSES)
    for name, weight in base.pretrained_.weights.items():
        np.testing.assert_array_equal(weights(slow)[name], weight)
        assert (weights(fast)[name] != weight).any()


def test_scales_go_along(base):
    far = X[:12] * 100
    model = gru(init_from=base).fit(far, CLASSES)
    steps = X.reshape(-1, 2)
    np.testing.assert_allclose(model._scaler.scaler.mean_, steps.mean(axis=0))
    np.testing.assert_allclose(model._scaler.scaler.scale_, steps.std(axis=0))


def test_how_long_to_train_is_learned_with_the_same_start(base):
    y = X[:24, -1, 0] > np.median(X[:24, -1, 0])
    options = {"init_from": base, "freeze": "encoder", "max_epochs": "auto"}
    model = gru(**options, max_seconds=1).fit(X[:24], y)
    for name, weight in base.pretrained_.weights.items():
        np.testing.assert_array_equal(weights(model)[name], weight)


def test_values_that_are_missing_are_no_targets_and_tables_go_along():
    frame = pd.DataFrame(
        {
            "a": np.where(np.arange(60) % 4, X.reshape(-1, 2)[:60, 0], np.nan),
            "b": pd.Categorical(["x", "y", "z"] * 20),
        },
        index=pd.MultiIndex.from_product([range(10), range(6)]),
    )
    source = gru(missing="mask", normalize="feature").pretrain(frame)
    assert np.isfinite(source.pretrained_.loss_curve).all()
    model = clone(source).set_params(init_from=source, freeze="encoder")
    few = frame.loc[:3].assign(b=pd.Categorical(["z", "y"] * 12))
    model.fit(few, [0, 1, 0, 1])
    learned = source.pretrained_.weights
    np.testing.assert_array_equal(
        weights(model)["embedding.tables.0.weight"],
        learned["embedding.tables.0.weight"],
    )
    further = frame.loc[:3].assign(b=pd.Categorical(["z", "w"] * 12))
    with pytest.raises(ValueError, match=r"Column 1 of X may hold the category 'w'"):
        model.fit(further, [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"features \['a', 'c'\], but the RNNClass"):
        model.fit(frame.loc[:3].rename(columns={"b": "c"}), [0, 1, 0, 1])


def test_tokens():
    texts = [rng.integers(0, 6, size=1 + i % 4) for i in range(20)]
    texts[0] = np.array([7])
    source = gru(embedding_dim=2).pretrain(texts)
    model = gru(embedding_dim=2, init_from=source, freeze="encoder")
    model.fit(texts[:6], [0, 1] * 3)
    vectors = weights(model)["embedding.table.weight"]
    np.testing.assert_array_equal(
        vectors, source.pretrained_.weights["embedding.table.weight"]
    )
    assert len(vectors) == 8
    with pytest.raises(ValueError, match=r"X\[0\] holds 8 .* from 0 to 7"):
        model.fit([[8], [1]], [0, 1])
    with pytest.raises(
        ValueError, match=r"embedding\.table\.weight is \(8, 2\) there and"
    ):
        gru(embedding_weights=np.ones((9, 2)), init_from=source).fit(
            texts[:6], [0, 1] * 3
        )
    with pytest.raises(ValueError, match=r"embedding_dim=None, but .* from tokens"):
        gru(init_from=source).fit([[1.0], [2.0]], [0, 1])


# How it goes along ------------------------------------------------------------------


def test_its_own_fit_starts_from_it_and_a_clone_does_not(base):
    own = pickle.loads(pickle.dumps(base)).set_params(lr=1e-30)
    learned = base.pretrained_.weights
    name = "encoder.layers.0.forwards.kernel.weight_hh_l0"
    assert name in learned
    np.testing.assert_array_equal(
        weights(clone(own).pretrain(X).fit(X[:12], CLASSES))[name].shape,
        learned[name].shape,
    )
    fitted = own.fit(X[:12], CLASSES)
    np.testing.assert_array_equal(weights(fitted)[name], learned[name])
    assert clone(own).pretrained_ is None
    assert (weights(clone(own).fit(X[:12], CLASSES))[name] != learned[name]).any()
    again = fitted.pretrain(X)
    assert not hasattr(again, "net_")


def test_files_hold_it_and_paths_name_it(base, tmp_path):
    path = tmp_path / "base.skseq"
    save(base, path)
    loaded = load(path)
    assert loaded.pretrained_.loss_curve == base.pretrained_.loss_curve
    expected = gru(init_from=base).fit(X[:12], CLASSES).predict_proba(X)
    for source in (loaded, path, str(path), FrozenEstimator(base)):
        model = gru(init_from=source).fit(X[:12], CLASSES)
        np.testing.assert_array_equal(model.predict_proba(X), expected)
    named = gru(init_from=str(path), freeze="encoder").fit(X[:12], CLASSES)
    save(named, tmp_path / "named.skseq")
    path.unlink()  # a fitted model needs it no more
    other = load(tmp_path / "named.skseq")
    np.testing.assert_array_equal(other.predict_proba(X), named.predict_proba(X))
    save(gru(init_from=base).fit(X[:12], CLASSES), tmp_path / "both.skseq")
    both = load(tmp_path / "both.skseq")
    np.testing.assert_array_equal(both.predict_proba(X), expected)
    assert both.init_from.pretrained_.form == base.pretrained_.form


def test_searches_keep_it(base):
    model = gru(init_from=base, freeze="encoder")
    assert np.isfinite(cross_val_score(model, X[:12], CLASSES, cv=2)).all()
    grid = {"init_from": [None, FrozenEstimator(base)], "freeze": [None]}
    search = GridSearchCV(model, grid, cv=2).fit(X[:12], CLASSES)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(ValueError, match="FrozenEstimator"):
        GridSearchCV(model, {"init_from": [base]}, cv=2, error_score="raise").fit(
            X[:12], CLASSES
        )


def test_the_head_first_and_then_all(base):
    model = gru(init_from=base, freeze="encoder", warm_start=True)
    first = weights(model.fit(X[:12], CLASSES))
    second = weights(model.set_params(freeze=None, lr=0.001).fit(X[:12], CLASSES))
    assert model.n_iter_ == 2
    for name, weight in base.pretrained_.weights.items():
        np.testing.assert_array_equal(first[name], weight)
        assert (second[name] != weight).any()
    model.set_params(freeze="encoder", init_from=None)
    third = weights(model.partial_fit(X[:12], CLASSES))
    for name in base.pretrained_.weights:
        np.testing.assert_array_equal(third[name], second[name])
    named = model.module_.named_parameters()
    assert summary(model).n_trainable == sum(
        w.numel() for n, w in named if not is_of_encoder(n)
    )


def test_several_networks(base):
    learned = base.pretrained_.weights
    two = gru(init_from=base, n_networks=2, freeze="encoder").fit(X[:12], CLASSES)
    for one in two.estimators_:
        for name, weight in learned.items():
            np.testing.assert_array_equal(weights(one)[name], weight)
    source = gru(n_networks=2).pretrain(X)
    both = gru(init_from=source, n_networks=2, freeze="encoder").fit(X[:12], CLASSES)
    for name, weight in source.pretrained_.weights.items():
        np.testing.assert_array_equal(weights(both)[name], weight)
        assert (weight[0] != weight[1]).any()
    with pytest.raises(ValueError, match=r"n_networks=3, but the RNN.* has 2; expec"):
        gru(init_from=source, n_networks=3).fit(X[:12], CLASSES)
    one = gru(init_from=both.estimators_[1]).fit(X[:12], CLASSES)
    assert one.n_networks == 1


def test_one_seed_one_encoder():
    one, other, third = (
        gru(random_state=seed, dropout=0.2).pretrain(RAGGED).pretrained_
        for seed in (1, 1, 2)
    )
    for name, weight in one.weights.items():
        np.testing.assert_array_equal(weight, other.weights[name])
    assert any((w != third.weights[n]).any() for n, w in one.weights.items())
    assert one.loss_curve == other.loss_curve


# Errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 4}, "hidden_size of encoder.layers.0.forwards is 3 there"),
        ({"cell": "lstm"}, "encoder.layers.0.forwards is a GRULayer there and a LSTM"),
        ({"bidirectional": False}, "bidirectional of encoder is True there and False"),
        ({"normalize": "feature"}, "normalize='feature', but the RNNClassifier of ini"),
        (
            {"missing": "mask"},
            "missing='mask', but the RNNClassifier of init_from has learned without",
        ),
        ({"freeze": "head"}, "'freeze' parameter of RNNClassifier must be"),
        ({"init_from": 3}, "'init_from' parameter of RNNClassifier must be"),
        ({"init_from": StandardScaler()}, "StandardScaler of init_from has no enc"),
        ({"init_from": RNNClassifier()}, "RNNClassifier of init_from has learned not"),
        ({"init_from": None, "freeze": "encoder"}, "freeze='encoder' keeps what"),
    ],
)
def test_what_does_not_fit_is_told(base, options, message):
    model = gru(**{"init_from": base, **options})
    with pytest.raises(ValueError, match=message):
        model.fit(X[:12], CLASSES)
    assert not hasattr(model, "net_")


def test_another_architecture_or_number_of_features_is_told(base):
    with pytest.raises(ValueError, match="encoder is a RecurrentEncoder there and a C"):
        CNNClassifier(**CNN, **SOON, init_from=base).fit(X[:12], CLASSES)
    with pytest.raises(ValueError, match=r"X has 1 features per time step, but the R"):
        gru(init_from=base).fit(X[:12, :, :1], CLASSES)
    with pytest.raises(ValueError, match="but what pretrain learned has learned"):
        pickle.loads(pickle.dumps(base)).fit(X[:12, :, :1], CLASSES)
    with pytest.raises(ValueError, match=r"init_from='nowhere.*' names no file th"):
        gru(init_from="nowhere.skseq").fit(X[:12], CLASSES)


def test_a_source_whose_parameters_were_changed_is_told():
    source = gru().fit(X[:12], CLASSES).set_params(hidden_size=4)
    with pytest.raises(ValueError, match="of init_from were changed since it was fit"):
        gru(hidden_size=4, init_from=source).fit(X[:12], CLASSES)


def test_what_fails_leaves_all_as_it_was():
    model = gru().fit(X[:12], CLASSES)
    before = vars(model).copy()
    with pytest.raises(ValueError, match="NaN"):
        model.pretrain(np.full((3, 4, 2), np.nan))
    assert vars(model) == before
    windows = SequenceArray(X[0], [0], [2], window_length=5)
    with pytest.raises(ValueError, match="none of which has all"):
        model.pretrain(windows)
