"""What labels cost: torch's and scikit-learn's values, and by hand."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.metrics import log_loss
from torch import nn
from torch.nn import functional

from skseq import CNNLSTMClassifier, RNNClassifier, RNNTagger, Seq2SeqClassifier
from skseq.core.calibration import ClassCalibration, LabelCalibration
from skseq.core.losses import (
    ClassCriterion,
    IndicatorCriterion,
    StepClassCriterion,
)
from skseq.core.losses._labels import FocalLoss, LogLoss, OwnLabelLoss, make_label_loss
from skseq.networks import StepCrossEntropy
from skseq.persistence import load, save

rng = np.random.RandomState(0)
OUTPUTS = rng.randn(50, 3)
Y = rng.randint(3, size=50)
WEIGHTS = rng.rand(50)
INDICATORS = (rng.rand(50, 3) < 0.3).astype(float)
PADDING = StepCrossEntropy.padding


def losses(criterion, outputs, y):
    return criterion(reduction="none")(torch.tensor(outputs), torch.tensor(y)).numpy()


def of(loss, kind=ClassCriterion, **options):
    return partial(kind, loss, **options)


# Values ------------------------------------------------------------------------------


def test_cross_entropy_is_that_of_scikit_learn():
    found = np.average(losses(of(LogLoss()), OUTPUTS, Y), weights=WEIGHTS)
    expected = log_loss(Y, softmax(OUTPUTS, axis=1), sample_weight=WEIGHTS)
    assert found == pytest.approx(expected)


def test_smoothed_labels_are_shared_out():
    """As torch does, with weights of classes, too."""
    for weight in (None, [1.0, 2.0, 0.5]):
        torch_weight = None if weight is None else torch.tensor(weight).double()
        expected = functional.cross_entropy(
            torch.tensor(OUTPUTS),
            torch.tensor(Y),
            torch_weight,
            reduction="none",
            label_smoothing=0.2,
        )
        found = losses(of(LogLoss(0.2), weight=weight), OUTPUTS, Y)
        np.testing.assert_allclose(found, expected)
    by_hand = 0.9 * np.log(4) + 0.1 * np.log(4 / 3)  # 1 - 0.2 + 0.2 / 2, and the rest
    found = losses(of(LogLoss(0.2)), np.log([[1.0, 3.0]]), [0])
    assert found == pytest.approx([by_hand])


def test_the_focal_loss_by_hand():
    """Lin et al., 2017: -(1 - p)^gamma log p."""
    outputs = np.log([[1.0, 3.0], [3.0, 1.0]])
    found = losses(of(FocalLoss(2.0)), outputs, [0, 0])
    expected = [-(0.75**2) * np.log(0.25), -(0.25**2) * np.log(0.75)]
    assert found == pytest.approx(expected)
    weighed = losses(of(FocalLoss(2.0), weight=[3.0, 1.0]), outputs, [0, 0])
    assert weighed == pytest.approx(3 * np.array(expected))


def test_the_focal_loss_of_indicators_by_hand():
    found = losses(
        of(FocalLoss(1.0), IndicatorCriterion), np.log([[3.0, 3]]), [[1.0, 0]]
    )
    expected = [[-0.25 * np.log(0.75), -0.75 * np.log(0.25)]]
    assert found == pytest.approx(np.array(expected))
    weight = [[1.0, 2.0], [5.0, 1.0]]  # of lacking, and of having each
    weighed = losses(
        of(FocalLoss(1.0), IndicatorCriterion, weight=weight),
        np.log([[3.0, 3]]),
        [[1.0, 0]],
    )
    assert weighed == pytest.approx(np.array(expected) * [5, 2])


def test_smoothed_indicators_by_hand():
    found = losses(of(LogLoss(0.2), IndicatorCriterion), np.log([[3.0]]), [[1.0]])
    assert found == pytest.approx(
        np.array([[-0.9 * np.log(0.75) - 0.1 * np.log(0.25)]])
    )


def test_without_a_power_it_is_the_cross_entropy():
    np.testing.assert_allclose(
        losses(of(FocalLoss(0.0)), OUTPUTS, Y), losses(of(LogLoss()), OUTPUTS, Y)
    )
    np.testing.assert_allclose(
        losses(of(FocalLoss(0.0), IndicatorCriterion), OUTPUTS, INDICATORS),
        losses(nn.BCEWithLogitsLoss, OUTPUTS, INDICATORS),
    )


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_gradients_are_finite_where_all_is_right(gamma):
    outputs = torch.tensor([[100.0, 0.0], [0.0, 100.0]], requires_grad=True)
    ClassCriterion(FocalLoss(gamma))(outputs, torch.tensor([0, 0])).backward()
    assert torch.isfinite(outputs.grad).all()
    outputs = torch.tensor([[200.0, -200.0]], requires_grad=True)
    IndicatorCriterion(FocalLoss(gamma))(outputs, torch.tensor([[1.0, 0]])).backward()
    assert torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("loss", [LogLoss(), LogLoss(0.1), FocalLoss(2.0)])
def test_steps_count_alike_and_padding_does_not(loss):
    outputs = OUTPUTS[:6].reshape(2, 3, 3)
    y = np.array([[0, 1, 2], [1, PADDING, PADDING]])
    each = losses(of(loss, weight=[1.0, 2.0, 1.0]), OUTPUTS[:4], [0, 1, 2, 1])
    steps = of(loss, StepClassCriterion, typical=2.0, weight=[1.0, 2.0, 1.0])
    found = losses(steps, outputs, y)
    np.testing.assert_allclose(found, [each[:3].sum() / 2, each[3] / 2])
    x = torch.tensor(outputs, requires_grad=True)
    StepClassCriterion(loss)(x, torch.tensor(y)).backward()
    assert (x.grad[1, 1:] == 0).all()
    assert (x.grad[0] != 0).all()


def test_an_encoder_that_shortens_sequences_is_named():
    with pytest.raises(ValueError, match="makes 2 steps of 3"):
        StepClassCriterion(FocalLoss(1.0))(torch.zeros(1, 2, 3), torch.zeros(1, 3))


# What is best, and calibration -------------------------------------------------------


def test_the_best_constant_of_cross_entropy_is_the_share():
    shares = np.array([0.2, 0.3, 0.5])
    found = softmax(LogLoss().base_of_classes(shares, None))
    np.testing.assert_allclose(found, shares, atol=1e-4)
    weight = np.array([1.0, 2.0, 1.0])
    found = softmax(LogLoss().base_of_classes(shares, weight))
    np.testing.assert_allclose(found, shares * weight / 1.3, atol=1e-4)
    smoothed = softmax(LogLoss(0.3).base_of_classes(shares, None))
    np.testing.assert_allclose(smoothed, 0.7 * shares + 0.1, atol=1e-4)
    found = expit(LogLoss(0.2).base_of_indicators(shares))
    np.testing.assert_allclose(found, 0.8 * shares + 0.1, atol=1e-4)


@pytest.mark.parametrize("loss", [FocalLoss(2.0), FocalLoss(1.0, 0.1)])
def test_focal_probabilities_are_flatter_than_frequencies(loss):
    """And no others cost less."""
    shares = np.array([0.1, 0.9])
    best = loss.base_of_classes(shares, None)
    assert 0.1 < softmax(best)[0] < 0.5
    y = np.array([0] + 9 * [1])
    calibration = ClassCalibration(best, loss=loss)

    def cost(outputs):
        said = np.tile(outputs, (1, 10, 1))
        return calibration.losses(said, y, np.ones(1)).mean()

    for step in ([0.01, 0], [0, 0.01]):
        assert cost(best) < cost(best + step)
    label = loss.base_of_indicators(shares)
    assert label[1] == pytest.approx(best[1] - best[0], abs=1e-2)


def test_calibration_judges_by_the_loss_asked_for():
    calibration = ClassCalibration(np.zeros(2), np.array([3.0, 1.0]), FocalLoss(2.0))
    said = np.log([[[1.0, 9.0]]])  # half of these log-odds are those of 3
    found = calibration.losses(said, np.array([0]), np.array([0.5]))
    assert found == pytest.approx([-3 * 0.75**2 * np.log(0.25)])
    label = LabelCalibration(np.zeros(1), None, FocalLoss(2.0))
    found = label.losses(np.log([[[9.0]]]), np.array([[1.0]]), np.array([0.5]))
    assert found == pytest.approx([-(0.25**2) * np.log(0.75)])
    assert ClassCalibration(np.zeros(2)).nothing_left == 0.1
    own = ClassCalibration(np.zeros(2), loss=OwnLabelLoss(nn.MultiMarginLoss))
    assert own.nothing_left is None  # its losses may be below zero


# Estimators --------------------------------------------------------------------------

X = rng.randn(60, 4, 2)
CLASSES = np.where(X[:, :, 0].mean(axis=1) > 0, "b", "a")
LABELS = np.stack([CLASSES == "b", X[:, 0, 1] > 0], axis=1).astype(int)
TAGS = np.where(X[:, :, 0] > 0, "up", "down")
QUICK = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
LOSSES = [
    {"loss": "focal"},
    {"loss": "focal", "focal_gamma": 0.5, "label_smoothing": 0.1},
    {"label_smoothing": 0.1},
    {"loss": nn.CrossEntropyLoss(label_smoothing=0.2)},
]
TASKS = [
    (RNNClassifier, CLASSES),
    (CNNLSTMClassifier, CLASSES),
    (RNNClassifier, LABELS),
    (RNNTagger, TAGS),
]


def own(options, y):
    """The same, of indicators where they are."""
    if y is LABELS and callable(options.get("loss")):
        return {"loss": functional.binary_cross_entropy_with_logits}
    return options


@pytest.mark.parametrize("options", LOSSES, ids=str)
@pytest.mark.parametrize(("cls", "y"), TASKS)
def test_each_task_learns_by_each_loss(cls, y, options, tmp_path):
    options = own(options, y)
    model = cls(**QUICK, **options, class_weight="balanced", n_networks=2).fit(X, y)
    proba = np.asarray(model.predict_proba(X))
    assert np.isfinite(proba).all()
    assert ((proba >= 0) & (proba <= 1)).all()
    for copied in (pickle.loads(pickle.dumps(model)), clone(model).fit(X, y)):
        np.testing.assert_array_equal(np.asarray(copied.predict_proba(X)), proba)
    plain = cls(**QUICK, class_weight="balanced", n_networks=2).fit(X, y)
    assert not np.array_equal(np.asarray(plain.predict_proba(X)), proba)
    if callable(options.get("loss")):
        with pytest.raises(TypeError, match=r"loss=.* cannot be saved"):
            save(model, tmp_path / "model")
        return
    save(model, tmp_path / "model")
    found = load(tmp_path / "model").predict_proba(X)
    np.testing.assert_array_equal(np.asarray(found), proba)


@pytest.mark.parametrize("options", LOSSES, ids=str)
def test_weight_two_is_the_same_as_two_copies(options):
    options = {**QUICK, **options, "batch_size": 100}
    twice = RNNClassifier(**options).fit(np.r_[X, X[:9]], np.r_[CLASSES, CLASSES[:9]])
    weights = np.r_[np.full(9, 2.0), np.ones(51)]
    weighted = RNNClassifier(**options).fit(X, CLASSES, weights)
    np.testing.assert_array_equal(weighted.predict_proba(X), twice.predict_proba(X))


def test_a_torch_loss_is_the_same_as_its_name():
    for given, named in (
        (nn.CrossEntropyLoss, {}),
        (nn.CrossEntropyLoss(label_smoothing=0.1), {"label_smoothing": 0.1}),
    ):
        models = [
            RNNClassifier(**QUICK, **options).fit(X, CLASSES)
            for options in ({"loss": given}, named)
        ]
        found, expected = (model.predict_proba(X) for model in models)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_written_labels_cost_what_is_asked_for(tmp_path):
    """Ends, too; nothing is learned, so that losses are of the same outputs."""
    y = [["a"] * (i % 3) + ["b"] for i in range(60)]

    def cost(**options):
        model = Seq2SeqClassifier(**{**QUICK, "lr": 1e-30}, **options).fit(X, y)
        return model.loss_curve_[0]

    plain, smoothed = cost(), cost(label_smoothing=0.1)
    assert cost(loss="focal", focal_gamma=0.0) == pytest.approx(plain)
    given = nn.CrossEntropyLoss(label_smoothing=0.1)
    assert cost(loss=given) == pytest.approx(smoothed)
    assert smoothed != plain
    assert cost(loss="focal") < plain
    model = Seq2SeqClassifier(**QUICK, loss="focal").fit(X, y)
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded._task.loss == FocalLoss(2.0)
    assert [list(row) for row in loaded.predict(X)] == [
        list(r) for r in model.predict(X)
    ]
    with pytest.raises(ValueError, match="loss='log_loss' and what it needs"):
        loaded.set_params(loss="log_loss").partial_fit(X, y)


@pytest.mark.parametrize("options", LOSSES, ids=str)
def test_held_out_samples_tell_how_long_and_how_far(options, monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 100)
    noise = rng.randint(2, size=60)
    model = RNNClassifier(**{**QUICK, "max_epochs": "auto"}, **options, batch_size=60)
    model.set_params(pooling="last", cell="rnn", bidirectional=False).fit(X, noise)
    assert model.duration_["reason"] == "nothing learned"
    loss, shares = make_label_loss(model), np.bincount(noise) / 60
    expected = softmax(loss.base_of_classes(shares, None))
    np.testing.assert_allclose(
        model.predict_proba(X), np.tile(expected, (60, 1)), atol=0.02
    )


def test_a_margin_has_no_linear_model_beside(monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 50)
    monkeypatch.setattr("skseq.core.linear._fit", None)  # it is not asked
    model = RNNClassifier(loss=nn.MultiMarginLoss, **{**QUICK, "max_epochs": "auto"})
    model.set_params(pooling="mean", batch_size=60).fit(X, CLASSES)
    assert model.duration_["linear"] == 0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"loss": "hinge"}, r"'loss' parameter .* Got 'hinge'"),
        ({"label_smoothing": 1.0}, "'label_smoothing' parameter"),
        ({"focal_gamma": -1}, "'focal_gamma' parameter"),
        (
            {"loss": nn.MultiMarginLoss, "label_smoothing": 0.1},
            "smoothing=0.1 is",
        ),
        ({"loss": nn.MSELoss}, r"loss=.* failed on a trial|must return a loss"),
        ({"loss": lambda a, b: a.mean()}, "must return a loss for every target"),
    ],
)
def test_mistakes_are_told_before_training(params, message, monkeypatch):
    monkeypatch.setattr("skseq.core.sequence_estimator.train", None)
    monkeypatch.setattr("skseq.core.learning.Watcher", None)
    for cls, y in TASKS[::3]:
        with pytest.raises(ValueError, match=message):
            cls(**params).fit(X, y)


def test_a_fit_goes_on_with_its_loss_only():
    model = RNNTagger(loss="focal", **QUICK).partial_fit(X, TAGS)
    model.partial_fit(X, TAGS)
    with pytest.raises(ValueError, match="loss='focal' and what it needs"):
        model.set_params(focal_gamma=1.0).partial_fit(X, TAGS)


def test_losses_are_told_apart():
    several = [LogLoss(), LogLoss(0.1), FocalLoss(2.0), FocalLoss(2.0, 0.1)]
    for loss in several:
        assert sum(loss == other for other in several) == 1
        assert pickle.loads(pickle.dumps(loss)) == copy.deepcopy(loss) == loss
