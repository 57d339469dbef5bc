"""A fit that is broken off goes on, and ends as an unbroken one."""

import copy
import errno
import os
import signal
import subprocess
import sys
import textwrap
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochTimer,
    Freezer,
    GradientNormClipping,
    LRScheduler,
    PrintLog,
)

from skseq import (
    CNNClassifier,
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)
from skseq.callbacks import Checkpoint, Continuation
from skseq.training._fingerprint import fingerprint

rng = np.random.RandomState(0)
X = rng.randn(70, 6, 2).astype(np.float32)
RAGGED = [x[: 1 + i % 6] for i, x in enumerate(X)]
Y = X.sum(axis=(1, 2)).astype(np.float64)
TABLE = np.sin(np.arange(60) / 3) + rng.randn(60) / 10
TEXT = "to be or not to be, that is the question. " * 4
NAMES = ["anna", "hanna", "johanna", "ann"] * 5

SHORT = {"max_epochs": 6, "random_state": 0, "batch_size": 16}
CASES = {
    "plain": (RNNRegressor, {}, (X, Y)),
    "cosine": (RNNRegressor, {"lr_schedule": "cosine"}, (X, Y)),
    "no schedule, sgd": (
        RNNRegressor,
        {"lr_schedule": None, "optimizer": "sgd"},
        (X, Y),
    ),
    "plateau": (
        RNNRegressor,
        {"lr_schedule": "plateau", "patience": 2, "lr": 3.0},
        (X, Y),
    ),
    "one batch in float64": (
        RNNRegressor,
        {"batch_size": 100, "dropout": 0.2},
        (X[:20].astype(float), Y[:20]),
    ),
    "dropout": (
        RNNClassifier,
        {"dropout": 0.2, "recurrent_dropout": 0.3, "num_layers": 2},
        (RAGGED, Y > 0),
    ),
    "early stopping": (
        RNNClassifier,
        {"early_stopping": True, "patience": 2, "max_epochs": 40, "lr": 0.05},
        (X, rng.randint(0, 2, 70)),
    ),
    "batch statistics": (CNNClassifier, {"n_filters": (4,)}, (RAGGED, Y > 0)),
    "convolutions": (CNNLSTMRegressor, {"n_filters": (4,)}, (X, Y)),
    "tagger": (RNNTagger, {}, (RAGGED, [x[:, 0] > 0 for x in RAGGED])),
    "seq2seq": (
        Seq2SeqRegressor,
        {"teacher_forcing": (1.0, 0.0), "hidden_size": 8},
        (X, X[:, ::-1, 0]),
    ),
    "forecaster": (RNNForecaster, {"window_length": 6, "horizon": 2}, (TABLE,)),
    "auto": (
        CNNLSTMForecaster,
        {"window_length": 6, "stride": 2, "n_filters": 2, "hidden_size": 2}
        | {"max_epochs": "auto", "batch_size": 4},
        (TABLE,),
    ),
    "decoding forecaster": (
        Seq2SeqForecaster,
        {"window_length": 6, "early_stopping": True, "horizon": 2},
        (TABLE,),
    ),
    "one text": (SequenceGenerator, {"window_length": 8}, (TEXT,)),
    "texts": (SequenceGenerator, {"window_length": 8, "dropout": 0.2}, (NAMES,)),
}
every_case = pytest.mark.parametrize("case", CASES)


def model(case, callbacks=()):
    cls, options, data = CASES[case]
    options = {**SHORT, **options}
    if "hidden_size" in cls().get_params():
        options.setdefault("hidden_size", 5)
    return cls(callbacks=list(callbacks), **options), data


def weights(fitted):
    return {name: part.clone() for name, part in fitted.module_.state_dict().items()}


def assert_same(one, other):
    """The same weights, bit by bit, and the same history."""
    assert one.loss_curve_ == other.loss_curve_
    assert one.validation_scores_ == other.validation_scores_
    expected = weights(other)
    for name, part in weights(one).items():
        assert torch.equal(part, expected[name]), name


class Interrupt(Callback):
    """Presses Ctrl-C amid an epoch."""

    only_watches = True

    def __init__(self, epoch, how=signal.SIGINT):
        self.epoch = epoch
        self.how = how

    def on_batch_end(self, net, training=None, **kwargs):
        if training and len(net.history) == self.epoch:
            os.kill(os.getpid(), self.how)


@every_case
def test_an_interrupted_fit_goes_on_as_if_nothing_had_happened(
    case, tmp_path, monkeypatch
):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 150)  # of max_epochs="auto"
    checkpoint = Checkpoint(tmp_path / "fit.pt")
    estimator, data = model(case, [checkpoint, Interrupt(epoch=3)])
    with pytest.warns(UserWarning, match="interrupted after 2 complete epochs"):
        estimator.fit(*data)
    resumed, _ = model(case, [checkpoint])
    unbroken, _ = model(case)
    assert_same(resumed.fit(*data), unbroken.fit(*data))
    assert resumed.n_iter_ > 2


KILLED = """
import signal
import sys
sys.path.insert(0, {tests!r})
from test_checkpoint import Checkpoint, Interrupt, model
estimator, data = model({case!r}, [Checkpoint({path!r}), Interrupt(4, signal.SIGKILL)])
estimator.fit(*data)
"""


def test_a_killed_fit_goes_on_in_another_process(tmp_path):
    case = "dropout"
    path = str(tmp_path / "fit.pt")
    names = {"tests": str(Path(__file__).parent), "case": case, "path": path}
    program = textwrap.dedent(KILLED).format(**names)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    content = torch.load(path, weights_only=True)
    assert len(content["state"]["history"]) == 3
    assert not content["complete"]
    resumed, data = model(case, [Checkpoint(path)])
    unbroken, _ = model(case)
    assert_same(resumed.fit(*data), unbroken.fit(*data))


def test_a_fit_can_be_broken_off_again_and_again(tmp_path):
    checkpoint = Checkpoint(tmp_path / "fit.pt")
    for epoch in (2, 3, 5):
        estimator, data = model("early stopping", [checkpoint, Interrupt(epoch)])
        with pytest.warns(UserWarning, match=f"after {epoch - 1} complete"):
            estimator.fit(*data)
    resumed, _ = model("early stopping", [checkpoint])
    unbroken, _ = model("early stopping")
    assert_same(resumed.fit(*data), unbroken.fit(*data))


def test_two_checkpoints_go_on_from_their_states(tmp_path):
    often, seldom = (
        Checkpoint(tmp_path / "1.pt"),
        Checkpoint(tmp_path / "3.pt", every=3),
    )
    before = [vars(part).copy() for part in (often, seldom)]
    unbroken, data = model("dropout")
    unbroken.fit(*data)
    for callbacks in ([often, seldom], [seldom, often], [seldom, often]):
        estimator, _ = model("dropout", [*callbacks, Interrupt(epoch=5)])
        with pytest.warns(UserWarning, match="interrupted after 4"):
            estimator.fit(*data)
    resumed, _ = model("dropout", [often, seldom])
    for _ in range(2):
        assert_same(resumed.fit(*data), unbroken)
    assert [vars(part) for part in (often, seldom)] == before


class Count(Callback):
    only_watches = True
    n_epochs = 0

    def on_epoch_begin(self, net, **kwargs):
        self.n_epochs += 1


@pytest.mark.parametrize("case", ["plain", "early stopping", "decoding forecaster"])
def test_a_complete_fit_is_not_trained_again(case, tmp_path):
    path = tmp_path / "fit.pt"
    first, data = model(case, [Checkpoint(path)])
    first.fit(*data)
    written, counter = path.stat().st_mtime_ns, Count()
    second, _ = model(case, [Checkpoint(path), counter])
    assert_same(second.fit(*data), first)
    assert counter.n_epochs == 0
    assert path.stat().st_mtime_ns == written


def test_every_so_many_epochs(tmp_path):
    checkpoint = Checkpoint(tmp_path / "fit.pt", every=2)
    estimator, data = model("plain", [checkpoint, Interrupt(epoch=4)])
    with pytest.warns(UserWarning, match="interrupted after 3"):
        estimator.fit(*data)
    content = torch.load(checkpoint.path, weights_only=True)
    assert len(content["state"]["history"]) == 2
    resumed, _ = model("plain", [checkpoint])
    unbroken, _ = model("plain")
    assert_same(resumed.fit(*data), unbroken.fit(*data))


@pytest.mark.parametrize("first", [True, False])
def test_the_state_of_a_schedule_of_the_user_is_kept(first, tmp_path):
    """Wherever it stands among the callbacks."""

    def callbacks(*others):
        schedule = LRScheduler("StepLR", step_size=2, gamma=0.5)
        return [*others, schedule] if first else [schedule, *others]

    checkpoint = Checkpoint(tmp_path / "fit.pt")
    estimator, data = model("no schedule, sgd", callbacks(checkpoint, Interrupt(4)))
    with pytest.warns(UserWarning, match="interrupted"):
        estimator.fit(*data)
    resumed, _ = model("no schedule, sgd", callbacks(checkpoint))
    unbroken, _ = model("no schedule, sgd", callbacks())
    assert_same(resumed.fit(*data), unbroken.fit(*data))


@pytest.mark.parametrize(
    "change",
    [
        {"max_epochs": 7},
        {"random_state": 1},
        {"lr": 0.1},
        {"hidden_size": 6},
        {"clip_norm": 2.0},
        {"batch_size": 17},
        {"early_stopping": True},
        {"dropout": 0.1},
        {"nonlinearity": "relu", "cell": "rnn"},
        {"l2": 1e-6},
        {"mixed_precision": True},
    ],
    ids=str,
)
def test_the_file_of_another_fit_is_refused(change, tmp_path, monkeypatch):
    monkeypatch.setattr("skseq.training._train.wrong_layer", lambda *_: None)
    checkpoint = Checkpoint(tmp_path / "fit.pt")
    estimator, data = model("plain", [checkpoint])
    before = weights(estimator.fit(*data))
    with pytest.raises(ValueError, match=r"path='.*fit.pt' .* holds another fit"):
        estimator.set_params(**change).fit(*data)
    for name, part in weights(estimator).items():
        assert torch.equal(part, before[name])


class Scale(Callback):
    """Multiplies gradients."""

    def __init__(self, by):
        self.by = by

    def on_grad_computed(self, net, named_parameters, **kwargs):
        for _, weights in named_parameters:
            weights.grad *= self.by


class Kept(Scale):
    """Keeps its parameter under another name."""

    def __init__(self, by):
        self._by = by

    def on_grad_computed(self, net, named_parameters, **kwargs):
        negated(named_parameters, self._by)


class Half(Scale):
    by = 0.5

    def __init__(self):
        pass


class Third(Half):
    by = 1 / 3


def negated(named_parameters, sign=-1):
    for _, weights in named_parameters:
        weights.grad *= sign


class Apply(Callback):
    """Calls a function of the user's."""

    def __init__(self, function):
        self.function = function

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.function(named_parameters)


class Negation:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, named_parameters):
        negated(named_parameters, -self.factor)


def power(base):
    return lambda epoch: base**epoch


CALLBACKS = [
    None,
    GradientNormClipping(1.0),
    GradientNormClipping(0.001),
    GradientNormClipping(0.001, gradient_clip_norm_type=1),
    Freezer("encoder*"),
    Freezer("head*"),
    Freezer("encoder*", at=3),
    Freezer(lambda name: name.startswith("head")),
    Freezer(lambda name: name.startswith("encoder")),
    EarlyStopping("train_loss", patience=2, threshold=0.1),
    EarlyStopping("train_loss", patience=2, threshold=0.2),
    EarlyStopping("train_loss", patience=2, threshold=0.1, threshold_mode="abs"),
    EarlyStopping("train_loss", patience=2, threshold=0.1, load_best=True),
    EarlyStopping("train_loss_best", patience=2, threshold=0.1),
    LRScheduler("StepLR", step_size=2),
    LRScheduler("StepLR", step_size=3),
    LRScheduler("StepLR", step_size=2, gamma=0.5),
    LRScheduler("ExponentialLR", gamma=0.5),
    LRScheduler(torch.optim.lr_scheduler.LambdaLR, lr_lambda=power(0.9)),
    LRScheduler(torch.optim.lr_scheduler.LambdaLR, lr_lambda=power(0.8)),
    LRScheduler(torch.optim.lr_scheduler.LambdaLR, lr_lambda=lambda e: 1 / (1 + e)),
    LRScheduler(torch.optim.lr_scheduler.LambdaLR, lr_lambda=lambda e: 1 / (2 + e)),
    Scale(1.0),
    Scale(0.5),
    Scale(np.float32(0.5)),
    Scale(torch.tensor(0.25)),
    Scale(torch.tensor(0.125)),
    Kept(0.5),
    Kept(0.25),
    Half(),
    Third(),
    Apply(negated),
    Apply(partial(negated, sign=1)),
    Apply(partial(negated, sign=0.5)),
    Apply(lambda parameters: None),
    Apply(Negation(0.5)),
    Apply(Negation(0.25)),
]


def fit_of(callback, path, **options):
    callbacks = [Checkpoint(path)] if callback is None else [callback, Checkpoint(path)]
    return RNNRegressor(
        hidden_size=2, max_epochs=1, callbacks=callbacks, random_state=0, **options
    ).fit(X[:8], Y[:8])


def name_of(callback, path, **options):
    """Return what a file says of its fit."""
    fit_of(callback, path, **options)
    name = torch.load(path, weights_only=True)["fit"]
    path.unlink()
    return name


def test_other_callbacks_are_another_fit(tmp_path):
    path = tmp_path / "fit.pt"
    names = [name_of(callback, path) for callback in CALLBACKS]
    assert len({*names}) == len(names)
    # Copies of those that were used are of the same fit.
    assert [name_of(copy.deepcopy(each), path) for each in CALLBACKS] == names


OPTIMIZERS = [
    "sgd",
    "adam",
    torch.optim.Adagrad,
    partial(torch.optim.SGD, momentum=0.9),
    partial(torch.optim.SGD, momentum=0.8),
    partial(torch.optim.SGD, momentum=0.8, nesterov=True),
    lambda parameters, lr: torch.optim.SGD(parameters, lr, weight_decay=0.1),
    lambda parameters, lr: torch.optim.SGD(parameters, lr, weight_decay=0.2),
]


def test_other_optimizers_are_another_fit(tmp_path):
    names = [name_of(None, tmp_path / "f", optimizer=each) for each in OPTIMIZERS]
    assert len({*names}) == len(names)


def test_the_model_of_another_clipping_does_not_come_back(tmp_path):
    """The fault as it was found."""
    path = tmp_path / "fit.pt"
    fit_of(GradientNormClipping(1.0), path)
    for other in (GradientNormClipping(0.001), Freezer("*"), Scale(2), None):
        with pytest.raises(ValueError, match=r"holds another fit: .*callbacks"):
            fit_of(other, path)


def test_what_only_watches_is_no_part_of_a_fit(tmp_path):
    path = tmp_path / "fit.pt"
    plain = name_of(None, path)
    for watcher in (PrintLog(sink=str), EpochTimer(), Count(), Checkpoint(path)):
        assert name_of(watcher, path) == plain
    assert name_of(None, path, verbose=1) == plain


def test_what_callbacks_know_of_a_fit_that_was_broken_off_is_no_other(tmp_path):
    """A record that is not one of the parameters."""
    path, recorder = tmp_path / "fit.pt", Records()
    fits = [model("plain", [recorder, Checkpoint(path), Interrupt(3)]) for _ in "ab"]
    (first, data), (second, _) = fits
    with pytest.warns(UserWarning, match="interrupted"):
        first.fit(*data)
    assert recorder.losses
    second.set_params(callbacks=[recorder, Checkpoint(path)]).fit(*data)
    unbroken, _ = model("plain")
    assert_same(second, unbroken.fit(*data))


class Records(Callback):
    def __init__(self):
        self.losses = []

    def on_epoch_end(self, net, **kwargs):
        self.losses.append(net.history[-1, "train_loss"])


IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_checkpoint import CALLBACKS, name_of
print([name_of(callback, Path({path!r})) for callback in CALLBACKS])
"""


def test_another_process_knows_the_same_fits(tmp_path):
    path = tmp_path / "fit.pt"
    program = IN_ANOTHER_PROCESS.format(
        tests=str(Path(__file__).parent), path=str(path)
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    # Functions are the same code there, whatever their addresses.
    assert done.stdout.strip() == str([name_of(each, path) for each in CALLBACKS]), (
        done.stderr
    )


def test_other_weights_within_the_loss_are_another_fit(tmp_path):
    labels = np.tile([0, 1], (70, 3))  # so that both weigh as much on average
    estimator, _ = model("tagger", [Checkpoint(tmp_path / "fit.pt")])
    estimator.set_params(class_weight={0: 1, 1: 3}).fit(X, labels)
    with pytest.raises(ValueError, match="another fit"):
        estimator.set_params(class_weight={0: 3, 1: 1}).fit(X, labels)


def test_other_data_are_another_fit(tmp_path):
    estimator, _ = model("plain", [Checkpoint(tmp_path / "fit.pt")])
    estimator.fit(X, Y)
    changed = Y.copy()
    changed[-1] += 1e-3
    others = [(X, changed), (X[::-1], Y[::-1]), (X[:-1], Y[:-1]), (RAGGED, Y)]
    for data in others:
        with pytest.raises(ValueError, match="another fit"):
            estimator.fit(*data)
    with pytest.raises(ValueError, match="another fit"):
        estimator.fit(X, Y, sample_weight=np.arange(1, 71))


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x04N.", "list", "cut"])
def test_a_file_of_another_kind_is_refused(content, tmp_path):
    path = tmp_path / "fit.pt"
    estimator, data = model("plain", [Checkpoint(path)])
    if content == "cut":
        estimator.fit(*data)
        path.write_bytes(path.read_bytes()[:-100])
    elif content == "list":
        torch.save([1, 2], path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="is no file of a Checkpoint"):
        estimator.fit(*data)


class Trap:
    def __reduce__(self):
        return os._exit, (1,)


def test_a_file_runs_no_code(tmp_path):
    torch.save({"fit": Trap(), "complete": True, "state": {}}, tmp_path / "fit.pt")
    estimator, data = model("plain", [Checkpoint(tmp_path / "fit.pt")])
    with pytest.raises(ValueError, match="is no file of a Checkpoint"):
        estimator.fit(*data)


@pytest.mark.parametrize("every", [0, -1, 1.5, None, "2", True])
def test_wrong_numbers_of_epochs(every, tmp_path):
    estimator, data = model("plain", [Checkpoint(tmp_path / "fit.pt", every=every)])
    with pytest.raises(ValueError, match="every="):
        estimator.fit(*data)


@pytest.mark.parametrize(
    ("path", "error", "expected"),
    [
        ("nowhere/fit.pt", ValueError, "in a directory that exists"),
        (".", ValueError, "that of a file, and is a directory"),
        (3, TypeError, "a path: a str or pathlib.Path"),
        (None, TypeError, "a path: a str or pathlib.Path"),
    ],
)
def test_wrong_paths(path, error, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimator, data = model("plain", [Checkpoint(path)])
    message = rf"path={path!r} of the Checkpoint must be {expected}"
    with pytest.raises(error, match=message):
        estimator.fit(*data)


def test_a_directory_that_must_not_be_written_to_is_an_error_at_once(
    tmp_path, monkeypatch
):
    counter = Count()
    estimator, data = model("plain", [Checkpoint(tmp_path / "fit.pt"), counter])
    monkeypatch.setattr("os.access", lambda *args: False)
    with pytest.raises(ValueError, match=r"path=.*a directory .* can be written"):
        estimator.fit(*data)
    assert counter.n_epochs == 0


FULL = OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_ends_no_fit_and_is_tried_again(tmp_path, monkeypatch):
    checkpoint, n_written = Checkpoint(tmp_path / "fit.pt"), iter(range(9))

    def fail_in_the_third(number):
        if next(n_written) == 2:
            raise FULL

    estimator, data = model("plain", [checkpoint, ReadEpochs(checkpoint)])
    monkeypatch.setattr("os.fsync", fail_in_the_third)
    message = r"Checkpoint could not be written: .*No space left on device: '.*fit.pt'"
    with pytest.warns(UserWarning, match=message) as record:
        estimator.fit(*data)
    assert len(record) == 1
    assert record[0].filename == __file__
    assert [path.name for path in tmp_path.iterdir()] == ["fit.pt"]
    assert estimator.history_[-1]["on_disk"] == 5
    assert [row["on_disk"] for row in estimator.history_[1:]] == [1, 2, 2, 4, 5]
    unbroken, _ = model("plain")
    assert_same(estimator, unbroken.fit(*data))
    again, _ = model("plain", [checkpoint])  # the end was written
    assert_same(again.fit(*data), unbroken)


class ReadEpochs(Callback):
    """Notes how many epochs a file holds when one begins."""

    only_watches = True

    def __init__(self, checkpoint):
        self.checkpoint = checkpoint

    def on_epoch_begin(self, net, **kwargs):
        if Path(self.checkpoint.path).is_file():
            content = torch.load(self.checkpoint.path, weights_only=True)
            net.history.record("on_disk", len(content["state"]["history"]))


@pytest.mark.parametrize("case", ["plain", "early stopping", "forecaster", "texts"])
def test_a_disk_that_is_full_to_the_end_loses_no_epoch(case, tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "fit.pt", every=2)
    estimator, data = model(case, [checkpoint])
    unbroken, _ = model(case)
    monkeypatch.setattr(
        "skseq.training._checkpoint.write_file", lambda *_: raise_it(FULL)
    )
    with pytest.warns(UserWarning, match="A Checkpoint could not be written"):
        estimator.fit(*data)
    assert_same(estimator, unbroken.fit(*data))


def raise_it(error):
    raise error


class PutDirectory(Callback):
    """Puts a directory where a file was."""

    only_watches = True

    def __init__(self, path):
        self.path = path

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 3:
            self.path.unlink()
            self.path.mkdir()


def test_a_directory_in_place_of_the_file_ends_no_fit(tmp_path):
    path = tmp_path / "fit.pt"
    estimator, data = model("plain", [Checkpoint(path), PutDirectory(path)])
    with pytest.warns(UserWarning, match="could not be written: .*is no file"):
        estimator.fit(*data)
    assert estimator.n_iter_ == 6
    assert path.is_dir()


def test_a_continuation_that_cannot_write_ends_no_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "skseq.training._checkpoint.write_file", lambda *_: raise_it(FULL)
    )
    estimator, data = model("no schedule, sgd", [Continuation(tmp_path)])
    with pytest.warns(UserWarning, match="A Continuation could not be written"):
        estimator.fit(*data)
    assert estimator.n_iter_ == 6


def test_nothing_else_is_left_in_the_directory(tmp_path):
    estimator, data = model("plain", [Checkpoint(tmp_path / "fit.pt")])
    estimator.fit(*data)
    assert [path.name for path in tmp_path.iterdir()] == ["fit.pt"]


def test_a_checkpoint_changes_no_weight(tmp_path):
    estimator, data = model("dropout", [Checkpoint(tmp_path / "fit.pt")])
    plain, _ = model("dropout")
    assert_same(estimator.fit(*data), plain.fit(*data))


def test_the_forecaster_within_a_detector_goes_on_too(tmp_path):
    def detector(*callbacks):
        forecaster, _ = model("forecaster", callbacks)
        return SequenceAnomalyDetector(forecaster.set_params(horizon=1))

    checkpoint = Checkpoint(tmp_path / "fit.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        detector(checkpoint, Interrupt(3)).fit(TABLE)
    resumed, unbroken = detector(checkpoint).fit(TABLE), detector().fit(TABLE)
    assert_same(resumed.forecaster_, unbroken.forecaster_)
    np.testing.assert_array_equal(resumed.predict(TABLE), unbroken.predict(TABLE))


def test_fingerprints_tell_contents_apart():
    tensor = torch.arange(6.0).reshape(2, 3)
    alike = [fingerprint(tensor, {"a": [1, None]}) for _ in range(2)]
    assert alike[0] == alike[1]
    others = [
        fingerprint(tensor + 0, {"a": [1, None]}),
        fingerprint(tensor.T, {"a": [1, None]}),
        fingerprint(tensor.double(), {"a": [1, None]}),
        fingerprint(tensor, {"a": [1, "None"]}),
        fingerprint(tensor, {"a": [1], "b": None}),
        fingerprint(tensor.numpy(), {"a": [1, None]}),
    ]
    assert others[0] == alike[0]
    assert len({*others}) == len(others)
