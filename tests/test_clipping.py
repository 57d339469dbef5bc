"""Bounds on the norms of gradients."""

import torch
from torch import nn

from skseq.training._clipping import clip_norms


def test_gradients_are_clipped_for_each_network():
    matrix, vector = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.zeros(2))
    unused = nn.Parameter(torch.zeros(3))
    matrix.grad = torch.tensor([[3.0, 0.0], [0.6, 0.0]])
    vector.grad = torch.tensor([4.0, 0.8])  # so the norms are 5 and 1
    clip_norms([matrix, vector, unused], 2.5, n_networks=2)
    torch.testing.assert_close(matrix.grad, torch.tensor([[1.5, 0.0], [0.6, 0.0]]))
    torch.testing.assert_close(vector.grad, torch.tensor([2.0, 0.8]))
    assert unused.grad is None


def test_one_network_has_one_norm():
    weight = nn.Parameter(torch.zeros(2, 2))
    weight.grad = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    clip_norms([weight], 2.5)
    torch.testing.assert_close(weight.grad, torch.tensor([[1.5, 0.0], [0.0, 2.0]]))
