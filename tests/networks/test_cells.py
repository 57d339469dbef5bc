"""Recurrent layers against NumPy, written step by step from the equations."""

import numpy as np
import pytest
import torch
from torch import nn

from skseq.networks import CELLS, compiled
from skseq.networks.side_by_side import side_by_side

B, T, F, H = 2, 4, 2, 3
ALL = [*(("rnn", f) for f in ("tanh", "relu")), *((c, "tanh") for c in CELLS)]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gates(p, n):
    """Split the parameters of n gates: input weights, recurrent weights, biases."""
    return zip(
        np.split(p["kernel.weight_ih_l0"], n),
        np.split(p["kernel.weight_hh_l0"], n),
        np.split(p["kernel.bias_ih_l0"], n),
        np.split(p["kernel.bias_hh_l0"], n),
        strict=True,
    )


def elman(x, h, c, p, nonlinearity, mask):
    """Elman (1990)."""
    ((w, u, b, d),) = gates(p, 1)
    a = w @ x + b + u @ (mask * h) + d
    return (np.tanh(a) if nonlinearity == "tanh" else np.maximum(a, 0)), c


def gru(x, h, c, p, nonlinearity, mask):
    """Cho et al. (2014), eq. 5 to 8; reset after the recurrent product."""
    (wr, ur, br, dr), (wz, uz, bz, dz), (wn, un, bn, dn) = gates(p, 3)
    m = mask * h
    r = sigmoid(wr @ x + br + ur @ m + dr)
    z = sigmoid(wz @ x + bz + uz @ m + dz)
    n = np.tanh(wn @ x + bn + r * (un @ m + dn))
    return (1 - z) * n + z * h, c


def lstm(x, h, c, p, nonlinearity, mask, peepholes=(0, 0, 0)):
    """Gers et al. (2000), eq. 3 to 9; with peepholes Gers et al. (2002)."""
    (wi, ui, bi, di), (wf, uf, bf, df), (wg, ug, bg, dg), (wo, uo, bo, do) = gates(p, 4)
    m = mask * h
    i = sigmoid(wi @ x + bi + ui @ m + di + peepholes[0] * c)
    f = sigmoid(wf @ x + bf + uf @ m + df + peepholes[1] * c)
    g = np.tanh(wg @ x + bg + ug @ m + dg)
    c = f * c + i * g
    o = sigmoid(wo @ x + bo + uo @ m + do + peepholes[2] * c)
    return o * np.tanh(c), c


def peephole_lstm(x, h, c, p, nonlinearity, mask):
    return lstm(x, h, c, p, nonlinearity, mask, p["weight_peephole"])


STEPS = {
    "rnn": elman,
    "gru": gru,
    "gru_d": gru,  # without times, which has tests of its own
    "lstm": lstm,
    "peephole_lstm": peephole_lstm,
}


def reference(cell, nonlinearity, x, p, h0=None, c0=None, mask=None):
    """Outputs (B, T, H) of a layer, one sequence and one step after the other."""
    mask = np.ones((len(x), H)) if mask is None else mask
    outputs = np.empty((len(x), x.shape[1], H))
    for b, sequence in enumerate(x):
        h = np.zeros(H) if h0 is None else h0[b]
        c = np.zeros(H) if c0 is None else c0[b]
        for t, step in enumerate(sequence):
            h, c = STEPS[cell](step, h, c, p, nonlinearity, mask[b])
            outputs[b, t] = h
    return outputs


@pytest.fixture(params=ALL, ids="-".join)
def case(request):
    """A layer with generic parameters, its inputs and its parameters in NumPy."""
    torch.manual_seed(0)
    cell, nonlinearity = request.param
    layer = CELLS[cell](F, H, nonlinearity=nonlinearity).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.7)
    x = torch.randn(B, T, F, dtype=torch.float64)
    p = {name: v.detach().numpy().copy() for name, v in layer.named_parameters()}
    return cell, nonlinearity, layer, x, p


def test_forward_agrees_with_the_equations(case):
    cell, nonlinearity, layer, x, p = case
    outputs, state = layer(x)
    expected = reference(cell, nonlinearity, x.numpy(), p)
    np.testing.assert_allclose(outputs.detach(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state[0].detach(), expected[:, -1], rtol=0, atol=1e-12)


def test_backward_agrees_with_finite_differences_of_the_equations(case):
    cell, nonlinearity, layer, x, p = case
    weights = np.random.RandomState(1).randn(B, T, H)
    x.requires_grad_()
    (layer(x)[0] * torch.from_numpy(weights)).sum().backward()

    def loss():
        outputs = reference(cell, nonlinearity, x.detach().numpy(), p)
        return (outputs * weights).sum()

    arrays = {**p, "x": x.detach().numpy()}  # shares memory with x
    gradients = {n: v.grad for n, v in layer.named_parameters()} | {"x": x.grad}
    for name, array in arrays.items():
        for index in np.ndindex(array.shape):
            value, eps = array[index], 1e-6
            array[index] = value + eps
            above = loss()
            array[index] = value - eps
            slope = (above - loss()) / (2 * eps)
            array[index] = value
            assert gradients[name][index].item() == pytest.approx(slope, abs=1e-7), name


def test_a_state_continues_a_sequence(case):
    _, _, layer, x, _ = case
    whole, last = layer(x)
    first, state = layer(x[:, :2])
    second, end = layer(x[:, 2:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    for a, b in zip(end, last, strict=True):
        torch.testing.assert_close(a, b)


def test_recurrent_dropout_keeps_one_mask_for_all_steps(case):
    cell, nonlinearity, layer, x, p = case
    layer.recurrent_dropout.p = 0.5
    dropout = layer.recurrent_dropout
    dropout.generator = torch.Generator().manual_seed(3)
    mask = dropout.mask(torch.empty(B, H, dtype=torch.float64)).numpy()
    assert set(np.unique(mask)) == {0.0, 2.0}
    dropout.generator.manual_seed(3)
    outputs, _ = layer.train()(x)
    expected = reference(cell, nonlinearity, x.numpy(), p, mask=mask)
    np.testing.assert_allclose(outputs.detach(), expected, rtol=0, atol=1e-12)
    still, _ = layer.eval()(x)
    expected = reference(cell, nonlinearity, x.numpy(), p)
    np.testing.assert_allclose(still.detach(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("cell", "kernel"), [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)]
)
def test_standard_cells_agree_with_torch_unrolled_too(cell, kernel):
    torch.manual_seed(0)
    layer = CELLS[cell](F, H).double()
    other = kernel(F, H, batch_first=True).double()
    other.load_state_dict(layer.kernel.state_dict())
    x = torch.randn(B, T, F, dtype=torch.float64)
    expected = other(x)[0]
    torch.testing.assert_close(layer(x)[0], expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(layer._unroll(x, None)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_initialization(cell):
    torch.manual_seed(0)
    size, units = 5, 8
    layer = CELLS[cell](size, units)
    kernel = layer.kernel
    for block in kernel.weight_hh_l0.split(units):
        torch.testing.assert_close(block @ block.T, torch.eye(units))
    bound = np.sqrt(6 / (size + units))  # Glorot and Bengio (2010), eq. 16
    weights = kernel.weight_ih_l0.detach().numpy()
    assert 0.8 * bound < np.abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.25)
    bias = (kernel.bias_ih_l0 + kernel.bias_hh_l0).detach().numpy()
    expected = np.zeros_like(bias)
    if "lstm" in cell:
        expected[units : 2 * units] = 1  # the forget gate
    np.testing.assert_array_equal(bias, expected)


def test_peepholes_matter():
    torch.manual_seed(0)
    layer = CELLS["peephole_lstm"](F, H)
    x = torch.randn(B, T, F)
    with_peepholes = layer(x)[0]
    nn.init.zeros_(layer.weight_peephole)
    plain = layer.kernel(x)[0]
    torch.testing.assert_close(layer(x)[0], plain)
    assert not torch.allclose(with_peepholes, plain)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("is_compiled", [True, False])
def test_on_a_cpu_autocast_changes_nothing(cell, is_compiled, monkeypatch):
    """Processors without AVX-512 have no LSTM in bfloat16, with torch 2.13."""
    if not is_compiled:
        monkeypatch.setattr(compiled, "library", lambda: None)
    torch.manual_seed(0)
    layer, x = CELLS[cell](3, 5), torch.randn(4, 7, 3).bfloat16()
    several, lengths = side_by_side([layer, layer]), torch.tensor([7, 2, 5, 7])
    for given in ((layer, x), (layer, x, None, lengths), (several, x)):
        form, *inputs = given
        expected, _ = form(inputs[0].float(), *inputs[1:])
        with torch.autocast("cpu", torch.bfloat16):
            found, state = form(*inputs)
            again, _ = form(x, tuple(part.bfloat16() for part in state))
        assert torch.equal(found, expected)
        assert again.dtype == torch.float32


def test_reading_backwards_is_the_same_however_it_is_done():
    torch.manual_seed(0)
    layer, x = CELLS["lstm"](3, 5), torch.randn(4, 7, 3)
    lengths = torch.tensor([7, 2, 5, 7])
    outputs, (h, c) = layer(x, None, lengths, True)
    for i, n in enumerate(lengths):
        expected, state = layer(x[i : i + 1, :n].flip(1))
        torch.testing.assert_close(outputs[i, :n], expected[0].flip(0))
        torch.testing.assert_close((h[i], c[i]), (state[0][0], state[1][0]))
