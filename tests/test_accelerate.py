"""One fit in several processes: a test, and the script that is launched."""

import json
import os
import pickle
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from skseq import (
    CNNClassifier,
    CNNRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    Seq2SeqRegressor,
    SequenceGenerator,
)
from skseq.callbacks import Checkpoint
from skseq.data import large_batches, sequences, stored
from skseq.networks.dropout import Dropout
from skseq.networks.hiding import HideValues
from skseq.persistence import load
from skseq.resources import resolve_device

PAGE = Path(__file__).parents[1] / "docs" / "guide_search.md"
rng = np.random.RandomState(0)
N = 33  # so that the last of the batches of 8 has one sample for two processes
X = rng.randn(N, 6, 2)
Y = X[:, 0, 0]
RAGGED = [rng.randn(rng.randint(3, 9), 2) for _ in range(N)]
WEIGHTS = rng.uniform(0.1, 3, size=N)
TABLE = rng.randn(60, 1).cumsum(axis=0)
TEXT = "the quick brown fox jumps over the lazy dog. " * 6
OPTIONS = {"max_epochs": 3, "batch_size": 8, "random_state": 0}
STOPS = {**OPTIONS, "max_epochs": 30, "early_stopping": True, "patience": 2}
SEARCH = partial(torch.optim.LBFGS, line_search_fn="strong_wolfe", max_iter=3)
WINDOWS = {"window_length": 8, "horizon": 2}
NOTHING_HIDDEN = mock.patch.object(HideValues, "hidden", return_value=None)
SCRIPT_ERROR = "random numbers differ (random_state must be an int)"

FITS = {
    "weights": (RNNClassifier(**OPTIONS), (RAGGED, Y > 0, WEIGHTS)),
    "bounds": (
        RNNRegressor(cell="gru", l1=0.01, clip_norm=0.1, **OPTIONS),
        (RAGGED, Y),
    ),
    "stops": (
        RNNRegressor(optimizer="sgd", lr=0.03, lr_schedule="plateau", **STOPS),
        (X, Y),
    ),
    "one batch, a line search": (
        RNNRegressor(optimizer=SEARCH, clip_norm=None, **{**OPTIONS, "batch_size": N}),
        (X, Y),
    ),
    "out of time": (RNNRegressor(max_seconds=1e-9, **OPTIONS), (X, Y)),
    "convolutions": (CNNClassifier(batch_norm=False, **OPTIONS), (RAGGED, Y > 0)),
    "forecaster": (RNNForecaster(**WINDOWS, **OPTIONS), (TABLE,)),
    "decoder": (Seq2SeqRegressor(**OPTIONS), (RAGGED, RAGGED)),
    # Three streams for two processes, each with states of its own.
    "generator": (
        SequenceGenerator(
            window_length=10,
            initial_state="learned",
            **{**OPTIONS, "batch_size": 3},
        ),
        (TEXT,),
    ),
}


def learned(estimator):
    """Return all weights and statistics in a row."""
    tensors = estimator.module_.state_dict().values()
    return torch.cat([tensor.double().flatten() for tensor in tensors]).numpy()


def continued(device):
    """Yield estimators that were fitted in two calls."""
    partial = RNNRegressor(device=device, **OPTIONS)
    yield partial.partial_fit(X, Y).partial_fit(X, Y)
    warm = RNNRegressor(device=device, warm_start=True, **OPTIONS)
    yield warm.fit(X, Y).fit(X, Y)


# The script ---------------------------------------------------------------------------


class Seeds(Callback):
    """Notes what dropout is seeded with."""

    def on_train_begin(self, net, **kwargs):
        parts = [part for part in net.module_.modules() if isinstance(part, Dropout)]
        self.found = {part.generator.initial_seed() for part in parts}


class Reads(Callback):
    """Notes which sequences of a file are read in each epoch."""

    def initialize(self):
        self.found = []
        return self

    def on_epoch_begin(self, net, **kwargs):
        self.found.append([])

    def fetch(self, values, starts, lengths):
        if self.found:
            self.found[-1].extend((starts // lengths).tolist())
        return stored.fetch(values, starts, lengths)


class Fails(Callback):
    """Fails at the end of an epoch."""

    def on_epoch_end(self, net, **kwargs):
        raise OSError("no space is left")


def of_file(device, X):
    """Return a fit, a quarter of whose sequences is held out."""
    model = RNNRegressor(device=device, early_stopping=True, **OPTIONS)
    return model.set_params(validation_fraction=0.25), (X, Y[:32])


def in_parts(device):
    """Return a fit of batches of which one process has more parts than the other."""
    y = np.column_stack([Y, np.where(np.arange(N) % 3, np.nan, Y)])
    model = CNNRegressor(n_filters=(3,), n_branches=1, batch_norm=False, **OPTIONS)
    return model.set_params(device=device, missing="mask"), (RAGGED, y)


def message_of(fit, *args):
    """Return the message of the ValueError that a fit ends with."""
    try:
        fit(*args)
    except ValueError as error:
        return str(error)


def main(folder):
    """Fit as one of several processes, and write down what came out."""
    found = {}
    fitted = {
        name: estimator.set_params(device="accelerate").fit(*data)
        for name, (estimator, data) in FITS.items()
    }
    fitted["partial"], fitted["warm"] = continued("accelerate")
    seeds = Seeds()
    dropping = CNNClassifier(dropout=0.5, callbacks=[seeds], **OPTIONS)
    dropping.set_params(device="accelerate")
    fitted["normalises and drops"] = dropping.fit(X, Y > 0)
    found["seeds"] = list(seeds.found)

    model, data = in_parts("accelerate")
    with NOTHING_HIDDEN, mock.patch.object(large_batches, "TRAINING_STEPS", 20):
        fitted["parts"] = model.fit(*data)

    unseeded = RNNRegressor(device="accelerate", batch_size=8)
    found["unseeded"] = message_of(unseeded.fit, X, Y)
    seeded = RNNRegressor(device="accelerate", **OPTIONS)
    rank = int(os.environ["RANK"])
    found["data"] = message_of(seeded.fit, X, Y + X[:, 0, rank])
    seeded.set_params(optimizer="sgd", lr=1e30, clip_norm=None)
    found["diverged"] = message_of(seeded.fit, X, Y)

    verbose = RNNRegressor(device="accelerate", verbose=2, **OPTIONS)
    verbose.fit(X, Y)
    names = {}
    os.chdir(folder)
    exec(guide_block(), names)
    fitted["guide"] = names["model"]

    reads = Reads()
    stored.LARGE, sequences.fetch = 0, reads.fetch
    model, data = of_file("accelerate", np.load("file.npy", mmap_mode="r"))
    fitted["file"] = model.set_params(callbacks=[reads]).fit(*data)
    found["reads"] = reads.found

    found["learned"] = {name: learned(e).tolist() for name, e in fitted.items()}
    found["losses"] = {name: e.loss_curve_ for name, e in fitted.items()}
    Path(f"{rank}.json").write_text(json.dumps(found))
    Path(f"{rank}.pickle").write_bytes(pickle.dumps(fitted["weights"]))
    if rank == 1:
        seeded.set_params(callbacks=[Fails()])
    seeded.set_params(optimizer="adam", lr=0.01).fit(X, Y)
    Path("survived").touch()


def guide_block():
    """Return the script of the guide."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    (block,) = (block for block in blocks if "from accelerate" in block)
    return block


if __name__ == "__main__":
    main(sys.argv[1])


# The tests ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """Return the folder, what the two processes found, and how they ended."""
    pytest.importorskip("accelerate")
    folder = tmp_path_factory.mktemp("launched")
    np.save(folder / "file.npy", X[:32])
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*launch, "--nproc_per_node=2", __file__, str(folder)],
        env={**os.environ, "ACCELERATE_USE_CPU": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    files = [folder / f"{rank}.json" for rank in (0, 1)]
    assert all(file.exists() for file in files), done.stderr
    return folder, [json.loads(file.read_text()) for file in files], done


@pytest.mark.parametrize("name", FITS)
def test_two_processes_learn_what_one_does(launched, name):
    _, (found, _), _ = launched
    estimator, data = FITS[name]
    alone = estimator.set_params(device="cpu").fit(*data)
    np.testing.assert_allclose(found["losses"][name], alone.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(found["learned"][name], learned(alone), atol=1e-5)


def test_two_processes_continue_as_one_does(launched):
    _, (found, _), _ = launched
    for name, alone in zip(("partial", "warm"), continued("cpu"), strict=True):
        np.testing.assert_allclose(found["losses"][name], alone.loss_curve_, rtol=1e-5)
        np.testing.assert_allclose(found["learned"][name], learned(alone), atol=1e-5)


def test_processes_have_parts_of_batches_and_count_known_targets(launched):
    _, (found, _), _ = launched
    model, data = in_parts("cpu")
    with NOTHING_HIDDEN:
        alone = model.fit(*data)
    np.testing.assert_allclose(found["losses"]["parts"], alone.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(found["learned"]["parts"], learned(alone), atol=1e-5)


def test_each_process_reads_its_own_share_of_a_file(launched):
    _, (found, other), _ = launched
    for here, there in zip(found["reads"], other["reads"], strict=True):
        assert len(here) == len(there) == 16
        assert sorted(here + there) == list(range(32))
    model, data = of_file("cpu", X[:32])
    alone = model.fit(*data)
    np.testing.assert_allclose(found["losses"]["file"], alone.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(found["learned"]["file"], learned(alone), atol=1e-5)


def test_an_error_in_one_process_ends_all(launched):
    """Torch's agent ends the other, which would wait half an hour for gradients."""
    folder, _, done = launched
    assert done.returncode != 0
    assert "OSError: no space is left" in done.stderr
    assert not (folder / "survived").exists()


def test_all_processes_hold_the_same(launched):
    _, (found, other), _ = launched
    assert len(found["learned"]) == len(FITS) + 6
    assert found["learned"] == other["learned"]
    assert found["losses"] == other["losses"]


def test_each_process_drops_in_its_own_way(launched):
    _, (found, other), _ = launched
    assert len({*found["seeds"], *other["seeds"]}) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unseeded", SCRIPT_ERROR),
        ("data", SCRIPT_ERROR),
        ("diverged", "Training diverged"),
    ],
)
def test_all_processes_raise_the_same_error(launched, name, message):
    _, (found, other), _ = launched
    assert message in found[name]
    assert found[name] == other[name]


def test_only_the_first_process_prints(launched):
    assert launched[2].stdout.count("train_loss") == 1


def test_what_several_processes_trained_opens_without_accelerate(launched, monkeypatch):
    folder, (found, _), _ = launched
    monkeypatch.setitem(sys.modules, "accelerate", None)
    opened = [pickle.loads((folder / f"{i}.pickle").read_bytes()) for i in (0, 1)]
    for estimator in opened:
        assert learned(estimator).tolist() == found["learned"]["weights"]
    first, second = (estimator.predict_proba(RAGGED) for estimator in opened)
    np.testing.assert_array_equal(first, second)
    saved = load(folder / "model.skseq")
    assert saved.device == "accelerate"
    assert learned(saved).tolist() == found["learned"]["guide"]


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"early_stopping": True}])
def test_one_process_learns_what_it_does_without_accelerate(options):
    pytest.importorskip("accelerate")
    options = {**OPTIONS, **options}
    here = RNNRegressor(device="accelerate", **options).fit(X, Y)
    auto = RNNRegressor(device="auto", **options).fit(X, Y)
    np.testing.assert_array_equal(learned(here), learned(auto))
    assert here.loss_curve_ == auto.loss_curve_
    assert here.validation_scores_ == auto.validation_scores_
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(here)).predict(X), auto.predict(X)
    )


def test_options_of_the_launch_that_would_change_a_fit_are_errors(monkeypatch):
    pytest.importorskip("accelerate")
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    with pytest.raises(ValueError, match="gradient_accumulation_steps=4"):
        RNNRegressor(device="accelerate").fit(X, Y)


def test_checkpoints_are_refused(tmp_path):
    pytest.importorskip("accelerate")
    model = RNNRegressor(device="accelerate", callbacks=[Checkpoint(tmp_path / "fit")])
    with pytest.raises(ValueError, match="callbacks holds a Checkpoint"):
        model.fit(X, Y)


def test_without_accelerate_a_fit_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    model = RNNRegressor(device="accelerate")
    with pytest.raises(ImportError, match=r"pip install 'skseq\[accelerate\]'"):
        model.fit(X, Y)
    assert not hasattr(model, "net_")
    assert resolve_device("accelerate", or_cpu=True) == resolve_device("auto")
