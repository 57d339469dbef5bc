"""Data in a file give what they give in memory, bit by bit, and need little of it."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.callbacks import Checkpoint
from skseq.data import stored

rng = np.random.default_rng(0)
N, T = 90, 6
X = rng.normal(size=(N, T, 3)).cumsum(axis=1)
X[5, 2, 0] = 1e6  # a wild value
Y = X[:, -1, 1] > 0
SMALL = {"hidden_size": 3, "bidirectional": False, "max_epochs": 2, "batch_size": 32}
SMALL["random_state"] = 0
HOLES = np.where(rng.random(X.shape) < 0.1, np.nan, X)
HOLES[..., 2] = rng.integers(3, size=(N, T))
MASKED = {"missing": "mask", "categorical_features": [2], "normalize": "both"}
LENGTHS = np.append(rng.integers(2, 2 * T, size=N - 1), 5)
STARTS = rng.integers(0, N * T - LENGTHS)
INTEGERS = rng.integers(50, size=(N, T, 1)).astype(np.int16)
CALM = np.clip(X, -50, 50)


def ragged(X, **options):
    return SequenceArray(X.reshape(-1, X.shape[-1]), STARTS, LENGTHS, **options)


FITS = {
    "both": (RNNClassifier(**SMALL, normalize="both"), X, Y),
    "both, float32": (RNNClassifier(**SMALL), X.astype("f4"), Y),
    "feature": (RNNRegressor(**SMALL, normalize="feature"), X, X[:, -1]),
    "sequence": (
        CNNClassifier(
            n_filters=(6,),
            normalize="sequence",
            max_epochs=2,
            batch_size=32,
            random_state=0,
        ),
        CALM,
        Y,
    ),
    "none": (RNNClassifier(**SMALL, normalize=None), CALM, Y),
    "holes and categories": (RNNClassifier(**SMALL, **MASKED), HOLES, Y),
    "holes as they are": (
        RNNClassifier(**SMALL, missing="mask", normalize=None),
        np.clip(HOLES, -9, 9),
        Y,
    ),
    "held out": (RNNRegressor(**SMALL, early_stopping=True), X, X[:, -1, 0]),
    "labels": (RNNTagger(**SMALL), X, X[..., 0] > 0),
    "tokens": (RNNClassifier(**SMALL, embedding_dim=2), INTEGERS, Y),
    "integers": (RNNClassifier(**SMALL), INTEGERS, Y),
    "a batch of another byte order": (
        RNNClassifier(**{**SMALL, "batch_size": N}),
        INTEGERS.astype(">i2"),
        Y,
    ),
    "writes": (Seq2SeqRegressor(**{**SMALL, "bidirectional": True}), X, X[..., :1]),
}


@pytest.mark.parametrize("name", FITS)
def test_a_file_gives_what_memory_gives(in_file, name):
    model, data, y = FITS[name]
    same = in_file(data)
    assert stored.is_stored(same)
    alone = np.asarray(model.fit(data, y, np.linspace(0.5, 2, N)).predict(data))
    losses = model.loss_curve_
    np.testing.assert_array_equal(alone, model.predict(same))
    model.fit(same, y, np.linspace(0.5, 2, N))
    assert model.loss_curve_ == losses
    np.testing.assert_array_equal(alone, model.predict(same))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_pieces_of_a_file_that_overlap(in_file, early_stopping):
    times = np.sort(rng.random(N * T))
    static = pd.DataFrame({"size": X[:, 0, 1], "kind": list("ab") * (N // 2)})
    options = {**SMALL, **MASKED, "time_gaps": True, "early_stopping": early_stopping}
    model = RNNClassifier(**options)
    data, same = (
        ragged(table, times=times, static=static) for table in (HOLES, in_file(HOLES))
    )
    alone = model.fit(data, Y).predict_proba(data)
    losses = model.loss_curve_
    model.fit(same, Y)
    assert model.loss_curve_ == losses
    np.testing.assert_array_equal(alone, model.predict_proba(same))


def test_a_checkpoint_knows_the_data_again(in_file, tmp_path):
    file = in_file(X)
    for data in (file, file, in_file(X[::-1].copy())):
        checkpoint = Checkpoint(tmp_path / "fit.pt")
        model = RNNClassifier(**SMALL, callbacks=[checkpoint])
        if data is file:
            model.fit(data, Y)
    with pytest.raises(ValueError, match="holds another fit"):
        model.fit(data, Y)


def test_a_pickle_of_pieces_of_a_file_opens_it_again(in_file):
    """So joblib's workers, and Dask's, share the file."""
    pieces = SequenceArray.from_array(in_file(X)[3:])[[2, 0]]
    pickled = pickle.dumps(SequenceArray.from_array(in_file(np.zeros((9, 999, 9)))))
    assert len(pickled) < 2000
    again = pickle.loads(pickle.dumps(pieces))
    assert stored.is_stored(again.values)
    np.testing.assert_array_equal(np.asarray(again), X[[5, 3]])


def test_processes_share_the_file(in_file, monkeypatch):
    """What each is sent is where the file is; scores are those of one process."""
    sent, reduce = [], SequenceArray.__reduce__

    def reduced(sequences):
        restore, (parts,) = reduce(sequences)
        sent.append(parts["values"])
        return restore, (parts,)

    monkeypatch.setattr(SequenceArray, "__reduce__", reduced)
    data, model = SequenceArray.from_array(in_file(X)), RNNClassifier(**SMALL)
    found = cross_val_score(model, data, Y, cv=2, n_jobs=2)
    assert sent
    assert all(isinstance(values, dict) for values in sent)
    np.testing.assert_array_equal(found, cross_val_score(model, data, Y, cv=2))


def test_changes_that_are_in_memory_alone_are_kept(in_file):
    path = in_file(X).filename
    changed = np.load(path, mmap_mode="c")
    changed[:] += 1
    assert not stored.is_stored(changed)
    stored.let_go(changed)
    np.testing.assert_array_equal(changed, X + 1)


GROWTH = """
import sys
import numpy as np
from skseq import RNNClassifier

def peak(reset=False):
    if reset:
        open("/proc/self/clear_refs", "w").write("5")
    with open("/proc/self/status") as file:
        (line,) = (line for line in file if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

X = np.load(sys.argv[1], mmap_mode="r")
y = np.arange(len(X)) % 2
options = {"hidden_size": 2, "bidirectional": False, "batch_size": 256}
model = RNNClassifier(**options, max_epochs=1, early_stopping=True)
model.fit(X[:300], y[:300]).predict(X[:300])
before = peak(reset=True)
model.fit(X, y).predict(X)
print((peak() - before) / X.nbytes)
"""


@pytest.mark.skipif(
    not os.path.exists("/proc/self/clear_refs"), reason="reads Linux's own count"
)
def test_a_fit_needs_less_memory_than_its_file(tmp_path):
    """It was six times as much when everything was read."""
    path = tmp_path / "large.npy"
    file = np.lib.format.open_memmap(path, "w+", "f4", (12_500, 50, 40))  # 100 MB
    file[:] = rng.normal(size=file.shape[1:])
    file.flush()
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(path)], capture_output=True, text=True
    )
    assert float(done.stdout) < 1, done.stderr
