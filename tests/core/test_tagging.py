"""Labels per time step: layouts, losses, scores, and what may depend on what."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss, recall_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict

from skseq import CNNLSTMTagger, CNNTagger, RNNTagger, SequenceArray
from skseq.metrics import concat_steps, step_scorer
from skseq.preprocessing import SequenceSplitter

RNG = np.random.RandomState(0)
X = RNG.randn(60, 8, 2)
Y = np.where(X[..., 0] + X[..., 1] > 0, "up", "down")
LENGTHS = RNG.randint(1, 9, size=60)
RAGGED = [x[:n] for x, n in zip(X, LENGTHS, strict=True)]
LABELS = [y[:n] for y, n in zip(Y, LENGTHS, strict=True)]
QUICK = {"max_epochs": 3, "random_state": 0}
CAUSAL = [
    RNNTagger(num_layers=2, **QUICK),
    CNNTagger(kernel_size=3, padding="causal", **QUICK),
    CNNLSTMTagger(kernel_size=3, padding="causal", bidirectional=False, **QUICK),
]
NOT_CAUSAL = [
    RNNTagger(bidirectional=True, **QUICK),
    CNNTagger(kernel_size=3, **QUICK),
    CNNLSTMTagger(kernel_size=3, padding="causal", **QUICK),
]


@pytest.fixture
def rng():
    return np.random.RandomState(1)


def objects(items):
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def panel(items, columns):
    index = [(f"s{i}", t) for i, item in enumerate(items) for t in range(len(item))]
    frame = pd.DataFrame(np.concatenate(items), columns=columns)
    return frame.set_index(pd.MultiIndex.from_tuples(index, names=["id", "t"]))


# Layouts --------------------------------------------------------------------------


def test_arrays_give_arrays():
    model = RNNTagger(**QUICK).fit(X, Y)
    assert model.classes_.tolist() == ["down", "up"]
    assert model.predict(X[:5]).shape == (5, 8)
    proba = model.predict_proba(X[:5])
    assert proba.shape == (5, 8, 2)
    np.testing.assert_allclose(proba.sum(axis=2), 1)
    np.testing.assert_array_equal(model.predict(X[:5]) == "up", proba[..., 1] > 0.5)
    odds = model.decision_function(X[:5])
    np.testing.assert_allclose(odds, np.log(proba[..., 1] / proba[..., 0]))


def test_every_layout_says_the_same():
    model = RNNTagger(**QUICK).fit(RAGGED, LABELS)
    expected = model.predict_proba(RAGGED)
    assert isinstance(expected, list)
    assert [p.shape for p in expected] == [(n, 2) for n in LENGTHS]
    frame, series = panel(RAGGED, ["a", "b"]), panel(LABELS, ["y"])["y"]
    for data, labels in [
        (objects(RAGGED), objects(LABELS)),
        (frame, series),
        (frame, series.to_frame()),
        (SequenceArray.from_list(RAGGED), LABELS),
        (RAGGED, SequenceArray.from_list(LABELS)),
        (RAGGED, [y.tolist() for y in LABELS]),
    ]:
        other = RNNTagger(**QUICK).fit(data, labels)
        proba = other.predict_proba(data)
        np.testing.assert_allclose(concat_steps(proba), np.concatenate(expected))
        assert other.score(data, labels) == model.score(RAGGED, LABELS)


def test_predictions_are_laid_out_as_what_they_belong_to():
    frame = panel(RAGGED, ["a", "b"])
    model = RNNTagger(**QUICK).fit(frame, panel(LABELS, ["y"]))
    proba, labels = model.predict_proba(frame), model.predict(frame)
    assert proba.index.equals(frame.index)
    assert proba.columns.tolist() == ["down", "up"]
    assert labels.index.equals(frame.index)
    model = RNNTagger(**QUICK).fit(RAGGED, LABELS)
    alike = model.predict(objects(list(X[:3])))
    assert alike.dtype == object
    assert [len(y) for y in alike] == [8, 8, 8]
    assert isinstance(model.predict(list(X[:3])), list)
    assert isinstance(model.predict(SequenceArray.from_array(X)), list)
    np.testing.assert_array_equal(model.predict(X.tolist()), model.predict(X))


def test_a_table_has_a_label_per_step_and_not_per_column():
    model = RNNTagger(n_channels=2, **QUICK).fit(X.reshape(60, 16), Y)
    assert model.predict(X.reshape(60, 16)).shape == (60, 8)


@pytest.mark.parametrize(
    "labels",
    [np.arange(16) % 3, np.arange(16) % 2 == 0, np.array(list("abcd" * 4), object)],
    ids=["int", "bool", "object"],
)
def test_labels_of_any_type(labels):
    y = labels.reshape(2, 8)
    model = CNNTagger(kernel_size=4, **QUICK).fit(X[:2], y)
    assert model.classes_.tolist() == sorted(set(labels.tolist()))
    assert model.predict(X[:2]).dtype == y.dtype
    n_classes = len(model.classes_)
    assert model.predict_proba(X[:2]).shape == (2, 8, n_classes)


def test_windows_over_one_table_are_as_good_as_laid_out(rng):
    table, labels = rng.randn(40, 2), rng.randint(2, size=(40, 1))
    starts, lengths = np.arange(30), np.full(30, 10)
    windows = SequenceArray(table, starts, lengths)
    tags = SequenceArray(labels, starts, lengths)
    model = RNNTagger(batch_size=8, **QUICK).fit(windows, tags)
    other = clone_fit(model, np.array(windows), np.array(tags))
    np.testing.assert_allclose(
        model.predict_proba(windows), other.predict_proba(np.array(windows)), rtol=1e-5
    )


def clone_fit(model, X, y, **options):
    return type(model)(**model.get_params()).fit(X, y, **options)


def test_incomplete_windows_are_answered_but_not_learned(rng):
    starts, lengths = [0, 0, 0, 1, 2], [0, 1, 2, 2, 2]
    windows = SequenceArray(rng.randn(4, 1), starts, lengths, window_length=2)
    tags = SequenceArray(np.array([[9], [1], [0], [1]]), starts, lengths, 2)
    model = RNNTagger(**QUICK).fit(windows[2:], tags[2:])
    np.testing.assert_allclose(
        concat_steps(clone_fit(model, windows, tags).predict_proba(windows)),
        concat_steps(model.predict_proba(windows)),
    )
    assert [len(y) for y in model.predict(windows)] == lengths


# What is learned ------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [100, 7])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("class_weight", [None, "balanced", {"up": 3, "down": 0.5}])
def test_every_step_counts_alike_but_for_its_weights(
    batch_size, weighted, class_weight, rng
):
    """In a single batch, and on average over batches of any lengths."""
    options = {"batch_size": batch_size, "lr": 1e-12, "lr_schedule": None}
    model = RNNTagger(
        max_epochs=1, random_state=0, class_weight=class_weight, **options
    )
    weights = rng.randint(1, 4, size=60) * 1.0 if weighted else None
    model.fit(RAGGED, LABELS, sample_weight=weights)
    y = np.concatenate(LABELS)
    steps = np.ones(len(y)) if weights is None else np.repeat(weights, LENGTHS)
    if class_weight is not None:
        by_class = class_weight
        if class_weight == "balanced":
            by_class = {c: 1 / steps[y == c].sum() for c in ("up", "down")}
        steps = steps * [by_class[c] for c in y]
    proba = np.concatenate(model.predict_proba(RAGGED))
    expected = log_loss(y, proba, sample_weight=steps)
    assert model.loss_curve_ == [pytest.approx(expected, rel=1e-4)]


def test_a_weight_of_two_is_two_copies():
    some = RNNTagger(batch_size=100, **QUICK)
    weights = np.where(np.arange(20) < 10, 2.0, 1.0)
    one = clone_fit(some, RAGGED[:20], LABELS[:20], sample_weight=weights)
    copies = RAGGED[:10] + RAGGED[:20]
    two = clone_fit(some, copies, LABELS[:10] + LABELS[:20])
    np.testing.assert_array_equal(
        concat_steps(one.predict_proba(RAGGED)), concat_steps(two.predict_proba(RAGGED))
    )


def test_equal_sequences_with_other_labels_are_others():
    x = np.ones((4, 3, 1))
    y = [[0, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 1]]
    model = RNNTagger(max_epochs=200, lr=0.03, random_state=0).fit(x, y)
    np.testing.assert_allclose(
        model.predict_proba(x[:1])[0, :, 1], [0, 0.5, 1], atol=0.05
    )


def test_balanced_classes_find_the_rare_one(rng):
    rare = np.where(X[..., 0] + 0.5 * rng.randn(60, 8) > 1.5, 1, 0)
    plain = RNNTagger(max_epochs=20, random_state=0).fit(X, rare)
    balanced = RNNTagger(max_epochs=20, class_weight="balanced", random_state=0)
    balanced.fit(X, rare)
    recalls = [
        recall_score(rare.ravel(), model.predict(X).ravel())
        for model in (plain, balanced)
    ]
    assert recalls[1] > max(0.8, recalls[0])


def test_a_held_out_part_stops_it(rng):
    noise = rng.randint(2, size=(60, 8))
    model = RNNTagger(early_stopping=True, patience=3, lr=0.05, random_state=0)
    model.fit(X, noise)
    assert model.n_iter_ < 100
    assert len(model.validation_scores_) == model.n_iter_


def test_partial_fit_knows_of_classes_to_come():
    model = RNNTagger(random_state=0)
    model.partial_fit(X[:1], np.zeros((1, 8), int), classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (60, 8, 3)
    model.partial_fit(X, (Y == "up").astype(int))
    assert model.n_iter_ == 2
    with pytest.raises(ValueError, match="label 7, which is not among the classes"):
        model.partial_fit(X, np.full((60, 8), 7))


def test_warm_start_takes_new_class_weights():
    model = RNNTagger(warm_start=True, class_weight="balanced", **QUICK).fit(X, Y)
    before = model.predict_proba(X)[..., 1].mean()
    model.set_params(class_weight={"up": 1, "down": 0}, max_epochs=10).fit(X, Y)
    assert model.n_iter_ == 13
    assert model.predict_proba(X)[..., 1].mean() > before + 0.1


@pytest.mark.parametrize("tagger", [RNNTagger, CNNTagger, CNNLSTMTagger])
def test_tokens(tagger, rng):
    """The label of a token is whether its number is even."""
    X = [rng.randint(10, size=n) for n in rng.randint(2, 9, size=80)]
    y = [x % 2 == 0 for x in X]
    narrow = {} if tagger is RNNTagger else {"kernel_size": 3}
    model = tagger(embedding_dim=4, max_epochs=20, lr=0.02, random_state=0, **narrow)
    assert model.fit(X[:60], y[:60]).score(X[60:], y[60:]) > 0.95


# What may depend on what ----------------------------------------------------------


@pytest.mark.parametrize("tagger", CAUSAL, ids=str)
def test_the_future_never_changes_earlier_labels(tagger, rng):
    tagger.fit(RAGGED, LABELS)
    expected = tagger.decision_function(X)
    changed = X.copy()
    changed[:, 5:] += rng.randn(60, 3, 2)
    np.testing.assert_allclose(
        tagger.decision_function(changed)[:, :5], expected[:, :5], atol=1e-10
    )
    cut = tagger.decision_function(X[:, :5])
    np.testing.assert_allclose(cut, expected[:, :5], atol=1e-10)
    assert not np.allclose(tagger.decision_function(changed)[:, 5:], expected[:, 5:])


@pytest.mark.parametrize("tagger", NOT_CAUSAL, ids=str)
def test_others_look_ahead(tagger):
    tagger.fit(X, Y)
    changed = X.copy()
    changed[:, 5] += 1
    differ = tagger.decision_function(changed) != tagger.decision_function(X)
    assert differ[:, 4].all()


def test_bidirectional_labels_may_depend_on_the_last_step():
    y = np.repeat(X[:, -1:, 0] > 0, 8, axis=1)
    options = {"max_epochs": 80, "lr": 0.02, "random_state": 0}
    both_ways = RNNTagger(bidirectional=True, **options).fit(X, y)
    assert both_ways.score(X, y) > 0.95
    forwards = RNNTagger(hidden_size=8, **options).fit(X[:40], y[:40])
    assert forwards.score(X[40:, :7], y[40:, :7]) < 0.7


# Scores, searches, streams --------------------------------------------------------


def test_the_score_counts_every_real_step_once(rng):
    model = RNNTagger(**QUICK).fit(RAGGED, LABELS)
    right = np.concatenate(model.predict(RAGGED)) == np.concatenate(LABELS)
    assert model.score(RAGGED, LABELS) == pytest.approx(right.mean())
    weights = rng.uniform(size=60)
    expected = np.average(right, weights=np.repeat(weights, LENGTHS))
    weighted = model.score(RAGGED, LABELS, sample_weight=weights)
    assert weighted == pytest.approx(expected)


@pytest.mark.parametrize(
    ("data", "labels"),
    [(X, Y), (RAGGED, LABELS), (objects(RAGGED), objects(LABELS))],
    ids=["arrays", "lists", "objects"],
)
def test_grid_search_by_any_scorer(data, labels):
    search = GridSearchCV(
        RNNTagger(cell="rnn", **QUICK),
        {"lr": [1e-6, 0.03]},
        scoring={"auc": step_scorer("roc_auc"), "loss": step_scorer("neg_log_loss")},
        refit="auc",
        cv=3,
        error_score="raise",
    ).fit(data, labels)
    assert search.best_params_ == {"lr": 0.03}
    assert search.best_score_ > 0.8
    assert search.score(data, labels) > 0.8


def test_predictions_by_cross_validation():
    whole = cross_val_predict(RNNTagger(**QUICK), X, Y, cv=3)
    assert whole.shape == (60, 8)
    ragged = cross_val_predict(
        RNNTagger(**QUICK), objects(RAGGED), objects(LABELS), cv=3
    )
    assert [len(y) for y in ragged] == LENGTHS.tolist()


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_probabilities_by_cross_validation_of_a_panel(method):
    """scikit-learn encodes the labels of its rows, and makes an array of them."""
    index = pd.MultiIndex.from_product([list("dacb"), range(5)])
    panel = pd.DataFrame(RNG.randn(20, 2), index)
    labels = pd.Series(RNG.choice(["x", "y", "z"], 20), index)
    groups = index.get_level_values(0)
    model = RNNTagger(hidden_size=4, **QUICK)
    found = cross_val_predict(
        model, panel, labels, groups=groups, cv=GroupKFold(2), method=method
    )
    for train, test in GroupKFold(2).split(panel, labels, groups):
        model.fit(panel.iloc[train], labels.iloc[train])
        answer = getattr(model, method)(panel.iloc[test])
        np.testing.assert_allclose(found[test], answer, rtol=1e-9)
    model.fit(panel, labels)
    for given in (labels.to_numpy(dtype=object), labels.to_numpy(dtype="U1")):
        again = RNNTagger(hidden_size=4, **QUICK).fit(panel, given)
        np.testing.assert_array_equal(
            again.predict_proba(panel), model.predict_proba(panel)
        )
        assert model.score(panel, given) == model.score(panel, labels)
    with pytest.raises(ValueError, match=r"y\[0\] is"):
        model.fit(panel, labels.to_numpy()[:-1])


def test_events_on_a_long_stream(rng):
    """Trained on pieces, asked for the whole: an event raises the level by two."""
    labels = np.repeat(rng.randint(2, size=100), rng.randint(10, 30, size=100))
    stream = rng.randn(len(labels), 1) + 2 * labels[:, None]
    half = len(labels) // 2
    splitter = SequenceSplitter(length=50, stride=25)
    pieces, y, _ = splitter.split([stream[:half]], [labels[:half]])
    causal = RNNTagger(max_epochs=40, random_state=0).fit(pieces, y)
    both_ways = RNNTagger(bidirectional=True, max_epochs=40, random_state=0)
    both_ways.fit(pieces, y)
    by_level = np.mean((stream[half:, 0] > 1) == labels[half:])
    whole = [stream[half:]], [labels[half:]]
    assert causal.score(*whole) > by_level + 0.02
    assert both_ways.score(*whole) > causal.score(*whole) + 0.01
    # Piece by piece it is nearly the same; where pieces overlap, they are averaged.
    test_pieces, _, _ = splitter.split([stream[half:]])
    (joined,) = splitter.join(both_ways.predict_proba(test_pieces))
    assert np.mean(joined.argmax(axis=1) == labels[half:]) > by_level + 0.02


# Bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(60), r"y\[0\] is 0.0; expected one label per time step"),
        ("up", r"y\[0\] is 'up'; expected one label per time step"),
        (["ab"] * 60, r"y\[0\] is 'ab'; expected one label per time step"),
        (Y[:50], r"inconsistent numbers of samples: \[60, 50\]"),
        (Y[:, :5], r"y\[0\] has 5 labels for a sequence of 8 steps"),
        ([*Y[:59], Y[0, :3]], r"y\[59\] has 3 labels for a sequence of 8 steps"),
        (np.zeros((60, 8)), r"needs samples of at least 2 classes; y holds one class"),
        (np.where(Y == "up", np.nan, 1), "Input y contains NaN"),
        (X[..., 0], "Unknown label type: continuous"),
        (X, r"y holds rows of shape \(2,\) per time step; expected one label per"),
        (SequenceArray.from_array(X), "y holds 2 values per time step; expected one"),
        ([], "y holds no step; expected one label per time step"),
        (np.zeros((60, 0)), "y holds no step; expected one label per time step"),
        (None, "requires y to be passed, but the target y is None"),
    ],
)
def test_what_is_no_label_per_step_is_refused(y, message):
    model = RNNTagger(**QUICK).fit(X, Y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("step", [0, 1])
def test_labels_of_several_types_are_refused(step):
    mixed = Y.astype(object)
    mixed[0, step] = 3
    with pytest.raises(TypeError, match="holds labels of several types"):
        RNNTagger(**QUICK).fit(X, mixed)


def test_sequences_of_names_beside_sequences_of_numbers_are_refused():
    with pytest.raises(TypeError, match="holds labels of several types"):
        RNNTagger(**QUICK).fit(list(X[:2]), [Y[0], np.arange(8)])
    labels = [Y[0], Y[1].astype(object)]  # names all of them
    assert RNNTagger(**QUICK).fit(list(X[:2]), labels).classes_.tolist() == [
        "down",
        "up",
    ]


def test_a_panel_needs_labels_with_its_index():
    frame, labels = panel(RAGGED, ["a", "b"]), panel(LABELS, ["y"])["y"]
    with pytest.raises(ValueError, match="y has another index than X"):
        RNNTagger(**QUICK).fit(frame, labels.iloc[::-1])


def test_the_score_refuses_labels_of_other_steps():
    model = RNNTagger(**QUICK).fit(RAGGED, LABELS)
    i = int(np.flatnonzero(np.diff(LENGTHS))[0])  # as many steps, but not of each
    swapped = [*LABELS[:i], LABELS[i + 1], LABELS[i], *LABELS[i + 2 :]]
    with pytest.raises(ValueError, match=rf"y\[{i}\] has .* labels for a sequence of"):
        model.score(RAGGED, swapped)


def test_class_weights_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="gives all steps the weight zero"):
        RNNTagger(class_weight={"up": 0, "down": 0}, **QUICK).fit(X, Y)
    for weight in (-1, np.inf, np.nan, "much"):
        with pytest.raises(ValueError, match="class_weight must hold finite numbers"):
            RNNTagger(class_weight={"up": weight}, **QUICK).fit(X, Y)


def test_no_parameter_changes_the_number_of_steps():
    for name in ("stride", "pool_size", "pooling"):
        assert name not in CNNTagger().get_params()
        assert name not in CNNLSTMTagger().get_params()
    for tagger in (CNNTagger, CNNLSTMTagger):
        with pytest.raises(
            ValueError, match=r"'padding' parameter of .* must be a str"
        ):
            tagger(padding="valid").fit(X, Y)


class Halved(RNNTagger):
    """An encoder of the user's that shortens the sequences."""

    def _make_encoder(self, n_features):
        encoder = super()._make_encoder(n_features)
        forward = encoder.forward
        encoder.forward = lambda x, lengths: forward(x[:, ::2], lengths)
        return encoder


def test_an_encoder_that_shortens_sequences_is_refused():
    with pytest.raises(ValueError, match="encoder makes 4 steps of 8"):
        Halved(**QUICK).fit(X, Y)


def test_users_generators_are_left_alone():
    before = torch.get_rng_state()
    RNNTagger(dropout=0.2, max_epochs=1).fit(X, Y)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("cls", [RNNTagger, CNNTagger, CNNLSTMTagger])
def test_a_score_before_a_fit_is_an_error_as_such(cls):
    with pytest.raises(NotFittedError):
        cls().score(X, Y)


def test_labels_of_listed_frames_have_their_dates():
    dates = pd.date_range("2024", periods=4)
    frames = [pd.DataFrame({"a": np.arange(4.0)}, dates) for _ in range(2)]
    labels = [pd.Series([0, 1, 0, 1], dates) for _ in range(2)]
    model = RNNTagger(max_epochs=1).fit(frames, labels)
    model.fit(frames, [part.reset_index(drop=True) for part in labels])
    labels[1] = labels[1][::-1]
    for method in (model.fit, model.score):
        with pytest.raises(ValueError, match=r"y\[1\] has another index than X\[1\]"):
            method(frames, labels)
