import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from skseq.networks import StepCrossEntropy

PADDING = StepCrossEntropy.padding
outputs = torch.from_numpy(np.random.RandomState(0).randn(2, 3, 2))
proba = outputs.softmax(dim=2).numpy()
y = torch.tensor([[0, 1, 1], [1, PADDING, PADDING]])


def test_the_loss_of_a_sequence_is_the_sum_over_its_real_steps():
    losses = StepCrossEntropy(reduction="none")(outputs, y)
    first = -np.log(proba[0, 0, 0] * proba[0, 1, 1] * proba[0, 2, 1])
    np.testing.assert_allclose(losses, [first, -np.log(proba[1, 0, 1])])


def test_in_units_of_the_typical_sequence_its_mean_is_that_over_all_steps():
    loss = StepCrossEntropy(typical=(3 + 1) / 2)(outputs, y)
    steps = np.concatenate([proba[0], proba[1, :1]])
    np.testing.assert_allclose(loss, log_loss([0, 1, 1, 1], steps[:, 1]))


def test_classes_have_weights():
    losses = StepCrossEntropy(weight=[2.0, 0.0], reduction="none")(outputs, y)
    np.testing.assert_allclose(losses, [-2 * np.log(proba[0, 0, 0]), 0])


def test_what_stands_at_padding_makes_no_gradient():
    x = outputs.clone().requires_grad_()
    StepCrossEntropy()(x, y).backward()
    assert (x.grad[1, 1:] == 0).all()
    assert (x.grad[:, 0] != 0).all()


def test_an_encoder_that_shortens_sequences_is_named():
    with pytest.raises(ValueError, match="makes 2 steps of 3; labels per step need"):
        StepCrossEntropy()(outputs[:, :2], y)
