"""Layers of convolutions by compiled code against torch, and where it stands aside."""

import copy

import pytest
import torch
from torch import nn

from skseq.networks import ConvEncoder, ConvLayer, compiled
from skseq.networks.kinds import CELLS
from skseq.networks.side_by_side import side_by_side, weights_of

pytestmark = pytest.mark.skipif(compiled.library() is None, reason="no compiled code")
ERRORS = {torch.float64: 1e-10, torch.float32: 1e-5}
CASES = {  # channels, filters, width, samples, steps, options
    "two channels": (2, 64, 40, 5, 24, {"n_branches": 3}),
    "a bottleneck": (64, 64, 40, 3, 37, {"n_branches": 3}),
    "causal": (24, 48, 12, 4, 19, {"n_branches": 3, "padding": "causal"}),
    "odd": (3, 11, 5, 4, 9, {"n_branches": 2}),
    "one branch": (7, 20, 9, 4, 13, {"padding": "causal"}),
    "many": (40, 70, 12, 2, 30, {}),
    "valid": (1, 5, 3, 4, 9, {"padding": "valid"}),
    "valid, too short": (6, 8, 12, 4, 9, {"padding": "valid"}),
    "few steps": (9, 13, 7, 6, 2, {"n_branches": 3}),
}


def make(n_channels, n_filters, width, *, dtype=torch.float64, **options):
    """A layer with generic weights and statistics."""
    torch.manual_seed(0)
    layer = ConvLayer(n_channels, n_filters, width, **options).to(dtype)
    for weight in (layer.norm.weight, layer.norm.bias, layer.norm.running_mean):
        nn.init.uniform_(weight, -1, 1)
    nn.init.uniform_(layer.norm.running_var, 0.5, 2)
    return layer


def sequences(n_samples, n_steps, n_channels, lengths=None, dtype=torch.float64):
    """Steps (B, C, T), and which are real."""
    x = torch.randn(n_samples, n_steps, n_channels, dtype=torch.float64).to(dtype)
    if lengths is None:
        return x.mT, None
    mask = (torch.arange(n_steps) < torch.tensor(lengths)[:, None])[:, None]
    return (x * mask.mT).mT, mask


def results(layer, x, mask):
    """What a layer finds in training, gradients, statistics, what it finds then."""
    layer = copy.deepcopy(layer).train()
    x = x.clone().requires_grad_()
    y, _ = layer(x, mask)
    factors = torch.linspace(-1, 2, y.numel(), dtype=x.dtype).view_as(y)
    given = [x, *layer.parameters()]
    gradients = torch.autograd.grad((y * factors).sum(), given)
    with torch.no_grad():
        again, _ = layer.eval()(x, mask)
    return [y, *gradients, layer.norm.running_mean, layer.norm.running_var, again]


def assert_same(found, expected, error):
    for one, other in zip(found, expected, strict=True):
        scale = max(1, other.abs().max().item())
        torch.testing.assert_close(one.double(), other, rtol=0, atol=error * scale)


def runs_at_once(y):
    """Whether y (B, F, T) was made by compiled code."""
    nodes, names = [y.grad_fn], set()
    while nodes:
        node = nodes.pop()
        names.add(node.name())
        nodes += [one for one, _ in node.next_functions if one is not None]
    return "_ConvolvedBackward" in names and "ReluBackward0" not in names


@pytest.mark.parametrize("dtype", ERRORS, ids=str)
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_what_torch_does(case, padded, dtype, instructions, plainly):
    *sizes, n_samples, n_steps, options = case
    layer = make(*sizes, **options)
    lengths = [n_steps, *range(1, n_samples)] if padded else None
    x, mask = sequences(n_samples, n_steps, sizes[0], lengths)
    expected = plainly(results, layer, x, mask)
    found = results(layer.to(dtype), x.to(dtype), mask)
    assert_same(found, expected, ERRORS[dtype])


def test_equal_neighbours_share_a_gradient_as_in_torch(plainly):
    layer = make(8, 24, 4, n_branches=3)
    x = torch.randint(2, (4, 8, 15)).double()
    assert_same(results(layer, x, None), plainly(results, layer, x, None), 1e-10)


def test_what_is_no_number_stays_so(plainly):
    layer = make(8, 24, 4, n_branches=3).eval()
    x = torch.randn(4, 8, 15, dtype=torch.float64)
    x[1, 2, 7] = torch.nan
    with torch.no_grad():
        found, _ = layer(x, None)
        expected, _ = plainly(layer, x, None)
    assert found.isnan().any()
    torch.testing.assert_close(found, expected, equal_nan=True)


def test_layouts_do_not_matter_and_bits_are_the_same():
    layer = make(20, 24, 9, n_branches=3, dtype=torch.float32)
    x, _ = sequences(5, 12, 20, dtype=torch.float32)
    expected = results(layer, x, None)
    wide = torch.cat([x, x], dim=1)[:, :20]
    for other in (x, x.contiguous(), wide):
        assert all(map(torch.equal, results(layer, other, None), expected))


def test_neighbours_in_the_batch_do_not_matter_in_evaluation():
    layer = make(20, 24, 9, n_branches=3, dtype=torch.float32).eval()
    x, _ = sequences(5, 12, 20, dtype=torch.float32)
    with torch.no_grad():
        together, _ = layer(x, None)
        alone = [layer(one, None)[0] for one in x.split(1)]
    assert torch.equal(together, torch.cat(alone))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("lengths", [None, (12, 5, 1, 9)])
def test_several_networks_run_as_each_alone(shared, lengths):
    torch.manual_seed(0)
    each = [ConvEncoder(9, (20, 24), (6, 4), n_branches=3).double() for _ in range(3)]
    joined = side_by_side(each)
    if shared:
        joined.share_input()
    x = torch.randn(4, 12, 9, dtype=torch.float64)
    given = [x] * 3 if shared else [x, -x, 2 * x]
    n = None if lengths is None else torch.tensor(lengths)
    both = n if shared or n is None else n.repeat(3)
    found, _ = joined(x if shared else torch.cat(given), both)
    assert "ReluBackward0" not in str(found.grad_fn.next_functions)
    parts = torch.cat([one(own, n)[0] for one, own in zip(each, given, strict=True)])
    torch.testing.assert_close(found, parts, rtol=0, atol=1e-10)
    found.sin().sum().backward()
    parts.sin().sum().backward()
    gradients = {name: p.grad for name, p in joined.named_parameters()}
    for i, one in enumerate(each):
        like = dict(one.named_parameters())
        for name, gradient in weights_of(gradients, i, like).items():
            torch.testing.assert_close(gradient, like[name].grad, rtol=0, atol=1e-9)


def test_gradients_have_gradients():
    layer = make(3, 8, 4, n_branches=3)
    x, mask = sequences(3, 7, 3, lengths=[7, 4, 2])
    weights = [p.detach().clone().requires_grad_() for p in layer.parameters()]
    names = [name for name, _ in layer.named_parameters()]

    def call(x, *weights):
        found = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(layer, found, (x, mask))[0]

    assert runs_at_once(call(x, *weights))
    assert torch.autograd.gradgradcheck(call, (x.requires_grad_(), *weights))
    y = call(x, *weights).square().sum((1, 2))
    each = torch.autograd.grad(y, x, torch.eye(3).double(), is_grads_batched=True)[0]
    (gradient,) = torch.autograd.grad(call(x, *weights).square().sum(), x)
    torch.testing.assert_close(each.sum(0), gradient)


def test_whoever_looks_into_a_layer_sees_what_it_is_made_of():
    layer = make(9, 32, 6, n_branches=3, dtype=torch.float32)
    x, _ = sequences(4, 7, 9, dtype=torch.float32)
    assert runs_at_once(layer(x, None)[0])
    assert not runs_at_once(layer.eval()(x, None)[0])  # fixed statistics
    layer.train()
    with torch.autocast("cpu", torch.bfloat16):
        assert not runs_at_once(layer(x, None)[0])
        assert runs_at_once(copy.deepcopy(layer).double()(x.double(), None)[0])
    for part in (layer.norm, layer.pooled, layer.convolutions[1]):
        handle = part.register_forward_hook(lambda *given: None)
        assert not runs_at_once(layer(x, None)[0])
        handle.remove()
    assert runs_at_once(layer(x, None)[0])
    nn.utils.parametrizations.weight_norm(layer.convolutions[0])
    assert not runs_at_once(layer(x, None)[0])


def test_several_threads_are_left_to_torch_where_work_is_large():
    layer = make(8, 16, 40, dtype=torch.float32)
    threads = torch.get_num_threads()
    try:
        for n_threads, at_once in ((1, True), (2, False)):
            torch.set_num_threads(n_threads)
            x, _ = sequences(32, 200, 8, dtype=torch.float32)
            assert runs_at_once(layer(x, None)[0]) == at_once
            assert runs_at_once(layer(x[:2, :, :9], None)[0])
    finally:
        torch.set_num_threads(threads)


def test_it_is_left_to_torch_where_the_code_is_of_other_sources(monkeypatch):
    layer = make(3, 8, 4)
    x, _ = sequences(2, 9, 3)
    assert runs_at_once(layer(x, None)[0])
    monkeypatch.setattr(compiled, "can_call", lambda *args: False)
    assert not runs_at_once(layer(x, None)[0])
    monkeypatch.undo()
    monkeypatch.setattr(compiled, "library", lambda: None)
    assert not runs_at_once(layer(x, None)[0])


def test_a_tensor_that_is_negative_by_name_only_is_read_as_it_is():
    """As the imaginary part of a conjugate, whose memory has the other sign."""
    x = torch.randn(2, 1, 9)
    read = torch.complex(x, -x).conj().imag
    assert read.is_neg()
    layer = ConvLayer(1, 4, 3).eval()
    with torch.no_grad():
        torch.testing.assert_close(layer(read, None)[0], layer(x, None)[0])
        gru = CELLS["gru"](1, 4)
        torch.testing.assert_close(gru(read.mT)[0], gru(x.mT)[0])
