"""Batches of too many steps learn what they would as a whole."""

import numpy as np
import pytest
import torch

from skseq import RNNClassifier, RNNRegressor, RNNTagger
from skseq.data import large_batches
from skseq.data.large_batches import LargeBatch, n_fitting, parted

rng = np.random.default_rng(0)
X = [rng.normal(size=(n, 2)) for n in [*rng.integers(2, 9, size=23), 60]]
Y = np.array([x[-1, 0] for x in X])
SMALL = {"hidden_size": 3, "bidirectional": False, "max_epochs": 2, "batch_size": 8}
SMALL["random_state"] = 0
WEIGHTS = np.linspace(0.5, 2, len(X))
FITS = {
    "classes": (RNNClassifier(**SMALL, l2=0.01, early_stopping=True), Y > 0, WEIGHTS),
    "numbers": (RNNRegressor(**SMALL, n_networks=2), Y, None),
    "steps": (RNNTagger(**SMALL, clip_norm=0.1), [x[:, 0] > 0 for x in X], WEIGHTS),
}


def test_samples_are_parted_by_length(monkeypatch):
    monkeypatch.setattr(large_batches, "TRAINING_STEPS", 10)
    lengths = np.array([3, 9, 1, 4, 2, 0])
    parts = parted(torch.tensor([0, 1, 2, 3]), lengths)
    assert [part.tolist() for part in parts] == [[2, 0], [3], [1]]
    assert [part.tolist() for part in parted(torch.tensor([0, 4]), lengths)] == [[0, 4]]
    assert parted(torch.tensor([5]), lengths)[0].tolist() == [5]
    assert [n_fitting(np.array([1, 3, 4]), most) for most in (0, 1, 6, 12)] == [
        1,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("name", FITS)
def test_parts_of_a_batch_learn_as_the_whole(name, monkeypatch):
    model, y, weights = FITS[name]
    whole = model.fit(X, y, weights)
    expected = whole.loss_curve_, whole.module_.state_dict()
    monkeypatch.setattr(large_batches, "TRAINING_STEPS", 30)
    laid_out, gather = [], LargeBatch.parts

    def recorded(batch):
        for part, share in gather(batch):
            laid_out.append(part.x.shape[:2].numel())
            yield part, share

    monkeypatch.setattr(LargeBatch, "parts", recorded)
    parts = model.fit(X, y, weights)
    np.testing.assert_allclose(parts.loss_curve_, expected[0], rtol=1e-5)
    for key, value in parts.module_.state_dict().items():
        torch.testing.assert_close(value, expected[1][key], rtol=1e-4, atol=1e-5)
    assert set(laid_out) - set(range(31)) == {60}  # the longest sequence alone
