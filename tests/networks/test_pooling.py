import numpy as np
import pytest
import torch

from skseq.networks import POOLINGS

X = torch.tensor(
    [
        [[1.0, 8.0], [3.0, 6.0], [-5.0, 4.0]],
        [[2.0, 0.0], [4.0, -2.0], [99.0, 99.0]],  # two real steps
        [[-7.0, 1.0], [99.0, 99.0], [99.0, 99.0]],  # one
    ]
)
LENGTHS = torch.tensor([3, 2, 1])
EXPECTED = {
    "last": [[-5, 4], [4, -2], [-7, 1]],
    "mean": [[-1 / 3, 6], [3, -1], [-7, 1]],
    "max": [[3, 8], [4, 0], [-7, 1]],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_by_hand(name):
    pooled = POOLINGS[name](2)(X, LENGTHS)
    np.testing.assert_allclose(pooled, EXPECTED[name], rtol=1e-6)


@pytest.mark.parametrize("name", POOLINGS)
def test_no_lengths_are_full_lengths(name):
    torch.manual_seed(0)
    pooling = POOLINGS[name](2)
    full = torch.full((3,), 3)
    torch.testing.assert_close(pooling(X, None), pooling(X, full))


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("filler", [-1e9, 0.0, 1e9])
def test_padding_changes_nothing(name, filler):
    torch.manual_seed(0)
    pooling = POOLINGS[name](2)
    x = X.clone()
    x[torch.arange(3) >= LENGTHS[:, None]] = filler
    torch.testing.assert_close(pooling(x, LENGTHS), pooling(X, LENGTHS))
    torch.testing.assert_close(pooling(x, LENGTHS)[1:2], pooling(X[1:2, :2], None))


def test_last_takes_the_first_step_of_what_was_read_backwards():
    pooled = POOLINGS["last"](2, n_backwards=1)(X, LENGTHS)
    np.testing.assert_allclose(pooled, [[-5, 8], [4, 0], [-7, 1]])


def test_attention_is_a_weighted_mean_by_its_scores():
    torch.manual_seed(0)
    pooling = POOLINGS["attention"](2)
    w, b = (p.detach().numpy() for p in pooling.hidden.parameters())
    v = pooling.score.weight.detach().numpy()[0]
    steps = X[1, :2].numpy()
    scores = np.exp(np.tanh(steps @ w.T + b) @ v)
    expected = (scores[:, None] * steps).sum(axis=0) / scores.sum()
    pooled = pooling(X, LENGTHS)[1].detach()
    np.testing.assert_allclose(pooled, expected, rtol=1e-5)
