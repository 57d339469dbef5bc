"""Convolutional layers agree with torch's own, sequence by sequence."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from skseq.networks import ConvEncoder, ConvLayer
from skseq.networks.convolution import ChannelsLastConv1d
from skseq.networks.encoders import _convolutional

LENGTHS = [13, 5, 1, 9]
OPTIONS = [
    {},
    {"stride": 2},
    {"padding": "causal", "stride": 3},
    {"padding": "valid"},
    {"padding": "valid", "stride": 2, "pool_size": 3},
    {"n_branches": 3},
    {"n_branches": 2, "padding": "causal", "pool_size": 2},
    {"n_branches": 3, "stride": 2, "pool_size": 2},
    {"batch_norm": False},
    {"batch_norm": False, "n_branches": 2, "pool_size": 2},
]
TOLERANCES = {torch.float64: 1e-10, torch.float32: 1e-4}


def convolved(layer, convolution, x):
    missing = convolution.kernel_size[0] - 1
    pads = {"same": (missing // 2, missing - missing // 2), "causal": (missing, 0)}
    pads = pads.get(layer.padding, (0, max(0, missing + 1 - x.shape[2])))
    x = functional.pad(x, pads)
    return functional.conv1d(
        x, convolution.weight, convolution.bias, convolution.stride
    )


def neighbours(layer, x):
    if layer.padding == "causal":
        return functional.max_pool1d(
            functional.pad(x, (2, 0), value=-torch.inf), 3, stride=1
        )
    return functional.max_pool1d(x, 3, stride=1, padding=1)


def branches(layer, x):
    narrow = x if layer.bottleneck is None else convolved(layer, layer.bottleneck, x)
    found = [convolved(layer, c, narrow) for c in layer.convolutions]
    if layer.pooled is not None:
        found.append(convolved(layer, layer.pooled, neighbours(layer, x)))
    return torch.cat(found, dim=1)


def reference(layer, sequences):
    """What torch makes of sequences (1, C, T) one by one; the norm sees all steps."""
    found = [branches(layer, x) for x in sequences]
    if layer.norm is not None:
        norm = layer.norm
        together = functional.batch_norm(
            torch.cat(found, dim=2),
            norm.running_mean.clone(),
            norm.running_var.clone(),
            norm.weight,
            norm.bias,
            training=layer.training,
            eps=norm.eps,
        )
        found = together.split([y.shape[2] for y in found], dim=2)
    found = [y.relu() for y in found]
    if layer.pool_size > 1:
        found = [
            functional.max_pool1d(y, layer.pool_size, ceil_mode=True) for y in found
        ]
    return found


def gradients(outputs, x, layers):
    """Outputs of the last layer's real steps, and gradients of all."""
    weights = [p for layer in layers for p in layer.parameters()]
    loss = sum((y * torch.linspace(-1, 1, len(y))[:, None]).sum() for y in outputs)
    return [*outputs, *torch.autograd.grad(loss, [x, *weights])]


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("unequal", [False, True], ids=["equal", "unequal"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_layers_and_gradients_are_those_of_torch(options, unequal, dtype, training):
    torch.manual_seed(0)
    layers = ConvEncoder(3, (8, 9), (4, 3), **options).train(training).layers
    for layer in layers:
        if layer.norm is not None:
            for part in (layer.norm.bias, layer.norm.running_mean):
                nn.init.normal_(part)
            nn.init.uniform_(layer.norm.running_var, 0.5, 2)
    lengths = LENGTHS if unequal else [13] * 4
    x = torch.randn(4, 13, 3)
    mask = torch.arange(13) < torch.tensor(lengths)[:, None, None] if unequal else None

    exact = copy.deepcopy(layers).double()
    given = x.double().requires_grad_()
    wanted = [
        s[None, :, :n] for s, n in zip(given.transpose(1, 2), lengths, strict=True)
    ]
    for layer in exact:
        wanted = reference(layer, wanted)
    wanted = gradients([y[0] for y in wanted], given, exact)

    made = layers.to(dtype)
    given = x.to(dtype).requires_grad_()
    y = (given if mask is None else given * mask.transpose(1, 2)).transpose(1, 2)
    for layer in made:
        y, mask = layer(y, mask)
    sizes = [y.shape[2]] * 4 if mask is None else mask.sum(dim=(1, 2)).tolist()
    found = gradients([s[:, :n] for s, n in zip(y, sizes, strict=True)], given, made)
    if unequal:
        assert not (y * ~mask).any()
    for one, other in zip(found, wanted, strict=True):
        error = (one - other).abs().max()
        assert error <= TOLERANCES[dtype] * other.abs().max().clamp(min=1)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_running_statistics_are_those_of_the_batch_itself(masked, dtype):
    torch.manual_seed(0)
    layer = ConvLayer(2, 5, 1).to(dtype)
    x = torch.randn(3, 2, 7, dtype=dtype)
    mask = torch.arange(7) < torch.tensor([7, 2, 4])[:, None, None] if masked else None
    x = x if mask is None else x * mask
    y = layer.convolutions[0](x).transpose(0, 1)
    rows = y.flatten(1) if mask is None else y[:, mask[:, 0]]
    layer.train()(x, mask)
    norm = layer.norm
    torch.testing.assert_close(norm.running_mean, 0.1 * rows.mean(1))
    variance = rows.var(1, correction=0)
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * variance)
    assert norm.num_batches_tracked == 1


def test_one_step_alone_has_no_variance():
    layer = ConvLayer(1, 4, 3, n_branches=2).train()
    y, mask = layer(torch.ones(1, 1, 1), torch.ones(1, 1, 1, dtype=torch.bool))
    torch.testing.assert_close(y, torch.zeros(1, 4, 1), rtol=0, atol=1e-4)
    assert mask.all()
    torch.testing.assert_close(layer.norm.running_var, torch.full((4,), 0.9))


@pytest.mark.parametrize("least_saving", [0.0, 1.0], ids=["masked", "packed"])
@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_channels_stay_neighbours(options, unequal, least_saving, monkeypatch):
    """In every input and output of a convolution, and in their gradients."""
    monkeypatch.setattr(_convolutional, "LEAST_SAVING", least_saving)
    encoder = ConvEncoder(3, (8, 9, 8), (4, 3, 3), **options)
    seen = []

    def note(x):
        seen.append(x.stride(1) == 1)

    def hook(module, inputs, output):
        for part in (*inputs, output):
            note(part)
            if part.requires_grad:
                part.register_hook(note)

    for part in encoder.modules():
        if isinstance(part, ChannelsLastConv1d):
            part.register_forward_hook(hook)
    x = torch.randn(4, 40, 3)
    y, _ = encoder(x, torch.tensor([40, 15, 11, 9]) if unequal else None)
    assert y.is_contiguous()
    y.square().sum().backward()
    assert all(seen)
    assert len(seen) >= 4 * 3 - 1


def test_a_layer_pickled_with_convolutions_of_torch_is_the_same():
    torch.manual_seed(0)
    layer = ConvLayer(20, 12, 5, n_branches=2).eval()
    before = copy.deepcopy(layer)
    for holder in (before, before.convolutions):
        for name, part in list(holder.named_children()):
            if isinstance(part, ChannelsLastConv1d):
                plain = nn.Conv1d(
                    part.in_channels, part.out_channels, part.kernel_size, bias=False
                )
                setattr(holder, name, plain)
    assert not any(isinstance(m, ChannelsLastConv1d) for m in before.modules())
    before.load_state_dict(layer.state_dict())
    x = torch.randn(3, 20, 11)
    torch.testing.assert_close(before(x, None)[0], layer(x, None)[0])


def test_training_twice_gives_the_same_bits():
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        encoder = ConvEncoder(2, (16, 16), (8, 8), n_branches=3)
        x, lengths = torch.randn(8, 50, 2), torch.tensor([50, 9, 30, 1, 20, 8, 44, 12])
        y, _ = encoder(x, lengths)
        y.square().sum().backward()
        found.append([y, *(p.grad for p in encoder.parameters())])
    assert all(map(torch.equal, *found))


def test_one_sample_has_the_gradients_that_it_has_beside_another():
    """Of a float32 sample alone, channels lie one by one in training."""
    torch.manual_seed(0)
    layer = ChannelsLastConv1d(3, 2, 4, stride=2)
    x = torch.randn(1, 9, 3).transpose(1, 2)
    alone = layer(x)
    (gradient,) = torch.autograd.grad(alone.square().sum(), layer.weight)
    both = layer(torch.cat([x, x]))
    (expected,) = torch.autograd.grad(both.square().sum() / 2, layer.weight)
    torch.testing.assert_close(alone, both[:1])
    torch.testing.assert_close(gradient, expected)
    torch.testing.assert_close(alone, functional.conv1d(x, *layer.parameters(), 2))


@pytest.mark.parametrize("shape", [(5, 7, 2), (4, 4, 3), (5, 1, 2), (1, 7, 2)])
def test_the_highest_of_neighbours_is_that_of_pooling(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x[0, 0, 1], x[0, -1, 0] = torch.nan, -torch.inf
    layer = ConvLayer(shape[2], 8, 3, n_branches=3)
    wanted = neighbours(layer, x.mT).mT
    for asked in (False, True):  # for a gradient
        given = x.clone().requires_grad_(asked)
        found = layer._neighbours(given, None)
        torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)
    assert torch.autograd.grad(found.nan_to_num(0, 0, 0).sum(), given)[0].any()
