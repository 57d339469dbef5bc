"""What early stopping holds out: groups, blocks of windows, a set of one's own."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline

from skseq import (
    CNNClassifier,
    CNNLSTMRegressor,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.core.holdout import depend_on_each_other, split_for_validation
from skseq.data.samples import Samples
from skseq.preprocessing import SequenceSplitter, SlidingWindow, make_windows

rng = np.random.default_rng(0)


def split(sequences, y=None, groups=None, seed=0):
    """Return the numbers, or the classes, of those that train and are held out."""
    targets = np.arange(len(sequences)) if y is None else y
    samples = Samples(sequences, targets, None, groups)
    assert depend_on_each_other(samples)
    state = np.random.RandomState(seed)
    parts = split_for_validation(samples, 0.1, state, stratify=y is not None)
    return [part.y for part in parts]


def rows_of(sequences, index):
    return {
        row
        for i in index
        for row in range(
            sequences.starts[i], sequences.starts[i] + sequences.lengths[i]
        )
    }


WINDOWS = {
    "sliding": lambda table: SlidingWindow(5).fit_transform(table)[4:],
    "lagged": lambda table: SlidingWindow(5, lag=3).fit_transform(table)[7:],
    "pairs": lambda table: make_windows(table, window_length=5)[0],
    "several ahead": lambda table: make_windows(table, None, 5, horizon=4)[0],
    "stride": lambda table: make_windows(table, window_length=5, stride=2)[0],
}


@pytest.mark.parametrize("kind", WINDOWS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_windows_that_overlap_are_held_out_at_the_end_and_purged(kind, shuffled):
    windows = WINDOWS[kind](np.arange(100.0)[:, None])
    n, width = len(windows), 5
    stride = int(windows.starts[1] - windows.starts[0])
    order = np.arange(n)
    if shuffled:
        order = rng.permutation(n)
    train, valid = split(windows[order])
    train, valid = np.sort(order[train]), np.sort(order[valid])
    n_valid = round(0.1 * n)
    np.testing.assert_array_equal(valid, np.arange(n - n_valid, n))
    n_between = -(-width // stride) - 1  # those that share rows with the first of them
    np.testing.assert_array_equal(train, np.arange(n - n_valid - n_between))
    assert not rows_of(windows, train) & rows_of(windows, valid)


def test_each_series_holds_out_its_end():
    index = pd.MultiIndex.from_product([["x", "y"], range(50)])
    panel = pd.DataFrame({"a": np.arange(100.0)}, index)
    windows = SlidingWindow(3).fit_transform(panel)
    windows = windows[windows.complete]
    train, valid = split(windows)
    assert sorted(valid) == [*range(43, 48), *range(91, 96)]
    assert sorted(train) == [*range(41), *range(48, 89)]


def test_series_shorter_than_a_block_are_held_out_as_a_whole():
    index = pd.MultiIndex.from_product([range(20), range(6)])
    panel = pd.DataFrame({"a": np.arange(120.0)}, index)
    windows = SlidingWindow(4).fit_transform(panel)
    windows = windows[windows.complete]  # three of each
    train, valid = split(windows)
    assert len(valid) == 2 * 3
    assert not set(train // 3) & set(valid // 3)
    assert len(train) == 18 * 3
    assert set(valid) != set(split(windows, seed=3)[1])


def test_too_few_rows_for_honest_windows_warn():
    windows = make_windows(np.arange(30.0), window_length=20)[0]
    with pytest.warns(UserWarning, match="give more rows, or X_val"):
        train, valid = split(windows)
    assert valid.tolist() == [9]
    assert 0 < len(train) < 9


def test_pieces_of_one_sequence_stay_together():
    X = [rng.normal(size=(n, 1)) for n in rng.integers(5, 30, 40)]
    splitter = SequenceSplitter(length=4)
    for stride in (None, 2):
        pieces, _, groups = splitter.set_params(stride=stride).split(X)
        train, valid = split(pieces)
        assert len(set(groups[valid])) == 4
        assert not set(groups[train]) & set(groups[valid])
        assert len(train) + len(valid) == len(pieces)
        assert pieces.instances.tolist() == groups.tolist()


def test_groups_are_held_out_as_a_whole_and_stratified():
    sequences = SequenceArray.from_array(rng.normal(size=(200, 3, 1)))
    groups = np.repeat(np.arange(40), 5)
    train, valid = split(sequences, groups=groups)
    assert len(set(groups[valid])) == 4
    assert not set(groups[train]) & set(groups[valid])
    y = np.repeat([0, 1], [160, 40])
    train, valid = split(sequences, y=y, groups=groups)
    assert np.bincount(valid) == pytest.approx([16, 4], abs=1)
    with pytest.raises(ValueError, match="at least 2, but all samples are of one"):
        split(sequences, groups=np.zeros(200, dtype=int))


def test_groups_of_windows_that_overlap_are_purged():
    windows = make_windows(np.arange(101.0), window_length=5)[0]
    train, valid = split(windows, groups=np.arange(len(windows)) // 12)
    assert not rows_of(windows, train) & rows_of(windows, valid)


def test_other_samples_are_drawn():
    array = SequenceArray.from_array(np.zeros((20, 3, 1)))
    for sequences in (
        array,
        array[[0, 0, 1, 1]],  # copies are no windows
        make_windows(np.arange(30.0), window_length=3, stride=3)[0],
        SequenceArray(array.values, array.starts, array.lengths, instances=range(20)),
    ):
        y = np.arange(len(sequences))
        assert not depend_on_each_other(Samples(sequences, y, None))


# Estimators ------------------------------------------------------------------

QUICK = {"max_epochs": 4, "early_stopping": True, "random_state": 0}
X = rng.normal(size=(48, 6, 2))
NUMBERS = X.sum(axis=(1, 2))
LABELS = np.where(NUMBERS > 0, "b", "a")
STEPS = np.where(X[..., 0] > 0, "b", "a")
MODELS = {
    "regressor": (RNNRegressor(**QUICK), NUMBERS),
    "classifier": (RNNClassifier(**QUICK, class_weight="balanced"), LABELS),
    "convolutional": (CNNClassifier(**QUICK, kernel_size=3), LABELS),
    "both": (CNNLSTMRegressor(**QUICK, kernel_size=3), NUMBERS),
    "tagger": (RNNTagger(**QUICK, class_weight="balanced"), STEPS),
    "labels": (Seq2SeqClassifier(**QUICK), STEPS),
    "numbers": (Seq2SeqRegressor(**QUICK), X[..., 0]),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("n_train", [32, 40])  # one batch, or more
def test_a_validation_set_of_ones_own_is_watched(kind, n_train):
    model, y = MODELS[kind]
    watched = {"X_val": X[40:], "y_val": y[40:]}
    fitted = clone(model).fit(X[:n_train], y[:n_train], **watched)
    plain = clone(model).set_params(early_stopping=False, max_epochs=1)
    plain = plain.fit(X[:n_train], y[:n_train])
    # all of X trains: the first epoch is that without early stopping
    one = clone(model).set_params(max_epochs=1).fit(X[:n_train], y[:n_train], **watched)
    np.testing.assert_allclose(one.loss_curve_, plain.loss_curve_)
    assert len(fitted.validation_scores_) == fitted.n_iter_
    other = clone(model).fit(X[:n_train], y[:n_train], X_val=X[:8], y_val=y[:8])
    assert other.validation_scores_ != fitted.validation_scores_
    weighted = clone(model).fit(
        X[:n_train], y[:n_train], **watched, sample_weight_val=np.arange(8)
    )
    assert weighted.validation_scores_ != fitted.validation_scores_


def test_the_watched_loss_by_hand():
    model = RNNRegressor(**{**QUICK, "max_epochs": 1})
    model.fit(X[:40], NUMBERS[:40], X_val=X[40:], y_val=NUMBERS[40:])
    residuals = (model.predict(X[40:]) - NUMBERS[40:]) / NUMBERS[:40].std()
    np.testing.assert_allclose(
        -model.validation_scores_[0], np.mean(residuals**2), rtol=1e-5
    )


@pytest.mark.parametrize("kind", MODELS)
def test_groups_decide_what_is_held_out(kind):
    model, y = MODELS[kind]
    groups = np.array([f"g{i % 6}" for i in range(48)])
    by_group = clone(model).fit(X, y, groups=groups)
    assert by_group.validation_scores_ != clone(model).fit(X, y).validation_scores_
    again = clone(model).fit(X, y, None, pd.Series(groups))
    assert again.validation_scores_ == by_group.validation_scores_
    ignored = clone(model).set_params(early_stopping=False)
    ignored.fit(X, y, groups=groups)


def test_errors_name_the_argument():
    model = RNNRegressor(**QUICK)
    a, b, y_a, y_b = X[:40], X[40:], NUMBERS[:40], NUMBERS[40:]
    for arguments, match in [
        ({"X_val": b}, "y_val is None"),
        ({"y_val": y_b}, "X_val is None"),
        ({"X_val": b[..., :1], "y_val": y_b}, "X_val: X has 1 features per time step"),
        ({"X_val": b * np.nan, "y_val": y_b}, "X_val: .*NaN"),
        ({"X_val": b, "y_val": y_b[1:]}, "y_val: .*inconsistent"),
        ({"X_val": b, "y_val": np.full(8, np.inf)}, "y_val: "),
        ({"X_val": b, "y_val": np.c_[y_b, y_b]}, "y_val: y has the shape"),
        (
            {"X_val": b, "y_val": y_b, "sample_weight_val": -(y_b**2)},
            "sample_weight_val: ",
        ),
        ({"X_val": b, "y_val": y_b, "groups": y_a}, "groups says what to hold out"),
        ({"groups": np.zeros(39)}, "groups has 39 entries for X of 40 samples"),
        ({"groups": np.zeros(40)}, "all samples are of one"),
        ({"groups": np.zeros((40, 2))}, "groups: "),
    ]:
        with pytest.raises(ValueError, match=match):
            model.fit(a, y_a, **arguments)
        assert not hasattr(model, "net_")
    panel = pd.DataFrame(
        a.reshape(-1, 2), pd.MultiIndex.from_product([list(range(40)), range(6)])
    )
    with pytest.raises(ValueError, match=r"groups is indexed .* in another order"):
        model.fit(panel, y_a, groups=pd.Series(range(40), range(40)[::-1]))
    with pytest.raises(ValueError, match="early_stopping=False"):
        RNNRegressor().fit(a, y_a, X_val=b, y_val=y_b)
    with pytest.raises(ValueError, match="y_val: y contains the label 'c'"):
        RNNClassifier(**QUICK).fit(a, LABELS[:40], X_val=b, y_val=list("ccabbbaa"))
    with pytest.raises(ValueError, match="y_val: y contains the label 'c'"):
        RNNTagger(**QUICK).fit(a, STEPS[:40], X_val=b, y_val=np.full((8, 6), "c"))


def test_a_failed_fit_with_a_validation_set_changes_nothing():
    model = RNNTagger(**QUICK).fit(X, STEPS)
    before = vars(model).copy()
    with pytest.raises(ValueError, match="y_val"):
        model.fit(X[:40], STEPS[:40], X_val=X[40:], y_val=STEPS[41:])
    assert vars(model) == before


def test_nothing_is_learned_from_a_validation_set():
    model = RNNRegressor(**{**QUICK, "max_epochs": 1})
    one = clone(model).fit(X[:40], NUMBERS[:40], X_val=X[40:], y_val=NUMBERS[40:])
    other = clone(model).fit(
        X[:40], NUMBERS[:40], X_val=X[40:] * 9 + 5, y_val=NUMBERS[40:] * 3
    )
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_windows_in_a_pipeline_and_groups_by_metadata():
    table = rng.normal(size=(80, 2))
    pipe = make_pipeline(SlidingWindow(4), RNNRegressor(**QUICK))
    last = pipe.fit(table, table[:, 0])[-1]
    complete = SlidingWindow(4).fit_transform(table)[3:]
    by_hand = RNNRegressor(**QUICK).fit(complete, table[3:, 0])
    assert last.validation_scores_ == by_hand.validation_scores_
    groups = np.arange(48) % 6
    with config_context(enable_metadata_routing=True):
        model = RNNRegressor(**QUICK).set_fit_request(groups=True)
        found = cross_validate(
            model,
            X,
            NUMBERS,
            cv=GroupKFold(3),
            params={"groups": groups},
            return_estimator=True,
            return_indices=True,
        )
    train = found["indices"]["train"][0]
    expected = RNNRegressor(**QUICK).fit(X[train], NUMBERS[train], groups=groups[train])
    first = found["estimator"][0]
    assert first.validation_scores_ == expected.validation_scores_


def test_the_loss_of_held_out_windows_is_no_better_than_that_of_later_rows():
    """Nobody knows where a random walk goes; windows that overlap know it by heart."""
    walk = np.cumsum(np.random.default_rng(1).normal(size=700))
    ahead = walk[20:] - walk[:-20]
    windows = SlidingWindow(24).fit_transform(walk[:-20, None])
    model = RNNRegressor(
        hidden_size=16, lr=0.02, max_epochs=12, early_stopping=True, random_state=0
    ).fit(windows[:500], ahead[:500])
    held_out = -max(model.validation_scores_)
    assert held_out > 0.3
