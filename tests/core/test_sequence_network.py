import numpy as np
import pytest

from skseq import RNNClassifier, RNNTagger
from skseq.data import batching

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5, 2))
SMALL = {"hidden_size": 3, "max_epochs": 1, "random_state": 0}


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (RNNClassifier(**SMALL), rng.choice(list("abcde"), 60)),
        (RNNClassifier(**SMALL), rng.integers(2, size=(60, 3))),
        (RNNTagger(**SMALL), rng.integers(7, size=(60, 5))),
    ],
    ids=["class", "labels", "steps"],
)
def test_labels_are_chosen_batch_by_batch(monkeypatch, model, y):
    """So many outputs need no more memory than a batch of them."""
    model.fit(X, y)
    proba = model.predict_proba(X)
    if y.shape == (60, 3):
        expected = (proba > 0.5).astype(int)
    else:
        expected = model.classes_[proba.argmax(axis=-1)]
    monkeypatch.setattr(batching, "PREDICTION_NUMBERS", 200)
    sizes = []
    choose = model._chosen
    model._chosen = lambda outputs: sizes.append(outputs.size) or choose(outputs)
    np.testing.assert_array_equal(model.predict(X), expected)
    assert max(sizes) <= 200
    assert len(sizes) > 1
