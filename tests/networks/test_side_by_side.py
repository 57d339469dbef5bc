"""Networks side by side do what each of them does alone."""

import copy
import pickle

import pytest
import torch
from torch import nn

from skseq.networks import (
    CELLS,
    POOLINGS,
    ConvEncoder,
    ConvRecurrentEncoder,
    Dropout,
    PooledHead,
    RecurrentEncoder,
    SequenceNetwork,
    SequenceNetworks,
    StepHead,
    TokenEmbedding,
)
from skseq.networks.several import mean_of_values
from skseq.networks.side_by_side import OneByOne, side_by_side, weights_of

K, B, T, F, H = 3, 4, 9, 2, 5
LENGTHS = torch.tensor([T, 1, 4, 6])


class Leaky(CELLS["gru"]):
    """A cell of one's own, with a weight of its own."""

    has_kernel = False

    def reset_parameters(self):
        super().reset_parameters()
        self.leak = nn.Parameter(torch.rand(self.hidden_size))

    def _step(self, gates, recurrent, state):
        return (self.leak * super()._step(gates, recurrent, state)[0],)


def recurrent(cell, **options):
    return lambda: RecurrentEncoder(F, cell, (H, H), **options)


def convolutional(**options):
    return lambda: ConvEncoder(F, (8, 12), (5, 4), **options)


def both():
    recurrence = RecurrentEncoder(12, CELLS["lstm"], (H,), bidirectional=True)
    return ConvRecurrentEncoder(convolutional(n_branches=3)(), recurrence)


ENCODERS = {
    **{cell: recurrent(CELLS[cell]) for cell in CELLS},
    "bidirectional": recurrent(CELLS["lstm"], bidirectional=True),
    "bidirectional gru": recurrent(CELLS["gru"], bidirectional=True),
    "dropout": recurrent(CELLS["lstm"], recurrent_dropout=0.5),
    "elapsed": recurrent(CELLS["gru_d"], n_elapsed=1),
    "bidirectional elapsed": recurrent(CELLS["gru_d"], n_elapsed=1, bidirectional=True),
    "own": recurrent(Leaky),
    "plain": convolutional(),
    "branches": convolutional(n_branches=3, batch_norm=False),
    "causal": convolutional(n_branches=2, padding="causal"),
    "residual": convolutional(residual=True),
    "valid": convolutional(padding="valid", stride=2, pool_size=2),
    "both": both,
}


def networks(make, head=None):
    torch.manual_seed(0)
    found = []
    for _ in range(K):
        encoder = make()
        pooling = POOLINGS["attention"](encoder.output_size, 0)
        made = PooledHead(pooling, (6,), 2) if head is None else head(encoder)
        found.append(SequenceNetwork(encoder, made).double())
    return found


def run(module, x, lengths):
    """Outputs and the gradients of a loss that every output has a part in."""
    outputs = module(x, lengths)
    factors = torch.linspace(-1, 1, outputs[: len(x)].numel(), dtype=x.dtype)
    rows = outputs.flatten(1).unflatten(0, (-1, len(x)))
    (rows * factors.view_as(rows[0])).sum().backward()
    return outputs


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("name", ENCODERS)
def test_outputs_gradients_and_statistics_are_those_of_each(name, lengths, training):
    alone = networks(ENCODERS[name])
    together = SequenceNetworks(alone, average=lambda outputs: outputs.flatten(0, 1))
    x = torch.randn(B, T, F, dtype=torch.float64)
    for module in (*alone, together):
        module.train(training)
    for module in (part for m in (*alone, together) for part in m.modules()):
        if isinstance(module, Dropout):
            module.p = 0.0  # what is drawn differs
    outputs = run(together, x, lengths)
    expected = torch.cat([run(network, x, lengths) for network in alone])
    torch.testing.assert_close(outputs, expected, rtol=1e-10, atol=1e-10)
    state = together.state_dict()
    slopes = {name: p.grad for name, p in together.named_parameters()}
    for i, network in enumerate(alone):
        like = network.state_dict()
        torch.testing.assert_close(weights_of(state, i, like), like)
        expected = {name: p.grad for name, p in network.named_parameters()}
        found = weights_of(slopes, i, like)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
def test_states_go_on_as_those_of_each(cell):
    alone = [CELLS[cell](F, H).double() for _ in range(K)]
    together = side_by_side(alone)
    x = torch.randn(K * B, T, F, dtype=torch.float64)
    state = torch.randn(together.n_states, K * B, H, dtype=torch.float64)
    lengths = LENGTHS.repeat(K)
    outputs, last = together(x, tuple(state), lengths)
    for i, layer in enumerate(alone):
        rows = slice(i * B, (i + 1) * B)
        expected, after = layer(x[rows], tuple(state[:, rows]), LENGTHS)
        for step, n in enumerate(LENGTHS):
            torch.testing.assert_close(
                outputs[rows][step, :n], expected[step, :n], rtol=1e-10, atol=1e-10
            )
        for one, other in zip(last, after, strict=True):
            torch.testing.assert_close(one[rows], other, rtol=1e-10, atol=1e-10)


def test_each_state_of_recurrent_dropout_is_dropped_for_itself():
    layers = [CELLS["rnn"](F, 64, "tanh", 0.5).double() for _ in range(2)]
    layers[1].load_state_dict(layers[0].state_dict())
    x = torch.randn(B, T, F, dtype=torch.float64).repeat(2, 1, 1)
    outputs, _ = side_by_side(layers)(x)
    one, other = outputs.chunk(2)
    torch.testing.assert_close(one[:, 0], other[:, 0])
    assert not torch.allclose(one[:, 1], other[:, 1])


@pytest.mark.parametrize("trainable", [True, False])
def test_tokens_are_looked_up_in_the_table_of_each(trainable):
    tables = torch.randn(K, 7, F, dtype=torch.float64)
    together = side_by_side([TokenEmbedding(table, trainable) for table in tables])
    tokens = torch.randint(7, (K * B, T, 1))
    expected = torch.cat(
        [
            table[part.squeeze(2)]
            for table, part in zip(tables, tokens.chunk(K), strict=True)
        ]
    )
    torch.testing.assert_close(together(tokens), expected)
    assert together.table.weight.requires_grad == trainable


def test_labels_per_step_are_those_of_each():
    alone = networks(both, lambda encoder: StepHead(encoder.output_size, (), 3))
    together = SequenceNetworks(alone, mean_of_values).eval()
    x = torch.randn(B, T, F, dtype=torch.float64)
    expected = torch.stack([network.eval()(x, LENGTHS) for network in alone]).mean(0)
    torch.testing.assert_close(together(x, LENGTHS), expected, rtol=1e-10, atol=1e-10)


def test_a_layer_of_ones_own_is_called_one_by_one():
    alone = [nn.Sequential(nn.LayerNorm(F), nn.Linear(F, H)) for _ in range(K)]
    for part in alone:
        nn.init.normal_(part[0].weight)
    together = side_by_side(alone)
    assert isinstance(together[0], OneByOne)
    x = torch.randn(K * B, F)
    expected = [part(rows) for part, rows in zip(alone, x.chunk(K), strict=True)]
    torch.testing.assert_close(together(x), torch.cat(expected))


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
@pytest.mark.parametrize("name", ["lstm", "own", "both"])
def test_copies_answer_alike_and_are_apart(name, again):
    together = SequenceNetworks(networks(ENCODERS[name]), mean_of_values).eval()
    twin = again(together)
    x = torch.randn(B, T, F, dtype=torch.float64)
    before = together(x)
    torch.testing.assert_close(twin(x), before, rtol=0, atol=0)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    torch.testing.assert_close(together(x), before, rtol=0, atol=0)
    assert not twin(x).any()
