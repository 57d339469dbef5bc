"""What a user meets: labels of any type, probabilities, numbers, weights."""

import copy
import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight

from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
)

rng = np.random.RandomState(0)
X = rng.randn(120, 6, 2)
SUM = X.sum(axis=(1, 2))
OPTIONS = {"cell": "gru", "max_epochs": 15, "lr": 0.02, "random_state": 0}


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["yes", "no"]),
        np.array([False, True]),
        np.array([3, 7]),
        np.array([-1.0, 1.0]),
        np.array(["yes", "no"], dtype=object),
        np.array([10, 20, 30, 40]),
    ],
    ids=str,
)
def test_labels_of_any_type(labels):
    codes = np.digitize(SUM, np.quantile(SUM, np.arange(1, len(labels)) / len(labels)))
    y = labels[codes]
    model = RNNClassifier(**OPTIONS).fit(X, y)
    assert model.classes_.tolist() == sorted(labels)
    assert model.classes_.dtype == model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.85
    proba = model.predict_proba(X)
    assert proba.shape == (120, len(labels))
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(
        model.classes_[proba.argmax(axis=1)], model.predict(X)
    )
    listed = RNNClassifier(**OPTIONS).fit(X, pd.Series(y, index=range(7, 127)))
    np.testing.assert_array_equal(listed.predict_proba(X), proba)


def test_scores_order_as_probabilities_do():
    y = SUM > 0
    model = RNNClassifier(**OPTIONS).fit(X, y)
    scores, proba = model.decision_function(X), model.predict_proba(X)
    np.testing.assert_allclose(scores, np.log(proba[:, 1] / proba[:, 0]))
    assert model.decision_function(X[:5]).shape == (5,)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_several_labels_per_sequence(container):
    y = np.stack([X[..., 0].sum(1) > 0, X[..., 1].sum(1) > 0, SUM > 9e9], 1).astype(int)
    model = RNNClassifier(**{**OPTIONS, "max_epochs": 30}).fit(X, container(y))
    predicted, proba = model.predict(X), model.predict_proba(X)
    assert predicted.shape == proba.shape == model.decision_function(X).shape == y.shape
    np.testing.assert_array_equal(predicted, proba > 0.5)
    assert accuracy_score(y, predicted) > 0.8
    assert roc_auc_score(y[:, :2], proba[:, :2]) > 0.95


def test_a_column_of_labels_warns_and_works():
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        model = RNNClassifier(max_epochs=1).fit(X, (SUM > 0)[:, None])
    assert model.predict(X).shape == (120,)


@pytest.mark.parametrize("shape", [(120,), (120, 1), (120, 3)])
def test_numbers_keep_shape_and_units(shape):
    y = 1e5 + 1e3 * np.resize(np.stack([SUM, -SUM, X[:, 0, 0]], 1), (120, 3))
    y = y[:, 0] if len(shape) == 1 else y[:, : shape[1]]
    model = RNNRegressor(**{**OPTIONS, "max_epochs": 40}).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == y.shape == shape
    assert predicted.dtype == np.float64
    assert model.score(X, y) > 0.9
    assert abs(predicted.mean() - y.mean()) < 200


@pytest.mark.parametrize("normalize", ["feature", "sequence", "both", None])
def test_raw_data_make_a_good_model(normalize):
    """Values around 1e6, a tiny feature and a constant one, targets of 1e4."""
    raw = np.stack([1e6 + X[..., 0], 1e-6 * X[..., 1], np.full((120, 6), 7.3)], axis=2)
    y = 1e4 * (X[:, -1, 0] - X[:, 0, 0] + X[:, -1, 1])
    train, test = slice(0, 90), slice(90, None)
    model = RNNRegressor(normalize=normalize, **{**OPTIONS, "max_epochs": 60})
    score = model.fit(raw[train], y[train]).score(raw[test], y[test])
    assert (score > 0.5) == (normalize is not None)


@pytest.mark.parametrize("batch_size", [32, 1024])
def test_scales_are_learned_from_the_training_part_only_with_weights(batch_size):
    """What is held out for early stopping must not move a scale."""
    y, w = 1e3 * SUM, rng.uniform(0.5, 2, size=120)
    model = RNNRegressor(early_stopping=True, max_epochs=1, random_state=0)
    model.set_params(batch_size=batch_size, validation_fraction=0.25)
    model.fit(X, y, sample_weight=w)
    mean, target_mean = model._scaler.scaler.mean_, model._task.scaler.mean_
    everything = np.average(X.mean(axis=1), axis=0, weights=w)
    assert not np.allclose(mean, everything)
    order = np.arange(120)
    if batch_size > 120:
        keys = [(x.tobytes(), repr(float(t))) for x, t in zip(X, y, strict=True)]
        order = np.array(sorted(range(120), key=keys.__getitem__))
    seed = np.random.RandomState(0)
    train = order[train_test_split(np.arange(120), test_size=30, random_state=seed)[0]]
    expected = np.average(X[train].mean(axis=1), axis=0, weights=w[train])
    np.testing.assert_allclose(mean, expected)
    np.testing.assert_allclose(target_mean, np.average(y[train], weights=w[train]))


@pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
def test_a_sequence_by_its_own_scale(estimator):
    """Whatever is added to and multiplied with a sequence changes nothing."""
    y = SUM > 0
    model = estimator(normalize="sequence", max_epochs=5, random_state=0).fit(X, y)
    shift, scale = rng.uniform(0, 1e7, (120, 1, 2)), 10.0 ** rng.randint(0, 6, 120)
    moved = shift + scale[:, None, None] * X
    np.testing.assert_allclose(model.predict(moved), model.predict(X), atol=1e-4)
    other = estimator(normalize="sequence", max_epochs=5, random_state=0).fit(moved, y)
    np.testing.assert_allclose(other.predict(X), model.predict(X), atol=1e-3)


def test_only_ratios_of_weights_matter():
    w = rng.uniform(0.5, 2, size=120)
    model = RNNRegressor(max_epochs=3, random_state=0)
    expected = model.fit(X + 1e6, SUM + 1e4, w).predict(X + 1e6)
    for factor in (1e-12, 1e12, 1e307):
        result = model.fit(X + 1e6, SUM + 1e4, factor * w).predict(X + 1e6)
        np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_class_weights_move_the_decision():
    y = np.where(SUM + 3 * rng.randn(120) > 3, "rare", "common")
    rates = []
    for weight in ({"rare": 0.2, "common": 1.0}, None, "balanced", {"rare": 20}):
        model = RNNClassifier(class_weight=weight, **OPTIONS).fit(X, y)
        rates.append((model.predict(X) == "rare").mean())
    assert rates == sorted(rates)
    assert rates[0] < rates[-1]


def test_a_class_weight_is_a_sample_weight():
    y = np.where(SUM > 3, "rare", "common")
    options = {**OPTIONS, "max_epochs": 3, "batch_size": 20}
    one = RNNClassifier(class_weight={"rare": 3.0}, **options).fit(X, y)
    weights = np.where(y == "rare", 3.0, 1.0)
    other = RNNClassifier(**options).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_balanced_counts_with_the_sample_weights():
    """Classes of equal weight stay as they are, whatever their counts."""
    y = np.where(SUM > 3, "rare", "common")
    weights = np.where(y == "rare", 1 / (y == "rare").sum(), 1 / (y == "common").sum())
    options = {**OPTIONS, "max_epochs": 3, "batch_size": 20}
    one = RNNClassifier(class_weight="balanced", **options).fit(X, y, weights)
    other = RNNClassifier(**options).fit(X, y, weights)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-4)


def test_class_weights_of_label_indicators():
    y = np.stack([SUM > 0, SUM > 3], axis=1).astype(int)
    RNNClassifier(class_weight="balanced", max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="must be 'balanced' or None for label ind"):
        RNNClassifier(class_weight={0: 2.0, 1: 1.0}).fit(X, y)


RARE = np.stack([np.arange(120) % 10 == 0, np.arange(120) % 3 == 0], axis=1).astype(int)
EVERY = [
    RNNClassifier,
    partial(CNNClassifier, n_filters=(4,), kernel_size=3),
    partial(CNNLSTMClassifier, n_filters=(4,), kernel_size=3, hidden_size=4),
]


@pytest.mark.parametrize("cls", EVERY)
def test_balanced_weighs_each_label_on_its_own(cls):
    """12 of 120 have the first label and 40 the second."""
    model = cls(class_weight="balanced", max_epochs=1, random_state=0).fit(X, RARE)
    by_hand = [[120 / 2 / 108, 120 / 2 / 80], [120 / 2 / 12, 120 / 2 / 40]]
    np.testing.assert_allclose(model._task.class_weights, by_hand)
    assert model._task.typical == pytest.approx(1)
    for label, y in enumerate(RARE.T):  # as of a binary classifier
        weights = compute_class_weight("balanced", classes=np.array([0, 1]), y=y)
        np.testing.assert_allclose(model._task.class_weights[:, label], weights)
    outputs = torch.tensor([[0.0, 2.0], [-1.0, 0.5]])
    entropies = np.array(  # of the labels (1, 0) and (0, 1)
        [
            [np.log(2), np.log1p(np.exp(2))],
            [np.log1p(np.exp(-1)), np.log1p(np.exp(-0.5))],
        ]
    )
    weights = np.array([[5, 0.75], [120 / 216, 1.5]])
    loss = model._task.criterion(reduction="none")(outputs, torch.eye(2))
    np.testing.assert_allclose(loss.numpy(), weights * entropies, rtol=1e-6)
    mean = model._task.criterion()(outputs, torch.eye(2))
    assert float(mean) == pytest.approx((weights * entropies).mean())


def test_no_weight_of_many_rare_labels_is_a_product():
    y = (np.random.default_rng(0).random((120, 8)) < 0.08).astype(int)
    y[0] = 1  # has all of them
    model = RNNClassifier(class_weight="balanced", max_epochs=1).fit(X, y)
    least = y.sum(axis=0).min()
    assert model._task.class_weights.max() == pytest.approx(120 / 2 / least)


@pytest.mark.parametrize("batch_size", [20, 1000])
def test_balanced_labels_count_with_the_sample_weights(batch_size):
    """Also where equal samples are merged: a weight of k counts as k copies."""
    k = np.random.default_rng(0).integers(0, 4, size=120)
    options = {"class_weight": "balanced", "max_epochs": 3, "random_state": 0}
    options["batch_size"] = batch_size
    weighted = RNNClassifier(**options).fit(X, RARE, k)
    copied = RNNClassifier(**options).fit(np.repeat(X, k, 0), np.repeat(RARE, k, 0))
    having = k @ RARE
    by_hand = k.sum() / 2 / np.stack([k.sum() - having, having])
    for model in (weighted, copied):
        np.testing.assert_allclose(model._task.class_weights, by_hand)
    if batch_size == 1000:
        np.testing.assert_array_equal(
            weighted.predict_proba(X), copied.predict_proba(X)
        )


def test_balanced_classes_count_merged_copies():
    y = np.where(SUM > 3, "rare", "common")
    k = np.random.default_rng(0).integers(1, 4, size=120)
    options = {"max_epochs": 3, "batch_size": 1000, "random_state": 0}
    copies = np.repeat(X, k, 0), np.repeat(y, k)
    one = RNNClassifier(class_weight="balanced", **options).fit(*copies)
    n_rare = k[y == "rare"].sum()
    by_hand = {"rare": k.sum() / 2 / n_rare, "common": k.sum() / 2 / (k.sum() - n_rare)}
    other = RNNClassifier(class_weight=by_hand, **options).fit(*copies)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-10)


def test_two_equal_labels_are_learned_as_two_classes_are():
    """From the log-odds of one output instead of a difference of two."""
    y = (SUM > 3).astype(int)
    options = {**OPTIONS, "max_epochs": 30, "class_weight": "balanced"}
    binary = RNNClassifier(**options).fit(X, y).predict_proba(X)[:, 1]
    found = RNNClassifier(**options).fit(X, np.stack([y, y], axis=1)).predict_proba(X)
    np.testing.assert_allclose(found[:, 0], found[:, 1], atol=0.1)
    assert np.corrcoef(found[:, 0], binary)[0, 1] > 0.9
    assert found[:, 0].mean() == pytest.approx(binary.mean(), abs=0.05)


def test_weights_of_labels_as_dicts():
    options = {**OPTIONS, "max_epochs": 3}
    given = [{0: 1.0, 1: 5.0}, {1: 2}]
    model = RNNClassifier(class_weight=given, **options).fit(X, RARE)
    np.testing.assert_array_equal(model._task.class_weights, [[1, 1], [5, 2]])
    mean = (108 + 12 * 5 + 80 + 40 * 2) / 240
    assert model._task.typical == pytest.approx(mean)
    plain = RNNClassifier(**options).fit(X, RARE)
    alike = RNNClassifier(class_weight=[{0: 9, 1: 9}] * 2, **options).fit(X, RARE)
    np.testing.assert_allclose(
        alike.predict_proba(X), plain.predict_proba(X), rtol=1e-6
    )
    ignored = RNNClassifier(class_weight=[{}, {0: 0, 1: 0}], **options).fit(X, RARE)
    free = RARE.copy()
    free[:, 1] = 1 - free[:, 1]
    other = RNNClassifier(class_weight=[{}, {0: 0, 1: 0}], **options).fit(X, free)
    np.testing.assert_allclose(
        ignored.predict_proba(X), other.predict_proba(X), rtol=1e-6
    )


def test_a_label_that_none_or_all_have():
    y = np.stack([RARE[:, 0], np.zeros(120), np.ones(120)], axis=1).astype(int)
    model = RNNClassifier(class_weight="balanced", max_epochs=1).fit(X, y)
    expected = [[120 / 216, 1, 1], [5, 1, 1]]
    np.testing.assert_allclose(model._task.class_weights, expected)
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ([{1: 2.0}], "a dict of the weights of 0 and 1 for each of the 2 labels"),
        ([{1: 2.0}, {2: 1.0}], "a dict of the weights of 0 and 1"),
        ([{1: 2.0}, None], "a dict of the weights of 0 and 1"),
        ([{1: 2.0}, {1: -1.0}], "class_weight must hold finite numbers from 0 on"),
        ([{0: 0, 1: 0}] * 2, "class_weight gives all labels the weight zero"),
    ],
)
def test_weights_of_labels_that_are_refused(class_weight, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(class_weight=class_weight, max_epochs=1).fit(X, RARE)


def test_a_list_of_weights_is_for_label_indicators():
    for cls, y in ((RNNClassifier, RARE[:, 0]), (RNNTagger, np.tile(RARE[:, :1], 6))):
        with pytest.raises(
            ValueError, match="is a list, which is for label indicators"
        ):
            cls(class_weight=[{1: 2.0}], max_epochs=1).fit(X, y)


def test_warm_start_takes_new_weights_of_labels():
    model = RNNClassifier(class_weight="balanced", warm_start=True, **OPTIONS)
    first = model.fit(X, RARE).predict_proba(X).mean()
    assert model.set_params(class_weight=None).fit(X, RARE)._task.class_weights is None
    assert model.predict_proba(X).mean() < first


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
def test_weight_k_is_k_copies_exactly(estimator, early_stopping):
    x, y = X[:10], (SUM[:10] > 0).astype(int)
    k = np.array([0, 1, 2, 3, 1, 1, 2, 0, 1, 4])
    model = estimator(random_state=0, max_epochs=5, early_stopping=early_stopping)
    weighted = model.fit(x, y, sample_weight=k).predict(X)
    shuffled = rng.permutation(np.repeat(np.arange(10), k))
    copies = model.fit(x[shuffled], y[shuffled]).predict(X)
    np.testing.assert_array_equal(weighted, copies)


def test_classes_do_not_go_on_where_indicators_were():
    X = np.arange(12.0).reshape(4, 3, 1)
    model = RNNClassifier(max_epochs=1, hidden_size=2).fit(X, np.eye(4)[:, :2])
    with pytest.raises(
        ValueError, match=r"y has the shape \(4,\); expected indicators"
    ):
        model.partial_fit(X, [0, 1, 0, 1])


def test_partial_fit_learns_bit_by_bit():
    y = np.where(SUM > 0, "b", "a")
    model = RNNClassifier(cell="gru", lr=0.02, random_state=0)
    model.partial_fit(X[:40], np.full(40, "a"), classes=["a", "b"])
    assert model.classes_.tolist() == ["a", "b"]
    for epoch in range(15):
        for part in (slice(0, 60), slice(60, 120)):
            model.partial_fit(X[part], y[part])
        assert model.n_iter_ == len(model.loss_curve_) == 3 + 2 * epoch
    assert model.score(X, y) > 0.9
    with pytest.raises(ValueError, match="label 'c', which is not among"):
        model.partial_fit(X[:1], ["c"])
    with pytest.raises(ValueError, match=r"classes=\['a', 'c'\] differ from"):
        model.partial_fit(X[:1], ["a"], classes=["a", "c"])
    regressor = RNNRegressor(cell="gru", lr=0.02, random_state=0)
    losses = [regressor.partial_fit(X, SUM).loss_curve_[-1] for _ in range(15)]
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("cls", [RNNClassifier, Seq2SeqClassifier])
@pytest.mark.parametrize(
    "classes", ["ab", 3, {0, 1}, [[0, 1], [2, 3]], [0, np.nan], [0, np.inf], [0, None]]
)
def test_classes_that_are_no_labels_are_refused(cls, classes):
    labels = (SUM > 0).astype(int)
    y = labels if cls is RNNClassifier else labels[:, None]
    with pytest.raises((ValueError, TypeError), match=r"\bclasses\b"):
        cls(random_state=0).partial_fit(X, y, classes=classes)


def test_partial_fit_takes_weights_as_they_are():
    # "last" has no kinks, as a maximum has.
    start = RNNRegressor(
        optimizer="sgd", clip_norm=None, pooling="last", random_state=0
    ).partial_fit(X, SUM)
    moves = []
    for w in (1.0, 0.5):
        model = copy.deepcopy(start).partial_fit(X[:20], SUM[:20], np.full(20, w))
        moves.append(model.predict(X) - start.predict(X))
    np.testing.assert_allclose(moves[1], moves[0] / 2, rtol=0.05, atol=1e-5)


def test_partial_fit_with_class_weights():
    y = np.where(SUM > 0, "b", "a")
    model = RNNClassifier(class_weight={"a": 1.0, "b": 1.0}, random_state=0)
    model.partial_fit(X[y == "a"], y[y == "a"], classes=["a", "b"])
    plain = RNNClassifier(random_state=0)
    plain.partial_fit(X[y == "a"], y[y == "a"], classes=["a", "b"])
    np.testing.assert_allclose(
        model.predict_proba(X), plain.predict_proba(X), rtol=1e-5
    )
    heavy = copy.deepcopy(model).set_params(class_weight={"a": 1.0, "b": 50.0})
    for each in (model, heavy):
        each.set_params(optimizer="sgd").partial_fit(X[y == "b"], y[y == "b"])
    assert heavy.predict_proba(X)[:, 1].mean() > model.predict_proba(X)[:, 1].mean()
    with pytest.raises(ValueError, match="'balanced' needs all samples at once"):
        RNNClassifier(class_weight="balanced").partial_fit(X, y)
    with pytest.raises(ValueError, match="'class_weight' parameter"):
        RNNClassifier(class_weight=np.array([1, 2])).partial_fit(X, y)


def test_a_failed_partial_fit_changes_nothing_that_follows():
    models = [RNNRegressor(dropout=0.5, random_state=0) for _ in range(2)]
    for fails, model in zip((False, True), models, strict=True):
        model.partial_fit(X, SUM)
        if fails:
            with pytest.raises(ValueError, match="as in the first fit"):
                model.partial_fit(X, np.stack([SUM, SUM], axis=1))
        model.partial_fit(X, SUM)
    np.testing.assert_array_equal(models[0].predict(X), models[1].predict(X))


def test_another_kind_of_labels_later_is_refused():
    indicators = np.stack([SUM > 0, SUM > 1], axis=1).astype(int)
    with pytest.raises(ValueError, match=r"shape \(120, 2\); expected one label per"):
        RNNClassifier(max_epochs=1).fit(X, SUM > 0).partial_fit(X, indicators)
    with pytest.raises(ValueError, match="expected one label per sequence, as in cl"):
        RNNClassifier().partial_fit(X, indicators, classes=[0, 1])


def test_partial_fit_twice_is_one_fit_of_two_epochs():
    """The optimiser's state is kept: full batches, so no shuffling."""
    options = {"batch_size": 256, "random_state": 0, "cell": "rnn"}
    whole = RNNRegressor(max_epochs=2, **options).fit(X, SUM)
    parts = RNNRegressor(**options).partial_fit(X, SUM).partial_fit(X, SUM)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-9)
    assert parts.loss_curve_ == pytest.approx(whole.loss_curve_)


def test_warm_start_continues_and_cold_start_does_not():
    model = RNNRegressor(warm_start=True, **{**OPTIONS, "max_epochs": 5}).fit(X, SUM)
    first = list(model.loss_curve_)
    model.fit(X, SUM)
    assert model.n_iter_ == 10
    assert model.loss_curve_[:5] == first
    assert model.loss_curve_[5] < first[0] / 2
    model.set_params(hidden_size=5)
    with pytest.raises(ValueError, match="parameters that shape it were changed"):
        model.fit(X, SUM)
    assert model.n_iter_ == 10
    model.set_params(hidden_size=32, normalize=None)
    with pytest.raises(ValueError, match="normalize=None was 'both' in the fit"):
        model.fit(X, SUM)
    assert model.set_params(warm_start=False).fit(X, SUM).n_iter_ == 5


def test_warm_start_obeys_changed_settings():
    model = RNNRegressor(warm_start=True, max_epochs=1, random_state=0).fit(X, SUM)
    model.set_params(lr=1e-12, dropout=0.5).fit(X, SUM)
    assert model.net_.optimizer_.param_groups[0]["lr"] == 1e-12
    assert model.module_.head.dense[0].p == 0.5


def test_probabilities_are_calibrated_where_the_truth_is_noisy():
    x = rng.randn(2000, 4, 1)
    p = 1 / (1 + np.exp(-x.sum(axis=(1, 2))))
    y = rng.uniform(size=2000) < p
    model = RNNClassifier(cell="rnn", hidden_size=8, max_epochs=10, random_state=0)
    model.fit(x[:1000], y[:1000])
    loss = log_loss(y[1000:], model.predict_proba(x[1000:])[:, 1])
    assert loss < log_loss(y[1000:], p[1000:]) + 0.03


def test_one_sample_and_one_step():
    one = RNNRegressor(max_epochs=1).fit(X[:1, :1], [3.0])
    np.testing.assert_allclose(one.predict(X[:1, :1]), 3.0, atol=1)
    assert RNNClassifier(max_epochs=1).fit(X[:2, :1], [0, 1]).predict(X).shape == (120,)


def test_names_of_features_do_not_depend_on_those_of_the_input():
    model = RNNRegressor(max_epochs=1, hidden_size=2).fit(X, SUM)
    for given in (None, ["a", "b"], 3):
        names = model.get_feature_names_out(given)
        assert names.tolist() == [
            f"rnnregressor{i}" for i in range(12)
        ]  # two directions, three poolings
