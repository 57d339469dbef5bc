"""How far outputs may be trusted: by hand, and as drawn."""

import numpy as np
import pytest
import torch
from torch import nn

from skseq.core.calibration import (
    LEAST,
    ClassCalibration,
    LabelCalibration,
    ValueCalibration,
    calibration_of,
)
from skseq.core.tasks import (
    Classification,
    MultilabelClassification,
    Regression,
    StepClassification,
)
from skseq.data.samples import Samples
from skseq.data.sequences import SequenceArray

NONE, HALF_WAY = np.zeros(1), np.array([0.5])  # trust
HALF, QUARTER = np.log(1 / 2), np.log(1 / 4)


def samples(y, weights=None):
    X = SequenceArray.from_array(np.zeros((len(y), 2, 1)))
    return Samples(X, y, None if weights is None else np.array(weights, float))


def test_without_trust_the_loss_is_that_of_the_base_rate():
    outputs, targets = np.array([[3.0, -1.0], [0.0, 7.0]]), np.array([0, 1])
    base = np.log([0.75, 0.25])
    losses = ClassCalibration(base).losses(outputs[None], targets, NONE)
    np.testing.assert_allclose(losses, [-np.log(0.75), -np.log(0.25)])
    weighed = ClassCalibration(base, np.array([2.0, 3.0]))
    np.testing.assert_allclose(
        weighed.losses(outputs[None], targets, NONE),
        [-2 * np.log(0.75), -3 * np.log(0.25)],
    )


def test_trust_divides_log_odds():
    outputs = np.array([[0.0, np.log(9)]])
    calibration = ClassCalibration(np.array([HALF, HALF]))
    loss = calibration.losses(outputs[None], np.array([1]), HALF_WAY)
    np.testing.assert_allclose(loss, -np.log(3 / 4))  # odds of 9 become odds of 3


def test_labels_by_hand():
    calibration = LabelCalibration(np.zeros(2), np.array([[1.0, 1.0], [4.0, 1.0]]))
    outputs, targets = np.log([[9.0, 1.0]]), np.array([[1.0, 0.0]])
    loss = calibration.losses(outputs[None], targets, HALF_WAY)
    np.testing.assert_allclose(loss, (4 * np.log(4 / 3) + np.log(2)) / 2)


def test_what_is_three_times_too_sure_is_trusted_by_a_third():
    rng = np.random.default_rng(0)
    log_odds = rng.normal(size=20_000)
    y = (rng.random(20_000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    ones = np.ones(len(y))
    outputs = 3 * np.column_stack([0 * log_odds, log_odds])
    trust, _ = ClassCalibration(np.array([HALF, HALF])).learn(outputs[None], y, ones)
    assert trust == pytest.approx(1 / 3, abs=0.02)
    label = LabelCalibration(np.zeros(1))
    found, _ = label.learn(outputs[None, :, 1:], y[:, None], ones)
    assert found == pytest.approx(trust, abs=0.01)
    timid, _ = ClassCalibration(np.array([HALF, HALF])).learn(
        outputs[None] / 9, y, ones
    )
    assert timid == pytest.approx(1, abs=0.01)  # never made surer


def test_numbers_are_shrunk_as_least_squares_says():
    rng = np.random.default_rng(0)
    outputs, y = rng.normal(size=(2, 500, 1))
    y += 0.4 * outputs
    weights = rng.random(500)
    trust, losses = ValueCalibration(np.zeros(1)).learn(outputs[None], y, weights)
    product, square = (
        np.average(v[:, 0], weights=weights) for v in (outputs * y, outputs**2)
    )
    assert trust == pytest.approx(product / square, rel=0.02)
    np.testing.assert_allclose(losses, (trust * outputs - y)[:, 0] ** 2)
    noise, _ = ValueCalibration(np.zeros(1)).learn(outputs[None], -y, weights)
    assert noise == pytest.approx(LEAST, rel=0.05)


def test_two_models_are_trusted_as_least_squares_says():
    rng = np.random.default_rng(0)
    one, other = outputs = rng.normal(size=(2, 2000, 1))
    y = 0.3 * one + 0.5 * other + 0.1 * rng.normal(size=(2000, 1))
    ones = np.ones(2000)
    found, losses = ValueCalibration(np.zeros(1)).learn(outputs, y, ones)
    expected = np.linalg.lstsq(outputs[:, :, 0].T, y[:, 0], rcond=None)[0]
    np.testing.assert_allclose(found, expected, atol=0.02)
    np.testing.assert_allclose(losses, (np.tensordot(found, outputs, 1) - y)[:, 0] ** 2)


def test_two_models_are_never_surer_than_the_surer_one():
    outputs = np.array([[[0.0, 2.0]] * 9, [[0.0, 1.0]] * 9])  # and always right
    y, ones = np.ones(9, dtype=int), np.ones(9)
    calibration = ClassCalibration(np.array([HALF, HALF]))
    found, _ = calibration.learn(outputs, y, ones)
    np.testing.assert_allclose(found, [1, 0], atol=0.02)
    assert found.sum() <= 1
    found, _ = calibration.learn(outputs[::-1], y, ones)
    np.testing.assert_allclose(found, [LEAST, 1 - LEAST], atol=0.02)


@pytest.mark.parametrize("scale", [30.0, 1e3, 1e6])
def test_one_that_is_far_too_sure_leaves_the_say_to_the_other(scale):
    rng = np.random.default_rng(0)
    log_odds = rng.normal(size=2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-2 * log_odds))).astype(int)
    outputs = np.zeros((2, 2000, 2))
    outputs[:, :, 1] = scale * rng.normal(size=2000), 2 * log_odds
    calibration, ones = ClassCalibration(np.array([HALF, HALF])), np.ones(2000)
    found, _ = calibration.learn(outputs, y, ones)
    assert 0 < found[0] < 0.02
    if scale == 30:  # beyond, what is left of it still shows
        assert found[1] > 0.8
    numbers, _ = ValueCalibration(np.zeros(1)).learn(
        outputs[:1, :, 1:], y[:, None], ones
    )
    assert numbers == pytest.approx(LEAST, rel=0.05)


def test_the_last_layer_takes_trust_up():
    calibration = ClassCalibration(np.log([0.75, 0.25]))
    layer, x = nn.Linear(3, 2).double(), torch.randn(5, 3, dtype=torch.float64)
    before = layer(x).detach().numpy()
    calibration.apply(layer, 0.3)
    expected = calibration.base + 0.3 * (before - calibration.base)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected)


def test_what_is_known_without_a_network():
    y = np.array(["a", "b", "b", "b"])
    task = Classification(np.array(["a", "b"]))
    base = calibration_of(task, samples(y)).base
    np.testing.assert_allclose(base, np.log([0.25, 0.75]))
    base = calibration_of(task, samples(y, [3, 1, 1, 1])).base
    np.testing.assert_allclose(base, [HALF, HALF])

    labels = np.array([[1, 0], [1, 1], [1, 0], [0, 0]])
    base = calibration_of(MultilabelClassification(2), samples(labels)).base
    np.testing.assert_allclose(base, [np.log(3), -np.log(3)])

    regression = Regression((2,), normalize=True)
    regression.learn_scale(np.arange(8.0).reshape(4, 2), None)
    found = calibration_of(regression, samples(np.arange(8.0).reshape(4, 2)))
    np.testing.assert_array_equal(found.base, [0, 0])


def test_steps_count_with_their_sequence_and_their_class():
    y = SequenceArray.from_list(
        [np.array([["a"], ["a"]]), np.array([["a"], ["b"], ["b"], ["b"]])]
    )
    X = SequenceArray.from_list([np.zeros((2, 1)), np.zeros((4, 1))])
    task = StepClassification(np.array(["a", "b"]))
    base = calibration_of(task, Samples(X, y, None)).base
    np.testing.assert_allclose(base, [HALF, HALF])
    base = calibration_of(task, Samples(X, y, np.array([4.0, 1.0]))).base
    np.testing.assert_allclose(base, np.log([9 / 12, 3 / 12]))
    weighed = task.with_class_weights(np.array([1.0, 3.0]))
    base = calibration_of(weighed, Samples(X, y, None)).base
    np.testing.assert_allclose(base, [QUARTER, np.log(3 / 4)])
