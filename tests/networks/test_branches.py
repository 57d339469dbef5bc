"""Convolutions as one node: those of torch, and only where they are asked plainly."""

import copy

import pytest
import torch
from torch import nn
from torch.autograd import forward_ad
from torch.nn import functional
from torch.nn.modules.module import register_module_forward_hook

from skseq.networks import ConvEncoder, ConvLayer, branches
from skseq.networks.convolution import ChannelsLastConv1d
from skseq.networks.side_by_side import side_by_side, weights_of

TOLERANCES = {torch.float64: 1e-10, torch.float32: 1e-5}
CASES = {  # widths, padding
    "same": [(4, (1, 2)), (3, (1, 1)), (1, (0, 0))],
    "causal": [(4, (3, 0)), (2, (1, 0))],
    "wider than the sequence": [(12, (5, 6)), (6, (2, 3))],
    "valid": [(3, (0, 0))],
    "valid, too short": [(9, (0, 2))],
}


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_gradients_are_those_of_torch(case, dtype):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    x = draw(5, 7, 3).requires_grad_()
    weights = [draw(i + 2, 3, k).requires_grad_() for i, (k, _) in enumerate(case)]
    wanted = [
        functional.conv1d(functional.pad(x.mT, pads), weight).mT
        for weight, (_, pads) in zip(weights, case, strict=True)
    ]
    factors = [draw(*y.shape) for y in wanted]
    wanted += torch.autograd.grad(wanted, [x, *weights], factors)

    given = [t.detach().to(dtype).requires_grad_() for t in (x, *weights)]
    found = branches.convolved(given[0], given[1:], [pads for _, pads in case])
    found += torch.autograd.grad(found, given, [f.to(dtype) for f in factors])
    for one, other in zip(found, wanted, strict=True):
        scale = other.abs().max().clamp(min=1).item()
        torch.testing.assert_close(
            one.double(), other, rtol=0, atol=scale * TOLERANCES[dtype]
        )


def test_gradients_have_gradients():
    x = torch.randn(2, 5, 2, dtype=torch.float64, requires_grad=True)
    weights = [torch.randn(2, 2, k, dtype=torch.float64) for k in (3, 2)]
    weights = [weight.requires_grad_() for weight in weights]

    def call(x, *weights):
        return tuple(branches.convolved(x, weights, [(1, 1), (1, 0)]))

    assert torch.autograd.gradgradcheck(call, (x, *weights))


def runs_as_one(y):
    """Whether y (B, D, T) of a layer was made by convolutions as one node."""
    nodes, names = [y.grad_fn], set()
    while nodes:
        node = nodes.pop()
        names.add(node.name())
        nodes += [one for one, _ in node.next_functions if one is not None]
    return "_ConvolvedBackward" in names


@pytest.mark.parametrize("n_features", [9, 20])  # without a bottleneck at first; with
@pytest.mark.parametrize("shared", [False, True])
def test_several_networks_run_as_each_alone(n_features, shared):
    torch.manual_seed(0)
    each = [ConvEncoder(n_features, (48, 48), (6, 4), n_branches=3) for _ in range(3)]
    joined = side_by_side(each)
    if shared:
        joined.share_input()
    x = torch.randn(4, 7, n_features)
    given = [x] * 3 if shared else [x, -x, 2 * x]
    found, _ = joined(x if shared else torch.cat(given), None)
    assert runs_as_one(found)
    parts = [one(own, None)[0] for one, own in zip(each, given, strict=True)]
    torch.testing.assert_close(found, torch.cat(parts), rtol=0, atol=1e-5)
    found.sin().sum().backward()
    sum(part.sin().sum() for part in parts).backward()
    gradients = {name: p.grad for name, p in joined.named_parameters()}
    for i, one in enumerate(each):
        like = dict(one.named_parameters())
        for name, gradient in weights_of(gradients, i, like).items():
            scale = like[name].grad.abs().max().clamp(min=1).item()
            torch.testing.assert_close(
                gradient, like[name].grad, rtol=0, atol=1e-5 * scale
            )


@pytest.mark.filterwarnings("ignore:.*jit.script")  # torch's own, in forward mode
def test_whoever_looks_into_a_layer_sees_its_convolutions():
    torch.manual_seed(0)
    layer = ConvLayer(9, 32, 6, n_branches=3).eval()
    x = torch.randn(4, 9, 7)
    wanted = layer(x, None)[0]
    assert runs_as_one(wanted)
    assert not runs_as_one(layer(x[:1], None)[0])  # thin products are slow
    assert not runs_as_one(layer.double()(x.double(), None)[0])
    layer.float()
    with torch.autocast("cpu", torch.bfloat16):
        assert not runs_as_one(layer(x, None)[0])
    (gradient,) = torch.autograd.grad(
        layer(x.requires_grad_(), None)[0].square().sum(), x
    )
    found = torch.func.grad(lambda x: layer(x, None)[0].square().sum())(x)
    torch.testing.assert_close(found, gradient)
    with forward_ad.dual_level():
        y, _ = layer(forward_ad.make_dual(x.detach(), gradient), None)
        (along,) = forward_ad.unpack_dual(y.square().sum())[1:]
    torch.testing.assert_close(along, gradient.square().sum())
    y = layer(x, None)[0].square().sum((1, 2))
    each = torch.autograd.grad(y, x, torch.eye(4), is_grads_batched=True)[0]
    torch.testing.assert_close(each.sum(0), gradient)
    torch.testing.assert_close(each.sum(1), each[range(4), range(4)])

    seen = []
    handle = register_module_forward_hook(lambda part, *given: seen.append(type(part)))
    layer(x, None)
    handle.remove()
    assert seen.count(ChannelsLastConv1d) == 5

    seen = []
    heard = copy.deepcopy(layer)
    heard.convolutions[1].register_forward_hook(lambda *given: seen.append(given))
    torch.testing.assert_close(heard(x, None)[0], wanted)
    assert len(seen) == 1
    other = copy.deepcopy(layer)
    nn.utils.parametrizations.weight_norm(other.convolutions[0])
    y, _ = other(x, None)
    torch.testing.assert_close(y, wanted)
    assert not runs_as_one(y)
