import numpy as np
import torch

from skseq.networks import SequenceNormalization


def test_every_feature_of_every_sequence_by_its_own_values():
    x = torch.tensor([[[1.0, 5], [3, 5], [99, 99]], [[2, 1], [4, 2], [6, 6]]])
    lengths = torch.tensor([2, 3])
    y = SequenceNormalization()(x, lengths).numpy()
    np.testing.assert_allclose(y[0, :2], [[-1, 0], [1, 0]], atol=1e-6)
    expected = (x[1] - x[1].mean(0)) / x[1].std(0, correction=0)
    np.testing.assert_allclose(y[1], expected, atol=1e-6)
    alone = SequenceNormalization()(x[1:], None)
    np.testing.assert_allclose(alone[0], y[1], atol=1e-6)


def test_a_constant_feature_and_a_single_step_become_zero():
    constant = torch.full((1, 7, 1), 1 / 3) * 1000
    assert SequenceNormalization()(constant, None).abs().max() < 1
    single = torch.tensor([[[3.0]]])
    assert SequenceNormalization()(single, None).item() == 0
