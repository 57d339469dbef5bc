"""How a net trains, seen through RNNRegressor and RNNClassifier."""

import functools
import io
import os
import pickle
import signal
import warnings
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import train_test_split
from skorch.callbacks import (
    Callback,
    Checkpoint,
    EarlyStopping,
    GradientNormClipping,
    LRScheduler,
    MlflowLogger,
    TrainEndCheckpoint,
)
from torch import nn

from skseq import (
    CNNClassifier,
    CNNRegressor,
    RNNClassifier,
    RNNRegressor,
    Seq2SeqRegressor,
)
from skseq.core.tasks import Regression
from skseq.networks import CELLS
from skseq.training import OPTIMIZERS

rng = np.random.RandomState(0)
X = rng.randn(96, 6, 2).astype(np.float32)
Y = X.sum(axis=(1, 2)).astype(np.float64)


def model(**options):
    plain = {"lr_schedule": None, "clip_norm": None, "max_epochs": 4}
    options = {**plain, "hidden_size": 8, "random_state": 0, **options}
    return RNNRegressor(cell="gru", **options)


def weights(estimator):
    return {k: v.numpy().copy() for k, v in estimator.module_.state_dict().items()}


class Recorder(Callback):
    """Notes learning rates, gradients and losses."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.rates, self.gradients, self.batches = [], [], []

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        self.rates.append(net.optimizer_.param_groups[0]["lr"])
        self.batches.append((len(batch), training))

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.gradients.append([p.grad.clone() for _, p in named_parameters])


def test_it_is_the_loop_one_would_write_by_hand():
    """Same start, batches and optimiser: the same weights as a bare torch loop."""
    start = model(max_epochs=1, lr=1e-9).fit(X, Y)
    recorder = BatchRecorder()
    trained = model(max_epochs=3, callbacks=[recorder]).fit(X, Y)
    network = start.module_.train()
    network.load_state_dict(recorder.start)
    optimizer = torch.optim.Adam(network.parameters(), lr=trained.lr)
    for batch in recorder.seen:
        optimizer.zero_grad()
        nn.functional.mse_loss(network(batch.x), batch.y).backward()
        optimizer.step()
    for name, value in network.state_dict().items():
        np.testing.assert_allclose(
            weights(trained)[name], value, rtol=1e-4, atol=1e-6, err_msg=name
        )


class BatchRecorder(Callback):
    """Keeps the first weights and every batch."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.start = {k: v.clone() for k, v in net.module_.state_dict().items()}
        self.seen = []

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        self.seen.append(batch)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_learns(name):
    lr = {"adadelta": 1.0, "sgd": 0.1, "adagrad": 0.05, "radam": 0.02}.get(name, 5e-3)
    losses = model(optimizer=name, lr=lr, max_epochs=8).fit(X, Y).loss_curve_
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    "optimizer",
    [
        torch.optim.RMSprop,
        functools.partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    ],
)
def test_classes_and_partials_of_optimizers(optimizer):
    fitted = model(optimizer=optimizer).fit(X, Y)
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]
    group = fitted.net_.optimizer_.param_groups[0]
    assert group["lr"] == fitted.lr
    assert group["momentum"] == (0.9 if optimizer is not torch.optim.RMSprop else 0)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (len, "len.* must make an optimiser .* takes no keyword arguments"),
        (torch.nn.Linear, "Linear.* must make .* unexpected keyword"),
        (dict, "dict.* must make .* dictionary update sequence"),
        (lambda params, lr: params, "must make an optimiser .*, not list"),
        (
            functools.partial(torch.optim.SGD, momentum=-1),
            "must make an optimiser .* Invalid momentum value: -1",
        ),
    ],
)
def test_what_makes_no_optimizer_is_refused(optimizer, message):
    with pytest.raises(ValueError, match=rf"optimizer=.*{message}"):
        model(optimizer=optimizer).fit(X, Y)


@pytest.mark.parametrize("norm", [True, False])
def test_gradients_are_bounded(norm):
    bound = {"clip_norm": 0.01} if norm else {"clip_value": 0.001}
    recorder = Recorder()
    model(callbacks=[recorder], **bound).fit(X, Y)
    free = Recorder()
    model(callbacks=[free]).fit(X, Y)
    for gradients, expected in ((recorder.gradients, True), (free.gradients, False)):
        flat = [torch.cat([g.flatten() for g in step]) for step in gradients]
        sizes = [g.norm() if norm else g.abs().max() for g in flat]
        assert (max(sizes) <= (0.0101 if norm else 0.00101)) == expected


@pytest.mark.parametrize(("name", "slope"), [("l1", np.sign), ("l2", lambda w: 2 * w)])
def test_penalties_add_their_gradient_to_weights_but_not_to_biases(name, slope):
    """The first gradient, with and without a penalty."""
    recorders = []
    for strength in (0.0, 0.25):
        recorder = FirstGradient()
        recorders.append(recorder)
        model(callbacks=[recorder], **{name: strength}).fit(X, Y)
    plain, penalized = recorders
    for key, w in plain.weights.items():
        expected = plain.gradients[key] + (0.25 * slope(w) if w.ndim > 1 else 0)
        np.testing.assert_allclose(penalized.gradients[key], expected, atol=1e-6)


class FirstGradient(Callback):
    """Keeps weights and gradients of the first step."""

    gradients = None

    def on_grad_computed(self, net, named_parameters, **kwargs):
        if self.gradients is None:
            named = dict(named_parameters)
            self.weights = {k: p.detach().numpy().copy() for k, p in named.items()}
            self.gradients = {k: p.grad.numpy().copy() for k, p in named.items()}


def test_the_penalty_is_part_of_the_training_loss():
    plain, penalized = (
        model(lr=1e-9, max_epochs=1),
        model(lr=1e-9, max_epochs=1, l2=0.5),
    )
    plain.fit(X, Y), penalized.fit(X, Y)
    squares = sum((w**2).sum() for w in weights(plain).values() if w.ndim > 1)
    difference = penalized.loss_curve_[0] - plain.loss_curve_[0]
    assert difference == pytest.approx(0.5 * squares, rel=1e-4)


def test_schedules():
    rates = {}
    for name in (None, "cosine", "onecycle"):
        recorder = Recorder()
        model(lr_schedule=name, callbacks=[recorder]).fit(X, Y)
        rates[name] = np.array(recorder.rates)  # 4 epochs of 3 batches
    assert set(rates[None]) == {5e-3}
    expected = 5e-3 * (1 + np.cos(np.pi * np.arange(12) / 12)) / 2
    np.testing.assert_allclose(rates["cosine"], expected)
    assert rates["onecycle"].max() == pytest.approx(5e-3, rel=0.05)
    assert 1 < rates["onecycle"].argmax() < 5
    assert rates["onecycle"][-1] < 1e-5


def final_rate(estimator):
    return estimator.net_.optimizer_.param_groups[0]["lr"]


class Constant(RNNRegressor):
    """Has nothing to learn: its loss is always the same."""

    constant = 0.0

    def _make_task(self, y):
        constant = self.constant

        class Loss(nn.MSELoss):
            def forward(self, outputs, targets):
                return 0 * super().forward(outputs, targets) + constant

        class Task(Regression):
            criterion = Loss

        return Task(y.shape[1:], normalize=True)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("loss", [1.49, 0.0, -1.49, -1e-6])
def test_plateau_halves_the_rate_where_no_loss_is_lower(loss, early_stopping):
    options = {"lr_schedule": "plateau", "patience": 8, "lr": 0.01, "max_epochs": 8}
    estimator = Constant(**options, hidden_size=2, early_stopping=early_stopping)
    estimator.constant = loss
    # The first is the best; patience // 2 = 4 epochs are waited for, then it halves.
    assert final_rate(estimator.fit(X, Y)) == 0.01 / 2


@pytest.mark.parametrize("early_stopping", [False, True])
def test_plateau_keeps_the_rate_while_the_loss_falls_however_little(early_stopping):
    options = {"lr_schedule": "plateau", "early_stopping": early_stopping, "lr": 1e-6}
    fitted = model(**options, patience=2, max_epochs=12).fit(X, Y)
    losses = fitted.loss_curve_
    if early_stopping:
        losses = np.negative(fitted.validation_scores_)
    assert (np.diff(losses) < 0).all()
    assert np.abs(np.diff(losses) / losses[1:]).max() < 1e-4
    assert final_rate(fitted) == 1e-6


def test_early_stopping_returns_to_the_best_weights():
    noise = rng.randn(96)
    fitted = model(early_stopping=True, patience=3, max_epochs=200, lr=0.05).fit(
        X, noise
    )
    scores = fitted.validation_scores_
    assert fitted.n_iter_ == len(scores) == len(fitted.loss_curve_) < 200
    best = int(np.argmax(scores))
    assert fitted.n_iter_ == best + 1 + 3
    shorter = model(early_stopping=True, patience=3, max_epochs=best + 1, lr=0.05)
    shorter.fit(X, noise)
    for name, value in weights(shorter).items():
        np.testing.assert_array_equal(weights(fitted)[name], value)


def test_no_part_is_held_out_by_default():
    assert model().fit(X, Y).validation_scores_ is None


def test_divergence_is_an_error_that_says_what_to_change():
    fitted = model().fit(X, Y)
    before = weights(fitted)
    fitted.set_params(optimizer="sgd", lr=1e30, cell="rnn", nonlinearity="relu")
    with pytest.raises(
        ValueError, match=r"diverged: train_loss became .* in epoch 1.*lr"
    ):
        fitted.fit(X, Y)
    for name, value in weights(fitted).items():
        np.testing.assert_array_equal(before[name], value)


class Interrupt(Callback):
    """Presses Ctrl-C at some point of an epoch."""

    def __init__(self, hook, epoch):
        self.hook = hook
        self.epoch = epoch

    def press(self, hook, net):
        if hook == self.hook and len(net.history) == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)

    def on_epoch_begin(self, net, **kwargs):
        self.press("on_epoch_begin", net)

    def on_batch_begin(self, net, training=None, **kwargs):
        self.press("training" if training else "validation", net)

    def on_epoch_end(self, net, **kwargs):
        self.press("on_epoch_end", net)


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    "hook", ["on_epoch_begin", "training", "validation", "on_epoch_end"]
)
def test_an_interrupted_fit_leaves_a_usable_estimator(hook, early_stopping, epoch):
    if hook == "validation" and not early_stopping:
        hook = "training"
    complete = epoch if hook == "on_epoch_end" else epoch - 1
    estimator = model(max_epochs=50, early_stopping=early_stopping)
    estimator.set_params(callbacks=[Interrupt(hook, epoch)])
    message = f"interrupted after {complete} complete epochs"
    with pytest.warns(UserWarning, match=message) as record:
        estimator.fit(X, Y)
    assert record[0].filename == __file__
    assert estimator.n_iter_ == len(estimator.loss_curve_) == complete
    assert estimator.predict(X).shape == (96,)


def test_callbacks_of_skorch_work():
    schedule = LRScheduler("StepLR", step_size=1, gamma=0.5)
    fitted = model(callbacks=[schedule, ("clip", GradientNormClipping(1))]).fit(X, Y)
    rate = fitted.net_.optimizer_.param_groups[0]["lr"]
    assert rate == pytest.approx(5e-3 / 2**4)


class Noted:
    """A client of MLflow, and a run."""

    def __init__(self):
        self.info, self.run_id, self.metrics = self, "7", []

    def log_metric(self, run_id, key, value, step):
        self.metrics.append((key, value, step))


def test_trackers_of_skorch_can_be_cloned_and_pickled_after_a_fit():
    noted = Noted()
    logger = MlflowLogger(
        noted, noted, create_artifact=False, terminate_after_train=False
    )
    fitted = model(callbacks=[logger], max_epochs=3).fit(X, Y)
    losses = [
        (value, step) for key, value, step in noted.metrics if key == "train_loss"
    ]
    assert losses == list(zip(fitted.loss_curve_, (1, 2, 3), strict=True))
    again = clone(fitted).fit(X, Y)
    assert again.loss_curve_ == fitted.loss_curve_
    opened = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(opened.predict(X), fitted.predict(X))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_checkpoints_of_skorch_work(tmp_path, early_stopping):
    monitor = "valid_loss_best" if early_stopping else "train_loss_best"
    checkpoint = Checkpoint(dirname=tmp_path, monitor=monitor)
    estimator = model(callbacks=[checkpoint, TrainEndCheckpoint(dirname=tmp_path)])
    fitted = estimator.set_params(early_stopping=early_stopping).fit(X, Y)
    state = torch.load(tmp_path / "train_end_params.pt", weights_only=True)
    for name, value in weights(fitted).items():
        np.testing.assert_array_equal(state[name], value)
    assert (tmp_path / "params.pt").exists()


def test_a_callback_that_listens_changes_nothing():
    expected = weights(model().fit(X, Y))
    for name, value in weights(model(callbacks=[Recorder()]).fit(X, Y)).items():
        np.testing.assert_array_equal(value, expected[name])


def test_validation_batches_are_announced_as_such():
    recorder = Recorder()
    model(callbacks=[recorder], early_stopping=True, max_epochs=1).fit(X, Y)
    assert recorder.batches == [(32, True), (32, True), (22, True), (10, False)]


def test_verbosity():
    outputs = {}
    for verbose in (0, 1, 2):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            model(verbose=verbose, early_stopping=True).fit(X, Y)
        outputs[verbose] = out.getvalue(), err.getvalue()
    assert outputs[0] == ("", "")
    assert outputs[1][0] == ""
    assert "4/4" in outputs[1][1]
    assert "train_loss=" in outputs[1][1]
    assert "valid_loss=" in outputs[1][1]
    assert all(word in outputs[2][0] for word in ("epoch", "train_loss", "valid_loss"))
    assert outputs[2][1] == ""


def test_the_loss_is_the_weighted_mean_over_samples():
    """Without a step that changes anything, on batches of unequal size."""
    w = rng.uniform(0.5, 2, size=96)
    fitted = model(lr=1e-12, max_epochs=1, batch_size=40).fit(X, Y, sample_weight=w)
    scaler = fitted._task.scaler
    residuals = (fitted.predict(X) - Y) / scaler.scale_[0]
    expected = np.average(residuals**2, weights=w)
    assert fitted.loss_curve_[0] == pytest.approx(expected, rel=1e-4)


def test_fused_kernels_are_used_where_the_optimizer_has_them():
    assert model().fit(X, Y).net_.optimizer_.param_groups[0]["fused"] is True


def test_options_go_together_without_a_warning():
    options = {"lr_schedule": "plateau", "early_stopping": True, "clip_norm": 1.0}
    model = RNNClassifier(max_epochs=2, class_weight="balanced", **options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y > 0)
    assert caught == []
    assert model.n_iter_ == 2


def test_a_shorter_schedule_than_ten_steps_is_left_out():
    plain = weights(model(max_epochs=3).fit(X, Y))
    for name, value in weights(
        model(max_epochs=3, lr_schedule="onecycle").fit(X, Y)
    ).items():
        np.testing.assert_array_equal(value, plain[name])


def test_a_schedule_does_not_stop_partial_fit_from_learning():
    estimator = model(lr_schedule="onecycle", lr=0.02)
    losses = [estimator.partial_fit(X, Y).loss_curve_[-1] for _ in range(20)]
    assert losses[-1] < 0.3 * losses[0]


def test_plateau_and_early_stopping_look_at_the_held_out_part():
    """Noise is learned by heart, so the training loss falls all the time."""
    noise = np.random.RandomState(1).randn(96)
    options = {"max_epochs": 60, "lr": 0.02, "early_stopping": True}
    fitted = model(lr_schedule="plateau", patience=8, **options).fit(X, noise)
    assert fitted.n_iter_ < 60
    assert (np.diff(fitted.loss_curve_) < 0).mean() > 0.9
    assert fitted.net_.optimizer_.param_groups[0]["lr"] < 0.02


def test_it_does_not_stop_while_the_loss_still_falls():
    fitted = model(early_stopping=True, patience=2, lr=1e-6, max_epochs=20).fit(X, Y)
    assert (np.diff(fitted.validation_scores_) > 0).all()
    assert fitted.n_iter_ == 20


def test_the_validation_loss_is_the_plain_weighted_loss():
    """On a copy of the whole data as the held-out part; penalties do not count."""
    w = rng.uniform(0.5, 2, size=96)
    fitted = model(
        early_stopping=True, max_epochs=1, l1=1.0, l2=1.0, batch_size=1000
    ).fit(X, Y, sample_weight=w)
    errors = (fitted.predict(X) - Y) / fitted._task.scaler.scale_[0]
    indices = np.arange(96)
    seed = np.random.RandomState(0)
    _, held_out = train_test_split(indices, test_size=10, random_state=seed)
    order = merged_order(X, Y)
    chosen = order[held_out]
    expected = np.average(errors[chosen] ** 2, weights=w[chosen])
    assert -fitted.validation_scores_[0] == pytest.approx(expected, rel=1e-4)


def merged_order(X, y):
    """The canonical order of samples that fit into one batch."""
    keys = [(x.tobytes(), repr(float(t))) for x, t in zip(X, y, strict=True)]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__))


def test_the_seed_decides_the_dropout():
    class Outputs(Callback):
        def on_batch_end(self, net, batch=None, y_pred=None, **kwargs):
            self.last = y_pred.detach().clone()

    results = []
    for seed in (0, 0, 1):
        recorder = Outputs()
        fitted = model(
            dropout=0.5, lr=1e-12, max_epochs=1, batch_size=200, callbacks=[recorder]
        ).set_params(
            random_state=seed, bidirectional=False, pooling="last", normalize=None
        )
        fitted.fit(X, np.ones(96))
        network = fitted.module_
        with torch.no_grad():
            state = network.encoder(torch.from_numpy(X), None)[0][:, -1]
        results.append((recorder.last - network.head.dense[1].bias, state))
    assert torch.equal(results[0][0], results[1][0])
    assert not torch.equal(results[0][0], results[2][0])


def test_infinite_weights_in_the_last_step_are_noticed():
    estimator = model(max_epochs=1, optimizer="sgd", lr=1e38, l2=1e4, batch_size=200)
    with pytest.raises(ValueError, match="diverged: weights became infinite or NaN"):
        estimator.fit(X, Y)


def test_the_state_of_another_optimizer_is_not_taken_over():
    estimator = model(optimizer=functools.partial(torch.optim.SGD, momentum=0.9))
    estimator.partial_fit(X, Y).set_params(optimizer="adam").partial_fit(X, Y)
    estimator.set_params(optimizer="rmsprop").partial_fit(X, Y)
    assert estimator.n_iter_ == 3


@pytest.mark.parametrize("option", [{"foreach": True}, {"fused": False}])
def test_nothing_is_fused_against_the_users_choice(option):
    optimizer = functools.partial(torch.optim.Adam, **option)
    fitted = model(optimizer=optimizer).fit(X, Y)
    assert not fitted.net_.optimizer_.param_groups[0]["fused"]


def test_a_bound_that_no_gradient_in_float32_has_is_refused():
    with pytest.raises(ValueError, match="'clip_value' parameter"):
        model(clip_value=1e300).fit(X, Y)
    assert model(clip_value=1e38).fit(X, Y).n_iter_ == 4


class Reciprocal(Callback):
    """Records a figure of the user's own."""

    def on_epoch_end(self, net, **kwargs):
        net.history.record("reciprocal", 1 / net.history[-1, "train_loss"])


UNMET = [
    EarlyStopping(),
    EarlyStopping(monitor="valid_acc"),
    Checkpoint(dirname="never"),
    Checkpoint(monitor="valid_loss", dirname="never"),
    LRScheduler("ReduceLROnPlateau", monitor="valid_loss"),
    LRScheduler(torch.optim.lr_scheduler.ReduceLROnPlateau, monitor="loss"),
]


@pytest.mark.parametrize("beside", [[], [Reciprocal()]], ids=["alone", "beside"])
@pytest.mark.parametrize("callback", UNMET, ids=lambda each: type(each).__name__)
def test_what_is_not_recorded_cannot_be_monitored(callback, beside):
    message = (
        rf"{type(callback).__name__}\(monitor='{callback.monitor}'\).* it records "
        ".*train_loss, train_loss_best.* early_stopping=True records valid_loss"
    )
    estimator = model().fit(X, Y)
    before = weights(estimator)
    estimator.set_params(callbacks=[*beside, callback])
    for fit in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match=message):
            fit(X, Y)
    for name, value in weights(estimator).items():
        np.testing.assert_array_equal(value, before[name])


def test_what_is_not_recorded_is_told_before_training():
    class Forbidden(torch.optim.SGD):
        def step(self, *args):
            raise AssertionError("a step was taken")

    for callback in UNMET:
        with pytest.raises(ValueError, match=type(callback).__name__):
            model(optimizer=Forbidden, callbacks=[callback]).fit(X, Y)


@pytest.mark.parametrize(
    ("callbacks", "early_stopping"),
    [
        ([EarlyStopping()], True),
        ([EarlyStopping("train_loss")], False),
        ([EarlyStopping("train_loss_best")], False),
        ([Reciprocal(), EarlyStopping("reciprocal")], False),
        ([LRScheduler("StepLR", step_size=1, monitor="nothing")], False),
        ([LRScheduler("StepLR", step_size=1), EarlyStopping("event_lr")], False),
        ([LRScheduler("ReduceLROnPlateau", monitor="valid_loss_best")], True),
        ([LRScheduler("ReduceLROnPlateau", monitor=lambda net: 1.0)], False),
    ],
)
def test_what_is_recorded_can_be_monitored(callbacks, early_stopping):
    fitted = model(callbacks=callbacks, early_stopping=early_stopping, max_epochs=2)
    assert fitted.fit(X, Y).n_iter_ == 2


def test_a_figure_that_is_recorded_too_late_cannot_be_monitored():
    callbacks = [EarlyStopping("reciprocal"), Reciprocal()]
    with pytest.raises(ValueError, match=r"EarlyStopping\(monitor='reciprocal'\)"):
        model(callbacks=callbacks).fit(X, Y)


# Where a processor is wrong in bfloat16, a fit says so and is one in float32.
on_any_processor = pytest.mark.filterwarnings("ignore:mixed_precision=True would train")


@on_any_processor
@pytest.mark.parametrize("estimator", [RNNClassifier, CNNClassifier])
def test_mixed_precision_computes_in_bfloat16_and_learns_the_same(estimator):
    X = np.random.default_rng(0).normal(size=(200, 12, 2)).astype(np.float32)
    y = X.sum(axis=(1, 2)) > 0
    plain = estimator(max_epochs=5, random_state=0).fit(X, y)
    mixed = clone(plain).set_params(mixed_precision=True).fit(X, y)
    assert {p.dtype for p in mixed.module_.parameters()} == {torch.float32}
    found, expected = mixed.predict_proba(X), plain.predict_proba(X)
    assert np.abs(found - expected).max() < 0.05
    assert (found != expected).any() == mixed.net_.mixed_precision


@on_any_processor
@pytest.mark.parametrize("cell", CELLS)
def test_mixed_precision_takes_states_in_bfloat16(cell):
    """Those that a linear layer makes of two directions, for the decoder."""
    options = {"hidden_size": 4, "max_epochs": 3, "batch_size": 8, "random_state": 0}
    plain = Seq2SeqRegressor(cell=cell, bidirectional=True, **options).fit(X, X)
    mixed = clone(plain).set_params(mixed_precision=True).fit(X, X)
    np.testing.assert_allclose(mixed.loss_curve_, plain.loss_curve_, rtol=0.01)
    assert (mixed.loss_curve_ != plain.loss_curve_) == mixed.net_.mixed_precision


@on_any_processor
@pytest.mark.parametrize("cell", CELLS.values())
def test_mixed_precision_unrolls_layers_of_the_user_in_float32(cell):
    class Layer(cell):
        pass

    options = {"recurrent_dropout": 0.2, "hidden_size": 4, "max_epochs": 2}
    plain = RNNRegressor(cell=Layer, **options, random_state=0).fit(X, Y)
    mixed = clone(plain).set_params(mixed_precision=True).fit(X, Y)
    np.testing.assert_allclose(mixed.loss_curve_, plain.loss_curve_, rtol=0.01)


@pytest.mark.parametrize("estimator", [RNNRegressor, CNNRegressor])
def test_mixed_precision_leaves_small_fits_in_float64_alone(estimator):
    data = np.random.default_rng(0).normal(size=(20, 6, 2))
    plain = estimator(max_epochs=2, batch_size=20, random_state=0).fit(
        data, data[:, 0, 0]
    )
    mixed = clone(plain).set_params(mixed_precision=True).fit(data, data[:, 0, 0])
    assert mixed.loss_curve_ == plain.loss_curve_
    np.testing.assert_array_equal(mixed.predict(data), plain.predict(data))
