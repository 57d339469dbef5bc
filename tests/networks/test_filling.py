"""Hidden steps, and what filling them in costs, by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from skseq.networks import (
    ConvEncoder,
    Inputs,
    SequenceNetwork,
    SequenceNetworks,
    StepColumns,
    StepHead,
    TokenEmbedding,
)
from skseq.networks.filling import Fillable, FillingLoss, FillingNetwork, HideSteps
from skseq.networks.several import mean_of_values
from skseq.networks.statistics import learn_statistics

NAN = float("nan")


class Says(nn.Module):
    """A network that says the same whatever it reads, and remembers what it was."""

    def __init__(self, outputs, n_outputs=None):
        super().__init__()
        self.outputs, self.n_outputs = outputs, n_outputs

    def read(self, x, lengths):
        self.told = x
        return x, self.n_outputs

    def answer(self, steps, n_steps, x, lengths):
        return self.outputs


class Chosen(HideSteps):
    """Hides given steps."""

    def __init__(self, hidden):
        super().__init__(0.5)
        self.hidden = hidden

    def forward(self, x, lengths=None):
        return self.hidden


def loss_of(module, *batch):
    """Return what is minimised."""
    return FillingLoss()(module(*batch)).reshape(1)


def filling(network, columns, hidden, stride=1):
    """Return a filling network that hides given steps."""
    module = FillingNetwork(network, columns, stride, 0.5)
    module.hide = Chosen(hidden)
    return module


def test_a_short_sequence_has_one_block_and_padding_none():
    hide = HideSteps(0.4)
    lengths = torch.tensor([5, 3] * 50)
    hidden = hide(torch.zeros(100, 7, 2), lengths)
    assert not hidden[::2, 5:].any()
    assert not hidden[1::2, 3:].any()
    assert (hidden[::2].sum(dim=1) == 2).all()  # .4 of 5
    round_it = hidden[::2, [0, 1, 2, 3, 4, 0]]  # the block may go round
    assert (round_it.int().diff(dim=1).abs().sum(dim=1) == 2).all()


def test_the_share_is_as_asked_for_and_blocks_are_short_and_long():
    hidden = HideSteps(0.4)(torch.zeros(400, 80, 1))
    assert abs(hidden.float().mean() - 0.4) < 0.02
    assert (hidden.float().mean(dim=0) - 0.4).abs().max() < 0.12  # everywhere alike
    n_blocks = (hidden.int().diff(dim=1) == 1).sum(dim=1) + hidden[:, 0]
    assert n_blocks.min() == 1
    assert n_blocks.max() > 10


def test_hidden_known_numbers_alone_count():
    x = torch.tensor([[[1.0, 5.0], [2.0, NAN], [9.0, 9.0]], [[3.0, 4.0]] * 3])
    hidden = torch.tensor([[True, True, False], [False, True, False]])
    network = Says(torch.zeros(2, 3, 2))
    loss = loss_of(filling(network, Fillable(2, may_miss=True), hidden), x)
    expected = (1 + 25 + 4 + 9 + 16) / 5
    torch.testing.assert_close(loss, torch.tensor([expected]))
    assert network.told[hidden].isnan().all()
    torch.testing.assert_close(network.told[~hidden], x[~hidden])
    filling(network, Fillable(2), hidden)(x)
    assert (network.told[hidden] == 0).all()


def test_nothing_hidden_costs_nothing():
    outputs = torch.zeros(1, 2, 1, requires_grad=True)
    hidden = torch.zeros(1, 2, dtype=torch.bool)
    loss = loss_of(filling(Says(outputs), Fillable(1), hidden), torch.ones(1, 2, 1))
    loss.sum().backward()
    assert loss == 0
    assert (outputs.grad == 0).all()


@pytest.mark.parametrize(
    ("stride", "n_outputs", "found"),
    [
        (1, 10, range(10)),
        (4, 3, range(10)),  # the last output stands for two steps only
        (1, 7, [0, 0, 1, 2, 3, 4, 5, 6, 6, 6]),  # kernels of four, nothing added
    ],
)
def test_every_step_is_told_by_its_own_output(stride, n_outputs, found):
    outputs = torch.arange(n_outputs * stride * 1.0).view(1, n_outputs, stride)
    columns = Fillable(1)
    x = torch.tensor([*map(float, found)]).view(1, 10, 1)
    for lengths in (None, torch.tensor([10])):
        n_found = None if lengths is None else torch.tensor([n_outputs])
        module = filling(
            Says(outputs, n_found), columns, torch.ones(1, 10, dtype=bool), stride
        )
        assert loss_of(module, x, lengths) == 0
        assert loss_of(module, x + 1, lengths) == 1


def test_categories_cost_cross_entropy_and_missing_ones_nothing():
    embedding = Inputs(StepColumns(1, n_categories=(3,)), has_holes=False)
    columns = Fillable.of(embedding, 2)
    assert columns.n_outputs == 1 + 5  # missing, unknown and three
    x = torch.tensor([[[2.0, 3.0], [4.0, 0.0]]])
    hidden = torch.ones(1, 2, dtype=torch.bool)
    network = Says(torch.zeros(1, 2, 6))
    loss = loss_of(filling(network, columns, hidden), x)
    expected = (4 + 16 + np.log(5)) / 3
    torch.testing.assert_close(loss, torch.tensor([expected], dtype=loss.dtype))
    assert (network.told == 0).all()


def test_tokens_are_exchanged_for_real_ones():
    columns = Fillable.of(TokenEmbedding(torch.zeros(8, 2)), 1)
    x = torch.tensor([[1, 2, 3, 3], [5, 5, 7, 7]]).unsqueeze(2)
    lengths = torch.tensor([2, 1])
    hidden = torch.tensor([[True, False, False, False], [True, False, False, False]])
    network = Says(torch.zeros(2, 4, 8), lengths)
    loss = loss_of(filling(network, columns, hidden), x, lengths)
    torch.testing.assert_close(loss, torch.tensor([np.log(8.0)], dtype=loss.dtype))
    assert {*network.told[hidden].flatten().tolist()} <= {1, 2, 5}
    torch.testing.assert_close(network.told[~hidden], x[~hidden])


def test_networks_side_by_side_lose_what_each_would():
    def network():
        encoder = ConvEncoder(1, (3,), (2,), pool_size=2)
        return SequenceNetwork(encoder, StepHead(3, (), 2))

    networks = [network(), network()]
    x, lengths = torch.randn(4, 6, 1), torch.tensor([6, 5, 6, 2])
    hidden = torch.arange(6) % 2 == torch.arange(4).unsqueeze(1) % 2
    hidden &= torch.arange(6) < lengths.unsqueeze(1)
    both = SequenceNetworks(networks, mean_of_values)
    modules = [*networks, both]
    assert both.encoder.stride == 2
    alone, other, joined = (
        filling(module.train(), Fillable(1), hidden, stride=2)(x, lengths)
        for module in modules
    )
    torch.testing.assert_close(joined, torch.cat([alone, other]))
    loss = (FillingLoss()(alone) + FillingLoss()(other)) / 2
    torch.testing.assert_close(FillingLoss()(joined), loss)


def test_statistics_are_means_over_all_batches():
    encoder = ConvEncoder(1, (1,), (1,))
    with torch.no_grad():
        encoder.layers[0].convolutions[0].weight.fill_(1.0)
    network = SequenceNetwork(encoder, nn.Identity()).eval()
    x = torch.tensor([[[0.0], [2.0]], [[6.0], [8.0]]])
    learn_statistics(network, [(x[:1], None), (x[1:], None)])
    norm = encoder.layers[0].norm
    torch.testing.assert_close(norm.running_mean, torch.tensor([4.0]))
    torch.testing.assert_close(norm.running_var, torch.tensor([1.0]))
    assert not norm.training
    assert norm.momentum == 0.1
