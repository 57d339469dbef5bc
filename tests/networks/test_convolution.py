import numpy as np
import pytest
import torch
from torch import nn

from skseq.networks import (
    CELLS,
    ConvEncoder,
    ConvLayer,
    ConvRecurrentEncoder,
    RecurrentEncoder,
)
from skseq.networks.convolution import MaskedBatchNorm
from skseq.networks.encoders import _convolutional
from skseq.networks.masking import valid_steps

LECTURE = [1.0, 0, 3, 1, 0, 2, 2, 1, 0, 5, 4, 1]


def lecture_layer(**options):
    """One filter with the kernel 1 -1 1 and nothing else."""
    layer = ConvLayer(1, 1, 3, batch_norm=False, **options)
    layer.convolutions[0].weight.data = torch.tensor([[[1.0, -1.0, 1.0]]])
    layer.convolutions[0].bias.data.zero_()
    return layer


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"padding": "valid"}, [4, -2, 2, 3, 0, 1, 1, 6, -1, 2]),
        ({"padding": "same"}, [-1, 4, -2, 2, 3, 0, 1, 1, 6, -1, 2, 3]),
        ({"padding": "causal"}, [1, -1, 4, -2, 2, 3, 0, 1, 1, 6, -1, 2]),
        ({"padding": "valid", "stride": 2}, [4, 2, 0, 1, -1]),
        ({"padding": "same", "stride": 3}, [-1, 2, 1, -1]),
        ({"padding": "valid", "pool_size": 3}, [4, 3, 6, 2]),
        ({"padding": "same", "pool_size": 5}, [4, 6, 3]),
    ],
)
def test_the_worked_example_of_the_lecture(options, expected):
    x = torch.tensor(LECTURE)[None, None]
    y, _ = lecture_layer(**options)(x, None)
    assert y[0, 0].tolist() == [max(value, 0) for value in expected]  # ReLU
    padded = torch.cat([x, torch.zeros(1, 1, 4)], dim=2)
    y, mask = lecture_layer(**options)(padded, (torch.arange(16) < 12)[None, None])
    assert mask.sum() == len(expected)
    assert mask[0, 0, : len(expected)].all()
    assert y[0, 0, : len(expected)].tolist() == [max(value, 0) for value in expected]


OPTIONS = [
    {},
    {"n_branches": 3},
    {"n_branches": 3, "padding": "causal"},
    {"padding": "valid"},
    {"stride": 2},
    {"stride": 3, "padding": "valid", "pool_size": 2},
    {"n_branches": 2, "stride": 2, "pool_size": 2},
    {"batch_norm": False},
    {"residual": True},
    {"residual": True, "n_branches": 3, "padding": "causal"},
    {"residual": True, "batch_norm": False},
]


def encoder(**options):
    torch.manual_seed(0)
    made = ConvEncoder(2, (8, 12), (5, 4), **options).double()
    for part in made.modules():  # statistics that are not those of a new layer
        if isinstance(part, MaskedBatchNorm):
            nn.init.uniform_(part.running_mean)
            nn.init.uniform_(part.running_var)
            nn.init.uniform_(part.bias)
    return made


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("filler", [0.0, 1e6])
def test_padding_changes_nothing(options, filler):
    made = encoder(**options).eval()
    lengths = torch.tensor([11, 5, 1, 2])
    x = torch.randn(4, 11, 2, dtype=torch.float64)
    padded = x.clone()
    padded[torch.arange(11) >= lengths[:, None]] = filler
    together, new_lengths = made(padded, lengths)
    for i, n in enumerate(lengths.tolist()):
        alone, none = made(x[i : i + 1, :n], None)
        assert none is None
        assert new_lengths[i] == alone.shape[1]
        torch.testing.assert_close(together[i, : new_lengths[i]], alone[0])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_padding_changes_no_gradient(options):
    """The statistics of a training batch are those of its real steps."""
    lengths = torch.tensor([9, 9])
    x = torch.randn(2, 9, 2, dtype=torch.float64)
    gradients = []
    for pad in (0, 4):
        made = encoder(**options).train()
        given = torch.cat([x, torch.full((2, pad, 2), 1e3, dtype=x.dtype)], dim=1)
        y, n = made(given, lengths)
        y[:, : n[0]].square().mean().backward()
        gradients.append([p.grad for p in made.parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": "causal", "n_branches": 3},
        {"n_branches": 2, "batch_norm": False},
        {"residual": True},
        {"residual": True, "batch_norm": False},
    ],
    ids=str,
)
def test_packed_rows_give_the_same_outputs_and_gradients(options, monkeypatch):
    lengths = torch.tensor([40, 11, 3, 1, 9, 17])
    x = torch.randn(6, 40, 2, dtype=torch.float64)
    found = []
    for least_saving in (0.0, 1.0):  # never and wherever it saves a row
        monkeypatch.setattr(_convolutional, "LEAST_SAVING", least_saving)
        made, given = encoder(**options).train(), x.clone().requires_grad_()
        y, n = made(given, lengths)
        assert n.equal(lengths)
        y = y * valid_steps(lengths, 40).unsqueeze(2)
        (y * torch.linspace(-1, 1, 12)).square().sum().backward()
        found.append([y, given.grad, *(p.grad for p in made.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("n_branches", [1, 3])
def test_a_causal_encoder_does_not_know_the_future(n_branches):
    x = torch.randn(1, 20, 2, dtype=torch.float64)
    changed = x.clone()
    changed[:, 12] += 1
    causal = encoder(padding="causal", n_branches=n_branches).eval()
    same = encoder(padding="same", n_branches=n_branches).eval()
    difference = (causal(x, None)[0] - causal(changed, None)[0]).abs().sum(dim=2)[0]
    assert (difference[:12] == 0).all()
    assert difference[12:].sum() > 0
    difference = (same(x, None)[0] - same(changed, None)[0]).abs().sum(dim=2)[0]
    assert difference[:12].sum() > 0


def test_batch_normalisation_agrees_with_torch():
    torch.manual_seed(0)
    ours, theirs = MaskedBatchNorm(3).double(), nn.BatchNorm1d(3).double()
    x = torch.randn(4, 3, 10, dtype=torch.float64) * 3 + 1
    torch.testing.assert_close(ours.train()(x), theirs.train()(x))
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    # The running variance is that of the batch itself, not n / (n - 1) of it.
    torch.testing.assert_close(ours.running_var, theirs.running_var, rtol=0.03, atol=0)
    ours.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_batch_normalisation_of_the_real_steps_by_hand():
    x = torch.tensor([[[1.0, 3.0, 99.0]], [[5.0, 99.0, 99.0]]])
    mask = torch.tensor([[[True, True, False]], [[True, False, False]]])
    y = MaskedBatchNorm(1).train()(x, mask)
    std = np.sqrt(8 / 3 + 1e-5)
    np.testing.assert_allclose(y[mask].detach(), np.array([-2, 0, 2]) / std, atol=1e-5)


def test_branches_have_half_the_width_of_the_one_before():
    layer = ConvLayer(5, 64, 40, n_branches=3)
    assert [c.kernel_size[0] for c in layer.convolutions] == [40, 20, 10]
    assert layer(torch.zeros(2, 5, 30), None)[0].shape == (2, 64, 30)
    uneven = ConvLayer(1, 11, 3, n_branches=2)
    assert uneven(torch.zeros(2, 1, 30), None)[0].shape == (2, 11, 30)


def test_what_goes_into_two_layers_is_added_to_what_comes_out():
    torch.manual_seed(0)
    x = torch.randn(2, 9, 3)
    made = ConvEncoder(3, (4, 5, 6, 5, 7), (3,) * 5, residual=True).eval()
    assert len(made.shortcuts) == 2  # the fifth layer has no partner
    wanted = x.transpose(1, 2)
    for i, shortcut in enumerate(made.shortcuts):
        first, second = made.layers[2 * i : 2 * i + 2]
        found = second(*first(wanted, None))[0]
        wanted = torch.relu(found + shortcut.norm(shortcut.convolution(wanted)))
    wanted = made.layers[4](wanted, None)[0].transpose(1, 2)
    torch.testing.assert_close(made(x, None)[0], wanted)


@pytest.mark.parametrize(
    "options", [{"padding": "valid"}, {"stride": 2}, {"pool_size": 2}], ids=str
)
def test_layers_that_leave_out_steps_have_no_shortcut(options):
    made = ConvEncoder(3, (4, 4), (3, 3), residual=True, **options)
    assert not made.shortcuts


@pytest.mark.parametrize("skip", [True, False])
def test_convolutions_and_recurrence_in_series(skip):
    torch.manual_seed(0)
    convolution = ConvEncoder(2, (8,), (3,), pool_size=2)
    recurrence = RecurrentEncoder(8, CELLS["gru"], (5,), bidirectional=True)
    both = ConvRecurrentEncoder(convolution, recurrence, skip=skip).eval()
    assert both.output_size == 10 + 8 * skip
    assert both.n_backwards == 5
    x, lengths = torch.randn(3, 7, 2), torch.tensor([7, 4, 1])
    y, new_lengths = both(x, lengths)
    assert new_lengths.tolist() == [4, 2, 1]
    found, n = convolution(x, lengths)
    remembered = recurrence(found, n)[0]
    torch.testing.assert_close(y[..., -10:], remembered)
    if skip:
        torch.testing.assert_close(y[..., :8], found)


def in_series(**options):
    torch.manual_seed(0)
    convolution = ConvEncoder(2, (8,), (3,))
    recurrence = RecurrentEncoder(8, CELLS["gru"], (5,))
    return ConvRecurrentEncoder(convolution, recurrence, **options)


def test_recurrence_reads_maxima_of_what_convolutions_found():
    both = in_series(pool_size=3).eval()
    x, lengths = torch.randn(3, 7, 2), torch.tensor([7, 4, 1])
    y, new_lengths = both(x, lengths)
    assert new_lengths.tolist() == [3, 2, 1]
    found, _ = both.convolution(x[1:2, :4], None)
    maxima = torch.stack([found[0, :3].max(dim=0)[0], found[0, 3]])
    torch.testing.assert_close(y[1, :2, :8], maxima)
    remembered = both.recurrence(maxima[None], None)[0][0]
    torch.testing.assert_close(y[1, :2, 8:], remembered)


def test_what_recurrent_layers_remember_is_dropped_as_a_whole():
    both, x = in_series(drop_path=0.75).train(), torch.randn(400, 7, 2)
    y, _ = both(x, None)
    found, _ = both.convolution(x, None)
    torch.testing.assert_close(y[..., :8], found)
    remembered, _ = both.recurrence(found, None)
    dropped = (y[..., 8:] == 0).all(dim=(1, 2))
    assert 250 < dropped.sum() < 350
    torch.testing.assert_close(y[~dropped][..., 8:], 4 * remembered[~dropped])
    both.eval()
    found, _ = both.convolution(x, None)
    torch.testing.assert_close(
        both(x, None)[0][..., 8:], both.recurrence(found, None)[0]
    )
