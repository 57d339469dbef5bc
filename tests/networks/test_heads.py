import numpy as np
import torch

from skseq.networks import POOLINGS, PooledHead, SequenceNetwork, StepHead


def test_dense_layers_by_hand():
    torch.manual_seed(0)
    head = PooledHead(POOLINGS["mean"](3), (4, 5), n_outputs=2).double()
    x = torch.randn(6, 7, 3, dtype=torch.float64)
    (w1, b1), (w2, b2), (w3, b3) = (
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in head.dense
        if isinstance(layer, torch.nn.Linear)
    )
    hidden = np.maximum(x.numpy().mean(axis=1) @ w1.T + b1, 0)
    expected = np.maximum(hidden @ w2.T + b2, 0) @ w3.T + b3
    np.testing.assert_allclose(head(x, None).detach(), expected)


def test_dropout_only_in_training():
    torch.manual_seed(0)
    head = PooledHead(POOLINGS["last"](8), (), n_outputs=3, dropout=0.5)
    x = torch.randn(4, 2, 8)
    assert not torch.allclose(head.train()(x, None), head.eval()(x, None))
    torch.testing.assert_close(head(x, None), head(x, None))


class Halve(torch.nn.Module):
    """Every second step."""

    def forward(self, x, lengths):
        return x[:, ::2], None if lengths is None else (lengths + 1) // 2


def test_the_head_sees_the_lengths_that_the_encoder_leaves():
    class Lengths(torch.nn.Module):
        def forward(self, x, lengths):
            return x.shape, lengths

    network = SequenceNetwork(Halve(), Lengths())
    shape, lengths = network(torch.zeros(2, 5, 1), torch.tensor([5, 2]))
    assert shape == (2, 3, 1)
    assert lengths.tolist() == [3, 1]


def test_a_step_head_treats_every_step_as_a_pooled_head_does_the_pool():
    head = StepHead(3, (4,), n_outputs=2).double()
    pooled = PooledHead(POOLINGS["last"](3), (4,), n_outputs=2).double()
    pooled.dense.load_state_dict(head.dense.state_dict())
    x = torch.randn(6, 7, 3, dtype=torch.float64)
    outputs = head(x, None)
    for step in range(7):
        expected = pooled(x[:, : step + 1], None)
        np.testing.assert_allclose(outputs[:, step].detach(), expected.detach())
