"""What belongs to sequences by their names stands in the same order."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import permutation_test_score

from skseq import (
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.inspection import permutation_importance, saliency
from skseq.metrics import step_scorer
from skseq.preprocessing import SequenceSplitter

X = np.random.default_rng(0).normal(size=(6, 4, 2))
NAMES = ["f", "a", "d", "b", "e", "c"]
INDEX = pd.MultiIndex.from_product([NAMES, range(4)], names=["id", "t"])
PANEL = pd.DataFrame(X.reshape(-1, 2), INDEX, ["u", "v"])
Y = pd.Series(np.arange(6) % 2, NAMES, name="y")
SORTED = Y.sort_index()  # as groupby("id").first() has them
STEPS = [np.arange(4) % 2] * 6
PATHS = pd.DataFrame(X[..., 0], NAMES)
STEP_LABELS = (PANEL["u"] > 0).astype(int)
LAYOUTS = [PANEL, SequenceArray.from_frame(PANEL), pd.DataFrame(X[..., 0], NAMES)]
CLASSIFIER = RNNClassifier(max_epochs=1, random_state=0)
TAGGER = RNNTagger(max_epochs=1)
WRITER = Seq2SeqRegressor(max_epochs=1)
CALLS = {
    "fit": lambda X: clone(CLASSIFIER).fit(X, SORTED),
    "fit numbers": lambda X: RNNRegressor().fit(X, SORTED.to_frame()),
    "fit weights": lambda X: clone(CLASSIFIER).fit(X, Y, SORTED + 1),
    "partial_fit": lambda X: clone(CLASSIFIER).partial_fit(X, SORTED),
    "score": lambda X: clone(CLASSIFIER).fit(X, Y).score(X, SORTED),
    "score weights": lambda X: clone(CLASSIFIER).fit(X, Y).score(X, Y, SORTED + 1),
    "importance": lambda X: permutation_importance(
        clone(CLASSIFIER).fit(X, Y), X, SORTED
    ),
    "saliency": lambda X: saliency(clone(CLASSIFIER).fit(X, Y), X, target=SORTED),
    "split": lambda X: SequenceSplitter().split(X, SORTED),
    "split groups": lambda X: SequenceSplitter().split(X, Y, SORTED),
    "tagger weights": lambda X: clone(TAGGER).fit(X, STEPS, SORTED + 1),
    "tagger score": lambda X: clone(TAGGER).fit(X, STEPS).score(X, STEPS, SORTED + 1),
    "step scorer": lambda X: step_scorer("accuracy")(
        clone(TAGGER).fit(X, STEPS), X, STEPS, sample_weight=SORTED + 1
    ),
    "steps": lambda X: RNNTagger().fit(X, STEP_LABELS.sort_index()),
    "steps array": lambda X: RNNTagger().fit(
        X, SequenceArray.from_frame(STEP_LABELS.sort_index().to_frame())
    ),
    "paths": lambda X: clone(WRITER).fit(X, PATHS.sort_index()),
    "paths score": lambda X: clone(WRITER).fit(X, PATHS).score(X, PATHS.sort_index()),
    "words": lambda X: Seq2SeqClassifier().fit(X, pd.Series(STEPS, sorted(NAMES))),
}


@pytest.mark.parametrize("layout", range(3), ids=["panel", "SequenceArray", "table"])
@pytest.mark.parametrize("call", CALLS)
def test_another_order_of_instances_is_refused(layout, call):
    match = "instances of X but in another order|need the same .*, in the same order"
    with pytest.raises(ValueError, match=match):
        CALLS[call](LAYOUTS[layout])


@pytest.mark.parametrize("X", LAYOUTS[:2], ids=["panel", "SequenceArray"])
def test_other_instances_are_refused(X):
    for labels in (Y.rename({"a": "q"}), Y.set_axis(list("uvwxyz"))):
        with pytest.raises(ValueError, match="by other instances than X: it has no"):
            CLASSIFIER.fit(X, labels)
    numbered = SequenceArray.from_array(np.zeros((3, 2, 1)))
    numbered.instances = pd.Index([30, 10, 20], name="id")
    with pytest.raises(ValueError, match="it has no row of 30"):
        CLASSIFIER.fit(
            numbered, pd.Series([0, 1, 0], pd.Index([10, 20, 40], name="id"))
        )


@pytest.mark.parametrize("X", LAYOUTS[:2], ids=["panel", "SequenceArray"])
def test_a_label_per_step_is_none_per_instance(X):
    with pytest.raises(ValueError, match=r"y has an index of two levels and 24 rows"):
        CLASSIFIER.fit(X, (PANEL["u"] > 0).astype(int))


@pytest.mark.parametrize("X", LAYOUTS, ids=["panel", "SequenceArray", "table"])
def test_positions_are_no_names(X):
    model = clone(CLASSIFIER)
    expected = model.fit(X, Y).predict_proba(X)
    for labels in (
        Y.reset_index(drop=True),
        Y.set_axis([9, 3, 7, 1, 5, 2]),  # rows that a split left
        Y.set_axis(pd.date_range("2020", periods=6)),
        Y.to_numpy(),
    ):
        found = model.fit(X, labels, sample_weight=labels * 0 + 1).predict_proba(X)
        np.testing.assert_array_equal(found, expected)
        model.score(X, labels)


def test_the_last_row_of_each_instance_may_give_its_label():
    last = PANEL["u"].groupby(level=0, sort=False).tail(1) > 0
    CLASSIFIER.fit(PANEL, last)
    with pytest.raises(ValueError, match="in another order"):
        CLASSIFIER.fit(PANEL, last.sort_index())


def test_repeated_instances_are_compared_one_by_one():
    twice = LAYOUTS[1][[0, 0, 1, 2]]
    labels = pd.Series([0, 0, 1, 1], ["f", "f", "a", "d"])
    CLASSIFIER.fit(twice, labels)
    with pytest.raises(ValueError, match="in another order"):
        CLASSIFIER.fit(twice, labels[::-1])


def test_a_permutation_test_takes_labels_without_an_index():
    given = LAYOUTS[1][np.repeat(np.arange(6), 2)], np.repeat(Y.to_numpy(), 2)
    options = {"cv": 2, "n_permutations": 2, "random_state": 0}
    score, others, _ = permutation_test_score(CLASSIFIER, *given, **options)
    assert np.isfinite([score, *others]).all()
    with pytest.raises(ValueError, match="as a permutation test needs it"):
        CLASSIFIER.fit(PANEL, SORTED)
