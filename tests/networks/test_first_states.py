"""What recurrent layers start from is learned, whichever code computes them."""

import numpy as np
import pytest
import torch
from torch import nn

from skseq.networks import CELLS, RecurrentEncoder
from skseq.networks.side_by_side import side_by_side, weights_of

B, T, F, H = 3, 5, 2, 3
LENGTHS = torch.tensor([T, 1, 3])
REAL = torch.arange(T) < LENGTHS[:, None]
KINDS = {
    **{cell: {"layer": CELLS[cell]} for cell in CELLS},
    "relu": {"layer": CELLS["rnn"], "nonlinearity": "relu"},
    "decaying": {"layer": CELLS["gru_d"], "n_elapsed": 1},
    "dropout": {"layer": CELLS["lstm"], "recurrent_dropout": 0.4},
}


def make(kind, bidirectional=True, sizes=(H, H)):
    torch.manual_seed(0)
    options = {"bidirectional": bidirectional, "initial_state": "learned"}
    encoder = RecurrentEncoder(F, hidden_sizes=sizes, **KINDS[kind], **options).double()
    for parameter in encoder.parameters():
        nn.init.normal_(parameter, std=0.6)
    return encoder


def sequences():
    torch.manual_seed(1)
    return torch.rand(B, T, F, dtype=torch.float64)  # times are not negative


def seeded(encoder):
    """The same masks of dropout in every call."""
    for part in encoder.modules():
        if hasattr(part, "generator"):
            part.generator = torch.Generator().manual_seed(0)
    return encoder


def first_states(encoder):
    return {n: p for n, p in encoder.named_parameters() if "initial_state" in n}


def given(encoder):
    """What the layers start from, as the state of a batch."""
    states = []
    for layer in encoder.layers:
        both = layer.forwards.initial_state, layer.backwards.initial_state
        joined = (torch.cat(parts) for parts in zip(*map(list, both), strict=True))
        states.append(tuple(vector.repeat(B, 1) for vector in joined))
    return states


def test_there_is_a_vector_for_each_layer_direction_and_state():
    shapes = {name: tuple(p.shape) for name, p in first_states(make("lstm")).items()}
    assert shapes == {
        f"layers.{i}.{direction}.initial_state.{part}": (H,)
        for i in (0, 1)
        for direction in ("forwards", "backwards")
        for part in (0, 1)
    }
    plain = RecurrentEncoder(F, CELLS["lstm"], (H, H), bidirectional=True)
    assert not first_states(plain)


@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_at_zero_and_draws_no_number(kind):
    torch.manual_seed(0)
    plain = RecurrentEncoder(F, hidden_sizes=(H,), **KINDS[kind])
    torch.manual_seed(0)
    other = RecurrentEncoder(
        F, hidden_sizes=(H,), initial_state="learned", **KINDS[kind]
    )
    state = other.state_dict()
    for name, weight in plain.state_dict().items():
        assert torch.equal(state.pop(name), weight)
    assert not torch.cat(list(state.values())).any()
    nn.init.ones_(other.layers[0].initial_state[0])
    other.layers[0].reset_parameters()
    assert not other.layers[0].initial_state[0].any()


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("kind", KINDS)
def test_sequences_start_as_if_they_were_given_it(kind, lengths, code):
    encoder, x = make(kind), sequences()
    real = slice(None) if lengths is None else REAL
    for mode in (encoder.train, encoder.eval):
        mode()
        found, after = seeded(encoder).run(x, lengths)
        wanted, last = seeded(encoder).run(x, lengths, given(encoder))
        alone, _ = seeded(encoder)(x, lengths)
        torch.testing.assert_close(found[real], wanted[real])
        torch.testing.assert_close(alone[real], wanted[real])
        torch.testing.assert_close(after, last)


@pytest.mark.parametrize("kind", KINDS)
def test_its_gradient_is_that_of_finite_differences(kind, code):
    encoder, x = make(kind, sizes=(H,)), sequences()
    factors = torch.linspace(-1, 2, int(REAL.sum()) * 2 * H, dtype=x.dtype)

    def loss():
        outputs, _ = seeded(encoder)(x, LENGTHS)
        return (outputs[REAL].flatten() * factors).sum()

    loss().backward()
    for name, vector in first_states(encoder).items():
        for unit in range(H):
            slope = 0.0
            for step in (1e-6, -1e-6):
                with torch.no_grad():
                    vector[unit] += step
                    slope += loss().item() / (2 * step)
                    vector[unit] -= step
            assert vector.grad[unit].item() == pytest.approx(slope, abs=1e-8), name


@pytest.mark.parametrize("kind", ["lstm", "decaying"])
def test_read_backwards_a_sequence_starts_at_its_own_end(kind, code):
    encoder, x = make(kind, sizes=(H,)), sequences()
    outputs, _ = encoder(x, LENGTHS)
    for i, n in enumerate(LENGTHS):
        turned = x[i : i + 1, :n].flip(1)
        expected, _ = encoder.layers[0].backwards(turned)
        torch.testing.assert_close(outputs[i, :n, H:], expected[0].flip(0))


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", [*CELLS, "decaying"])
def test_networks_side_by_side_start_each_from_its_own(kind, training, lengths, code):
    layers = [make(kind, False, (H,)).layers[0] for _ in range(2)]
    for parameter in layers[1].parameters():
        nn.init.normal_(parameter)
    together, x = side_by_side(layers), sequences().repeat(2, 1, 1)
    both = None if lengths is None else lengths.repeat(2)
    real = torch.ones_like(REAL) if lengths is None else REAL
    with torch.set_grad_enabled(training):
        outputs, _ = together(x, None, both)
    for i, layer in enumerate(layers):
        own, _ = layer(x[:B], None, lengths)
        torch.testing.assert_close(outputs[i * B :][:B][real], own[real])
        if training:
            own[real].sin().sum().backward()
    if training:
        outputs[real.repeat(2, 1)].sin().sum().backward()
        slopes = {name: p.grad for name, p in together.named_parameters()}
        for i, layer in enumerate(layers):
            expected = {name: p.grad for name, p in layer.named_parameters()}
            torch.testing.assert_close(weights_of(slopes, i, expected), expected)


def test_a_simple_layer_by_hand():
    layer = CELLS["rnn"](1, 1)
    layer.learn_initial_state()
    with torch.no_grad():
        for parameter, value in zip(
            layer.parameters(), (0.5, 2, 0, 0, 0.3), strict=True
        ):
            parameter.fill_(value)
    x = torch.tensor([[[1.0], [-1.0]]], dtype=torch.float64)
    first, second = layer.double()(x)[0].flatten()
    expected = np.tanh(0.5 + 2 * 0.3)
    assert first.item() == pytest.approx(expected)
    assert second.item() == pytest.approx(np.tanh(-0.5 + 2 * expected))
