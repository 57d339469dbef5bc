"""Many fits need no more memory than a few."""

import gc
import os
from itertools import cycle
from mmap import mmap

import numpy as np
import pytest
import torch

from skseq import (
    CNNClassifier,
    CNNLSTMForecaster,
    RNNClassifier,
    RNNForecaster,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)

rng = np.random.RandomState(0)
X = rng.randn(40, 8, 50)
Y = X[:, 0, 0] > 0
RAGGED = [x[: 1 + i % 8] for i, x in enumerate(X)]
TABLE = rng.randn(60)
SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
MORE_OBJECTS, MORE_BYTES = 300, 8_000_000


def memory():
    """Return the numbers of tensors, of Python's objects and of resident bytes."""
    gc.collect()
    objects = gc.get_objects()
    n_tensors = sum(issubclass(type(thing), torch.Tensor) for thing in objects)
    with open("/proc/self/statm") as file:
        n_pages = int(file.read().split()[1])
    return n_tensors, len(objects), n_pages * os.sysconf("SC_PAGE_SIZE")


def growth(fit, n_fits=100):
    """Return by how much these numbers grow over many fits, after 20 others."""
    for _ in range(20):
        fit()
    before = memory()
    for _ in range(n_fits):
        fit()
    return np.subtract(memory(), before)


class OfOneEstimator:
    """Fits the same estimator again and again, and asks it."""

    def __init__(self):
        self.model = RNNClassifier(**SMALL, early_stopping=True)

    def __call__(self):
        self.model.fit(X, Y).predict(X)


class OfNewOnes:
    def __call__(self):
        RNNForecaster(**SMALL, window_length=8, dropout=0.1).fit(TABLE).predict()


class OfEveryKind:
    """Takes turns, so that all code of networks runs, that by hand as well."""

    def __init__(self):
        windows = {**SMALL, "window_length": 8}
        detector = SequenceAnomalyDetector(RNNForecaster(**windows))
        models = [
            (RNNClassifier(**SMALL, cell="rnn"), (RAGGED, Y)),
            (RNNClassifier(**SMALL, cell="gru", recurrent_dropout=0.1), (RAGGED, Y)),
            (CNNClassifier(n_filters=(4,), max_epochs=1, random_state=0), (RAGGED, Y)),
            (RNNTagger(**SMALL), (X, X[..., 0] > 0)),
            (Seq2SeqRegressor(**SMALL, attention="dot"), (X, X[..., 0])),
            (CNNLSTMForecaster(**windows, n_filters=4, stride=2), (TABLE,)),
            (SequenceGenerator(**windows), (["anna", "hanna"] * 5,)),
            (detector, (TABLE,)),
        ]
        self.turns = cycle(models)

    def __call__(self):
        model, data = next(self.turns)
        model.fit(*data)


class Leak(OfOneEstimator):
    """Keeps what every fit has learned, and memory that the C library had not."""

    kept = ()

    def __call__(self):
        super().__call__()
        pages = mmap(-1, 200_000)
        pages.write(bytes(200_000))
        self.kept = [*self.kept, (self.model.net_, pages)]


needs_linux = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="reads Linux's own count"
)


@needs_linux
@pytest.mark.parametrize("fit", [OfOneEstimator(), OfNewOnes(), OfEveryKind()])
def test_memory_does_not_grow_over_100_fits(fit):
    tensors, objects, n_bytes = growth(fit)
    assert tensors == 0
    assert objects < MORE_OBJECTS
    assert n_bytes < MORE_BYTES


@needs_linux
def test_a_leak_would_be_seen():
    tensors, objects, n_bytes = growth(Leak())
    assert tensors >= 100
    assert objects >= MORE_OBJECTS
    assert n_bytes >= MORE_BYTES
